"""The raw values of a bar file, faulty ones included, and what reading it has found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from logos.data.catalogue.records import Finding

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
PRICES = ("open", "high", "low", "close")
SIDES = ("bid", "ask")


@attrs.frozen(eq=False, kw_only=True)
class Table:
    """The rows of a file whose time could be read.

    Attributes
    ----------
    lines:
        The line of each row in the file, counted from 1; rows of a Parquet file are counted from 1.
    stamps:
        Times in seconds since the epoch, UTC.
    columns:
        Floats by column name; not-a-number where the file has no usable number.
    """

    lines: Integers
    stamps: Integers
    columns: Mapping[str, Floats]

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.stamps)

    def rows(self, index: Integers | Flags | slice) -> Table:
        """Return some of the rows."""
        return Table(
            lines=self.lines[index],
            stamps=self.stamps[index],
            columns={name: column[index] for name, column in self.columns.items()},
        )

    def finding(self, kind: str, where: Flags | Integers, found: str, *, series: str = "") -> Finding:
        """Return a finding about some rows.

        Parameters
        ----------
        where:
            The rows: a flag for each row of the table, or their indices, ascending.
        found:
            What was found in the first of them.
        series:
            The name of the series they belong to.
        """
        rows = where.nonzero()[0] if where.dtype == bool else where
        first = rows[self.lines[rows].argmin()]  # the first in the file, whichever way the file runs
        return Finding(
            kind=kind,
            count=len(rows),
            line=int(self.lines[first]),
            at=int(self.stamps[first]),
            found=found,
            series=series,
        )

    def first(self, where: Flags | Integers) -> int:
        """Return the index of the row that stands first in the file among some rows."""
        rows = where.nonzero()[0] if where.dtype == bool else where
        return int(rows[self.lines[rows].argmin()])


@attrs.frozen(eq=False, kw_only=True)
class Series:
    """One price over time: the bars of a file, one side of its quotes, or a column of closes.

    Attributes
    ----------
    name:
        Empty where the file has only this one.
    prices:
        Open, high, low and close, or close alone: the names of the columns.
    """

    name: str
    prices: tuple[str, ...]


@attrs.define
class Faults:
    """Findings that add up while a file is read: how many of each kind, and the first."""

    _found: dict[tuple[str, str], Finding] = attrs.field(factory=dict)

    def add(self, finding: Finding) -> None:
        """Count a finding; the place of the first stays."""
        key = finding.kind, finding.series
        known = self._found.get(key)
        self._found[key] = attrs.evolve(known, count=known.count + finding.count) if known else finding

    def drop(self, kind: str, series: str) -> Finding | None:
        """Forget a finding."""
        return self._found.pop((kind, series), None)

    def list(self) -> Sequence[Finding]:
        """Return what was found."""
        return tuple(self._found.values())
