"""Weights become whole hundred-millionths that sum to what was asked, each within a unit of what it was."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.domain.money import RATIO_ONE
from logos.portfolio.allocator.rounding import whole_units


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
