"""How far an account fell below the best it had reached."""

from __future__ import annotations

import math

import attrs
import numpy as np

from logos.domain.errors import InputError
from logos.metrics.series import Numbers, Series, exact_sum, series_of


@attrs.frozen(kw_only=True)
class Drawdown:
    """The deepest fall of an equity curve.

    Attributes
    ----------
    depth:
        As a positive fraction of the peak.
    peak, trough:
        The places in the curve that it fell from and to; -1 for what the account started with. Both are -1 where it
        never fell. The first of several equal falls.
    """

    depth: float
    peak: int
    trough: int


def drawdown_curve(equity: Numbers, start: float) -> Series:
    """Return at each value how far it lies below the highest so far, as a positive fraction of it.

    The start counts as a peak. Source: Magdon-Ismail and Atiya, *Maximum Drawdown*, Risk 17(10), 2004. At zero equity
    it is 1, and below zero more. Empty without a value.

    Parameters
    ----------
    equity:
        At the end of each day or slice, in any unit.
    start:
        Equity before the first, in the same unit, above 0.
    """
    column = series_of(equity, "equity values")
    peaks = _peaks(column, start)
    return (peaks - column) / peaks


def max_drawdown(equity: Numbers, start: float) -> float:
    """Return the deepest of :func:`drawdown_curve`; 0 without a value, and where equity never fell."""
    curve = drawdown_curve(equity, start)
    return float(curve.max()) if curve.size else 0.0


def deepest_drawdown(equity: Numbers, start: float) -> Drawdown:
    """Return the deepest fall with where it began and where it ended."""
    column = series_of(equity, "equity values")
    curve = drawdown_curve(column, start)
    if not curve.size or curve.max() == 0:
        return Drawdown(depth=0.0, peak=-1, trough=-1)
    trough = int(curve.argmax())
    height = _peaks(column, start)[trough]
    peak = -1 if height == start else int(np.flatnonzero(column == height)[0])
    return Drawdown(depth=float(curve[trough]), peak=peak, trough=trough)


def ulcer_index(equity: Numbers, start: float) -> float | None:
    """Return the root of the mean squared drawdown, which weighs how deep and how long an account was under water.

    Source: Martin and McCann, *The Investor's Guide to Fidelity Funds*, 1989. ``None`` without a value.
    """
    curve = drawdown_curve(equity, start)
    return math.sqrt(exact_sum(curve * curve) / curve.size) if curve.size else None


def _peaks(equity: Series, start: float) -> Series:
    if not 0 < start < math.inf:
        raise InputError(f"equity starts at {start}, and must start above 0", hint="Pass the cash at the start")
    return np.maximum(np.maximum.accumulate(equity), start)
