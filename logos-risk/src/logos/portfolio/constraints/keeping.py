"""Whether weights keep their limits, by how much they break them, and which."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import numpy as np

from logos.portfolio.arrays import Vector
from logos.portfolio.constraints.limits import Limits

TOLERANCE = 1e-8
"""A hundred-millionth of equity: what weights are rounded to."""


def violation(weights: Vector, limits: Limits) -> float:
    """Return by how much weights break the limit that they break most; 0 where they keep all.

    Infinite for weights that are not finite.
    """
    if not weights.size:
        return max(0.0, limits.total[0], -limits.total[1])
    total = float(weights.sum())
    worst = max(
        0.0,
        float((limits.lower - weights).max()),
        float((weights - limits.upper).max()),
        limits.total[0] - total,
        total - limits.total[1],
    )
    for group in limits.groups:
        share = float(weights[list(group.members)].sum())
        worst = max(worst, group.lower - share, share - group.upper)
    if limits.gross is not None:
        worst = max(worst, float(np.abs(weights).sum()) - limits.gross)
    if limits.turnover is not None:
        worst = max(worst, float(np.abs(weights - limits.held).sum()) - limits.turnover)
    return worst if np.isfinite(weights).all() else inf


def broken(weights: Vector, limits: Limits, tolerance: float = TOLERANCE) -> tuple[str, ...]:
    """Return the name of each limit that weights break by more than a tolerance, without its number."""
    return tuple(_broken(weights, limits, tolerance))


def _broken(weights: Vector, limits: Limits, tolerance: float) -> Iterator[str]:
    for place, symbol in enumerate(limits.symbols):
        if _outside(float(weights[place]), float(limits.lower[place]), float(limits.upper[place]), tolerance):
            yield f"the weight of {symbol}"
    if _outside(float(weights.sum()), *limits.total, tolerance):
        yield "the sum of all weights"
    for group in limits.groups:
        if _outside(float(weights[list(group.members)].sum()), group.lower, group.upper, tolerance):
            yield group.name
    if limits.gross is not None and _outside(float(np.abs(weights).sum()), -inf, limits.gross, tolerance):
        yield "constraints.gross"
    if limits.turnover is not None:
        traded = float(np.abs(weights - limits.held).sum())
        if _outside(traded, -inf, limits.turnover, tolerance):
            yield "constraints.turnover"


def _outside(value: float, least: float, most: float, tolerance: float) -> bool:
    """Return whether a value lies outside its bounds; one that is no number lies outside all."""
    return not least - tolerance <= value <= most + tolerance
