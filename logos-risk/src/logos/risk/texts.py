"""How the guards print numbers, and how they find the largest order that would still pass."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from logos.domain.instruments import Instrument
from logos.domain.money import RATIO_DECIMALS, divide_half_even, ratio, text_of

_SHOWN_DECIMALS = 2
_LEFT_DECIMALS = 4
_LEFT_ONE = 10**_LEFT_DECIMALS


def money(value: int, decimals: int) -> str:
    """Print an amount in minor units without needless zeros, but with two decimals where it has them.

    >>> money(6120000000000, 8)
    '61200.00'
    """
    text = text_of(value, decimals)
    if decimals <= _SHOWN_DECIMALS:
        return text
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(_SHOWN_DECIMALS, '0')}"


def share(numerator: int, denominator: int) -> str:
    """Print a ratio with at least two and at most eight decimals.

    >>> share(1, 8)
    '0.125'
    """
    return money(ratio(numerator, denominator), RATIO_DECIMALS)


def limit(value: Decimal) -> str:
    """Print a limit as the config gave it, never with an exponent."""
    return f"{value:f}"


def left(limit: Fraction, text: str, used: int, base: int) -> str:
    """Say how much of a limit is left, to four decimals, where so much of a base is used.

    >>> left(Fraction(1, 2), "0.5", 27333824, 100000000)
    '0.2267 left of 0.5'
    """
    if base <= 0:
        return f"none left of {text}"
    rest = limit - Fraction(used, base)
    if rest <= 0:
        return f"none left of {text}"
    return f"{text_of(divide_half_even(rest.numerator * _LEFT_ONE, rest.denominator), _LEFT_DECIMALS)} left of {text}"


def largest(quantity: int, fits: Callable[[int], bool]) -> int:
    """Return the largest number of lots below ``quantity`` that fits; 0 for none.

    ``fits`` must be true for every quantity below one for which it is true.
    """
    low, high = 0, quantity
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return low


def remedy(instrument: Instrument, quantity: int, lots: int) -> str:
    """Say how much of a blocked order would pass."""
    if lots == 0:
        return "not even one lot fits now"
    asked = instrument.quantity_text(quantity)
    return f"at most {instrument.quantity_text(lots)} {instrument.symbol} fits, {asked} was asked for"
