import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.domain.errors import InputError
from logos.metrics.overfitting import (
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_track_record,
    probabilistic_sharpe_ratio,
    variance_of_ratios,
)
from logos.metrics.ratios import kurtosis, sharpe, skewness

DAYS = 250


class TestPublishedExamples:
    """Figures that the papers print, to the digits that they print."""

    def test_the_best_of_a_hundred_trials(self):
        threshold = expected_maximum_sharpe(100, 0.5 / DAYS)
        assert round(threshold, 4) == 0.1132

    def test_the_deflated_sharpe_ratio_of_a_strategy_with_2_5_a_year(self):
        threshold = expected_maximum_sharpe(100, 0.5 / DAYS)
        found = probabilistic_sharpe_ratio(2.5 / math.sqrt(DAYS), threshold, periods=1250, skew=-3, kurt=10)
        assert round(found, 4) == 0.9004

    def test_the_probabilistic_sharpe_ratio_of_a_fund_with_two_years_of_months(self):
        assert round(probabilistic_sharpe_ratio(0.458, 0, periods=24), 3) == 0.982
        assert round(probabilistic_sharpe_ratio(0.458, 0, periods=24, skew=-2.448, kurt=10.164), 3) == 0.913

    @pytest.mark.parametrize(("periods", "years"), [(250, 2.73), (52, 2.83), (12, 3.24)])
    def test_the_record_that_tells_a_sharpe_ratio_of_two_from_one(self, periods, years):
        root = math.sqrt(periods)
        assert round(minimum_track_record(2 / root, 1 / root) / periods, 2) == years


@given(st.floats(0.02, 0.3), st.floats(0.0, 0.01), st.floats(-2, 1), st.floats(3, 12))
def test_the_minimum_record_is_where_the_probability_reaches_the_confidence(ratio, threshold, skew, kurt):
    length = minimum_track_record(ratio, threshold, skew=skew, kurt=kurt, confidence=0.95)
    reached = probabilistic_sharpe_ratio(ratio, threshold, periods=math.ceil(length), skew=skew, kurt=kurt)
    short = probabilistic_sharpe_ratio(ratio, threshold, periods=max(2, math.floor(length) - 1), skew=skew, kurt=kurt)
    assert reached >= 0.95 - 1e-9
    assert short < 0.95 or length < 3


def test_a_ratio_at_the_threshold_is_a_coin_toss():
    assert probabilistic_sharpe_ratio(0.1, 0.1, periods=500) == 0.5
    assert minimum_track_record(0.1, 0.1) is None
    assert minimum_track_record(0.05, 0.1) is None


def test_moments_that_leave_no_variance_define_no_probability():
    assert probabilistic_sharpe_ratio(1.0, 0.0, periods=100, skew=3.0, kurt=1.0) is None
    assert minimum_track_record(1.0, 0.0, skew=3.0, kurt=1.0) is None


@pytest.mark.parametrize("periods", [0, 1])
def test_a_record_of_less_than_two_returns_says_nothing(periods):
    assert probabilistic_sharpe_ratio(0.1, 0.0, periods=periods) is None


def test_the_expected_best_grows_with_trials_and_with_their_spread():
    bests = [expected_maximum_sharpe(trials, 0.01) for trials in (1, 2, 5, 10, 100, 10_000, 10**9)]
    assert bests[0] == 0.0
    assert bests == sorted(set(bests))
    assert expected_maximum_sharpe(100, 0.04) == pytest.approx(2 * expected_maximum_sharpe(100, 0.01), rel=1e-12)
    assert expected_maximum_sharpe(100, 0.0) == 0.0


def test_the_expected_best_is_near_the_mean_of_real_maxima(noise):
    maxima = noise(400, 50).max(axis=1) / 0.01
    assert expected_maximum_sharpe(50, 1.0) == pytest.approx(maxima.mean(), abs=0.08)


def test_the_number_of_trials_may_be_huge():
    assert math.isfinite(expected_maximum_sharpe(10**18, 1.0))


@pytest.mark.parametrize(("trials", "variance"), [(0, 0.1), (-1, 0.1), (10, -0.1), (10, math.nan), (10, math.inf)])
def test_trials_that_cannot_be_are_refused(trials, variance):
    with pytest.raises(InputError):
        expected_maximum_sharpe(trials, variance)


def test_the_deflated_ratio_is_the_probability_above_the_expected_best(noise):
    returns = noise(300, 1)[:, 0] + 0.001
    ratio = sharpe(returns, periods=1)
    variance = 1 - skewness(returns) * ratio + (kurtosis(returns) - 1) / 4 * ratio**2
    bound = expected_maximum_sharpe(20, 0.002)
    expected = NormalDist().cdf((ratio - bound) * math.sqrt(299) / math.sqrt(variance))
    assert deflated_sharpe_ratio(returns, trials=20, variance=0.002) == pytest.approx(expected, rel=1e-12)


def test_every_further_trial_deflates(noise):
    returns = noise(300, 1)[:, 0] + 0.001
    found = [deflated_sharpe_ratio(returns, trials=trials, variance=0.002) for trials in (1, 2, 10, 100, 1000)]
    assert found == sorted(set(found), reverse=True)


def test_the_best_of_noise_is_taken_for_luck(noise):
    table = noise(250, 60)
    ratios = [sharpe(column, periods=1) for column in table.T]
    best = table[:, int(np.argmax(ratios))]
    assert deflated_sharpe_ratio(best, trials=1, variance=0.0) > 0.95
    assert deflated_sharpe_ratio(best, trials=60, variance=variance_of_ratios(ratios)) < 0.9


@pytest.mark.parametrize("returns", [[], [0.01], [0.0, 0.0, 0.0]])
def test_a_record_without_a_ratio_has_no_deflated_one(returns):
    assert deflated_sharpe_ratio(returns, trials=10, variance=0.01) is None


def test_the_variance_of_ratios_is_the_one_of_a_sample():
    assert variance_of_ratios([0.1, 0.2, 0.3]) == pytest.approx(0.01, rel=1e-12)
    assert variance_of_ratios([0.1]) == variance_of_ratios([]) == 0.0


def test_what_is_no_number_is_refused():
    with pytest.raises(InputError, match="ratio is nan"):
        probabilistic_sharpe_ratio(math.nan, 0, periods=10)
    with pytest.raises(InputError, match="skew is inf"):
        minimum_track_record(0.1, 0, skew=math.inf)
    with pytest.raises(InputError, match="confidence"):
        minimum_track_record(0.1, 0, confidence=0.3)
    with pytest.raises(InputError, match="place 1"):
        deflated_sharpe_ratio([0.1, math.nan], trials=2, variance=0.1)
