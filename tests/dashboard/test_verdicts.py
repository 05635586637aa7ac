"""Sentences of a comparison show amounts and times as the rest of the page does, and round nothing away."""

from __future__ import annotations

import pytest

from logos.ui.streamlit.components.comparison import _renamed


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (
            "The starting cash differs: 100000.00000000 in A, 250000.12345678 in B.",
            "The starting cash differs: 100,000 in A, 250,000.12345678 in C.",
        ),
        (
            "The spans differ: their start is 2013-10-04T08:06:00Z in A and 2013-10-04T08:06:30Z in B.",
            "The spans differ: their start is 2013-10-04 08:06 UTC in A and 2013-10-04 08:06:30 UTC in C.",
        ),
        (
            "The costs differ: broker.fees.taker_bps is 7.50 in A and 0.12500 in B.",
            "The costs differ: broker.fees.taker_bps is 7.50 in A and 0.125 in C.",
        ),
        (
            "B is better by its Sharpe ratio: higher by 0.50 a year over 12,345 days.",
            "C is better by its Sharpe ratio: higher by 0.50 a year over 12,345 days.",
        ),
        (
            "The instruments differ: instruments.600519.tick is 2026-03-02 in A and v1.0.20000 in B.",
            "The instruments differ: instruments.600519.tick is 2026-03-02 in A and v1.0.20000 in C.",
        ),
    ],
)
def test_a_sentence_of_the_core_is_told_with_the_numbers_of_the_page(told: str, shown: str):
    assert _renamed(told, "C") == shown
