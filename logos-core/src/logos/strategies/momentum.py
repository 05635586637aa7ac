"""Time-series momentum."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

import attrs

from logos.context.parts import PartContext
from logos.domain.bars import Bar
from logos.domain.columns import BarColumns, SignalColumns
from logos.domain.money import BASIS_POINTS
from logos.domain.orders import FLAT, LONG, SHORT, Signal
from logos.strategies.base import parameter


@attrs.frozen(kw_only=True)
class Params:
    """The parameters of ``momentum``.

    Attributes
    ----------
    window:
        Bars over which the change of the close is measured.
    threshold_bps:
        Basis points that the close must have changed by more than.
    short:
        Whether to be short after a fall of more than the threshold.
    """

    window: int = parameter(60, low=1, high=10_000)
    threshold_bps: Decimal = parameter(Decimal(0), low=Decimal(0), high=Decimal(9_999))  # noqa: RUF009 - it makes an attrs field
    short: bool = parameter(False)


class Momentum:
    """Long while the close is up by more than a threshold over the last ``window`` bars.

    It bets that what has risen goes on rising. It loses when a move reverses quickly, since it sells only once the
    whole window has turned, and when prices wander around the threshold and each crossing pays fees.

    Parameters: ``window``, the bars between the two closes compared; ``threshold_bps``, the change in basis points
    of the older close that must be exceeded; ``short``, whether to be short after a fall of more than the threshold
    (between the thresholds it is flat either way). Orders are market orders.

    Look-back: ``window`` + 1 bars.
    """

    __slots__ = ("_closes", "_down", "_fallen", "_missing", "_one", "_up", "lookback")

    def __init__(self, params: Params) -> None:
        numerator, denominator = params.threshold_bps.as_integer_ratio()
        self.lookback = params.window + 1
        # Risen: close x one > older x up. Fallen: close x one < older x down. All three are whole numbers.
        self._one = BASIS_POINTS * denominator
        self._up = self._one + numerator
        self._down = self._one - numerator
        self._closes = deque([0] * params.window, maxlen=params.window)
        self._missing = params.window
        self._fallen = SHORT if params.short else FLAT

    def on_bar(self, bar: Bar) -> Signal | None:
        """Return long after a rise above the threshold; ``None`` before there is a close ``window`` bars ago."""
        closes = self._closes
        older = closes[0]
        closes.append(bar.close)
        if self._missing:
            self._missing -= 1
            return None
        scaled = bar.close * self._one
        if scaled > older * self._up:
            return LONG
        return self._fallen if scaled < older * self._down else FLAT

    def signals(self, bars: BarColumns) -> SignalColumns | None:
        """Return the answers at every bar; ``None`` where the prices times the threshold might not fit 64 bits."""
        from logos.strategies import columns  # noqa: PLC0415 - numpy is not needed bar by bar

        close, window = bars.close, self._closes.maxlen or 0
        value = columns.values(len(bars))
        if len(bars) <= window:
            return SignalColumns(first=len(bars), value=value)
        if columns.largest(close) * self._up >= columns.LARGEST:
            return None
        scaled, older = close[window:] * self._one, close[:-window]
        value[window:] = columns.values_where(scaled > older * self._up)
        value[window:][scaled < older * self._down] = self._fallen.value
        return SignalColumns(first=window, value=value)


def build(config: Params, context: PartContext) -> Momentum:  # noqa: ARG001 - a factory's second argument
    """Build the strategy for one symbol."""
    return Momentum(config)
