"""What can be traded, and how finely: tick, lot, limits, currency, calendar."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import Any

import attrs

from logos.domain.errors import InputError
from logos.domain.money import decimals_of, divide_half_even, text_of


class AssetClass(StrEnum):
    """The asset classes of a bar cache; each is a folder in it."""

    EQUITY = "equity"
    CRYPTO = "crypto"
    FOREX = "forex"


_quantity_text = lru_cache(maxsize=4096)(text_of)
"""An order prints its quantity half a dozen times, and the next order often has the same."""


def _positive(_instance: object, attribute: attrs.Attribute[Decimal], value: Decimal) -> None:
    if not value.is_finite() or value <= 0:
        raise InputError(f"{attribute.name} is {value}, and must be above 0")


def _not_negative(_instance: object, attribute: attrs.Attribute[Any], value: Decimal | None) -> None:
    if value is not None and (not value.is_finite() or value < 0):
        raise InputError(f"{attribute.name} is {value}, and must not be below 0")


def _only_one(_instance: object, _attribute: attrs.Attribute[Decimal], value: Decimal) -> None:
    if value != 1:
        raise InputError(
            f"multiplier is {value}; this release trades instruments with a multiplier of 1 only",
            hint="Leave the multiplier out, or trade the underlying",
        )


@attrs.frozen(kw_only=True, eq=False)
class Instrument:
    """One tradable symbol. Instances are unique within a session and compare by identity.

    Attributes
    ----------
    symbol:
        The name used in configs, files and artifacts, such as ``BTC-USD``.
    asset_class:
        Decides the cache folder, and whether a bar without volume can fill orders (forex has none).
    tick:
        The smallest step of a price, in ``currency``.
    lot:
        The smallest step of a quantity, in units.
    min_notional:
        The least value of an order, in ``currency``; 0 for none.
    notional_cap:
        The greatest value of one order, in ``currency``; ``None`` for none.
    currency:
        What prices are quoted in.
    calendar:
        The name of a trading calendar, or ``None`` where the market never closes or nobody knows.
    sector:
        A free label for grouping.
    multiplier:
        Units of the underlying in one unit of quantity. Only 1 is allowed in this release.
    lots_a_unit:
        How many lots make one unit.
    least_product, greatest_product:
        The notional limits as bounds of price (ticks) times quantity (lots); the second ``None`` without a cap.
    """

    symbol: str
    asset_class: AssetClass
    tick: Decimal = attrs.field(validator=_positive)
    lot: Decimal = attrs.field(validator=_positive)
    min_notional: Decimal = attrs.field(default=Decimal(0), validator=_not_negative)
    notional_cap: Decimal | None = attrs.field(default=None, validator=_not_negative)
    currency: str
    calendar: str | None = None
    sector: str | None = None
    multiplier: Decimal = attrs.field(default=Decimal(1), validator=_only_one)
    price_decimals: int = attrs.field(init=False)
    quantity_decimals: int = attrs.field(init=False)
    lots_a_unit: Fraction = attrs.field(init=False)
    least_product: int = attrs.field(init=False)
    greatest_product: int | None = attrs.field(init=False)
    _tick_step: int = attrs.field(init=False)
    _lot_step: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        for name, step in (("price", self.tick), ("quantity", self.lot)):
            decimals = decimals_of(step)
            object.__setattr__(self, f"{name}_decimals", decimals)
        object.__setattr__(self, "_tick_step", int(self.tick.scaleb(self.price_decimals)))
        object.__setattr__(self, "_lot_step", int(self.lot.scaleb(self.quantity_decimals)))
        unit = Fraction(self.tick) * Fraction(self.lot)
        object.__setattr__(self, "lots_a_unit", 1 / Fraction(self.lot))
        cap = None if self.notional_cap is None else floor(Fraction(self.notional_cap) / unit)
        object.__setattr__(self, "least_product", ceil(Fraction(self.min_notional) / unit))
        object.__setattr__(self, "greatest_product", cap)

    @property
    def has_volume(self) -> bool:
        """Whether the asset class reports a traded volume at all."""
        return self.asset_class is not AssetClass.FOREX

    def price_text(self, ticks: int) -> str:
        """Print a price given in ticks."""
        return text_of(ticks * self._tick_step, self.price_decimals)

    def quantity_text(self, lots: int) -> str:
        """Print a quantity given in lots; negative for a short position."""
        return _quantity_text(lots * self._lot_step, self.quantity_decimals)

    def price_float(self, ticks: int) -> float:
        """Return the float nearest to a price given in ticks: for indicators, never for money."""
        denominator: int = 10**self.price_decimals
        return ticks * self._tick_step / denominator

    def average_price_text(self, ticks_times_lots: int, lots: int) -> str:
        """Print a quantity-weighted average price with the tick's decimals, half to even."""
        return text_of(divide_half_even(ticks_times_lots * self._tick_step, lots), self.price_decimals)

    def notional_text(self, ticks: int, lots: int) -> str:
        """Print price times quantity in the quote currency: exactly, with two decimals at least."""
        decimals = self.price_decimals + self.quantity_decimals
        text = text_of(ticks * self._tick_step * lots * self._lot_step, decimals)
        whole, _, fraction = text.partition(".")
        return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"

    def ticks_of(self, price: Decimal) -> int:
        """Return a price in ticks.

        Raises
        ------
        InputError
            Where the price lies between two ticks.
        """
        ticks = Fraction(price) / Fraction(self.tick)
        if ticks.denominator != 1:
            below = self.price_text(int(ticks.__floor__()))
            above = self.price_text(int(ticks.__floor__()) + 1)
            raise InputError(
                f"price {price} of {self.symbol} is off its tick {self.tick}",
                hint=f"Use {below} or {above}",
            )
        return ticks.numerator

    def lots_of(self, units: Decimal | Fraction) -> int:
        """Return a quantity in whole lots, rounded toward zero."""
        return int(Fraction(units) * self.lots_a_unit)
