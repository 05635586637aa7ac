"""Equity after every slice: written as ``equity.csv``, added up by day, and never kept whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from logos.artifacts.columns import ScaledColumns, equity_columns
from logos.backtest.records import EquityByDay
from logos.domain.money import RATIO_ONE, ratio
from logos.domain.times import SECONDS_A_DAY

Column = npt.NDArray[np.int64]
_MOST = 2**61


def drawdown_column(equity: Column, peak_before: int) -> tuple[Column, int]:
    """Return the fall from the peak at each slice, in hundred-millionths of the peak half to even, and the last peak.

    Parameters
    ----------
    equity:
        Minor units, at least one slice.
    peak_before:
        The peak before the first slice; at the start of a run, the starting cash.
    """
    if max(peak_before, int(equity.max()), -int(equity.min())) >= _MOST:
        return _slow_drawdowns(equity.tolist(), peak_before)
    peak = np.maximum(np.maximum.accumulate(equity), peak_before)
    loss = peak - equity
    # The quotient in floats is at most one off. The remainder is exact although the product wraps around, since it is
    # small itself; it says which way to go, and whether it is a tie.
    quotient: Column = np.rint(loss.astype(np.float64) / peak.astype(np.float64) * RATIO_ONE).astype(np.int64)
    double = (loss * RATIO_ONE - quotient * peak) * 2
    odd = quotient & 1 == 1
    quotient += (double > peak) | ((double == peak) & odd)
    quotient -= (double < -peak) | ((double == -peak) & odd)
    return quotient, int(peak[-1])


def _slow_drawdowns(equity: Sequence[int], peak: int) -> tuple[Column, int]:
    """Do the same with integers of any size."""
    found = []
    for value in equity:
        peak = max(peak, value)
        found.append(ratio(peak - value, peak))
    return np.array(found, dtype=np.int64), peak


class EquityCurve:
    """Takes equity stretch by stretch.

    Parameters
    ----------
    starting_cash:
        The first peak, in minor units.
    interval:
        Length of a bar in seconds.
    write:
        Takes rows of ``equity.csv``; ``None`` where nothing is written.
    decimals:
        How many decimals money carries.
    """

    def __init__(
        self, starting_cash: int, interval: int, decimals: int, write: Callable[[bytes], None] | None = None
    ) -> None:
        self._peak = starting_cash
        self._interval = interval
        self._write = write
        self.text: ScaledColumns = equity_columns(decimals)
        self._days: list[int] = []
        self._equity: list[int] = []
        self._drawdowns: list[int] = []
        self._deepest = 0

    def add(self, clocks: Column, equity: Column) -> None:
        """Take the next slices: their clocks, and equity after each."""
        if not len(clocks):
            return
        drawdown, self._peak = drawdown_column(equity, self._peak)
        self._deepest = max(self._deepest, int(drawdown.max()))
        days = (clocks - self._interval) // SECONDS_A_DAY
        ends = np.flatnonzero(np.diff(days, append=days[-1] + 1))
        self._add_days(days[ends].tolist(), equity[ends].tolist(), drawdown[ends].tolist())
        if self._write is not None:
            self._written(clocks, equity, drawdown)

    def by_day(self) -> EquityByDay:
        """Return what the slices so far add up to."""
        return EquityByDay(days=self._days, equity=self._equity, max_drawdown=self._deepest)

    def daily_rows(self) -> list[tuple[int, int, int]]:
        """Return clock (the day's last second plus one), equity and drawdown at the end of each day."""
        ends = [(day + 1) * SECONDS_A_DAY for day in self._days]
        return list(zip(ends, self._equity, self._drawdowns, strict=True))

    def _add_days(self, days: Sequence[int], equity: Sequence[int], drawdowns: Sequence[int]) -> None:
        if self._days and self._days[-1] == days[0]:  # the day goes on from the stretch before
            for column in (self._days, self._equity, self._drawdowns):
                column.pop()
        self._days += days
        self._equity += equity
        self._drawdowns += drawdowns

    def _written(self, clocks: Column, equity: Column, drawdown: Column) -> None:
        assert self._write is not None
        if equity.dtype == np.int64:
            for rows in self.text.encode_columns(clocks, equity, drawdown):
                self._write(rows)
        else:
            self._write(self.text.encode(list(zip(clocks.tolist(), equity.tolist(), drawdown.tolist(), strict=True))))
