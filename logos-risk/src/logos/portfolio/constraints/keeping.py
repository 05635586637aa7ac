"""Whether weights keep their limits, and by how much they break which."""

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
    """Return a phrase with the numbers for each limit that weights break by more than a tolerance."""
    return tuple(_broken(weights, limits, tolerance))


def _broken(weights: Vector, limits: Limits, tolerance: float) -> Iterator[str]:
    for place, symbol in enumerate(limits.symbols):
        weight, least, most = float(weights[place]), float(limits.lower[place]), float(limits.upper[place])
        yield from _outside(f"the weight of {symbol}", weight, (least, most), tolerance)
    yield from _outside("the sum of all weights", float(weights.sum()), limits.total, tolerance)
    for group in limits.groups:
        share = float(weights[list(group.members)].sum())
        yield from _outside(f"{group.name}: the sum", share, (group.lower, group.upper), tolerance)
    if limits.gross is not None:
        gross = float(np.abs(weights).sum())
        yield from _outside("constraints.gross: the sum of absolute weights", gross, (-inf, limits.gross), tolerance)
    if limits.turnover is not None:
        traded = float(np.abs(weights - limits.held).sum())
        yield from _outside("constraints.turnover: what is traded", traded, (-inf, limits.turnover), tolerance)


def _outside(what: str, value: float, bounds: tuple[float, float], tolerance: float) -> Iterator[str]:
    """Yield a phrase where a value lies outside its bounds; a value that is no number lies outside all."""
    least, most = bounds
    if not value >= least - tolerance:
        yield f"{what} is {value:.6g}, below {least:.6g}"
    elif not value <= most + tolerance:
        yield f"{what} is {value:.6g}, above {most:.6g}"
