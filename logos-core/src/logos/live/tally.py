"""Counts for the summary, kept across a restart."""

from __future__ import annotations

from typing import Any

import attrs


@attrs.define
class Tally:
    """What happened, counted.

    Attributes
    ----------
    statuses:
        Finished orders by status.
    codes:
        Refused and blocked signals by reason code.
    guard_blocks:
        Orders that each guard has blocked.
    guard_examples:
        What each guard said first.
    fills:
        Fills by symbol.
    cleared:
        What ``--clear-halt`` has forgiven, one sentence each.
    max_drawdown:
        The greatest fall of equity from its peak, in hundred-millionths of the peak.
    """

    statuses: dict[str, int] = attrs.field(factory=dict)
    codes: dict[str, int] = attrs.field(factory=dict)
    guard_blocks: dict[str, int] = attrs.field(factory=dict)
    guard_examples: dict[str, str] = attrs.field(factory=dict)
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
