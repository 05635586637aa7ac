"""The journal: what was appended reads back, and no byte of it can change unseen."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.domain.errors import IntegrityError
from logos.live.appending import Appender
from logos.live.disk import Disk
from logos.live.journal import GENESIS, Head, Journal, read_chain

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
OWN_KEYS = {"seq", "ts", "type", "prev", "hash"}
VALUES = st.dictionaries(st.text(max_size=8).filter(lambda key: key not in OWN_KEYS), JSON_VALUES, max_size=4)
EVENTS = st.lists(st.tuples(st.integers(0, 2**33), st.sampled_from(["intent", "fill", "tick"]), VALUES), max_size=6)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A journal that every test writes anew."""
    return tmp_path_factory.mktemp("journal") / "state.jsonl"


def write(path, events, head: Head | None = None) -> Head:
    if head is None:
        path.unlink(missing_ok=True)
    head = head or Head()
    file = Appender(Disk(), path, head.length)
    journal = Journal(file, head)
    for clock, kind, values in events:
        journal.append(clock, kind, values)
    after = journal.head
    file.sync()
    file.close()
    return after


@given(EVENTS)
def test_every_event_reads_back_with_its_place_in_the_chain(path, events) -> None:
    head = write(path, events)
    read = list(read_chain(path))
    assert [event["type"] for _, event in read] == [kind for _, kind, _ in events]
    for number, ((_, _, values), (_, event)) in enumerate(zip(events, read, strict=True), start=1):
        assert event["seq"] == number
        assert {key: value for key, value in event.items() if key not in OWN_KEYS} == values
    assert (read[-1][0] if read else Head()) == head
    assert head.length == path.stat().st_size


@given(EVENTS, EVENTS)
def test_a_chain_goes_on_where_another_journal_left_it(path, before, behind) -> None:
    head = write(path, behind, write(path, before))
    parts = path.read_bytes()
    assert write(path, [*before, *behind]) == head
    assert path.read_bytes() == parts


def test_the_head_counts_what_is_collected_and_not_yet_handed_over(tmp_path) -> None:
    file = Appender(Disk(), tmp_path / "state.jsonl", 0)
    journal = Journal(file, Head())
    journal.append(0, "tick", {})
    assert (tmp_path / "state.jsonl").stat().st_size == 0
    head = journal.head
    file.sync()
    file.close()
    assert (head.sequence, head.length) == (1, (tmp_path / "state.jsonl").stat().st_size)
    assert [found for found, _ in read_chain(tmp_path / "state.jsonl")] == [head]


SMALL = [(0, "intent", {"order_id": 1, "text": "é \n x"}), (60, "tick", {}), (120, "fill", {"price": "1.05"})]


def test_every_changed_byte_is_found(path) -> None:
    write(path, SMALL)
    whole = path.read_bytes()
    unseen = []
    for place in range(len(whole)):
        for flip in (0x01, 0x80):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :])
            try:
                list(read_chain(path))
            except IntegrityError:
                continue
            unseen.append((place, flip))
    assert unseen == []


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_line_at_fault_is_named(path, number) -> None:
    write(path, SMALL)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number - 1] = lines[number - 1].replace(b'"ts":"1970', b'"ts":"1971')
    path.write_bytes(b"".join(lines))
    with pytest.raises(IntegrityError, match=f"state.jsonl line {number}: its content does not match its seal"):
        list(read_chain(path))


def test_every_cut_that_is_not_at_the_end_of_a_line_is_found(path) -> None:
    write(path, SMALL)
    whole = path.read_bytes()
    ends = {0, *(place + 1 for place, byte in enumerate(whole) if byte == 0x0A)}
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        if length in ends:
            assert len(list(read_chain(path))) == sorted(ends).index(length)
        else:
            with pytest.raises(IntegrityError, match="torn"):
                list(read_chain(path))


@pytest.mark.parametrize(
    ("order", "number"),
    [((1, 2), 1), ((0, 2), 2), ((0, 0, 1, 2), 2), ((0, 2, 1), 2), ((0, 1, 1), 3)],
    ids=["first missing", "middle missing", "repeated", "exchanged", "last repeated"],
)
def test_a_line_that_is_missing_repeated_or_out_of_place_is_found(path, order, number) -> None:
    write(path, SMALL)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[index] for index in order))
    with pytest.raises(IntegrityError, match=f"line {number}: it does not follow the line before it"):
        list(read_chain(path))


def test_a_line_that_was_sealed_again_under_another_number_is_found(path) -> None:
    write(path, SMALL)
    lines = path.read_bytes().splitlines(keepends=True)
    body = lines[2][: lines[2].rindex(b',"hash"')].replace(b'"seq":3', b'"seq":4')
    lines[2] = body + b',"hash":"' + hashlib.sha256(body).hexdigest().encode() + b'"}\n'
    path.write_bytes(b"".join(lines))
    with pytest.raises(IntegrityError, match=r"line 3: it does not follow the line before it \(seq 4\)"):
        list(read_chain(path))


def test_a_line_of_another_journal_is_found(path) -> None:
    write(path, [(0, "intent", {"order_id": 2}), *SMALL[1:]])
    foreign = path.read_bytes().splitlines(keepends=True)
    write(path, SMALL)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], foreign[1], lines[2]]))
    with pytest.raises(IntegrityError, match="line 2"):
        list(read_chain(path))


def test_bytes_behind_the_length_that_is_asked_for_are_not_looked_at(path) -> None:
    head = write(path, SMALL[:2])
    with path.open("ab") as file:
        file.write(b'{"seq":3,"torn')
    assert [found for found, _ in read_chain(path, until=head.length)][-1] == head
    with pytest.raises(IntegrityError, match="line 3: it is torn"):
        list(read_chain(path))


def test_the_first_line_names_no_digest_before_it(path) -> None:
    write(path, SMALL)
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0])["prev"] == GENESIS


def test_a_number_that_json_does_not_have_is_refused_before_it_is_written(tmp_path) -> None:
    journal = Journal(Appender(Disk(), tmp_path / "state.jsonl", 0), Head())
    with pytest.raises(ValueError, match="not JSON compliant"):
        journal.append(0, "tick", {"value": float("nan")})
