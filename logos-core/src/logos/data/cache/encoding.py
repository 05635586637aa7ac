"""Bars as the bytes of a bar file: equal bars give equal bytes."""

from __future__ import annotations

import gzip
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from logos.data.bar_blocks import COLUMNS
from logos.data.cache.bars import StoredBars

if TYPE_CHECKING:
    import numpy.typing as npt

PARQUET, CSV, GZIP = ".parquet", ".csv", ".csv.gz"
_GROUP_ROWS = 131_072
_STAMP = "%Y-%m-%dT%H:%M:%SZ"


def encoded(bars: StoredBars, form: str) -> memoryview:
    """Return a bar file.

    Parameters
    ----------
    bars:
        In strictly ascending order.
    form:
        ``.parquet``, ``.csv`` or ``.csv.gz``.
    """
    if form == PARQUET:
        return _parquet(bars)
    text = _csv(bars)
    return text if form == CSV else memoryview(gzip.compress(text, compresslevel=6, mtime=0))


def _parquet(bars: StoredBars) -> memoryview:
    stamps = _array(bars.timestamp, pa.timestamp("s")).cast(pa.timestamp("ms", "UTC"))
    table = pa.table([stamps, *(_array(column, pa.float64()) for column in bars.values)], names=list(COLUMNS))
    stream = pa.BufferOutputStream()
    pyarrow.parquet.write_table(
        table,
        stream,
        row_group_size=_GROUP_ROWS,
        use_dictionary=False,  # prices hardly repeat: twice as fast without, and no larger
        column_encoding={COLUMNS[0]: "DELTA_BINARY_PACKED"},
        store_schema=False,
    )
    return memoryview(stream.getvalue())


def _csv(bars: StoredBars) -> memoryview:
    stamps = pyarrow.compute.strftime(_array(bars.timestamp, pa.timestamp("s")), format=_STAMP)
    texts = [stamps, *(_decimals(column) for column in bars.values)]
    table = pa.table(texts, names=list(COLUMNS))
    stream = pa.BufferOutputStream()
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    stream.write((",".join(COLUMNS) + "\n").encode())
    pyarrow.csv.write_csv(table, stream, options)
    return memoryview(stream.getvalue())


def _array(column: npt.NDArray[Any], kind: pa.DataType) -> pa.Array:
    """Look at a column as the library does, without its own conversion, which would load pandas."""
    return pa.Array.from_buffers(kind, len(column), [None, pa.py_buffer(np.ascontiguousarray(column))])


def _decimals(column: npt.NDArray[np.float64]) -> pa.Array:
    """Return doubles as their shortest decimals, without an exponent."""
    texts = _array(column, pa.float64()).cast(pa.string())
    if not pyarrow.compute.any(pyarrow.compute.match_substring(texts, "e")).as_py():
        return texts
    return pa.array([_plain(text) if "e" in text else text for text in texts.to_pylist()], pa.string())


def _plain(text: str) -> str:
    return format(Decimal(text), "f")
