"""The dry-run broker: a venue's preview beside the paper broker's fills, and orders of unknown outcome."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from logos.brokers.dry_run import PAPER, DryRunBroker
from logos.brokers.errors import TimedOutError
from logos.brokers.venue import WOULD_ACCEPT, Preview
from logos.domain.errors import BrokenInvariantError
from logos.domain.events import Accepted, Cancelled, Fill, Previewed, Unknown
from logos.domain.orders import Order, OrderStatus, Side
from logos.session.outside import OutsideBroker, OutsideOrder

QUIET = ("X", 104, 104, 104, 104, 500)


class ScriptedVenue:
    """A venue that says what the test wants: whether it can be asked, and which orders it holds."""

    name = "test:venue"

    def __init__(self):
        self.reachable = True
        self.holds = {}
        self.asked = []
        self.held = []

    def preview(self, intent, position):
        self.held.append(position)
        return Preview({"method": "POST", "body": intent.client_order_id}, WOULD_ACCEPT)

    def find(self, intent):
        self.asked.append(intent.client_order_id)
        if not self.reachable:
            raise TimedOutError(self.name, "no answer")
        return self.holds.get(intent.client_order_id)

    def open_orders(self):
        return tuple(self.holds.values())

    def positions(self):
        return ()


class Elapsed:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def elapsed():
    return Elapsed()


@pytest.fixture
def dry_run(open_desk, elapsed):
    """Return what makes a desk whose broker is the dry-run broker over a scripted venue."""

    def make(*, previews=True):
        desk = open_desk()
        venue = ScriptedVenue()
        desk.broker = DryRunBroker(desk.broker, venue, previews=previews, monotonic=elapsed)
        return desk, venue

    return make


def recover(desk, *args):
    """Hand the broker an order that may have been sent before a restart; return the events."""
    intent = desk.intent(*args)
    order = desk.orders[intent.order_id] = Order(intent=intent, updated_at=desk.clock)
    events = []
    for event in desk.broker.recover(order, desk.account):
        events.append(event)
        if isinstance(event, Unknown):
            order.status = OrderStatus.UNKNOWN
    return events


def standing_at(venue, name):
    """Return an order of ours as it would stand at the venue."""
    return OutsideOrder(
        place=venue.name,
        client_order_id=name,
        symbol="X",
        side=Side.BUY,
        quantity=Decimal(10),
        filled=Decimal(0),
        status=OrderStatus.ACCEPTED,
    )


def test_it_fills_the_seat_of_a_broker_outside(dry_run):
    desk, _venue = dry_run()
    assert isinstance(desk.broker, OutsideBroker)


def test_an_order_is_previewed_before_the_paper_broker_takes_it_and_the_venue_is_not_asked(dry_run):
    desk, venue = dry_run()
    assert desk.order("X", "buy", 10) == [
        Previewed(1, {"method": "POST", "body": "test-1"}, WOULD_ACCEPT),
        Accepted(1),
    ]
    assert [type(event) for event in desk.bars(QUIET)] == [Fill]
    assert venue.asked == []


def test_a_preview_is_told_what_the_session_holds_when_the_order_is_submitted(dry_run):
    desk, venue = dry_run()
    desk.order("X", "buy", 10)
    desk.bars(QUIET)
    desk.order("X", "sell", 4)
    desk.bars(QUIET)
    desk.order("X", "sell", 6)
    assert venue.held == [0, 10, 6]


def test_without_a_record_nothing_is_previewed_and_the_paper_brokers_terms_hold(dry_run):
    desk, _venue = dry_run(previews=False)
    assert desk.order("X", "buy", 10) == [Accepted(1)]
    assert desk.broker.terms() is not None


def test_with_previews_no_engine_may_compile_the_broker(dry_run):
    desk, _venue = dry_run()
    assert desk.broker.terms() is None


def test_an_order_written_ahead_is_submitted_once_the_venue_says_that_it_never_saw_it(dry_run):
    desk, venue = dry_run()
    assert [type(event) for event in recover(desk, "X", "buy", 10)] == [Previewed, Accepted]
    assert venue.asked == ["test-1"]


def test_an_order_stays_unknown_until_the_venue_can_be_asked_and_is_then_filled_once(dry_run, elapsed):
    desk, venue = dry_run()
    venue.reachable = False
    (unknown,) = recover(desk, "X", "buy", 10)
    assert unknown == Unknown(1, "test:venue: no answer")
    elapsed.seconds = 5
    assert desk.bars(QUIET) == []
    venue.reachable = True
    assert desk.bars(QUIET) == [], "the venue is not asked at every slice"
    elapsed.seconds = 500
    assert [type(event) for event in desk.bars(QUIET)] == [Previewed, Accepted, Fill]
    assert desk.bars(QUIET) == []


def test_a_venue_that_has_not_answered_about_one_order_is_not_asked_for_the_next_at_once(dry_run):
    desk, venue = dry_run()
    venue.reachable = False
    recover(desk, "X", "buy", 10)
    (second,) = recover(desk, "Y", "buy", 10)
    assert second == Unknown(2, "test:venue has not answered about another order, and is asked again later")
    assert venue.asked == ["test-1"]


def test_a_snapshot_keeps_which_orders_are_unknown(dry_run, elapsed):
    desk, venue = dry_run()
    venue.reachable = False
    recover(desk, "X", "buy", 10)
    state = desk.broker.snapshot()
    assert state["unsettled"] == [1]
    again, venue_again = dry_run()
    again.orders = desk.orders
    again.broker.restore(state, desk.working())
    elapsed.seconds = 500
    assert [type(event) for event in again.bars(QUIET)] == [Previewed, Accepted, Fill]
    assert venue_again.asked == ["test-1"]


def test_an_unknown_order_is_cancelled_at_once_where_the_venue_says_that_it_does_not_have_it(dry_run, elapsed):
    desk, venue = dry_run()
    venue.reachable = False
    recover(desk, "X", "buy", 10)
    venue.reachable = True
    elapsed.seconds = 10
    assert desk.cancel(1) == [Cancelled(1, "test")]
    assert desk.bars(QUIET) == []
    assert desk.broker.snapshot()["unsettled"] == desk.broker.snapshot()["unwanted"] == []


def test_a_cancel_that_the_venue_cannot_answer_is_remembered_and_the_order_is_never_submitted(dry_run, elapsed):
    desk, venue = dry_run()
    venue.reachable = False
    recover(desk, "X", "buy", 10)
    recover(desk, "X", "buy", 5)
    assert desk.cancel(1, "target changed") == [], "the venue is not asked again so soon"
    elapsed.seconds = 10
    asked = len(venue.asked)
    assert desk.cancel(1, "halted") == []
    assert len(venue.asked) == asked, "each further cancel keeps the session waiting again"
    venue.reachable = True
    elapsed.seconds = 500
    assert desk.bars(QUIET)[0] == Cancelled(1, "target changed")
    assert desk.orders[1].status is OrderStatus.CANCELLED
    assert desk.orders[2].status is OrderStatus.FILLED, "the other one is still wanted"
    assert desk.bars(QUIET) == []
    assert venue.held == [0], "only the other one was shown"
    assert desk.broker.snapshot()["unwanted"] == []


def test_a_cancel_is_remembered_where_the_venue_was_asked_in_vain_just_then(dry_run, elapsed):
    desk, venue = dry_run()
    venue.reachable = False
    recover(desk, "X", "buy", 10)
    elapsed.seconds = 10
    asked = len(venue.asked)
    assert desk.cancel(1) == []
    assert len(venue.asked) == asked + 1
    assert desk.bars(QUIET) == []
    venue.reachable = True
    elapsed.seconds = 500
    assert desk.bars(QUIET) == [Cancelled(1, "test")]


def test_a_snapshot_keeps_what_was_to_be_cancelled(dry_run, elapsed):
    desk, venue = dry_run()
    venue.reachable = False
    recover(desk, "X", "buy", 10)
    desk.cancel(1, "target changed")
    state = json.loads(json.dumps(desk.broker.snapshot()))
    assert (state["unsettled"], state["unwanted"]) == ([1], [[1, "target changed"]])
    again, _venue = dry_run()
    again.orders = desk.orders
    again.broker.restore(state, desk.working())
    assert again.broker.snapshot() == desk.broker.snapshot()
    elapsed.seconds = 500
    assert again.bars(QUIET) == [Cancelled(1, "target changed")]
    assert again.bars(QUIET) == []


def test_an_order_that_is_found_at_the_venue_when_it_is_settled_ends_the_program(dry_run, elapsed):
    for ask in ("match", "cancel"):
        desk, venue = dry_run()
        venue.reachable = False
        recover(desk, "X", "buy", 10)
        venue.reachable = True
        venue.holds["test-1"] = standing_at(venue, "test-1")
        elapsed.seconds += 500
        with pytest.raises(BrokenInvariantError, match="test-1 of this dry-run session is at test:venue"):
            desk.bars(QUIET) if ask == "match" else desk.cancel(1)


def test_an_order_is_looked_for_in_the_paper_broker_and_then_at_the_venue(dry_run):
    desk, venue = dry_run()
    desk.order("X", "buy", 10)
    assert desk.broker.find(desk.orders[1].intent).place == PAPER
    assert venue.asked == []
    there = venue.holds["test-2"] = standing_at(venue, "test-2")
    assert desk.broker.find(desk.intent("X", "buy", 10)) is there
    assert desk.broker.find(desk.intent("X", "buy", 10)) is None
    assert venue.asked == ["test-2", "test-3"]


def test_an_order_of_a_dry_run_that_is_at_the_venue_ends_the_program(dry_run):
    desk, venue = dry_run()
    venue.holds["test-1"] = standing_at(venue, "test-1")
    with pytest.raises(BrokenInvariantError, match="test-1 of this dry-run session is at test:venue"):
        recover(desk, "X", "buy", 10)


def test_what_stands_outside_is_the_paper_brokers_orders_and_the_venues(dry_run):
    desk, venue = dry_run()
    desk.order("CENT", "buy", 1_500)
    foreign = OutsideOrder(
        place=venue.name,
        client_order_id="by-hand",
        symbol="X",
        side=Side.SELL,
        quantity=Decimal(3),
        filled=Decimal(1),
        status=OrderStatus.PARTIALLY_FILLED,
    )
    venue.holds["by-hand"] = foreign
    standing = desk.broker.standing()
    assert standing.keeper == PAPER
    own, other = standing.orders
    assert (own.place, own.client_order_id, own.quantity, own.filled) == (PAPER, "test-1", Decimal("1.500"), Decimal(0))
    assert other is foreign
