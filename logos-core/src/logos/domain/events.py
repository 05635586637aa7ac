"""What a broker answers, what a guard says, and what a session records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from logos.domain.orders import Liquidity


@attrs.frozen
class Accepted:
    """The broker has taken the order; it works from the next bar on."""

    order_id: int


@attrs.frozen
class Rejected:
    """The broker has refused the order."""

    order_id: int
    reason: str


@attrs.frozen
class Cancelled:
    """What remained of the order no longer works."""

    order_id: int
    reason: str


@attrs.frozen
class Expired:
    """The order's time in force has run out."""

    order_id: int
    reason: str


@attrs.frozen
class Unknown:
    """The broker cannot say what became of the order; its symbol stays blocked until another event settles it."""

    order_id: int
    reason: str


@attrs.frozen
class Previewed:
    """What the venue would have been sent, and what it would have said; the order itself is not changed by it.

    Attributes
    ----------
    request:
        The request as JSON values, without a secret: ``method``, ``url``, ``headers``, ``body``.
    outcome:
        ``would accept``, or what the venue would have answered, in its own words.
    """

    order_id: int
    request: Mapping[str, Any]
    outcome: str


@attrs.frozen
class Fill:
    """A trade of one order.

    Attributes
    ----------
    order_id:
        The order that traded.
    timestamp:
        The bar's open time for a fill at the open, else its close time; seconds since the epoch, UTC.
    quantity:
        Whole lots, above 0.
    price:
        Whole ticks, slippage included.
    liquidity:
        Maker or taker.
    value:
        Price times quantity in minor units of the account's currency, rounded once, half to even.
    fee:
        Minor units of the account's currency.
    reference_price:
        The price in ticks before slippage; ``None`` where the broker does not know it.
    """

    order_id: int
    timestamp: int
    quantity: int
    price: int
    liquidity: Liquidity
    value: int
    fee: int
    reference_price: int | None = None


BrokerEvent = Accepted | Rejected | Cancelled | Expired | Unknown | Previewed | Fill


@attrs.frozen(kw_only=True)
class Cause:
    """Why a guard halted the session.

    Attributes
    ----------
    guard:
        The plugin's short name.
    reason:
        What was found, with the numbers and the limit.
    at:
        The session's clock, in seconds since the epoch, UTC.
    """

    guard: str
    reason: str
    at: int
