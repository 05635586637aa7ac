"""Whether a working order fills on a bar, when within it, and at which price before slippage.

Every rule is written for a purchase; a sale is its mirror image.
"""

from __future__ import annotations

from typing import NamedTuple

from logos.brokers.working import Working
from logos.domain.bars import Bar
from logos.domain.orders import Liquidity, OrderType, Side

AT_OPEN = 0
WITHIN = 1


class Offer(NamedTuple):
    """A fill that a bar allows.

    Attributes
    ----------
    phase:
        ``AT_OPEN`` or ``WITHIN`` the bar.
    price:
        Whole ticks, before slippage.
    slips:
        Whether slippage applies.
    """

    phase: int
    price: int
    slips: bool
    liquidity: Liquidity


def offer(working: Working, bar: Bar, *, touch: bool) -> Offer | None:
    """Return the fill that a bar with trading in it allows an order, or ``None``; sets off its stop.

    Parameters
    ----------
    touch:
        Whether a resting limit order fills when the bar trades at its limit, instead of a tick beyond it.
    """
    kind = working.order_type
    if kind is OrderType.LIMIT:
        return _limit(working, bar, touch=touch)
    if kind is OrderType.STOP_LIMIT:
        if working.triggered:
            return _limit(working, bar, touch=touch)
        return _stop_limit(working, bar)
    if kind is OrderType.STOP and not working.triggered:
        return _stop(working, bar)
    return Offer(AT_OPEN, bar.open, True, Liquidity.TAKER)


def is_marketable(working: Working, price: int) -> bool:
    """Return whether a price is at or better than the order's limit."""
    return price <= working.limit_price if working.side is Side.BUY else price >= working.limit_price


def _limit(working: Working, bar: Bar, *, touch: bool) -> Offer | None:
    liquidity = Liquidity.MAKER if working.maker else Liquidity.TAKER
    if is_marketable(working, bar.open):
        return Offer(AT_OPEN, bar.open, False, liquidity)
    room = 0 if touch else 1
    if working.side is Side.BUY:
        reached = bar.low + room <= working.limit_price
    else:
        reached = bar.high - room >= working.limit_price
    return Offer(WITHIN, working.limit_price, False, liquidity) if reached else None


def _is_touched(working: Working, bar: Bar) -> bool:
    return bar.high >= working.stop_price if working.side is Side.BUY else bar.low <= working.stop_price


def _stop(working: Working, bar: Bar) -> Offer | None:
    if not _is_touched(working, bar):
        return None
    working.triggered = True
    beyond = bar.open >= working.stop_price if working.side is Side.BUY else bar.open <= working.stop_price
    if beyond:
        return Offer(AT_OPEN, bar.open, True, Liquidity.TAKER)
    return Offer(WITHIN, working.stop_price, True, Liquidity.TAKER)


def _stop_limit(working: Working, bar: Bar) -> Offer | None:
    if not _is_touched(working, bar):
        return None
    working.triggered = True
    working.maker = not is_marketable(working, bar.open)
    # Nobody knows what the bar did after it touched the stop, but where it closed is known to be later.
    if not is_marketable(working, bar.close):
        return None
    liquidity = Liquidity.MAKER if working.maker else Liquidity.TAKER
    if working.side is Side.BUY:
        price = min(working.limit_price, max(bar.open, working.stop_price))
    else:
        price = max(working.limit_price, min(bar.open, working.stop_price))
    return Offer(WITHIN, price, False, liquidity)
