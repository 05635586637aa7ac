"""One slice, in one order: fills, books, guards, strategies, orders. Nothing of it sees what comes later."""

from __future__ import annotations

import pytest

from logos.domain.errors import BrokenInvariantError
from logos.domain.events import Accepted, Fill, Liquidity
from logos.session.seats import Guard


def test_a_slice_fills_books_marks_and_only_then_decides(open_session) -> None:
    world = open_session({"one/ABC": [1, 0]})
    world.step(ABC=100)
    world.recorder.heard.clear()
    world.step(ABC=100)
    assert world.recorder.heard == [
        ("filled", 1, "buy", 10),
        ("closed", 1, "filled"),
        ("position", "ABC", 10),
        ("account", world.time),
        ("decided", "ordered", 2),
        ("intended", 2),
        ("accepted", 2),
    ]


def test_an_order_cannot_fill_in_the_slice_that_decided_it(open_session) -> None:
    world = open_session({"one/ABC": [1]})
    world.step(ABC=100)
    assert world.books.position("ABC") == 0
    world.step(ABC=130)
    assert world.broker.submitted[0].filled_ticks == 10 * 130


def test_guards_see_the_account_marked_to_the_slice_and_strategies_come_after_them(open_session) -> None:
    seen = []

    class Looks(Guard):
        def inspect(self, session) -> None:
            seen.append((session.clock, session.account.equity, len(world.strategies["one/ABC"].seen)))

    world = open_session({"one/ABC": [1]}, guards={"looks": Looks()}, cash=100)
    for price in (100, 100, 200):
        world.step(ABC=price)
    start = world.time - 3 * 60
    assert seen == [(start + 60, 100 * 10**8, 0), (start + 120, 100 * 10**8, 1), (start + 180, 110 * 10**8, 2)]


def test_what_guards_see_of_a_session(open_session) -> None:
    world = open_session({"one/ABC": [1], "one/XYZ": []})
    session = world.session
    assert session.last_close("ABC") is None
    world.broker.held.add(1)
    world.step(ABC=100)
    assert session.symbols == ("ABC", "XYZ")
    assert session.instrument("ABC") is world.instruments["ABC"]
    assert (session.last_close("ABC"), session.last_close("XYZ")) == (world.time, None)
    assert (session.working("ABC"), session.working("XYZ")) == ((10, 0), (0, 0))
    assert (session.started_at, session.clock) == (world.time, world.time)
    assert [bar.symbol for bar in session.bars] == ["ABC"]
    assert session.calendar("ABC").is_open(0)
    world.step()
    assert (session.bars, session.clock, session.last_close("ABC")) == ((), world.time, world.time - 60)


def test_the_trading_day_is_the_utc_date_of_the_bars_open(open_session) -> None:
    world = open_session({"one/ABC": []})
    world.time = 86_400 - 60
    world.step(ABC=100)
    assert (world.session.clock, world.session.day) == (86_400, 0)
    world.step(ABC=100)
    assert world.session.day == 1


def test_every_slice_with_bars_has_one_account_row_and_a_moved_position_one_row(open_session) -> None:
    world = open_session({"one/ABC": [1], "two/ABC": [1], "one/XYZ": [1]})
    world.steps(3, ABC=100, XYZ=100)
    world.step()
    world.step(XYZ=120)
    kinds = world.recorder.kinds()
    assert (kinds.count("account"), kinds.count("ticked")) == (4, 1)
    assert [entry for entry in world.recorder.heard if entry[0] == "position"] == [
        ("position", "ABC", 20),
        ("position", "XYZ", 10),
    ]
    assert (world.session.counts.slices, world.session.counts.bars) == (4, 7)


def test_an_order_is_recorded_before_the_broker_hears_of_it(open_session) -> None:
    world = open_session({"one/ABC": [1]})
    told = []
    submit = world.broker.submit
    world.broker.submit = lambda order, account: told.append(world.recorder.heard[-1]) or submit(order, account)
    world.step(ABC=100)
    assert told == [("intended", 1)]


@pytest.mark.parametrize(
    ("news", "fault"),
    [
        (Fill(1, 0, 11, 100, Liquidity.TAKER, 11 * 10**8, 0), "filled 11 lots of order 1, which has 10 left"),
        (Fill(1, 0, 0, 100, Liquidity.TAKER, 0, 0), "filled 0 lots of order 1"),
        (Accepted(7), "speaks of order 7, which does not work"),
    ],
)
def test_a_broker_that_contradicts_the_session_stops_it(open_session, news, fault) -> None:
    world = open_session({"one/ABC": [1]})
    world.step(ABC=100)
    world.broker.news = [news]
    with pytest.raises(BrokenInvariantError, match=fault):
        world.step(ABC=100)


def test_a_rejected_order_keeps_the_brokers_reason_and_is_counted(open_session) -> None:
    world = open_session({"one/ABC": [1]})
    world.broker.answers[1] = "reject"
    world.steps(2, ABC=100)
    order = world.broker.submitted[0]
    assert (order.status.value, order.reason, world.session.counts.rejected) == ("rejected", "the venue says no", 1)
    assert world.session.working("ABC") == (0, 0)
