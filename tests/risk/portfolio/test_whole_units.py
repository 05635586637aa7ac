"""Weights become whole hundred-millionths that sum to what was asked, each within a unit of what it was."""

import attrs
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.domain.money import RATIO_ONE
from logos.portfolio.allocator.rounding import kept_units, whole_units
from logos.portfolio.constraints.keeping import violation
from logos.portfolio.constraints.limits import Group, Limits
from logos.portfolio.constraints.projection import nearest


def named(count):
    return tuple(f"S{place:03d}" for place in range(count))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=40).filter(lambda parts: sum(parts) > 1e-6))
def test_whole_units_sum_to_the_rounded_sum(parts):
    weights = np.array(parts) / sum(parts) * 0.95
    units = whole_units(weights, named(len(parts)))
    assert sum(units.values()) == 95_000_000
    assert all(abs(unit - weight * RATIO_ONE) <= 1.0 for unit, weight in zip(units.values(), weights, strict=True))
    assert all(unit >= 0 for unit in units.values())


def test_what_is_left_over_goes_to_what_rounding_moved_furthest():
    weights = np.array([1 / 3, 1 / 3, 1 / 3])
    assert whole_units(weights, ("C", "A", "B")) == {"A": 33_333_334, "B": 33_333_333, "C": 33_333_333}


def test_float_noise_around_nothing_is_nothing():
    assert whole_units(np.array([0.5, -1e-17, 1e-12]), named(3)) == {"S000": 50_000_000, "S001": 0, "S002": 0}


def test_short_positions_are_rounded_alike():
    units = whole_units(np.array([0.7, -0.2, 0.45]) / 3, named(3))
    assert sum(units.values()) == round(0.95 / 3 * RATIO_ONE)
    assert units["S002"] == 15_000_000
    assert units["S001"] in (-6_666_667, -6_666_666)


def drawn(draw, count):
    """Return weights and limits of every kind that they keep, most of them without any room."""
    shorts = bool(draw.random() < 0.5)
    weights = draw.uniform(-1.0 if shorts else 0.0, 1.0, count) / count
    held = draw.uniform(0.0, 1.0, count) / count
    groups = []
    for number in range(int(draw.integers(0, 4))):
        members = tuple(np.flatnonzero(draw.random(count) < 0.5).tolist())
        share = float(weights[list(members)].sum())
        if members and (share > 0.01 or not shorts):
            groups.append(Group(name=f"groups.{number}", members=members, lower=-share if shorts else 0.0, upper=share))
    total = float(weights.sum())
    return weights, Limits(
        symbols=named(count),
        lower=np.full(count, -1.0 if shorts else 0.0),
        upper=np.where(draw.random(count) < 0.2, weights, 1.0),
        total=(total, total),
        held=held,
        gross=float(np.abs(weights).sum()) if draw.random() < 0.5 else None,
        turnover=float(np.abs(weights - held).sum()) if draw.random() < 0.5 else None,
        groups=tuple(groups),
    )


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(1, 60))
def test_rounded_weights_keep_a_given_sum_exactly_and_every_other_limit_to_a_unit(seed, count):
    weights, limits = drawn(np.random.default_rng(seed), count)  # noqa: TID251 - seeded examples
    found = kept_units(weights, limits)
    rounded = np.array([found[symbol] for symbol in limits.symbols]) / RATIO_ONE
    assert sum(found.values()) == round(limits.total[0] * RATIO_ONE)
    assert violation(rounded, attrs.evolve(limits, total=(-np.inf, np.inf))) <= 1e-8 + 1e-12
    assert np.abs(rounded - weights).max() <= 1e-6


def around_units(draw, count):
    """Return limits without any room around whole units that keep them, and weights near those that keep them."""
    shorts = bool(draw.random() < 0.6)
    units = draw.integers(-(10**7) if shorts else 0, 10**7, count)
    groups = []
    for number in range(int(draw.integers(0, 5))):
        members = tuple(np.flatnonzero(draw.random(count) < 0.4).tolist())
        if members:
            share = abs(int(units[list(members)].sum())) / RATIO_ONE
            groups.append(Group(name=f"groups.{number}", members=members, lower=-share * shorts, upper=share))
    total = int(units.sum())
    limits = Limits(
        symbols=named(count),
        lower=np.full(count, -1.0 * shorts),
        upper=np.where(draw.random(count) < 0.2, units / RATIO_ONE, 1.0),
        total=(total / RATIO_ONE, (total + int(draw.integers(0, 3))) / RATIO_ONE),
        held=np.zeros(count),
        gross=float(np.abs(units).sum()) / RATIO_ONE if draw.random() < 0.7 else None,
        groups=tuple(groups),
    )
    return nearest(units / RATIO_ONE + draw.uniform(-2e-8, 2e-8, count), limits), limits


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(1, 40))
def test_where_whole_units_keep_all_limits_to_a_hundred_millionth_such_units_are_found(seed, count):
    weights, limits = around_units(np.random.default_rng(seed), count)  # noqa: TID251 - seeded examples
    found = kept_units(weights, limits)
    rounded = np.array([found[symbol] for symbol in limits.symbols]) / RATIO_ONE
    assert violation(rounded, limits) <= 1e-8 + 1e-12
    if limits.total[0] == limits.total[1]:
        assert sum(found.values()) == round(limits.total[0] * RATIO_ONE)
    assert np.abs(rounded - weights).max() <= (count + 1) / RATIO_ONE


def test_gross_exposure_and_the_least_sum_are_both_kept_to_a_unit():
    weights = np.concatenate([np.full(5, 10_000_000.6), np.full(5, -7_000_000.6)]) / RATIO_ONE
    gross = float(np.abs(weights).sum())
    limits = Limits(
        symbols=named(10),
        lower=np.full(10, -1.5),
        upper=np.full(10, 1.5),
        total=(float(weights.sum()), 0.8),
        held=np.zeros(10),
        gross=gross,
    )
    plain, kept = whole_units(weights, named(10)), kept_units(weights, limits)
    assert sum(map(abs, plain.values())) - gross * RATIO_ONE > 1.01
    assert sum(map(abs, kept.values())) - gross * RATIO_ONE <= 1 + 1e-4
    assert sum(kept.values()) - limits.total[0] * RATIO_ONE >= -1 - 1e-4


def test_a_permutation_of_the_symbols_permutes_their_units():
    weights, names = np.array([0.1, 0.1, 0.1, -0.05, -0.05, -0.05]) / 3, named(6)

    def found(*order):
        limits = Limits(
            symbols=tuple(names[place] for place in order),
            lower=np.full(6, -1.0),
            upper=np.full(6, 1.0),
            total=(0.05, 0.05),
            held=np.zeros(6),
            gross=0.15 - 2e-8,
        )
        return kept_units(weights[list(order)], limits)

    assert found(0, 1, 2, 3, 4, 5) == found(5, 3, 1, 0, 2, 4) == found(2, 5, 4, 1, 3, 0)
    assert sum(found(0, 1, 2, 3, 4, 5).values()) == 5_000_000


def test_limits_that_rounding_keeps_leave_the_sum_exact():
    weights = np.array([1 / 3, 1 / 3, 1 / 3])
    limits = Limits(symbols=named(3), lower=np.zeros(3), upper=np.ones(3), total=(1.0, 1.0), held=np.zeros(3))
    assert kept_units(weights, limits) == whole_units(weights, named(3))


def test_a_group_of_many_keeps_its_cap_and_the_sum_stays():
    weights = np.full(60, 0.01666667)
    weights[:30] -= 0.4e-8  # each would be rounded up
    weights[30:] += 0.4e-8
    share = float(weights[:30].sum())
    group = Group(name="constraints.sectors.energy", members=tuple(range(30)), lower=0.0, upper=share)
    limits = Limits(
        symbols=named(60),
        lower=np.zeros(60),
        upper=np.ones(60),
        total=(weights.sum(),) * 2,
        held=weights,
        groups=(group,),
    )
    plain, kept = whole_units(weights, named(60)), kept_units(weights, limits)
    assert sum(list(plain.values())[:30]) / RATIO_ONE - share > 1e-7
    assert sum(list(kept.values())[:30]) / RATIO_ONE - share <= 1e-8
    assert sum(kept.values()) == sum(plain.values())


def test_a_turnover_of_nothing_leaves_what_is_held_as_it_is_rounded():
    held = np.array([0.1234567849, 0.2234567849, 0.3234567849, 0.1])
    limits = Limits(
        symbols=named(4), lower=np.zeros(4), upper=np.ones(4), total=(held.sum(),) * 2, held=held, turnover=0.0
    )
    assert list(kept_units(held, limits).values()) == list(whole_units(held, named(4)).values())
