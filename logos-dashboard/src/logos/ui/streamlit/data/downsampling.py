"""A curve thinned to what a picture can show, on this side of the wire: no extreme of it is ever lost."""

from __future__ import annotations

import numpy as np
from tsdownsample import MinMaxLTTBDownsampler

from logos.artifacts.curve import EquityCurve

MOST_POINTS = 2_000
"""So many points a browser draws at once; fifty thousand take it seconds."""

_EXTREMES = 5


def thinned(curve: EquityCurve, most: int = MOST_POINTS) -> EquityCurve:
    """Return at most so many points of a curve.

    First and last, lowest and highest equity and the deepest drawdown always stay; the rest is chosen by
    MinMaxLTTB so that both lines keep their look. Source: Van Der Donckt et al., *MinMaxLTTB: Leveraging
    MinMax-Preselection to Scale LTTB*, IEEE VIS 2023.

    Parameters
    ----------
    most:
        At least 16.
    """
    count = len(curve)
    if count <= most:
        return curve
    budget = (most - _EXTREMES) // 2
    places = [kept(curve.equity, budget), kept(curve.drawdown, budget), extremes(curve)]
    keep = np.unique(np.concatenate(places))
    return EquityCurve(curve.time[keep], curve.equity[keep], curve.drawdown[keep])


def kept(values: np.ndarray, most: int) -> np.ndarray:
    """Return the places of the points that a line of values keeps, ascending; they are taken to be evenly apart."""
    if len(values) <= most:
        return np.arange(len(values), dtype=np.int64)
    # By place and not by time: a stretch of time may hold nothing, after a gap of days, and one of rows never does.
    downsampler = MinMaxLTTBDownsampler()  # type: ignore[no-untyped-call]  # its constructor has no annotations
    chosen = downsampler.downsample(np.ascontiguousarray(values, dtype=np.float64), n_out=most)
    return np.asarray(chosen, dtype=np.int64)


def extremes(curve: EquityCurve) -> np.ndarray:
    """Return the places of the first and last point, the lowest and highest equity, and the deepest drawdown."""
    last = len(curve) - 1
    places = [0, last, np.argmin(curve.equity), np.argmax(curve.equity), np.argmax(curve.drawdown)]
    return np.array(places, dtype=np.int64)
