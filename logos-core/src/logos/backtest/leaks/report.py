"""What a check found: each defect with the part that moved, and how much was compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from logos.domain.times import time_text

ANSWERS = "answers"
REPETITION = "repetition"
LOOK_AHEAD = "look_ahead"
START_MOVED = "start_moved"
REGISTRATION_ORDER = "registration_order"
DISTURBANCE = "disturbance"
ARRAY_FORM = "array_form"

PROBES: Mapping[str, str] = {
    REPETITION: "The same run once more, and in fresh processes with another hash order, time zone and locale",
    LOOK_AHEAD: "Everything after a bar replaced by garbage, or missing",
    START_MOVED: "The run starts later, and has never seen the earlier bars",
    REGISTRATION_ORDER: "Instruments, strategies, symbols and plugins registered in another order",
    DISTURBANCE: "The bars of other symbols changed, and each strategy alone",
    ARRAY_FORM: "The array form of each strategy beside its answers bar by bar",
    ANSWERS: "Every answer of a strategy is of the right kind",
}
"""Every kind of probe, and what it does."""


@attrs.frozen(kw_only=True)
class Finding:
    """A part that moved although it must not.

    Attributes
    ----------
    probe:
        One of `PROBES`.
    part:
        Such as ``strategy trend on SPY``, ``allocator equal_weight``, ``position manager targets``, ``guard exposure``,
        ``fills of broker paper``, ``broker paper``, ``feed replay``, ``the orders`` or ``the account``.
    clock:
        The session's clock at the first answer that moved, in seconds since the epoch, UTC; ``None`` where the part
        could not even be built.
    subject:
        What the answer was about, such as ``order 7``; may be empty.
    expected, found:
        What the plain run says, and what the changed run says.
    how:
        What was changed.
    meaning:
        What it means, and how to mend it.
    """

    probe: str
    part: str
    clock: int | None
    subject: str
    expected: str
    found: str
    how: str
    meaning: str

    @property
    def time(self) -> str | None:
        """The clock as ISO-8601 text in UTC."""
        return None if self.clock is None else time_text(self.clock)

    def __str__(self) -> str:
        place = f" at {self.time}" if self.time else ""
        subject = f" ({self.subject})" if self.subject else ""
        answers = f"expected {self.expected}, found {self.found}, {self.how}"
        return f"{self.probe}: {self.part} moved{place}{subject}: {answers}. {self.meaning}"


@attrs.frozen(kw_only=True)
class Coverage:
    """How much a probe compared.

    Attributes
    ----------
    runs:
        How many changed runs there were; 0 where the probe did not apply.
    compared:
        How many answers, bars included, were compared over all of them.
    note:
        What was compared, and what was not.
    """

    probe: str
    runs: int
    compared: int
    note: str


@attrs.frozen(kw_only=True)
class LeakReport:
    """What came of checking a config.

    Attributes
    ----------
    first, last:
        The clocks of the first and the last slice that were looked at; ``None`` without any.
    slices, bars, orders, fills:
        What the plain run had of each.
    ended:
        How it ended: ``completed`` or ``halted``. What comes after a halt is compared for strategies alone.
    notes:
        Whole sentences about what could not be looked at.
    """

    name: str
    config_digest: str
    first: int | None
    last: int | None
    slices: int
    bars: int
    orders: int
    fills: int
    ended: str
    coverage: tuple[Coverage, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing moved."""
        return not self.findings

    def as_object(self) -> dict[str, Any]:
        """Return the report as JSON values, as ``--json`` prints it."""
        return {
            "name": self.name,
            "passed": self.passed,
            "config_digest": self.config_digest,
            "first": None if self.first is None else time_text(self.first),
            "last": None if self.last is None else time_text(self.last),
            "slices": self.slices,
            "bars": self.bars,
            "orders": self.orders,
            "fills": self.fills,
            "ended": self.ended,
            "probes": [attrs.asdict(each) for each in self.coverage],
            "findings": [
                {
                    "probe": each.probe,
                    "part": each.part,
                    "at": each.time,
                    "subject": each.subject,
                    "expected": each.expected,
                    "found": each.found,
                    "how": each.how,
                    "meaning": each.meaning,
                }
                for each in self.findings
            ],
            "notes": list(self.notes),
        }

    def lines(self) -> list[str]:
        """Return the report as whole sentences, the findings first."""
        told = [str(each) for each in self.findings]
        told += [
            f"{each.probe}: {each.runs} runs, {each.compared:,} answers compared. {each.note}" for each in self.coverage
        ]
        return [*told, *self.notes]
