"""The bars of a run laid out by slice, as columns: what happens at which slice, without walking through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from logos.domain.bars import Bar, Slice
from logos.domain.columns import BarColumns
from logos.domain.instruments import Instrument
from logos.domain.times import SECONDS_A_DAY

Column = npt.NDArray[np.int64]
# Building a named tuple straight from a tuple skips a Python call per bar.
_bar = partial(tuple.__new__, Bar)


class Lane:
    """One symbol's bars, and where they stand among the slices.

    Parameters
    ----------
    stamps, closes:
        Open times and closes of its bars, ascending in time; there may be none.
    bar:
        Gives the bar of a row.
    bars:
        The bars themselves, where they are there as such.
    opens:
        The open times of all slices.
    mark:
        The close before the first of its bars, in ticks; 0 where there was none.

    Attributes
    ----------
    rows:
        For each slice, the row of the symbol's last bar at or before it; -1 before its first bar.
    closes:
        For each slice, the last close in ticks.
    highest_close:
        The largest of them.
    """

    def __init__(
        self,
        stamps: Column,
        closes: Column,
        bar: Callable[[int], Bar],
        opens: Column,
        mark: int = 0,
        bars: Sequence[Bar] = (),
    ) -> None:
        self.bar = bar
        self.bars = bars
        self.rows: Column = np.searchsorted(stamps, opens, side="right") - 1
        self.closes: Column = closes if len(stamps) == len(opens) else np.append(closes, mark)[self.rows]
        self.highest_close = int(self.closes.max()) if len(opens) else 0


class Grid:
    """The slices of a run, or of a stretch of it.

    Parameters
    ----------
    opens:
        The slices' open times, ascending.
    lanes:
        By symbol in name order.
    present:
        How many bars each slice has.
    interval:
        Length of a bar in seconds.

    Attributes
    ----------
    opens, clocks, days:
        The open and the close of each slice, and its trading day.
    """

    def __init__(self, opens: Column, lanes: Mapping[str, Lane], present: Column, interval: int) -> None:
        self.lanes = lanes
        self._lanes = tuple(lanes.values())
        self.opens = opens
        self._bars_before = np.concatenate([[0], np.cumsum(present)])
        self._aligned = bool((present == len(lanes)).all())
        self.clocks: Column = opens + interval
        self.days: Column = opens // SECONDS_A_DAY

    def __len__(self) -> int:
        """Return how many slices there are."""
        return len(self.clocks)

    def slice(self, index: int) -> Slice:
        """Return a slice."""
        return Slice(self.clocks.item(index), tuple(self.last_bars(index, index + 1)))

    def last_bars(self, start: int, stop: int) -> list[Bar]:
        """Return the last bar of every symbol that has one from slice ``start`` up to, not including, ``stop``."""
        if self._aligned:
            return [lane.bar(stop - 1) for lane in self._lanes]
        opened = self.opens.item(start)
        last = (lane.bar(row) for lane in self._lanes if (row := lane.rows.item(stop - 1)) >= 0)
        return [bar for bar in last if bar[1] >= opened]

    def ending(self, start: int, stop: int) -> tuple[Slice, Sequence[Bar]]:
        """Return the last slice of a stretch, and the last bar in it of every symbol that has one."""
        last = self.slice(stop - 1)
        return last, last.bars if self._aligned else self.last_bars(start, stop)

    def is_full(self, start: int, stop: int) -> bool:
        """Return whether every slice of a stretch has a bar of every symbol."""
        return self._aligned or self.bar_count(start, stop) == (stop - start) * len(self._lanes)

    def bar_count(self, start: int, stop: int) -> int:
        """Return how many bars a stretch has."""
        return int(self._bars_before[stop] - self._bars_before[start])


def grid_of_columns(bars: Mapping[str, BarColumns], interval: int) -> Grid:
    """Lay out whole columns of bars, by symbol."""
    ordered = {symbol: bars[symbol] for symbol in sorted(bars)}
    opens = _union([one.timestamp for one in ordered.values()])
    lanes = {
        symbol: Lane(one.timestamp, one.close, _bar_of(one.instrument, one), opens) for symbol, one in ordered.items()
    }
    return Grid(opens, lanes, _present(opens, [one.timestamp for one in ordered.values()]), interval)


def grid_of_slices(
    slices: Sequence[Slice], instruments: Mapping[str, Instrument], marks: Mapping[str, int], interval: int
) -> Grid:
    """Lay out slices in a row.

    Parameters
    ----------
    instruments:
        Those of the session, by symbol.
    marks:
        The last close of each symbol before the first slice, in ticks; 0 where it had none.
    """
    opens = np.fromiter((one[0] - interval for one in slices), np.int64, len(slices))
    bars_of: dict[Instrument, list[Bar]] = {instruments[symbol]: [] for symbol in sorted(instruments)}
    for one in slices:
        for bar in one[1]:
            bars_of[bar[0]].append(bar)
    lanes = {
        instrument.symbol: Lane(
            column_of(bars, 1),
            column_of(bars, 5),
            bars.__getitem__,
            opens,
            marks[instrument.symbol],
            bars,
        )
        for instrument, bars in bars_of.items()
    }
    present = np.fromiter((len(one[1]) for one in slices), np.int64, len(slices))
    return Grid(opens, lanes, present, interval)


def column_of(bars: Sequence[Bar], field: int) -> Column:
    """Return one field of some bars as a column."""
    return np.fromiter(map(itemgetter(field), bars), np.int64, len(bars))


def _bar_of(instrument: Instrument, bars: BarColumns) -> Callable[[int], Bar]:
    table = np.stack(bars.columns, axis=1)

    def bar(row: int) -> Bar:
        built: Bar = _bar((instrument, *table[row].tolist()))
        return built

    return bar


def _union(stamps: Sequence[Column]) -> Column:
    """Return all open times of all symbols, ascending, each once."""
    if not stamps:
        return np.empty(0, dtype=np.int64)
    first = stamps[0]
    if all(np.array_equal(first, other) for other in stamps[1:]):
        return first
    return np.unique(np.concatenate(stamps))


def _present(opens: Column, stamps: Sequence[Column]) -> Column:
    present = np.zeros(len(opens), dtype=np.int64)
    for one in stamps:
        present[np.searchsorted(opens, one)] += 1
    return present
