"""Money: one rounding rule, half to even, and texts that are plain decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.domain.errors import InputError
from logos.domain.money import (
    RATIO_ONE,
    decimals_of,
    divide_half_even,
    ratio,
    scaled,
    scaled_exactly,
    text_of,
)

WIDE = Context(prec=200, rounding=ROUND_HALF_EVEN)
INTEGERS = st.integers(-(10**30), 10**30)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(1, 2, 0), (3, 2, 2), (5, 2, 2), (-1, 2, 0), (-3, 2, -2), (-5, 2, -2), (7, 3, 2), (-7, 3, -2), (0, 9, 0)],
)
def test_halves_go_to_the_even_neighbour_on_both_sides_of_zero(numerator, denominator, rounded) -> None:
    assert divide_half_even(numerator, denominator) == rounded


@given(INTEGERS, st.integers(1, 10**15))
def test_division_is_within_a_half_and_even_where_it_is_a_half(numerator, denominator) -> None:
    quotient = divide_half_even(numerator, denominator)
    twice_off = 2 * abs(numerator - quotient * denominator)
    assert twice_off < denominator or (twice_off == denominator and quotient % 2 == 0)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**12), max_value=10**12))
def test_scaling_rounds_as_decimal_quantize_does(value) -> None:
    with localcontext(WIDE):
        quantized = value.quantize(Decimal("1e-8"), rounding=ROUND_HALF_EVEN)
        assert Decimal(scaled(value, 8)).scaleb(-8) == quantized


@given(st.integers(-(10**6), 10**6), st.integers(0, 9))
def test_scaling_of_exact_halves_agrees_with_quantize(whole, decimals) -> None:
    half = Decimal(2 * whole + 1) / 2
    assert scaled(half.scaleb(-decimals), decimals) == int(half.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


@given(INTEGERS, st.integers(0, 12))
def test_a_text_reads_back_as_the_same_amount_and_has_exactly_its_decimals(value, decimals) -> None:
    text = text_of(value, decimals)
    assert scaled_exactly(Decimal(text), decimals, what="text") == value
    assert "E" not in text.upper()
    assert len(text.partition(".")[2]) == decimals
    assert not text.startswith("-0") or value < 0


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(0, 8, "0.00000000"), (-5, 2, "-0.05"), (5, 0, "5"), (-12345, 2, "-123.45"), (30, 2, "0.30"), (100, 2, "1.00")],
)
def test_texts_keep_their_zeros_and_their_sign(value, decimals, text) -> None:
    assert text_of(value, decimals) == text


@given(INTEGERS, st.integers(-5, 10**15))
def test_a_ratio_is_in_hundred_millionths_and_zero_without_a_positive_base(numerator, denominator) -> None:
    wanted = divide_half_even(numerator * RATIO_ONE, denominator) if denominator > 0 else 0
    assert ratio(numerator, denominator) == wanted


@pytest.mark.parametrize(
    ("step", "decimals"),
    [("0.01", 2), ("0.010", 2), ("1", 0), ("1.00", 0), ("1E+2", 0), ("0.25", 2), ("1E-8", 8), ("10", 0)],
)
def test_a_step_prints_with_the_decimals_it_needs(step, decimals) -> None:
    assert decimals_of(Decimal(step)) == decimals


def test_an_amount_with_more_decimals_than_its_money_is_refused_with_a_remedy() -> None:
    with pytest.raises(InputError, match=r"cash 0\.001 has more than 2 decimals\. Write it with at most 2 decimals"):
        scaled_exactly(Decimal("0.001"), 2, what="cash")
    assert scaled_exactly(Decimal("0.010"), 2, what="cash") == 1
