"""What a resume refuses before it changes anything: a damaged journal, an order of its name that it has not sent."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from logos.domain.errors import ConfigError, IntegrityError
from logos.domain.orders import OrderStatus, Side
from logos.live.reconcile import ReconciliationError
from logos.live.runner import Cadence
from logos.session.outside import OutsideOrder

RARELY = Cadence(flush=1e9, snapshot=1e9)


def crashed(house, **sections):
    """Return the journal's lines of a session that died with four intents behind its only snapshot."""
    house.lay(**sections)
    house.work.VENUE.dies_at = 4
    with pytest.raises(house.work.Killed):
        house.start(cadence=RARELY)
    house.work.VENUE.dies_at = 0
    house.work.VENUE.said.clear()
    return (house.folder / "state.jsonl").read_bytes().splitlines(keepends=True)


def intents(lines):
    return [index for index, line in enumerate(lines) if b'"type":"intent"' in line]


def contents(house):
    """Return everything in the session's folder but its log."""
    paths = (path for path in house.folder.rglob("*") if path.is_file() and path.parent.name != "logs")
    return {path: path.read_bytes() for path in paths}


def place_foreign(house, name, number="O1"):
    house.work.VENUE.orders = (
        OutsideOrder(
            place="shown:file",
            client_order_id=name,
            venue_order_id=number,
            symbol="AAA-USD",
            side=Side.BUY,
            quantity=Decimal("1.5"),
            filled=Decimal(0),
            status=OrderStatus.ACCEPTED,
        ),
    )


@pytest.mark.parametrize("which", [0, 1, 3])
@pytest.mark.parametrize("before", [0, 1], ids=["the intent", "the line before it"])
def test_a_line_that_is_damaged_behind_the_snapshot_is_refused_and_nothing_is_cut(house, which, before) -> None:
    lines = crashed(house)
    at = intents(lines)[which] - before
    lines[at] = lines[at].replace(b'"ts"', b'"tS"', 1)
    (house.folder / "state.jsonl").write_bytes(b"".join(lines))
    found = contents(house)
    with pytest.raises(IntegrityError, match=rf"state\.jsonl line {at + 1}: its content does not match its seal"):
        house.resume()
    assert contents(house) == found
    assert house.work.VENUE.said == ["close"], "the venue was asked for a session that cannot go on"


@pytest.mark.parametrize("change", ["gone", "doubled", "swapped"])
def test_a_line_missing_or_out_of_place_behind_the_snapshot_is_refused(house, change) -> None:
    lines = crashed(house)
    first, second = intents(lines)[:2]
    if change == "gone":
        del lines[first]
    elif change == "doubled":
        lines.insert(first, lines[first])
    else:
        lines[first], lines[second] = lines[second], lines[first]
    (house.folder / "state.jsonl").write_bytes(b"".join(lines))
    with pytest.raises(IntegrityError, match="it does not follow the line before it"):
        house.resume()


def test_every_byte_of_the_last_intent_is_guarded(house) -> None:
    lines = crashed(house)
    path, whole = house.folder / "state.jsonl", b"".join(lines)
    assert intents(lines)[-1] == len(lines) - 1
    for back in range(1, len(lines[-1]) + 1, 7):
        path.write_bytes(whole[:-back] + bytes([whole[-back] ^ 1]) + whole[len(whole) - back + 1 :])
        with pytest.raises(IntegrityError):
            house.resume()


def test_a_last_line_that_a_crash_has_torn_is_dropped_and_every_intent_before_it_is_asked_for(house) -> None:
    lines = crashed(house)
    (house.folder / "state.jsonl").write_bytes(b"".join(lines)[:-30])
    assert house.resume().status == "completed"
    assert house.work.VENUE.said.count("recover") == 3
    assert house.verify().differences == ()


def test_a_whole_tail_has_every_intent_asked_for(house) -> None:
    crashed(house)
    assert house.resume().status == "completed"
    assert house.work.VENUE.said.count("recover") == 4


def test_the_tail_of_a_session_without_a_venue_is_worked_out_again_whatever_stands_in_it(house) -> None:
    house.lay(broker="plain")
    house.work.VENUE.dies_at = 4
    with pytest.raises(house.work.Killed):
        house.start(cadence=Cadence(flush=0, snapshot=1e9))
    house.work.VENUE.dies_at = 0
    path = house.folder / "state.jsonl"
    length = json.loads((house.folder / "state.json").read_text())["journal"]["length"]
    content = path.read_bytes()
    assert len(content) > length + 100
    path.write_bytes(content[: length + 50] + b"?" + content[length + 51 :])
    assert house.resume().status == "completed"
    assert house.verify().differences == ()


def test_an_order_that_stops_a_resume_leaves_the_folder_as_it_is(house) -> None:
    name = json.loads(crashed(house)[-1])["client_order_id"]
    place_foreign(house, name)
    found = contents(house)
    with pytest.raises(ReconciliationError, match="contradicts session out") as caught:
        house.resume()
    assert "the session's folder stays as it is" in caught.value.hint
    assert contents(house) == found
    house.work.VENUE.orders = ()
    house.work.VENUE.said.clear()
    assert house.resume().status == "completed"
    assert house.work.VENUE.said.count("recover") == 4


def test_a_venue_that_cannot_be_asked_leaves_the_folder_as_it_is(house) -> None:
    crashed(house)
    found = contents(house)
    house.work.VENUE.silent = lambda what: what == "standing"
    with pytest.raises(Exception, match="the venue does not answer"):
        house.resume()
    assert contents(house) == found


def test_an_order_is_of_this_session_in_the_form_that_the_venue_has_of_its_name(house) -> None:
    lines = crashed(house)
    house.work.VENUE.renames = lambda name: f"other-{name[3:]}"
    name = json.loads(lines[intents(lines)[0]])["client_order_id"]
    place_foreign(house, f"other-{name[3:]}")
    with pytest.raises(ReconciliationError) as caught:
        house.resume()
    (problem,) = caught.value.problems
    assert problem.path == f"AAA-USD {name}"
    assert "accepted, number O1: it has a name of this session" in problem.message
    place_foreign(house, "other-0123456789abcdef01234567")
    assert house.resume().status == "completed"


def test_an_order_of_unknown_outcome_is_told_by_the_name_that_the_venue_has_of_it(house) -> None:
    crashed(house)
    house.work.VENUE.renames = lambda name: f"other-{name[3:]}"
    house.work.VENUE.silent = lambda what: what == "find"
    assert house.resume().status == "completed"
    assert (
        "is of unknown outcome: look for it at shown:file by the name other-"
        in (house.folder / "session.md").read_text()
    )
    assert house.verify().differences == ()


def test_a_session_whose_broker_lacks_what_it_needs_is_not_resumed(house, monkeypatch) -> None:
    crashed(house)
    found = contents(house)
    parts = __import__("outside_parts")
    monkeypatch.setattr(parts.KeptConfig, "credentials", ("SHOWN_API_KEY",), raising=False)
    with pytest.raises(ConfigError, match="the session cannot go on") as caught:
        house.resume()
    assert "SHOWN_API_KEY, and it is not set" in caught.value.problems[0].message
    assert contents(house) == found
    assert house.work.VENUE.said == []
