"""Weights and shares as whole hundred-millionths."""

from __future__ import annotations

import attrs
import numpy as np

from logos.domain.money import RATIO_ONE
from logos.portfolio.arrays import Vector
from logos.portfolio.constraints.keeping import TOLERANCE, violation
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.constraints.projection import nearest
from logos.portfolio.errors import InfeasibleError

_UNIT = 1.0 / RATIO_ONE
_NOISE = 1e-12
"""Sums of floats that stand for whole units are off by less."""


def kept_units(weights: Vector, limits: Limits) -> dict[str, int]:
    """Return weights that keep their limits in hundred-millionths that keep them too, each to a unit.

    Rounded one by one, N weights move a sum of them by up to N/2 units. Where that breaks a limit, the weights are
    first moved inside by as much: then bounds, groups, gross exposure and turnover win over the sum of all weights,
    which may fall short of the least by up to N units. Where limits leave no such room, as a turnover of nothing does,
    plain rounding is all there is.
    """
    units = whole_units(weights, limits.symbols)
    for inner in (_inside(limits), attrs.evolve(_inside(limits), turnover=limits.turnover)):
        if violation(_shares(units, limits), limits) <= TOLERANCE + _NOISE:
            break
        try:
            rounded = np.rint(nearest(weights, inner) * RATIO_ONE)
        except InfeasibleError:
            continue
        return {symbol: int(unit) for symbol, unit in sorted(zip(limits.symbols, rounded, strict=True))}
    return units


def _inside(limits: Limits) -> Limits:
    """Return limits with as much room as rounding takes; the bounds of one weight give way, half a unit towards 0."""
    count = len(limits.symbols)
    room = _UNIT / 2
    margin = (count - 1) * room
    lower = np.where(limits.lower > 0, limits.lower - room, limits.lower)
    upper = np.where(limits.upper < 0, limits.upper + room, limits.upper)
    groups = [
        attrs.evolve(
            group,
            lower=group.lower + (len(group.members) - 1) * room if group.lower else 0.0,
            upper=group.upper - (len(group.members) - 1) * room,
        )
        for group in limits.groups
    ]
    return attrs.evolve(
        limits,
        lower=lower,
        upper=upper,
        total=(limits.total[0] - count * room, limits.total[1] - margin),
        gross=None if limits.gross is None else limits.gross - margin,
        turnover=None if limits.turnover is None else limits.turnover - margin,
        groups=tuple(groups),
    )


def _shares(units: dict[str, int], limits: Limits) -> Vector:
    return np.array([units[symbol] / RATIO_ONE for symbol in limits.symbols])


def whole_units(values: Vector, symbols: tuple[str, ...]) -> dict[str, int]:
    """Return values by symbol in hundred-millionths that sum to the rounded sum of all.

    Each is rounded to the nearest; what the sum is off by then, the ones that rounding moved furthest the other way
    make up, a unit each. A value that rounds to 0 stays 0.
    """
    exact = values * RATIO_ONE
    units = np.rint(exact)
    left = round(float(exact.sum())) - int(units.sum())
    moved = (exact - units) * (1 if left > 0 else -1)
    furthest = sorted((-float(moved[place]), symbols[place], place) for place in np.flatnonzero(units))
    for _, _, place in furthest[: abs(left)]:
        units[place] += 1 if left > 0 else -1
    return {symbol: int(unit) for symbol, unit in sorted(zip(symbols, units, strict=True))}
