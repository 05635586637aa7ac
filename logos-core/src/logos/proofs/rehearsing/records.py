"""What a rehearsal is: what is done, what must come of it, said before it runs, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from logos.domain.times import parse_time, time_text

MINUTE = 60
MIDNIGHT = parse_time("2024-01-02T00:00:00Z")
"""Where the bars of a rehearsal begin, unless it needs a change of the day."""

PASS = "PASS"  # noqa: S105 -- a verdict
FAIL = "FAIL"
NOT_REHEARSED = "NOT REHEARSED"
NOT_CONFIGURED = "not in this config"

OUTCOME = "outcome"
CAUSES = "causes"
HALTED_AT = "halted at"
ORDERS = "orders"
POSITIONS = "positions"
ARTIFACTS = "artifacts"
AUDIT = "audit"
REPLAY = "replay"
AFTERWARDS = "afterwards"
OBEYED = "obeyed"
INTERRUPTED = "interrupted"
ORDER_IDS = "order ids"

COMPLETE = "complete"
AGREES = "agrees"
SAME = "same bytes"
REFUSED = "resume refused until the halt is cleared"
LEFT_ALONE = "nothing to resume"
NONE = "none"

PAUSED = "paused, exit 3"
HALTED = "halted, exit 3"
COMPLETED = "completed, exit 0"

Facts = Mapping[str, str]
"""What is expected of a session, or what is found in its folder: by name, in words that can be compared."""


@attrs.frozen(kw_only=True)
class Faults:
    """What is done to a session from outside.

    Attributes
    ----------
    kill_first:
        Whether the kill file is there before the start.
    kill_after:
        The clock of the slice behind which the kill file appears; ``None`` for never.
    rejects_from:
        The number of the first order that the broker rejects; 0 for none.
    raises:
        The method in which the first guard raises: ``judge`` or ``inspect``; empty for none.
    pause_after:
        The clock behind which an operator interrupts; the session pauses at its next slice, and is resumed. ``None``
        for never.
    """

    kill_first: bool = False
    kill_after: int | None = None
    rejects_from: int = 0
    raises: str = ""
    pause_after: int | None = None


@attrs.frozen(kw_only=True)
class Drill:
    """A session to be run, and what must come of it.

    Attributes
    ----------
    name:
        Unique among the drills of a rehearsal.
    guard:
        The guard that must act, as the config calls it; empty where the program itself must.
    limit:
        The limit that is crossed, as the config has it.
    what:
        What is done, in a sentence.
    config:
        The session's config as plain values.
    bars:
        For each symbol the price of each minute that has a bar, by the minute's number from ``begin``.
    expected:
        What must be found in the session's folder.
    kill_file:
        The file that halts it, relative to the session's workspace.
    """

    name: str
    guard: str = ""
    limit: str = ""
    what: str
    config: Mapping[str, Any] = attrs.field(repr=False)
    bars: Mapping[str, Mapping[int, str]] = attrs.field(repr=False)
    begin: int = MIDNIGHT
    expected: Facts
    faults: Faults = Faults()
    kill_file: str = ""

    @property
    def slug(self) -> str:
        """The name of its folder."""
        return "-".join("".join(sign if sign.isalnum() else " " for sign in self.name.lower()).split())


@attrs.frozen(kw_only=True)
class Result:
    """What came of a drill, or why there was none.

    Attributes
    ----------
    verdict:
        ``PASS``, ``FAIL``, ``NOT REHEARSED``, or that the guard is not in this config.
    expected, happened:
        By the same names.
    folder:
        The session's folder; ``None`` where none was run.
    reasons:
        What the guards have said.
    log:
        The last lines of the session's log.
    note:
        What a reviewer must know besides.
    """

    name: str
    guard: str = ""
    limit: str = ""
    what: str = ""
    verdict: str
    expected: Facts = attrs.field(factory=dict)
    happened: Facts = attrs.field(factory=dict)
    folder: Path | None = None
    reasons: Sequence[str] = ()
    log: Sequence[str] = ()
    note: str = ""


def closes(begin: int, minute: int) -> str:
    """Return when a minute's bar closes, as a config and an artifact write it."""
    return time_text(begin + MINUTE * (minute + 1))


def halted(*causes: str, at: str, orders: str, positions: str, proofs: Facts) -> Facts:
    """Return what is expected of a session that guards halt."""
    facts = {OUTCOME: HALTED, CAUSES: ", ".join(causes), HALTED_AT: at, ORDERS: orders, POSITIONS: positions}
    return {**facts, **proofs, AFTERWARDS: REFUSED}


def completed(*, orders: str, positions: str) -> Facts:
    """Return what is expected of a session that comes to its end."""
    facts = {OUTCOME: COMPLETED, CAUSES: NONE, ORDERS: orders, POSITIONS: positions}
    return {**facts, **PROOFS, AFTERWARDS: LEFT_ALONE}


PROOFS: Facts = {ARTIFACTS: COMPLETE, AUDIT: AGREES, REPLAY: SAME}
"""What every session of a rehearsal must keep."""
