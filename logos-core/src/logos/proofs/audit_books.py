"""The auditor's own books: FIFO lots, cash and profit in decimals, from the terms of ``config.yaml``.

This is a second accounting on purpose. It shares no code with the one that trades, so that a mistake in either shows.
Whoever calls it sets a decimal context with digits enough for exact sums and products, rounding half to even.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from pathlib import Path
from typing import NamedTuple

import attrs
import yaml

from logos.artifacts.schemas import CONFIG_FILE
from logos.domain.errors import IntegrityError
from logos.proofs.audit_files import RESTORE, Place

EXACT = Context(prec=100, rounding="ROUND_HALF_EVEN", traps=[InvalidOperation, DivisionByZero, Overflow])
"""No sum or product of a session needs a hundred digits; a quotient cut there never comes to lie on a tie."""

RATIO = Decimal("1e-8")
ZERO = Decimal(0)


def rounded(value: Decimal, unit: Decimal) -> Decimal:
    """Return a value with the decimals of a unit, half to even, and never a negative zero."""
    return value.quantize(unit) + 0


def text(value: Decimal) -> str:
    """Print a decimal as it is, without an exponent."""
    return f"{value:f}"


class Instrument(NamedTuple):
    """Tick and lot, what a price and a quantity print with, and the currency of quotes."""

    tick: Decimal
    lot: Decimal
    price_unit: Decimal
    quantity_unit: Decimal
    currency: str


@attrs.frozen(kw_only=True)
class Terms:
    """What a session trades with.

    Attributes
    ----------
    unit:
        The smallest amount of the account's currency.
    conversions:
        The symbol that converts each foreign currency.
    fees:
        The share of the value by liquidity; ``None`` where the broker is not the paper broker.
    """

    cash: Decimal
    currency: str
    unit: Decimal
    instruments: Mapping[str, Instrument]
    conversions: Mapping[str, str]
    fees: Mapping[str, Decimal] | None

    def conversion(self, symbol: str) -> str | None:
        """Return the symbol that converts another one's currency; ``None`` in the account's own."""
        currency = self.instruments[symbol].currency
        return None if currency == self.currency else self.conversions[currency]

    def value(self, symbol: str, price: Decimal, quantity: Decimal, rate: Decimal | None) -> Decimal:
        """Return price times quantity in the account's currency, rounded once."""
        converter = self.conversion(symbol)
        product = price * quantity
        if converter is not None and rate is not None:
            multiplies = self.instruments[converter].currency == self.currency
            product = product * rate if multiplies else product / rate
        return rounded(product, self.unit)

    def rate_behind(self, symbol: str, product: Decimal, value: Decimal) -> Decimal:
        """Return the price on the conversion symbol's tick that comes nearest to explaining a value; 0 for none."""
        converter = self.instruments[self.conversions[self.instruments[symbol].currency]]
        if not product or not value:
            return converter.tick
        rate = value / product if converter.currency == self.currency else product / value
        return rounded(rate / converter.tick, Decimal(1)) * converter.tick


def read_terms(folder: Path, decimals: int) -> Terms:
    """Read ``config.yaml``; every scalar is taken as the text that it is.

    Raises
    ------
    IntegrityError
        Where it is missing, or lacks what the books need.
    """
    path = folder / CONFIG_FILE
    try:
        config = yaml.load(path.read_bytes(), Loader=yaml.BaseLoader)  # noqa: S506 -- it builds texts, lists, dicts only
        broker, unit = config["broker"], Decimal(1).scaleb(-decimals)
        fees = None
        if broker["plugin"].rpartition("/")[2] == "paper":
            rates = broker["fees"]
            fees = {name: Decimal(rates[f"{name}_bps"]) / 10_000 for name in ("maker", "taker")}
        instruments = {
            symbol: Instrument(tick, lot, _decimals_of(tick), _decimals_of(lot), entry["currency"])
            for symbol, entry in config["instruments"].items()
            for tick, lot in [(Decimal(entry["tick"]), Decimal(entry["lot"]))]
        }
        terms = Terms(
            cash=rounded(Decimal(broker["cash"]), unit),
            currency=broker["currency"],
            unit=unit,
            instruments=instruments,
            conversions=dict(broker["conversions"] or {}),
            fees=fees,
        )
        for symbol in instruments:
            if (converter := terms.conversion(symbol)) is not None:
                _ = instruments[converter]
    except OSError as error:
        raise IntegrityError(f"{path} cannot be read: {error.strerror or error}", hint=RESTORE) from error
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError, InvalidOperation) as error:
        raise IntegrityError(
            f"{path} lacks what the books need: {type(error).__name__} {error}", hint=RESTORE
        ) from error
    return terms


def _decimals_of(step: Decimal) -> Decimal:
    exponent = step.normalize().as_tuple().exponent
    return Decimal(1).scaleb(min(0, int(exponent)))


class Trade(NamedTuple):
    """A row of ``trades.csv`` that could be read; ``quantity`` is negative for a sale."""

    order_id: int
    symbol: str
    quantity: Decimal
    price: Decimal
    value: Decimal
    fee: Decimal


class Step(NamedTuple):
    """The books after one trade: the account's, and those of the symbol that traded."""

    clock: str
    symbol: str
    cash: Decimal
    realized: Decimal
    fees: Decimal
    cost: Decimal
    longs: int
    shorts: int
    symbol_quantity: Decimal
    symbol_cost: Decimal
    symbol_realized: Decimal


@attrs.define
class Holding:
    """One symbol: its open lots as ``[quantity, cost]``, oldest first; both are negative in a short position."""

    lots: list[list[Decimal]] = attrs.field(factory=list)
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO


class Books:
    """Cash, lots and profit, trade by trade."""

    def __init__(self, terms: Terms) -> None:
        self._unit = terms.unit
        zero = rounded(ZERO, terms.unit)
        self.holdings = {symbol: Holding(cost=zero, realized=zero) for symbol in terms.instruments}
        self.now = Step("", "", terms.cash, zero, zero, zero, 0, 0, ZERO, zero, zero)

    def book(self, clock: str, trade: Trade) -> Decimal:
        """Book a trade at the session's clock; return what it realised, before its fee."""
        holding, now = self.holdings[trade.symbol], self.now
        old_quantity, old_cost = holding.quantity, holding.cost
        opening, value = trade.quantity, trade.value.copy_sign(trade.quantity)
        realized = rounded(ZERO, self._unit)
        if old_quantity * opening < 0:
            closing = min(abs(opening), abs(old_quantity))
            share = rounded(value * closing / abs(opening), self._unit)
            realized = -share - self._release(holding, closing) + 0
            opening -= closing.copy_sign(opening)
            value -= share
        if opening:
            holding.lots.append([opening, value])
        holding.quantity = sum((lot[0] for lot in holding.lots), ZERO)
        holding.cost = sum((lot[1] for lot in holding.lots), rounded(ZERO, self._unit))
        holding.realized += realized
        self.now = Step(
            clock=clock,
            symbol=trade.symbol,
            cash=now.cash - trade.value.copy_sign(trade.quantity) - trade.fee,
            realized=now.realized + realized,
            fees=now.fees + trade.fee,
            cost=now.cost + holding.cost - old_cost,
            longs=now.longs + (holding.quantity > 0) - (old_quantity > 0),
            shorts=now.shorts + (holding.quantity < 0) - (old_quantity < 0),
            symbol_quantity=holding.quantity,
            symbol_cost=holding.cost,
            symbol_realized=holding.realized,
        )
        return realized

    def _release(self, holding: Holding, closing: Decimal) -> Decimal:
        """Take a quantity from the oldest lots on and return what it cost."""
        cost = ZERO
        while closing:
            lot = holding.lots[0]
            taken = min(closing, abs(lot[0]))
            part = rounded(lot[1] * taken / abs(lot[0]), self._unit)
            lot[0] -= taken.copy_sign(lot[0])
            lot[1] -= part
            cost += part
            closing -= taken
            if not lot[0]:
                holding.lots.pop(0)
        return cost


def read_trade(place: Place, row: list[str], terms: Terms) -> tuple[Trade, str | None]:
    """Return a row of ``trades.csv`` as a trade with the value and fee that it should have; they are worked out anew.

    Raises
    ------
    DisagreementError
        Where the row cannot be booked at all.
    """
    _, order_id, _, symbol, side, quantity_text, price_text, liquidity, fee_text, _, _, rate_text = row
    if symbol not in terms.instruments:
        raise place.differs("symbol", symbol, "an instrument of config.yaml")
    instrument, converter = terms.instruments[symbol], terms.conversion(symbol)
    if side not in {"buy", "sell"}:
        raise place.differs("side", side, "buy or sell")
    if liquidity not in {"maker", "taker"}:
        raise place.differs("liquidity", liquidity, "maker or taker")
    quantity = on_step(place, "quantity", quantity_text, instrument.lot, instrument.quantity_unit)
    price = on_step(place, "price", price_text, instrument.tick, instrument.price_unit)
    rate = None
    if converter is not None:
        other = terms.instruments[converter]
        rate = on_step(place, "conversion_price", rate_text, other.tick, other.price_unit)
    elif rate_text:
        raise place.differs("conversion_price", rate_text, "nothing: the symbol is quoted in the account's currency")
    value = terms.value(symbol, price, quantity, rate)
    fee = place.number("fee", fee_text) if terms.fees is None else rounded(value * terms.fees[liquidity], terms.unit)
    signed = quantity if side == "buy" else -quantity
    number = int(place.number("order_id", order_id))
    return Trade(number, symbol, signed, price, value, fee), rate_text or None


def on_step(place: Place, field: str, found: str, step: Decimal, unit: Decimal) -> Decimal:
    """Return a price or a quantity above zero that lies on its tick or lot and is printed with its decimals."""
    number = place.number(field, found)
    if number <= 0 or number % step or found != text(rounded(number, unit)):
        raise place.differs(field, found, f"a multiple of {step}, above 0, with its decimals")
    return number
