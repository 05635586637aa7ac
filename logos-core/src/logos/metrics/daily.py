"""From an account's equity at the end of each day to the returns of those days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from logos.domain.errors import InputError
from logos.metrics.series import Series


def daily_returns(equity: Sequence[int] | Sequence[float], start: float) -> Series:
    """Return the simple return of each day, ``equity[i] / equity[i - 1] - 1``, the first against what it started with.

    Source: Bacon, *Practical Portfolio Performance Measurement and Attribution*, 2nd ed. 2008.

    A day without a value is no day: the return after a gap is one return, over the whole gap. No value gives no
    return. Where equity falls to zero or below, the day on which it does is the last one with a return (at most -1):
    from nothing there is no return.

    Parameters
    ----------
    equity:
        At the end of each day, in any unit. Integers of any size are divided exactly and rounded once.
    start:
        Equity before the first day, in the same unit, above 0.

    Raises
    ------
    InputError
        Where the start is not above 0, or a value is NaN or infinite.
    """
    if not 0 < start < float("inf"):
        raise InputError(f"equity starts at {start}, and must start above 0", hint="Pass the cash at the start")
    before = start
    returns = []
    for value in equity:
        returns.append((value - before) / before)
        if value <= 0:
            break
        before = value
    column = np.array(returns, dtype=np.float64)
    if not np.isfinite(column).all():
        raise InputError(
            "equity holds a value that is NaN or infinite, and every value must be a finite number",
            hint="Leave out the days without a value, or mend where the value comes from",
        )
    return column


def growth_of(returns: Series) -> Series:
    """Return equity after each day where it started at 1: the running product of ``1 + r``."""
    equity = np.empty_like(returns)
    value = 1.0
    for place, change in enumerate(returns.tolist()):
        value *= 1.0 + change
        equity[place] = value
    return equity
