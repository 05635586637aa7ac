"""Puts the bars of many files into one order, and drops what comes twice."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import attrs
import numpy as np

from logos.data.bar_blocks import Defect
from logos.data.cache.bars import StoredBars, ascending, joined
from logos.data.importing.accepting import Accepted
from logos.domain.errors import Problem
from logos.domain.times import time_text

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

KEPT = 100_000
"""How many rows that are no bars are kept with their reasons; all are counted."""


@attrs.frozen(eq=False, kw_only=True)
class Gathered:
    """The bars of all sources.

    Attributes
    ----------
    bars:
        In strictly ascending order.
    duplicates:
        How many rows repeated a bar with the same values.
    disordered:
        How many rows came after a later one.
    """

    bars: StoredBars
    duplicates: int
    disordered: int


class Gathering:
    """Collects what was accepted, file after file.

    Attributes
    ----------
    rejected:
        How many rows did not become bars.
    problems:
        The first of them, with file and line.
    off_tick, cut:
        As in `Accepted`.
    """

    def __init__(self) -> None:
        self.rejected = 0
        self.problems: list[Problem] = []
        self.off_tick = 0
        self.first_off_tick: Problem | None = None
        self.cut = 0
        self._parts: list[Accepted] = []
        self._files: list[str] = []
        self._starts: list[int] = []
        self._count = 0

    def add(self, file: str, accepted: Accepted) -> None:
        """Take what was accepted of a file."""
        for defect in accepted.defects:
            self._reject(file, defect)
        self.off_tick += accepted.off_tick
        self.cut += accepted.cut
        if accepted.off_tick_rows and self.first_off_tick is None:
            row = accepted.off_tick_rows[0]
            self.first_off_tick = Problem(path=file, line=row.line, message=row.reason)
        if len(accepted.bars):
            self._parts.append(accepted)
            self._files.append(file)
            self._starts.append(self._count)
            self._count += len(accepted.bars)

    def finish(self) -> Gathered:
        """Return all bars in their order. Of two that open at once and differ, the later row is no bar."""
        bars = joined([part.bars for part in self._parts])
        if ascending(bars.timestamp):
            return Gathered(bars=bars, duplicates=0, disordered=0)
        disordered = int((bars.timestamp[1:] < bars.timestamp[:-1]).sum())
        order = np.argsort(bars.timestamp, kind="stable")
        bars = bars.take(order)
        first = np.concatenate(([True], bars.timestamp[1:] != bars.timestamp[:-1]))
        leader = np.maximum.accumulate(np.where(first, np.arange(len(bars)), 0))
        equal = (bars.values == bars.values[:, leader]).all(axis=0)
        for place in np.flatnonzero(~equal).tolist():
            self._reject_rival(int(order[place]), int(order[leader[place]]), int(bars.timestamp[place]))
        duplicates = int((~first & equal).sum())
        return Gathered(bars=bars.take(first), duplicates=duplicates, disordered=disordered)

    def _reject(self, file: str, defect: Defect) -> None:
        self.rejected += 1
        if len(self.problems) < KEPT:
            self.problems.append(Problem(path=file, line=defect.line, message=defect.reason))

    def _reject_rival(self, row: int, before: int, timestamp: int) -> None:
        file, line = self._place(row)
        other, other_line = self._place(before)
        reason = f"another bar opens at {time_text(timestamp)} too, with other values: {other}:{other_line}"
        self._reject(file, Defect(line, reason, ""))

    def _place(self, row: int) -> tuple[str, int]:
        """Return the file and the line of a bar, by its number in the order of the files."""
        part = bisect_right(self._starts, row) - 1
        lines, offset = self._parts[part].lines, row - self._starts[part]
        return self._files[part], lines + offset if isinstance(lines, int) else int(lines[offset])
