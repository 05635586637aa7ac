"""Series of numbers that every measure starts from: checked once, and summed so that no machine differs.

Sums are exactly rounded (``math.fsum``), and single steps are the IEEE ones, so that a mean or a deviation has the same
bits on every processor. The vectorised sums of numpy and its linear algebra do not promise that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from logos.domain.errors import InputError

Series = npt.NDArray[np.float64]
Numbers = Sequence[float] | Series


def series_of(values: Numbers, what: str) -> Series:
    """Return the values as one column of finite numbers.

    Parameters
    ----------
    values:
        Any sequence of numbers, also an empty one.
    what:
        What they are called in an error.

    Raises
    ------
    InputError
        Where they are no single column, or one of them is NaN or infinite.
    """
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1:
        raise InputError(
            f"{what} have {column.ndim} dimensions, and must be one column of numbers",
            hint="Pass one value a day",
        )
    if not np.isfinite(column).all():
        place = int(np.flatnonzero(~np.isfinite(column))[0])
        raise InputError(
            f"{what} hold {column[place]} at place {place}, and every value must be a finite number",
            hint="Leave out the days without a value, or mend where the value comes from",
        )
    return column


def paired(first: Numbers, second: Numbers, what: str) -> tuple[Series, Series]:
    """Return two columns of the same days.

    Raises
    ------
    InputError
        Where they differ in length, or one of them is refused by :func:`series_of`.
    """
    one, two = series_of(first, what), series_of(second, what)
    if one.size != two.size:
        raise InputError(
            f"{what} have {one.size} and {two.size} values, and must cover the same days",
            hint="Keep the days that both have",
        )
    return one, two


def exact_sum(values: Series) -> float:
    """Return the sum, rounded once."""
    return math.fsum(values.tolist())


def mean(values: Series) -> float | None:
    """Return the arithmetic mean; ``None`` without a value."""
    return exact_sum(values) / values.size if values.size else None


def deviations(values: Series) -> Series:
    """Return each value less the mean; exact zeros where all values are equal."""
    if not values.size or (values == values[0]).all():
        return np.zeros_like(values)
    return values - exact_sum(values) / values.size


def standard_deviation(values: Series) -> float | None:
    """Return the sample standard deviation, ``sqrt(sum((x - mean)**2) / (n - 1))``.

    ``None`` for fewer than two values, and exactly 0 where all values are equal.
    """
    if values.size < 2:
        return None
    apart = deviations(values)
    return math.sqrt(exact_sum(apart * apart) / (values.size - 1))


def quotient(numerator: float | None, denominator: float | None) -> float | None:
    """Return a quotient; ``None`` where a part is undefined, the denominator is 0, or the answer is not finite."""
    if numerator is None or denominator is None or denominator == 0:
        return None
    return finite(numerator / denominator)


def finite(value: float) -> float | None:
    """Return the value, or ``None`` where it is NaN or infinite."""
    return value if math.isfinite(value) else None


def quantile(values: Series, share: float) -> float | None:
    """Return the empirical quantile, linear between the two nearest values (Hyndman and Fan 1996, type 7).

    ``None`` without a value.
    """
    if not values.size:
        return None
    ordered = np.sort(values).tolist()
    place = (len(ordered) - 1) * share
    below = min(int(place), len(ordered) - 1)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (ordered[above] - ordered[below]) * (place - below))


def moment(apart: Series, power: int) -> float:
    """Return the mean of a power of deviations, of which there is at least one."""
    product = apart
    # Products are rounded alike everywhere; the power function of the C library is not.
    for _ in range(power - 1):
        product = product * apart
    return exact_sum(product) / apart.size
