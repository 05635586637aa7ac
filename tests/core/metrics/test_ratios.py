import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.domain.errors import InputError
from logos.metrics import ratios

RETURNS = [0.02, -0.01, 0.005, 0.0, -0.03, 0.012, 0.007]
of_a_day = st.floats(-0.5, 0.5).map(lambda value: round(value, 6))
records = st.lists(of_a_day, min_size=2, max_size=50).filter(lambda values: len(set(values)) > 1)

ANNUAL = [ratios.volatility, ratios.sharpe, ratios.sortino, ratios.downside_deviation]
PLAIN = [
    ratios.skewness,
    ratios.kurtosis,
    ratios.value_at_risk,
    ratios.normal_value_at_risk,
    ratios.expected_shortfall,
    ratios.normal_expected_shortfall,
    ratios.tail_ratio,
]


def measured(measure, returns):
    return measure(returns, periods=252) if measure in ANNUAL else measure(returns)


def near(value):
    return pytest.approx(value, rel=1e-12, abs=1e-12)


@given(records)
def test_volatility_and_sharpe_follow_their_definitions(returns):
    spread, average = statistics.stdev(returns), statistics.fmean(returns)
    assert ratios.volatility(returns, periods=252) == near(spread * 252**0.5)
    assert ratios.sharpe(returns, periods=365) == pytest.approx(average / spread * 365**0.5, rel=1e-9, abs=1e-12)


@given(records.filter(lambda values: min(values) < 0))
def test_sortino_divides_by_the_losses_over_all_days(returns):
    downside = (sum(min(value, 0.0) ** 2 for value in returns) / len(returns)) ** 0.5
    assert ratios.downside_deviation(returns, periods=252) == near(downside * 252**0.5)
    expected = statistics.fmean(returns) / downside * 252**0.5
    assert ratios.sortino(returns, periods=252) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(records)
def test_skewness_and_kurtosis_follow_their_definitions(returns):
    average, spread = statistics.fmean(returns), statistics.pstdev(returns)
    apart = [(value - average) / spread for value in returns]
    assert ratios.skewness(returns) == pytest.approx(statistics.fmean(x**3 for x in apart), rel=1e-6, abs=1e-6)
    assert ratios.kurtosis(returns) == pytest.approx(statistics.fmean(x**4 for x in apart), rel=1e-6, abs=1e-6)


@given(records, st.permutations(range(50)))
def test_the_order_of_the_days_changes_no_bit(returns, order):
    shuffled = [returns[place] for place in order if place < len(returns)]
    for measure in ANNUAL + PLAIN:
        assert measured(measure, shuffled) == measured(measure, returns)


def test_total_return_compounds():
    assert ratios.total_return([0.1, -0.1, 0.5]) == near(1.1 * 0.9 * 1.5 - 1)


@pytest.mark.parametrize(
    ("growth", "days", "periods", "expected"),
    [(1.21, 504, 252, 0.1), (1.1, 252, 252, 0.1), (0.81, 730, 365, -0.1), (1.0, 3, 252, 0.0), (2.0, 126, 252, 3.0)],
)
def test_the_growth_rate_compounds_over_years_of_days(growth, days, periods, expected):
    assert ratios.cagr(growth, days=days, periods=periods) == near(expected)


def test_the_growth_rate_of_one_day_is_that_day_compounded():
    assert ratios.cagr(1.01, days=1, periods=252) == near(1.01**252 - 1)


@pytest.mark.parametrize("growth", [0.0, -0.3])
def test_a_ruined_account_shrinks_by_all_it_had(growth):
    assert ratios.cagr(growth, days=20, periods=252) == -1.0


def test_a_growth_rate_beyond_all_floats_is_undefined():
    assert ratios.cagr(20.0, days=1, periods=365) is None


def test_calmar_is_growth_over_drawdown():
    assert ratios.calmar(0.3, 0.2) == near(1.5)
    assert ratios.calmar(0.3, 0.0) is None
    assert ratios.calmar(None, 0.2) is None


def test_value_at_risk_is_the_quantile_and_shortfall_the_mean_beyond_it():
    returns = [value / 100 for value in range(-10, 11)]
    assert ratios.value_at_risk(returns, confidence=0.9) == near(0.08)
    assert ratios.expected_shortfall(returns, confidence=0.9) == near(0.09)
    assert ratios.value_at_risk([0.01, 0.02], confidence=0.95) == near(-0.0105)


@given(records)
def test_shortfall_is_never_below_value_at_risk(returns):
    shortfall, at_risk = ratios.expected_shortfall(returns), ratios.value_at_risk(returns)
    assert shortfall >= at_risk or shortfall == near(at_risk)  # a mean of equal numbers may be rounded below them
    assert at_risk == near(-np.quantile(returns, 0.05))


def test_no_day_defines_nothing_but_the_total():
    assert ratios.total_return([]) == 0.0
    assert ratios.cagr(1.0, days=0, periods=252) is None
    assert [measured(measure, []) for measure in ANNUAL + PLAIN] == [None] * len(ANNUAL + PLAIN)


@pytest.mark.parametrize("value", [0.01, 0.0, -0.01])
def test_one_day_defines_no_spread(value):
    undefined = [*ANNUAL, ratios.skewness, ratios.kurtosis, ratios.normal_value_at_risk]
    assert [measured(measure, [value]) for measure in undefined] == [None] * len(undefined)
    assert ratios.value_at_risk([value]) == ratios.expected_shortfall([value]) == -value


def test_flat_equity_has_no_volatility_and_no_ratio():
    flat = [0.0] * 30
    assert ratios.volatility(flat, periods=252) == 0.0
    assert ratios.downside_deviation(flat, periods=252) == 0.0
    undefined = [ratios.sharpe, ratios.sortino, ratios.skewness, ratios.kurtosis, ratios.tail_ratio]
    assert [measured(measure, flat) for measure in undefined] == [None] * len(undefined)


@pytest.mark.parametrize("value", [0.1, 1 / 3, 0.0007])
@pytest.mark.parametrize("days", [3, 7, 49])
def test_equal_gains_have_no_spread_whatever_their_digits(value, days):
    assert ratios.volatility([value] * days, periods=252) == 0.0
    assert ratios.sharpe([value] * days, periods=252) is None
    assert ratios.sortino([value] * days, periods=252) is None


def test_a_day_of_ruin_counts_like_another():
    assert ratios.total_return([0.1, -1.0]) == -1.0
    assert ratios.sharpe([0.1, -1.0], periods=252) == near(-0.45 / statistics.stdev([0.1, -1.0]) * 252**0.5)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_is_refused_with_its_place(bad):
    for measure in [*ANNUAL, *PLAIN]:
        with pytest.raises(InputError, match="at place 2"):
            measured(measure, [0.01, 0.02, bad])
    with pytest.raises(InputError, match="finite number"):
        ratios.cagr(bad, days=3, periods=252)


def test_a_table_is_refused_where_a_column_is_due():
    with pytest.raises(InputError, match="2 dimensions"):
        ratios.sharpe(np.zeros((2, 2)), periods=252)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_that_is_no_share_is_refused(confidence):
    with pytest.raises(InputError, match="between 0 and 1"):
        ratios.value_at_risk(RETURNS, confidence=confidence)
