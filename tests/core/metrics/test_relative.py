import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.domain.errors import InputError
from logos.metrics import relative

day = st.floats(-0.5, 0.5).map(lambda value: round(value, 4))
pairs = st.lists(st.tuples(day, day), min_size=3, max_size=40).filter(
    lambda rows: len({row[0] for row in rows}) > 1 and len({row[1] for row in rows}) > 1
)
DAILY = [relative.beta, relative.correlation]
ANNUAL = [relative.alpha, relative.tracking_error, relative.information_ratio]


def answers(returns, benchmark):
    return [measure(returns, benchmark) for measure in DAILY] + [
        measure(returns, benchmark, periods=252) for measure in ANNUAL
    ]


@given(pairs)
def test_beta_alpha_and_correlation_are_those_of_the_regression(rows):
    returns, benchmark = zip(*rows, strict=True)
    slope, intercept = statistics.linear_regression(benchmark, returns)
    assert relative.beta(returns, benchmark) == pytest.approx(slope, rel=1e-7, abs=1e-9)
    assert relative.alpha(returns, benchmark, periods=252) == pytest.approx(intercept * 252, rel=1e-7, abs=1e-7)
    expected = statistics.correlation(returns, benchmark)
    assert relative.correlation(returns, benchmark) == pytest.approx(expected, rel=1e-7, abs=1e-7)


@given(pairs.filter(lambda rows: len({round(one - two, 8) for one, two in rows}) > 1))
def test_tracking_error_and_information_ratio_are_those_of_the_differences(rows):
    active = [one - two for one, two in rows]
    returns, benchmark = zip(*rows, strict=True)
    spread = statistics.stdev(active)
    assert relative.tracking_error(returns, benchmark, periods=252) == pytest.approx(spread * 252**0.5, rel=1e-9)
    expected = statistics.fmean(active) / spread * 252**0.5
    found = relative.information_ratio(returns, benchmark, periods=252)
    assert found == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_the_benchmark_against_itself_has_a_beta_of_one_and_nothing_active():
    returns = [0.01, -0.02, 0.005, 0.011]
    assert answers(returns, returns) == [1.0, pytest.approx(1.0, rel=1e-15), 0.0, 0.0, None]


def test_twice_the_benchmark_has_a_beta_of_two():
    returns = np.array([0.01, -0.02, 0.005, 0.011])
    assert relative.beta(2 * returns, returns) == pytest.approx(2.0, rel=1e-12)
    assert relative.correlation(-2 * returns, returns) == pytest.approx(-1.0, rel=1e-12)


def test_a_benchmark_without_variance_explains_nothing():
    beta, correlation, alpha, error, _ = answers([0.01, -0.02, 0.0], [0.0, 0.0, 0.0])
    assert (beta, correlation, alpha) == (None, None, None)
    assert error == pytest.approx(statistics.stdev([0.01, -0.02, 0.0]) * 252**0.5, rel=1e-12)


def test_an_account_without_variance_has_a_beta_of_zero_and_no_correlation():
    beta, correlation, alpha, *_ = answers([0.0, 0.0, 0.0], [0.01, -0.02, 0.0])
    assert (beta, correlation, alpha) == (0.0, None, 0.0)


@pytest.mark.parametrize("days", [[], [0.01]])
def test_fewer_than_two_days_define_nothing(days):
    assert answers(days, days) == [None] * 5


def test_columns_of_different_days_are_refused():
    with pytest.raises(InputError, match="2 and 1 values"):
        relative.beta([0.1, 0.2], [0.1])


def test_what_is_no_number_is_refused():
    with pytest.raises(InputError, match="finite number"):
        relative.correlation([0.1, 0.2], [0.1, math.nan])


def test_the_excess_return_is_the_difference():
    assert relative.excess_return(0.25, 0.5) == -0.25
