"""What Alpaca accepts, as far as it can be known beforehand, and what it says where it does not accept an order.

Codes and wording are Alpaca's own where they are known. Whether the account can pay an order is not judged: its money
is not the session's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs

from logos.domain.errors import BrokenInvariantError
from logos.domain.money import text_of
from logos.domain.orders import OrderIntent, OrderType, Side, TimeInForce

CRYPTO = "crypto"
SHARES = "us_equity"

PENNY = Decimal("0.01")
SUB_PENNY = Decimal("0.0001")
"""The steps of a share's price from 1 USD on, and below it (rule 612 of Regulation NMS)."""

SHARE_FRACTION = Decimal("0.000000001")
"""The smallest fraction of a share: nine decimals."""

LEAST_VALUE_OF_SHARES = Decimal(1)
LEAST_VALUE_OF_COINS = Decimal(10)
"""The least value in USD of an order that buys; for coins, of pairs quoted in USD alone."""

MAKER_BPS_OF_COINS = Decimal(15)
TAKER_BPS_OF_COINS = Decimal(25)
"""The first tier of the price list for coins: below 100,000 USD traded in 30 days."""

LONGEST_CLIENT_ORDER_ID = 128


@attrs.frozen(kw_only=True)
class Asset:
    """What Alpaca says of something it trades.

    Attributes
    ----------
    kind:
        ``us_equity`` or ``crypto``.
    least_quantity, lot, tick:
        Of coins; ``None`` where Alpaca does not say.
    """

    symbol: str
    kind: str
    exchange: str = ""
    active: bool = True
    tradable: bool = True
    fractionable: bool = False
    shortable: bool = False
    easy_to_borrow: bool = False
    least_quantity: Decimal | None = None
    lot: Decimal | None = None
    tick: Decimal | None = None

    @property
    def base(self) -> str:
        """What is traded: of a pair of coins the first."""
        return self.symbol.partition("/")[0]

    @property
    def quote(self) -> str:
        """What prices are quoted in."""
        return self.symbol.partition("/")[2] if self.kind == CRYPTO else "USD"

    @property
    def least_value(self) -> Decimal | None:
        """The least value of an order that buys, in the quote currency; ``None`` where there is none known."""
        if self.kind != CRYPTO:
            return LEAST_VALUE_OF_SHARES
        return LEAST_VALUE_OF_COINS if self.quote == "USD" else None

    def state(self) -> dict[str, Any]:
        """Return the asset as JSON values."""
        return {name: str(value) if isinstance(value, Decimal) else value for name, value in attrs.asdict(self).items()}


def asset_of_state(state: Mapping[str, Any]) -> Asset:
    """Return the asset that was written with ``state``."""
    decimals = ("least_quantity", "lot", "tick")
    numbers = {name: None if state[name] is None else Decimal(state[name]) for name in decimals}
    return Asset(**{**state, **numbers})


@attrs.frozen(kw_only=True)
class Violation:
    """A rule that an order does not keep.

    Attributes
    ----------
    code:
        Alpaca's code; empty where only the rule is documented, and not what Alpaca says.
    message:
        What Alpaca says.
    remedy:
        What would be accepted.
    """

    code: str
    message: str
    remedy: str

    def __str__(self) -> str:
        code = f"{self.code} " if self.code else ""
        return f"{code}{self.message}: {self.remedy}"


@attrs.frozen(kw_only=True)
class Order:
    """An order in units and prices, exactly.

    Attributes
    ----------
    held:
        What the session holds, negative for a short position.
    opens_short:
        Whether it may sell more than the session holds once its working orders have filled.
    price:
        What its value is reckoned by: its limit, else its stop, else the close at which it was decided.
    """

    intent: OrderIntent
    quantity: Fraction
    limit: Fraction | None
    stop: Fraction | None
    held: Fraction
    opens_short: bool
    price: Fraction

    @property
    def turns(self) -> bool:
        """Whether it turns a long position into a short one, or a short one into a long one."""
        return self.quantity > abs(self.held) and (self.held < 0 if self.buys else self.held > 0)

    @property
    def is_fractional(self) -> bool:
        """Whether the quantity is not whole."""
        return self.quantity.denominator != 1

    @property
    def prices(self) -> list[tuple[str, Fraction]]:
        """The prices that it names, by Alpaca's word for them."""
        named = (("limit_price", self.limit), ("stop_price", self.stop))
        return [(name, price) for name, price in named if price is not None]

    @property
    def buys(self) -> bool:
        """Whether it buys."""
        return self.intent.side is Side.BUY


def order_of(intent: OrderIntent, position: int) -> Order:
    """Return an intent in units and prices, where the session holds so many signed lots."""
    tick, lot = Fraction(intent.instrument.tick), Fraction(intent.instrument.lot)
    limit = None if intent.limit_price is None else intent.limit_price * tick
    stop = None if intent.stop_price is None else intent.stop_price * tick
    return Order(
        intent=intent,
        quantity=intent.quantity * lot,
        limit=limit,
        stop=stop,
        held=position * lot,
        opens_short=intent.side is Side.SELL and not intent.reduces,
        price=limit or stop or intent.decision_price * tick,
    )


def violations(asset: Asset, intent: OrderIntent, position: int, *, shorting: bool) -> tuple[Violation, ...]:
    """Return every rule that an order does not keep, in the order in which the rules stand here.

    Parameters
    ----------
    position:
        What the session holds of it: signed lots.
    shorting:
        Whether the account may sell short.
    """
    order = order_of(intent, position)
    own = _of_coins(asset, order) if asset.kind == CRYPTO else _of_shares(asset, order, shorting=shorting)
    return (*_of_any(asset, order), *own)


def _of_any(asset: Asset, order: Order) -> Iterator[Violation]:
    if not (asset.active and asset.tradable):
        yield Violation(code="42210000", message=f'asset "{asset.symbol}" is not active', remedy="leave it out")
    length = len(order.intent.client_order_id)
    if length > LONGEST_CLIENT_ORDER_ID:
        yield Violation(
            code="40010001",
            message=f"client_order_id must be no more than {LONGEST_CLIENT_ORDER_ID} characters",
            remedy=f"it has {length}: give the session or the strategy a shorter name",
        )
    least, value = asset.least_value, order.quantity * order.price
    if order.buys and least is not None and value < least:
        yield Violation(
            code="40310000",
            message=f"cost basis must be >= minimal amount of order {least}",
            remedy=f"it is worth {_text(value)} {asset.quote}: order at least {_text(least)}",
        )


def _of_shares(asset: Asset, order: Order, *, shorting: bool) -> Iterator[Violation]:
    if order.turns:
        yield from _of_turns(order)
    if order.is_fractional:
        yield from _of_fractions(asset, order)
    if order.opens_short:
        yield from _of_short_sales(asset, order, shorting=shorting)
    for name, price in order.prices:
        if not _fits(price, _step_of_shares(price)):
            yield Violation(
                code="42210000",
                message=f"invalid {name} {_text(price)}. sub-penny increment does not fulfill minimum pricing criteria",
                remedy=_nearest(price, _step_of_shares(price)),
            )
    if order.intent.time_in_force is TimeInForce.IOC and (order.stop is not None or asset.exchange == "OTC"):
        what = "OTC shares" if asset.exchange == "OTC" else f"{order.intent.order_type} orders of shares"
        yield Violation(code="", message=f"time_in_force ioc is not supported for {what}", remedy="use day or gtc")


def _of_turns(order: Order) -> Iterator[Violation]:
    asked, held = _text(order.quantity), abs(order.held)
    rest = _text(order.quantity - held)
    yield Violation(
        code="40310000",
        message=f"insufficient qty available for order (requested: {asked}, available: {_text(held)})",
        remedy=(
            f"{order.intent.side} {_text(held)} first, which closes the {'short' if order.buys else 'long'} position, "
            f"and {rest} in another order once that has filled"
        ),
    )


def _of_fractions(asset: Asset, order: Order) -> Iterator[Violation]:
    quantity = _text(order.quantity)
    if not asset.fractionable:
        yield Violation(
            code="40310000",
            message=f'asset "{asset.symbol}" is not fractionable',
            remedy=f"order {int(order.quantity)} or {int(order.quantity) + 1} instead of {quantity}",
        )
    if order.intent.time_in_force is not TimeInForce.DAY:
        yield Violation(
            code="42210000",
            message="fractional orders must be DAY orders",
            remedy=f"order {quantity} with day instead of {order.intent.time_in_force}, or whole shares",
        )
    if not _fits(order.quantity, SHARE_FRACTION):
        yield Violation(code="", message=f"qty {quantity} has more than 9 decimals", remedy="use a coarser lot")
    if order.opens_short:
        yield Violation(
            code="42210000",
            message="fractional orders cannot be sold short",
            remedy=f"sell {int(order.quantity)} instead of {quantity}",
        )


def _of_short_sales(asset: Asset, order: Order, *, shorting: bool) -> Iterator[Violation]:
    if not shorting:
        yield Violation(
            code="40310000",
            message="account is not allowed to short",
            remedy="turn shorting on in a margin account, or sell at most what is held",
        )
    if not asset.shortable:
        yield Violation(
            code="42210000",
            message=f'asset "{asset.symbol}" cannot be sold short',
            remedy="sell at most what is held",
        )
    elif not asset.easy_to_borrow and order.intent.time_in_force is not TimeInForce.DAY:
        yield Violation(
            code="42210000",
            message=f'only day orders are allowed for hard-to-borrow asset "{asset.symbol}"',
            remedy=f"use day instead of {order.intent.time_in_force}",
        )


def _of_coins(asset: Asset, order: Order) -> Iterator[Violation]:
    kind, tif = order.intent.order_type, order.intent.time_in_force
    if kind is OrderType.STOP:
        yield Violation(code="40010001", message="invalid order type for crypto order", remedy="use a stop_limit order")
    if tif is TimeInForce.DAY:
        yield Violation(code="42210000", message="invalid crypto time_in_force", remedy="use gtc or ioc instead of day")
    if tif is TimeInForce.IOC and kind is OrderType.STOP_LIMIT:
        yield Violation(
            code="", message="time_in_force ioc is not supported for stop_limit orders of coins", remedy="use gtc"
        )
    yield from _of_steps(asset, order)
    if order.opens_short:
        asked, available = _text(order.quantity), _text(max(order.held, Fraction(0)))
        yield Violation(
            code="40310000",
            message=f"insufficient balance for {asset.base} (requested: {asked}, available: {available})",
            remedy="coins cannot be sold short: sell at most what is held",
        )


def _of_steps(asset: Asset, order: Order) -> Iterator[Violation]:
    least, lot, tick = asset.least_quantity, asset.lot, asset.tick
    if least is not None and order.quantity < least:
        yield Violation(
            code="40310000",
            message=f"order qty must be >= minimal qty of order {_text(least)}",
            remedy=f"order more than {_text(order.quantity)}",
        )
    if lot is not None and not _fits(order.quantity, lot):
        yield Violation(
            code="",
            message=f"qty {_text(order.quantity)} is no multiple of min_trade_increment {_text(lot)}",
            remedy=f'write lot: "{_text(lot)}" for the symbol',
        )
    for name, price in order.prices:
        if tick is not None and not _fits(price, tick):
            yield Violation(
                code="",
                message=f"{name} {_text(price)} is no multiple of price_increment {_text(tick)}",
                remedy=_nearest(price, tick),
            )


def _step_of_shares(price: Fraction) -> Decimal:
    return PENNY if price >= 1 else SUB_PENNY


def _fits(value: Fraction, step: Decimal) -> bool:
    return (value / Fraction(step)).denominator == 1


def _nearest(price: Fraction, step: Decimal) -> str:
    below = price // Fraction(step) * Fraction(step)
    above = below + Fraction(step)
    return f"use {_text(below)} or {_text(above)}" if below else f"use {_text(above)}"


def _text(value: Fraction | Decimal) -> str:
    """Print an exact decimal, whatever its length. Values here are products of decimals, so that it ends."""
    exact = Fraction(value)
    for decimals in range(exact.denominator.bit_length()):  # a power of 2 ends with as many decimals, and 5s need fewer
        if 10**decimals % exact.denominator == 0:
            return text_of(exact.numerator * 10**decimals // exact.denominator, decimals)
    raise BrokenInvariantError(f"{exact} is not a decimal that ends")
