"""Rolling extremes equal the extremes of the window, and keep no more than it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from logos.strategies.indicators import RollingMaximum, RollingMinimum


@settings(max_examples=100, deadline=None)
@given(values=st.lists(st.integers(-5, 5), min_size=1, max_size=40), window=st.integers(1, 10))
def test_rolling_extremes_are_those_of_the_last_values(values: list[int], window: int) -> None:
    greatest, least = RollingMaximum(window), RollingMinimum(window)
    for end, value in enumerate(values, start=1):
        greatest.push(value)
        least.push(value)
        kept = values[max(0, end - window) : end]
        assert (greatest.value, least.value) == (max(kept), min(kept))


def test_a_falling_series_keeps_no_more_than_the_window() -> None:
    greatest = RollingMaximum(3)
    for value in range(100, 0, -1):
        greatest.push(value)
    assert len(greatest._candidates) == 3
