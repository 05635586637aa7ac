import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.domain.errors import InputError
from logos.metrics.daily import daily_returns, growth_of


def test_the_first_return_is_against_the_start_and_each_other_against_the_day_before():
    assert daily_returns([110, 99, 99], 100).tolist() == [0.1, -0.1, 0.0]


def test_no_day_has_no_return():
    assert daily_returns([], 100).tolist() == []
    assert growth_of(daily_returns([], 100)).tolist() == []


def test_the_day_of_ruin_is_the_last_one_with_a_return():
    assert daily_returns([50, 0, 70], 100).tolist() == [-0.5, -1.0]
    assert daily_returns([50, -10, 70, 80], 100).tolist() == [-0.5, -1.2]


def test_integers_beyond_the_precision_of_floats_are_divided_exactly():
    start = 10**25
    assert daily_returns([start + 10**5], start).tolist() == [1e-20]


def test_equity_may_come_as_a_column_of_integers():
    assert daily_returns(np.array([110, 99], dtype=np.int64), 100).tolist() == [0.1, -0.1]


@pytest.mark.parametrize("start", [0, -1, math.nan, math.inf])
def test_a_start_that_is_not_above_zero_is_refused(start):
    with pytest.raises(InputError, match="must start above 0"):
        daily_returns([100], start)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_equity_that_is_no_number_is_refused(bad):
    with pytest.raises(InputError, match="NaN or infinite"):
        daily_returns([100.0, bad, 100.0], 100)


@given(st.lists(st.integers(10**5, 10**7), min_size=1, max_size=60), st.integers(10**5, 10**7))
def test_the_returns_lead_back_to_the_equity(equity, start):
    assert growth_of(daily_returns(equity, start)).tolist() == pytest.approx(
        [value / start for value in equity], rel=1e-9
    )
