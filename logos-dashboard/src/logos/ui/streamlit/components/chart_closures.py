"""Stretches of a curve on which the market was closed, drawn flat: a slope across them would be a loss that never was.

An account is worth what its last close says until the next bar comes. So the line stays at that value until one bar
before the market opens again, and moves there.
"""

from __future__ import annotations

import numpy as np

from logos.artifacts.curve import EquityCurve

_LEAST_BARS = 10
"""Fewer bars than these are a weekend of daily bars, a holiday, or a thin hour."""

_LEAST_SHARE = 0.01
"""Of the whole span: the slope of a shorter stretch is too narrow on the screen to be read as one."""


def held_flat(curve: EquityCurve) -> EquityCurve:
    """Return a curve with a point more at the end of each wide stretch without bars, at the value from before it.

    A thinned curve will do as well as the whole one: its points are rows of the whole, and with a thousand or more of
    them two neighbours of an open market are never a hundredth of the span apart.
    """
    if len(curve) < 3:
        return curve
    apart = np.diff(curve.time)
    bar = max(int(np.median(apart)), 1)
    span = int(curve.time[-1] - curve.time[0])
    (before,) = np.nonzero((apart >= _LEAST_BARS * bar) & (apart >= _LEAST_SHARE * span))
    behind = before + 1
    return EquityCurve(
        np.insert(curve.time, behind, curve.time[behind] - bar),
        np.insert(curve.equity, behind, curve.equity[before]),
        np.insert(curve.drawdown, behind, curve.drawdown[before]),
    )
