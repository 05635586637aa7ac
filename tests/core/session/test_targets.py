"""Targets: set when a signal changes, held until it changes again, ordered as the difference to the position."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.domain.money import RATIO_ONE
from logos.domain.orders import OrderStatus, OrderType, Signal, TimeInForce
from logos.session.order_intent import Translator
from logos.session.seats import Pair, Target
from logos.testing.bars import instrument


def test_a_target_is_held_while_price_and_equity_move(open_session) -> None:
    world = open_session({"trend/ABC": [1] * 50}, share=Fraction(1, 2))
    for price in (10_000, 10_500, 20_000, 500, 9_999):
        world.step(ABC=price)
    assert world.orders == [("trend", "buy", 500)]
    assert world.recorder.reasons() == ["ordered"]


def test_a_strategy_that_says_nothing_changes_nothing(open_session) -> None:
    world = open_session({"trend/ABC": [None, 1, None, None, 1]})
    world.steps(5, ABC=100)
    assert world.orders == [("trend", "buy", 10)]
    assert world.pair("trend/ABC").position == 10


def test_a_weight_is_a_share_of_the_equity_at_the_change(open_session) -> None:
    world = open_session({"trend/ABC": [1, 0, 1]}, share=Fraction(1, 2), cash=10_000)
    world.step(ABC=10_000)  # buys 50 of what costs 100
    world.step(ABC=10_000)  # is filled, and sells again
    world.step(ABC=12_000)  # sold at 120: equity 11,000, half of it is 5,500, which is 45 at 120
    assert world.orders == [("trend", "buy", 50), ("trend", "sell", 50), ("trend", "buy", 45)]
    decision = world.last
    assert (decision.weight, decision.quantity, decision.signal) == (RATIO_ONE // 2, 45, RATIO_ONE)


def test_a_changed_signal_orders_only_the_difference(open_session) -> None:
    world = open_session({"trend/ABC": [0.5, 1, 0.25]})
    world.steps(4, ABC=100)
    assert world.orders == [("trend", "buy", 5), ("trend", "buy", 5), ("trend", "sell", 8)]


def test_a_changed_target_first_cancels_what_works(open_session) -> None:
    world = open_session({"trend/ABC": [1, None, 0.5]})
    world.broker.pieces[1] = 3
    world.step(ABC=100)
    world.step(ABC=100)
    world.recorder.heard.clear()
    world.step(ABC=100)
    # Six of ten are bought when the target falls to five: the other four no longer work, and one goes back.
    assert [entry for entry in world.recorder.heard if entry[0] not in {"account", "position"}] == [
        ("filled", 1, "buy", 3),
        ("cancelled", 1),
        ("closed", 1, "cancelled"),
        ("decided", "ordered", 2),
        ("intended", 2),
        ("accepted", 2),
    ]
    assert world.orders[1] == ("trend", "sell", 1)


def test_the_rest_of_a_partial_fill_goes_on_working(open_session) -> None:
    world = open_session({"trend/ABC": [1]})
    world.broker.pieces[1] = 3
    world.steps(4, ABC=100)
    order = world.broker.submitted[0]
    assert (order.status, order.filled, world.pair("trend/ABC").orders) == (OrderStatus.PARTIALLY_FILLED, 9, [1])
    world.step(ABC=100)
    assert (order.status, order.filled, world.pair("trend/ABC").orders) == (OrderStatus.FILLED, 10, [])
    assert len(world.broker.submitted) == 1


def test_a_changed_target_leaves_the_orders_of_other_pairs_alone(open_session) -> None:
    world = open_session({"one/ABC": [1, 0], "two/ABC": [1], "one/XYZ": [1]})
    world.broker.held |= {1, 2, 3}
    world.step(ABC=100, XYZ=100)
    world.step(ABC=100, XYZ=100)
    assert [entry for entry in world.recorder.heard if entry[0] == "cancelled"] == [("cancelled", 1)]
    assert sorted(world.session.orders.by_id) == [2, 3]


def test_positions_belong_to_pairs_and_lots_to_the_symbol(open_session) -> None:
    world = open_session({"one/ABC": [1, None, 0], "two/ABC": [None, 1]})
    world.step(ABC=100)
    world.step(ABC=100)
    world.step(ABC=150)
    world.step(ABC=150)
    assert (world.pair("one/ABC").position, world.pair("two/ABC").position) == (0, 10)
    # The pair that sold had bought at 1.00, and so had the oldest lot: first in, first out, whoever bought it.
    assert world.books.realized == 5 * 10**8
    assert list(world.books.holding("ABC").lots.lots) == [[10, 15 * 10**8]]


def test_fifo_takes_the_oldest_lot_though_another_pair_bought_it(open_session) -> None:
    world = open_session({"one/ABC": [1], "two/ABC": [None, 1, None, 0]})
    for price in (100, 100, 150, 150, 150):
        world.step(ABC=price)
    assert world.orders == [("one", "buy", 10), ("two", "buy", 10), ("two", "sell", 10)]
    assert world.books.realized == 5 * 10**8
    assert world.pair("one/ABC").position == 10


def test_a_first_signal_that_wants_nothing_changes_no_target_and_leaves_no_row(open_session) -> None:
    world = open_session({"trend/ABC": [0, 0, 1, 0]})
    world.step(ABC=100)
    world.step(ABC=100)
    assert world.recorder.decisions == []
    world.steps(2, ABC=100)
    assert world.recorder.reasons() == ["ordered", "ordered"]


def test_a_target_that_is_the_position_already_is_answered_by_a_reason(open_session) -> None:
    world = open_session({"trend/ABC": [1, 0]})
    world.broker.held.add(1)
    world.steps(2, ABC=100)
    assert world.recorder.reasons() == ["ordered", "at_target"]
    assert world.last.detail == "position 0 is the target 0 already"


def test_pairs_are_served_by_symbol_and_name_whatever_order_they_came_in(open_session) -> None:
    scripts = {"b/XYZ": [1], "b/ABC": [1], "a/XYZ": [1], "a/ABC": [1]}
    expected = [("a", "ABC"), ("b", "ABC"), ("a", "XYZ"), ("b", "XYZ")]
    for order in (scripts, dict(reversed(scripts.items()))):
        world = open_session(order)
        world.step(ABC=100, XYZ=100)
        assert [(one.intent.strategy, one.intent.instrument.symbol) for one in world.broker.submitted] == expected


def test_a_symbol_without_a_bar_is_not_asked_and_keeps_its_mark(open_session) -> None:
    world = open_session({"one/ABC": [1], "one/XYZ": [1, 0, 0]})
    world.step(ABC=100, XYZ=100)
    world.step(ABC=100, XYZ=100)
    world.step(ABC=500)
    assert len(world.strategies["one/XYZ"].seen) == 2
    assert world.books.mark("XYZ") == 100
    assert world.session.last_close("XYZ") == world.session.last_close("ABC") - 60


def test_the_order_type_of_a_signal_brings_the_position_and_a_market_order_takes_it_away(open_session) -> None:
    entry = Signal(RATIO_ONE, OrderType.STOP_LIMIT, limit_price=120, stop_price=110, time_in_force=TimeInForce.DAY)
    smaller = Signal(RATIO_ONE // 2, OrderType.LIMIT, limit_price=90)
    world = open_session({"trend/ABC": [entry, None, smaller]})
    world.steps(3, ABC=100)
    bought, sold = (order.intent for order in world.broker.submitted)
    assert (bought.order_type, bought.limit_price, bought.stop_price) == (OrderType.STOP_LIMIT, 120, 110)
    assert bought.time_in_force is TimeInForce.DAY
    assert (sold.order_type, sold.limit_price, sold.stop_price) == (OrderType.MARKET, None, None)


def test_the_position_manager_decides_how_much_of_the_difference_is_traded(open_session) -> None:
    class Half:
        def difference(self, pair, target, position, account) -> int:
            return (target - position) // 2

    world = open_session({"trend/ABC": [1]}, manager=Half())
    world.step(ABC=100)
    assert world.orders == [("trend", "buy", 5)]


@pytest.mark.parametrize("value", [1, -1, 0.5, 0])
def test_on_a_margin_account_a_negative_target_is_a_short_position(open_session, value) -> None:
    world = open_session({"trend/ABC": [value, None, -1]}, margin=True)
    world.steps(4, ABC=100)
    assert world.pair("trend/ABC").position == world.books.position("ABC") == -10


def test_client_order_ids_name_session_strategy_and_number_and_never_repeat(open_session) -> None:
    def names(scripts) -> list[str]:
        world = open_session(scripts)
        world.steps(4, ABC=100)
        return [order.intent.client_order_id for order in world.broker.submitted]

    first = names({"one/ABC": [1, 0, 1], "two/ABC": [1, 0, 1]})
    assert len(set(first)) == len(first) == 6
    assert names({"one/ABC": [1, 0, 1], "two/ABC": [1, 0, 1]}) == first
    assert not set(names({"three/ABC": [1, 0, 1]})) & set(first)


@given(
    weight=st.fractions(-2, 2, max_denominator=10**6),
    quantity=st.fractions(-1000, 1000, max_denominator=10**6),
    lot=st.sampled_from(["1", "0.3", "0.00025", "7"]),
    price=st.integers(1, 10**7),
    equity=st.integers(1, 10**15),
)
def test_lots_are_the_exact_target_rounded_toward_zero(weight, quantity, lot, price, equity) -> None:
    traded = instrument(lot=lot)
    per_lot = (price * Fraction(lot) * 10**6).as_integer_ratio()
    books = SimpleNamespace(equity=equity, mark=lambda _symbol: price, per_lot=lambda _instrument, _price: per_lot)
    nobody = {"session_id": "s", "broker": None, "working": None, "next_order_id": None}
    translator = Translator(settings=SimpleNamespace(margin=True), books=books, **nobody)
    pair = Pair("trend", "DEMO")
    of_weight = translator.quantise(Target(pair=pair, weight=weight), traded)
    assert of_weight.lots == int(weight * equity / Fraction(*per_lot))
    assert of_weight.weight == round(weight * RATIO_ONE)
    assert translator.quantise(Target(pair=pair, quantity=quantity), traded).lots == int(quantity / Fraction(lot))
