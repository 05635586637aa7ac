"""Valuation: one exact product, rounded once; a conversion symbol that multiplies or divides."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.domain.errors import InputError
from logos.domain.instruments import AssetClass, Instrument
from logos.ledger.valuation import Conversion, Valuation, find_conversion

STEPS = st.sampled_from(["1", "0.01", "0.05", "0.00001", "0.00000001", "10"]).map(Decimal)


def make(symbol: str = "ABC", tick: Decimal = Decimal("0.01"), lot: Decimal = Decimal(1), currency: str = "USD"):
    return Instrument(symbol=symbol, asset_class=AssetClass.CRYPTO, tick=tick, lot=lot, currency=currency)


@given(STEPS, STEPS, STEPS, st.integers(1, 10**9), st.integers(-(10**9), 10**9), st.integers(1, 10**7), st.booleans())
def test_a_converted_value_is_the_exact_product_rounded_once(tick, lot, step, price, lots, rate, divides) -> None:
    conversion = Conversion(instrument=make("RATE", tick=step), divides=divides)
    valuation = Valuation.of(make(tick=tick, lot=lot), 8, conversion)
    exact = price * Fraction(tick) * lots * Fraction(lot)
    exact = exact / (rate * Fraction(step)) if divides else exact * rate * Fraction(step)
    assert valuation.value(price, lots, rate) == round(exact * 10**8)


@given(STEPS, STEPS, st.integers(1, 10**9), st.integers(-(10**9), 10**9), st.integers(0, 10))
def test_a_value_carries_the_decimals_of_its_currency(tick, lot, price, lots, decimals) -> None:
    valuation = Valuation.of(make(tick=tick, lot=lot), decimals, None)
    assert valuation.value(price, lots, None) == round(price * Fraction(tick) * lots * Fraction(lot) * 10**decimals)


def test_without_a_price_of_the_conversion_nothing_is_valued() -> None:
    valuation = Valuation.of(make(), 8, Conversion(instrument=make("EUR-USD"), divides=False))
    with pytest.raises(InputError, match="EUR-USD has no bar yet"):
        valuation.value(1, 1, None)


@pytest.mark.parametrize(
    ("symbol", "currency", "foreign", "divides"),
    [("EUR-USD", "USD", "EUR", False), ("USD-JPY", "JPY", "JPY", True)],
)
def test_the_name_and_the_currency_of_a_pair_say_which_way_it_converts(symbol, currency, foreign, divides) -> None:
    instrument = make(symbol, currency=currency)
    assert find_conversion(instrument, foreign, "USD") == Conversion(instrument=instrument, divides=divides)


@pytest.mark.parametrize(("symbol", "currency"), [("GBP-USD", "USD"), ("EUR-GBP", "GBP"), ("EUR", "EUR")])
def test_a_pair_of_other_currencies_is_refused_with_the_names_that_would_do(symbol, currency) -> None:
    with pytest.raises(InputError, match="Name a symbol EUR-USD quoted in USD, or USD-EUR quoted in EUR"):
        find_conversion(make(symbol, currency=currency), "EUR", "USD")
