"""Instruments: prices in ticks, quantities in lots, limits as bounds of whole numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.domain.errors import InputError
from logos.domain.instruments import AssetClass, Instrument

STEPS = st.sampled_from(["1", "0.01", "0.05", "0.25", "10", "0.00000001", "2.5", "1E+1"]).map(Decimal)


def make(**changes) -> Instrument:
    fields = {
        "symbol": "ABC",
        "asset_class": AssetClass.EQUITY,
        "tick": Decimal("0.01"),
        "lot": Decimal(1),
        "currency": "USD",
        **changes,
    }
    return Instrument(**fields)


@given(STEPS, st.integers(0, 10**9))
def test_a_price_on_the_tick_reads_back_from_its_text(tick, ticks) -> None:
    instrument = make(tick=tick)
    text = instrument.price_text(ticks)
    assert "E" not in text
    assert instrument.ticks_of(Decimal(text)) == ticks
    assert Fraction(Decimal(text)) == ticks * Fraction(tick)


@given(STEPS, st.integers(-(10**9), 10**9))
def test_a_quantity_reads_back_from_its_text(lot, lots) -> None:
    instrument = make(lot=lot)
    assert instrument.lots_of(Decimal(instrument.quantity_text(lots))) == lots


def test_a_price_between_two_ticks_is_refused_naming_both() -> None:
    with pytest.raises(InputError, match=r"price 10\.02 of ABC is off its tick 0\.05\. Use 10\.00 or 10\.05"):
        make(tick=Decimal("0.05")).ticks_of(Decimal("10.02"))


@given(st.fractions(-(10**6), 10**6), STEPS)
def test_lots_are_cut_toward_zero(units, lot) -> None:
    lots = make(lot=lot).lots_of(units)
    assert abs(lots * Fraction(lot)) <= abs(units) < (abs(lots) + 1) * Fraction(lot)
    assert lots * units >= 0


@given(
    st.integers(1, 10**6),
    st.integers(1, 10**6),
    STEPS,
    STEPS,
    st.decimals(0, 10**6, places=3),
    st.decimals(0, 10**6, places=3),
)
def test_the_notional_limits_as_products_say_the_same_as_in_money(price, lots, tick, lot, least, cap) -> None:
    instrument = make(tick=tick, lot=lot, min_notional=least, notional_cap=cap)
    notional = price * Fraction(tick) * lots * Fraction(lot)
    assert (price * lots < instrument.least_product) == (notional < Fraction(least))
    assert (price * lots > instrument.greatest_product) == (notional > Fraction(cap))


def test_without_a_cap_there_is_no_greatest_product() -> None:
    assert make().greatest_product is None
    assert make(notional_cap=Decimal(0)).greatest_product == 0


def test_an_average_prints_half_to_even() -> None:
    instrument = make()
    assert instrument.average_price_text(10_001, 2) == "50.00"  # 50.005
    assert instrument.average_price_text(10_003, 2) == "50.02"  # 50.015


@given(st.integers(1, 10**9), st.integers(1, 10**9), STEPS, STEPS)
def test_a_notional_prints_exactly_with_two_decimals_at_least(price, lots, tick, lot) -> None:
    text = make(tick=tick, lot=lot).notional_text(price, lots)
    assert Fraction(text) == price * Fraction(tick) * lots * Fraction(lot)
    assert len(text.partition(".")[2]) >= 2


@pytest.mark.parametrize("name", ["tick", "lot"])
@pytest.mark.parametrize("value", ["0", "-0.01", "NaN", "Infinity"])
def test_a_step_must_be_above_zero(name, value) -> None:
    with pytest.raises(InputError, match=f"{name} is .*, and must be above 0"):
        make(**{name: Decimal(value)})


@pytest.mark.parametrize("name", ["min_notional", "notional_cap"])
@pytest.mark.parametrize("value", ["-1", "NaN", "Infinity"])
def test_a_notional_limit_must_not_be_negative(name, value) -> None:
    with pytest.raises(InputError, match=f"{name} is .*, and must not be below 0"):
        make(**{name: Decimal(value)})


def test_a_multiplier_other_than_one_is_refused_with_a_remedy() -> None:
    with pytest.raises(InputError, match=r"multiplier is 100; .*Leave the multiplier out"):
        make(multiplier=Decimal(100))


def test_only_forex_reports_no_volume() -> None:
    assert [one.value for one in AssetClass if not make(asset_class=one).has_volume] == ["forex"]
