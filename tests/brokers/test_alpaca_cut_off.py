"""No order can leave: every method of alpaca-py's trading client is driven at a loopback Alpaca."""

from __future__ import annotations

import inspect
import re
import uuid

import pytest

from logos.brokers.alpaca_preview import exact_numbers
from logos.brokers.alpaca_reader import AlpacaReader
from logos.brokers.alpaca_reads import READS
from logos.brokers.errors import SendingCutOffError, VenueError

ID = uuid.UUID("61e69015-8549-4bfd-b9c3-01e75843f47d")

requests_of = pytest.importorskip("alpaca.trading.requests", reason="the extra alpaca is not installed")
client_of = pytest.importorskip("alpaca.trading.client")
models_of = pytest.importorskip("alpaca.trading.models")

_ORDER = {"symbol": "AAPL", "qty": 1, "side": "buy", "time_in_force": "day"}
_BARE = {"dtbp_check": "entry", "pdt_check": "entry", "trade_confirm_email": "all"}
_CONFIGURATION = {
    **_BARE,
    "fractional_trading": True,
    "max_margin_multiplier": "2",
    "no_shorting": True,
    "suspend_trade": False,
    "ptp_no_exception_entry": False,
}

CALLS = {
    "submit_order": [
        [requests_of.MarketOrderRequest(**_ORDER)],
        [requests_of.LimitOrderRequest(**_ORDER, limit_price=1)],
        [requests_of.StopOrderRequest(**_ORDER, stop_price=1)],
        [requests_of.StopLimitOrderRequest(**_ORDER, limit_price=1, stop_price=1)],
        [requests_of.TrailingStopOrderRequest(**_ORDER, trail_price=1)],
        [requests_of.MarketOrderRequest(**{**_ORDER, "qty": None, "notional": 10})],
    ],
    "replace_order_by_id": [[ID, requests_of.ReplaceOrderRequest(qty=2)], [ID]],
    "cancel_orders": [[]],
    "cancel_order_by_id": [[ID]],
    "close_all_positions": [[], [True]],
    "close_position": [["AAPL"], ["AAPL", requests_of.ClosePositionRequest(qty="1")], [ID]],
    "exercise_options_position": [["AAPL240621C00100000"]],
    "set_account_configurations": [[models_of.AccountConfiguration(**_CONFIGURATION)]],
    "create_watchlist": [[requests_of.CreateWatchlistRequest(name="a", symbols=["AAPL"])]],
    "update_watchlist_by_id": [[ID, requests_of.UpdateWatchlistRequest(name="b")]],
    "add_asset_to_watchlist_by_id": [[ID, "AAPL"]],
    "delete_watchlist_by_id": [[ID]],
    "remove_asset_from_watchlist_by_id": [[ID, "AAPL"]],
    "get_orders": [[], [requests_of.GetOrdersRequest(limit=5)]],
    "get_order_by_id": [[ID]],
    "get_order_by_client_id": [["mine"]],
    "get_all_positions": [[]],
    "get_open_position": [["AAPL"]],
    "get_portfolio_history": [[]],
    "get_all_assets": [[]],
    "get_asset": [["AAPL"], ["BTC/USD"], ["../orders"], ["%2e%2e/orders"], ["AAPL?x=1"]],
    "get_clock": [[]],
    "get_calendar": [[]],
    "get_account": [[]],
    "get_account_configurations": [[]],
    "get_watchlists": [[]],
    "get_watchlist_by_id": [[ID]],
    "get_corporate_announcements": [
        [requests_of.GetCorporateAnnouncementsRequest(ca_types=["dividend"], since="2026-01-01", until="2026-01-31")]
    ],
    "get_corporate_announcement_by_id": [[ID]],
    "get_option_contracts": [[requests_of.GetOptionContractsRequest(underlying_symbols=["AAPL"])]],
    "get_option_contract": [["AAPL240621C00100000"]],
    "get": [["/account"], ["/orders"], ["/calendar"], ["/"], ["/account/"], ["/positions/AAPL"]],
    "post": [["/orders", {"symbol": "AAPL"}], ["/account"], ["/clock"]],
    "put": [["/orders", {}], ["/account", {}]],
    "patch": [["/orders", {}], ["/account/configurations", {}]],
    "delete": [["/orders"], ["/positions"], ["/account"]],
    "response_wrapper": [],
}
"""Every public method, with arguments that alpaca-py takes."""

SENDING = re.compile(r"submit|replace|cancel|close|exercise|set_|create|update|add_|delete|remove|post|put|patch")


def reader_of(bench):
    venue = bench.venue
    return AlpacaReader(
        "alpaca:paper", address=venue.url, timeout="5s", key=venue.key, secret=venue.secret, clock=bench.clock
    )


def test_every_public_method_of_the_trading_client_is_driven():
    methods = {name for name, _ in inspect.getmembers(client_of.TradingClient, callable) if not name.startswith("_")}

    assert methods == set(CALLS), "a release of alpaca-py has other methods: add them to the table"


@pytest.mark.filterwarnings("ignore:get_corporate_announcements is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("name", "arguments"), [(name, arguments) for name, calls in CALLS.items() for arguments in calls]
)
def test_nothing_but_an_allow_listed_read_arrives(bench, name, arguments):
    reader = reader_of(bench)
    fault = None
    try:
        getattr(reader.client, name)(*arguments)
    except VenueError as error:  # the loopback Alpaca has no such order, which is an answer to a read
        fault = error
    finally:
        reader.close()

    stopped = isinstance(fault, SendingCutOffError)
    arrived = bench.venue.requests
    assert all(request.method == "GET" for request in arrived)
    assert all(any(read.allows("GET", request.path) for read in READS) for request in arrived)
    assert stopped == (not arrived)
    assert stopped == (bench.venue.connections == 0)
    assert stopped or not SENDING.match(name)
    if isinstance(fault, SendingCutOffError):
        assert bench.venue.secret not in f"{fault} {fault.request}"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "get", "Get", "TRACE"])
@pytest.mark.parametrize("path", ["/v2/orders", "/v2/account", "/v2/clock", "/v2/positions"])
def test_the_session_below_the_client_sends_no_more_than_the_client(bench, method, path):
    reader = reader_of(bench)

    if method.upper() == "GET":  # requests itself writes methods in capital letters
        assert reader.client._session.request(method, bench.venue.url + path, headers=bench.headers).status_code == 200
        return
    with pytest.raises(SendingCutOffError):
        reader.client._session.request(method, bench.venue.url + path, json={"symbol": "AAPL"}, headers=bench.headers)
    assert bench.venue.connections == 0


@pytest.mark.parametrize(
    "base", ["https://api.alpaca.markets", "https://paper-api.alpaca.markets", "http://127.0.0.1:1"]
)
def test_no_other_address_is_asked_not_even_for_a_read(bench, base):
    with pytest.raises(SendingCutOffError):
        reader_of(bench).client.get("/account", base_url=base)


def test_a_header_that_names_another_method_stops_a_read(bench):
    with pytest.raises(SendingCutOffError):
        reader_of(bench).client._session.get(
            f"{bench.venue.url}/v2/account", headers={"X-HTTP-Method-Override": "DELETE"}
        )
    assert bench.venue.connections == 0


def test_a_redirect_carries_no_key_anywhere(bench, venues):
    elsewhere = venues.alpaca()
    bench.venue.answer("/v2/account", {}, 307, Location=f"{elsewhere.url}/v2/account")

    with pytest.raises(VenueError, match="sends on to"):
        reader_of(bench).account()
    assert elsewhere.connections == 0


def test_a_survey_and_a_session_of_previews_send_reads_alone(bench):
    desk = bench.surveyed("AAPL", "BTC-USD")
    surveyed = len(bench.venue.requests)
    for number, (side, kind) in enumerate([("buy", "market"), ("sell", "limit"), ("buy", "stop_limit")], 1):
        intent = bench.intent(
            "AAPL", side, "1", kind, number=number,
            limit=None if kind == "market" else "100", stop="100" if kind == "stop_limit" else None,
        )  # fmt: skip
        desk.preview(intent, 0)
        assert exact_numbers(intent)["qty"] == "1"

    assert {request.method for request in bench.venue.requests} == {"GET"}
    assert len(bench.venue.requests) == surveyed
