"""Risk models where returns are missing, and the repair of covariances that are not positive definite."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from logos.portfolio.records import Window
from logos.portfolio.risk_models.config import RiskModelConfig
from logos.portfolio.risk_models.covariance import ewma_covariance, pairs_apart, sample_covariance
from logos.portfolio.risk_models.model import build_risk_model
from logos.portfolio.risk_models.repair import LEAST_EIGENVALUE, is_positive_definite, nearest_positive_definite
from logos.portfolio.risk_models.shrinkage import ledoit_wolf
from logos.portfolio.risk_models.volatility import realised_volatility

MODELS = ("sample", "ewma", "ledoit_wolf")
TARGETS = ("identity", "constant_correlation", "single_factor")
GAP = np.nan


def random_returns(seed, shape, *, missing=0.0):
    generator = np.random.default_rng(seed)  # noqa: TID251 - seeded examples
    common = generator.standard_normal((shape[0], 1))
    returns = 0.01 * (generator.standard_normal(shape) + common)
    returns[generator.random(shape) < missing] = GAP
    return returns


def estimate(returns, **keys):
    symbols = tuple(f"S{place}" for place in range(returns.shape[1]))
    window = Window(symbols=symbols, returns=returns, periods_per_year=252.0)
    return build_risk_model(RiskModelConfig(**keys)).estimate(window)


def correlations(covariance):
    deviations = np.sqrt(np.diag(covariance))
    return covariance / np.outer(deviations, deviations)


def test_the_pairwise_sample_covariance_is_that_of_pandas():
    returns = random_returns(1, (60, 6), missing=0.3)
    expected = pd.DataFrame(returns).cov(min_periods=2).to_numpy()
    np.testing.assert_allclose(sample_covariance(returns), expected, rtol=1e-11)
    np.testing.assert_allclose(realised_volatility(returns, 1.0), np.sqrt(np.diag(expected)), rtol=1e-11)


def test_the_pairwise_weighted_covariance_is_over_what_a_pair_has_in_common():
    returns = random_returns(2, (40, 3), missing=0.3)
    made = ewma_covariance(returns, 7.0)
    weights = 0.5 ** (np.arange(39, -1, -1) / 7.0)
    for i in range(3):
        for j in range(3):
            both = ~np.isnan(returns[:, i] * returns[:, j])
            expected = (weights * returns[:, i] * returns[:, j])[both].sum() / weights[both].sum()
            assert made[i, j] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("target", TARGETS)
def test_the_formulas_for_gaps_are_the_same_where_there_is_none(target, monkeypatch):
    returns = random_returns(3, (50, 7))
    plain = ledoit_wolf(returns, target=target)
    monkeypatch.setattr("logos.portfolio.risk_models.shrinkage.is_complete", lambda _: False)
    general = ledoit_wolf(returns, target=target)
    assert general.intensity == pytest.approx(plain.intensity, rel=1e-12)
    np.testing.assert_allclose(general.covariance, plain.covariance, rtol=1e-12)


@pytest.mark.parametrize("target", ["identity", "constant_correlation"])
def test_gaps_make_for_more_shrinkage(target):
    returns = random_returns(4, (200, 8))
    returns[:, ::3] -= 1.5 * returns[:, :1]  # so that correlations differ
    whole = ledoit_wolf(returns, target=target)
    gaps = returns.copy()
    gaps[:150, :4] = GAP
    less = ledoit_wolf(gaps, target=target)
    assert 0.0 < whole.intensity < less.intensity <= 1.0
    assert np.isfinite(less.covariance).all()


@pytest.mark.parametrize("model", MODELS)
def test_common_rests_on_the_rows_without_a_gap(model):
    returns = random_returns(5, (60, 4), missing=0.1)
    complete = returns[~np.isnan(returns).any(axis=1)]
    made, expected = estimate(returns, model=model), estimate(complete, model=model)
    assert made.observations == len(complete) < 60
    assert made.covariance.tobytes() == expected.covariance.tobytes()
    assert made.mean.tobytes() == expected.mean.tobytes()


@pytest.mark.parametrize("model", MODELS)
def test_pairwise_rests_on_all_rows(model):
    returns = random_returns(6, (60, 4), missing=0.1)
    made = estimate(returns, model=model, missing="pairwise")
    assert made.observations == 60
    assert made.notes == ()
    np.testing.assert_allclose(made.mean, 252 * np.nanmean(returns, axis=0), rtol=1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_two_symbols_that_never_meet_have_a_covariance_of_zero_and_a_note(model):
    returns = random_returns(7, (40, 3))
    returns[:20, 0] = GAP
    returns[21:, 1] = GAP
    made = estimate(returns, model=model, missing="pairwise")
    assert pairs_apart(returns) == [(0, 1)]
    assert made.covariance[0, 1] == 0.0
    assert (np.delete(made.covariance.ravel(), [1, 3]) != 0.0).all()
    assert made.notes[0] == "S0 and S1 have fewer than 2 returns in common: their covariance is taken as 0."


@pytest.mark.parametrize("target", TARGETS)
def test_a_pair_that_never_meets_stays_finite_for_every_target(target):
    returns = random_returns(8, (40, 4))
    returns[:20, 0] = GAP
    returns[20:, 1] = GAP
    made = estimate(returns, target=target, missing="pairwise")
    assert np.isfinite(made.covariance).all()
    assert is_positive_definite(made.covariance)


def test_many_pairs_that_never_meet_are_counted():
    returns = np.full((12, 4), GAP)
    for column in range(4):
        returns[3 * column : 3 * column + 3, column] = [0.01, 0.02, -0.01]
    made = estimate(returns, model="sample", missing="pairwise")
    assert made.notes == (
        "S0 and S1 and 5 more pairs have fewer than 2 returns in common: their covariance is taken as 0.",
    )
    np.testing.assert_array_equal(made.covariance, np.diag(np.diag(made.covariance)))


def test_a_positive_definite_covariance_is_returned_as_it_is():
    covariance = sample_covariance(random_returns(9, (60, 8)))
    assert nearest_positive_definite(covariance) is covariance


@pytest.mark.parametrize("model", ["sample", "ewma"])
def test_fewer_returns_than_symbols_are_repaired_and_noted(model):
    returns = random_returns(10, (10, 25))
    made = estimate(returns, model=model)
    note = (
        "The covariance of 25 symbols from 10 returns was not positive definite: eigenvalues of its correlations below "
        "1e-08 were raised, and the variances kept."
    )
    assert made.notes == (note,)
    raw = 252.0 * (sample_covariance(returns) if model == "sample" else ewma_covariance(returns, 63.0))
    assert np.diag(made.covariance).tobytes() == np.diag(raw).tobytes()
    np.testing.assert_array_equal(made.covariance, made.covariance.T)
    np.testing.assert_allclose(made.covariance, raw, atol=1e-7 * raw.max())  # it was singular, hardly more
    assert np.linalg.eigvalsh(correlations(made.covariance))[0] >= LEAST_EIGENVALUE


def test_the_repair_of_a_matrix_by_hand():
    # Correlations 0.9, 0.9 and -0.9 cannot be at once; the eigenvalues are 1.9, 1.9 and -0.8.
    signs = np.array([[1.0, 0.9, 0.9], [0.9, 1.0, -0.9], [0.9, -0.9, 1.0]])
    scale = np.outer([0.1, 0.2, 0.3], [0.1, 0.2, 0.3])
    made = nearest_positive_definite(signs * scale)
    # Without the negative one the off-diagonal entries fall to half the diagonal.
    np.testing.assert_allclose(correlations(made), np.where(np.eye(3) == 1, 1.0, 0.5 * np.sign(signs)), atol=1e-7)
    np.testing.assert_array_equal(np.diag(made), np.diag(signs * scale))
    assert nearest_positive_definite(made) is made


def test_two_symbols_with_the_same_returns_are_repaired():
    one = random_returns(11, (30, 1))
    made = estimate(np.hstack([one, one, 2 * one]), model="sample")
    assert len(made.notes) == 1
    assert is_positive_definite(made.covariance)
    np.testing.assert_allclose(correlations(made.covariance), 1.0, atol=1e-7)
