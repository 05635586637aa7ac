"""What every risk model keeps, whatever the returns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.portfolio.errors import EstimationError
from logos.portfolio.records import Window
from logos.portfolio.risk_models.config import RiskModelConfig
from logos.portfolio.risk_models.model import build_risk_model
from logos.portfolio.risk_models.repair import LEAST_EIGENVALUE
from logos.portfolio.risk_models.shrinkage import ledoit_wolf

CONFIGS = (
    RiskModelConfig(model="sample"),
    RiskModelConfig(model="ewma", mean="ewma"),
    RiskModelConfig(),
    RiskModelConfig(target="constant_correlation"),
    RiskModelConfig(target="single_factor"),
    RiskModelConfig(model="sample", missing="pairwise"),
    RiskModelConfig(model="ewma", missing="pairwise"),
    RiskModelConfig(missing="pairwise"),
    RiskModelConfig(target="constant_correlation", missing="pairwise"),
    RiskModelConfig(target="single_factor", missing="pairwise"),
)


def random_returns(seed, *, assets, rows, missing=0.0):
    generator = np.random.default_rng(seed)  # noqa: TID251 - seeded examples
    factors = generator.standard_normal((rows, 2)) @ generator.standard_normal((2, assets))
    volatility = 10 ** generator.uniform(-4, -1, assets)
    returns = volatility * (generator.standard_t(4, (rows, assets)) + generator.uniform(0, 3) * factors)
    returns[generator.random((rows, assets)) < missing] = np.nan
    return returns


def window_of(returns, symbols=None):
    symbols = symbols or tuple(f"S{place:03d}" for place in range(returns.shape[1]))
    return Window(symbols=symbols, returns=returns, periods_per_year=252.0)


cases = {
    "seed": st.integers(0, 10_000),
    "assets": st.integers(1, 30),
    "rows": st.integers(2, 80),
    "config": st.sampled_from(CONFIGS),
}


@settings(max_examples=100)
@given(missing=st.sampled_from([0.0, 0.1, 0.6]), **cases)
def test_an_estimate_is_finite_symmetric_and_positive_definite_or_refused(seed, assets, rows, config, missing):
    returns = random_returns(seed, assets=assets, rows=rows, missing=missing)
    try:
        made = build_risk_model(config).estimate(window_of(returns))
    except EstimationError:
        assert missing > 0.0
        return
    assert np.isfinite(made.mean).all()
    assert np.isfinite(made.covariance).all()
    np.testing.assert_array_equal(made.covariance, made.covariance.T)
    deviations = np.sqrt(np.diag(made.covariance))
    least = np.linalg.eigvalsh(made.covariance / np.outer(deviations, deviations))[0]
    assert least >= LEAST_EIGENVALUE * (1 - 1e-6)
    assert np.linalg.cholesky(made.covariance).shape == (assets, assets)


@settings(max_examples=100)
@given(missing=st.sampled_from([0.0, 0.1]), data=st.data(), **cases)
def test_a_permutation_of_the_symbols_permutes_the_estimate(seed, assets, rows, config, missing, data):
    returns = random_returns(seed, assets=assets, rows=rows + 40, missing=missing)
    order = data.draw(st.permutations(range(assets)))
    model = build_risk_model(config)
    window = window_of(returns)
    shuffled = window_of(np.ascontiguousarray(returns[:, order]), tuple(window.symbols[place] for place in order))
    try:
        made = model.estimate(window)
    except EstimationError as refusal:
        with pytest.raises(EstimationError, match="return"):
            model.estimate(shuffled)
        assert "return" in refusal.message  # noqa: PT017 - the permuted window is refused alike
        return
    other = model.estimate(shuffled)
    size = np.outer(np.sqrt(np.diag(other.covariance)), np.sqrt(np.diag(other.covariance)))
    np.testing.assert_allclose(made.mean[order], other.mean, rtol=1e-12, atol=1e-14)
    difference = np.abs(made.covariance[np.ix_(order, order)] - other.covariance) / size
    assert difference.max() <= 1e-12
    assert made.notes == other.notes or "fewer than 2" in made.notes[0]


@settings(max_examples=60)
@given(scale=st.sampled_from([1e-3, 0.5, 8.0]), **cases)
def test_returns_of_another_size_scale_the_estimate(seed, assets, rows, config, scale):
    returns = random_returns(seed, assets=assets, rows=rows)
    model = build_risk_model(config)
    made, other = model.estimate(window_of(returns)), model.estimate(window_of(returns * scale))
    size = np.outer(np.sqrt(np.diag(other.covariance)), np.sqrt(np.diag(other.covariance)))
    np.testing.assert_allclose(other.mean, made.mean * scale, rtol=1e-9, atol=1e-12)
    assert (np.abs(made.covariance * scale**2 - other.covariance) / size).max() <= 1e-10


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    assets=st.integers(2, 30),
    rows=st.integers(2, 80),
    target=st.sampled_from(["identity", "constant_correlation", "single_factor"]),
)
def test_shrinkage_lies_between_nothing_and_the_target(seed, assets, rows, target):
    shrunk = ledoit_wolf(random_returns(seed, assets=assets, rows=rows), target=target)
    assert 0.0 <= shrunk.intensity <= 1.0
    values = np.linalg.eigvalsh(shrunk.covariance)
    assert values[0] >= -1e-10 * values[-1]


@given(**cases)
@settings(max_examples=30)
def test_the_same_window_gives_the_same_bits(seed, assets, rows, config):
    returns = random_returns(seed, assets=assets, rows=rows)
    first = build_risk_model(config).estimate(window_of(returns))
    again = build_risk_model(config).estimate(window_of(returns.copy()))
    assert first.covariance.tobytes() == again.covariance.tobytes()
    assert first.mean.tobytes() == again.mean.tobytes()
    assert first.notes == again.notes


def test_the_returns_themselves_are_not_changed():
    returns = random_returns(1, assets=6, rows=40, missing=0.1)
    before = returns.tobytes()
    for config in CONFIGS:
        build_risk_model(config).estimate(window_of(returns))
    assert returns.tobytes() == before
