"""Halts: the slice is booked, every cause is kept in the order of the config, orders go, positions stay."""

from __future__ import annotations

import pytest

from logos.domain.events import Cause


def causes(world) -> list[tuple[str, str]]:
    return [(cause.guard, cause.reason) for cause in world.session.causes]


def test_every_cause_of_a_halt_is_kept_in_the_order_of_the_config(open_session, fakes) -> None:
    guards = {"stale_data": fakes.Halter("silent"), "quiet": fakes.Halter(), "drawdown": fakes.Halter("lost")}
    for order in (guards, dict(reversed(guards.items()))):
        world = open_session({"one/ABC": [1]}, guards=order)
        assert not world.step(ABC=100)
        assert causes(world) == [(name, guard.reason) for name, guard in order.items() if guard.reason]
        assert world.recorder.heard[-1] == ("halted", [name for name in order if name != "quiet"])


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_runners_kill_stands_in_the_place_of_the_kill_switch(open_session, fakes, place) -> None:
    guards = {"drawdown": fakes.Halter("lost"), "stale_data": fakes.Halter("silent")}
    names = list(guards)
    names.insert(place, "kill_switch")
    world = open_session({"one/ABC": [1]}, guards={name: guards.get(name) or fakes.Switch() for name in names})
    assert not world.step(kill="the kill file is there", ABC=100)
    said = {"drawdown": "lost", "stale_data": "silent", "kill_switch": "the kill file is there"}
    assert causes(world) == [(name, said[name]) for name in names]


def test_without_a_kill_switch_the_runners_kill_stands_last(open_session, fakes) -> None:
    world = open_session({"one/ABC": [1]}, guards={"drawdown": fakes.Halter("lost")})
    assert not world.step(kill="now", ABC=100)
    assert causes(world) == [("drawdown", "lost"), ("kill_switch", "now")]


def test_a_kill_alone_halts_with_or_without_any_guard(open_session) -> None:
    world = open_session({"one/ABC": [1]})
    assert not world.step(kill="now", ABC=100)
    assert causes(world) == [("kill_switch", "now")]
    assert world.broker.submitted == []


def test_the_halting_slice_is_filled_marked_and_written_and_no_strategy_is_asked(open_session, fakes) -> None:
    halter = fakes.Halter()
    world = open_session({"one/ABC": [1, 0, 0]}, guards={"drawdown": halter})
    world.step(ABC=100)
    halter.reason = "lost"
    world.recorder.heard.clear()
    assert not world.step(ABC=90)
    assert world.recorder.heard == [
        ("filled", 1, "buy", 10),
        ("closed", 1, "filled"),
        ("position", "ABC", 10),
        ("account", world.time),
        ("halted", ["drawdown"]),
    ]
    assert len(world.strategies["one/ABC"].seen) == 1


def test_a_halt_cancels_what_works_and_leaves_positions_as_they_are(open_session, fakes) -> None:
    halter = fakes.Halter()
    world = open_session({"one/ABC": [1], "two/ABC": [1], "one/XYZ": [1]}, guards={"drawdown": halter})
    world.broker.held |= {2, 3}
    world.step(ABC=100, XYZ=100)
    halter.reason = "lost"
    world.step(ABC=100, XYZ=100)
    assert world.recorder.heard[-5:] == [
        ("halted", ["drawdown"]),
        ("cancelled", 2),
        ("closed", 2, "cancelled"),
        ("cancelled", 3),
        ("closed", 3, "cancelled"),
    ]
    assert [order.reason for order in world.broker.submitted] == ["", "halted", "halted"]
    assert world.books.position("ABC") == 10


@pytest.mark.parametrize("price", [1, 50])
def test_equity_at_or_below_zero_halts_on_margin(open_session, price) -> None:
    world = open_session({"one/ABC": [1]}, cash=5, margin=True)
    assert world.step(ABC=100)
    assert world.step(ABC=100)
    assert world.step(ABC=51)
    assert not world.step(ABC=price)
    assert causes(world) == [("account", "equity is at or below zero")]


def test_lost_equity_is_named_beside_what_the_guards_say(open_session, fakes) -> None:
    halter = fakes.Halter()
    world = open_session(
        {"one/ABC": [1]}, guards={"kill_switch": fakes.Switch(), "drawdown": halter}, cash=5, margin=True
    )
    world.steps(2, ABC=100)
    halter.reason = "lost"
    assert not world.step(kill="now", ABC=1)
    assert [guard for guard, _ in causes(world)] == ["kill_switch", "drawdown", "account"]


def test_a_timer_tick_can_halt_and_writes_no_account_row(open_session, fakes) -> None:
    halter = fakes.Halter()
    world = open_session({"one/ABC": [1, 0]}, guards={"stale_data": halter})
    world.step(ABC=100)
    assert world.step()
    assert world.recorder.heard[-1] == ("ticked", world.time)
    halter.reason = "silent"
    rows = len(world.recorder.rows)
    assert not world.step()
    assert len(world.recorder.rows) == rows
    assert len(world.strategies["one/ABC"].seen) == 1


def test_a_halt_before_the_first_bar_is_recorded_at_the_clock_it_starts_from(open_session) -> None:
    world = open_session({"one/ABC": [1]})
    start = world.session.clock
    world.session.halt_before_start("the kill file is there")
    assert world.session.causes == (Cause(guard="kill_switch", reason="the kill file is there", at=start),)
    assert world.recorder.heard == [("halted", ["kill_switch"])]


def test_closing_orders_sell_each_pairs_position_at_the_next_slice_and_ask_nobody(open_session, fakes) -> None:
    halter = fakes.Halter()
    world = open_session(
        {"long/ABC": [1, 0], "short/ABC": [-0.5, 0], "flat/XYZ": [1]}, guards={"drawdown": halter}, margin=True
    )
    world.broker.held.add(3)
    world.step(ABC=100, XYZ=100)
    halter.reason = "lost"
    world.step(ABC=100, XYZ=100)
    world.session.order_closing()
    closing = [order.intent for order in world.broker.submitted[3:]]
    assert [(one.strategy, one.side.value, one.quantity, one.note) for one in closing] == [
        ("long", "sell", 10, "flatten after the halt"),
        ("short", "buy", 5, "flatten after the halt"),
    ]
    assert not world.session.advance_closing(world.slice(ABC=80, XYZ=80))
    assert world.books.position("ABC") == 0
    assert world.recorder.heard[-1] == ("account", world.time)
    assert len(world.strategies["long/ABC"].seen) == 1


def test_a_position_without_a_bar_stays_open_after_the_halt(open_session, fakes) -> None:
    halter = fakes.Halter()
    world = open_session({"one/ABC": [1], "one/XYZ": [1]}, guards={"drawdown": halter})
    world.step(ABC=100, XYZ=100)
    halter.reason = "lost"
    world.step(ABC=100, XYZ=100)
    world.session.order_closing()
    assert world.session.advance_closing(world.slice(ABC=100))
    world.session.finish("halted")
    assert [(order.status.value, order.reason) for order in world.broker.submitted[2:]] == [
        ("filled", "flatten after the halt"),
        ("cancelled", "flatten after the halt; halted"),
    ]


def test_at_the_end_of_the_data_what_works_is_cancelled_by_number_with_the_reason(open_session) -> None:
    world = open_session({"one/ABC": [1], "one/XYZ": [1]})
    world.broker.held |= {1, 2}
    world.steps(2, ABC=100, XYZ=100)
    world.session.finish("end_of_data")
    assert [(order.status.value, order.reason) for order in world.broker.submitted] == [
        ("cancelled", "end_of_data")
    ] * 2
    assert len(world.session.orders) == 0
