"""Mean-variance: recorded numbers of other libraries, closed forms, and what it does where the objective fails."""

import numpy as np
import pytest
from scipy.optimize import OptimizeResult

from logos.domain.errors import InputError
from logos.portfolio.constraints.keeping import violation
from logos.portfolio.constraints.limits import Group, Limits
from logos.portfolio.errors import InfeasibleError
from logos.portfolio.methods.mean_variance import MeanVariance
from logos.portfolio.optimiser.names import SOLVERS
from logos.portfolio.records import Estimate, Window

SKFOLIO, PYPFOPT, RISKFOLIO = "skfolio 1.12.2", "PyPortfolioOpt 1.6.0", "Riskfolio-Lib 7.4.0"
COVARIANCES = ("sample", "ledoit_wolf")


def limits_of(count, lower=0.0, upper=1.0, total=(1.0, 1.0), **more):
    return Limits(
        symbols=tuple(f"S{place:02d}" for place in range(count)),
        lower=np.full(count, lower),
        upper=np.full(count, upper),
        total=total,
        **{"held": np.zeros(count), **more},
    )


def allocation_of(method, mean, covariance, limits):
    symbols = limits.symbols
    window = Window(symbols=symbols, returns=np.full((2, len(symbols)), np.nan), periods_per_year=252.0)
    estimate = Estimate(symbols=symbols, mean=np.array(mean), covariance=np.array(covariance), observations=2)
    return method.allocate(window, estimate, limits)


@pytest.mark.parametrize("status", [1, 4])
def test_a_solver_that_cannot_tell_the_highest_return_is_not_taken_for_a_loss(monkeypatch, status):
    failed = OptimizeResult(status=status, x=None, message="Iteration limit reached.")
    monkeypatch.setattr("scipy.optimize.linprog", lambda *_args, **_options: failed)
    found = allocation_of(MeanVariance(objective="max_sharpe"), [0.1, 0.2], np.eye(2), limits_of(2))
    assert found.weights == pytest.approx([0.5, 0.5])
    assert len(found.notes) == 1
    assert "HiGHS could not decide" in found.notes[0]
    assert "(Iteration limit reached)" in found.notes[0]


def random_estimate(draw, count):
    factors = draw.normal(size=(count, 3))
    matrix = factors @ factors.T + np.diag(draw.uniform(0.1, 1, count))
    scale = draw.uniform(0.1, 0.5, count) / np.sqrt(np.diag(matrix))
    return draw.normal(0.06, 0.12, count), matrix * np.outer(scale, scale)


def sharpe(weights, mean, covariance, risk_free=0.0):
    return float((mean - risk_free) @ weights / np.sqrt(weights @ covariance @ weights))


@pytest.fixture(scope="session")
def ten_stocks(reference):
    """Return mean and covariance of a year, by the name of the covariance."""

    def of(covariance):
        means = reference.content["statistics"]["mean_daily"]
        return np.array([means[name] for name in reference.symbols]) * 252, getattr(reference, covariance) * 252

    return of


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("library", [SKFOLIO, PYPFOPT])
@pytest.mark.parametrize("covariance", COVARIANCES)
def test_min_variance_is_that_of_the_libraries(reference, ten_stocks, covariance, library, solver):
    found = allocation_of(MeanVariance(solver=solver), *ten_stocks(covariance), limits_of(10)).weights

    assert found == pytest.approx(reference.weights(f"min_variance_{covariance}", library), abs=1e-4)


def test_min_variance_is_that_of_riskfolio(reference, ten_stocks):
    found = allocation_of(MeanVariance(), *ten_stocks("ledoit_wolf"), limits_of(10)).weights

    assert found == pytest.approx(reference.weights("min_variance_ledoit_wolf", RISKFOLIO), abs=1e-4)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("library", [SKFOLIO, PYPFOPT])
def test_a_cap_on_each_weight_is_part_of_the_problem(reference, ten_stocks, library, solver):
    found = allocation_of(MeanVariance(solver=solver), *ten_stocks("ledoit_wolf"), limits_of(10, upper=0.2)).weights

    assert found == pytest.approx(reference.weights("min_variance_ledoit_wolf_cap20", library), abs=1e-4)


@pytest.mark.parametrize("solver", SOLVERS)
def test_min_variance_with_wide_bounds_is_the_closed_form(reference, ten_stocks, solver):
    mean, covariance = ten_stocks("ledoit_wolf")
    found = allocation_of(MeanVariance(solver=solver), mean, covariance, limits_of(10, lower=-5.0, upper=5.0)).weights

    formula = np.linalg.solve(covariance, np.ones(10))
    assert found == pytest.approx(formula / formula.sum(), abs=1e-9)
    assert found == pytest.approx(reference.weights("min_variance_ledoit_wolf_unconstrained", "formula"), abs=1e-9)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("library", [SKFOLIO, PYPFOPT])
@pytest.mark.parametrize("covariance", COVARIANCES)
def test_max_sharpe_is_that_of_the_libraries_and_no_worse(reference, ten_stocks, covariance, library, solver):
    given = ten_stocks(covariance)
    found = allocation_of(MeanVariance(objective="max_sharpe", solver=solver), *given, limits_of(10)).weights

    theirs = reference.weights(f"max_sharpe_{covariance}", library)
    assert found == pytest.approx(theirs, abs=5e-4)
    assert sharpe(found, *given) >= sharpe(theirs, *given) - 1e-9


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("risk_aversion", [1, 5, 20])
@pytest.mark.parametrize("covariance", COVARIANCES)
def test_utility_is_that_of_pyportfolioopt(reference, ten_stocks, covariance, risk_aversion, solver):
    method = MeanVariance(objective="utility", risk_aversion=float(risk_aversion), solver=solver)
    found = allocation_of(method, *ten_stocks(covariance), limits_of(10)).weights

    theirs = reference.weights(f"mean_variance_utility_{covariance}_lambda{risk_aversion}", PYPFOPT)
    assert found == pytest.approx(theirs, abs=1e-4)


@pytest.mark.parametrize("solver", SOLVERS)
def test_no_weights_within_the_limits_have_a_better_sharpe_ratio(solver):
    draw = np.random.default_rng(1)  # noqa: TID251 - seeded examples
    for _ in range(12 if solver == "cvxpy" else 60):
        count = int(draw.integers(3, 12))
        mean, covariance = random_estimate(draw, count)
        mean[0] = 0.3
        held = draw.dirichlet(np.ones(count))
        group = Group(name="sectors.a", members=(0, 2), lower=0.0, upper=0.5)
        limits = limits_of(count, upper=0.7, groups=(group,), held=held, turnover=1.2)
        method = MeanVariance(objective="max_sharpe", risk_free=0.01, solver=solver)
        found = allocation_of(method, mean, covariance, limits).weights

        assert violation(found, limits) <= 1e-8
        others = draw.dirichlet(np.full(count, 0.7), 200)
        others = [other for other in (*others, held) if violation(other, limits) <= 0]
        best = sharpe(found, mean, covariance, 0.01)
        assert all(sharpe(other, mean, covariance, 0.01) <= best + 1e-9 for other in others)
        # Nor has any point on the way from the best to another, however near.
        near = [found + 1e-4 * (other - found) for other in others]
        assert all(sharpe(other, mean, covariance, 0.01) <= best + 1e-9 for other in near)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_sharpe_ratio_of_a_dollar_neutral_portfolio_is_the_closed_form(solver):
    mean, covariance = random_estimate(np.random.default_rng(2), 5)  # noqa: TID251 - seeded examples
    limits = limits_of(5, lower=-1.0, total=(0.0, 0.0), gross=1.0)
    found = allocation_of(MeanVariance(objective="max_sharpe", solver=solver), mean, covariance, limits)

    inverse = np.linalg.inv(covariance)
    level = (inverse @ mean).sum() / inverse.sum()  # the return that makes the weights sum to 0
    direction = inverse @ (mean - level)
    ratio = sharpe(found.weights, mean, covariance)
    assert ratio == pytest.approx(sharpe(direction, mean, covariance), rel=1e-6)
    assert violation(found.weights, limits) <= 1e-8


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_sharpe_ratio_does_not_say_how_much_to_invest_so_it_is_as_much_as_the_limits_allow(solver):
    mean, covariance = np.array([0.1, 0.12, 0.08]), np.diag([0.04, 0.05, 0.06])
    method = MeanVariance(objective="max_sharpe", solver=solver)
    direction = mean / np.diag(covariance)

    by_total = allocation_of(method, mean, covariance, limits_of(3, total=(0.0, 0.9))).weights
    by_bound = allocation_of(method, mean, covariance, limits_of(3, upper=0.2, total=(0.0, 0.9))).weights

    assert by_total == pytest.approx(0.9 * direction / direction.sum(), abs=1e-6)
    assert by_bound == pytest.approx(0.2 * direction / direction.max(), abs=1e-6)


@pytest.mark.parametrize("solver", SOLVERS)
def test_where_nothing_earns_more_than_the_risk_free_rate_the_least_variance_takes_over(solver):
    mean, covariance = np.array([0.01, 0.02, -0.03]), np.diag([0.04, 0.05, 0.06])
    found = allocation_of(
        MeanVariance(objective="max_sharpe", risk_free=0.02, solver=solver), mean, covariance, limits_of(3)
    )

    least = allocation_of(MeanVariance(solver=solver), mean, covariance, limits_of(3))
    assert found.weights == pytest.approx(least.weights, abs=1e-9)
    assert len(found.notes) == 1
    assert found.notes[0] == (
        "No weights within the limits are expected to earn more than the risk-free rate, 0.02 a year on what they "
        "invest, so max_sharpe took those of least variance."
    )


def test_the_risk_free_rate_counts_for_what_is_invested_alone():
    mean, covariance = np.array([0.52, 0.1]), np.diag([0.04, 0.05])
    method = MeanVariance(objective="max_sharpe", risk_free=0.5)
    # 0.95 x 0.52 is less than 0.5, and more than 0.95 x 0.5.
    found = allocation_of(method, mean, covariance, limits_of(2, total=(0.95, 0.95)))
    assert found.notes == ()
    assert found.weights == pytest.approx([0.95, 0.0], abs=1e-6)


def test_a_cap_can_keep_every_portfolio_below_the_risk_free_rate():
    mean, covariance = np.array([0.2, -0.1, -0.1]), np.diag([0.04, 0.05, 0.06])
    method = MeanVariance(objective="max_sharpe")

    assert not allocation_of(method, mean, covariance, limits_of(3, upper=0.5)).notes
    capped = allocation_of(method, mean, covariance, limits_of(3, upper=np.array([0.3, 0.5, 0.5])))
    assert "least variance" in capped.notes[0]


def test_falling_assets_that_may_be_sold_short_have_a_sharpe_ratio():
    mean, covariance = np.array([-0.1, -0.2, -0.15]), np.diag([0.04, 0.05, 0.06])
    limits = limits_of(3, lower=-1.0, upper=0.0, total=(-1.0, -1.0))
    found = allocation_of(MeanVariance(objective="max_sharpe"), mean, covariance, limits)

    direction = mean / np.diag(covariance)
    assert not found.notes
    assert found.weights == pytest.approx(-direction / direction.sum(), abs=1e-7)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_target_volatility_is_met_and_no_more_return_is_to_be_had_at_it(solver):
    draw = np.random.default_rng(3)  # noqa: TID251 - seeded examples
    for _ in range(30):
        mean, covariance = random_estimate(draw, 6)
        limits = limits_of(6, upper=0.6)
        least = allocation_of(MeanVariance(), mean, covariance, limits).weights
        target = float(np.sqrt(least @ covariance @ least)) * 1.15
        method = MeanVariance(objective="target_volatility", target_volatility=target, solver=solver)
        found = allocation_of(method, mean, covariance, limits)

        volatility = float(np.sqrt(found.weights @ covariance @ found.weights))
        assert not found.notes
        assert violation(found.weights, limits) <= 1e-8
        assert volatility <= target * (1 + 1e-8)
        # The same point of the efficient frontier, by its price of risk: found by halving.
        low, high = 1e-3, 1e5
        for _ in range(60):
            price = float(np.sqrt(low * high))
            efficient = allocation_of(
                MeanVariance(objective="utility", risk_aversion=price), mean, covariance, limits
            ).weights
            low, high = (price, high) if efficient @ covariance @ efficient > target**2 else (low, price)
        assert mean @ found.weights == pytest.approx(mean @ efficient, abs=1e-6)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_target_below_the_least_volatility_gets_the_least_with_a_note(solver):
    mean, covariance = np.array([0.1, 0.12, 0.08]), np.diag([0.04, 0.05, 0.06])
    method = MeanVariance(objective="target_volatility", target_volatility=0.05, solver=solver)
    found = allocation_of(method, mean, covariance, limits_of(3))

    least = 1 / np.diag(covariance)
    assert found.weights == pytest.approx(least / least.sum(), abs=1e-8)
    assert len(found.notes) == 1
    assert found.notes[0] == (
        "The least volatility within the limits is 0.1273 a year, not below the target of 0.05, "
        "so target_volatility took the weights of least variance."
    )


@pytest.mark.parametrize("solver", SOLVERS)
def test_cash_lowers_the_volatility_to_its_target_where_the_sum_is_a_range(solver):
    mean, covariance = np.array([0.1, 0.12, 0.08]), np.diag([0.04, 0.05, 0.06])
    method = MeanVariance(objective="target_volatility", target_volatility=0.05, solver=solver)
    found = allocation_of(method, mean, covariance, limits_of(3, total=(0.0, 1.0)))

    direction = mean / np.diag(covariance)
    size = 0.05 / np.sqrt(direction @ covariance @ direction)
    assert not found.notes
    assert found.weights == pytest.approx(size * direction, abs=1e-5)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_target_that_nothing_reaches_gets_the_greatest_return(solver):
    mean, covariance = np.array([0.1, 0.12, 0.08]), np.diag([0.04, 0.05, 0.06])
    method = MeanVariance(objective="target_volatility", target_volatility=0.9, solver=solver)

    found = allocation_of(method, mean, covariance, limits_of(3, upper=0.7))

    assert found.weights == pytest.approx([0.3, 0.7, 0.0], abs=1e-6)
    assert found.notes == (
        "The target_volatility of 0.9 a year bounds nothing: the weights that are expected to earn most have 0.1676.",
    )


@pytest.mark.parametrize("solver", SOLVERS)
def test_trading_costs_keep_weights_where_they_are_held(solver):
    draw = np.random.default_rng(4)  # noqa: TID251 - seeded examples
    for objective in ("utility", "max_sharpe", "min_variance"):
        mean, covariance = random_estimate(draw, 5)
        mean = np.abs(mean) + 0.05
        free = allocation_of(MeanVariance(objective=objective, solver=solver), mean, covariance, limits_of(5)).weights
        held = 0.95 * free + 0.05 * draw.dirichlet(np.ones(5))
        method = MeanVariance(objective=objective, solver=solver, costs=0.5)
        costly = allocation_of(method, mean, covariance, limits_of(5, held=held)).weights

        assert np.abs(free - held).max() > 1e-3
        assert costly == pytest.approx(held, abs=1e-6)


class Costly:
    """A seeded problem in which trading costs, written anew in cvxpy."""

    def __init__(self, draw):
        self.cvxpy = pytest.importorskip("cvxpy")
        count = int(draw.integers(2, 12))
        self.mean, self.covariance = random_estimate(draw, count)
        self.costs, self.risk_free = float(draw.choice([0.001, 0.01, 0.05, 0.2])), float(draw.choice([0.0, 0.02]))
        shorts = draw.random() < 0.3
        self.limits = limits_of(
            count,
            lower=-0.3 if shorts else 0.0,
            upper=max(0.5, 1.2 / count),
            total=(0.8, 0.95) if draw.random() < 0.6 else (0.95, 0.95),
            gross=1.5 if shorts else None,
            held=draw.dirichlet(np.ones(count)) * draw.choice([0.0, 0.5, 0.95]),
        )
        self.weights = self.cvxpy.Variable(count)
        self.risk = self.cvxpy.norm(np.linalg.cholesky(self.covariance).T @ self.weights)
        traded = self.cvxpy.norm1(self.weights - self.limits.held)
        self.gain = (self.mean - self.risk_free) @ self.weights - self.costs * traded

    def best(self, objective, *also):
        """Return cvxpy's greatest value of an objective within the limits."""
        limits, weights = self.limits, self.weights
        total = self.cvxpy.sum(weights)
        kept = [weights >= limits.lower, weights <= limits.upper, total >= limits.total[0], total <= limits.total[1]]
        if limits.gross is not None:
            kept.append(self.cvxpy.norm1(weights) <= limits.gross)
        programme = self.cvxpy.Problem(self.cvxpy.Maximize(objective), [*kept, *also])
        return float(programme.solve(solver="CLARABEL"))

    def earned(self, weights):
        """Return what weights are expected to earn above the risk-free rate, less what it costs to get there."""
        costs = self.costs * np.abs(weights - self.limits.held).sum()
        return float((self.mean - self.risk_free) @ weights - costs)

    def allocation(self, **keys):
        """Return what the method finds, and its volatility."""
        method = MeanVariance(costs=self.costs, risk_free=self.risk_free, **keys)
        found = allocation_of(method, self.mean, self.covariance, self.limits)
        assert violation(found.weights, self.limits) <= 1e-8
        return found, float(np.sqrt(found.weights @ self.covariance @ found.weights))


@pytest.mark.parametrize("solver", SOLVERS)
def test_with_costs_a_target_volatility_is_kept_whenever_it_can_be_reached(solver):
    draw = np.random.default_rng(7)  # noqa: TID251 - seeded examples
    reached = 0
    for _ in range(60):
        problem = Costly(draw)
        least = -problem.best(-problem.risk)
        target = least * float(draw.choice([0.9, 1.001, 1.05, 1.3, 2.0]))
        found, volatility = problem.allocation(objective="target_volatility", target_volatility=target, solver=solver)
        gave_up = any("took the weights of least variance" in note for note in found.notes)
        assert gave_up == (target < least)
        if gave_up:
            assert volatility == pytest.approx(least, abs=1e-6)
            assert any(f"The least volatility within the limits is {least:.4g} a year" in note for note in found.notes)
            continue
        reached += 1
        assert volatility <= target * (1 + 1e-8)
        assert problem.earned(found.weights) >= problem.best(problem.gain, problem.risk <= target) - 1e-6
    assert 30 < reached < 60


@pytest.mark.parametrize("solver", SOLVERS)
def test_with_costs_the_greatest_sharpe_ratio_is_after_them_and_the_way_out_is_the_least_variance(solver):
    draw = np.random.default_rng(8)  # noqa: TID251 - seeded examples
    reached = 0
    for _ in range(60):
        problem = Costly(draw)
        found, volatility = problem.allocation(objective="max_sharpe", solver=solver)
        gave_up = any("so max_sharpe took those of least variance" in note for note in found.notes)
        assert gave_up == (problem.best(problem.gain) <= 1e-9)
        if gave_up:
            assert volatility == pytest.approx(-problem.best(-problem.risk), abs=1e-6)
            assert "expected to earn more after the costs of trading than" in found.notes[0]
            continue
        reached += 1
        # No weights have a better ratio where none earn more than this ratio times their risk.
        ratio = problem.earned(found.weights) / volatility
        assert problem.best(problem.gain - ratio * problem.risk) <= 1e-6
    assert 20 < reached < 60


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("lower", "total"), [(0.0, (0.0, 0.5)), (-0.5, (-0.5, 0.5)), (-0.5, (0.0, 0.0))])
def test_where_the_least_variance_is_that_of_holding_nothing_a_note_says_so(solver, lower, total):
    mean, covariance = random_estimate(np.random.default_rng(5), 4)  # noqa: TID251 - a seeded example
    limits = limits_of(4, lower=lower, upper=0.5, total=total, gross=1.0)
    found = allocation_of(MeanVariance(solver=solver), mean, covariance, limits)
    assert np.abs(found.weights).max() < 1e-8
    (note,) = found.notes
    assert note.startswith(f"The least variance within a sum of weights from {total[0]:g} to {total[1]:g} is that of")


def test_where_nothing_may_be_held_or_something_is_no_note_speaks_of_nothing():
    mean, covariance = random_estimate(np.random.default_rng(5), 4)  # noqa: TID251 - a seeded example
    for total in ((0.0, 0.0), (0.2, 0.5)):
        assert allocation_of(MeanVariance(), mean, covariance, limits_of(4, total=total)).notes == ()


@pytest.mark.parametrize("solver", SOLVERS)
def test_long_short_weights_keep_gross_and_net_exposure(solver):
    draw = np.random.default_rng(5)  # noqa: TID251 - seeded examples
    for _ in range(5):
        mean, covariance = random_estimate(draw, 8)
        limits = limits_of(8, lower=-0.3, upper=0.4, total=(-0.1, 0.5), gross=1.4)
        method = MeanVariance(objective="utility", risk_aversion=2.0, solver=solver)
        found = allocation_of(method, mean, covariance, limits).weights

        assert violation(found, limits) <= 1e-8
        assert found.min() < 0 < found.max()


@pytest.mark.parametrize("objective", ["min_variance", "max_sharpe", "utility", "target_volatility"])
def test_limits_that_contradict_each_other_are_refused_by_name(objective):
    method = MeanVariance(objective=objective, target_volatility=0.1)
    limits = limits_of(3, upper=0.2)

    with pytest.raises(InfeasibleError) as raised:
        allocation_of(method, np.array([0.1, 0.12, 0.08]), np.diag([0.04, 0.05, 0.06]), limits)

    assert raised.value.conflict


@pytest.mark.parametrize("objective", ["min_variance", "max_sharpe", "utility", "target_volatility"])
def test_one_asset_gets_all(objective):
    method = MeanVariance(objective=objective, target_volatility=0.3)

    found = allocation_of(method, [0.1], [[0.04]], limits_of(1, total=(0.95, 0.95)))

    assert found.weights == pytest.approx([0.95], abs=1e-9)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"objective": "best"}, "objective is 'best', and must be min_variance or max_sharpe"),
        ({"solver": "mosek"}, "solver is 'mosek', and must be clarabel or cvxpy or heuristic"),
        ({"risk_aversion": 0.0}, "risk_aversion is 0.0, and must be above 0"),
        ({"costs": -0.1}, "costs is -0.1, and must be 0 or more"),
        ({"target_volatility": 0.0}, "target_volatility is 0.0, and must be above 0"),
        ({"objective": "target_volatility"}, "target_volatility is missing"),
    ],
)
def test_keys_that_make_no_sense_are_refused(keys, text):
    with pytest.raises(InputError, match=text):
        MeanVariance(**keys)
