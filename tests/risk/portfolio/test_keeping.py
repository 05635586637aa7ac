"""How far weights break their limits is measured, and which they are is said by name."""

from math import inf

import attrs
import numpy as np
import pytest

from logos.portfolio.constraints.keeping import broken, violation
from logos.portfolio.constraints.limits import Group, Limits

LIMITS = Limits(
    symbols=("AAA", "BBB", "CCC"),
    lower=np.array([-0.5, 0.0, 0.1]),
    upper=np.array([0.5, 0.6, 0.7]),
    total=(0.2, 1.0),
    held=np.array([0.3, 0.3, 0.3]),
    gross=1.2,
    turnover=0.6,
    groups=(Group(name="constraints.sectors.energy", members=(0, 2), lower=-0.4, upper=0.8),),
)


def test_weights_that_keep_all_limits_break_none():
    kept = np.array([0.3, 0.2, 0.4])
    assert violation(kept, LIMITS) == 0.0
    assert broken(kept, LIMITS) == ()


@pytest.mark.parametrize(
    ("weights", "excess", "name"),
    [
        ([0.3, -0.1, 0.3], 0.1, "the weight of BBB"),
        ([0.55, 0.1, 0.25], 0.05, "the weight of AAA"),
        ([0.4, 0.3, 0.35], 0.05, "the sum of all weights"),
        ([0.05, 0.02, 0.1], 0.13, "the sum of all weights"),
        ([0.45, 0.1, 0.4], 0.05, "constraints.sectors.energy"),
        ([-0.4, 0.5, 0.4], 0.1, "constraints.gross"),
        ([0.0, 0.0, 0.4], 0.1, "constraints.turnover"),
    ],
)
def test_each_limit_that_is_broken_is_named(weights, excess, name):
    found = np.array(weights)
    assert name in broken(found, LIMITS)
    assert violation(found, LIMITS) >= excess - 1e-12


def test_greatest_violation_counts():
    assert violation(np.array([0.55, -0.1, 0.25]), LIMITS) == pytest.approx(0.1)


def test_rounding_to_hundred_millionths_breaks_nothing():
    weights = np.array([0.3 + 9e-9, 0.3, 0.4])
    assert violation(weights, LIMITS) == pytest.approx(9e-9)
    assert broken(weights, LIMITS) == ()


def test_weight_that_is_no_number_breaks_everything():
    weights = np.array([np.nan, 0.3, 0.4])
    assert violation(weights, LIMITS) == inf
    assert "the weight of AAA" in broken(weights, LIMITS)


def test_no_weights_keep_limits_only_where_nothing_must_be_held():
    empty = attrs.evolve(
        LIMITS, symbols=(), lower=np.zeros(0), upper=np.zeros(0), held=np.zeros(0), gross=None, turnover=None, groups=()
    )
    assert violation(np.zeros(0), empty) == 0.2
    assert violation(np.zeros(0), attrs.evolve(empty, total=(0.0, 1.0))) == 0.0
