"""Buy and hold."""

from __future__ import annotations

import attrs

from logos.context.parts import PartContext
from logos.domain.bars import Bar
from logos.domain.columns import BarColumns, SignalColumns
from logos.domain.money import RATIO_ONE
from logos.domain.orders import LONG, Signal


@attrs.frozen(kw_only=True)
class Params:
    """``buy_and_hold`` has no parameters."""


class BuyAndHold:
    """Long from the first bar to the last.

    It bets that the instrument rises over the whole session, and pays fees once. It loses whatever the instrument
    loses, without any exit of its own; the guards alone can end it. It is the yardstick for the other strategies.

    Parameters: none. The order is a market order.

    Look-back: 1 bar.
    """

    __slots__ = ("lookback",)

    def __init__(self) -> None:
        self.lookback = 1

    def on_bar(self, bar: Bar) -> Signal:  # noqa: ARG002 - it looks at nothing
        """Return long."""
        return LONG

    def signals(self, bars: BarColumns) -> SignalColumns:
        """Return long at every bar."""
        from logos.strategies import columns  # noqa: PLC0415 - numpy is not needed bar by bar

        return SignalColumns(first=0, value=columns.values(len(bars), RATIO_ONE))


def build(config: Params, context: PartContext) -> BuyAndHold:  # noqa: ARG001 - a factory's two arguments
    """Build the strategy for one symbol."""
    return BuyAndHold()
