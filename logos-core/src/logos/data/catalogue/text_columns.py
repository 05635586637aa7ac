"""A block of CSV text as columns: by the library where a column is of one form, text by text where it is not."""

from __future__ import annotations

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.csv

from logos.data.catalogue.arrow_columns import counted_times, empty_times, infinities, plain_column
from logos.data.catalogue.headers import Header
from logos.data.catalogue.records import Finding
from logos.data.catalogue.table import Faults, Floats, Integers, Table
from logos.data.catalogue.texts import NOTHING, UNREADABLE, numbers_of, times_of
from logos.domain.times import time_text

# PyArrow would take Ctrl-C for itself while it reads, and turn one that is heard elsewhere into a fault of the file.
pa.enable_signal_handlers(False)

_TIME = "time"
_UTC, _NAIVE, _NUMBER, _TEXT = pa.timestamp("s", "UTC"), pa.timestamp("s"), pa.float64(), pa.string()


def parse_block(text: bytes, lines: Integers, header: Header, faults: Faults) -> Table:
    """Return the rows of a block whose time could be read.

    Parameters
    ----------
    text:
        Whole lines, each with as many columns as the header; no quotes.
    lines:
        The number of each line in the file.
    """
    block = _Block(text=text, lines=lines, header=header, faults=faults)
    stamps, columns = block.typed() or block.by_column()
    good = stamps != UNREADABLE
    whole = Table(lines=lines, stamps=stamps, columns=columns)
    return whole if good.all() else whole.rows(good)


@attrs.frozen(eq=False, kw_only=True)
class _Block:
    text: bytes
    lines: Integers
    header: Header
    faults: Faults

    def typed(self) -> tuple[Integers, dict[str, Floats]] | None:
        """Parse all columns at once; ``None`` where one is not of one form."""
        table = self._read({_TIME: _UTC} | {f"n{at}": _NUMBER for at in self.header.places.values()})
        if table is None:
            return None
        stamps = self._stamps(table)
        return stamps, {name: self._numbers(name, table.column(f"n{at}")) for name, at in self.header.places.items()}

    def by_column(self) -> tuple[Integers, dict[str, Floats]]:
        """Parse column by column: each by the library if it can."""
        return self._times(), {name: self._column(name, f"n{at}") for name, at in self.header.places.items()}

    def _times(self) -> Integers:
        for kind in (_UTC, _NAIVE):
            table = self._read({_TIME: kind})
            if table is not None:
                stamps = self._stamps(table)
                if kind is _NAIVE:
                    self._say_naive(stamps)
                return stamps
        table = self._read({_TIME: pa.int64()})
        if table is not None:
            counts: Integers = plain_column(table.column(_TIME), np.int64, UNREADABLE)
            counted = counted_times(counts, self.lines, self.faults)
            if counted is not None:
                return counted
        return times_of(self._texts(_TIME), self.lines, self.faults)

    def _say_naive(self, stamps: Integers) -> None:
        good = np.flatnonzero(stamps != UNREADABLE)
        if len(good):
            line, at = int(self.lines[good[0]]), int(stamps[good[0]])
            found = f"{time_text(at).removesuffix('Z')} names no time zone"
            self.faults.add(Finding(kind="naive_time", count=len(good), line=line, at=at, found=found))

    def _column(self, name: str, column: str) -> Floats:
        table = self._read({column: _NUMBER})
        if table is not None:
            return self._numbers(name, table.column(column))
        return numbers_of(name, self._texts(column), self.lines, self.faults)

    def _stamps(self, table: pa.Table) -> Integers:
        stamps: Integers = plain_column(table.column(_TIME).cast(pa.int64()), np.int64, UNREADABLE)
        empty_times(stamps, self.lines, self.faults)
        return stamps

    def _numbers(self, name: str, column: pa.ChunkedArray) -> Floats:
        numbers: Floats = plain_column(column, np.float64, np.nan)
        infinities(name, numbers, self.lines, self.faults)
        return numbers

    def _texts(self, column: str) -> list[str | None]:
        clean = self.text.decode("utf-8", errors="backslashreplace").encode()
        table = attrs.evolve(self, text=clean)._read({column: _TEXT})  # noqa: SLF001 -- of the same class
        assert table is not None
        texts: list[str | None] = table.column(column).to_pylist()
        return texts

    def _read(self, types: dict[str, pa.DataType]) -> pa.Table | None:
        """Parse some columns; ``None`` where they are not all of the types."""
        names = [_TIME if at == self.header.time else f"n{at}" for at in range(self.header.width)]
        try:
            table = pyarrow.csv.read_csv(
                pa.BufferReader(self.text),
                pyarrow.csv.ReadOptions(use_threads=False, block_size=len(self.text) + 1, column_names=names),
                pyarrow.csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
                pyarrow.csv.ConvertOptions(
                    check_utf8=False,
                    column_types=types,
                    null_values=list(NOTHING),
                    strings_can_be_null=False,
                    include_columns=list(types),
                ),
            )
        except pa.ArrowInvalid:
            return None
        return table if len(table) == len(self.lines) else None
