"""Inverse volatility: the closed form."""

from __future__ import annotations

import numpy as np
import pytest

from logos.portfolio.errors import EstimationError
from logos.portfolio.methods.inverse_volatility import InverseVolatility


def test_weights_are_those_of_skfolio(weights_of, reference):
    found = weights_of(InverseVolatility(), reference.sample, reference.symbols)
    assert np.abs(found - reference.weights("inverse_volatility", "skfolio 1.12.2")).max() < 1e-9


def test_half_the_volatility_has_twice_the_weight_whatever_the_correlation(weights_of):
    found = weights_of.allocation(InverseVolatility(), [[0.04, 0.015], [0.015, 0.01]], invest=0.9)
    assert np.abs(found.weights - [0.3, 0.6]).max() < 1e-15
    assert found.solver == "closed form"


def test_weights_sum_as_asked_and_make_volatilities_equal(weights_of, covariances):
    for matrix in covariances(1, 2_000):
        found = weights_of(InverseVolatility(), matrix, invest=0.95)
        each = found * np.sqrt(np.diag(matrix))
        assert abs(found.sum() - 0.95) < 1e-12
        assert np.abs(each / each[0] - 1).max() < 1e-12


@pytest.mark.parametrize("variance", [0.0, -1.0, np.nan, np.inf])
def test_a_variance_that_is_no_variance_is_told_by_name(weights_of, variance):
    with pytest.raises(EstimationError, match="The covariance of BBB is no use"):
        weights_of(InverseVolatility(), [[1.0, 0.0], [0.0, variance]], ("AAA", "BBB"))


def test_no_symbol_is_told(weights_of):
    with pytest.raises(EstimationError, match="no symbol to weigh"):
        weights_of(InverseVolatility(), np.empty((0, 0)))
