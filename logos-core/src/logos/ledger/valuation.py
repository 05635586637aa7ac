"""What price times quantity is worth in the account's currency: one exact product, rounded once."""

from __future__ import annotations

from fractions import Fraction

import attrs

from logos.domain.errors import InputError
from logos.domain.instruments import Instrument
from logos.ledger.rules import value_of


@attrs.frozen(kw_only=True)
class Conversion:
    """How a foreign quote currency becomes the account's.

    Attributes
    ----------
    instrument:
        The conversion symbol, such as EUR-USD.
    divides:
        Whether its price divides (USD-JPY for a USD account) instead of multiplying (EUR-USD).
    """

    instrument: Instrument
    divides: bool


def find_conversion(instrument: Instrument, foreign: str, home: str) -> Conversion:
    """Return how a symbol named ``BASE-QUOTE`` converts a foreign currency to the account's.

    Raises
    ------
    InputError
        Where it converts neither way.
    """
    base = instrument.symbol.split("-")[0]
    if base == foreign and instrument.currency == home:
        return Conversion(instrument=instrument, divides=False)
    if base == home and instrument.currency == foreign:
        return Conversion(instrument=instrument, divides=True)
    raise InputError(
        f"{instrument.symbol} (quoted in {instrument.currency}) does not convert {foreign} to {home}",
        hint=f"Name a symbol {foreign}-{home} quoted in {home}, or {home}-{foreign} quoted in {foreign}",
    )


@attrs.frozen
class Valuation:
    """Values one instrument: ``price * lots * numerator / denominator``, times or over the conversion's price."""

    numerator: int
    denominator: int
    conversion: Conversion | None

    @classmethod
    def of(cls, instrument: Instrument, decimals: int, conversion: Conversion | None) -> Valuation:
        """Prepare the valuation of an instrument in money with so many decimals."""
        factor = Fraction(instrument.tick) * Fraction(instrument.lot) * 10**decimals
        if conversion is not None:
            tick = Fraction(conversion.instrument.tick)
            factor = factor / tick if conversion.divides else factor * tick
        return cls(factor.numerator, factor.denominator, conversion)

    def value(self, price: int, lots: int, conversion_price: int | None) -> int:
        """Return price (ticks) times quantity (lots) in minor units, rounded half to even.

        ``conversion_price`` is the last close of the conversion symbol in ticks, where the valuation converts.
        """
        if self.conversion is None:
            return value_of(price, lots, self.numerator, self.denominator)
        numerator, denominator = self.per_lot(price, conversion_price)
        return value_of(1, lots, numerator, denominator)

    def per_lot(self, price: int, conversion_price: int | None) -> tuple[int, int]:
        """Return what one lot is worth at a price, unrounded, as a fraction of minor units."""
        numerator, denominator = price * self.numerator, self.denominator
        if self.conversion is not None:
            if conversion_price is None:
                raise InputError(f"{self.conversion.instrument.symbol} has no bar yet, so nothing can be converted")
            if self.conversion.divides:
                denominator *= conversion_price
            else:
                numerator *= conversion_price
        return numerator, denominator
