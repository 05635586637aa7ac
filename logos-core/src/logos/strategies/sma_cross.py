"""Simple moving average cross."""

from __future__ import annotations

from collections import deque

import attrs

from logos.context.parts import PartContext
from logos.domain.bars import Bar
from logos.domain.columns import BarColumns, SignalColumns
from logos.domain.errors import InputError
from logos.domain.orders import FLAT, LONG, SHORT, Signal
from logos.strategies.base import parameter


@attrs.frozen(kw_only=True)
class Params:
    """The parameters of ``sma_cross``.

    Attributes
    ----------
    fast:
        Bars in the fast average; fewer than in the slow one.
    slow:
        Bars in the slow average.
    short:
        Whether to be short, instead of flat, while not long.
    """

    fast: int = parameter(10, low=1, high=9_999)
    slow: int = parameter(50, low=2, high=10_000)
    short: bool = parameter(False)

    def __attrs_post_init__(self) -> None:
        if self.fast >= self.slow:
            raise InputError(
                f"fast is {self.fast} and slow is {self.slow}; the fast average must be the shorter one",
                hint="Lower fast or raise slow",
            )


class SmaCross:
    """Long while the fast average of closes is strictly above the slow one.

    It bets that a move which has lifted the recent closes above the longer average goes on. It loses in a market
    without direction, where the averages cross back and forth and every crossing pays fees, and it gives back the
    last part of every trend.

    Parameters: ``fast`` and ``slow``, the lengths in bars of both averages; ``short``, whether to be short rather
    than flat while the fast average is not above the slow one. Orders are market orders.

    Look-back: ``slow`` bars; the first signal comes with the bar that fills the slow average.
    """

    __slots__ = ("_below", "_fast", "_fast_closes", "_lead", "_missing", "_slow", "_slow_closes", "_spread", "lookback")

    def __init__(self, params: Params) -> None:
        self.lookback = params.slow
        self._fast = params.fast
        self._slow = params.slow
        self._spread = params.slow - params.fast
        # Zeros stand for the bars before the first, so that one expression serves every bar.
        self._fast_closes = deque([0] * params.fast, maxlen=params.fast)
        self._slow_closes = deque([0] * params.slow, maxlen=params.slow)
        self._lead = 0
        self._missing = params.slow - 1
        self._below = SHORT if params.short else FLAT

    def on_bar(self, bar: Bar) -> Signal | None:
        """Return long while the fast average is above the slow one; ``None`` before the slow average is full."""
        close = bar.close
        fast_closes = self._fast_closes
        slow_closes = self._slow_closes
        # The lead is (sum of fast closes) x slow - (sum of slow closes) x fast: the averages compared without division.
        self._lead = lead = (
            self._lead + close * self._spread - fast_closes[0] * self._slow + slow_closes[0] * self._fast
        )
        fast_closes.append(close)
        slow_closes.append(close)
        if self._missing:
            self._missing -= 1
            return None
        return LONG if lead > 0 else self._below

    def signals(self, bars: BarColumns) -> SignalColumns | None:
        """Return the answers at every bar; ``None`` where the sums times the windows might not fit 64 bits."""
        from logos.strategies import columns  # noqa: PLC0415 - numpy is not needed bar by bar

        close, fast, slow = bars.close, self._fast, self._slow
        if len(bars) < slow:
            return SignalColumns(first=len(bars), value=columns.values(len(bars)))
        if columns.largest(close) * max(len(bars), slow * slow) >= columns.LARGEST:
            return None
        value = columns.values(len(bars))
        for start, stop in columns.blocks(slow - 1, len(bars)):
            # The two sums times the other window, as bar by bar.
            total = columns.running_totals(close[start - slow + 1 : stop])
            lead = total[slow:] * (slow - fast)
            lead -= total[slow - fast : len(total) - fast] * slow
            lead += total[: len(total) - slow] * fast
            value[start:stop] = columns.values_where(lead > 0, otherwise=self._below.value)
        return SignalColumns(first=slow - 1, value=value)


def build(config: Params, context: PartContext) -> SmaCross:  # noqa: ARG001 - a factory's second argument
    """Build the strategy for one symbol."""
    return SmaCross(config)
