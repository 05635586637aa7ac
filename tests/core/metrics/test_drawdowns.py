import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.domain.errors import InputError
from logos.metrics.drawdowns import Drawdown, deepest_drawdown, drawdown_curve, max_drawdown, ulcer_index

curves = st.lists(st.integers(1, 1000), min_size=1, max_size=40)


@given(curves, st.integers(1, 1000))
def test_the_deepest_drawdown_is_the_worst_pair_of_a_peak_and_a_later_value(equity, start):
    whole = [start, *equity]
    worst = max((high - low) / high for place, high in enumerate(whole) for low in whole[place:])
    assert max_drawdown(equity, start) == worst
    found = deepest_drawdown(equity, start)
    assert found.depth == worst
    if worst:
        high = start if found.peak == -1 else equity[found.peak]
        assert (high - equity[found.trough]) / high == worst
        assert found.peak < found.trough


def test_the_start_is_a_peak():
    assert drawdown_curve([90, 95, 100], 100).tolist() == [0.1, 0.05, 0.0]
    assert deepest_drawdown([90, 95], 100) == Drawdown(depth=0.1, peak=-1, trough=0)


def test_the_peak_and_the_trough_are_named():
    assert deepest_drawdown([100, 120, 110, 90, 130, 120], 100) == Drawdown(depth=0.25, peak=1, trough=3)


@pytest.mark.parametrize("equity", [[], [100], [100, 100], [101, 102]])
def test_equity_that_never_falls_has_none(equity):
    assert max_drawdown(equity, 100) == 0.0
    assert deepest_drawdown(equity, 100) == Drawdown(depth=0.0, peak=-1, trough=-1)


def test_ruin_is_a_drawdown_of_one_and_debt_of_more():
    assert max_drawdown([50, 0], 100) == 1.0
    assert max_drawdown([50, -25], 100) == 1.25


def test_the_ulcer_index_is_the_root_of_the_mean_square():
    assert ulcer_index([90, 80, 100], 100) == pytest.approx(math.sqrt((0.01 + 0.04) / 3), rel=1e-12)
    assert ulcer_index([], 100) is None


@pytest.mark.parametrize("measure", [drawdown_curve, max_drawdown, deepest_drawdown, ulcer_index])
def test_what_is_no_number_is_refused(measure):
    with pytest.raises(InputError, match="place 1"):
        measure([100.0, math.nan], 100)
    with pytest.raises(InputError, match="start above 0"):
        measure([100.0], 0)
