"""Reading orders and positions: every status, odd payloads, retries, time-outs and failures of all kinds."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from logos.brokers import errors
from logos.brokers.alpaca_desk import STATUSES, AlpacaDesk
from logos.brokers.asking_again import ATTEMPTS
from logos.domain.errors import InputError
from logos.domain.orders import OrderStatus, Side
from logos.session.outside import OutsidePosition


def order(name="mine-1", **changes):
    return {
        "id": f"id-of-{name}",
        "client_order_id": name,
        "submitted_at": "2026-01-05T14:30:00.937734123Z",
        "symbol": "AAPL",
        "qty": "10",
        "filled_qty": "0",
        "side": "buy",
        "type": "market",
        "status": "new",
        **changes,
    }


def test_alpaca_py_knows_no_status_that_is_not_mapped():
    enums = pytest.importorskip("alpaca.trading.enums", reason="the extra alpaca is not installed")

    assert {status.value for status in enums.OrderStatus} <= set(STATUSES)


@pytest.mark.parametrize("word", sorted(STATUSES))
def test_every_status_has_a_meaning(bench, word):
    bench.venue.orders = [order(status=word)]

    (found,) = bench.desk().open_orders()

    assert found.status is STATUSES[word]
    assert found.status is not OrderStatus.UNKNOWN


@pytest.mark.parametrize("word", ["a_new_word", "", None, 7])
def test_a_status_that_nobody_knows_is_unknown(bench, word):
    bench.venue.orders = [order(status=word)]

    (found,) = bench.desk().open_orders()

    assert found.status is OrderStatus.UNKNOWN


@pytest.mark.parametrize(
    ("word", "filled", "status"),
    [
        ("new", "3", OrderStatus.PARTIALLY_FILLED),
        ("pending_cancel", "3", OrderStatus.PARTIALLY_FILLED),
        ("calculated", "10", OrderStatus.FILLED),
        ("calculated", "3", OrderStatus.PARTIALLY_FILLED),
        ("done_for_day", "0", OrderStatus.ACCEPTED),
        ("canceled", "3", OrderStatus.CANCELLED),
    ],
)
def test_what_was_filled_decides_where_the_word_leaves_it_open(bench, word, filled, status):
    bench.venue.orders = [order(status=word, filled_qty=filled)]

    assert bench.desk().open_orders()[0].status is status


def test_orders_are_told_exactly_and_by_the_symbols_of_the_session(bench):
    bench.venue.orders = [
        order("a", qty="0.123456789", filled_qty="0.023456789", symbol="BTC/USD", side="sell"),
        order("b", qty=1, filled_qty=0, symbol="TSLA"),
        order("c", qty=None, notional="500", filled_qty="1.5"),
        order("d", side="", position_intent="sell_to_open"),
    ]

    a, b, c, d = bench.desk().open_orders()

    assert (a.symbol, a.side, a.quantity, a.filled) == (
        "BTC-USD", Side.SELL, Decimal("0.123456789"), Decimal("0.023456789"),
    )  # fmt: skip
    assert (b.symbol, b.quantity, b.place, b.venue_order_id) == ("TSLA", 1, "alpaca:paper", "id-of-b")
    assert (c.quantity, c.filled) == (Decimal("1.5"), Decimal("1.5"))
    assert d.side is Side.SELL


def test_an_order_that_says_neither_buy_nor_sell_is_not_guessed(bench):
    bench.venue.orders = [order(side="", order_class="mleg")]

    with pytest.raises(errors.UnclassifiedVenueError, match="neither buy nor sell"):
        bench.desk().open_orders()


def test_more_orders_than_a_page_holds_are_all_read_once(bench):
    stamps = [f"2026-01-05T14:{minute:02}:{second:02}.000000123Z" for minute in range(20) for second in range(60)]
    bench.venue.orders = [order(f"o-{number}", submitted_at=at) for number, at in enumerate(stamps)]

    names = [found.client_order_id for found in bench.desk().open_orders()]

    assert names == [f"o-{number}" for number in range(1_200)]


def test_a_page_that_comes_again_and_again_ends_the_reading(bench):
    bench.venue.answer("/v2/orders", [order(f"o-{number}") for number in range(500)])

    assert len(bench.desk().open_orders()) == 500
    assert len(bench.venue.requests) == 2


def test_only_an_empty_list_says_that_there_is_nothing(bench):
    bench.venue.answer("/v2/orders", [])
    bench.venue.answer("/v2/positions", [])
    desk = bench.desk()

    assert desk.open_orders() == ()
    assert desk.positions() == ()


@pytest.mark.parametrize("odd", [None, {}, "text", 7, {"message": "a page of another kind"}, [1], [None], [[{}]]])
def test_anything_else_in_the_place_of_a_list_is_unreadable(bench, odd):
    bench.venue.answer("/v2/positions", odd)

    with pytest.raises(errors.UnreadableAnswerError):
        bench.desk().positions()


def test_recorded_orders_and_positions_are_understood(bench, venues):
    bench.venue.answer("/v2/orders", venues.recorded("alpaca/order__get_orders"))
    bench.venue.answer("/v2/positions", venues.recorded("alpaca/position__get_all_positions"))
    bench.venue.answer("/v2/orders:by_client_order_id", venues.recorded("alpaca/order__get_order_by_client_id"))
    desk = bench.desk()

    (listed,) = desk.open_orders()
    found = desk.find(bench.intent("AAPL", "buy", "1"))

    assert (listed.symbol, listed.quantity, listed.status) == ("SPY", 1, OrderStatus.ACCEPTED)
    assert desk.positions() == (OutsidePosition(place="alpaca:paper", symbol="AAPL", quantity=Decimal(5)),)
    assert (found.client_order_id, found.status) == ("eb9e2aaa-f71a-4f51-b5b4-52a6c565dad4", OrderStatus.ACCEPTED)


def test_positions_are_signed_and_coins_lose_their_stroke(bench):
    bench.venue.positions = [
        {"symbol": "AAPL", "qty": "-5", "side": "short"},
        {"symbol": "MSFT", "qty": "5", "side": "short"},
        {"symbol": "BTCUSD", "qty": "0.0283", "side": "long"},
    ]

    held = {position.symbol: position.quantity for position in bench.desk().positions()}

    assert held == {"AAPL": Decimal(-5), "MSFT": Decimal(-5), "BTC-USD": Decimal("0.0283")}


@pytest.mark.parametrize("quantity", ["many", "NaN", "Infinity", {}])
def test_a_quantity_that_is_no_number_is_told(bench, quantity):
    bench.venue.positions = [{"symbol": "AAPL", "qty": quantity or "x", "side": "long"}]

    with pytest.raises(errors.UnclassifiedVenueError, match="must be a number"):
        bench.desk().positions()


def test_an_order_is_found_by_its_client_order_id(bench):
    intent = bench.intent("AAPL", "buy", "10")
    bench.venue.orders = [order(intent.client_order_id, status="filled", filled_qty="10")]

    assert bench.desk().find(intent).status is OrderStatus.FILLED
    assert bench.venue.requests[-1].query == {"client_order_id": intent.client_order_id}


def test_only_alpacas_own_word_proves_that_an_order_is_not_there(bench):
    intent = bench.intent("AAPL", "buy", "10")
    path = "/v2/orders:by_client_order_id"

    assert bench.desk().find(intent) is None

    for status, body in ((404, "<html><title>404</title></html>"), (404, {"message": "Not Found"}), (200, "")):
        bench.venue.answer(path, body, status)
        with pytest.raises(errors.VenueError):
            bench.desk().find(intent)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("drop", errors.DisconnectedError),
        ("reset", errors.DisconnectedError),
        ("html", errors.UnreadableAnswerError),
        ("truncated", errors.UnreadableAnswerError),
        ("error_500", errors.VenueDownError),
        ("unavailable_503", errors.VenueDownError),
        ("rate_limited", errors.RateLimitedError),
    ],
)
def test_a_failure_for_the_time_being_is_asked_again_a_few_times_and_no_longer(bench, fault, kind):
    bench.venue.positions = [{"symbol": "AAPL", "qty": "5", "side": "long"}]
    bench.venue.misbehave(fault, times=ATTEMPTS - 1, path="/v2/positions")
    desk = bench.desk()

    assert len(desk.positions()) == 1
    assert len(bench.venue.requests) == ATTEMPTS

    bench.venue.misbehave(fault, times=None, path="/v2/positions")
    with pytest.raises(kind):
        desk.positions()
    assert len(bench.venue.requests) == 2 * ATTEMPTS


def test_retry_after_is_kept_and_a_long_one_is_not_waited_for(bench):
    bench.venue.misbehave("rate_limited", times=1, path="/v2/positions", retry_after="7")
    desk = bench.desk()

    desk.positions()

    assert bench.clock.waits == [7.0]

    bench.venue.misbehave("rate_limited", times=None, path="/v2/positions", retry_after="900")
    with pytest.raises(errors.RateLimitedError) as caught:
        desk.positions()
    assert caught.value.retry_after == 900
    assert bench.clock.waits == [7.0]


def test_what_asking_again_cannot_help_is_asked_once(bench):
    bench.venue.answer("/v2/positions", {"message": "forbidden."}, 403)

    with pytest.raises(errors.NotPermittedError):
        bench.desk().positions()
    assert len(bench.venue.requests) == 1
    assert bench.clock.waits == []


@pytest.mark.parametrize("status", [429, 504])
def test_alpaca_py_repeats_nothing_of_its_own(bench, status):
    bench.venue.answer("/v2/positions", {"message": "later"}, status, Retry_After="3600")

    reader = bench.desk().reader()
    with pytest.raises(errors.VenueError):
        reader.client.get_all_positions()
    assert len(bench.venue.requests) == 1
    assert reader.client._retry == 0, "it sleeps and repeats what it is asked, orders too"


def test_a_server_that_never_answers_is_given_up_after_the_time_out(bench):
    bench.venue.misbehave("timeout", times=None, path="/v2/positions")

    desk = bench.desk()
    bench.hasten(desk)
    with pytest.raises(errors.TimedOutError, match=r"no answer within 0\.2 s"):
        desk.reader().client.get_all_positions()


def test_an_error_of_the_account_never_repeats_the_key(bench):
    bench.venue.answer("/v2/positions", {"message": f"no such key {bench.venue.key}"}, 403)

    with pytest.raises(errors.VenueError) as caught:
        bench.desk().positions()
    assert bench.venue.key not in f"{caught.value} {caught.value!r} {caught.value.__cause__}"


def test_a_closed_desk_connects_again_when_it_is_asked(bench):
    desk = bench.desk()
    desk.positions()
    desk.close()
    desk.close()

    assert desk.positions() == ()
    assert bench.venue.connections == 2


def test_no_error_keeps_the_one_that_it_was_made_of(bench):
    reader = bench.desk(timeout="1s").reader()
    path = "/v2/positions"
    for status, body in ((200, f'{{"key": "{bench.venue.key}'), (200, "oops"), (500, "oops"), (403, "")):
        bench.venue.answer(path, body, status)
        with pytest.raises(errors.VenueError) as caught:
            reader.client.get_all_positions()
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)
        assert bench.venue.key not in f"{caught.value!r} {vars(caught.value)}"
    for fault in ("reset", "drop", "timeout"):
        bench.venue.misbehave(fault, None, path=path)
        with pytest.raises(errors.VenueError) as caught:
            reader.client.get_all_positions()
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize("ask", ["survey", "open_orders", "positions", "find"])
def test_offline_no_address_of_another_machine_is_asked(bench, ask):
    context = attrs.evolve(bench.context(), offline=True)
    elsewhere = AlpacaDesk(bench.config(base_url=""), context)
    arguments = [bench.intent("AAPL", "buy", "1")] if ask == "find" else []
    with pytest.raises(InputError, match="LOGOS_OFFLINE is set"):
        getattr(elsewhere, ask)(*arguments)
    AlpacaDesk(bench.config(), context).open_orders()
    assert bench.venue.requests
