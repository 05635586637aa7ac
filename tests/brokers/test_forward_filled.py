"""A bar that was filled forward marks a position, and does nothing to an order."""

from __future__ import annotations

import pytest

from logos.domain.events import Cancelled, Fill

MINUTE = 60
SYMBOLS = pytest.mark.parametrize("symbol", ["X", "FX"], ids=["with volume", "without volume"])
"""An asset class without volume has no cap, and a volume of 0 says nothing there."""


def bar(symbol: str, *prices: int, volume: int = 0) -> tuple[object, ...]:
    return (symbol, *prices, volume)


@SYMBOLS
def test_a_market_order_waits_for_a_bar_that_was_traded(open_desk, symbol) -> None:
    desk = open_desk()
    desk.order(symbol, "buy", 10)
    assert desk.bars(bar(symbol, 100, 100, 100, 100), filled={symbol}) == []
    (fill,) = desk.bars(bar(symbol, 101, 102, 100, 101, volume=500))
    assert isinstance(fill, Fill)
    assert (fill.price, fill.timestamp) == (101, desk.clock - MINUTE)


@SYMBOLS
@pytest.mark.parametrize(
    ("kind", "prices"),
    [("limit", {"limit": 105}), ("stop", {"stop": 95}), ("stop_limit", {"stop": 95, "limit": 105})],
)
def test_no_limit_is_filled_and_no_stop_set_off(open_desk, symbol, kind, prices) -> None:
    desk = open_desk()
    desk.order(symbol, "buy", 10, kind, **prices)
    assert desk.bars(bar(symbol, 100, 100, 100, 100), filled={symbol}) == []
    assert not any(one["triggered"] for one in desk.broker.snapshot()["working"])
    assert isinstance(desk.bars(bar(symbol, 100, 101, 99, 100, volume=500))[0], Fill)


@SYMBOLS
def test_a_bar_whose_volume_was_carried_on_with_it_fills_nothing_either(open_desk, symbol) -> None:
    desk = open_desk()
    desk.order(symbol, "buy", 10)
    assert desk.bars(bar(symbol, 100, 100, 100, 100, volume=500), filled={symbol}) == []


def test_an_order_for_one_bar_has_had_it(open_desk) -> None:
    desk = open_desk()
    desk.order("X", "buy", 10, tif="ioc")
    (event,) = desk.bars(bar("X", 100, 100, 100, 100), filled={"X"})
    assert isinstance(event, Cancelled)


def test_the_other_symbols_of_the_slice_are_filled(open_desk) -> None:
    desk = open_desk()
    desk.order("X", "buy", 10)
    desk.order("Y", "buy", 10)
    events = desk.bars(bar("X", 100, 100, 100, 100), bar("Y", 50, 50, 50, 50, volume=500), filled={"X"})
    assert [event.order_id for event in events] == [2]
