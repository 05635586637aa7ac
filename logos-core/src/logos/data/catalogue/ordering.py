"""Times: newest first, out of order, twice, off the interval's grid."""

from __future__ import annotations

import attrs
import numpy as np

from logos.data.bar_files import interval_text
from logos.data.catalogue.records import Finding
from logos.data.catalogue.table import Flags, Integers, Table
from logos.domain.times import SECONDS_A_DAY, time_text

_HOUR = 3_600
_FEWEST_STEPS = 20
_A_SEASON = 10


@attrs.frozen(eq=False, kw_only=True)
class Ordered:
    """The rows in the order of time, each time once.

    Attributes
    ----------
    table:
        The rows; of those with the same time, the first in the file.
    findings:
        What was wrong with the order.
    """

    table: Table
    findings: tuple[Finding, ...]


def put_in_order(table: Table) -> Ordered:
    """Sort rows by time, and say what was wrong with their order."""
    findings = []
    steps = np.diff(table.stamps)
    if (steps < 0).sum() > (steps > 0).sum():
        first, last = (time_text(int(table.stamps[at])) for at in (0, -1))
        findings.append(
            Finding(
                kind="newest_first",
                count=1,
                line=int(table.lines[0]),
                at=int(table.stamps[0]),
                found=f"the rows run from {first} back to {last}",
            )
        )
        table = table.rows(slice(None, None, -1))
        steps = np.diff(table.stamps)
    back = np.flatnonzero(steps < 0) + 1
    if len(back):
        first_back = table.first(back)
        before, here = (time_text(int(table.stamps[at])) for at in (first_back - 1, first_back))
        findings.append(table.finding("disorder", back, f"{here} stands behind {before}"))
        table = table.rows(np.argsort(table.stamps, kind="stable"))
        steps = np.diff(table.stamps)
    again = np.flatnonzero(steps == 0) + 1
    if len(again):
        findings.append(_duplicates(table, again))
        table = table.rows(np.concatenate(([True], steps > 0)))
    return Ordered(table=table, findings=tuple(findings))


def _duplicates(table: Table, again: Integers) -> Finding:
    differ = np.zeros(len(again), dtype=bool)
    for column in table.columns.values():
        one, two = column[again - 1], column[again]
        differ |= (one != two) & ~(np.isnan(one) & np.isnan(two))
    first = time_text(int(table.stamps[table.first(again)]))
    text = f"{first} stands in more than one row"
    if differ.any():
        text += f"; {int(differ.sum()):,} of {len(again):,} with other values"
    return table.finding("duplicate", again, text)


@attrs.frozen(kw_only=True)
class Grid:
    """Where the bars of a file should stand.

    Attributes
    ----------
    interval:
        Length of a bar in seconds.
    phase:
        What a time leaves when divided by it.
    """

    interval: int
    phase: int


def find_grid(table: Table, named: int | None) -> tuple[Grid | None, list[Finding]]:
    """Return the grid that the bars of a file stand on, and the bars beside it.

    Parameters
    ----------
    table:
        The rows in order.
    named:
        The interval that the file's name or the caller gives, in seconds.
    """
    steps = np.diff(table.stamps)
    findings = []
    interval = named
    if len(steps):
        usual, share = _mode(steps)
        if named is None:
            interval = usual if usual > 0 and SECONDS_A_DAY % usual == 0 and usual % 60 == 0 else None
        elif _contradicts(steps, named, usual, share):
            text = f"the rows are {_length(usual)} apart where {_length(named)} was expected"
            findings.append(Finding(kind="wrong_interval", count=1, found=text))
            interval = usual if SECONDS_A_DAY % usual == 0 else None
    if interval is None or not len(table):
        return None, findings
    phases = table.stamps % interval
    phase, _ = _mode(phases)
    off = ~_on_grid(phases, phase, interval)
    if off.any():
        first = table.first(off)
        text = f"{time_text(int(table.stamps[first]))} is not on the grid of {_length(interval)}"
        findings.append(table.finding("off_grid", off, text))
    if phase:
        text = f"the bars open {_length(phase)} past each {_length(interval)} of UTC"
        findings.append(table.finding("grid_offset", ~off, text))
    return Grid(interval=interval, phase=phase), findings


def _contradicts(steps: Integers, named: int, usual: int, share: float) -> bool:
    finer = (steps < named).sum() * 2 > len(steps) and usual < named
    coarser = usual >= 2 * named and share > 0.9 and len(steps) >= _FEWEST_STEPS
    return bool(finer or coarser) and usual >= 1


def _on_grid(phases: Integers, phase: int, interval: int) -> Flags:
    """Return which bars stand on the grid: local midnights are an hour apart in summer and winter.

    An hour apart is right for a season: for ten bars in a row, or where the file begins or ends in it.
    """
    on: Flags = phases == phase
    if interval <= _HOUR:
        return on
    for other in ((phase - _HOUR) % interval, (phase + _HOUR) % interval):
        edges = np.diff(np.concatenate(([0], (phases == other).astype(np.int8), [0])))
        for begin, end in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
            if end - begin >= _A_SEASON or begin == 0 or end == len(phases):
                on[begin:end] = True
    return on


def _mode(values: Integers) -> tuple[int, float]:
    """Return the most frequent value and its share; the smallest of several."""
    found, counts = np.unique(values, return_counts=True)
    at = int(counts.argmax())
    return int(found[at]), float(counts[at] / len(values))


def _length(seconds: int) -> str:
    return interval_text(seconds) if seconds % 60 == 0 else f"{seconds} s"
