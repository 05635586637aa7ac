"""Counts for the summary, kept across a restart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

KEPT_CAUSES = 10
"""How many causes of a guard are kept in full, the first ones; of the others only the last and their number."""

KEPT_KINDS = 40
"""How many kinds of a venue's answers are told apart; whatever else it says is counted together."""

OTHER_KIND = "something else"

_KIND = re.compile(r"(?:would refuse: )?(?:-?\d+ )?[^\d;(]{0,80}")
"""A venue's answer up to its numbers; a code of its own at the start is none of them."""


@attrs.frozen
class SpokenCause:
    """A cause as it is kept: the session's clock, the order (0 for a halt), and what the guard said."""

    at: int
    order_id: int
    reason: str


@attrs.define
class Spoken:
    """What a guard said: how often, the first times and the last. A guard may speak hundreds of thousands of times."""

    count: int = 0
    first: list[SpokenCause] = attrs.field(factory=list)
    last: SpokenCause | None = None

    def add(self, cause: SpokenCause) -> None:
        """Count a cause, and keep it if it is one of the first."""
        self.count += 1
        self.last = cause
        if len(self.first) < KEPT_CAUSES:
            self.first.append(cause)

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Spoken:
        """Take back a snapshot."""
        last = state["last"]
        first = [SpokenCause(**cause) for cause in state["first"]]
        return cls(state["count"], first, None if last is None else SpokenCause(**last))


def _by_guard(states: Mapping[str, Any]) -> dict[str, Spoken]:
    return {guard: state if isinstance(state, Spoken) else Spoken.restored(state) for guard, state in states.items()}


@attrs.define(kw_only=True)
class Tally:
    """What happened, counted.

    Attributes
    ----------
    outcomes:
        Decisions by outcome.
    codes:
        Refused and blocked signals by reason code.
    statuses:
        Finished orders by status.
    cut_short:
        Finished orders that had filled in part, by status.
    venue_outcomes:
        What the venue would have said of finished orders, by kind.
    blocks, halts:
        What each guard said when it blocked orders, and when it halted the session.
    forgiven:
        Halts of each guard that were cleared.
    fills:
        Fills by symbol.
    cleared:
        What ``--clear-halt`` has forgiven, one sentence each.
    max_drawdown:
        The greatest fall of equity from its peak, in hundred-millionths of the peak.
    """

    outcomes: dict[str, int] = attrs.field(factory=dict)
    codes: dict[str, int] = attrs.field(factory=dict)
    statuses: dict[str, int] = attrs.field(factory=dict)
    cut_short: dict[str, int] = attrs.field(factory=dict)
    venue_outcomes: dict[str, int] = attrs.field(factory=dict)
    blocks: dict[str, Spoken] = attrs.field(factory=dict, converter=_by_guard)
    halts: dict[str, Spoken] = attrs.field(factory=dict, converter=_by_guard)
    forgiven: dict[str, int] = attrs.field(factory=dict)
    fills: dict[str, int] = attrs.field(factory=dict)
    cleared: list[str] = attrs.field(factory=list)
    max_drawdown: int = 0

    def snapshot(self) -> dict[str, Any]:
        """Return the counts as JSON values, keys in name order."""
        return {
            name: dict(sorted(value.items())) if isinstance(value, dict) else value
            for name, value in attrs.asdict(self).items()
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Tally:
        """Take back a snapshot."""
        return cls(**state)


def add(counts: dict[str, int], key: str) -> None:
    """Count one more."""
    counts[key] = counts.get(key, 0) + 1


def add_kind(counts: dict[str, int], outcome: str) -> None:
    """Count what a venue would have said by its kind: its words before the first number. No text is not counted."""
    if outcome:
        kind = _KIND.match(outcome)[0].rstrip(" :(-")  # type: ignore[index] # it matches any text
        add(counts, kind if kind in counts or len(counts) < KEPT_KINDS else OTHER_KIND)


def spoke(said: dict[str, Spoken], guard: str, at: int, order_id: int, reason: str) -> None:
    """Count what a guard said."""
    said.setdefault(guard, Spoken()).add(SpokenCause(at, order_id, reason))
