"""Exact arithmetic: integers that stand for decimals, and the one rounding rule.

Money is a whole number of minor units (``10**-8`` of the currency unless its config says otherwise);
a ratio (weight, signal, drawdown, exposure) is a whole number of hundred-millionths. A result that
is not whole is rounded half to even, here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from logos.domain.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Column = npt.NDArray[np.int64]

RATIO_DECIMALS = 8
RATIO_ONE = 10**RATIO_DECIMALS
MONEY_DECIMALS = 8
BASIS_POINTS = 10_000


def divide_half_even(numerator: int, denominator: int) -> int:
    """Divide two integers and round half to even.

    The same lines serve single integers of any size, whole columns, and compiled code; whoever hands over 64-bit
    columns, or compiles it, has made sure that nothing overflows.

    Parameters
    ----------
    numerator:
        Any integer, or a column of them.
    denominator:
        A positive integer, or a column of them.
    """
    quotient = numerator // denominator
    double = (numerator - quotient * denominator) * 2
    return quotient + ((double > denominator) | ((double == denominator) & (quotient & 1 == 1)))


divide_columns_half_even = cast("Callable[[Column, Column | int], Column]", divide_half_even)
"""The very same function, for columns of 64-bit integers in which nothing can overflow."""


def ratio(numerator: int, denominator: int) -> int:
    """Return ``numerator / denominator`` in hundred-millionths, half to even; 0 for a denominator not above 0."""
    if denominator <= 0:
        return 0
    return divide_half_even(numerator * RATIO_ONE, denominator)


def decimals_of(step: Decimal) -> int:
    """Return how many decimals a step such as ``0.01`` prints with (2); never negative."""
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def scaled(value: Decimal, decimals: int) -> int:
    """Return ``value`` as a whole number of ``10**-decimals``, half to even."""
    exact: Fraction = Fraction(value) * 10**decimals
    return divide_half_even(exact.numerator, exact.denominator)


def scaled_exactly(value: Decimal, decimals: int, *, what: str) -> int:
    """Return ``value`` as a whole number of ``10**-decimals``.

    Raises
    ------
    InputError
        Where the value has more decimals than that.
    """
    exact: Fraction = Fraction(value) * 10**decimals
    if exact.denominator != 1:
        raise InputError(
            f"{what} {value} has more than {decimals} decimals",
            hint=f"Write it with at most {decimals} decimals",
        )
    return exact.numerator


def text_of(value: int, decimals: int) -> str:
    """Print a scaled integer as a plain decimal: no exponent, no missing or extra digits.

    >>> text_of(-5, 2)
    '-0.05'
    """
    if decimals == 0:
        return str(value)
    digits = str(value).zfill(decimals + 1 if value >= 0 else decimals + 2)
    return f"{digits[:-decimals]}.{digits[-decimals:]}"
