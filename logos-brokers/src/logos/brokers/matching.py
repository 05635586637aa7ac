"""Which working orders a slice fills, with which share of the volume, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from logos.brokers.costs import Costs
from logos.brokers.fill_rules import WITHIN, is_marketable, offer
from logos.brokers.working import Working
from logos.context.parts import PartContext
from logos.domain.bars import Bar
from logos.domain.orders import Liquidity, OrderType, Side, TimeInForce
from logos.ledger.rules import volume_share
from logos.session.seats import AccountView


class PlannedFill(NamedTuple):
    """A fill as the bar and the volume allow it; cash and position are not looked at yet.

    Attributes
    ----------
    phase:
        At the open, or within the bar.
    quantity:
        Whole lots: the order's share of the bar's volume.
    price:
        Whole ticks, slippage included.
    reference_price:
        Whole ticks, before slippage.
    timestamp:
        The bar's open time for a fill at the open, else its close time; seconds since the epoch, UTC.
    """

    working: Working
    phase: int
    quantity: int
    price: int
    reference_price: int
    liquidity: Liquidity
    timestamp: int


class Matcher:
    """Applies the fill rules to a bar.

    Parameters
    ----------
    share:
        The share of a bar's volume that orders may take together.
    touch:
        Whether resting limit orders fill at a touch.

    Attributes
    ----------
    share:
        The share as numerator and denominator.
    """

    def __init__(self, *, costs: Costs, context: PartContext, share: Fraction, touch: bool) -> None:
        self._costs = costs
        self._calendar = context.calendar
        self._interval = context.interval
        self.share = share.as_integer_ratio()
        self._touch = touch

    def plan(self, orders: Iterable[Working], bar: Bar) -> list[PlannedFill]:
        """Return the fills of one symbol on one bar.

        Parameters
        ----------
        orders:
            The symbol's orders that the bar can fill, by number: that is how they share the volume.
        """
        volume = self._volume(bar)
        is_quiet = bar.forward_filled or (bar.volume == 0 and volume is not None)
        plans = []
        for working in orders:
            self._first_bar(working, bar)
            if is_quiet:
                continue  # nothing traded: nothing fills, and no stop is touched
            found = offer(working, bar, touch=self._touch)
            if found is None:
                continue
            wanted = working.order.remaining
            quantity = wanted if volume is None else min(wanted, volume)
            if quantity == 0:
                continue
            if volume is not None:
                volume -= quantity
            price = found.price
            if found.slips:
                price = self._costs.slipped(price, working.side, working.number, bar.timestamp)
            plans.append(
                PlannedFill(
                    working=working,
                    phase=found.phase,
                    quantity=quantity,
                    price=price,
                    reference_price=found.price,
                    liquidity=found.liquidity,
                    timestamp=bar.timestamp + (self._interval if found.phase == WITHIN else 0),
                )
            )
        return plans

    def _volume(self, bar: Bar) -> int | None:
        """Return the lots that orders may take; ``None`` where the asset class reports no volume."""
        if not bar.instrument.has_volume:
            return None
        return volume_share(bar.volume, *self.share)

    def _first_bar(self, working: Working, bar: Bar) -> None:
        """Settle what an order's first bar settles: who offers liquidity, and when the day ends."""
        if working.maker is None and working.order_type is OrderType.LIMIT:
            working.maker = not is_marketable(working, bar.open)
        if working.expires_at is None and working.time_in_force is TimeInForce.DAY:
            working.expires_at = self._calendar(bar.instrument).next_close(bar.timestamp)


def in_turn(plans: Iterable[PlannedFill], account: AccountView) -> list[PlannedFill]:
    """Return the fills of one phase in the order in which they happen.

    Reducing before increasing, by the positions as they are now, so that sales pay for purchases; then by symbol
    and order number.
    """

    def turn(plan: PlannedFill) -> tuple[bool, str, int]:
        working = plan.working
        position = account.position(working.symbol)
        reduces = position < 0 if working.side is Side.BUY else position > 0
        return (not reduces, working.symbol, working.number)

    return sorted(plans, key=turn)
