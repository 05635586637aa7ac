"""Figures over whole columns of ticks, exact or none at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from logos.domain.money import RATIO_ONE

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_BLOCK = 8_192

LARGEST = 2**62
"""What no figure of a column may reach, so that nothing overflows on the way."""


def blocks(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield the bounds of the blocks in which the rows from ``start`` up to, not including, ``stop`` are computed.

    What is computed on the way stays in the processor's cache then: large columns cost more to come by than to fill.
    """
    for begin in range(start, stop, _BLOCK):
        yield begin, min(begin + _BLOCK, stop)


def running_totals(values: Column) -> Column:
    """Return the sum of all values before each row, and of all of them at the end: one more row than there are."""
    totals = np.empty(len(values) + 1, dtype=np.int64)
    totals[0] = 0
    np.cumsum(values, out=totals[1:])
    return totals


def values(count: int, value: int = 0) -> Column:
    """Return the same signal at every row."""
    return np.full(count, value, dtype=np.int64)


def values_where(condition: Flags, *, otherwise: int = 0) -> Column:
    """Return full signals where a condition holds, and another value where it does not."""
    found = condition.astype(np.int64)
    found *= RATIO_ONE - otherwise
    found += otherwise
    return found


def largest(values: Column) -> int:
    """Return the largest value; 0 for an empty column."""
    return int(values.max()) if len(values) else 0
