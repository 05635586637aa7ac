"""Risk models against recorded numbers, other libraries and arithmetic by hand."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from sklearn import covariance as sklearn_covariance

from logos.domain.errors import InputError
from logos.portfolio.errors import EstimationError
from logos.portfolio.records import Window
from logos.portfolio.risk_models.config import RiskModelConfig
from logos.portfolio.risk_models.covariance import ewma_covariance, mean_returns, sample_covariance
from logos.portfolio.risk_models.model import build_risk_model
from logos.portfolio.risk_models.shrinkage import ledoit_wolf
from logos.portfolio.risk_models.volatility import ewma_volatility, realised_volatility

TARGETS = ("identity", "constant_correlation", "single_factor")


def window_of(returns, periods=252.0):
    returns = np.array(returns, dtype=float)
    return Window(
        symbols=tuple(f"S{place}" for place in range(returns.shape[1])), returns=returns, periods_per_year=periods
    )


def random_returns(seed, shape, *, scale=0.01):
    generator = np.random.default_rng(seed)  # noqa: TID251 - seeded examples
    return (
        scale
        * generator.standard_normal(shape)
        @ (np.eye(shape[1]) + 0.3 * generator.standard_normal((shape[1], shape[1])))
    )


def estimate(returns, **keys):
    return build_risk_model(RiskModelConfig(**keys)).estimate(window_of(returns))


def test_the_sample_covariance_is_the_recorded_one(sp500_returns, reference):
    np.testing.assert_allclose(sample_covariance(sp500_returns[1]), reference.sample, rtol=1e-12)


def test_ledoit_wolf_is_the_recorded_one(sp500_returns, reference):
    shrunk = ledoit_wolf(sp500_returns[1])
    recorded = reference.content["covariance"]["ledoit_wolf_daily"]
    assert shrunk.intensity == pytest.approx(recorded["shrinkage"], rel=1e-12)
    np.testing.assert_allclose(shrunk.covariance, recorded["matrix"], rtol=1e-12)


@pytest.mark.parametrize(
    ("target", "recorded"),
    [("identity", "variance"), ("single_factor", "single_factor"), ("constant_correlation", "correlation")],
)
def test_intensities_are_those_recorded_of_another_library(sp500_returns, reference, target, recorded):
    name = {"variance": "constant_variance", "correlation": "constant_correlation"}.get(recorded, recorded)
    expected = reference.content["covariance"][f"pypfopt_ledoit_wolf_{name}_delta"]
    assert ledoit_wolf(sp500_returns[1], target=target).intensity == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("shape", [(2, 1), (2, 5), (30, 1), (10, 40), (252, 20), (60, 500)])
def test_ledoit_wolf_is_that_of_scikit_learn(shape):
    returns = random_returns(len(shape) + shape[1], shape)
    expected, intensity = sklearn_covariance.ledoit_wolf(returns)
    shrunk = ledoit_wolf(returns)
    assert shrunk.intensity == pytest.approx(intensity, rel=1e-10, abs=1e-15)
    np.testing.assert_allclose(shrunk.covariance, expected, rtol=1e-9, atol=1e-16)


def test_means_and_volatilities_of_a_day_are_the_recorded_ones(sp500_returns, reference):
    symbols, returns = sp500_returns
    statistics = reference.content["statistics"]
    means = [statistics["mean_daily"][symbol] for symbol in symbols]
    deviations = [statistics["std_daily_ddof1"][symbol] for symbol in symbols]
    np.testing.assert_allclose(mean_returns(returns), means, rtol=1e-12)
    np.testing.assert_allclose(realised_volatility(returns, 1.0), deviations, rtol=1e-12)


@pytest.mark.parametrize("model", ["sample", "ewma", "ledoit_wolf"])
def test_an_estimate_is_of_a_year(sp500_returns, model):
    symbols, returns = sp500_returns
    window = Window(symbols=symbols, returns=returns, periods_per_year=252.0)
    made = build_risk_model(RiskModelConfig(model=model)).estimate(window)
    day = {
        "sample": sample_covariance(returns),
        "ewma": ewma_covariance(returns, 63.0),
        "ledoit_wolf": ledoit_wolf(returns).covariance,
    }[model]
    assert made.symbols == symbols
    assert made.observations == 1257
    assert made.notes == ()
    assert made.covariance.tobytes() == (day * 252.0).tobytes()
    assert made.mean.tobytes() == (mean_returns(returns) * 252.0).tobytes()


def test_ewma_is_that_of_pandas_around_zero():
    returns = random_returns(1, (80, 4))
    frame = pd.DataFrame(returns)
    products = pd.DataFrame({(i, j): frame[i] * frame[j] for i in range(4) for j in range(4)})
    expected = products.ewm(halflife=10).mean().iloc[-1].to_numpy().reshape(4, 4)
    np.testing.assert_allclose(ewma_covariance(returns, 10.0), expected, rtol=1e-12)
    np.testing.assert_allclose(ewma_volatility(returns, 10.0, 252.0), np.sqrt(252 * np.diag(expected)), rtol=1e-12)
    means = frame.ewm(halflife=10).mean().iloc[-1]
    np.testing.assert_allclose(mean_returns(returns, 10.0), means, rtol=1e-12)
    made = estimate(returns, model="ewma", mean="ewma", halflife=Decimal(10))
    np.testing.assert_allclose(made.mean, 252 * means, rtol=1e-12)


def test_ewma_by_hand():
    # Two returns a halflife apart weigh 1/2 and 1.
    covariance = ewma_covariance(np.array([[0.03, 0.0], [0.0, 0.0], [0.01, 0.02]]), 2.0)
    weights = 0.5 + 0.5**0.5 + 1.0
    expected = np.array([[0.5 * 0.0009 + 0.0001, 0.0002], [0.0002, 0.0004]]) / weights
    np.testing.assert_allclose(covariance, expected, rtol=1e-14)


def independent_returns(seed, shape):
    return np.random.default_rng(seed).standard_normal(shape) * 0.01  # noqa: TID251 - seeded examples


@pytest.mark.parametrize(
    ("target", "seed", "market"), [("identity", 0, 0), ("constant_correlation", 0, 0), ("single_factor", 36, 1)]
)
def test_an_estimate_says_where_nothing_but_the_target_is_left(target, seed, market):
    def notes(returns):
        symbols = tuple(f"S{place}" for place in range(returns.shape[1]))
        window = Window(symbols=symbols, returns=returns, periods_per_year=252.0)
        return build_risk_model(RiskModelConfig(target=target)).estimate(window).notes

    few = independent_returns(seed, (8, 4)) + market * independent_returns(seed + 1_000, (8, 1))
    assert ledoit_wolf(few, target=target).intensity == 1.0
    (note,) = notes(few)
    assert note.startswith(f"Ledoit-Wolf's intensity is 1: the covariance is that of the target {target} alone, with ")
    assert notes(random_returns(3, (40, 8))) == ()
    if target == "constant_correlation":
        assert notes(few[:, :2]) == ()  # one pair: target and sample are the same


def test_a_long_halflife_weighs_all_returns_alike():
    returns = random_returns(2, (50, 3))
    np.testing.assert_allclose(ewma_covariance(returns, 1e12), returns.T @ returns / 50, rtol=1e-9)


@pytest.mark.parametrize("target", TARGETS)
def test_shrinking_goes_a_part_of_the_way_to_the_target(target):
    returns = random_returns(3, (40, 8))
    shrunk = ledoit_wolf(returns, target=target)
    assert 0.0 < shrunk.intensity < 1.0
    ddof = 1 if target == "constant_correlation" else 0
    sample = np.cov(returns, rowvar=False, ddof=ddof)
    aim = (shrunk.covariance - (1.0 - shrunk.intensity) * sample) / shrunk.intensity
    off = ~np.eye(8, dtype=bool)
    if target == "identity":
        np.testing.assert_allclose(aim, np.eye(8) * np.diag(sample).mean(), atol=1e-16)
        return
    np.testing.assert_allclose(np.diag(aim), np.diag(sample), rtol=1e-12)
    correlation = aim / np.sqrt(np.outer(np.diag(aim), np.diag(aim)))
    if target == "constant_correlation":
        mean = np.corrcoef(returns, rowvar=False)[off].mean()
        np.testing.assert_allclose(correlation[off], mean, rtol=1e-10)
        return
    market = returns.mean(axis=1)
    slopes = np.array([np.cov(one, market, ddof=0)[0, 1] for one in returns.T]) / market.var()
    np.testing.assert_allclose(aim[off], (np.outer(slopes, slopes) * market.var())[off], rtol=1e-9)


@pytest.mark.parametrize(
    ("target", "returns"),
    [
        ("single_factor", [[0.6, -0.6], [0.1, 1.0], [0.3, 0.2], [0.4, 0.1]]),
        (
            "constant_correlation",
            [
                [0.4, -1.2, -0.9],
                [0.0, -5.3, -2.2],
                [1.3, 5.4, 2.0],
                [0.7, -0.8, -1.2],
                [1.0, 11.3, 0.8],
                [0.7, -0.8, -1.3],
                [0.5, -3.4, -1.6],
            ],
        ),
    ],
)
def test_an_error_that_is_estimated_below_zero_means_no_shrinkage(target, returns):
    # The intensity would be about -16: the sample's error is estimated as its covariance with the target's.
    made = ledoit_wolf(np.array(returns) / 100, target=target)
    assert made.intensity == 0.0
    divisor = len(returns) - (target == "constant_correlation")
    deviations = np.array(returns) / 100 - np.mean(returns, axis=0) / 100
    np.testing.assert_allclose(made.covariance, deviations.T @ deviations / divisor, rtol=1e-12)


def test_assets_that_offset_one_another_have_no_common_factor():
    one = random_returns(4, (40, 1))[:, 0]
    other = random_returns(5, (40, 1))[:, 0]
    shrunk = ledoit_wolf(np.column_stack([one, -one, other, -other]), target="single_factor")
    assert 0.0 <= shrunk.intensity <= 1.0
    assert np.isfinite(shrunk.covariance).all()
    exact = np.column_stack([one, -one])
    assert np.isfinite(ledoit_wolf(exact, target="single_factor").covariance).all()


@pytest.mark.parametrize("target", TARGETS)
def test_a_single_asset_is_not_shrunk(target):
    returns = random_returns(6, (20, 1))
    shrunk = ledoit_wolf(returns, target=target)
    assert shrunk.intensity == 0.0
    assert shrunk.covariance[0, 0] == pytest.approx(returns.var(ddof=1 if target == "constant_correlation" else 0))


def test_a_constant_correlation_needs_variances():
    with pytest.raises(EstimationError, match="1 of 2 assets have equal returns throughout"):
        ledoit_wolf(np.array([[0.1, 0.0], [0.2, 0.0], [0.1, 0.0]]), target="constant_correlation")


@pytest.mark.parametrize("function", [sample_covariance, ledoit_wolf])
def test_no_covariance_comes_from_a_single_return(function):
    with pytest.raises(EstimationError, match="from 1 return"):
        function(np.array([[0.1, 0.2]]))


def test_volatility_needs_returns():
    gaps = np.array([[0.1, np.nan], [0.2, 0.1]])
    with pytest.raises(EstimationError, match="column 1 has 1 return"):
        realised_volatility(gaps, 252.0)
    assert np.isfinite(ewma_volatility(gaps, 5.0, 252.0)).all()
    with pytest.raises(EstimationError, match="column 1 has 0 return"):
        ewma_volatility(gaps[:1], 5.0, 252.0)


@pytest.mark.parametrize("model", ["sample", "ewma", "ledoit_wolf"])
@pytest.mark.parametrize("missing", ["common", "pairwise"])
@pytest.mark.parametrize(
    ("returns", "message"),
    [
        (np.empty((5, 0)), "no symbol has returns"),
        ([[0.1, 0.2]], "from 1 return"),
        (np.empty((0, 2)), "from 0 return"),
        ([[0.1, 0.0], [0.2, 0.0], [0.0, 0.0]], "S1 has not moved in 3 returns"),
        ([[0.1, 0.003], [0.2, 0.003], [0.0, 0.003]], "S1 has not moved"),
        ([[0.1, np.inf], [0.2, 0.0], [0.0, 0.1]], "infinite returns of S1"),
        ([[np.inf, -np.inf], [0.2, 0.0], [0.0, 0.1]], "infinite returns of S0, S1"),
    ],
)
def test_returns_that_define_no_risk_are_refused(model, missing, returns, message):
    with pytest.raises(EstimationError, match=message):
        estimate(returns, model=model, missing=missing)


def test_a_column_without_returns_is_refused():
    returns = [[0.1, np.nan], [0.2, np.nan], [0.0, np.nan]]
    with pytest.raises(EstimationError, match="from 0 return"):
        estimate(returns, missing="common")
    with pytest.raises(EstimationError, match="S1 has not moved"):
        estimate(returns, missing="pairwise")


def test_the_config_names_what_is_wrong():
    with pytest.raises(InputError, match="model is 'garch', and must be ledoit_wolf or sample or ewma"):
        RiskModelConfig(model="garch")
    with pytest.raises(InputError, match="target is single_factor, and model sample does not shrink"):
        RiskModelConfig(model="sample", target="single_factor")
    with pytest.raises(InputError, match="target is 'zero'"):
        RiskModelConfig(target="zero")
    for wrong in ("0", "-1", "NaN", "Infinity"):
        with pytest.raises(InputError, match="halflife is"):
            RiskModelConfig(halflife=Decimal(wrong))
    with pytest.raises(InputError, match="halflife is 3, and neither model nor mean is ewma"):
        RiskModelConfig(model="sample", halflife=Decimal(3))
    for used in ({"model": "ewma"}, {"mean": "ewma"}):
        assert RiskModelConfig(halflife=Decimal(3), **used).halflife == 3
    with pytest.raises(InputError, match="missing is 'drop'"):
        RiskModelConfig(missing="drop")
    with pytest.raises(InputError, match="mean is 'median'"):
        RiskModelConfig(mean="median")


def test_the_target_of_the_config_is_the_one_shrunk_towards():
    returns = random_returns(7, (60, 5))
    for target in TARGETS:
        made = estimate(returns, target=target)
        assert made.covariance.tobytes() == (ledoit_wolf(returns, target=target).covariance * 252.0).tobytes()
