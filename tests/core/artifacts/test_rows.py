"""Lines of the tables: every field in its place, quoted only where CSV asks for it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.artifacts import rows, schemas
from logos.domain.events import Fill
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.money import text_of
from logos.domain.orders import Liquidity, Order, OrderStatus, OrderType, Side, TimeInForce

OPENED = 1_700_000_040


def parsed(line: str, columns: tuple[str, ...]) -> dict[str, str]:
    """Read one line as any CSV reader does."""
    (fields,) = csv.reader(io.StringIO(line, newline=""), strict=True)
    return dict(zip(columns, fields, strict=True))


def test_an_unfilled_limit_order_has_no_average_price(make_order: Callable[..., Order]) -> None:
    order = make_order(order_type=OrderType.LIMIT, limit_price=4_300_050, time_in_force=TimeInForce.DAY)
    assert rows.order_row(order, 8) == (
        "7,2023-11-14T22:14:00Z,2023-11-14T22:15:00Z,trend,BTC-USD,buy,limit,day,1.2345,43000.50,,new,0.0000,,"
        "0.00000000,\n"
    )


def test_the_average_price_is_rounded_half_to_even_at_the_tick(make_order: Callable[..., Order]) -> None:
    # One lot at 100.01 and one at 100.02 average 100.015, which lies between two ticks.
    order = make_order(status=OrderStatus.PARTIALLY_FILLED, filled=2, filled_ticks=10_001 + 10_002, fees=1_050)
    fields = parsed(rows.order_row(order, 8), schemas.ORDER_COLUMNS)
    assert fields["average_price"] == "100.02"
    assert fields["filled_quantity"] == "0.0002"
    assert fields["fees"] == "0.00001050"
    assert fields["status"] == "partially_filled"


def test_a_blocked_order_keeps_every_reason_in_one_field(make_order: Callable[..., Order]) -> None:
    reason = 'max_notional: 61,000.00 > 60,000.00; own: the guard raised "No"\nline two'
    order = make_order(status=OrderStatus.BLOCKED, reason=reason)
    assert parsed(rows.order_row(order, 8), schemas.ORDER_COLUMNS)["reason"] == reason


def test_a_trade_row_has_value_and_conversion_at_its_end(bitcoin: Instrument) -> None:
    fill = Fill(
        order_id=7,
        timestamp=OPENED,
        quantity=12_345,
        price=4_321_007,
        liquidity=Liquidity.TAKER,
        value=5_334_283_141_500,
        fee=533_428_314,
    )
    line = rows.trade_row(3, 7, rows.fill_texts(fill, bitcoin, -1_000, 8), bitcoin.symbol, Side.SELL, "1.08500")
    assert line == (
        "3,7,2023-11-14T22:14:00Z,BTC-USD,sell,1.2345,43210.07,taker,5.33428314,-0.00001000,53342.83141500,1.08500\n"
    )
    assert rows.trade_row(3, 7, rows.fill_texts(fill, bitcoin, 0, 8), bitcoin.symbol, Side.SELL).endswith(
        ",53342.83141500,\n"
    )


def test_unrealised_profit_is_market_value_less_cost(bitcoin: Instrument) -> None:
    line = rows.position_row(
        OPENED,
        bitcoin,
        -20_000,
        cost=-8_000_000_000_000,
        mark_price=4_100_000,
        market_value=-8_200_000_000_000,
        realized=5,
        decimals=8,
    )
    assert line == (
        "2023-11-14T22:14:00Z,BTC-USD,-2.0000,40000.00,41000.00,-82000.00000000,-2000.00000000,0.00000005\n"
    )


def test_a_position_just_closed_has_no_average_cost(bitcoin: Instrument) -> None:
    line = rows.position_row(OPENED, bitcoin, 0, cost=0, mark_price=None, market_value=0, realized=-150, decimals=2)
    assert line == "2023-11-14T22:14:00Z,BTC-USD,0.0000,,,0.00,0.00,-1.50\n"


@pytest.mark.parametrize(("converted", "expected"), [(False, "0.007"), (True, "0.00665000")])
def test_the_average_cost_of_a_foreign_instrument_prints_as_money(converted: bool, expected: str) -> None:
    yen = Instrument(
        symbol="ABC-JPY", asset_class=AssetClass.CRYPTO, tick=Decimal("0.001"), lot=Decimal(1), currency="JPY"
    )
    assert rows.average_cost_text(yen, 100, 66_500_000, 8, converted=converted) == expected


@given(
    quantity=st.integers(-(10**9), 10**9).filter(bool),
    cost=st.integers(-(10**18), 10**18),
    lot=st.sampled_from(["1", "0.3", "0.00025", "7"]),
    decimals=st.sampled_from([0, 2, 8, 12]),
    converted=st.booleans(),
)
def test_the_average_cost_is_the_exact_fraction_rounded_once(quantity, cost, lot, decimals, converted) -> None:
    held = Instrument(
        symbol="X", asset_class=AssetClass.CRYPTO, tick=Decimal("0.0005"), lot=Decimal(lot), currency="USD"
    )
    places = decimals if converted else 4
    exact = Fraction(cost, 10**decimals) / (quantity * Fraction(lot)) * 10**places
    expected = text_of(round(exact), places)
    assert rows.average_cost_text(held, quantity, cost, decimals, converted=converted) == expected


def test_a_decision_with_a_reason_and_one_with_an_order(bitcoin: Instrument) -> None:
    blocked = rows.decision_row(
        OPENED,
        "trend",
        bitcoin,
        signal=100_000_000,
        target_weight=47_500_000,
        target_quantity=41,
        outcome="blocked",
        order_id=None,
        reason_code="min_notional",
        detail="notional 9.87 < minimum 10.00: needs at least 0.0041",
    )
    assert blocked == (
        "2023-11-14T22:14:00Z,trend,BTC-USD,1.00000000,0.47500000,0.0041,blocked,,min_notional,"
        "notional 9.87 < minimum 10.00: needs at least 0.0041\n"
    )
    ordered = rows.decision_row(
        OPENED,
        "trend",
        bitcoin,
        signal=-50_000_000,
        target_weight=None,
        target_quantity=None,
        outcome="ordered",
        order_id=12,
        reason_code="",
        detail="",
    )
    assert ordered == "2023-11-14T22:14:00Z,trend,BTC-USD,-0.50000000,,,ordered,12,,\n"


@settings(max_examples=100)
@given(text=st.text(alphabet='a,"\r\n ;é', max_size=12))
def test_free_text_survives_any_csv_reader(text: str) -> None:
    line = rows.quarantine_row("SPY", "SPY-1m.csv", 3, text, text)
    fields = parsed(line, schemas.QUARANTINE_COLUMNS)
    assert (fields["reason"], fields["row"]) == (text, text)


def test_text_without_special_characters_is_not_quoted() -> None:
    assert rows.quarantine_row("SPY", "a b.csv", 3, "high < low", "x;y") == "SPY,a b.csv,3,high < low,x;y\n"
