"""Risk contributions and concentration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.portfolio.risk_models.contributions import herfindahl, risk_contributions, volatility

COVARIANCE = np.array([[0.04, 0.006], [0.006, 0.01]])


def test_contributions_of_two_assets_are_those_by_hand():
    found = risk_contributions(np.array([0.25, 0.5]), COVARIANCE)
    # 0.0625 * 0.04 + 0.125 * 0.006 = 0.00325 and 0.25 * 0.01 + 0.125 * 0.006 = 0.00325
    assert found.tolist() == pytest.approx([0.5, 0.5], abs=1e-15)
    assert volatility(np.array([0.25, 0.5]), COVARIANCE) == pytest.approx(0.0065**0.5, rel=1e-14)


def test_a_hedge_contributes_less_than_nothing():
    found = risk_contributions(np.array([1.0, -0.2]), COVARIANCE)
    assert found[1] < 0
    assert found.sum() == pytest.approx(1.0, abs=1e-15)


def test_nothing_held_contributes_nothing_and_is_concentrated_in_nothing():
    nothing = np.zeros(2)
    assert risk_contributions(nothing, COVARIANCE).tolist() == [0, 0]
    assert volatility(nothing, COVARIANCE) == 0
    assert herfindahl(nothing) == 0


@given(st.integers(1, 50), st.floats(0.01, 10))
def test_equal_weights_are_as_many_assets_as_there_are_of_either_sign(count, size):
    weights = np.full(count, size)
    weights[::2] *= -1
    assert herfindahl(weights) == pytest.approx(1 / count)


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=20))
def test_concentration_lies_between_that_of_equal_weights_and_one(weights):
    assert 1 / len(weights) - 1e-9 <= herfindahl(np.array(weights)) <= 1 + 1e-9
