"""Figures over whole columns of ticks, exact or none at all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from logos.domain.money import RATIO_ONE

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LARGEST = 2**62
"""What no figure of a column may reach, so that nothing overflows on the way."""


def rolling_sums(values: Column, window: int) -> Column:
    """Return the sums of the last ``window`` values, for every row from ``window`` - 1 on."""
    sums = np.cumsum(values)
    later = sums[window - 1 :].copy()
    later[1:] -= sums[: len(values) - window]
    return later


def values(count: int, value: int = 0) -> Column:
    """Return the same signal at every row."""
    return np.full(count, value, dtype=np.int64)


def values_where(condition: Flags, *, otherwise: int = 0) -> Column:
    """Return full signals where a condition holds, and another value where it does not."""
    return np.where(condition, RATIO_ONE, otherwise).astype(np.int64, copy=False)


def largest(values: Column) -> int:
    """Return the largest value; 0 for an empty column."""
    return int(values.max()) if len(values) else 0
