"""Signals and orders: the prices that a type needs, and no others."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.domain.errors import InputError
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.money import RATIO_ONE
from logos.domain.orders import (
    FLAT,
    LONG,
    SHORT,
    Order,
    OrderIntent,
    OrderStatus,
    OrderType,
    Side,
    Signal,
    TimeInForce,
    check_prices,
)

PRICES = st.none() | st.integers(-3, 5)


@given(st.sampled_from(OrderType), PRICES, PRICES)
def test_an_order_type_takes_exactly_its_own_prices_and_only_positive_ones(order_type, limit, stop) -> None:
    fits = all(
        (price is not None and price > 0) if wanted else price is None
        for wanted, price in (
            (order_type in {OrderType.LIMIT, OrderType.STOP_LIMIT}, limit),
            (order_type in {OrderType.STOP, OrderType.STOP_LIMIT}, stop),
        )
    )
    if fits:
        check_prices(order_type, limit, stop)
        assert Signal(RATIO_ONE, order_type, limit, stop).limit_price == limit
    else:
        with pytest.raises(InputError):
            Signal(RATIO_ONE, order_type, limit, stop)


@pytest.mark.parametrize(
    ("order_type", "limit", "stop", "fault"),
    [
        (OrderType.LIMIT, None, None, "a limit order needs a limit price, and None was given"),
        (OrderType.MARKET, 5, None, "a market order has no limit price, and 5 was given"),
        (OrderType.STOP, None, 0, "stop price is 0 ticks, and must be above 0"),
        (OrderType.STOP_LIMIT, 5, None, "a stop_limit order needs a stop price"),
    ],
)
def test_the_fault_of_a_price_is_named(order_type, limit, stop, fault) -> None:
    with pytest.raises(InputError, match=fault):
        check_prices(order_type, limit, stop)


def test_a_signal_is_at_most_fully_long_or_fully_short() -> None:
    assert (LONG.value, FLAT.value, SHORT.value) == (RATIO_ONE, 0, -RATIO_ONE)
    for value in (RATIO_ONE + 1, -RATIO_ONE - 1):
        with pytest.raises(InputError, match="is outside"):
            Signal(value)


def test_nothing_more_happens_to_exactly_these_statuses() -> None:
    assert {status.value for status in OrderStatus if status.is_final} == {
        "filled",
        "cancelled",
        "rejected",
        "expired",
        "blocked",
    }


@pytest.mark.parametrize(("side", "sign"), [(Side.BUY, 1), (Side.SELL, -1)])
def test_what_remains_of_an_order_carries_its_side(side, sign) -> None:
    intent = OrderIntent(
        order_id=1,
        client_order_id="one",
        strategy="s",
        instrument=Instrument(
            symbol="ABC", asset_class=AssetClass.CRYPTO, tick=Decimal(1), lot=Decimal(1), currency="USD"
        ),
        side=side,
        order_type=OrderType.MARKET,
        time_in_force=TimeInForce.GTC,
        quantity=10,
        limit_price=None,
        stop_price=None,
        decision_price=1,
        created_at=0,
        reduces=False,
    )
    order = Order(intent=intent, updated_at=0, filled=4)
    assert intent.signed_quantity == sign * 10
    assert order.remaining == 6
