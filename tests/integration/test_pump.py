"""The pump of a polled feed: it hands on what comes, and keeps the session awake while nothing does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import islice

import attrs
import pytest

from logos.config.session import load_session_config
from logos.domain.bars import Slice
from logos.domain.errors import DataError, PartFailedError
from logos.live.launch import start
from logos.live.pump import Pump
from logos.live.resume import resume
from logos.live.runner import Cadence
from logos.live.setup import Setup
from logos.live.watch import Watch
from logos.plugins.registry import load_registry
from logos.proofs.auditor import audit
from logos.testing.bars import MINUTE

PATIENCE = 0.005
LONGEST = 20.0
"""Seconds after which a test that would hang fails instead."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look around often, draw no picture, and wait for no disk."""
    monkeypatch.setattr("logos.live.pump.PATIENCE", PATIENCE)
    monkeypatch.setattr("logos.artifacts.plots.draw_equity", lambda _csv, out, **_rest: out.write_bytes(b"picture"))
    monkeypatch.setattr("os.fsync", lambda _descriptor: None)


def slices(count: int) -> list[Slice]:
    return [Slice(MINUTE * number, ()) for number in range(1, count + 1)]


# -- the pump alone ------------------------------------------------------------------------------------------------


def test_slices_are_handed_on_in_their_order_however_far_the_feed_is_ahead() -> None:
    sent = slices(500)
    assert [one for one in Pump(iter(sent)) if one is not None] == sent


def test_while_nothing_comes_there_is_none_and_then_what_has_come() -> None:
    gate = threading.Event()

    def feed() -> Iterator[Slice]:
        yield from slices(2)
        assert gate.wait(LONGEST)
        yield Slice(999, ())

    pump = iter(Pump(feed()))
    got = [one for one in (next(pump), next(pump), next(pump)) if one is not None]
    while len(got) < 2:
        got += [one for one in (next(pump),) if one is not None]
    assert got == slices(2)
    assert [next(pump), next(pump)] == [None, None]
    gate.set()
    assert [one for one in pump if one is not None] == [Slice(999, ())]


def broken(error: BaseException) -> Iterator[Slice]:
    yield from slices(3)
    raise error


def test_an_error_of_this_tree_is_handed_on_as_it_is() -> None:
    error = DataError("the feed's file is gone")
    with pytest.raises(DataError) as raised:
        list(Pump(broken(error)))
    assert raised.value is error


def test_any_other_exception_of_the_feed_names_the_feed_and_keeps_its_cause() -> None:
    error = ConnectionError("reset by peer")
    with pytest.raises(PartFailedError, match=r"^the feed failed: ConnectionError: reset by peer") as raised:
        list(Pump(broken(error)))
    assert raised.value.__cause__ is error


def test_the_slices_before_an_exception_are_handed_on() -> None:
    pump = iter(Pump(broken(ValueError("bad row"))))
    assert list(islice((one for one in pump if one is not None), 3)) == slices(3)
    with pytest.raises(PartFailedError, match="bad row"):
        list(pump)


@pytest.mark.parametrize("item", [None, (MINUTE, ()), "a line"])
def test_a_feed_that_yields_something_else_than_a_slice_does_not_end_the_session_as_if_it_were_over(item) -> None:
    with pytest.raises(PartFailedError, match="the feed"):
        list(Pump(iter([*slices(1), item, *slices(2)])))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_feed_whose_thread_ends_in_any_way_leaves_nobody_waiting() -> None:
    with pytest.raises((PartFailedError, SystemExit)):
        list(islice(Pump(broken(SystemExit("bye"))), 20))


# -- a session on a polled feed ------------------------------------------------------------------------------------

BEGIN = "2024-03-04T14:{:02d}:00Z"
CONFIG = """
session: {name: polled, seed: 7}
instruments: {ABC: {asset_class: crypto, tick: "0.01", lot: "1", currency: USD}}
feed: {plugin: replay, path: bars, symbols: [ABC]}
broker: {plugin: paper, cash: "10000"}
strategies: [{plugin: sma_cross, params: {fast: 1, slow: 2}}]
allocator: {plugin: fixed_quantity, quantity: "10"}
guards: []
"""
CLOSES = (100, 101, 102, 99, 103, 98, 97, 104)


class Polled:
    """The replay's feed as one that is polled: ``script`` says what comes, the name of each slice or of a tick.

    A number is the slice of that number; ``t`` a tick 90 seconds after the slice before; ``h`` hangs until ``gate``
    is open.
    """

    polled = True

    def __init__(self, feed, script: str, gate: threading.Event) -> None:
        self._feed = feed
        self._script = script.split()
        self._gate = gate
        self.hangs = threading.Event()

    def __getattr__(self, name: str):
        return getattr(self._feed, name)

    def slices(self, after: int | None) -> Iterator[Slice]:
        every = list(self._feed.slices(None))
        clock = 0
        for word in self._script:
            if word == "h":
                self.hangs.set()
                assert self._gate.wait(LONGEST)
            elif word == "t":
                yield Slice(max(clock, after or 0) + 90, ())
            elif after is None or every[int(word)].clock > after:
                clock = every[int(word)].clock
                yield every[int(word)]


class Bench:
    """A session on a polled feed in this process, in a workspace of its own."""

    def __init__(self, workspace) -> None:
        self.workspace = workspace
        self.registry = load_registry()
        self.gate = threading.Event()
        self.feed: Polled | None = None
        self.watch: Watch | None = None
        self.on_disk: list[int] = []
        path = workspace / "bars" / "crypto" / "ABC-1m.csv"
        path.parent.mkdir(parents=True)
        rows = [
            f"{BEGIN.format(30 + minute)},{','.join([f'{price}.00'] * 4)},1000" for minute, price in enumerate(CLOSES)
        ]
        path.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")

    @property
    def folder(self):
        return self.workspace / "runs/live/sessions/polled"

    def rows(self) -> int:
        return (self.folder / "account.csv").read_bytes().count(b"\n") - 1

    def setup(self, script: str, then=lambda _bench, _session: None, cadence: Cadence | None = None) -> Setup:
        def wrap(assembly, _watch):
            self.feed = Polled(assembly.feed, script, self.gate)
            return attrs.evolve(assembly, feed=self.feed)

        def watch(workspace, files) -> Watch:
            self.watch = Watch(workspace, files)
            return self.watch

        return Setup(
            workspace=self.workspace,
            registry=self.registry,
            wrap=wrap,
            watch=watch,
            progress=lambda session: then(self, session),
            cadence=cadence or Cadence(flush=10**6, snapshot=10**6),
        )

    def start(self, setup: Setup):
        config = load_session_config(CONFIG, self.registry, workspace=self.workspace)
        return start(setup, config, session_id="polled")


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.gate.set()


def while_it_hangs(act, bars: int = 3):
    """Return what runs while the session looks around: acts once the feed hangs and every bar has been taken."""

    def then(bench: Bench, session) -> None:
        if bench.feed.hangs.is_set() and session.counts.bars == bars:
            bench.on_disk.append(bench.rows())
            act(bench)

    return then


def pause(bench: Bench) -> None:
    bench.watch.pause = True


def kill(bench: Bench) -> None:
    (bench.workspace / "runs/live/KILL").touch()


def test_a_session_whose_feed_hangs_is_paused_with_what_was_collected_on_disk_and_goes_on(bench) -> None:
    outcome = bench.start(bench.setup("0 1 2 h 3 4 5 6 7", while_it_hangs(pause)))
    assert (outcome.status, outcome.exit_code, outcome.bars) == ("paused", 3, 3)
    assert bench.on_disk[0] == 3
    assert audit(bench.folder).agrees
    outcome = resume(bench.setup("0 1 2 3 4 5 6 7"), bench.folder)
    assert (outcome.status, outcome.bars) == ("completed", len(CLOSES))
    assert audit(bench.folder).agrees


def test_a_session_whose_feed_hangs_is_halted_by_the_kill_file_with_what_was_collected_on_disk(bench) -> None:
    outcome = bench.start(bench.setup("0 1 2 h 3", while_it_hangs(kill)))
    assert (outcome.status, outcome.exit_code, outcome.bars) == ("halted", 3, 3)
    assert [cause.guard for cause in outcome.causes] == ["kill_switch"]
    assert bench.on_disk[0] == 3
    assert b",accepted," not in (bench.folder / "orders.csv").read_bytes()
    assert (bench.folder / "session.md").is_file()
    assert audit(bench.folder).agrees


def test_a_session_whose_feed_hangs_is_saved_on_the_way(bench) -> None:
    seen: list[bytes] = []

    def look(there: Bench) -> None:
        seen.append((there.folder / "state.json").read_bytes())
        there.gate.set()

    cadence = Cadence(flush=0, snapshot=0)
    assert bench.start(bench.setup("0 1 2 h 3 4 5 6 7", while_it_hangs(look), cadence)).status == "completed"
    assert b'"bars": 3' in seen[-1]
    assert b'"status": "running"' in seen[-1]


def test_a_polled_session_has_the_books_of_the_replayed_one(bench, tmp_path) -> None:
    (tmp_path / "twin").mkdir()
    twin = Bench(tmp_path / "twin")
    assert twin.start(attrs.evolve(twin.setup(""), wrap=lambda assembly, _watch: assembly)).status == "completed"
    assert bench.start(bench.setup("0 1 2 3 4 5 6 7")).status == "completed"
    for name in ("account.csv", "orders.csv", "decisions.csv", "trades.csv", "positions.csv"):
        assert (bench.folder / name).read_text().replace("polled", "") == (twin.folder / name).read_text().replace(
            "polled", ""
        )


def test_a_feed_that_fails_on_the_way_ends_the_session_which_goes_on_once_it_is_mended(bench) -> None:
    setup = bench.setup("0 1 2 nonsense", cadence=Cadence(flush=0, snapshot=0))
    with pytest.raises(PartFailedError, match=r"^the feed failed: ValueError") as raised:
        bench.start(setup)
    assert raised.value.exit_code == 1
    log = (bench.folder / "logs" / "run.log").read_text(encoding="utf-8")
    assert "session_broken" in log
    assert "Traceback" in log
    assert resume(bench.setup("0 1 2 3 4 5 6 7"), bench.folder).bars == len(CLOSES)


@pytest.mark.parametrize("polled", [True, False])
def test_a_feed_that_fails_is_named_whether_it_is_polled_or_not(bench, monkeypatch, polled) -> None:
    monkeypatch.setattr(Polled, "polled", polled)
    with pytest.raises(PartFailedError, match=r"^the feed failed: ValueError"):
        bench.start(bench.setup("0 1 2 nonsense"))


# -- bars that are late --------------------------------------------------------------------------------------------

LATE = "0 1 2 t 3 4 t 5 6 7"


def test_a_bar_that_comes_after_a_later_tick_is_taken_and_the_audit_agrees(bench) -> None:
    outcome = bench.start(bench.setup(LATE))
    assert (outcome.status, outcome.bars) == ("completed", len(CLOSES))
    report = audit(bench.folder)
    assert [check.fault for check in report.checks if check.fault] == []


@pytest.mark.parametrize("bars", [3, 4, 5, 6])
def test_a_session_with_late_bars_is_resumed_to_the_same_bytes(bench, tmp_path, bars) -> None:
    (tmp_path / "twin").mkdir()
    twin = Bench(tmp_path / "twin")
    twin.start(twin.setup(LATE))

    def then(there: Bench, session) -> None:
        there.watch.pause = there.watch.pause or session.counts.bars >= bars

    outcome = bench.start(bench.setup(LATE, then, Cadence(flush=0, snapshot=0)))
    assert outcome.status == "paused"
    assert audit(bench.folder).agrees
    passed = (bench.folder / "state.jsonl").read_text(encoding="utf-8").count('"type":"tick"')
    rest = LATE.replace("t ", "", passed)  # the ticks that have passed do not come again
    assert resume(bench.setup(rest), bench.folder).status == "completed"
    assert audit(bench.folder).agrees
    for name in ("account.csv", "orders.csv", "decisions.csv", "trades.csv", "positions.csv", "state.jsonl"):
        assert (bench.folder / name).read_bytes() == (twin.folder / name).read_bytes(), name
