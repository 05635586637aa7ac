"""Weights and shares as whole hundred-millionths."""

from __future__ import annotations

from math import ceil, inf

import attrs
import numpy as np

from logos.domain.money import RATIO_ONE
from logos.portfolio.allocator.whole_programs import closest_units, nearest_units
from logos.portfolio.arrays import Vector
from logos.portfolio.constraints.keeping import TOLERANCE, violation
from logos.portfolio.constraints.limits import Limits

_NOISE = 1e-12
"""Sums of floats that stand for whole units are off by less."""


def kept_units(weights: Vector, limits: Limits) -> dict[str, int]:
    """Return weights that keep their limits in hundred-millionths that keep them too, each to a unit.

    A sum of all weights that is given is kept exactly. Rounded one by one, N weights move a sum of them by up to N/2
    units; where that breaks a limit, the nearest units are taken that break none. Where there are none at all, such as
    with a turnover of nothing, a given sum gives way first, and then every limit by as few units as possible.
    """
    units = whole_units(weights, limits.symbols)
    if _is_kept(units, limits):
        return units
    near = nearest_units(weights, limits)
    if near is not None and _is_kept(found := _named(near, limits), limits):
        return found
    closest = closest_units(weights, limits)
    candidates = (units,) if closest is None else (units, _named(closest, limits))
    return min(candidates, key=lambda one: _breach(one, limits))


def _is_kept(units: dict[str, int], limits: Limits) -> bool:
    return _breach(units, limits) == (0, 0)


def _breach(units: dict[str, int], limits: Limits) -> tuple[int, int]:
    """Return by how many units more than one a limit is broken, and by how many a sum that is given."""
    least, most = limits.total
    if least != most:
        return _units_beyond(units, limits), 0
    apart = attrs.evolve(limits, total=(-inf, inf))
    return _units_beyond(units, apart), abs(sum(units.values()) - round(least * RATIO_ONE))


def _units_beyond(units: dict[str, int], limits: Limits) -> int:
    beyond = violation(_shares(units, limits), limits) - TOLERANCE - _NOISE
    units_beyond: int = ceil(beyond * RATIO_ONE)
    return max(0, units_beyond)


def _named(units: Vector, limits: Limits) -> dict[str, int]:
    return {symbol: int(unit) for symbol, unit in sorted(zip(limits.symbols, units, strict=True))}


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
