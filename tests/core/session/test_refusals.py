"""Why there is no order: one word, the numbers, and what would have to change."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logos.domain.errors import PartFailedError
from logos.domain.orders import OrderStatus
from logos.session.order_intent import client_order_id


def refused(world) -> tuple[str, str]:
    """Return code and detail of the one decision, after making sure that no order came of it."""
    (decision,) = world.recorder.decisions
    assert (decision.order_id, decision.outcome.value, world.broker.submitted) == (None, "refused", [])
    assert world.session.desk.last_order_id == 0
    return decision.code, decision.detail


def test_below_the_least_notional_the_needed_quantity_is_named(open_session, fakes) -> None:
    coin = fakes.make("ABC", lot="0.0001", min_notional="10")
    world = open_session({"trend/ABC": [1]}, instruments=[coin], quantity="0.0040")
    world.step(ABC=246_750)
    assert refused(world) == ("below_min_notional", "notional 9.87 < minimum 10: needs at least 0.0041")


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.decimals("0.01", 10_000, places=3))
@example(249_900, 40, Decimal(10))  # 9.996 is below 10, and must not print as 10.00
@example(250_099, 40, Decimal(10))
def test_the_numbers_of_a_limit_say_what_they_mean(open_session, fakes, price, lots, limit) -> None:
    """The printed notional lies beyond the limit, and the remedy is the nearest quantity that does not."""
    names = {"ABC": {"min_notional": limit}, "XYZ": {"notional_cap": limit}}
    coins = [fakes.make(name, lot="0.0001", **limits) for name, limits in names.items()]
    world = open_session(
        {"trend/ABC": [1], "trend/XYZ": [1]}, instruments=coins, quantity=Fraction(lots, 10_000), margin=True
    )
    world.step(ABC=price, XYZ=price)
    one_lot = Decimal(price) / 100 * Decimal("0.0001")
    for decision in world.recorder.decisions:
        if decision.order_id is None:
            notional, least, remedy = map(Decimal, re.findall(r"[0-9]+(?:\.[0-9]+)?", decision.detail))
            below = decision.code == "below_min_notional"
            assert (notional < limit) if below else (notional > limit), decision.detail
            assert least == limit
            assert (remedy / Decimal("0.0001") * one_lot >= limit) if below else (remedy * 10_000 * one_lot <= limit)
            further = remedy * 10_000 + (-1 if below else 1)
            assert (further * one_lot < limit) if below else (further * one_lot > limit)


@pytest.mark.parametrize("limit", ["min_notional", "notional_cap"])
def test_a_notional_exactly_at_its_limit_passes(open_session, fakes, limit) -> None:
    world = open_session({"trend/ABC": [1]}, instruments=[fakes.make("ABC", **{limit: "10"})])
    world.step(ABC=100)
    assert world.orders == [("trend", "buy", 10)]


def test_above_the_notional_cap_the_allowed_quantity_is_named(open_session, fakes) -> None:
    world = open_session({"trend/ABC": [1]}, instruments=[fakes.make("ABC", notional_cap="99.99")])
    world.step(ABC=1_000)
    assert refused(world) == ("above_notional_cap", "notional 100.00 > cap 99.99: allows at most 9")


def test_a_target_below_one_lot_names_the_part_that_was_asked_for(open_session) -> None:
    world = open_session({"trend/ABC": [1]}, share=Fraction(1, 2), cash=100)
    world.step(ABC=10_000)
    assert refused(world) == (
        "below_lot",
        "target is 0.5000 lots of 1: needs at least 1 lot, so more equity or a larger weight",
    )


def test_cash_that_pays_some_of_it_cuts_the_order_and_says_so(open_session) -> None:
    world = open_session({"trend/ABC": [1]}, cash=55)
    world.step(ABC=1_000)
    assert world.orders == [("trend", "buy", 5)]
    assert world.last.detail == "cut from 10 to 5: cash 55.00000000 pays no more"
    assert world.broker.submitted[0].reason == world.last.detail


def test_cash_that_pays_none_of_it_refuses_the_order(open_session) -> None:
    world = open_session({"trend/ABC": [1]}, cash=9)
    world.step(ABC=1_000)
    code, detail = refused(world)
    assert code == "insufficient_cash"
    assert detail == (
        "cash 9.00000000, less what working buys reserve, pays none of 10 at 10.00: needs more cash or a smaller target"
    )


def test_a_margin_account_is_not_asked_for_cash(open_session) -> None:
    world = open_session({"trend/ABC": [1]}, cash=9, margin=True)
    world.step(ABC=1_000)
    assert world.orders == [("trend", "buy", 10)]


def test_an_order_that_cash_has_cut_below_the_least_notional_is_refused(open_session, fakes) -> None:
    world = open_session({"trend/ABC": [1]}, instruments=[fakes.make("ABC", min_notional="60")], cash=55)
    world.step(ABC=1_000)
    assert refused(world) == ("below_min_notional", "notional 50.00 < minimum 60: needs at least 6")


CLIPPED = "target -10 clipped to 0: a short position needs broker.margin: true"


def test_a_short_target_of_a_cash_account_is_clipped_to_zero_with_the_reason(open_session) -> None:
    world = open_session({"trend/ABC": [-1]})
    world.step(ABC=100)
    assert refused(world) == ("short_not_allowed", CLIPPED)


def test_a_clipped_short_target_still_closes_what_is_held_and_says_why_it_does_no_more(open_session) -> None:
    world = open_session({"trend/ABC": [1, None, -1]})
    world.steps(3, ABC=100)
    assert world.orders == [("trend", "buy", 10), ("trend", "sell", 10)]
    assert (world.last.outcome.value, world.last.quantity, world.last.detail) == ("ordered", 0, CLIPPED)


def test_a_foreign_symbol_waits_for_the_first_bar_of_its_conversion(open_session, fakes) -> None:
    paris, euro = fakes.make("PARIS", currency="EUR"), fakes.make("EUR-USD", tick="0.0001")
    world = open_session(
        {"trend/PARIS": [1, 0, 1]}, instruments=[paris, euro], conversions={"EUR": "EUR-USD"}, cash=1_000
    )
    world.step(PARIS=1_000)
    assert refused(world) == (
        "no_conversion",
        "EUR-USD has no bar yet, so EUR cannot be converted: wait for its first bar",
    )
    world.step(PARIS=1_000, EUR_USD=12_000)
    world.step(PARIS=1_000)
    world.step(PARIS=1_000)
    assert world.orders == [("trend", "buy", 10)]
    assert world.books.cash == (1_000 - 120) * 10**8


def test_a_weight_on_a_foreign_symbol_is_counted_in_the_accounts_currency(open_session, fakes) -> None:
    paris, euro = fakes.make("PARIS", currency="EUR"), fakes.make("EUR-USD", tick="0.0001")
    world = open_session(
        {"trend/PARIS": [None, 1]},
        instruments=[paris, euro],
        conversions={"EUR": "EUR-USD"},
        cash=1_000,
        share=Fraction(1, 2),
    )
    world.step(PARIS=1_000, EUR_USD=12_500)
    world.step(PARIS=1_000)
    assert world.orders == [("trend", "buy", 40)]


def test_an_unknown_order_blocks_its_symbol_and_no_other(open_session) -> None:
    world = open_session({"one/ABC": [1], "two/ABC": [None, 1], "one/XYZ": [None, 1]})
    world.broker.answers[1] = "unknown"
    world.step(ABC=100, XYZ=100)
    assert world.broker.submitted[0].status is OrderStatus.UNKNOWN
    world.step(ABC=100, XYZ=100)
    assert world.recorder.reasons() == ["ordered", "unknown_order", "ordered"]
    assert world.recorder.decisions[1].detail == (
        "an order of ABC has an unknown outcome: nothing goes out before it is settled"
    )
    assert [order.intent.instrument.symbol for order in world.broker.submitted] == ["ABC", "XYZ"]


@pytest.mark.parametrize("settled_by", ["accepted", "filled", "partly filled", "cancelled", "rejected", "expired"])
def test_any_definite_answer_settles_an_unknown_order(open_session, settled_by) -> None:
    from logos.domain import events  # noqa: PLC0415

    world = open_session({"one/ABC": [1], "two/ABC": [None, None, 1]})
    world.broker.answers[1] = "unknown"
    world.step(ABC=100)
    order = world.broker.submitted[0]
    lots = {"filled": 10, "partly filled": 4}.get(settled_by, 0)
    world.broker.news = [
        {
            "accepted": lambda: events.Accepted(1),
            "cancelled": lambda: events.Cancelled(1, "found cancelled"),
            "rejected": lambda: events.Rejected(1, "found rejected"),
            "expired": lambda: events.Expired(1, "found expired"),
        }.get(settled_by, lambda: events.Fill(1, world.time, lots, 100, events.Liquidity.TAKER, lots * 10**8, 0))()
    ]
    world.step(ABC=100)
    assert order.status.value == settled_by.replace("partly filled", "partially_filled")
    world.step(ABC=100)
    assert world.recorder.reasons() == ["ordered", "ordered"]
    assert world.session.orders.unknown("ABC") == 0


def test_an_unknown_order_counts_as_working(open_session) -> None:
    world = open_session({"one/ABC": [1]})
    world.broker.answers[1] = "unknown"
    world.step(ABC=100)
    assert world.session.working("ABC") == (10, 0)


def test_a_changed_target_does_not_go_round_an_unknown_order_of_its_own_pair(open_session) -> None:
    world = open_session({"one/ABC": [1, 0.5, 0.25]})
    world.broker.answers[1] = "unknown"
    world.steps(3, ABC=100)
    assert world.recorder.reasons() == ["ordered", "unknown_order", "unknown_order"]
    assert len(world.broker.submitted) == 1


def test_an_allocator_that_gives_no_target_or_two_is_named(open_session) -> None:
    from logos.session.seats import Target  # noqa: PLC0415

    for both in ({}, {"weight": Fraction(1), "quantity": Fraction(1)}):

        class Wrong:
            def targets(self, changed, account, both=both):
                return [Target(pair=one.pair, **both) for one in changed]

        world = open_session({"one/ABC": [1]})
        object.__setattr__(world.session.parts, "allocator", Wrong())
        with pytest.raises(PartFailedError, match="the allocator failed"):
            world.step(ABC=100)


def test_a_client_order_id_is_short_and_derived_from_all_three() -> None:
    names = {client_order_id(*each) for each in (("s", "a", 1), ("s", "a", 2), ("s", "b", 1), ("t", "a", 1))}
    assert len(names) == 4
    assert client_order_id("s", "a", 1) in names
    assert {len(name) for name in names} == {27}
