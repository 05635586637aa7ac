"""Signals, order intents, orders and their lifecycle."""

from __future__ import annotations

from enum import StrEnum

import attrs

from logos.domain.errors import InputError
from logos.domain.instruments import Instrument
from logos.domain.money import RATIO_ONE


class Side(StrEnum):
    """Which way an order trades."""

    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    """How an order names its price."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"

    @property
    def has_limit(self) -> bool:
        """Whether the order carries a limit price."""
        return self in (OrderType.LIMIT, OrderType.STOP_LIMIT)

    @property
    def has_stop(self) -> bool:
        """Whether the order carries a stop price."""
        return self in (OrderType.STOP, OrderType.STOP_LIMIT)


class TimeInForce(StrEnum):
    """How long an order works: until cancelled, for its first bar only, or for its trading day."""

    GTC = "gtc"
    IOC = "ioc"
    DAY = "day"


class OrderStatus(StrEnum):
    """Where an order stands in its life."""

    NEW = "new"
    ACCEPTED = "accepted"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to the order."""
        return self in _FINAL


_FINAL = frozenset(
    {
        OrderStatus.FILLED,
        OrderStatus.CANCELLED,
        OrderStatus.REJECTED,
        OrderStatus.EXPIRED,
        OrderStatus.BLOCKED,
    }
)


class Liquidity(StrEnum):
    """Whether a fill took liquidity from the market or had offered it."""

    MAKER = "maker"
    TAKER = "taker"


def check_prices(order_type: OrderType, limit_price: int | None, stop_price: int | None) -> None:
    """Refuse prices that an order type lacks or must not have.

    Raises
    ------
    InputError
        Naming the price at fault.
    """
    for name, wanted, price in (
        ("limit", order_type.has_limit, limit_price),
        ("stop", order_type.has_stop, stop_price),
    ):
        if wanted != (price is not None):
            needs = "needs a" if wanted else "has no"
            raise InputError(f"a {order_type} order {needs} {name} price, and {price} was given")
        if price is not None and price <= 0:
            raise InputError(f"{name} price is {price} ticks, and must be above 0")


@attrs.frozen
class Signal:
    """What a strategy wants of one pair, and how it wants to trade there.

    Attributes
    ----------
    value:
        The strength in hundred-millionths: from -100,000,000 (fully short) to 100,000,000 (fully long).
    order_type, limit_price, stop_price, time_in_force:
        How the change of position is to be ordered; prices in whole ticks.

    Raises
    ------
    InputError
        Where the value is out of range, or the prices do not fit the order type.
    """

    value: int
    order_type: OrderType = OrderType.MARKET
    limit_price: int | None = None
    stop_price: int | None = None
    time_in_force: TimeInForce = TimeInForce.GTC

    def __attrs_post_init__(self) -> None:
        if not -RATIO_ONE <= self.value <= RATIO_ONE:
            raise InputError(f"signal value {self.value} is outside -{RATIO_ONE} … {RATIO_ONE}")
        check_prices(self.order_type, self.limit_price, self.stop_price)


LONG = Signal(RATIO_ONE)
FLAT = Signal(0)
SHORT = Signal(-RATIO_ONE)


@attrs.frozen(kw_only=True)
class OrderIntent:
    """A quantised request for an order, before any guard or broker has seen it.

    Attributes
    ----------
    order_id:
        The number within the session, from 1.
    client_order_id:
        The name a venue would know it by: derived from session, strategy and number, never reused.
    strategy:
        The name of the strategy entry it serves.
    quantity:
        Whole lots, above 0.
    limit_price, stop_price:
        Whole ticks, where the type has them.
    decision_price:
        The close, in ticks, at which the order was decided.
    created_at:
        The session's clock at the decision.
    reduces:
        Whether the order only brings the symbol's position nearer to zero.
    note:
        Why the quantity is less than was asked for, or why the order exists; may be empty.
    rebalances:
        Whether it is one of the orders of a rebalance: its purchases may spend what its sales bring in.
    """

    order_id: int
    client_order_id: str
    strategy: str
    instrument: Instrument
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    quantity: int
    limit_price: int | None
    stop_price: int | None
    decision_price: int
    created_at: int
    reduces: bool
    note: str = ""
    rebalances: bool = False

    @property
    def signed_quantity(self) -> int:
        """The quantity in lots, negative for a sale."""
        return self.quantity if self.side is Side.BUY else -self.quantity


@attrs.define(kw_only=True, eq=False)
class Order:
    """An intent and what has become of it. The session alone changes it.

    Attributes
    ----------
    filled:
        Lots filled so far.
    filled_ticks:
        The sum over the fills of price (ticks) times quantity (lots), for the printed average.
    fees:
        Minor units of the account's currency.
    reason:
        Why the order ended, was blocked or was cut; empty where nothing needs saying.
    venue_outcome:
        What the venue would have said of it in dry-run; empty where nobody asked.
    """

    intent: OrderIntent
    status: OrderStatus = OrderStatus.NEW
    updated_at: int
    filled: int = 0
    filled_ticks: int = 0
    fees: int = 0
    reason: str = ""
    venue_outcome: str = ""

    @property
    def remaining(self) -> int:
        """Lots not filled yet."""
        return self.intent.quantity - self.filled
