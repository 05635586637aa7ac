"""The tables of a sweep as Parquet, with the same bytes for the same records.

Columns are made straight from buffers: ``pyarrow.array`` would import pandas, which takes longer than the rest.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from logos.backtest.sweep.evaluations import Record, days_of, returns_of, was_made
from logos.backtest.sweep.folder import put
from logos.backtest.sweep.outcomes import COUNTS, MONEY, RATIOS
from logos.backtest.sweep.plateau import Standing
from logos.backtest.sweep.space import BOOLEAN, DECIMAL, INTEGER, Axis

RESULTS_FILE = "results.parquet"
RETURNS_FILE = "returns.parquet"
_MOST_DIGITS = 38

Values = Sequence[Any]


def write_results(
    path: Path,
    records: Sequence[Record],
    axes: Sequence[Axis],
    places: Mapping[int, Sequence[int]],
    standings: Mapping[int, Standing],
    *,
    decimals: int,
) -> None:
    """Write ``results.parquet``: one row an evaluation, in the order of the records.

    Parameters
    ----------
    records:
        Sorted by their keys.
    places:
        For each trial, which value each axis has.
    standings:
        How each trial stands among its neighbours; written into its training rows.
    decimals:
        How many decimals money carries.
    """
    columns: dict[str, pa.Array] = {
        "trial": _integers([one["trial"] for one in records]),
        "split": _integers([one["split"] for one in records]),
        "part": _texts([one["part"] for one in records]),
        "rung": _integers([one["rung"] for one in records]),
    }
    for index, (name, axis) in enumerate(zip(column_names(axes), axes, strict=True)):
        columns[name] = _axis_column(axis, [axis.values[places[one["trial"]][index]] for one in records])
    for name in ("status", "engine", "note", "refusal"):
        columns[name] = _texts([one[name] for one in records])
    for name in ("start", "end"):
        columns[name] = _times([one.get(name) for one in records])
    for names, made in ((RATIOS, _floats), (COUNTS, _integers), (MONEY, _money(decimals))):
        columns |= {name: made([one.get(name) for one in records]) for name in names}
    found = [standings.get(one["trial"]) if one["part"] == "train" else None for one in records]
    columns["neighbours"] = _integers([None if one is None else one.neighbours for one in found])
    columns["neighbourhood_mean"] = _floats([None if one is None else one.mean for one in found])
    columns["neighbourhood_min"] = _floats([None if one is None else one.least for one in found])
    _write(path, columns)


def write_returns(path: Path, records: Sequence[Record]) -> None:
    """Write ``returns.parquet``: for each trial that was made its days and its daily returns, as lists."""
    made = [one for one in records if was_made(one)]
    days, returns = [days_of(one) for one in made], [returns_of(one) for one in made]
    columns = {
        "trial": _integers([one["trial"] for one in made]),
        "split": _integers([one["split"] for one in made]),
        "part": _texts([one["part"] for one in made]),
        "rung": _integers([one["rung"] for one in made]),
        "days": _lists(days, pa.date32(), "<i4"),
        "returns": _lists(returns, pa.float64(), "<f8"),
    }
    _write(path, columns)


def column_names(axes: Sequence[Axis]) -> list[str]:
    """Return the column of each parameter: its name as given, or its path where another column is called so."""
    taken = {"trial", "split", "part", "rung", "status", "engine", "note", "refusal", "start", "end"}
    taken |= {*RATIOS, *COUNTS, *MONEY, "neighbours", "neighbourhood_mean", "neighbourhood_min"}
    return [axis.path if axis.name in taken else axis.name for axis in axes]


def _write(path: Path, columns: Mapping[str, pa.Array]) -> None:
    table = pa.Table.from_arrays(list(columns.values()), names=list(columns))
    held = io.BytesIO()
    pyarrow.parquet.write_table(table, held, compression="zstd", store_schema=False)
    put(path, held.getvalue())


def _axis_column(axis: Axis, values: Values) -> pa.Array:
    if axis.kind == INTEGER:
        return _integers(values)
    if axis.kind == DECIMAL:
        return _floats([float(value) for value in values])
    if axis.kind == BOOLEAN:
        bits = np.packbits(np.asarray(values, dtype=bool), bitorder="little")
        return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(bits.tobytes())])
    return _texts(values)


def _integers(values: Values) -> pa.Array:
    return _column(pa.int64(), values, np.int64)


def _floats(values: Values) -> pa.Array:
    return _column(pa.float64(), values, np.float64)


def _times(values: Values) -> pa.Array:
    return _column(
        pa.timestamp("ms", tz="UTC"), [None if value is None else value * 1000 for value in values], np.int64
    )


def _column(kind: pa.DataType, values: Values, numbers: Any) -> pa.Array:
    data = np.asarray([0 if value is None else value for value in values], dtype=numbers)
    return pa.Array.from_buffers(kind, len(values), [_validity(values), pa.py_buffer(data.tobytes())])


def _money(decimals: int) -> Callable[[Values], pa.Array]:
    """Return what makes an exact decimal column of whole minor units."""

    def made(values: Values) -> pa.Array:
        data = b"".join((value or 0).to_bytes(16, "little", signed=True) for value in values)
        kind = pa.decimal128(_MOST_DIGITS, decimals)
        return pa.Array.from_buffers(kind, len(values), [_validity(values), pa.py_buffer(data)])

    return made


def _texts(values: Values) -> pa.Array:
    raw = [value.encode() for value in values]
    buffers = [None, _offsets(raw), pa.py_buffer(b"".join(raw))]
    return pa.Array.from_buffers(pa.string(), len(raw), buffers)


def _lists(values: Sequence[Any], kind: pa.DataType, numbers: str) -> pa.Array:
    joined = np.concatenate([np.empty(0, dtype=numbers), *values]).astype(numbers, copy=False)
    inner = pa.Array.from_buffers(kind, len(joined), [None, pa.py_buffer(joined.tobytes())])
    return pa.Array.from_buffers(pa.list_(kind), len(values), [None, _offsets(values)], children=[inner])


def _offsets(values: Sequence[Any]) -> pa.Buffer:
    ends = np.cumsum([0, *map(len, values)], dtype=np.int64)
    return pa.py_buffer(ends.astype(np.int32).tobytes())


def _validity(values: Values) -> pa.Buffer | None:
    known = [value is not None for value in values]
    if all(known):
        return None
    return pa.py_buffer(np.packbits(np.asarray(known, dtype=bool), bitorder="little").tobytes())
