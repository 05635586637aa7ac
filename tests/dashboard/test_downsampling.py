"""A thinned curve keeps its ends and every extreme, in order, and is never longer than asked for."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.artifacts.curve import EquityCurve
from logos.ui.streamlit.data.downsampling import MOST_POINTS, thinned


def curve_of(equity: np.ndarray) -> EquityCurve:
    """Return a curve with a point a minute and the drawdown that belongs to its equity."""
    peak = np.maximum.accumulate(equity)
    return EquityCurve(np.arange(len(equity), dtype=np.int64) * 60, equity, (peak - equity) / peak)


@settings(max_examples=60)
@given(
    swing=st.floats(0.1, 3.0),
    count=st.integers(1, 3_000),
    most=st.integers(16, 400),
    size=st.sampled_from([0, 0.01, 1]),
)
def test_ends_and_extremes_survive(swing: float, count: int, most: int, size: float):
    noise = np.sin(np.arange(count) ** 2 * swing) * size  # jumps about like noise, and is the same everywhere
    whole = curve_of(100 * np.exp(np.cumsum(noise) / 10))

    thin = thinned(whole, most)

    assert len(thin) <= min(most, count)
    assert np.all(np.diff(thin.time) > 0)
    assert (thin.time[0], thin.time[-1]) == (whole.time[0], whole.time[-1])
    assert (thin.equity[0], thin.equity[-1]) == (whole.equity[0], whole.equity[-1])
    assert (thin.equity.min(), thin.equity.max()) == (whole.equity.min(), whole.equity.max())
    assert thin.drawdown.max() == whole.drawdown.max()
    places = np.searchsorted(whole.time, thin.time)
    assert np.array_equal(whole.equity[places], thin.equity)
    assert np.array_equal(whole.drawdown[places], thin.drawdown)


def test_a_single_bad_minute_among_half_a_million_is_still_there():
    equity = np.full(500_000, 100.0)
    equity[314_159] = 40.0
    equity[314_160] = 180.0

    thin = thinned(curve_of(equity))

    assert len(thin) <= MOST_POINTS
    assert {40.0, 180.0} <= set(thin.equity.tolist())


def test_a_short_curve_is_left_as_it_is():
    whole = curve_of(np.linspace(100, 90, MOST_POINTS))

    assert thinned(whole) is whole
