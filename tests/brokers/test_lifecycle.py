"""What becomes of an order besides its fills: refusal, cancellation, the end of its time, a restart."""

from __future__ import annotations

import json

import pytest

from logos.brokers.paper import open_paper
from logos.domain.errors import BrokenInvariantError, IntegrityError
from logos.domain.events import Accepted, Cancelled, Expired, Fill, Rejected

MINUTE = 60
DAY = 86_400
QUIET = ("X", 104, 104, 104, 104, 0)


def test_a_day_order_expires_at_utc_midnight_where_no_calendar_says_otherwise(open_desk):
    desk = open_desk()
    midnight = desk.clock + DAY
    desk.order("X", "buy", 10, "limit", limit=100, tif="day")
    assert desk.bars(("X", 104, 105, 101, 102, 500)) == []
    assert desk.bars(("X", 104, 105, 101, 102, 500), opens=midnight - MINUTE) == []
    expired = desk.bars(("X", 90, 105, 80, 102, 500), opens=midnight)
    assert expired == [Expired(1, "day: ended at 2026-01-06T00:00:00Z with 10 of 10 unfilled")]
    assert desk.bars(("X", 90, 105, 80, 102, 500)) == []


def test_a_day_order_ends_with_the_first_close_after_its_first_bar_opened(open_desk):
    desk = open_desk(closes=(1_767_571_200 + 21 * 3600, 1_767_571_200 + 45 * 3600))
    at_the_close = desk.clock + 21 * 3600
    desk.order("NYSE", "buy", 10, "limit", limit=100, tif="day")
    # Its first bar opens at the close itself, so the day that it belongs to is the next one.
    assert desk.bars(("NYSE", 104, 105, 101, 102, 500), opens=at_the_close) == []
    assert desk.bars(("NYSE", 104, 105, 101, 102, 500), opens=at_the_close + DAY - MINUTE) == []
    assert isinstance(desk.bars(opens=at_the_close + DAY)[0], Expired)


def test_a_day_order_expires_also_where_its_symbol_has_no_bar(open_desk):
    desk = open_desk()
    midnight = desk.clock + DAY
    desk.order("X", "buy", 10, "limit", limit=100, tif="day")
    desk.bars(("X", 104, 105, 101, 102, 500))
    assert desk.bars(("Y", 104, 105, 101, 102, 500), opens=midnight) == [
        Expired(1, "day: ended at 2026-01-06T00:00:00Z with 10 of 10 unfilled")
    ]


def test_a_day_order_that_has_seen_no_bar_waits_for_the_day_of_its_first(open_desk):
    desk = open_desk()
    desk.order("X", "buy", 10, "limit", limit=100, tif="day")
    assert desk.bars(opens=desk.clock + DAY) == []
    events = desk.bars(("X", 99, 105, 80, 102, 500), opens=desk.clock + DAY)
    assert isinstance(events[0], Fill)


def test_a_bar_without_trading_starts_the_day_of_an_order(open_desk):
    desk = open_desk()
    midnight = desk.clock + DAY
    desk.order("X", "buy", 10, "market", tif="day")
    assert desk.bars(QUIET) == []
    assert isinstance(desk.bars(("X", 90, 105, 80, 102, 500), opens=midnight)[0], Expired)


def test_expiries_come_before_fills_and_release_what_they_reserved(open_desk):
    desk = open_desk(cash="1000")
    midnight = desk.clock + DAY
    desk.order("X", "buy", 6, "limit", limit=100, tif="day")
    desk.order("Y", "buy", 4, "market")
    desk.bars(("X", 104, 105, 101, 102, 500))
    events = desk.bars(("Y", 250, 250, 250, 250, 500), opens=midnight)
    assert [type(event) for event in events] == [Expired, Fill]
    assert desk.account.cash == 0


def test_an_order_cannot_fill_on_a_bar_that_opened_before_it_was_decided(open_desk):
    desk = open_desk()
    desk.clock += 30  # a timer tick, half a minute into the bar
    desk.order("X", "buy", 10)
    opened = desk.clock - 30
    assert desk.bars(("X", 100, 105, 80, 102, 500), opens=opened) == []
    (fill,) = desk.bars(("X", 101, 105, 80, 102, 500))
    assert (fill.timestamp, fill.price) == (opened + MINUTE, 101)


def test_an_order_can_be_cancelled_between_partial_fills(open_desk):
    desk = open_desk()
    desk.order("X", "buy", 10)
    desk.bars(("X", 100, 105, 80, 102, 4))
    assert desk.cancel(1, "target changed") == [Cancelled(1, "target changed")]
    assert desk.bars(("X", 100, 105, 80, 102, 4)) == []
    assert desk.orders[1].filled == 4


def test_cancelling_what_does_not_work_any_more_does_nothing(open_desk):
    desk = open_desk()
    desk.order("X", "buy", 10)
    desk.bars(("X", 100, 105, 80, 102, 500))
    assert desk.cancel(1) == []


def test_an_order_cancelled_in_the_middle_of_a_slice_does_not_fill_in_it(open_desk):
    desk = open_desk()
    desk.order("X", "buy", 1)
    desk.order("X", "buy", 1)
    apply, found = desk._apply, []

    def and_cancel(event):
        found.append(apply(event))
        if isinstance(event, Fill):
            list(desk.broker.cancel(desk.orders[2], "halt"))
        return event

    desk._apply = and_cancel
    desk.bars(("X", 100, 105, 80, 102, 500))
    assert [event.order_id for event in found] == [1]


def test_the_lower_number_has_the_volume_first_whenever_it_was_submitted(open_desk):
    desk = open_desk()
    desk.order("X", "buy", 10, number=2)
    desk.order("X", "buy", 10, number=1)
    fills = desk.bars(("X", 100, 105, 80, 102, 15))
    assert [(fill.order_id, fill.quantity) for fill in fills] == [(1, 10), (2, 5)]


def test_the_same_order_twice_is_a_defect_of_the_session(open_desk):
    desk = open_desk()
    desk.order("X", "buy", 10, number=1)
    with pytest.raises(BrokenInvariantError, match="order 1 is working already"):
        desk.order("X", "buy", 10, number=1)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"quantity": 0}, "quantity is 0 lots, and must be above 0"),
        ({"kind": "limit"}, "a limit order needs a limit price, and None was given"),
        ({"kind": "stop", "stop": 0}, "stop price is 0 ticks, and must be above 0"),
        ({"kind": "market", "limit": 5}, "a market order has no limit price, and 5 was given"),
    ],
)
def test_an_order_that_makes_no_sense_is_rejected(open_desk, keys, reason):
    desk = open_desk()
    assert desk.order("X", "buy", **{"quantity": 1, **keys}) == [Rejected(1, reason)]
    assert desk.bars(("X", 100, 105, 80, 102, 500)) == []


@pytest.mark.parametrize("margin", [False, True])
def test_an_order_without_a_conversion_is_rejected_until_there_is_one(open_desk, margin):
    desk = open_desk(margin=margin)
    (event,) = desk.order("EURO", "buy", 1)
    assert event.reason.startswith("no conversion of EUR yet")
    desk.account.rates["EUR"] = 2
    assert desk.order("EURO", "buy", 1) == [Accepted(2)]
    (fill,) = desk.bars(("EURO", 100, 105, 80, 102, 500))
    assert fill.value == 200 * 10**8


def test_an_error_while_pricing_lets_no_order_through(open_desk):
    desk = open_desk()

    def broken(instrument, price, lots):
        raise ZeroDivisionError

    desk.account.value = broken
    with pytest.raises(ZeroDivisionError):
        desk.order("X", "buy", 1)
    del desk.account.value
    assert desk.bars(("X", 100, 105, 80, 102, 500)) == []


def test_a_sale_is_cut_to_a_position_that_has_shrunk(open_desk):
    desk = open_desk(hold={"X": 10})
    desk.order("X", "sell", 10)
    desk.account._positions["X"] = 4
    fill, cancelled = desk.bars(("X", 100, 105, 80, 102, 500))
    assert fill.quantity == 4
    assert cancelled.reason.startswith("short positions need margin: 10 X to sell, and the position is 4")


def test_nothing_is_matched_where_nothing_works(open_desk):
    desk = open_desk()
    assert desk.bars(("X", 100, 105, 80, 102, 500)) == []
    assert desk.broker.snapshot() == {"working": []}


def test_a_snapshot_is_json_of_integers_and_keeps_what_was_decided(open_desk):
    desk = open_desk()
    desk.order("X", "buy", 10, "stop_limit", stop=105, limit=106)
    desk.order("X", "buy", 10, "limit", limit=100, tif="day")
    desk.order("Y", "buy", 10)
    desk.bars(("X", 103, 107, 101, 107, 500))
    state = desk.broker.snapshot()
    assert json.loads(json.dumps(state)) == state
    assert state == {
        "working": [
            {"order_id": 1, "triggered": 1, "maker": 0},
            {"order_id": 2, "triggered": 0, "maker": 1, "expires_at": 1_767_571_200 + DAY},
            {"order_id": 3, "triggered": 0},
        ]
    }


def test_a_snapshot_of_other_orders_is_refused(open_desk):
    desk = open_desk()
    desk.order("X", "buy", 10)
    state = desk.broker.snapshot()
    with pytest.raises(IntegrityError, match=r"working orders \[1\], the session has \[\]"):
        open_paper(desk.config, desk.context).restore(state, {})


def test_the_session_is_told_where_no_volume_is_reported(open_desk):
    assert open_desk().log.lines == [
        ("paper_volume_uncapped", {"symbols": ["FX"], "reason": "the asset class reports no volume"})
    ]
