"""Reading bars from Parquet, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet

from logos.data.bar_blocks import COLUMNS, Block, Place
from logos.data.bar_columns import RawColumns, judge_columns
from logos.data.bar_files import BarFile
from logos.data.bar_rows import RowJudge
from logos.domain.errors import DataError

# PyArrow would take Ctrl-C for itself while it reads, and turn one that is heard elsewhere into a fault of the file.
pa.enable_signal_handlers(False)

BATCH_ROWS = 5_000
_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_parquet(file: BarFile, place: Place, batch_rows: int = BATCH_ROWS) -> Iterator[Block]:
    """Yield the blocks of a Parquet file.

    Parameters
    ----------
    place:
        Whose bars they are; it is moved along.
    batch_rows:
        How many rows are held at once.

    Raises
    ------
    DataError
        Where the file as a whole cannot be used: corrupt, a column missing, times without a zone.
    """
    try:
        with file.path.open("rb") as stream:
            parquet = pyarrow.parquet.ParquetFile(stream, pre_buffer=False)
            _check_schema(file, parquet.schema_arrow)
            row = 1
            for batch in parquet.iter_batches(batch_size=batch_rows, columns=list(COLUMNS), use_threads=False):
                yield _block(batch, row, place)
                row += len(batch)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{file.name} cannot be read as Parquet, it may be truncated: {error}",
            hint="Write or download the file again",
        ) from error


def _check_schema(file: BarFile, schema: pa.Schema) -> None:
    missing = [name for name in COLUMNS if schema.names.count(name) != 1]
    if missing:
        raise DataError(
            f"{file.name} has not exactly one column {', '.join(missing)}: found {', '.join(schema.names) or 'none'}",
            hint=f"It needs {', '.join(COLUMNS)}; their order is free, and others are ignored",
        )
    kind = schema.field("timestamp").type
    if pa.types.is_timestamp(kind) and kind.tz is None:
        raise DataError(
            f"{file.name} has naive timestamps: their type {kind} names no time zone",
            hint="Write the column as timestamp with time zone UTC",
        )
    if not (pa.types.is_timestamp(kind) or _is_text(kind)):
        raise DataError(
            f"{file.name} has timestamps of type {kind}", hint="Write timestamps with time zone UTC, or ISO-8601 texts"
        )


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _block(batch: pa.RecordBatch, row: int, place: Place) -> Block:
    raw = _parse(batch, row)
    block = judge_columns(raw, place) if raw else None
    return block or _by_rows(batch, row, place)


def _parse(batch: pa.RecordBatch, row: int) -> RawColumns | None:
    """Take the columns as they are; ``None`` where they must be looked at row by row."""
    if not len(batch) or any(batch.column(name).null_count for name in COLUMNS):
        return None
    stamps = _stamps(batch.column("timestamp"))
    numbers = [_floats(batch.column(name)) for name in COLUMNS[1:]]
    if stamps is None or any(column is None for column in numbers):
        return None
    columns = [column for column in numbers if column is not None]
    return RawColumns(
        timestamp=stamps,
        prices=np.stack(columns[:4]),
        volume=columns[4],
        long_prices=None,
        long_volume=None,
        first_line=row,
        row=lambda index: ",".join(_fields(batch, index)),
    )


def _view(column: pa.Array, kind: type[np.generic]) -> Any:
    """Look at a column without the library's own conversion, which would load pandas."""
    return np.frombuffer(column.buffers()[1], dtype=kind, count=len(column), offset=column.offset * 8)


def _stamps(column: pa.Array) -> Any:
    """Return times in whole seconds; ``None`` where they are texts or have fractions."""
    if not pa.types.is_timestamp(column.type):
        return None
    values = _view(column, np.int64)
    unit = _UNITS[column.type.unit]
    if unit == 1:
        return values
    seconds, fraction = np.divmod(values, unit)
    return None if fraction.any() else seconds


def _floats(column: pa.Array) -> Any:
    """Return a column as floats that stand for the same decimals; ``None`` where that cannot be promised."""
    if pa.types.is_float64(column.type):
        return _view(column, np.float64)
    if pa.types.is_integer(column.type) and not pa.types.is_uint64(column.type):
        whole = _view(column.cast(pa.int64()), np.int64)
        return whole.astype(np.float64) if np.abs(whole).max() < 2**53 else None
    return None


def _by_rows(batch: pa.RecordBatch, row: int, place: Place) -> Block:
    """Judge a batch row by row."""
    judge = RowJudge(place)
    for index in range(len(batch)):
        fields = _fields(batch, index)
        judge.judge(row + index, fields, ",".join(fields))
    return judge.block()


def _fields(batch: pa.RecordBatch, index: int) -> list[str]:
    """Return a row as texts: a float by its shortest decimal, nothing where a value is missing."""
    return [_text(batch.column(name)[index]) for name in COLUMNS]


def _text(scalar: pa.Scalar) -> str:
    if not scalar.is_valid:
        return ""
    if pa.types.is_timestamp(scalar.type):
        seconds, rest = divmod(scalar.value, _UNITS[scalar.type.unit])
        fraction = f".{rest / _UNITS[scalar.type.unit]:.9f}".replace("0.", "", 1) if rest else ""
        try:
            return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}{fraction}Z"
        except OverflowError:
            return f"{scalar.value} {scalar.type.unit} after 1970"
    return str(scalar.as_py())
