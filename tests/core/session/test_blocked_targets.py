"""Blocked targets: an increasing one waits for its signal, a reducing one is tried again at each bar."""

from __future__ import annotations

import pytest


def held(open_session, guard, script=(1, None, 0), **changes):
    """Return a session that has bought 10, and whose guard objects from now on."""
    world = open_session({"trend/ABC": script}, guards={"limit": guard}, **changes)
    world.steps(2, ABC=100)
    assert world.pair("trend/ABC").position == 10
    guard.reason = "no"
    return world


def test_a_blocked_order_has_a_number_a_row_and_every_reason_and_the_broker_never_sees_it(open_session, fakes) -> None:
    guards = {"a": fakes.Switch("too much"), "b": fakes.Switch(), "c": fakes.Switch("too fast")}
    world = open_session({"trend/ABC": [1]}, guards=guards)
    world.step(ABC=100)
    assert world.broker.submitted == []
    assert world.recorder.heard == [
        ("account", world.time),
        ("blocked", 1, ["a", "c"]),
        ("closed", 1, "blocked"),
        ("decided", "blocked", "a+c"),
    ]
    assert world.last.detail == "a: too much; c: too fast"
    assert (world.session.counts.orders, world.session.counts.blocked) == (1, 1)


def test_a_blocked_increasing_target_waits_for_its_signal_to_change(open_session, fakes) -> None:
    guard = fakes.Switch("no")
    world = open_session({"trend/ABC": [1, 1, None, 1, 0.5]}, guards={"limit": guard})
    world.step(ABC=100)
    guard.reason = None
    world.steps(3, ABC=100)
    assert (world.broker.submitted, guard.asked) == ([], 1)
    world.step(ABC=100)
    assert world.orders == [("trend", "buy", 5)]


@pytest.mark.parametrize("script", [(1, None, 0), (1, None, 0, 0, None, 0, 0, 0)], ids=["silent", "repeating"])
def test_a_blocked_reducing_target_is_tried_again_at_each_bar_until_it_is_ordered(open_session, fakes, script) -> None:
    guard = fakes.Switch()
    world = held(open_session, guard, script)
    world.steps(4, ABC=100)
    assert (guard.asked, len(world.recorder.decisions), world.session.counts.blocked) == (1 + 4, 2, 1)
    guard.reason = None
    world.steps(2, ABC=100)
    assert world.recorder.reasons() == ["ordered", "limit", "ordered"]
    assert world.pair("trend/ABC").position == 0
    assert guard.asked == 6


def test_silent_retries_consume_no_order_number(open_session, fakes) -> None:
    guard = fakes.Switch()
    world = held(open_session, guard)
    world.steps(5, ABC=100)
    guard.reason = None
    world.step(ABC=100)
    # 1 bought, 2 was blocked once, and the order that went out in the end is 3.
    assert [order.intent.order_id for order in world.broker.submitted] == [1, 3]
    assert world.session.desk.last_order_id == 3


def test_a_retry_writes_a_row_only_when_the_reason_changes(open_session, fakes) -> None:
    first, second = fakes.Switch(), fakes.Switch()
    world = open_session({"trend/ABC": [1, None, 0]}, guards={"a": first, "b": second})
    world.steps(2, ABC=100)
    first.reason = "no"
    world.steps(3, ABC=100)
    second.reason = "no"
    world.steps(3, ABC=100)
    first.reason = None
    world.steps(3, ABC=100)
    assert world.recorder.reasons() == ["ordered", "a", "a+b", "b"]
    assert [order_id for _, order_id, _ in filter(lambda one: one[0] == "blocked", world.recorder.heard)] == [2, 3, 4]
    assert world.session.counts.blocked == 3


def test_the_same_reason_with_other_numbers_is_the_same_reason(open_session, fakes) -> None:
    guard = fakes.Switch()
    world = held(open_session, guard)
    for count in range(3):
        guard.reason = f"{count} of them"
        world.step(ABC=100)
    assert world.recorder.reasons() == ["ordered", "limit"]


def test_a_retry_waits_for_a_bar_of_its_own_symbol(open_session, fakes) -> None:
    guard = fakes.Switch()
    world = open_session({"one/ABC": [1, None, 0], "one/XYZ": []}, guards={"limit": guard})
    world.steps(2, ABC=100, XYZ=100)
    guard.reason = "no"
    world.step(ABC=100, XYZ=100)
    guard.reason = None
    world.steps(3, XYZ=100)
    assert len(world.broker.submitted) == 1
    world.step(ABC=100)
    assert world.orders[1] == ("one", "sell", 10)


def test_a_changed_signal_ends_the_retries_of_the_one_before(open_session, fakes) -> None:
    guard = fakes.Switch()
    world = held(open_session, guard, [1, None, 0, None, 1])
    world.steps(4, ABC=100)
    asked = guard.asked
    guard.reason = None
    world.steps(3, ABC=100)
    # The new target is the position: nothing is left to order, and nothing is asked any more.
    assert world.recorder.reasons() == ["ordered", "limit", "at_target"]
    assert guard.asked == asked == 3


def test_a_reducing_target_refused_for_its_size_is_tried_again_too(open_session, fakes) -> None:
    instrument = fakes.make("ABC", min_notional="10")
    world = open_session({"trend/ABC": [1, None, 0]}, instruments=[instrument])
    world.steps(2, ABC=100)
    world.steps(3, ABC=99)
    world.step(ABC=100)
    assert world.recorder.reasons() == ["ordered", "below_min_notional", "ordered"]
    assert world.session.desk.last_order_id == 2


def test_an_order_that_closes_and_opens_the_other_way_does_not_only_reduce(open_session, fakes) -> None:
    guard = fakes.Switch()
    world = held(open_session, guard, [1, None, -1], margin=True)
    world.steps(3, ABC=100)
    assert (guard.asked, world.recorder.reasons()) == (2, ["ordered", "limit"])


def test_a_guard_sees_which_orders_only_reduce(open_session, fakes) -> None:
    guard = fakes.Switch(but_reducing=True)
    world = held(open_session, guard)
    world.steps(2, ABC=100)
    assert world.recorder.reasons() == ["ordered", "ordered"]
    assert [order.intent.reduces for order in world.broker.submitted] == [False, True]


def test_two_sales_of_one_position_do_not_both_reduce(open_session) -> None:
    """On a margin account, what working sales already close is not closed twice."""
    world = open_session({"one/ABC": [1, None, 0], "two/ABC": [None, None, None, -0.5]}, margin=True)
    world.broker.held.add(2)
    world.steps(4, ABC=100)
    assert [order.intent.reduces for order in world.broker.submitted] == [False, True, False]


@pytest.mark.parametrize("bars_between", [0, 1, 3])
def test_a_retry_that_finds_an_unknown_order_says_so_once_and_goes_on_trying(open_session, fakes, bars_between) -> None:
    from logos.domain.events import Cancelled  # noqa: PLC0415

    guard = fakes.Switch()
    world = open_session({"one/ABC": [1, None, 0], "two/ABC": [None, None, 1]}, guards={"limit": guard})
    world.broker.answers[3] = "unknown"
    world.steps(2, ABC=100)
    guard.reason = "no"
    guard.but_reducing = False
    # The first pair's sale is blocked as number 2; the second pair's purchase is let through as number 3.
    guard.judge = lambda intent, session: "no" if intent.strategy == "one" else None
    world.step(ABC=100)
    world.steps(bars_between + 1, ABC=100)
    assert world.recorder.reasons() == ["ordered", "limit", "ordered", "unknown_order"]
    world.broker.news = [Cancelled(3, "found cancelled")]
    guard.judge = lambda intent, session: None
    world.step(ABC=100)
    assert world.recorder.reasons()[4:] == ["ordered"]
    assert world.orders[-1] == ("one", "sell", 10)
