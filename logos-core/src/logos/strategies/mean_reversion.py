"""Mean reversion of the close to its moving average."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

import attrs

from logos.context.parts import PartContext
from logos.domain.bars import Bar
from logos.domain.errors import InputError
from logos.domain.money import RATIO_ONE
from logos.domain.orders import FLAT, OrderType, Signal
from logos.strategies.base import parameter


@attrs.frozen(kw_only=True)
class Params:
    """The parameters of ``mean_reversion``.

    Attributes
    ----------
    window:
        Bars in the average and in the standard deviation.
    entry:
        Standard deviations from the average at which it enters.
    exit:
        Standard deviations from the average, on the entry's side, at which it leaves; below entry.
    hold:
        Bars after the latest entry bar at which it leaves anyway.
    short:
        Whether to sell short what stands far above its average.
    """

    window: int = parameter(30, low=2, high=10_000)
    entry: Decimal = parameter(Decimal("2.0"), low=Decimal("0.1"), high=Decimal(10))  # noqa: RUF009 - it makes an attrs field
    exit: Decimal = parameter(Decimal("0.5"), low=Decimal(0), high=Decimal(10))  # noqa: RUF009 - it makes an attrs field
    hold: int = parameter(120, low=1, high=10_000)
    short: bool = parameter(False)

    def __attrs_post_init__(self) -> None:
        if self.exit >= self.entry:
            raise InputError(
                f"exit is {self.exit} and entry is {self.entry}; exit must be nearer to the average",
                hint="Lower exit or raise entry",
            )


class MeanReversion:
    """Long after the close has fallen far below its average, until it is back near it.

    It bets that a close far from its recent average returns. It loses when the average follows the price instead: in
    a trend it buys falling prices again and again. Its entry is a limit order at the close of the entry bar, so it
    also misses the moves that turn at once.

    The z-score of a close is its distance from the average of the last ``window`` closes, itself included, in their
    standard deviations (of the population). A bar with z at or below -``entry`` is an entry bar; the position is
    wanted from then on until z is at or above -``exit``, or until ``hold`` bars have passed since the latest entry
    bar. A window of equal closes has z 0. With ``short``, the same mirrored. The exit is a market order.

    Parameters: ``window`` and ``hold`` in bars; ``entry`` and ``exit`` in standard deviations; ``short``.

    Look-back: ``window`` + ``hold`` - 1 bars. Between entry bars the answer is that of the latest one.
    """

    __slots__ = (
        "_age",
        "_closes",
        "_enter_scale",
        "_exit_scale",
        "_held",
        "_hold",
        "_missing",
        "_short",
        "_squares",
        "_sum",
        "_window",
        "lookback",
    )

    def __init__(self, params: Params) -> None:
        self.lookback = params.window + params.hold - 1
        self._window = params.window
        self._hold = params.hold
        self._short = params.short
        self._enter_scale = _squared(params.entry)
        self._exit_scale = _squared(params.exit)
        self._closes = deque([0] * params.window, maxlen=params.window)
        self._sum = 0
        self._squares = 0
        self._missing = params.window - 1
        self._held = FLAT
        self._age = 0

    def on_bar(self, bar: Bar) -> Signal | None:
        """Return what is wanted after this bar; ``None`` before the average is full."""
        close = bar.close
        closes = self._closes
        oldest = closes[0]
        closes.append(close)
        self._sum += close - oldest
        self._squares += close * close - oldest * oldest
        if self._missing:
            self._missing -= 1
            return None
        # With n closes of sum S and sum of squares Q: z = distance / sqrt(variance), both whole numbers.
        distance = self._window * close - self._sum
        variance = self._window * self._squares - self._sum * self._sum
        self._held = self._wanted(close, distance, variance)
        return self._held

    def _wanted(self, close: int, distance: int, variance: int) -> Signal:
        self._age += 1
        square = distance * distance
        numerator, denominator = self._enter_scale
        if variance and square * denominator >= numerator * variance and (distance < 0 or self._short):
            self._age = 0
            value = RATIO_ONE if distance < 0 else -RATIO_ONE
            return Signal(value, OrderType.LIMIT, limit_price=close)
        held = self._held
        if held is FLAT or self._age >= self._hold:
            return FLAT
        numerator, denominator = self._exit_scale
        beyond = distance >= 0 if held.value > 0 else distance <= 0
        return FLAT if beyond or square * denominator <= numerator * variance else held


def _squared(value: Decimal) -> tuple[int, int]:
    numerator, denominator = value.as_integer_ratio()
    return numerator * numerator, denominator * denominator


def build(config: Params, context: PartContext) -> MeanReversion:  # noqa: ARG001 - a factory's second argument
    """Build the strategy for one symbol."""
    return MeanReversion(config)
