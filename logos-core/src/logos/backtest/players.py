"""Strategies played from their array form: each answer is looked up instead of computed bar by bar."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import attrs
import numpy as np
import numpy.typing as npt

from logos.backtest.grid import Grid
from logos.domain.bars import Bar
from logos.domain.columns import BarColumns, SignalColumns
from logos.domain.errors import PartFailedError
from logos.domain.money import RATIO_ONE
from logos.domain.orders import FLAT, LONG, SHORT, OrderType, Signal, TimeInForce
from logos.session.pairs import PairState
from logos.session.seats import ArrayStrategy
from logos.strategies import array_form

Column = npt.NDArray[np.int64]

PLACES = 3
"""Over how many stretches of bars the two forms of a strategy are compared before a run."""

PROVED = 500
"""How many bars of each stretch are compared, besides the look-back."""

PROVED_IN_TRIAL = 30
"""The same before each trial of a sweep, of which there are many."""


@attrs.define
class Cursor:
    """The slice at which the players stand."""

    index: int = 0


class Player:
    """Answers for one pair.

    Parameters
    ----------
    values:
        The signal's value at each slice.
    first:
        The first slice with a signal.
    cursor:
        Where the run stands.
    """

    def __init__(self, values: Column, first: int, cursor: Cursor) -> None:
        self._values = values
        self._first = first
        self._cursor = cursor
        self._signals = {0: FLAT, RATIO_ONE: LONG, -RATIO_ONE: SHORT}

    def on_bar(self, bar: Bar) -> Signal | None:  # noqa: ARG002 - it is the bar of the cursor's slice
        """Return the answer at the cursor's slice."""
        index = self._cursor.index
        if index < self._first:
            return None
        value = self._values.item(index)
        signal = self._signals.get(value)
        if signal is None:
            signal = self._signals[value] = Signal(value)
        return signal


def signals_of(state: PairState, bars: BarColumns) -> SignalColumns | None:
    """Return a strategy's answers at all bars; ``None`` where it has none as columns.

    Raises
    ------
    PartFailedError
        Where the strategy raises, or its answers are no signals.
    """
    strategy = state.strategy
    if not isinstance(strategy, ArrayStrategy):
        return None
    try:
        return array_form.signals_of(strategy, bars)
    except Exception as error:
        raise PartFailedError.of(f"strategy {state.pair.strategy} on {state.pair.symbol}", error) from error


def disagreement(
    strategy: ArrayStrategy, bars: BarColumns, found: SignalColumns, proved: int = PROVED, place: int = 0
) -> str:
    """Compare both forms of a strategy over a stretch of bars; return where they differ, empty where they do not.

    Parameters
    ----------
    strategy:
        A fresh instance; it is fed bar by bar.
    found:
        What the array form said of these bars.
    proved:
        How many bars are compared, besides those that the strategy looks back over.
    place:
        Which stretch: 0 for the first bars, ``PLACES`` - 1 for the last, the others between them.
    """
    length = min(len(bars), proved + strategy.lookback)
    start = (len(bars) - length) * place // max(1, PLACES - 1)
    # A strategy that begins in the middle has not seen what decides its first answers there.
    judged = start + strategy.lookback - 1 if start else 0
    said = found.value[start : start + length].tolist()
    on_bar = strategy.on_bar
    for row, (bar, column) in enumerate(zip(_bars_of(bars, start, start + length), said, strict=True), start):
        signal = on_bar(bar)
        if row < judged:
            continue
        answer = None if signal is None else signal.value if is_plain(signal) else signal
        expected = None if row < found.first else column
        if answer != expected:
            return f"at its bar {row} the array form says {expected}, and bar by bar it says {answer}"
    return ""


_BUILT: WeakKeyDictionary[BarColumns, dict[int, Bar]] = WeakKeyDictionary()
"""Bars that were built for the comparison: the next trial of a sweep asks for the same ones."""


def _bars_of(bars: BarColumns, start: int, stop: int) -> list[Bar]:
    built = _BUILT.setdefault(bars, {})
    missing = [row for row in range(start, stop) if row not in built]
    if missing:
        table = np.stack([column[missing] for column in bars.columns], axis=1)
        built.update(zip(missing, [Bar(bars.instrument, *row) for row in table.tolist()], strict=True))
    return [built[row] for row in range(start, stop)]


def is_plain(signal: Signal) -> bool:
    """Return whether a signal is for a market order, good till cancelled."""
    return signal.order_type is OrderType.MARKET and signal.time_in_force is TimeInForce.GTC


def seat_players(
    states: Sequence[PairState], found: Sequence[SignalColumns], skipped: Sequence[int], grid: Grid
) -> Cursor:
    """Let players answer for pairs, and return the cursor that they all follow.

    Parameters
    ----------
    found:
        Each pair's answers, at bars that begin before the grid.
    skipped:
        How many of each pair's bars lie before the grid.
    """
    cursor = Cursor()
    for state, signals, before in zip(states, found, skipped, strict=True):
        rows = grid.lanes[state.pair.symbol].rows
        first = int(np.searchsorted(rows, signals.first - before))
        values = signals.value[before:]  # none where the symbol has no bar in the grid: nobody will ask then
        player = Player(values[rows] if len(values) else rows, first, cursor)
        state.on_bar = player.on_bar
    return cursor


def change_slices(
    found: Sequence[SignalColumns], skipped: Sequence[int], states: Sequence[PairState], grid: Grid
) -> Column:
    """Return the slices at which any pair's signal changes, the first signal of each included; ascending."""
    all_slices = []
    for signals, before, state in zip(found, skipped, states, strict=True):
        first = max(signals.first, before)
        value = signals.value[first:]
        if not len(value):
            continue
        rows = np.flatnonzero(np.diff(value, prepend=value[0] - 1)) + first - before
        lane = grid.lanes[state.pair.symbol]
        all_slices.append(np.searchsorted(lane.rows, rows))
    if not all_slices:
        return np.empty(0, dtype=np.int64)
    return np.unique(np.concatenate(all_slices)).astype(np.int64, copy=False)
