"""The raw columns of a Parquet file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.parquet

from logos.data.catalogue.arrow_columns import counted_times, empty_times, infinities, plain_column
from logos.data.catalogue.headers import Header, understand
from logos.data.catalogue.reading_csv import Raw
from logos.data.catalogue.records import Finding
from logos.data.catalogue.table import Faults, Floats, Integers, Table
from logos.data.catalogue.texts import UNREADABLE, numbers_of, times_of
from logos.data.printable import printable

if TYPE_CHECKING:
    from logos.data.catalogue.places import Place

_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_NO_TABLE = Table(lines=np.empty(0, dtype=np.int64), stamps=np.empty(0, dtype=np.int64), columns={})


def read_parquet(
    place: Place,
    faults: Faults,
    progress: Callable[[int], None] = lambda _bytes: None,
    *,
    only_times: bool = False,
) -> Raw:
    """Read a Parquet file; what is wrong with its form goes to ``faults``.

    Parameters
    ----------
    progress:
        Is told how many bytes of the file have been read.
    only_times:
        Whether the numbers are left out.
    """
    header = None
    try:
        with place.path.open("rb") as stream:
            parquet = pyarrow.parquet.ParquetFile(stream, pre_buffer=False)
            names = list(parquet.schema_arrow.names)
            header, fault = understand(names)
            if fault:
                faults.add(fault)
            if header is None:
                return Raw(header=None, table=_NO_TABLE, rows=parquet.metadata.num_rows)
            if only_times:
                header = attrs.evolve(header, places={})
            wanted = [names[header.time], *(names[at] for at in header.places.values())]
            table = parquet.read(columns=wanted, use_threads=False)
    except (pa.ArrowException, OSError) as error:
        faults.add(Finding(kind="unreadable", count=1, found=f"it is no whole Parquet file: {printable(str(error))}"))
        return Raw(header=header, table=_NO_TABLE, rows=0)
    progress(place.path.stat().st_size)
    return Raw(header=header, table=_columns(table, names, header, faults), rows=len(table))


def _columns(table: pa.Table, names: list[str], header: Header, faults: Faults) -> Table:
    lines = np.arange(1, len(table) + 1, dtype=np.int64)
    stamps = _stamps(table.column(names[header.time]), lines, faults)
    columns = {name: _numbers(name, table.column(names[at]), lines, faults) for name, at in header.places.items()}
    whole = Table(lines=lines, stamps=stamps, columns=columns)
    good = stamps != UNREADABLE
    return whole if good.all() else whole.rows(good)


def _stamps(column: pa.ChunkedArray, lines: Integers, faults: Faults) -> Integers:
    kind = column.type
    if pa.types.is_date(kind):
        column, kind = column.cast(pa.timestamp("s")), pa.timestamp("s")
    if pa.types.is_integer(kind):
        counts: Integers = plain_column(column.cast(pa.int64(), safe=False), np.int64, UNREADABLE)
        counted = counted_times(counts, lines, faults)
        if counted is not None:
            return counted
    if not pa.types.is_timestamp(kind):
        return times_of([None if value is None else str(value) for value in column.to_pylist()], lines, faults)
    values = plain_column(column.cast(pa.int64()), np.int64, UNREADABLE)
    missing = values == UNREADABLE
    stamps: Integers = values // _UNITS[kind.unit]
    fraction = values % _UNITS[kind.unit]
    stamps[missing] = UNREADABLE
    if kind.tz is None and len(stamps):
        found = f"the column of times has the type {kind}, which names no time zone"
        faults.add(Finding(kind="naive_time", count=len(stamps), line=1, found=found))
    between = (fraction != 0) & ~missing
    if between.any():
        row = int(between.argmax())
        found = "the time has a fraction of a second"
        faults.add(
            Finding(kind="off_grid", count=int(between.sum()), line=int(lines[row]), at=int(stamps[row]), found=found)
        )
    empty_times(stamps, lines, faults)
    return stamps


def _numbers(name: str, column: pa.ChunkedArray, lines: Integers, faults: Faults) -> Floats:
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        numbers: Floats = plain_column(column.cast(pa.float64(), safe=False), np.float64, np.nan)
        infinities(name, numbers, lines, faults)
        return numbers
    return numbers_of(name, [None if value is None else str(value) for value in column.to_pylist()], lines, faults)
