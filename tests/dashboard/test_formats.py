"""Numbers stand as text with their sign and unit, rounded once and exactly."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.ui.streamlit.design import formats

MINUS = "\N{MINUS SIGN}"
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=Decimal(-(10**30)), max_value=Decimal(10**30))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234.565", "1,234.56 USD"),
        ("1234.575", "1,234.58 USD"),
        ("-0.004", "0.00 USD"),
        ("-1234567.891", f"{MINUS}1,234,567.89 USD"),
        (Decimal("1E+3"), "1,000.00 USD"),
        ("", "–"),  # noqa: RUF001 -- the dash that stands for no value
        (None, "–"),  # noqa: RUF001 -- the same
        ("NaN", "–"),  # noqa: RUF001 -- the same
        ("1e999999999", "–"),  # noqa: RUF001 -- the same
    ],
)
def test_money_has_groups_a_true_minus_and_its_currency(value: str | Decimal | None, text: str):
    assert formats.money(value, "USD") == text


@pytest.mark.parametrize(
    ("amount", "decimals"),
    [("100000.00000000", 2), ("1000000", 0), ("-5.5", 1), ("0.00", 2), ("", 2), (None, 2), (3, 2)],
)
def test_money_is_shown_with_two_decimals_or_with_the_fewer_of_its_currency(amount: object, decimals: int):
    assert formats.money_decimals(amount) == decimals


def test_a_difference_has_its_sign_and_nothing_has_none():
    assert formats.signed_money("12.3", "EUR") == "+12.30 EUR"
    assert formats.signed_money("0", "EUR") == "0.00 EUR"
    assert formats.signed_money("-12.3", "EUR") == f"{MINUS}12.30 EUR"
    assert formats.percent("0.1234", signed=True) == "+12.34%"
    assert formats.percent(-0.5, 0) == f"{MINUS}50%"


def test_a_value_that_rounds_to_nothing_has_no_sign():
    assert formats.percent("-0.00001") == "0.00%"
    assert formats.number("-0.001", signed=True) == "0.00"


def _read_back(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace(MINUS, "-"))


@given(DECIMALS, st.integers(0, 12))
def test_the_text_is_the_number_rounded_half_to_even_and_nothing_else(value: Decimal, decimals: int):
    text = formats.number(value, decimals)

    with formats.localcontext(formats._EXACT):
        assert _read_back(text) == value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    assert len(text.partition(".")[2]) == decimals


@given(DECIMALS)
def test_a_quantity_keeps_every_digit_that_it_has(value: Decimal):
    text = formats.quantity(value)

    assert _read_back(text) == value
    assert not ("." in text and text.endswith(("0", ".")))


@given(st.text(max_size=20) | st.floats() | st.none() | st.integers() | st.booleans())
def test_whatever_stands_in_a_file_gets_some_text(value: object):
    for form in (formats.number, formats.percent, formats.quantity, formats.count, formats.when):
        assert isinstance(form(value), str)  # type: ignore[operator]
    assert isinstance(formats.money(value, "USD"), str)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-03-02T14:31:05Z", "2026-03-02 14:31 UTC"),
        ("2026-03-02T15:31:05+01:00", "2026-03-02 14:31 UTC"),
        (1_772_461_865, "2026-03-02 14:31 UTC"),
        ("yesterday", "yesterday"),
        (None, "–"),  # noqa: RUF001 -- the dash that stands for no value
        (1e30, "–"),  # noqa: RUF001 -- the same
    ],
)
def test_times_stand_in_utc_and_say_so(moment: str | float | None, text: str):
    assert formats.when(moment) == text


def test_times_show_seconds_where_they_matter():
    assert formats.when("2026-03-02T14:31:05Z", seconds=True) == "2026-03-02 14:31:05 UTC"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "just now"),
        (-5, "just now"),
        (-61, "in the future: check the clock"),
        (12.9, "12 s ago"),
        (60, "1 min ago"),
        (3_600, "1 h ago"),
        (172_800, "2 d ago"),
        (float("nan"), "–"),  # noqa: RUF001 -- the dash that stands for no value
        (None, "–"),  # noqa: RUF001 -- the same
    ],
)
def test_an_age_stands_in_its_largest_unit(seconds: float | None, text: str):
    assert formats.ago(seconds) == text
