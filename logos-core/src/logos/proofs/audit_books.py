"""The auditor's own books: FIFO lots, cash and profit in decimals, on the terms of ``config.yaml``.

This is a second accounting on purpose. It shares no code with the one that trades, so that a mistake in either shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from pathlib import Path
from typing import NamedTuple

import attrs
import yaml

from logos.artifacts.schemas import CONFIG_FILE
from logos.domain.errors import InputError, IntegrityError
from logos.domain.times import parse_interval
from logos.proofs.audit_files import NUMBER, RESTORE

EXACT = Context(prec=120, rounding="ROUND_HALF_EVEN", traps=[InvalidOperation, DivisionByZero, Overflow])
"""What all of this runs in. No sum or product needs so many digits; a quotient cut there never falls on a tie."""

ZERO = Decimal(0)
_ONE = Decimal(1)


def rounded(value: Decimal, unit: Decimal) -> Decimal:
    """Return a value with the decimals of a unit, half to even, and never a negative zero."""
    return value.quantize(unit) + 0


def text(value: Decimal) -> str:
    """Print a decimal with the decimals that it has, and no exponent."""
    return f"{value:f}"


class Instrument(NamedTuple):
    """Tick and lot, the units that prices and quantities print with, and the currency of quotes."""

    tick: Decimal
    lot: Decimal
    price_unit: Decimal
    quantity_unit: Decimal
    currency: str


@attrs.frozen(kw_only=True)
class Terms:
    """What a session trades on.

    Attributes
    ----------
    unit:
        The smallest amount of the account's currency.
    conversions:
        The symbol that converts each foreign currency.
    fees:
        The share of the value by liquidity; ``None`` where the broker is not the paper broker.
    interval:
        How long a bar lasts, in seconds.
    """

    cash: Decimal
    currency: str
    unit: Decimal
    instruments: Mapping[str, Instrument]
    conversions: Mapping[str, str]
    fees: Mapping[str, Decimal] | None
    interval: int = 60

    def converter(self, symbol: str) -> str | None:
        """Return the symbol that converts another one's currency; ``None`` in the account's own."""
        currency = self.instruments[symbol].currency
        return None if currency == self.currency else self.conversions[currency]

    def value(self, symbol: str, price: Decimal, quantity: Decimal, rate: Decimal | None) -> Decimal:
        """Return price times quantity in the account's currency, rounded once; ``rate`` is the conversion's price."""
        product = price * quantity
        if rate is not None:
            product = product * rate if self._multiplies(symbol) else product / rate
        return rounded(product, self.unit)

    def likely_rate(self, symbol: str, product: Decimal, value: Decimal) -> Decimal:
        """Return the price on the conversion's tick that comes nearest to turning a product into a value."""
        tick = self.instruments[self.conversions[self.instruments[symbol].currency]].tick
        if not product or not value:
            return tick
        rate = value / product if self._multiplies(symbol) else product / value
        return max(_ONE, rounded(rate / tick, _ONE)) * tick

    def _multiplies(self, symbol: str) -> bool:
        return self.instruments[self.conversions[self.instruments[symbol].currency]].currency == self.currency


def read_terms(folder: Path, decimals: int) -> Terms:
    """Read ``config.yaml``; every scalar is taken as the text that it is.

    Raises
    ------
    IntegrityError
        Where it is missing, or lacks what the books need.
    """
    path = folder / CONFIG_FILE
    try:
        # The base loader builds texts, lists and dictionaries only.
        config = yaml.load(path.read_bytes(), Loader=yaml.BaseLoader)  # noqa: S506
        broker, unit = config["broker"], _ONE.scaleb(-decimals)
        fees = None
        if broker["plugin"].rpartition("/")[2] == "paper":
            fees = {name: Decimal(broker["fees"][f"{name}_bps"]).scaleb(-4) for name in ("maker", "taker")}
        terms = Terms(
            cash=rounded(_above_zero(broker["cash"]), unit),
            currency=broker["currency"],
            unit=unit,
            instruments={symbol: _instrument(entry) for symbol, entry in config["instruments"].items()},
            conversions=dict(broker["conversions"]),
            fees=fees,
            interval=parse_interval(config.get("feed", {}).get("interval", "1m")),
        )
        for symbol in terms.instruments:  # each converter is an instrument too
            _ = terms.instruments[terms.converter(symbol) or symbol]
    except OSError as error:
        raise IntegrityError(f"{path} cannot be read: {error.strerror or error}", hint=RESTORE) from error
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError, InvalidOperation, InputError) as error:
        raise IntegrityError(
            f"{path} lacks what the books need: {type(error).__name__} {error}", hint=RESTORE
        ) from error
    return terms


def _instrument(entry: Mapping[str, str]) -> Instrument:
    tick, lot = _above_zero(entry["tick"]), _above_zero(entry["lot"])
    return Instrument(tick, lot, _unit_of(tick), _unit_of(lot), entry["currency"])


def _unit_of(step: Decimal) -> Decimal:
    return _ONE.scaleb(min(0, int(step.normalize().as_tuple().exponent)))


def _above_zero(found: str) -> Decimal:
    if not NUMBER.fullmatch(found) or Decimal(found) <= 0:
        raise ValueError(f"{found!r} is no decimal above 0")
    return Decimal(found)


class Trade(NamedTuple):
    """One fill; ``quantity`` is negative for a sale, ``value`` never is."""

    order_id: int
    symbol: str
    quantity: Decimal
    price: Decimal
    value: Decimal
    fee: Decimal


class Step(NamedTuple):
    """The books after a trade: the account's, and those of the symbol that traded.

    ``clock`` is the session's, at which the trade was booked; ``cost`` is that of all open lots.
    """

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

    cost: Decimal
    realized: Decimal
    quantity: Decimal = ZERO
    lots: list[list[Decimal]] = attrs.field(factory=list)


class Books:
    """Cash, lots and profit, trade by trade."""

    def __init__(self, terms: Terms) -> None:
        self._unit = terms.unit
        zero = rounded(ZERO, terms.unit)
        self.holdings = {symbol: Holding(zero, zero) for symbol in terms.instruments}
        self.now = Step("", "", terms.cash, zero, zero, zero, 0, 0, ZERO, zero, zero)

    def book(self, clock: str, trade: Trade) -> Decimal:
        """Book a trade at the session's clock; return what it realised, before its fee."""
        holding, now = self.holdings[trade.symbol], self.now
        before, cost_before = holding.quantity, holding.cost
        signed_value = trade.value if trade.quantity > 0 else -trade.value
        opening, opening_value = trade.quantity, signed_value
        realized = rounded(ZERO, self._unit)
        if before * trade.quantity < 0:
            closing = min(abs(trade.quantity), abs(before))
            closing_value = rounded(signed_value * closing / abs(trade.quantity), self._unit)
            opening -= closing.copy_sign(opening)
            opening_value -= closing_value
            realized -= closing_value + self._release(holding, closing)
        if opening:
            holding.lots.append([opening, opening_value])
            holding.cost += opening_value
        holding.quantity += trade.quantity
        holding.realized += realized
        self.now = Step(
            clock=clock,
            symbol=trade.symbol,
            cash=now.cash - signed_value - trade.fee,
            realized=now.realized + realized,
            fees=now.fees + trade.fee,
            cost=now.cost + holding.cost - cost_before,
            longs=now.longs + (holding.quantity > 0) - (before > 0),
            shorts=now.shorts + (holding.quantity < 0) - (before < 0),
            symbol_quantity=holding.quantity,
            symbol_cost=holding.cost,
            symbol_realized=holding.realized,
        )
        return realized

    def _release(self, holding: Holding, closing: Decimal) -> Decimal:
        """Take a quantity from the oldest lots on and return what it had cost."""
        released = ZERO
        while closing:
            lot = holding.lots[0]
            taken = min(closing, abs(lot[0]))
            share = rounded(lot[1] * taken / abs(lot[0]), self._unit)
            lot[0] -= taken.copy_sign(lot[0])
            lot[1] -= share
            released += share
            closing -= taken
            if not lot[0]:
                del holding.lots[0]
        holding.cost -= released
        return released
