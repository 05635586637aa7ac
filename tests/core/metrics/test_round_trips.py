import pytest

from logos.metrics.round_trips import expectancy, payoff_ratio, profit_factor, win_rate


def test_round_trips_are_counted_and_weighed():
    assert win_rate(3, 4) == 0.75
    assert profit_factor(300, 200) == 1.5
    assert expectancy(300, 200, 4) == 25.0
    assert payoff_ratio(300, 200, 3, 1) == 0.5


def test_without_a_round_trip_nothing_is_defined():
    assert win_rate(0, 0) is None
    assert profit_factor(0, 0) is None
    assert expectancy(0, 0, 0) is None
    assert payoff_ratio(0, 0, 0, 0) is None


def test_without_a_loss_the_factor_has_no_bound():
    assert win_rate(2, 2) == 1.0
    assert profit_factor(300, 0) is None
    assert payoff_ratio(300, 0, 2, 0) is None


def test_without_a_win_the_factor_is_zero():
    assert win_rate(0, 2) == 0.0
    assert profit_factor(0, 300) == 0.0
    assert payoff_ratio(0, 300, 0, 2) is None


def test_a_round_trip_that_comes_out_even_is_no_win():
    assert win_rate(0, 1) == 0.0
    assert expectancy(0, 0, 1) == 0.0


@pytest.mark.parametrize("unit", [1, 10**8, 10**20])
def test_integers_of_any_size_are_divided_exactly(unit):
    assert profit_factor(1 * unit, 3 * unit) == 1 / 3
