"""Answers with status 200 that are not what was asked for: typed errors and findings, and never good news."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from logos.brokers.ccxt_desk import DIALECTS
from logos.brokers.ccxt_dialect import exact, plain
from logos.brokers.dry_run import DryRunBroker
from logos.brokers.errors import UnreadableAnswerError, VenueError, readable
from logos.brokers.paper import open_paper
from logos.domain.errors import ResumeError
from logos.domain.events import Unknown
from logos.domain.orders import Order
from logos.session.outside import Verdict

ODD = [
    {}, [], None, "text", 7, True, [1], [[]], [{}], {"result": None}, {"result": []}, {"result": "text"},
    {"error": [], "result": {"unixtime": "abc", "open": [], "closed": [], "permissions": "query-funds", "count": 0}},
    {"balances": {}, "orders": {}, "accounts": None, "has_next": False, "fee_tier": None, "data": []},
    {"serverTime": "NaN", "data": {"epoch": "inf"}, "result": {"unixtime": float("nan"), "permissions": {}}},
]  # fmt: skip
"""No exchange says anything with one of these."""

NOTHING = {("binance", "open_orders"): [[]]}
"""But for these, which say that there is nothing."""

WAYS = {
    "time": lambda dialect, ask: dialect.time(ask),
    "account": lambda dialect, ask: dialect.account(ask),
    "permissions": lambda dialect, ask: dialect.permissions(ask),
    "fees": lambda dialect, ask: dialect.fees(ask, {"BTC-USD": {"id": "XBTUSDT"}}),
    "balances": lambda dialect, ask: dialect.balances(ask),
    "open_orders": lambda dialect, ask: dialect.open_orders(ask),
    "find": lambda dialect, ask: dialect.find(ask, "BTCUSDT", "lg-1", 1_767_571_200),
}
TOLD_WITH_THE_ACCOUNT = {("binance", "fees"), ("coinbase", "fees")}
PATHS = {
    "binance": [
        ("GET", f"/api/v3/{name}") for name in ("time", "exchangeInfo", "account", "order", "openOrders")
    ] + [("GET", "/sapi/v1/account/apiRestrictions")],
    "coinbase": [("GET", "/v2/time"), ("GET", "/api/v3/brokerage/market/products")] + [
        ("GET", f"/api/v3/brokerage/{name}")
        for name in ("accounts", "key_permissions", "transaction_summary", "orders/historical/batch")
    ],
    "kraken": [("GET", "/0/public/Time"), ("GET", "/0/public/AssetPairs")] + [
        ("POST", f"/0/private/{name}")
        for name in ("BalanceEx", "OpenOrders", "ClosedOrders", "TradeVolume", "GetApiKeyInfo")
    ],
}  # fmt: skip
EACH_WAY = [
    (exchange, way) for exchange in sorted(DIALECTS) for way in WAYS if (exchange, way) not in TOLD_WITH_THE_ACCOUNT
]


def asked(exchange, way, ask):
    """Ask a dialect as the desk does."""
    with readable(f"ccxt:{exchange}"):
        return WAYS[way](DIALECTS[exchange], ask)


@pytest.mark.parametrize("body", ODD, ids=repr)
@pytest.mark.parametrize(("exchange", "way"), EACH_WAY)
def test_no_answer_of_another_shape_is_taken_for_nothing_or_for_good_news(exchange, way, body):
    try:
        found = asked(exchange, way, lambda _name, _params=None: body)
    except UnreadableAnswerError:
        return
    if way == "permissions":
        assert found.verdict is not Verdict.OK
    elif way == "fees":
        assert found == {}, "and the survey warns that those of the price list stand"
    else:
        assert body in NOTHING.get((exchange, way), [])


def changed(value):
    """Yield a value with one part of it left out or made into something else."""
    yield from (None, {}, [], "abc", "", -1, True, 1e400, "NaN")
    items = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else ()
    )
    for key, part in items:
        without = json.loads(json.dumps(value))
        del without[key]
        yield without
        for other in changed(part):
            whole = json.loads(json.dumps(value))
            whole[key] = other
            yield whole


@pytest.mark.parametrize("exchange", sorted(DIALECTS))
def test_whatever_part_of_an_answer_is_missing_or_odd_nothing_but_a_typed_error_comes_of_it(exchange_bench, exchange):
    bench = exchange_bench(exchange)
    desk = bench.surveyed()
    bench.venue.place(desk._dialect.name_of(bench.intent().client_order_id))
    connected = desk._connected()
    market = desk._markets["BTC-USD"]
    ways = dict(WAYS) | {
        "fees": lambda dialect, ask: dialect.fees(ask, {"BTC-USD": market}),
        "find": lambda dialect, ask: dialect.find(
            ask, market["id"], dialect.name_of(bench.intent().client_order_id), bench.intent().created_at
        ),
    }
    for call in ways.values():
        told = {}

        def listen(name, params=None, told=told):
            told[name] = connected.ask(name, params)
            return told[name]

        call(desk._dialect, listen)
        for asked_of, answer in told.items():
            for other in changed(answer):
                answers = {**told, asked_of: other}
                try:
                    with readable("test"):
                        call(desk._dialect, lambda name, _params=None, answers=answers: answers[name])
                except VenueError:
                    continue


@pytest.mark.parametrize("body", ODD, ids=repr)
@pytest.mark.parametrize("exchange", sorted(DIALECTS))
def test_a_survey_finds_it_at_every_address_and_raises_nothing(exchange_bench, exchange, body):
    for method, path in PATHS[exchange]:
        bench = exchange_bench(exchange)
        bench.venue.answer(path, body, method=method)
        survey = bench.desk().survey()
        json.dumps(survey.record, allow_nan=False)
        if "rder" not in path and not (exchange == "coinbase" and path.endswith("/accounts")):  # not asked by a survey
            assert {check.verdict for check in survey.checks} != {Verdict.OK}, path


@pytest.mark.parametrize("body", [{"error": [], "result": {}}, [], {"error": [], "result": {"unixtime": "abc"}}])
def test_a_venue_whose_time_cannot_be_read_is_not_reachable(exchange_bench, body):
    bench = exchange_bench("kraken")
    bench.venue.answer("/0/public/Time", body)
    (check,) = bench.desk().survey().checks
    assert (check.name, check.verdict) == ("reachable", Verdict.FAILED)


@pytest.mark.parametrize("exchange", sorted(DIALECTS))
@pytest.mark.parametrize("body", [{}, [], {"error": [], "result": {}}, {"orders": None}, {"has_next": False}])
def test_an_order_is_unknown_and_not_new_where_the_venues_answer_cannot_be_read(exchange_bench, exchange, body):
    bench = exchange_bench(exchange)
    desk = bench.surveyed()
    for method, path in PATHS[exchange]:
        bench.venue.answer(path, body, method=method)
    broker = DryRunBroker(
        open_paper(bench.config(), bench.context()), desk, previews=True, monotonic=bench.clock.monotonic
    )
    order = Order(intent=bench.intent(), updated_at=bench.intent().created_at)
    assert [type(event) for event in broker.recover(order, None)] == [Unknown]
    bench.clock.hand.advance(1_000)
    assert list(broker.cancel(order, "test")) == []


def test_coinbase_that_has_more_pages_than_it_leads_to_cannot_say_that_an_order_is_not_there(exchange_bench):
    bench = exchange_bench("coinbase")
    desk = bench.surveyed()
    answer = {"orders": [], "has_next": True, "cursor": ""}
    bench.venue.answer("/api/v3/brokerage/orders/historical/batch", answer)
    with pytest.raises(VenueError, match="may be among them"):
        desk.find(bench.intent())


@pytest.mark.parametrize(
    ("exchange", "path", "body", "untold"),
    [
        ("binance", "/sapi/v1/account/apiRestrictions", {"enableReading": True}, "enableWithdrawals"),
        ("binance", "/sapi/v1/account/apiRestrictions", {"enableReading": 1, "enableX": "no"}, "enableX"),
        ("coinbase", "/api/v3/brokerage/key_permissions", {"can_view": True, "can_trade": False}, "can_transfer"),
    ],
)
def test_a_right_that_is_not_told_is_a_warning_that_names_it(exchange_bench, exchange, path, body, untold):
    bench = exchange_bench(exchange)
    bench.venue.answer(path, body)
    (check,) = (check for check in bench.desk().survey().checks if check.name == "permissions")
    assert check.verdict is Verdict.WARNING
    assert untold in check.text


def test_a_market_whose_rules_cannot_be_read_is_a_finding_and_not_in_the_record(exchange_bench, venues):
    bench = exchange_bench("binance")
    info = venues.recorded("binance/exchange_info")
    for each in info["symbols"][0]["filters"]:
        if each["filterType"] == "LOT_SIZE":
            each["maxQty"] = "plenty"
    bench.venue.answer("/api/v3/exchangeInfo", info)
    survey = bench.desk().survey()
    assert "the rules of BTC/USDT (for BTC-USD)" in " ".join(check.text for check in survey.checks)
    assert not survey.sound
    assert "BTC-USD" not in survey.record["markets"]


def test_a_number_is_exact_whatever_its_length_and_what_is_none_is_refused():
    assert exact("1e40") == 10**40
    assert plain(exact("1e40")) == f"1{'0' * 40}"
    long = "1234567890123456789012345678901234567890.123456789012345678901234567890123"
    assert plain(exact(long)) == long
    assert (exact("0.10"), exact(0.1), exact(7), exact("0e9")) == (Decimal("0.1"), Decimal("0.1"), 7, 0)
    for none in ("abc", "NaN", "sNaN", "Infinity", None, "", [], "1e999999", f"0.{'7' * 201}"):
        with pytest.raises(ArithmeticError):
            exact(none)


@pytest.mark.parametrize("record", [{}, {"plugin": "alpaca"}, {"plugin": "ccxt", "exchange": "kraken", "markets": {}}])
def test_a_record_of_another_venue_is_refused(exchange_bench, record):
    with pytest.raises(ResumeError, match="not one of ccxt binance"):
        exchange_bench("binance").desk(record)


ALPACA_PATHS = ("/v2/clock", "/v2/account", "/v2/assets", "/v2/assets/AAPL")


@pytest.mark.parametrize("body", ODD, ids=repr)
def test_alpacas_survey_finds_it_at_every_address_and_raises_nothing(bench, body):
    for path in ALPACA_PATHS:
        bench.venue._canned.clear()
        bench.venue.answer(path, body)
        survey = bench.desk().survey()
        assert {check.verdict for check in survey.checks} != {Verdict.OK}, path


@pytest.mark.parametrize("body", ODD, ids=repr)
def test_alpacas_orders_and_positions_are_never_taken_for_none(bench, body):
    for path in ("/v2/orders", "/v2/orders:by_client_order_id", "/v2/positions"):
        bench.venue.answer(path, body)
    desk = bench.desk()
    for read in (desk.open_orders, desk.positions, lambda: desk.find(bench.intent("AAPL", "buy", "1"))):
        try:
            found = read()
        except VenueError:
            continue
        assert (found, body) == ((), [])


ORDER = {
    "id": "1", "client_order_id": "mine", "symbol": "AAPL", "qty": "10", "filled_qty": "0", "side": "buy",
    "status": "calculated", "submitted_at": "2026-01-05T14:30:00Z",
}  # fmt: skip


def test_whatever_part_of_alpacas_answers_is_missing_or_odd_nothing_but_a_typed_error_comes_of_it(bench):
    desk = bench.desk()
    for path, answer, read in (
        ("/v2/orders", [ORDER], desk.open_orders),
        ("/v2/orders:by_client_order_id", ORDER, lambda: desk.find(bench.intent("AAPL", "buy", "1"))),
        ("/v2/positions", [{"symbol": "AAPL", "qty": "5", "side": "long"}], desk.positions),
    ):
        for other in changed(answer):
            bench.venue.answer(path, other)
            try:
                read()
            except VenueError:
                continue
    for name in ("id", "client_order_id", "symbol", "qty", "filled_qty", "status", "side"):
        bench.venue.answer("/v2/orders", [{key: value for key, value in ORDER.items() if key != name}])
        with pytest.raises(VenueError):
            desk.open_orders()


@pytest.mark.parametrize("name", ["account_blocked", "trading_blocked"])
def test_an_account_of_alpacas_that_does_not_tell_whether_it_may_trade_is_a_warning(bench, name):
    del bench.venue.account[name]
    (check,) = (check for check in bench.desk().survey().checks if check.name == "account")
    assert check.verdict is Verdict.WARNING
    assert name in check.text
