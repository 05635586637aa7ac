"""Weights and shares as whole hundred-millionths."""

from __future__ import annotations

import numpy as np

from logos.domain.money import RATIO_ONE
from logos.portfolio.arrays import Vector


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
