"""What a check hands back."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from logos.data.catalogue.kinds import DEFECT, KINDS, NOTE
from logos.domain.times import time_text


@attrs.frozen(kw_only=True)
class Finding:
    """Something that is wrong with a file, or that one should know about it.

    Attributes
    ----------
    kind:
        One of `logos.data.catalogue.kinds.KINDS`.
    count:
        How often it was found.
    line:
        The first line in the file counted from 1 (the header is line 1), or the first row counted from 1 in a Parquet
        file; ``None`` where it is about the file as a whole.
    at:
        The time of the first, in seconds since the epoch, UTC.
    found:
        What was found, with the numbers of the first.
    series:
        Which column, or which side of quotes, it is about, such as ``bid``; empty where it is about whole rows.
    """

    kind: str
    count: int
    line: int | None = None
    at: int | None = None
    found: str
    series: str = ""

    @property
    def severity(self) -> str:
        """``note`` or ``defect``."""
        return KINDS[self.kind].severity

    @property
    def expected(self) -> str:
        """What should be there instead."""
        return KINDS[self.kind].expected

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return KINDS[self.kind].remedy

    @property
    def time(self) -> str | None:
        """The time of the first as text."""
        return None if self.at is None else time_text(self.at)


@attrs.frozen(kw_only=True)
class FileReport:
    """What was found in one file.

    Attributes
    ----------
    name:
        How the caller named it.
    symbol, asset_class, interval, calendar, tick:
        What it was held against; ``None`` where nothing told.
    form:
        ``csv``, ``csv.gz`` or ``parquet``.
    rows:
        Rows below the header, readable or not.
    first, last:
        The earliest and the latest time, in seconds since the epoch, UTC.
    findings:
        Defects first.
    not_checked:
        Which checks could not be made, and what they lacked.
    """

    name: str
    symbol: str
    asset_class: str | None
    interval: int | None
    calendar: str | None
    tick: str | None
    form: str
    rows: int
    first: int | None
    last: int | None
    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...]

    @property
    def defects(self) -> int:
        """How many findings are defects."""
        return sum(finding.severity == DEFECT for finding in self.findings)

    @property
    def notes(self) -> int:
        """How many findings are notes."""
        return sum(finding.severity == NOTE for finding in self.findings)


@attrs.frozen(kw_only=True)
class CheckReport:
    """What was found in all files."""

    files: tuple[FileReport, ...]

    @property
    def defects(self) -> int:
        """How many findings are defects."""
        return sum(file.defects for file in self.files)

    @property
    def notes(self) -> int:
        """How many findings are notes."""
        return sum(file.notes for file in self.files)


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings as they are shown: defects first, then in the order of the kinds."""
    order = list(KINDS)
    return tuple(sorted(findings, key=lambda one: (one.severity != DEFECT, order.index(one.kind), one.series)))
