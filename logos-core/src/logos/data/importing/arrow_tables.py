"""Rows of Arrow tables: Parquet and Feather."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

from logos.data.bar_columns import RawColumns
from logos.data.importing.batches import TextRow
from logos.data.importing.headers import columns_of
from logos.data.importing.times import LOCAL, MILLISECONDS, SECONDS, ZONED, BadTimeError, Times
from logos.domain.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt

# PyArrow would take Ctrl-C for itself while it reads, and turn one that is heard elsewhere into a fault of the file.
pa.enable_signal_handlers(False)

_BATCH_ROWS = 262_144
_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECONDS = 10_000_000_000  # a larger count is one of milliseconds


def parquet_schema(path: Path) -> pa.Schema:
    """Return the columns of a Parquet file.

    Raises
    ------
    DataError
        Where it cannot be read.
    """
    return _explained(path, "Parquet", lambda: pyarrow.parquet.read_schema(path))


def feather_schema(path: Path) -> pa.Schema:
    """Return the columns of a Feather file.

    Raises
    ------
    DataError
        Where it cannot be read.
    """
    return _explained(path, "Feather", lambda: pa.ipc.open_file(path).schema)


def parquet_batches(stream: BinaryIO, name: str, times: Times) -> Iterator[TableBatch]:
    """Yield the rows of a Parquet file.

    Raises
    ------
    DataError
        Where it cannot be read.
    """
    row = 1
    try:
        file = pyarrow.parquet.ParquetFile(stream, pre_buffer=False)
        places = _places(file.schema_arrow, name)
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=list(places)):
            yield TableBatch(_selected(batch, places), row, times)
            row += len(batch)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(name, "Parquet", error) from error


def feather_batches(path: Path, name: str, times: Times) -> Iterator[TableBatch]:
    """Yield the rows of a Feather file.

    Raises
    ------
    DataError
        Where it cannot be read.
    """
    table: pa.Table = _explained(path, "Feather", lambda: pyarrow.feather.read_table(path, memory_map=False), name=name)
    places = _places(table.schema, name)
    row = 1
    for batch in table.select(list(places)).to_batches(max_chunksize=_BATCH_ROWS):
        yield TableBatch(_selected(batch, places), row, times)
        row += len(batch)


def _explained(path: Path, what: str, read: Any, name: str = "") -> Any:
    try:
        return read()
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(name or str(path), what, error) from error


def _unreadable(name: str, what: str, error: Exception) -> DataError:
    reason = " ".join(str(error).split())[:200]
    return DataError(f"{name} cannot be read as {what}: {reason}", hint="It may be truncated: download it again")


def _places(schema: pa.Schema, name: str) -> tuple[str, ...]:
    """Return the names of the six columns in our order."""
    return tuple(schema.names[place] for place in columns_of(schema.names, name).positions)


def _selected(batch: pa.RecordBatch, places: tuple[str, ...]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([batch.column(name) for name in places], names=[str(one) for one in range(6)])


class TableBatch:
    """Rows of a table with the columns time, open, high, low, close and volume."""

    def __init__(self, batch: pa.RecordBatch, first_row: int, times: Times) -> None:
        self._batch = batch
        self._first_row = first_row
        self._times = times
        self._unit = 1
        self._set_kind()

    def _set_kind(self) -> None:
        kind = self._batch.column(0).type
        if pa.types.is_timestamp(kind):
            self._unit = _UNITS[kind.unit]
            self._times.kind = LOCAL if kind.tz is None else ZONED
        elif pa.types.is_integer(kind):
            first = self._batch.column(0)[0].as_py() if len(self._batch) else 0
            self._times.kind = MILLISECONDS if (first or 0) > _LAST_SECONDS else SECONDS
        else:
            self._times.kind = ZONED  # texts and dates, which say for themselves

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._batch)

    def halves(self) -> Sequence[TableBatch]:
        """Return the rows as two batches."""
        middle = len(self) // 2
        return [
            TableBatch(self._batch.slice(0, middle), self._first_row, self._times),
            TableBatch(self._batch.slice(middle), self._first_row + middle, self._times),
        ]

    def columns(self) -> RawColumns | None:
        """Return the rows as columns; ``None`` where they must be looked at one by one."""
        if any(column.null_count for column in self._batch.columns):
            return None
        stamps = self._stamps()
        numbers = [_doubles(column) for column in self._batch.columns[1:]]
        times = None if stamps is None else self._times.column(stamps)
        if times is None or any(column is None for column in numbers):
            return None
        columns = [column for column in numbers if column is not None]
        return RawColumns(
            timestamp=times,
            prices=np.stack(columns[:4]),
            volume=columns[4],
            long_prices=None,
            long_volume=None,
            first_line=self._first_row,
            row=self._text,
        )

    def rows(self) -> Iterator[TextRow]:
        """Yield the rows one by one."""
        for index in range(len(self)):
            row = self._first_row + index
            fields = [_text(column[index], self._unit) for column in self._batch.columns]
            try:
                at = self._times.text(fields[0])
            except BadTimeError as error:
                yield TextRow(line=row, row=",".join(fields), fault=str(error))
            else:
                yield TextRow(line=row, row=",".join(fields), at=at, numbers=fields[1:])

    def _stamps(self) -> npt.NDArray[np.int64] | None:
        column = self._batch.column(0)
        if pa.types.is_integer(column.type):
            column = column.cast(pa.int64())
        elif not pa.types.is_timestamp(column.type):
            return None
        values: npt.NDArray[np.int64] = _view(column, np.int64)
        if self._unit == 1:
            return values
        seconds, fraction = np.divmod(values, self._unit)
        return None if fraction.any() else seconds

    def _text(self, index: int) -> str:
        return ",".join(_text(column[index], self._unit) for column in self._batch.columns)


def _doubles(column: pa.Array) -> Any:
    """Return a column as doubles that stand for the same decimals; ``None`` where that cannot be promised."""
    if pa.types.is_float64(column.type):
        return _view(column, np.float64)
    if pa.types.is_integer(column.type) and not pa.types.is_uint64(column.type):
        whole = _view(column.cast(pa.int64()), np.int64)
        return whole.astype(np.float64) if not len(whole) or np.abs(whole).max() < 2**53 else None
    return None


def _view(column: pa.Array, kind: type[np.generic]) -> Any:
    """Look at a column without the library's own conversion, which would load pandas."""
    return np.frombuffer(column.buffers()[1], dtype=kind, count=len(column), offset=column.offset * 8)


def _text(scalar: pa.Scalar, unit: int) -> str:
    """Return a value as text: a double by its shortest decimal, nothing where it is missing."""
    if not scalar.is_valid:
        return ""
    if not pa.types.is_timestamp(scalar.type):
        return str(scalar.as_py())
    seconds, rest = divmod(scalar.value, unit)
    zone = "" if scalar.type.tz is None else "Z"
    fraction = f".{rest * (1_000_000 // unit):06}" if rest and unit <= 1_000_000 else ".000001" if rest else ""
    try:
        return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}{fraction}{zone}"
    except OverflowError:
        return f"{scalar.value} {scalar.type.unit} after 1970"
