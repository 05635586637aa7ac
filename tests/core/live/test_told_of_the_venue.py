"""What is told of a broker's venue: at the end of a session, in its log, and of one that has no end."""

from __future__ import annotations

import json

import pytest

from logos.artifacts import schemas
from logos.domain.errors import InputError
from logos.live.folder import hold


def lines_of(house, name, key, *kinds):
    lines = (house.folder / name).read_text().splitlines()
    return [one for one in map(json.loads, lines) if one[key] in kinds]


def events(house, *kinds):
    return lines_of(house, schemas.JOURNAL_FILE, "type", *kinds)


def logged(house, *kinds):
    return lines_of(house, schemas.LOG_FILE, "event", *kinds)


def die_at(house, order_id) -> None:
    house.work.VENUE.dies_at = order_id
    with pytest.raises(house.work.Killed):
        house.start()
    house.work.VENUE.dies_at = 0


def test_what_the_venue_would_have_refused_is_told_at_the_end_and_again_by_a_finished_session(house) -> None:
    house.lay()
    outcome = house.start()
    rows = [row["outcome"] for row in events(house, "venue_request")]
    refused = [row for row in rows if row != "would accept"]
    assert 0 < len(refused) < len(rows)
    told = outcome.as_object()
    assert list(told)[-5:] == ["venue", "mode", "venue_outcomes", "unknown_orders", "refused_for_unknown"]
    assert (told["venue"], told["mode"]) == ("shown:file", "dry_run")
    assert told["venue_outcomes"] == {"would_accept": len(rows) - len(refused), "would_refuse": len(refused)}
    first = rows.index(refused[0]) + 1
    sentence = (
        f"Dry-run at shown:file: {len(refused)} of {len(rows)} orders would be refused, "
        f"first: order {first}: {refused[0]}"
    )
    assert outcome.at_venue.told == sentence
    assert sentence in (house.folder / "session.md").read_text().partition("\n## ")[0]
    assert house.resume().as_object() == told


def test_a_session_without_a_venue_tells_of_none(house) -> None:
    house.lay(broker="plain")
    assert "venue" not in house.start().as_object()


def test_orders_that_become_unknown_and_are_settled_stand_in_the_log_and_the_end_tells_what_came_of_it(house) -> None:
    house.lay(count=40)
    die_at(house, 3)
    seen = 0

    def progress(session):
        nonlocal seen
        seen = session.counts.slices

    house.work.VENUE.silent = lambda what: what == "find" and seen < 25
    outcome = house.resume(progress=progress)
    doubted = [one["order_id"] for one in events(house, "unknown")]
    assert doubted
    assert [one["order_id"] for one in logged(house, "order_unknown")] == doubted
    assert {one["order_id"] for one in logged(house, "order_settled")} == set(doubted)
    assert [one["venue"] for one in logged(house, "reconciled")] == ["shown:file"] * 2
    found = logged(house, "reconciliation_finding")
    assert {one["outcome"] for one in found} == {"written ahead"}
    refused = sum(one.get("reason_code") == "unknown_order" for one in events(house, "decision"))
    assert outcome.as_object()["refused_for_unknown"] == refused > 0
    assert "refused while an outcome was unknown" in (house.folder / "session.md").read_text()


def test_an_order_left_unknown_is_told_with_its_name_at_the_end_and_in_the_next_steps(house) -> None:
    house.lay()
    die_at(house, 3)
    house.work.VENUE.silent = lambda what: what == "find"
    outcome = house.resume()
    names = outcome.at_venue.unknown
    assert outcome.as_object()["unknown_orders"] == len(names) > 0
    steps = (house.folder / "session.md").read_text().partition("## Next steps")[2]
    assert all(f"- `{name}`" in steps for name in names)
    assert outcome.at_venue.in_doubt


def test_a_session_without_an_end_is_said_to_be_interrupted_or_to_run(house) -> None:
    house.lay()
    die_at(house, 3)
    with pytest.raises(InputError, match="was interrupted") as caught:
        house.verify()
    assert caught.value.hint == "Finish it with: logos trade --resume out"
    with hold(house.folder), pytest.raises(InputError, match="is being run"):
        house.verify()
