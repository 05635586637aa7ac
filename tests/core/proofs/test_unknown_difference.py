"""An order whose outcome became unknown in one run only: its venue did that, and no change of the code."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from logos.proofs.divergence.events import Event, EventDifference
from logos.proofs.divergence.judging import FILL, judge


@pytest.mark.parametrize("letter", ["A", "B"])
def test_an_unknown_outcome_is_the_venues(letter: str) -> None:
    fields = {"order_id": 3, "reason": "no answer within 3 s to GET /orders"}
    event = Event(at="2024-03-07T12:01:00Z", kind="unknown", strategy="s", symbol="AAA", fields=fields)
    difference = EventDifference(
        at=event.at,
        a=event if letter == "A" else None,
        b=event if letter == "B" else None,
        field="",
        instead=None,
        others=(),
        halted=False,
    )
    found = SimpleNamespace(
        output=difference, history=None, bars=None, lost=(), config=(), parts=(), starts_differ=False, venue=()
    )
    verdict = judge(found)
    assert verdict.cause == FILL
    assert verdict.evidence[0] == (
        f"in {letter} the outcome of order 3 became unknown, which came from its venue: "
        "no answer within 3 s to GET /orders"
    )
