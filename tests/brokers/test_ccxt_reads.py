"""Orders and positions as they stand at an exchange: every status it has, and an order by its name."""

from __future__ import annotations

import logging
from decimal import Decimal

import pytest

from logos.brokers import errors
from logos.brokers.ccxt_reads import READS
from logos.domain.orders import OrderStatus, Side
from logos.session.outside import OutsidePosition

pytest.importorskip("ccxt", reason="the extra ccxt is not installed")

ID = "lg-0123456789abcdef01234567"
STATUS = {
    "binance": {
        "NEW": OrderStatus.ACCEPTED,
        "PENDING_NEW": OrderStatus.ACCEPTED,
        "PENDING_CANCEL": OrderStatus.ACCEPTED,
        "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
        "FILLED": OrderStatus.FILLED,
        "CANCELED": OrderStatus.CANCELLED,
        "REJECTED": OrderStatus.REJECTED,
        "EXPIRED": OrderStatus.EXPIRED,
        "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,
        "BRAND_NEW_WORD": OrderStatus.UNKNOWN,
    },
    "kraken": {
        "pending": OrderStatus.ACCEPTED,
        "open": OrderStatus.ACCEPTED,
        "closed": OrderStatus.FILLED,
        "canceled": OrderStatus.CANCELLED,
        "expired": OrderStatus.EXPIRED,
        "brand new word": OrderStatus.UNKNOWN,
    },
    "coinbase": {
        "PENDING": OrderStatus.ACCEPTED,
        "QUEUED": OrderStatus.ACCEPTED,
        "OPEN": OrderStatus.ACCEPTED,
        "EDIT_QUEUED": OrderStatus.ACCEPTED,
        "CANCEL_QUEUED": OrderStatus.ACCEPTED,
        "FILLED": OrderStatus.FILLED,
        "CANCELLED": OrderStatus.CANCELLED,
        "EXPIRED": OrderStatus.EXPIRED,
        "FAILED": OrderStatus.REJECTED,
        "UNKNOWN_ORDER_STATUS": OrderStatus.UNKNOWN,
    },
}
FILLED = {"binance": "executedQty", "kraken": "vol_exec", "coinbase": "filled_size"}


@pytest.fixture(params=sorted(READS))
def bench(request, exchange_bench):
    return exchange_bench(request.param)


def name_at(desk, intent):
    return desk.name_outside(intent.client_order_id)


def test_every_status_is_known_and_a_word_that_nobody_knows_is_unknown(bench):
    desk = bench.surveyed()
    for number, (word, status) in enumerate(STATUS[bench.exchange].items()):
        intent = bench.intent(name=f"lg-{number:024}")
        bench.venue.place(name_at(desk, intent), status=word)
        assert desk.find(intent).status is status


def test_an_order_is_found_by_its_name_and_told_exactly(bench):
    desk = bench.surveyed()
    bench.venue.place(name_at(desk, bench.intent()), **{FILLED[bench.exchange]: "0.30000000"})
    found = desk.find(bench.intent())
    assert (found.place, found.client_order_id, found.symbol) == (f"ccxt:{bench.exchange}", ID, "BTC-USD")
    assert (found.side, found.quantity, found.filled) == (Side.BUY, Decimal(1), Decimal("0.3"))
    assert found.status is OrderStatus.PARTIALLY_FILLED or bench.exchange == "binance"
    assert found.venue_order_id


def test_an_order_that_was_never_seen_is_none_though_others_are_there(bench):
    desk = bench.surveyed()
    for number in range(5):
        bench.venue.place(f"other-{number}")
    assert desk.find(bench.intent()) is None


def test_a_venue_that_cannot_say_whether_it_has_an_order_raises(bench):
    desk = bench.surveyed(timeout="1s")
    for path in ("/api/v3/order", "/0/private/", "/api/v3/brokerage/orders"):
        bench.venue.misbehave("error_500", None, path=path)
    with pytest.raises(errors.VenueDownError):
        desk.find(bench.intent())
    bench.venue.behave()
    bench.venue.revoke()
    with pytest.raises(errors.CredentialsError):
        desk.find(bench.intent())


def test_kraken_that_has_more_ended_orders_than_it_tells_cannot_say_that_one_is_not_there(exchange_bench):
    bench = exchange_bench("kraken")
    desk = bench.surveyed()
    answer = {"error": [], "result": {"closed": {}, "count": 51}}
    bench.venue.answer("/0/private/ClosedOrders", answer, method="POST")
    with pytest.raises(errors.UnclassifiedVenueError, match="it may be among them"):
        desk.find(bench.intent())


def test_all_open_orders_are_told_whosever_they_are_on_every_page(bench):
    desk = bench.surveyed()
    ended = {"binance": "FILLED", "kraken": "closed", "coinbase": "FILLED"}[bench.exchange]
    for number in range(5):
        bench.venue.place(f"other-{number}")
    bench.venue.place("gone", status=ended)
    assert sorted(order.client_order_id for order in desk.open_orders()) == [f"other-{number}" for number in range(5)]
    assert {order.symbol for order in desk.open_orders()} == {"BTC-USD"}


def test_an_order_of_a_market_that_is_not_the_sessions_keeps_the_venues_name(exchange_bench):
    bench = exchange_bench("binance")
    desk = bench.surveyed()
    bench.venue.place("", symbol="DOGEUSDT", side="SELL", origQty="12345678.90000000")
    (order,) = desk.open_orders()
    assert (order.symbol, order.client_order_id, order.side) == ("DOGEUSDT", "", Side.SELL)
    assert order.quantity == Decimal("12345678.9")


@pytest.mark.parametrize("name", ["binance/open_orders", "coinbase/orders_list"])
def test_recorded_orders_are_read(exchange_bench, venues, name):
    exchange = name.partition("/")[0]
    bench = exchange_bench(exchange)
    desk = bench.surveyed()
    path = {"binance": "/api/v3/openOrders", "coinbase": "/api/v3/brokerage/orders/historical/batch"}[exchange]
    body = venues.recorded(name)
    if exchange == "coinbase":
        body = {**body, "has_next": False, "cursor": ""}
    bench.venue.answer(path, body)
    orders = desk.open_orders()
    assert len(orders) == len(body if exchange == "binance" else body["orders"])
    assert OrderStatus.UNKNOWN not in {order.status for order in orders}


def test_positions_are_the_balances_without_the_accounts_currency(bench):
    found = bench.surveyed().positions()
    place = f"ccxt:{bench.exchange}"
    assert found == (
        OutsidePosition(place=place, symbol="BTC-USD", quantity=Decimal("0.75")),
        OutsidePosition(place=place, symbol="USDT", quantity=Decimal(1000)),
    )
    assert {each.symbol for each in bench.surveyed(currency="USDT").positions()} == {"BTC-USD", "USD"}


def test_nothing_is_held_where_all_is_zero(bench):
    bench.venue.balances = {"BTC": ("0.00000000", "0"), "USD": ("5", "0")}
    assert bench.surveyed().positions() == ()


def test_the_names_of_kraken_are_the_common_ones(exchange_bench):
    bench = exchange_bench("kraken")
    held = {"XXBT": "1", "XBT.M": "0.5", "XXDG": "7", "ZEUR": "3", "ETH2.S": "2", "SOL": "4", "ZETA": "9"}
    balances = {name: {"balance": value, "hold_trade": "0"} for name, value in held.items()}
    bench.venue.answer("/0/private/BalanceEx", {"error": [], "result": balances}, method="POST")
    found = {each.symbol: each.quantity for each in bench.surveyed().positions()}
    assert found == {"BTC-USD": Decimal("1.5"), "DOGE": 7, "EUR": 3, "ETH2": 2, "SOL": 4, "ZETA": 9}


def test_without_credentials_nothing_of_the_account_is_asked(bench):
    desk = bench.surveyed()
    bench.secrets = {}
    desk = bench.desk(desk._context.venue_record)
    before = bench.venue.connections
    with pytest.raises(errors.CredentialsError, match=f"{bench.exchange.upper()}_API_KEY and .* are not set"):
        desk.open_orders()
    assert bench.venue.connections == before


def test_without_a_survey_the_markets_are_asked_for_when_they_are_needed(bench):
    desk = bench.desk()
    assert desk.find(bench.intent()) is None


@pytest.mark.parametrize(
    "answer",
    [
        {"orders": [], "has_next": True, "cursor": ""},
        {"orders": [], "has_next": True},
        {"orders": [], "has_next": True, "cursor": "the same"},
        {"orders": [], "has_next": "perhaps", "cursor": ""},
        {"orders": [], "cursor": ""},
        {"orders": None, "has_next": False, "cursor": ""},
        {"has_next": False, "cursor": ""},
        {},
    ],
    ids=str,
)
def test_coinbase_that_does_not_tell_all_orders_has_not_said_that_one_is_not_there(exchange_bench, answer):
    bench = exchange_bench("coinbase")
    desk = bench.surveyed()
    bench.venue.answer("/api/v3/brokerage/orders/historical/batch", answer)
    with pytest.raises(errors.VenueError):
        desk.find(bench.intent())


@pytest.mark.parametrize(
    ("path", "result"),
    [
        ("ClosedOrders", {"closed": {}}),
        ("ClosedOrders", {"closed": {}, "count": None}),
        ("ClosedOrders", {"closed": {}, "count": 1}),
        ("ClosedOrders", {"count": 0}),
        ("ClosedOrders", {"closed": [], "count": 0}),
        ("ClosedOrders", {}),
        ("OpenOrders", {}),
        ("OpenOrders", {"open": None}),
    ],
)
def test_kraken_that_does_not_tell_all_orders_has_not_said_that_one_is_not_there(exchange_bench, path, result):
    bench = exchange_bench("kraken")
    desk = bench.surveyed()
    bench.venue.answer(f"/0/private/{path}", {"error": [], "result": result}, method="POST")
    with pytest.raises(errors.VenueError):
        desk.find(bench.intent())


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_binance_that_was_not_asked_has_not_said_that_an_order_is_not_there(exchange_bench, status):
    bench = exchange_bench("binance")
    desk = bench.surveyed()
    bench.venue.answer("/api/v3/order", {"code": -2013, "msg": "Order does not exist."}, status)
    with pytest.raises(errors.VenueError):
        desk.find(bench.intent())
    bench.venue.answer("/api/v3/order", {"code": -2013, "msg": "Order does not exist."}, 400)
    assert desk.find(bench.intent()) is None


def test_orders_are_asked_for_from_a_minute_before_they_were_decided(bench):
    desk = bench.surveyed()
    desk.find(bench.intent(at=1_767_571_260))
    asked = bench.venue.requests[-1]
    told = {**asked.query, **asked.form}
    since = {"kraken": ("start", "1767571200"), "coinbase": ("start_date", "2026-01-05T00:00:00Z")}
    if bench.exchange in since:
        name, value = since[bench.exchange]
        assert told[name] == value, "a clock that is ahead here would hide the order"
    else:
        assert not {"startTime", "start"} & set(told)


def test_ccxt_waits_between_requests_to_a_real_exchange_and_not_on_this_machine(bench):
    assert bench.desk(base_url="")._connected()._exchange.enableRateLimit is True
    assert bench.desk()._connected()._exchange.enableRateLimit is False


def test_no_log_of_a_library_shows_the_key_or_a_signature(bench, caplog):
    for name in ("", "ccxt", "ccxt.base.exchange", "urllib3", "urllib3.connectionpool"):
        caplog.set_level(logging.DEBUG, name)
    desk = bench.surveyed()
    desk.open_orders()
    exchange = desk._connected()._exchange
    assert exchange.logger.disabled
    assert not [each for each in caplog.records if each.name.startswith("ccxt")]
    assert bench.venue.right not in caplog.text
    assert "signature=" not in caplog.text
