"""What a session knows of its broker's venue: written into every snapshot, and told again at the end."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import attrs

from logos.domain.times import time_text
from logos.live.journal import Line

SURVEY = "survey"
RECONCILED = "reconciled"
LOST_INTENT = "lost_intent"

TOLD_FROM_OUTSIDE = frozenset({SURVEY, RECONCILED, LOST_INTENT})
"""Types of journal events that come from the venue alone: a replay takes them from the recorded journal."""


@attrs.define(kw_only=True)
class OutsideNotes:
    """What came from the venue besides answers to orders.

    Attributes
    ----------
    warnings:
        What the last survey warned of.
    reconciliations:
        The values of each journal event ``reconciled``, and ``at``, the session's clock.
    written_ahead:
        Intents that were on the disk before a restart and have not been decided again yet. One of a name may stand
        there with several terms, where it was decided differently after each of several restarts.
    lost:
        Those of them that the session went past: the values of each journal event ``lost_intent``.
    """

    warnings: list[str] = attrs.field(factory=list)
    reconciliations: list[dict[str, Any]] = attrs.field(factory=list)
    written_ahead: list[dict[str, Any]] = attrs.field(factory=list)
    lost: list[dict[str, Any]] = attrs.field(factory=list)

    def hear(self, line: Line) -> None:
        """Take note of an event that came from the venue."""
        if line.kind == SURVEY:
            self.warnings = list(line.values["warnings"])
        elif line.kind == RECONCILED:
            self.reconciliations.append({"at": time_text(line.clock), **line.values})
        else:
            self.lost.append(line.values)

    @property
    def names(self) -> set[str]:
        """The client order ids that must not be submitted before the venue was asked for them."""
        return {values["client_order_id"] for values in (*self.written_ahead, *self.lost)}

    def snapshot(self, waiting: Collection[str]) -> dict[str, Any]:
        """Return the notes as JSON values.

        Parameters
        ----------
        waiting:
            The client order ids of written intents that have not been decided again yet.
        """
        ahead = sorted(self.written_ahead, key=_number)
        return {
            "warnings": self.warnings,
            "reconciliations": self.reconciliations,
            "written_ahead": [values for values in ahead if values["client_order_id"] in waiting],
            "lost": self.lost,
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> OutsideNotes:
        """Take back a snapshot."""
        return cls(
            warnings=list(state["warnings"]),
            reconciliations=list(state["reconciliations"]),
            written_ahead=list(state["written_ahead"]),
            lost=list(state["lost"]),
        )


def _number(values: Mapping[str, Any]) -> int:
    return int(values["order_id"])
