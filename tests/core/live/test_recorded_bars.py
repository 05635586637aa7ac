"""What is written to ``bars.csv`` comes back as it was; what was torn or edited is told apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.domain.bars import Bar, ForwardFilledBar, Slice
from logos.domain.errors import IntegrityError, PartFailedError
from logos.live.appending import Appender
from logos.live.disk import Disk
from logos.live.journal import Head, Journal
from logos.live.record_rows import delivery_group, end_group, history_row
from logos.live.recorded_bars import HEADER, History, RecordedBars
from logos.live.recording import Recorded, Recording
from logos.live.taken import Taken
from logos.session.polled import Delivery, Origin, Revision
from logos.testing.bars import MINUTE, START, instrument
from logos.testing.contexts import RecordingLog

COIN, PAIR = instrument("DEMO"), instrument("ALT", tick="0.00005", lot="0.1")
INSTRUMENTS = {one.symbol: one for one in (PAIR, COIN)}
PRICE = st.integers(1, 10**9)


@st.composite
def bars(draw, of, timestamp):
    kind = draw(st.sampled_from([Bar, ForwardFilledBar]))
    return kind(of, timestamp, draw(PRICE), draw(PRICE), draw(PRICE), draw(PRICE), draw(st.integers(0, 10**12)))


@st.composite
def origins(draw):
    source = draw(st.sampled_from(["ccxt:binance", "wire", 'odd, "quoted"', "two\nlines", ""]))
    return Origin(source=source, fetched_at=START + draw(st.integers(0, 10**6)), final=draw(st.booleans()))


@st.composite
def contents(draw):
    """Return what a session was handed, in order: history, then deliveries and ends."""
    found = []
    for number in range(draw(st.integers(0, 3))):
        bar, origin = draw(bars(COIN, START - (9 - number) * MINUTE)), draw(origins())
        found.append(History(bar, origin, history_row(bar, origin, START, MINUTE)))
    for number in range(draw(st.integers(0, 6))):
        opened = START + number * MINUTE
        kind = draw(st.sampled_from(["bars", "tick", "end"]))
        if kind == "end":
            found.append(end_group(opened))
            continue
        of = draw(st.sampled_from([(), (PAIR,), (COIN,), (PAIR, COIN)])) if kind == "bars" else ()
        revisions = tuple(
            Revision(delivered=draw(bars(COIN, opened)), revised=draw(bars(COIN, opened)), origin=draw(origins()))
            for _ in range(draw(st.integers(0, 2)))
        )
        delivery = Delivery(
            slice=Slice(opened + MINUTE, tuple(draw(bars(one, opened)) for one in of)),
            origins=tuple(draw(origins()) for _ in of),
            revisions=revisions,
        )
        found.append(delivery_group(delivery, draw(st.sampled_from(["", 'the "kill" file, now\nhere'])), MINUTE))
    return found


def written(tmp_path: Path, data: bytes) -> RecordedBars:
    path = tmp_path / "bars.csv"
    path.write_bytes(data)
    return RecordedBars(path, INSTRUMENTS, MINUTE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("record")


@settings(max_examples=60, deadline=None)
@given(found=contents())
def test_everything_comes_back_as_it_was_handed_over(folder, found) -> None:
    data = HEADER + b"".join(one.raw for one in found)
    back = list(written(folder, data).entries(len(data)))
    assert [entry.content for entry in back] == found
    for entry, one in zip(back, found, strict=True):
        if not isinstance(one, History) and one.delivery is not None:
            filled = [bar.forward_filled for bar in one.delivery.slice.bars]
            assert [bar.forward_filled for bar in entry.content.delivery.slice.bars] == filled
    assert [entry.end for entry in back][-1:] == [len(data)][: len(found)]


@settings(max_examples=60, deadline=None)
@given(found=contents(), share=st.floats(0, 1))
def test_a_record_cut_off_anywhere_gives_its_whole_deliveries(folder, found, share) -> None:
    data = HEADER + b"".join(one.raw for one in found)
    cut = len(HEADER) + int((len(data) - len(HEADER)) * share)
    back = list(written(folder, data[:cut]).entries(len(HEADER)))
    assert [entry.content for entry in back] == found[: len(back)]
    whole = len(HEADER) + sum(len(one.raw) for one in found[: len(back)])
    assert whole <= cut
    assert len(back) == len(found) or cut < whole + len(found[len(back)].raw)
    if whole < cut:
        with pytest.raises(IntegrityError, match=r"^bars\.csv"):
            list(written(folder, data[:cut]).entries(cut))


@settings(max_examples=80, deadline=None)
@given(found=contents(), place=st.integers(0, 10**6), byte=st.sampled_from(list(b'0179aftb,.\n"-Z')))
def test_no_changed_byte_goes_unnoticed(folder, found, place, byte) -> None:
    data = bytearray(HEADER + b"".join(one.raw for one in found))
    place %= len(data)
    if data[place] == byte:
        return
    before = taken_of(written(folder, bytes(data)), len(data))
    data[place] = byte
    try:
        after = taken_of(written(folder, bytes(data)), len(data)).digest
    except IntegrityError as error:
        after = str(error)
    assert after.startswith("bars.csv") or after != before.digest


def taken_of(recorded: RecordedBars, vouched: int) -> Taken:
    taken = Taken(MINUTE)
    for content, _ in recorded.entries(vouched):
        taken.add(content)
    return taken


def tick(clock: int) -> Delivery:
    return Delivery(slice=Slice(clock, ()))


def test_the_line_at_fault_is_named(tmp_path) -> None:
    bar, origin = Bar(COIN, START, 10_000, 10_001, 9_999, 10_000, 5), Origin(source="wire", fetched_at=START)
    one = delivery_group(Delivery(slice=Slice(START + 60, (bar,)), origins=(origin,)), "", MINUTE).raw
    two = delivery_group(tick(START + 90), "", MINUTE).raw
    data = HEADER + two + one.replace(b"100.01", b"100.02") + two
    with pytest.raises(IntegrityError, match=r"^bars\.csv line 3: the bar does not match its digest"):
        list(written(tmp_path, data).entries(len(data)))


# -- what a feed must not hand over --------------------------------------------------------------------------------


@pytest.fixture
def recording(tmp_path):
    (tmp_path / "bars.csv").write_bytes(HEADER)
    taken = Taken(MINUTE)
    made = Recording(
        disk=Disk(),
        folder=tmp_path,
        interval=MINUTE,
        instruments=INSTRUMENTS,
        recorded=Recorded(taken=taken, length=taken.length, reports=()),
        source="wire",
        now=lambda: START,
        journal=Journal(Appender(Disk(), tmp_path / "state.jsonl", 0), Head()),
        log=RecordingLog(),
    )
    yield made
    made.close()


def delivery(timestamp: int, of=COIN, origins: int = 1) -> Delivery:
    bar = Bar(of, timestamp, 100, 101, 99, 100, 5)
    return Delivery(
        slice=Slice(timestamp + MINUTE, (bar,)), origins=(Origin(source="wire", fetched_at=timestamp),) * origins
    )


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (delivery(START), "a slice that closes at 2024-01-01T23:01:00Z after one at 2024-01-01T23:01:00Z"),
        (delivery(START + MINUTE, origins=2), "2 origins for 1 bars"),
        (delivery(START + MINUTE, instrument("DEMO")), "a bar of DEMO, which is no instrument of the session"),
    ],
    ids=["the same slice again", "origins missing", "a stranger"],
)
def test_what_no_session_can_take_is_refused_and_not_recorded(recording, tmp_path, bad, fault) -> None:
    recording.accept(delivery(START), "")
    before = (tmp_path / "bars.csv").read_bytes()
    with pytest.raises(PartFailedError, match=f"^the feed failed: ValueError: {fault}"):
        recording.accept(bad, "")
    recording.sync()
    assert (tmp_path / "bars.csv").read_bytes() == before


def test_ticks_wait_to_be_handed_over_together_and_never_more_than_a_group_of_them(recording, tmp_path) -> None:
    clock = START
    sizes = set()
    for _ in range(4_000):
        clock += 1
        recording.accept(tick(clock), "")
        sizes.add((tmp_path / "bars.csv").stat().st_size)
    assert len(sizes) > 2
    assert recording.taken.length - max(sizes) < 65_536
    recording.flush()
    assert (tmp_path / "bars.csv").stat().st_size == recording.taken.length
