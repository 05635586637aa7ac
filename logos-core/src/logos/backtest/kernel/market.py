"""The bars of a window laid out for the loop: one row a slice, one column a symbol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from logos.backtest.grid import Grid, column_of
from logos.backtest.trial import Window
from logos.domain.columns import BarColumns
from logos.domain.instruments import Instrument
from logos.domain.times import SECONDS_A_DAY

Column = npt.NDArray[np.int64]


@attrs.frozen(kw_only=True, eq=False)
class Lane:
    """Where one symbol's bars stand.

    Attributes
    ----------
    bars:
        Those within the window.
    before:
        How many bars lie before it.
    slices:
        The slice of each bar; ``None`` where every slice has one.
    """

    bars: BarColumns
    before: int
    slices: Column | None


@attrs.frozen(kw_only=True, eq=False)
class Layout:
    """The slices of a window.

    Attributes
    ----------
    stamps:
        The open time of each slice.
    lanes:
        By symbol in name order.
    days, day_ends:
        The trading days with a slice, and the last slice of each.
    bars:
        How many bars all slices have together.
    """

    stamps: Column
    lanes: Mapping[str, Lane]
    days: Column
    day_ends: Column
    bars: int

    def table(self, columns: Sequence[Column]) -> Column:
        """Return a table by slice and symbol from a column of each symbol; 0 where it has no bar."""
        found = np.zeros((len(self.stamps), len(columns)), dtype=np.int64)
        for place, (lane, column) in enumerate(zip(self.lanes.values(), columns, strict=True)):
            found[slice(None) if lane.slices is None else lane.slices, place] = column
        return found


def lay_out(bars: Mapping[str, BarColumns], window: Window) -> Layout:
    """Lay out the bars of a window, by symbol."""
    cut = {symbol: _within(bars[symbol], window) for symbol in sorted(bars)}
    stamps = _union([part.timestamp for part, _ in cut.values()])
    lanes = {}
    for symbol, (part, before) in cut.items():
        slices = None if len(part) == len(stamps) else np.searchsorted(stamps, part.timestamp)
        lanes[symbol] = Lane(bars=part, before=before, slices=slices)
    return _layout(stamps, lanes)


def _layout(stamps: Column, lanes: Mapping[str, Lane]) -> Layout:
    days = stamps // SECONDS_A_DAY
    ends = np.flatnonzero(np.diff(days, append=days[-1:] + 1))
    return Layout(
        stamps=stamps,
        lanes=lanes,
        days=days[ends],
        day_ends=ends.astype(np.int64),
        bars=sum(len(lane.bars) for lane in lanes.values()),
    )


def lay_out_grid(grid: Grid, instruments: Mapping[str, Instrument]) -> Layout:
    """Lay out a stretch of slices whose bars are there as such."""
    lanes = {}
    for symbol, lane in grid.lanes.items():
        timestamp, opened, high, low, close, volume = (column_of(lane.bars, field) for field in range(1, 7))
        part = BarColumns(
            instrument=instruments[symbol],
            timestamp=timestamp,
            open=opened,
            high=high,
            low=low,
            close=close,
            volume=volume,
        )
        slices = None if len(part) == len(grid) else np.searchsorted(lane.rows, np.arange(len(part)))
        lanes[symbol] = Lane(bars=part, before=0, slices=slices)
    return _layout(grid.opens, lanes)


def _within(bars: BarColumns, window: Window) -> tuple[BarColumns, int]:
    stamps = bars.timestamp
    start = 0 if window.start is None else int(np.searchsorted(stamps, window.start))
    stop = len(stamps) if window.end is None else int(np.searchsorted(stamps, window.end))
    return bars.part(start, max(start, stop)), start


def _union(stamps: Sequence[Column]) -> Column:
    """Return all open times, ascending, each once."""
    if all(np.array_equal(stamps[0], other) for other in stamps[1:]):
        return np.array(stamps[0], dtype=np.int64)
    return np.unique(np.concatenate(stamps)).astype(np.int64)
