"""The optimisers: over random problems they keep every limit and agree on what is best."""

import numpy as np
import pytest

from logos.portfolio.constraints.keeping import violation
from logos.portfolio.constraints.limits import Group, Limits
from logos.portfolio.optimiser.choosing import solve
from logos.portfolio.optimiser.problem import BestRatio, CappedRisk, Problem


def covariance_of(draw, count):
    """A few factors and some noise; volatilities from 0.05 to 0.8."""
    factors = draw.normal(size=(count, int(draw.integers(1, 4))))
    matrix = factors @ factors.T + np.diag(draw.uniform(0.02, 1, count))
    scale = draw.uniform(0.05, 0.8, count) / np.sqrt(np.diag(matrix))
    return matrix * np.outer(scale, scale)


def limits_of(draw, count):
    """Limits of every kind that one point at least keeps, often without any room around it."""
    lower = -draw.uniform(0, 0.6, count) if draw.random() < 0.4 else np.zeros(count)
    upper = np.full(count, 1.0) if draw.random() < 0.4 else draw.uniform(0.1, 1, count)
    if draw.random() < 0.15:
        upper = np.where(draw.random(count) < 0.3, lower, upper)
    point = draw.uniform(lower, upper)
    sum_ = float(point.sum())
    groups = []
    for number in range(int(draw.integers(0, 3))):
        members = np.flatnonzero(draw.random(count) < 0.5)
        if len(members):
            share = float(point[members].sum())
            least = -np.inf if draw.random() < 0.5 else share - draw.uniform(0, 0.2)
            most = share + draw.choice([0.0, draw.uniform(0, 0.2)])
            groups.append(Group(name=f"groups.{number}", members=tuple(members.tolist()), lower=least, upper=most))
    held = draw.uniform(-0.1, 0.5, count) * (draw.random() < 0.7)
    return Limits(
        symbols=tuple(f"S{place:02d}" for place in range(count)),
        lower=lower,
        upper=upper,
        total=(sum_, sum_) if draw.random() < 0.6 else (sum_ - draw.uniform(0, 0.5), sum_ + draw.uniform(0, 0.3)),
        held=held,
        gross=np.abs(point).sum() + draw.choice([0, 0.05, 0.3]) if draw.random() < 0.4 else None,
        turnover=np.abs(point - held).sum() + draw.choice([0, 0.02, 0.3]) if draw.random() < 0.4 else None,
        groups=tuple(groups),
    )


def problems(seed, number, kinds=("quadratic", "capped", "ratio")):
    """Yield random problems of each kind in turn; a ratio only where some weights have a return above 0."""
    draw = np.random.default_rng(seed)  # noqa: TID251 - seeded examples
    for place in range(number):
        count = int(draw.integers(1, 13))
        covariance, limits = covariance_of(draw, count), limits_of(draw, count)
        linear = -draw.normal(0.05, 0.15, count)
        costs = None if draw.random() < 0.6 else draw.uniform(0, 0.02, count)
        kind = kinds[place % len(kinds)]
        if kind == "quadratic":
            yield Problem(quadratic=5 * covariance, linear=linear, limits=limits, costs=costs)
            continue
        least = solve(Problem(quadratic=covariance, linear=0 * linear, limits=limits), "heuristic").weights
        volatility = float(np.sqrt(least @ covariance @ least)) * draw.uniform(1.01, 1.8) + 1e-3
        capped = CappedRisk(quadratic=covariance, linear=linear, limits=limits, costs=costs, volatility=volatility)
        if kind == "capped":
            yield capped
        elif capped.earned(solve(capped, "clarabel").weights) > 1e-3:
            yield BestRatio(quadratic=covariance, linear=linear, limits=limits, costs=costs)


def loss(problem, weights):
    """What is to be least."""
    variance = float(weights @ problem.quadratic @ weights)
    if isinstance(problem, BestRatio):
        return -problem.earned(weights) / np.sqrt(variance)
    return -problem.earned(weights) + (0 if isinstance(problem, CappedRisk) else variance / 2)


def assert_as_good(problem, weights, best, relative):
    """The loss of some weights is that of others, no more and no less."""
    expected = loss(problem, best)
    assert loss(problem, weights) == pytest.approx(expected, rel=relative, abs=relative * 1e-2)


def assert_kept(problem, weights):
    assert violation(weights, problem.limits) <= 1e-9
    if isinstance(problem, CappedRisk):
        assert np.sqrt(weights @ problem.quadratic @ weights) <= problem.volatility * (1 + 1e-8)


def check_both(seed, number):
    """Clarabel and the heuristic on the same problems; return how many needed a note, and how many there were."""
    noted = count = 0
    for problem in problems(seed, number):
        first, second = solve(problem, "clarabel"), solve(problem, "heuristic")
        assert_kept(problem, first.weights)
        assert_kept(problem, second.weights)
        assert_as_good(problem, second.weights, first.weights, 1e-6 if not second.notes else 1e-3)
        noted += bool(first.notes) + bool(second.notes)
        count += 1
    return noted, count


def test_clarabel_and_the_heuristic_keep_every_limit_and_are_as_good_as_each_other():
    noted, count = check_both(1, 900)

    assert noted <= count // 100


@pytest.mark.long
def test_clarabel_and_the_heuristic_agree_over_ten_thousand_problems():
    noted, count = check_both(2, 10_000)

    assert noted <= count // 100


def test_cvxpy_and_clarabel_agree():
    for problem in problems(3, 45):
        first, second = solve(problem, "clarabel"), solve(problem, "cvxpy")

        assert second.solver.startswith("cvxpy ")
        assert_kept(problem, second.weights)
        assert_as_good(problem, second.weights, first.weights, 1e-6)


@pytest.mark.parametrize("solver", ["clarabel", "heuristic"])
def test_a_permutation_of_the_assets_permutes_the_weights(solver):
    draw = np.random.default_rng(4)  # noqa: TID251 - seeded examples
    for problem in problems(5, 150, kinds=("quadratic", "quadratic", "capped")):
        limits = problem.limits
        order = draw.permutation(len(limits.symbols))
        moved = np.argsort(order)
        turned = type(problem)(
            quadratic=problem.quadratic[np.ix_(order, order)],
            linear=problem.linear[order],
            costs=None if problem.costs is None else problem.costs[order],
            limits=Limits(
                symbols=tuple(limits.symbols[place] for place in order),
                lower=limits.lower[order],
                upper=limits.upper[order],
                total=limits.total,
                held=limits.held[order],
                gross=limits.gross,
                turnover=limits.turnover,
                groups=tuple(
                    Group(
                        name=group.name,
                        members=tuple(sorted(int(moved[place]) for place in group.members)),
                        lower=group.lower,
                        upper=group.upper,
                    )
                    for group in limits.groups
                ),
            ),
            **({"volatility": problem.volatility} if isinstance(problem, CappedRisk) else {}),
        )

        assert solve(turned, solver).weights == pytest.approx(solve(problem, solver).weights[order], abs=1e-6)


@pytest.mark.parametrize("solver", ["clarabel", "heuristic"])
def test_equal_problems_have_equal_answers_bit_by_bit(solver):
    for first, second in zip(problems(6, 30), problems(6, 30), strict=True):
        assert solve(first, solver).weights.tobytes() == solve(second, solver).weights.tobytes()


@pytest.mark.parametrize("solver", ["clarabel", "heuristic"])
def test_no_pair_of_weights_can_be_shifted_for_the_better(solver):
    """The conditions of Karush, Kuhn and Tucker, where the limits are bounds and a sum."""
    draw = np.random.default_rng(7)  # noqa: TID251 - seeded examples
    for _ in range(100):
        count = int(draw.integers(2, 15))
        limits = Limits(
            symbols=tuple(f"S{place:02d}" for place in range(count)),
            lower=np.full(count, -0.1),
            upper=np.full(count, 1.2 / count),
            total=(1.0, 1.0),
            held=np.zeros(count),
        )
        covariance, mean = covariance_of(draw, count), draw.normal(0.05, 0.15, count)
        weights = solve(Problem(quadratic=3 * covariance, linear=-mean, limits=limits), solver).weights

        slope = 3 * covariance @ weights - mean
        can_fall, can_rise = weights > limits.lower + 1e-9, weights < limits.upper - 1e-9
        assert slope[can_fall].max() <= slope[can_rise].min(initial=np.inf) + 1e-8


@pytest.mark.parametrize("solver", ["clarabel", "cvxpy", "heuristic"])
def test_what_costs_more_than_it_gains_is_not_traded(solver):
    held = np.array([0.3, 0.5, 0.2])
    limits = Limits(symbols=("A", "B", "C"), lower=np.zeros(3), upper=np.ones(3), total=(1.0, 1.0), held=held)
    problem = Problem(
        quadratic=np.diag([0.04, 0.05, 0.06]), linear=-np.array([0.02, 0.03, 0.025]), limits=limits, costs=np.ones(3)
    )

    assert solve(problem, solver).weights == pytest.approx(held, abs=1e-8)


@pytest.mark.parametrize("solver", ["clarabel", "cvxpy", "heuristic"])
def test_limits_that_leave_one_choice_are_met_by_it(solver):
    weights = np.array([0.25, 0.25, 0.5])
    limits = Limits(
        symbols=("A", "B", "C"),
        lower=weights,
        upper=weights,
        total=(1.0, 1.0),
        held=np.zeros(3),
        gross=1.0,
        turnover=1.0,
    )
    problem = Problem(quadratic=np.eye(3), linear=np.zeros(3), limits=limits)

    assert solve(problem, solver).weights == pytest.approx(weights, abs=1e-9)


@pytest.mark.parametrize("solver", ["clarabel", "heuristic"])
def test_a_large_portfolio_with_every_kind_of_limit_is_solved_to_the_same_loss(solver):
    draw = np.random.default_rng(8)  # noqa: TID251 - seeded examples
    count = 150
    held = np.full(count, 0.95 / count)
    limits = Limits(
        symbols=tuple(f"S{place:03d}" for place in range(count)),
        lower=np.full(count, -0.05),
        upper=np.full(count, 0.1),
        total=(0.5, 0.95),
        held=held,
        gross=1.3,
        turnover=0.5,
        groups=(Group(name="sectors.a", members=tuple(range(0, count, 3)), lower=0.0, upper=0.3),),
    )
    problem = Problem(quadratic=covariance_of(draw, count), linear=-draw.normal(0.05, 0.1, count), limits=limits)

    found = solve(problem, solver)

    assert not found.notes
    assert_kept(problem, found.weights)
    slack = 1e-7
    for other in (held, solve(problem, "clarabel").weights):
        assert loss(problem, found.weights) <= loss(problem, other) + slack
