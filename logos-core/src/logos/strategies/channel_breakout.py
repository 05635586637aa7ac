"""Breakout from a channel of highs and lows."""

from __future__ import annotations

import attrs

from logos.context.parts import PartContext
from logos.domain.bars import Bar
from logos.domain.money import RATIO_ONE
from logos.domain.orders import FLAT, OrderType, Signal
from logos.strategies.base import parameter
from logos.strategies.indicators import RollingMaximum, RollingMinimum


@attrs.frozen(kw_only=True)
class Params:
    """The parameters of ``channel_breakout``.

    Attributes
    ----------
    window:
        Earlier bars whose highest high must be exceeded.
    exit_window:
        Earlier bars whose lowest low ends the position.
    hold:
        Bars after the latest breakout at which it leaves anyway.
    short:
        Whether to sell short a breakout to below.
    """

    window: int = parameter(55, low=1, high=10_000)
    exit_window: int = parameter(20, low=1, high=10_000)
    hold: int = parameter(240, low=1, high=10_000)
    short: bool = parameter(False)


class ChannelBreakout:
    """Long after a close above the highest high of the ``window`` bars before it.

    It bets that a price which leaves its range keeps going. It loses on false breakouts, which are many in a quiet
    market, and buys at a worse price than the range offered. The entry is a stop order one tick above the breakout
    bar's high, so that a breakout which stops at once costs nothing.

    The position is wanted from the breakout bar until a close below the lowest low of the ``exit_window`` bars
    before it, or until ``hold`` bars have passed since the latest breakout. With ``short``, the same mirrored: a
    sell stop one tick below the low. The exit is a market order.

    Parameters: ``window``, ``exit_window`` and ``hold`` in bars; ``short``.

    Look-back: the longer of both windows, + ``hold``. Between breakouts the answer is that of the latest one.
    """

    __slots__ = (
        "_age",
        "_entry_high",
        "_entry_low",
        "_exit_high",
        "_exit_low",
        "_held",
        "_hold",
        "_missing",
        "_short",
        "lookback",
    )

    def __init__(self, params: Params) -> None:
        longest = max(params.window, params.exit_window)
        self.lookback = longest + params.hold
        self._entry_high = RollingMaximum(params.window)
        self._entry_low = RollingMinimum(params.window)
        self._exit_high = RollingMaximum(params.exit_window)
        self._exit_low = RollingMinimum(params.exit_window)
        self._missing = longest
        self._hold = params.hold
        self._short = params.short
        self._held = FLAT
        self._age = 0

    def on_bar(self, bar: Bar) -> Signal | None:
        """Return what is wanted after this bar; ``None`` before both channels are full."""
        answer: Signal | None = None
        if self._missing:
            self._missing -= 1
        else:
            answer = self._held = self._wanted(bar)
        # The bar itself joins its channels last: a breakout is measured against the bars before it.
        self._entry_high.push(bar.high)
        self._exit_low.push(bar.low)
        if self._short:
            self._entry_low.push(bar.low)
            self._exit_high.push(bar.high)
        return answer

    def _wanted(self, bar: Bar) -> Signal:
        self._age += 1
        if bar.close > self._entry_high.value:
            self._age = 0
            return Signal(RATIO_ONE, OrderType.STOP, stop_price=bar.high + 1)
        if self._short and bar.close < self._entry_low.value:
            self._age = 0
            return Signal(-RATIO_ONE, OrderType.STOP, stop_price=max(1, bar.low - 1))
        held = self._held
        if held is FLAT or self._age >= self._hold:
            return FLAT
        left = bar.close < self._exit_low.value if held.value > 0 else bar.close > self._exit_high.value
        return FLAT if left else held


def build(config: Params, context: PartContext) -> ChannelBreakout:  # noqa: ARG001 - a factory's second argument
    """Build the strategy for one symbol."""
    return ChannelBreakout(config)
