"""The nearest weights keep all limits, are the nearest, and depend on nothing but the weights and the limits."""

import attrs
import numpy as np
import pytest

import logos.portfolio.constraints.multipliers
from logos.portfolio.constraints.keeping import violation
from logos.portfolio.constraints.limits import Group, Limits
from logos.portfolio.constraints.projection import nearest, nearest_of_sum
from logos.portfolio.errors import EstimationError, InfeasibleError

PLAIN = Limits(
    symbols=("AAA", "BBB", "CCC", "DDD"),
    lower=np.zeros(4),
    upper=np.full(4, 0.4),
    total=(0.95, 0.95),
    held=np.array([0.25, 0.25, 0.25, 0.2]),
)


def random_limits(generator, count):
    """Return limits around weights that keep them, half of them without any room, so that most of them bind."""
    shorts, tight = generator.random() < 0.4, generator.random() < 0.5
    inside = 0.95 * generator.dirichlet(np.full(count, generator.choice([0.2, 1.0, 5.0])))
    inside[generator.random(count) < generator.choice([0.0, 0.3])] = 0.0
    if shorts:
        inside = inside * np.where(generator.random(count) < 0.35, -1.0, 1.0)

    def room():
        return 0.0 if tight and generator.random() < 0.5 else 0.1 * generator.random()

    lower, upper = np.full(count, -2.0 if shorts else 0.0), np.full(count, 2.0)
    if generator.random() < 0.7:
        upper = np.minimum(upper, inside.max() + room())
    for place in np.flatnonzero(generator.random(count) < generator.choice([0.0, 0.3])):
        upper[place] = min(upper[place], inside[place] + room())
        lower[place] = max(lower[place], inside[place] - room())
    held = 0.95 * generator.dirichlet(np.ones(count)) if generator.random() < 0.8 else inside.copy()
    net, gross, traded = inside.sum(), np.abs(inside).sum(), np.abs(inside - held).sum()
    return Limits(
        symbols=tuple(f"S{place:03d}" for place in range(count)),
        lower=lower,
        upper=upper,
        total=(net, net) if generator.random() < 0.7 else (net - room(), net + room()),
        held=held,
        gross=gross + room() if generator.random() < (0.8 if shorts else 0.2) else None,
        turnover=traded + room() if generator.random() < 0.5 else None,
        groups=tuple(random_groups(generator, inside, room, shorts=shorts)),
    )


def random_groups(generator, inside, room, *, shorts):
    for kind in range(generator.integers(0, 3)):
        labels = generator.integers(0, max(2, len(inside) // 4), len(inside))
        for label in range(labels.max() + 1):
            members = tuple(np.flatnonzero(labels == label).tolist())
            if members and generator.random() < 0.7:
                cap = abs(inside[list(members)].sum()) + room()
                yield Group(name=f"g{kind}.{label}", members=members, lower=-cap if shorts else 0.0, upper=cap)


def random_cases(seed, number, most):
    generator = np.random.default_rng(seed)  # noqa: TID251 - seeded examples
    for _ in range(number):
        count = int(generator.integers(2, most + 1))
        limits = random_limits(generator, count)
        yield limits, 0.95 / count + generator.normal(size=count) * generator.choice([0.05, 0.3, 2.0])


def permuted(limits, order):
    back = np.argsort(order)
    return attrs.evolve(
        limits,
        symbols=tuple(limits.symbols[place] for place in order),
        lower=limits.lower[order],
        upper=limits.upper[order],
        held=limits.held[order],
        groups=tuple(
            attrs.evolve(group, members=tuple(sorted(back[list(group.members)].tolist()))) for group in limits.groups
        ),
    )


def least_distance(limits, aim):
    """Return the distance that a convex solver finds."""
    cvxpy = pytest.importorskip("cvxpy", reason="the extra convex is not installed")
    weights = cvxpy.Variable(len(aim))
    rules = [weights >= limits.lower, weights <= limits.upper]
    rules += [cvxpy.sum(weights) >= limits.total[0], cvxpy.sum(weights) <= limits.total[1]]
    for group in limits.groups:
        share = cvxpy.sum(weights[list(group.members)])
        rules += [share >= group.lower, share <= group.upper]
    if limits.gross is not None:
        rules.append(cvxpy.norm1(weights) <= limits.gross)
    if limits.turnover is not None:
        rules.append(cvxpy.norm1(weights - limits.held) <= limits.turnover)
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(weights - aim)), rules)
    problem.solve(solver=cvxpy.CLARABEL, tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11)
    assert problem.status in ("optimal", "optimal_inaccurate")
    return float(np.linalg.norm(weights.value - aim))


@pytest.mark.parametrize("number", [1_000, pytest.param(20_000, marks=pytest.mark.long)])
def test_random_limits_are_all_kept(number):
    for limits, aim in random_cases(seed=1, number=number, most=50):
        assert violation(nearest(aim, limits), limits) <= 1e-9


def test_distance_is_the_least_that_a_convex_solver_finds():
    for limits, aim in random_cases(seed=2, number=80, most=30):
        found = float(np.linalg.norm(nearest(aim, limits) - aim))
        assert found == pytest.approx(least_distance(limits, aim), abs=1e-6)


def test_all_weights_that_keep_the_limits_lie_behind_the_nearest_ones():
    """Seen from the weights asked for: that is what makes them the nearest, and needs no solver to prove."""
    for limits, aim in random_cases(seed=3, number=200, most=20):
        found = nearest(aim, limits)
        for other in (limits.held, -aim, aim[::-1], np.zeros_like(aim)):
            assert (nearest(other, limits) - found) @ (aim - found) <= 1e-8


def test_permutation_of_the_assets_permutes_the_weights():
    generator = np.random.default_rng(5)  # noqa: TID251 - seeded examples
    for limits, aim in random_cases(seed=4, number=300, most=30):
        order = generator.permutation(len(aim))
        there = nearest(aim[order], permuted(limits, order))
        assert np.abs(there - nearest(aim, limits)[order]).max() <= 1e-8


def test_same_input_gives_the_same_bits():
    for limits, aim in random_cases(seed=6, number=50, most=30):
        assert nearest(aim.copy(), limits).tobytes() == nearest(aim, limits).tobytes()


def test_hundreds_of_assets_with_sectors_and_turnover_are_kept():
    generator = np.random.default_rng(7)  # noqa: TID251 - seeded examples
    held, aim = (0.95 * generator.dirichlet(np.ones(500)) for _ in range(2))
    members = np.array_split(np.arange(500), 11)
    groups = tuple(
        Group(name=f"sector {place}", members=tuple(each.tolist()), lower=0.0, upper=0.09)
        for place, each in enumerate(members)
    )
    limits = Limits(
        symbols=tuple(map(str, range(500))),
        lower=np.zeros(500),
        upper=np.full(500, 0.01),
        total=(0.95, 0.95),
        held=held,
        turnover=0.5,
        groups=groups,
    )
    assert violation(nearest(aim, limits), limits) <= 1e-9


def test_weights_that_keep_the_limits_stay_bit_for_bit():
    kept = np.array([0.4, 0.3, 0.2, 0.05 + 1e-16])
    assert nearest(kept, PLAIN) is kept


def test_excess_over_a_cap_goes_to_the_others_in_equal_parts():
    found = nearest(np.array([0.7, 0.15, 0.1, 0.0]), PLAIN)
    np.testing.assert_allclose(found, [0.4, 0.25, 0.2, 0.1], atol=1e-12)


def test_too_much_turnover_is_cut_by_the_same_amount_from_each_trade():
    # Trades of +0.15, +0.05, -0.15 and -0.05 come to 0.4; 0.05 less of each makes 0.2, and two of them are none.
    found = nearest(np.array([0.4, 0.3, 0.1, 0.15]), attrs.evolve(PLAIN, turnover=0.2))
    np.testing.assert_allclose(found, [0.35, 0.25, 0.15, 0.2], atol=1e-12)


def test_gross_exposure_is_cut_by_the_same_amount_from_each_position():
    limits = attrs.evolve(PLAIN, lower=np.full(4, -1.0), upper=np.ones(4), total=(-1.0, 1.0), gross=1.0)
    found = nearest(np.array([0.8, -0.6, 0.3, 0.1]), limits)
    cut = 0.7 / 3  # the smallest position is gone before it has given that much
    np.testing.assert_allclose(found, [0.8 - cut, -0.6 + cut, 0.3 - cut, 0.0], atol=1e-12)


def test_linear_program_finds_weights_where_the_multipliers_do_not_settle(monkeypatch):
    monkeypatch.setattr(logos.portfolio.constraints.multipliers, "_MOST_STEPS", 1)
    for limits, aim in random_cases(seed=8, number=60, most=20):
        assert violation(nearest(aim, limits), limits) <= 1e-9


@pytest.mark.parametrize(
    ("changes", "conflict"),
    [
        ({"upper": np.full(4, 0.2)}, 5),
        ({"lower": np.array([0.5, 0.0, 0.0, 0.0])}, 2),
        ({"turnover": 0.01, "held": np.full(4, 0.1)}, 2),
    ],
)
def test_limits_that_no_weights_keep_are_refused_by_name(changes, conflict):
    with pytest.raises(InfeasibleError) as caught:
        nearest(np.full(4, 0.3), attrs.evolve(PLAIN, **changes))
    assert len(caught.value.conflict) == conflict
    assert all(name in str(caught.value) for name in caught.value.conflict)
    assert caught.value.hint


def test_weights_that_are_no_numbers_are_refused():
    with pytest.raises(EstimationError, match="not a finite number"):
        nearest(np.array([np.nan, 0.3, 0.3, 0.3]), PLAIN)


RANGE = attrs.evolve(PLAIN, total=(0.3, 1.5))


def test_what_a_cap_cuts_off_goes_to_the_others_where_the_sum_is_a_range():
    weights = np.array([0.65, 0.1, 0.1, 0.1])
    assert nearest(weights, RANGE).sum() == pytest.approx(0.7)
    found = nearest_of_sum(weights, RANGE)
    assert found == pytest.approx(nearest(weights, PLAIN), abs=1e-9)
    assert found.sum() == pytest.approx(0.95)


@pytest.mark.parametrize(("cap", "total"), [(0.2, 0.8), (0.4, 0.95)])
def test_the_sum_comes_as_near_as_the_other_limits_let_it(cap, total):
    limits = attrs.evolve(RANGE, upper=np.full(4, cap))
    found = nearest_of_sum(np.array([0.65, 0.1, 0.1, 0.1]), limits)
    assert violation(found, limits) <= 1e-9
    assert found.sum() == pytest.approx(total, abs=2e-8)


def test_a_sum_outside_its_range_goes_to_the_nearest_end():
    assert nearest_of_sum(np.full(4, 0.4), attrs.evolve(RANGE, total=(0.3, 0.5))).sum() == pytest.approx(0.5)
    assert nearest_of_sum(np.full(4, 0.01), attrs.evolve(RANGE, total=(0.3, 0.5))).sum() == pytest.approx(0.3)


def test_limits_that_contradict_each_other_are_named_whatever_sum_is_asked():
    with pytest.raises(InfeasibleError):
        nearest_of_sum(np.full(4, 0.3), attrs.evolve(RANGE, total=(1.7, 1.8)))
