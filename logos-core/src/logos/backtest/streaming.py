"""Strategies called bar by bar, a stretch of bars ahead of the session.

A strategy is a function of its symbol's bars and of nothing else, so nothing that happens in the session could change
what it says. It sees every bar once and in order, and the session then runs where the signal has changed. What it
raises counts when the session comes to that bar, and not at all where the session halts before.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from logos.backtest.grid import Grid
from logos.backtest.players import Cursor, is_plain
from logos.domain.bars import Bar
from logos.domain.orders import Signal
from logos.session.pairs import PairState

Column = npt.NDArray[np.int64]


class Streamed:
    """Answers for one pair with what its strategy has said of a stretch.

    Parameters
    ----------
    state:
        The pair; it asks this object from here on.
    cursor:
        Where the run stands.
    """

    def __init__(self, state: PairState, cursor: Cursor) -> None:
        self._pair = state.pair
        self._ask = state.on_bar
        self._cursor = cursor
        self._said: Signal | None = None
        self._before: Signal | None = None
        self._answer: Signal | None = None
        self._slices: list[int] = []
        self._signals: list[Signal] = []
        self._place = 0
        self._error: Exception | None = None
        state.on_bar = self.on_bar

    def hear(self, grid: Grid) -> Column:
        """Call the strategy with every bar of a stretch; return the slices at which its signal changes."""
        lane = grid.lanes[self._pair.symbol]
        rows: list[int] = []
        self._signals, self._place, self._before = [], 0, self._said
        self._call(lane.bars, rows)
        slices = np.searchsorted(lane.rows, np.array(rows, dtype=np.int64))
        self._slices = slices.tolist()
        return slices

    def column(self, slices: int) -> tuple[Column, int] | str:
        """Return what was said last at each slice of the stretch that was heard, in hundred-millionths.

        With it, the first slice at which anything was said; or why the answers are no column.
        """
        name = f"strategy {self._pair.strategy} on {self._pair.symbol}"
        if self._error is not None:
            return f"{name} raises"
        if not all(is_plain(signal) for signal in self._signals):
            return f"{name} orders otherwise than at the market, good till cancelled"
        changes, before = self._slices, self._before
        values = np.array([0 if before is None else before.value, *(one.value for one in self._signals)], np.int64)
        first = 0 if before is not None else changes[0] if changes else slices
        return np.repeat(values, np.diff([0, *changes, slices])), first

    def _call(self, bars: Sequence[Bar], rows: list[int]) -> None:
        ask, said = self._ask, self._said
        row = 0
        try:
            for row, bar in enumerate(bars):
                signal = ask(bar)
                if signal is said or signal is None:
                    continue
                if said is None or signal.value != said.value:
                    rows.append(row)
                    self._signals.append(signal)
                    said = signal
        except Exception as error:  # noqa: BLE001 - raised again where the session comes to this bar
            self._error = error
            rows.append(row)
        self._said = said

    def on_bar(self, bar: Bar) -> Signal | None:  # noqa: ARG002 - it is the bar of the cursor's slice
        """Return what the strategy said last, up to the cursor's slice."""
        slices = self._slices
        while self._place < len(slices) and slices[self._place] <= self._cursor.index:
            if self._place == len(self._signals) and self._error is not None:
                raise self._error
            self._answer = self._signals[self._place]
            self._place += 1
        return self._answer


def changes_of(players: Sequence[Streamed], grid: Grid) -> Column:
    """Let every strategy hear a stretch; return the slices at which any signal changes, ascending."""
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *(player.hear(grid) for player in players)]))
