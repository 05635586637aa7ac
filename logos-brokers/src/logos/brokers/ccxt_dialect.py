"""What differs from exchange to exchange: which requests tell what, how orders are named, and which rules they keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any, NamedTuple, Protocol

import attrs

from logos.domain.orders import OrderIntent, OrderStatus, OrderType, Side, TimeInForce
from logos.session.outside import HealthCheck, Verdict

Ask = Callable[..., Any]
"""``ask(name, params)`` calls an endpoint by CCXT's name for it and returns its JSON; raises a ``VenueError``."""

Raw = Mapping[str, Any]


class Rules(NamedTuple):
    """The steps of a market as exact numbers; ``None`` for what the exchange does not say."""

    tick: Decimal | None
    lot: Decimal | None
    min_notional: Decimal | None


class Fees(NamedTuple):
    """Maker and taker fee in basis points."""

    maker_bps: Decimal
    taker_bps: Decimal


class VenueOrder(NamedTuple):
    """An order as an exchange tells it; ``market`` is the exchange's own id of it."""

    client_order_id: str
    venue_order_id: str
    market: str
    side: Side
    quantity: Decimal
    filled: Decimal
    status: OrderStatus


class Account(NamedTuple):
    """What an account is, in a few words; what speaks against trading with it; its fees where it tells them."""

    text: str
    fault: str = ""
    fees: Fees | None = None


@attrs.frozen(kw_only=True)
class Draft:
    """An order as it would be sent, in exact numbers.

    Attributes
    ----------
    quantity:
        After it was cut to the exchange's steps; as it was where nothing would be left.
    limit, stop:
        After they were rounded to the exchange's steps.
    market_price:
        What a market order is valued at: the close at which it was decided.
    """

    order_type: OrderType
    time_in_force: TimeInForce
    side: Side
    quantity: Decimal
    limit: Decimal | None
    stop: Decimal | None
    market_price: Decimal

    @property
    def price(self) -> Decimal:
        """What its value is reckoned with."""
        return self.limit or self.stop or self.market_price

    @property
    def prices(self) -> tuple[Decimal, ...]:
        """The prices that are in it."""
        return tuple(price for price in (self.limit, self.stop) if price is not None)

    @property
    def value(self) -> Decimal:
        """What it is worth, in the quote currency."""
        return self.quantity * self.price


class OrderCall(NamedTuple):
    """The arguments of CCXT's ``create_order`` that differ from exchange to exchange."""

    order_type: str
    price: str | None
    params: dict[str, Any]


class Dialect(Protocol):
    """One exchange."""

    most_skew: float
    """By how many seconds the clocks may differ before the exchange refuses requests with a time in them."""

    sample_credentials: Mapping[str, str]
    """What stands in for a key where a request is only shown: the form of what it signs is that of a real one."""

    def time(self, ask: Ask) -> float:
        """Return the exchange's time in seconds since the epoch, UTC."""

    def account(self, ask: Ask) -> Account:
        """Return what the account is. Needs a key."""

    def permissions(self, ask: Ask) -> HealthCheck:
        """Return what the key may do."""

    def fees(self, ask: Ask, markets: Mapping[str, Raw]) -> Mapping[str, Fees]:
        """Return the account's fees by symbol, as far as no other answer holds them."""

    def balances(self, ask: Ask) -> Mapping[str, Decimal]:
        """Return what the account holds, by currency."""

    def open_orders(self, ask: Ask) -> list[VenueOrder]:
        """Return all open orders of the account."""

    def find(self, ask: Ask, market: str, client_order_id: str, created_at: int) -> VenueOrder | None:
        """Look for an order of a market by the name that ``name_of`` gives it."""

    def name_of(self, intent: OrderIntent) -> str:
        """Return the client order id in a form that the exchange takes."""

    def rules(self, market: Raw) -> Rules:
        """Return the steps of a market, from the exchange's own words in CCXT's structure of it."""

    def order_call(self, draft: Draft, name: str) -> OrderCall | None:
        """Return how CCXT is asked for an order; ``None`` where it would send another than what is wanted."""

    def refusals(self, market: Raw, draft: Draft) -> list[str]:
        """Return what the exchange would say against an order, with numbers and what to do; empty for nothing."""

    def code_of(self, body: Any) -> tuple[str, str]:
        """Return the code and the text of an answer that tells an error; both empty where it tells none."""


def exact(value: object) -> Decimal:
    """Return a number of an exchange exactly: from its text, or from the shortest text of a float."""
    number = Decimal(str(value)).normalize()
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


def plain(number: Decimal) -> str:
    """Print a number without an exponent or trailing zeros."""
    return f"{exact(number):f}"


def rights(name: str, given: list[str], *, reads: bool) -> HealthCheck:
    """Return what to say of a key that may do more than read, and of one that may not.

    Parameters
    ----------
    given:
        What the key may do besides reading, in the exchange's own words.
    reads:
        Whether it may read.
    """
    if not reads:
        return HealthCheck(
            name="permissions",
            verdict=Verdict.FAILED,
            text=f"the key may not read the account at {name}",
            hint="Give the key the right to read",
        )
    if given:
        return HealthCheck(
            name="permissions",
            verdict=Verdict.WARNING,
            text=f"the key may do more than read: {', '.join(given)}",
            hint="A dry-run only reads: make a key that may do nothing else",
        )
    return HealthCheck(name="permissions", verdict=Verdict.OK, text="the key may read and nothing else")


def standing_of(words: Mapping[str, OrderStatus], word: object, filled: Decimal) -> OrderStatus:
    """Return the status for a word of the exchange; ``UNKNOWN`` for one that nobody here knows."""
    status = words.get(str(word), OrderStatus.UNKNOWN)
    return OrderStatus.PARTIALLY_FILLED if status is OrderStatus.ACCEPTED and filled else status


def side_of(word: object) -> Side:
    """Return which way an order trades, from ``buy`` or ``SELL``."""
    return Side(str(word).lower())


def below(name: str, what: str, value: Decimal, least: object) -> list[str]:
    """Return what is said of a value below the least one; nothing where there is none."""
    if least is None or exact(least) <= value:
        return []
    return [f"{name}: {what} {plain(value)} is below the least {plain(exact(least))}: order at least that"]


def too_cheap(name: str, draft: Draft, least: object, lot: Decimal | None) -> list[str]:
    """Return what is said of an order that is worth too little, with the quantity that would be enough."""
    if least is None or exact(least) <= draft.value:
        return []
    enough = exact(least) / draft.price
    if lot is not None:
        enough = (enough / lot).to_integral_value(ROUND_CEILING) * lot
    return [
        f"{name}: value {plain(draft.value)} is below the least {plain(exact(least))}: order at least {plain(enough)}"
    ]


def above(name: str, what: str, value: Decimal, most: object) -> list[str]:
    """Return what is said of a value above the greatest one; 0 stands for none."""
    if most is None or exact(most) == 0 or exact(most) >= value:
        return []
    return [f"{name}: {what} {plain(value)} is above the greatest {plain(exact(most))}: order at most that"]
