"""Estimators of skfolio by name: their weights in shares of equity, and strict parameters."""

import numpy as np
import pytest

from logos.domain.errors import InputError
from logos.domain.times import SECONDS_A_DAY
from logos.portfolio.allocator.factories import open_skfolio
from logos.portfolio.allocator.method_configs import SkfolioConfig
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.errors import EstimationError
from logos.portfolio.methods.skfolio_method import SkfolioMethod
from logos.portfolio.records import Window
from logos.testing.bars import instrument
from logos.testing.contexts import part_context

skfolio = pytest.importorskip("skfolio")
pytest.importorskip("skfolio.optimization")

SYMBOLS = ("AAA", "BBB", "CCC", "DDD", "EEE")


@pytest.fixture(scope="module")
def window():
    """A year of returns of five symbols, from a recurrence without randomness."""
    steps = np.arange(252)[:, None] * np.array([7, 11, 13, 17, 19]) + np.arange(5)
    returns = ((steps * steps % 211) - 95) / 10_000 * np.array([1.0, 1.2, 0.8, 2.0, 1.5])
    return Window(symbols=SYMBOLS, returns=returns, periods_per_year=252.0)


@pytest.fixture(scope="module")
def allocate(window):
    limits = Limits(symbols=SYMBOLS, lower=np.zeros(5), upper=np.ones(5), total=(0.95, 0.95), held=np.zeros(5))
    return lambda estimator, params=None, seen=window: SkfolioMethod(estimator=estimator, params=params).allocate(
        seen, None, limits
    )


@pytest.mark.parametrize(
    ("estimator", "params"),
    [
        ("MeanRisk", {}),
        ("MeanRisk", {"objective_function": "maximize_ratio", "risk_measure": "CVAR", "max_weights": 0.4}),
        ("HierarchicalRiskParity", {"risk_measure": "cdar"}),
        ("HierarchicalEqualRiskContribution", {}),
        ("RiskBudgeting", {"risk_measure": "semi_variance"}),
        (
            "NestedClustersOptimization",
            {"inner_estimator": {"estimator": "MeanRisk"}, "outer_estimator": {"estimator": "EqualWeighted"}},
        ),
        ("StackingOptimization", {"estimators": [{"estimator": "InverseVolatility"}, {"estimator": "MeanRisk"}]}),
    ],
)
def test_estimator_is_found_by_name_and_its_weights_are_shares_of_what_is_invested(estimator, params, allocate):
    found = allocate(estimator, params)
    assert found.weights.sum() == pytest.approx(0.95, abs=1e-6)
    assert found.weights.min() >= -1e-9
    assert found.solver == f"skfolio {skfolio.__version__}"
    assert found.weights.tolist() == allocate(estimator, params).weights.tolist()


def test_weights_are_those_that_skfolio_gives(allocate, window):
    expected = (
        skfolio.optimization.MeanRisk(risk_measure=skfolio.RiskMeasure.CVAR, max_weights=0.3)
        .fit(window.returns)
        .weights_
    )
    found = allocate("MeanRisk", {"risk_measure": "cvar", "max_weights": 0.3}).weights
    assert found == pytest.approx(0.95 * expected, abs=1e-12)


def test_returns_across_periods_that_a_symbol_lacks_are_compounded_for_all(allocate, window):
    # AAA has no close at the end of row 100: its next return spans two periods, as that of all others then has to.
    levels = np.cumprod(1.0 + window.returns, axis=0)
    holed = window.returns.copy()
    holed[100, 0] = np.nan
    holed[101, 0] = levels[101, 0] / levels[99, 0] - 1.0
    partly = Window(symbols=SYMBOLS, returns=holed, periods_per_year=252.0)
    closes = np.delete(levels, 100, axis=0)
    in_common = Window(symbols=SYMBOLS, returns=closes[1:] / closes[:-1] - 1.0, periods_per_year=252.0)
    for estimator in ("InverseVolatility", "HierarchicalRiskParity"):
        expected = allocate(estimator, seen=in_common).weights
        assert allocate(estimator, seen=partly).weights == pytest.approx(expected, abs=1e-12)


def test_periods_before_the_first_that_all_have_are_left_out(allocate, window):
    holed = window.returns.copy()
    holed[:30, 2] = np.nan  # what the first return of CCC covers nobody knows
    partly = Window(symbols=SYMBOLS, returns=holed, periods_per_year=252.0)
    rest = Window(symbols=SYMBOLS, returns=window.returns[31:], periods_per_year=252.0)
    expected = allocate("InverseVolatility", seen=rest).weights
    assert allocate("InverseVolatility", seen=partly).weights == pytest.approx(expected, abs=1e-12)


def test_symbols_without_two_returns_in_common_are_an_error(allocate, window):
    holed = window.returns.copy()
    holed[:150, 0] = holed[151:, 1] = np.nan
    partly = Window(symbols=SYMBOLS, returns=holed, periods_per_year=252.0)
    with pytest.raises(EstimationError, match="0 return"):
        allocate("MeanRisk", seen=partly)


def with_net(low, high, **keys):
    return Limits(
        symbols=SYMBOLS,
        lower=np.full(5, -1.5),
        upper=np.full(5, 1.5),
        total=(low, high),
        held=np.zeros(5),
        gross=1.5,
        **keys,
    )


@pytest.mark.parametrize(("low", "high", "aim"), [(-1.0, 1.5, 0.95), (0.2, 0.4, 0.4), (1.1, 1.5, 1.1)])
def test_weights_that_sum_to_one_aim_at_invest_moved_into_the_bounds_of_net(window, low, high, aim):
    limits = with_net(low, high, invest=0.95)
    for estimator, params in (("InverseVolatility", {}), ("MeanRisk", {"min_weights": -0.5})):
        found = SkfolioMethod(estimator=estimator, params=params).allocate(window, None, limits)
        assert found.weights.sum() == pytest.approx(aim, abs=1e-6)


def test_weights_that_sum_to_something_else_are_shares_of_invest_whatever_net_is(window):
    params = {"min_weights": -1.0, "budget": 0.0, "objective_function": "maximize_ratio"}
    raw = skfolio.optimization.MeanRisk(
        min_weights=-1.0, budget=0.0, objective_function=skfolio.optimization.ObjectiveFunction.MAXIMIZE_RATIO
    ).fit(window.returns)
    assert np.abs(raw.weights_).sum() > 0.1
    for limits, share in ((with_net(-0.1, 0.1, invest=0.95), 0.95), (with_net(-0.1, 0.1), 1.0)):
        found = SkfolioMethod(estimator="MeanRisk", params=params).allocate(window, None, limits)
        assert found.weights == pytest.approx(share * raw.weights_, abs=1e-12)


def test_a_negative_net_turns_no_weight_around(window):
    found = SkfolioMethod(estimator="InverseVolatility").allocate(window, None, with_net(-0.4, -0.2, invest=0.95))
    assert found.weights.min() > 0  # the allocator then takes the nearest ones that keep the limits, and says so


@pytest.mark.parametrize(
    ("estimator", "params", "message", "hint"),
    [
        ("MeanRsk", {}, "'MeanRsk', which skfolio.optimization does not offer", "Did you mean MeanRisk"),
        ("BaseOptimization", {}, "does not offer", ""),
        ("__doc__", {}, "does not offer", "It knows"),
        ("Random", {}, "it draws its weights", "MeanRisk"),
        ("BenchmarkTracker", {}, "it needs the returns of a benchmark", "MeanRisk"),
        ("MeanRisk", {"risk_mesure": "cvar"}, "MeanRisk takes no 'risk_mesure'", "Did you mean risk_measure"),
        ("MeanRisk", {"risk_measure": "cvr"}, "MeanRisk.risk_measure is 'cvr'", "Did you mean cvar"),
        ("MeanRisk", {"efficient_frontier_size": 5}, "many portfolios", "Leave it out"),
        ("NestedClustersOptimization", {"n_jobs": 2}, "processes", "Leave it out"),
        ("StackingOptimization", {}, "cannot be built", "Add what is missing"),
        ("MeanRisk", {"prior_estimator": {"estimator": "EmpiricalPrior"}}, "does not offer", ""),
        (
            "MeanRisk",
            {"fallback": {"estimator": "MeanRisk", "parms": {}}},
            "unknown key 'parms'",
            "estimator and params",
        ),
    ],
)
def test_what_does_not_exist_is_refused_with_the_nearest_name(estimator, params, message, hint):
    with pytest.raises(InputError) as caught:
        SkfolioMethod(estimator=estimator, params=params)
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize("params", [{"max_weights": "hallo"}, {"l2_coef": "x"}, {"max_weights": [0.5, 0.5]}])
def test_a_value_that_skfolio_cannot_read_is_told_before_any_data(params):
    with pytest.raises(InputError, match=r"params: skfolio's MeanRisk cannot use them with 5 symbol"):
        SkfolioMethod(estimator="MeanRisk", params=params).try_out(5)


def test_a_failure_that_does_not_come_from_the_returns_is_told_with_its_kind():
    method = SkfolioMethod(estimator="MeanRisk", params={"groups": 3})
    with pytest.raises(InputError) as caught:
        method.try_out(5)
    assert "params: skfolio's MeanRisk cannot use them with 5 symbol" in caught.value.message


def test_an_allocator_with_such_a_value_does_not_open():
    context = part_context(instrument("AAA"), instrument("BBB"), interval=SECONDS_A_DAY)
    with pytest.raises(InputError, match="params: skfolio's MeanRisk cannot use them with 2 symbol"):
        open_skfolio(SkfolioConfig(estimator="MeanRisk", params={"max_weights": "hallo"}), context)


def test_constraints_that_returns_may_yet_keep_are_not_refused_beforehand():
    SkfolioMethod(estimator="MeanRisk", params={"min_return": 0.5}).try_out(5)


def test_an_estimator_that_fails_says_so(allocate):
    with pytest.raises(EstimationError, match="skfolio's MeanRisk failed"):
        allocate("MeanRisk", {"min_weights": 0.9})


def test_an_estimator_that_gives_up_in_silence_is_found_out(allocate):
    with pytest.raises(EstimationError, match="expected one finite weight a symbol"):
        allocate("MeanRisk", {"min_weights": 0.9, "raise_on_failure": False})
