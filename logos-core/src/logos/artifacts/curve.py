"""The equity curve of ``account.csv`` or ``equity.csv``, thinned to what a picture can show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from logos.domain.errors import IntegrityError

# PyArrow would take Ctrl-C for itself while it reads, and turn one that is heard elsewhere into a fault of the file.
pa.enable_signal_handlers(False)

_BUCKETS = 400
_BLOCK_BYTES = 1 << 20

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]


@attrs.frozen(eq=False)
class EquityCurve:
    """Points of an equity curve in the order of time: for pictures, never for money.

    Attributes
    ----------
    time:
        Seconds since the epoch, UTC.
    equity:
        In units of the account's currency.
    drawdown:
        Positive fraction of the peak equity.
    """

    time: Times
    equity: Floats
    drawdown: Floats

    def __len__(self) -> int:
        return len(self.time)


def read_curve(account_csv: Path, *, buckets: int = _BUCKETS) -> EquityCurve:
    """Read an equity curve in blocks and keep at most five points for each stretch of time.

    Of each stretch the first and last points stay, the lowest and highest equity, and the deepest drawdown, so that
    no extreme is lost however long the session was. Memory does not grow with the file.

    Raises
    ------
    IntegrityError
        Where a row cannot be read.
    """
    curve = EquityCurve(np.empty(0, np.int64), np.empty(0), np.empty(0))
    for block in read_blocks(account_csv):
        curve = EquityCurve(
            np.concatenate([curve.time, block.time]),
            np.concatenate([curve.equity, block.equity]),
            np.concatenate([curve.drawdown, block.drawdown]),
        )
        curve = _thinned(curve, buckets)
    return curve


def read_blocks(path: Path) -> Iterator[EquityCurve]:
    """Yield every point of a table with equity and drawdown, a block of rows at a time.

    Raises
    ------
    IntegrityError
        Where a row cannot be read.
    """
    if path.stat().st_size == 0:
        return
    convert = csv.ConvertOptions(
        include_columns=["timestamp", "equity", "drawdown"],
        column_types={"timestamp": pa.timestamp("s", tz="UTC"), "equity": pa.float64(), "drawdown": pa.float64()},
    )
    # A row that is being written while we read may be cut: the next look at the file will have it.
    parse = csv.ParseOptions(invalid_row_handler=lambda _row: "skip")
    read = csv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False)
    try:
        with csv.open_csv(path, read_options=read, parse_options=parse, convert_options=convert) as reader:
            for batch in reader:
                yield EquityCurve(
                    _values(batch.column(0), np.dtype(np.int64)),
                    _values(batch.column(1), np.dtype(np.float64)),
                    _values(batch.column(2), np.dtype(np.float64)),
                )
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise IntegrityError(
            f"{path} is not a table of equity: {error}", hint="Run the session or the backtest again to rebuild it"
        ) from error


def _values(column: Any, kind: np.dtype[Any]) -> Any:
    """Return an arrow column's own memory; its ``to_numpy`` would import pandas."""
    width = kind.itemsize
    buffer = column.buffers()[1]
    return np.frombuffer(buffer, dtype=kind, count=len(column), offset=column.offset * width)


def _thinned(curve: EquityCurve, buckets: int) -> EquityCurve:
    count = len(curve)
    if count <= buckets * 5:
        return curve
    start, end = int(curve.time[0]), int(curve.time[-1])
    bucket = (curve.time - start) * buckets // (end - start + 1)
    keep = extremes(bucket, curve.equity, curve.drawdown)
    return EquityCurve(curve.time[keep], curve.equity[keep], curve.drawdown[keep])


def extremes(bucket: Times, equity: Floats, drawdown: Floats) -> npt.NDArray[np.bool_]:
    """Return which points a picture needs: of each bucket the first, the last, both ends of equity, the deepest fall.

    Parameters
    ----------
    bucket:
        Of each point the number of its bucket, never falling and never below 0.
    """
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))  # they ascend, since time does
    stops = np.append(starts[1:], len(bucket))
    keep = np.zeros(len(bucket), dtype=bool)
    keep[starts] = True
    keep[stops - 1] = True
    for values in (equity, drawdown):
        highest = np.repeat(np.maximum.reduceat(values, starts), stops - starts)
        (places,) = np.nonzero(values == highest)
        keep[places[np.searchsorted(places, stops) - 1]] = True  # the last of equals
    lowest = np.repeat(np.minimum.reduceat(equity, starts), stops - starts)
    (places,) = np.nonzero(equity == lowest)
    keep[places[np.searchsorted(places, starts)]] = True  # the first of them
    return keep
