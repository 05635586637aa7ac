"""What differs from exchange to exchange: which requests tell what, how orders are named, and which rules they keep."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_CEILING, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import Any, NamedTuple, Protocol

import attrs

from logos.domain.money import BASIS_POINTS
from logos.domain.orders import OrderStatus, OrderType, Side, TimeInForce
from logos.session.outside import HealthCheck, Verdict

Ask = Callable[..., Any]
"""``ask(name, params)`` calls an endpoint by CCXT's name for it and returns its JSON; raises a ``VenueError``."""

Raw = Mapping[str, Any]

EARLIER = 60
"""By how many seconds an order may be older at an exchange than here: the clocks need not agree."""

WIDE = Context(prec=200, traps=[DivisionByZero, Inexact, InvalidOperation, Overflow])
"""For the numbers of exchanges: what would have to be rounded, or is none, raises an ``ArithmeticError``."""


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
        return WIDE.multiply(self.quantity, self.price)


class OrderCall(NamedTuple):
    """The arguments of CCXT's ``create_order`` that differ from exchange to exchange."""

    order_type: str
    price: str | None
    params: dict[str, Any]


class Dialect(Protocol):
    """One exchange.

    Nothing stands for what an answer leaves out: without the key that holds them, there are not *no* orders. So a
    method raises a ``KeyError``, ``TypeError``, ``AttributeError``, ``ValueError`` or ``ArithmeticError`` for an answer
    of another shape; whoever calls it does so within ``readable``.
    """

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

    def name_of(self, client_order_id: str) -> str:
        """Return the client order id in a form that the exchange takes."""

    def rules(self, market: Raw) -> Rules:
        """Return the steps of a market, from the exchange's own words in CCXT's structure of it."""

    def order_call(self, draft: Draft, name: str) -> OrderCall | None:
        """Return how CCXT is asked for an order; ``None`` where it would send another than what is wanted."""

    def refusals(self, market: Raw, draft: Draft) -> list[str]:
        """Return what the exchange would say against an order, with numbers and what to do; empty for nothing."""

    def code_of(self, body: Any) -> tuple[str, str]:
        """Return the code and the text of an answer that tells an error; both empty where it tells none."""


class FeesWithAccount:
    """An exchange that tells the fees together with the account."""

    def fees(self, ask: Ask, markets: Mapping[str, Raw]) -> Mapping[str, Fees]:  # noqa: ARG002 - the account tells them
        """Return nothing: the account tells them."""
        return {}


def objects(value: Any) -> list[Raw]:
    """Return a list of objects; a ``TypeError`` for anything else."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise TypeError("not a list of objects")
    return value


def table(value: Any) -> Mapping[str, Any]:
    """Return an object; a ``TypeError`` for anything else."""
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def seconds(value: Any) -> float:
    """Return a time in seconds; a ``ValueError`` for what is no time."""
    found = float(value)
    if not math.isfinite(found):
        raise ValueError("not a time")
    return found


def exact(value: object) -> Decimal:
    """Return a number of an exchange exactly: from its text, or from the shortest text of a float.

    Raises
    ------
    ArithmeticError
        For what is no number, or one that nobody can have meant.
    """
    number = Decimal(str(value)).normalize(WIDE)
    if not number.is_finite():
        raise InvalidOperation(f"{number} is no number")
    return number.quantize(Decimal(1), context=WIDE) if number == number.to_integral_value() else number


def basis_points(share: object, in_one: int = BASIS_POINTS) -> Decimal:
    """Return a fee in basis points, from a share of the value or from what has so many of them in one."""
    return exact(WIDE.multiply(exact(share), Decimal(in_one)))


def plain(number: Decimal) -> str:
    """Print a number without an exponent or trailing zeros."""
    return f"{exact(number):f}"


def rights_told(name: str, told: Mapping[str, object], *, reading: str, needed: Iterable[str]) -> HealthCheck:
    """Return what to say of a key whose rights are told one by one as true or false.

    Parameters
    ----------
    told:
        The rights by the exchange's own words.
    reading:
        The right to read.
    needed:
        The rights without which nobody knows what the key may do.
    """
    given = sorted(right for right, value in told.items() if value is True and right != reading)
    untold = {right for right, value in told.items() if not isinstance(value, bool)} | ({reading, *needed} - set(told))
    return rights(name, given, reads=told.get(reading) is not False, untold=sorted(untold))


def rights(name: str, given: list[str], *, reads: bool, untold: Iterable[str] = ()) -> HealthCheck:
    """Return what to say of a key that may do more than read, and of one that may not.

    Parameters
    ----------
    given:
        What the key may do besides reading, in the exchange's own words.
    reads:
        Whether it may read.
    untold:
        The rights of which the answer does not say whether the key has them.
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
    if unknown := ", ".join(untold):
        return HealthCheck(
            name="permissions",
            verdict=Verdict.WARNING,
            text=f"what the key may do is not told: the answer says nothing of {unknown}",
            hint="See at the exchange that it reads only",
        )
    return HealthCheck(name="permissions", verdict=Verdict.OK, text="the key may read and nothing else")


def standing_of(words: Mapping[str, OrderStatus], word: object, filled: Decimal) -> OrderStatus:
    """Return the status for a word of the exchange; ``UNKNOWN`` for one that nobody here knows."""
    status = words.get(str(word), OrderStatus.UNKNOWN)
    return OrderStatus.PARTIALLY_FILLED if status is OrderStatus.ACCEPTED and filled else status


def side_of(word: object) -> Side:
    """Return which way an order trades, from ``buy`` or ``SELL``."""
    return Side(str(word).lower())


def call_of(draft: Draft, params: Mapping[str, Any]) -> OrderCall:
    """Return the call for an order: CCXT makes stop-loss orders of those with a stop, and only limits have a time.

    Parameters
    ----------
    params:
        The client order id, under the name that CCXT has for it at the exchange.
    """
    further = dict(params)
    if draft.stop is not None:
        further["stopLossPrice"] = plain(draft.stop)
    if not draft.order_type.has_limit:
        return OrderCall("market", None, further)
    further["timeInForce"] = draft.time_in_force.upper()
    return OrderCall("limit", plain(draft.price), further)


def no_day_orders(code: str, name: str, draft: Draft) -> list[str]:
    """Return what an exchange without day orders says of one; nothing of any other."""
    if not draft.order_type.has_limit or draft.time_in_force is not TimeInForce.DAY:
        return []
    return [f"{code}: {name} has no day orders: use gtc or ioc"]


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
