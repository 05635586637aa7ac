"""The nearest weights that keep all limits."""

from __future__ import annotations

import attrs
import numpy as np

from logos.portfolio.arrays import Vector
from logos.portfolio.constraints.conflicts import feasible, least_change, nearest_total, refusal
from logos.portfolio.constraints.keeping import violation
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.constraints.multipliers import settled
from logos.portfolio.errors import EstimationError

_KEPT = 1e-10
"""Weights that break no limit by more than this stay as they are."""
_REACHED = 1e-9


def nearest_of_sum(weights: Vector, limits: Limits) -> Vector:
    """Return the weights nearest to those given among all that keep all limits and have the sum nearest to theirs.

    Where the sum may lie in a range, the plainly nearest weights would leave what a cap cuts off in cash, though other
    symbols have room for it.

    Raises
    ------
    InfeasibleError, EstimationError
        See ``nearest``.
    """
    least, most = limits.total
    asked = min(max(float(weights.sum()), least), most)
    if least == most or not np.isfinite(asked):
        return nearest(weights, limits)
    given = attrs.evolve(limits, total=(asked, asked), totals=())
    if not feasible(given):
        total = nearest_total(limits, asked)
        given = limits if total is None else attrs.evolve(limits, total=total, totals=())
    return nearest(weights, given)


def nearest(weights: Vector, limits: Limits) -> Vector:
    """Return the weights nearest to those given, in the Euclidean sense, that keep all limits.

    Weights that keep them already are returned as they are. What it returns breaks no limit by more than 1e-9. With
    hundreds of overlapping groups without any room, it can happen that the search does not end in time: then they are
    weights with the least sum of absolute changes in place of the least sum of squares.

    Raises
    ------
    InfeasibleError
        Where no weights keep all limits; it names those that contradict each other.
    EstimationError
        Where a weight is not finite.
    """
    if not np.isfinite(weights).all():
        raise EstimationError(
            "a weight that is not a finite number has no nearest one that keeps the constraints",
            hint="Look at the returns that the weights come from",
        )
    if violation(weights, limits) <= _KEPT:
        return weights
    if bool((limits.lower <= limits.upper).all()) and weights.size:
        found = settled(weights, limits)
        if violation(found, limits) <= _REACHED:
            return found
    # Either there are none, or the multipliers have not settled: a linear program decides, and finds some near ones.
    fallback = least_change(weights, limits)
    if fallback is None:
        raise refusal(limits)
    return fallback
