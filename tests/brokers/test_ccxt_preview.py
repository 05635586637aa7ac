"""Orders shown as CCXT would send them, and what the exchange would say: without a connection, and always the same."""

from __future__ import annotations

import json
import re
from decimal import ROUND_CEILING, Decimal
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.brokers.ccxt_broker import open_ccxt
from logos.brokers.venue import WOULD_ACCEPT
from logos.domain.errors import InputError
from logos.domain.events import Accepted, Previewed
from logos.domain.orders import Order, OrderStatus

pytest.importorskip("ccxt", reason="the extra ccxt is not installed")

ID = "lg-0123456789abcdef01234567"
KRAKEN_ID = "bbe00872-6df5-5f52-a3dd-0eab0a99c214"
"""What Kraken knows the same order by: it takes UUIDs, or 18 characters."""

STAMP = "1767571200000"
"""The moment of the decision in milliseconds: no other time may be in a request."""


def fields(request):
    return dict(parse_qsl(request["body"], strict_parsing=True))


def configuration(request):
    body = json.loads(request["body"])
    assert body.pop("order_configuration", None) is not None
    return json.loads(request["body"])["order_configuration"]


@pytest.fixture(scope="module")
def records():
    return {}


@pytest.fixture
def shown(exchange_bench):
    """Return what shows an order at an exchange whose rules are known: ``shown("binance", side=...)``."""
    benches = {}

    def show(exchange, **order):
        if exchange not in benches:
            bench = exchange_bench(exchange)
            benches[exchange] = bench, bench.surveyed()
            bench.venue.close()
        bench, desk = benches[exchange]
        return desk.preview(bench.intent(**order), 0)

    return show


@pytest.mark.parametrize(
    ("order", "sent"),
    [
        ({}, {"type": "MARKET", "side": "BUY", "quantity": "0.02"}),
        ({"side": "sell", "tif": "ioc"}, {"type": "MARKET", "side": "SELL", "quantity": "0.02"}),
        ({"tif": "day"}, {"type": "MARKET", "side": "BUY", "quantity": "0.02"}),
        (
            {"kind": "limit", "limit": "49999.99"},
            {"type": "LIMIT", "side": "BUY", "quantity": "0.02", "price": "49999.99", "timeInForce": "GTC"},
        ),
        (
            {"kind": "limit", "limit": "49999.90", "tif": "ioc"},
            {"type": "LIMIT", "side": "BUY", "quantity": "0.02", "price": "49999.9", "timeInForce": "IOC"},
        ),
        (
            {"kind": "stop", "stop": "51000"},
            {"type": "STOP_LOSS", "side": "BUY", "quantity": "0.02", "stopPrice": "51000"},
        ),
        (
            {"kind": "stop_limit", "stop": "48000", "limit": "47900", "side": "sell"},
            {
                "type": "STOP_LOSS_LIMIT", "side": "SELL", "quantity": "0.02", "price": "47900", "stopPrice": "48000",
                "timeInForce": "GTC",
            },
        ),
    ],
)  # fmt: skip
def test_binance_would_get_exactly_this(shown, order, sent):
    request, outcome = shown("binance", **order)
    common = {
        "timestamp": STAMP, "symbol": "BTCUSDT", "newClientOrderId": ID, "newOrderRespType": "FULL",
        "recvWindow": "10000", "signature": "***",
    }  # fmt: skip
    assert fields(request) | {"newOrderRespType": "FULL"} == common | sent
    assert (request["method"], request["url"].rpartition("/api")[2]) == ("POST", "/v3/order")
    assert request["headers"] == {"Content-Type": "application/x-www-form-urlencoded", "X-MBX-APIKEY": "***"}
    assert outcome == WOULD_ACCEPT


@pytest.mark.parametrize(
    ("order", "sent"),
    [
        ({}, {"ordertype": "market", "type": "buy"}),
        (
            {"kind": "limit", "limit": "49999.99", "tif": "ioc", "side": "sell"},
            {"ordertype": "limit", "type": "sell", "price": "49999.99", "timeinforce": "IOC"},
        ),
        ({"kind": "stop", "stop": "51000"}, {"ordertype": "stop-loss", "type": "buy", "price": "51000"}),
        (
            {"kind": "stop_limit", "stop": "51000", "limit": "51001"},
            {"ordertype": "stop-loss-limit", "type": "buy", "price": "51000", "price2": "51001", "timeinforce": "GTC"},
        ),
    ],
)
def test_kraken_would_get_exactly_this(shown, order, sent):
    request, outcome = shown("kraken", **order)
    assert fields(request) == {"nonce": STAMP, "pair": "BTCUSDT", "volume": "0.02", "cl_ord_id": KRAKEN_ID} | sent
    assert request["url"].endswith("/0/private/AddOrder")
    assert request["headers"]["API-Key"] == request["headers"]["API-Sign"] == "***"
    assert outcome == WOULD_ACCEPT


@pytest.mark.parametrize(
    ("order", "sent"),
    [
        ({}, {"market_market_ioc": {"quote_size": "1000"}}),
        ({"side": "sell"}, {"market_market_ioc": {"base_size": "0.02"}}),
        (
            {"kind": "limit", "limit": "49999.99"},
            {"limit_limit_gtc": {"base_size": "0.02", "limit_price": "49999.99", "post_only": False}},
        ),
        (
            {"kind": "limit", "limit": "49999.99", "tif": "ioc"},
            {"sor_limit_ioc": {"base_size": "0.02", "limit_price": "49999.99"}},
        ),
        (
            {"kind": "stop_limit", "stop": "51000", "limit": "51001"},
            {
                "stop_limit_stop_limit_gtc": {
                    "base_size": "0.02", "limit_price": "51001", "stop_price": "51000",
                    "stop_direction": "STOP_DIRECTION_STOP_UP",
                }
            },
        ),
        (
            {"kind": "stop_limit", "stop": "49000", "limit": "48999", "side": "sell"},
            {
                "stop_limit_stop_limit_gtc": {
                    "base_size": "0.02", "limit_price": "48999", "stop_price": "49000",
                    "stop_direction": "STOP_DIRECTION_STOP_DOWN",
                }
            },
        ),
    ],
)  # fmt: skip
def test_coinbase_would_get_exactly_this(shown, order, sent):
    request, outcome = shown("coinbase", **order)
    assert configuration(request) == sent
    body = json.loads(request["body"])
    assert (body["client_order_id"], body["product_id"]) == (ID, "BTC-USDT")
    assert request["headers"]["Authorization"] == "***"
    assert outcome == WOULD_ACCEPT


@pytest.mark.parametrize(
    ("exchange", "order", "said"),
    [
        ("binance", {"quantity": "0.000005"},
         "-1013 Filter failure: LOT_SIZE: quantity 0.000005 is below the least 0.00001: order at least that"),
        ("binance", {"quantity": "9000.00001", "kind": "limit", "limit": "100"},
         "-1013 Filter failure: LOT_SIZE: quantity 9000.00001 is above the greatest 9000: order at most that"),
        ("binance", {"quantity": "100.5"},
         "-1013 Filter failure: MARKET_LOT_SIZE: quantity 100.5 is above the greatest 100: order at most that"),
        ("binance", {"kind": "limit", "limit": "1000000.01"},
         "-1013 Filter failure: PRICE_FILTER: price 1000000.01 is above the greatest 1000000: order at most that"),
        ("binance", {"quantity": "0.00009"},
         "-1013 Filter failure: NOTIONAL: value 4.5 is below the least 5: order at least 0.0001"),
        ("binance", {"quantity": "100", "kind": "limit", "limit": "90000.01"},
         "-1013 Filter failure: NOTIONAL: value 9000001 is above the greatest 9000000: order at most that"),
        ("binance", {"kind": "limit", "limit": "50000", "tif": "day"},
         "-1115 Invalid timeInForce: Binance has no day orders: use gtc or ioc"),
        ("kraken", {"quantity": "0.00005"},
         "EOrder:Order minimum not met: quantity 0.00005 is below the least 0.0001: order at least that"),
        ("kraken", {"quantity": "0.0001", "kind": "limit", "limit": "0.01"},
         "EOrder:Cost minimum not met: value 0.000001 is below the least 0.5: order at least 50"),
        ("kraken", {"kind": "limit", "limit": "50000", "tif": "day"},
         "EGeneral:Invalid arguments:timeinforce: Kraken has no day orders: use gtc or ioc"),
        ("coinbase", {"quantity": "0.00001"},
         "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL: value 0.5 is below the least 1: order at least 0.00002"),
        ("coinbase", {"quantity": "3400.000001", "side": "sell"},
         "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE: quantity 3400.000001 is above the greatest 3400: order at most that"),
        ("coinbase", {"kind": "stop", "stop": "51000"},
         "UNSUPPORTED_ORDER_CONFIGURATION: Coinbase has no stop orders without a limit: use stop_limit"),
        ("coinbase", {"kind": "limit", "limit": "50000", "tif": "day"},
         "UNSUPPORTED_ORDER_CONFIGURATION: Coinbase has no limit orders for day: use gtc"),
        ("coinbase", {"kind": "stop_limit", "limit": "50000", "stop": "50000", "tif": "ioc"},
         "UNSUPPORTED_ORDER_CONFIGURATION: Coinbase has no stop_limit orders for ioc: use gtc"),
    ],
)  # fmt: skip
def test_a_rule_that_is_broken_is_told_as_the_exchange_would_with_what_to_do(shown, exchange, order, said):
    request, outcome = shown(exchange, **order)
    assert said in outcome.split("; ")
    assert WOULD_ACCEPT not in outcome
    assert request.get("method") == "POST" or request["unsent"]


def test_what_is_cut_to_the_steps_of_the_exchange_is_told(shown):
    request, outcome = shown("binance", quantity="0.020005")
    assert fields(request)["quantity"] == "0.02"
    assert outcome == f"{WOULD_ACCEPT}: quantity 0.02 for 0.020005"


def test_a_type_that_a_market_does_not_take_is_refused(exchange_bench):
    bench = exchange_bench("binance")
    record = json.loads(json.dumps(bench.desk().survey().record))
    record["markets"]["BTC-USD"]["info"]["orderTypes"] = ["LIMIT", "MARKET"]
    request, outcome = bench.desk(record).preview(bench.intent(kind="stop", stop="51000"), 0)
    assert outcome == "-1116 Invalid orderType: BTC/USDT takes no STOP_LOSS"
    assert "refused by CCXT" in request["unsent"]


@pytest.mark.parametrize("exchange", ["binance", "coinbase", "kraken"])
def test_the_same_order_is_shown_the_same_with_and_without_a_key_at_any_time(exchange_bench, exchange):
    bench = exchange_bench(exchange)
    desk = bench.surveyed()
    record = json.loads(json.dumps(desk._context.venue_record))
    orders = [bench.intent(number=number, quantity=f"0.0{number}") for number in (2, 3)]
    first = [desk.preview(order, 0) for order in orders]
    bench.clock.hand.advance(86_400)
    bench.secrets = {}
    again = bench.desk(record)
    assert [again.preview(order, 0) for order in reversed(orders)][::-1] == first
    assert again._exchange is None, "nothing was connected"
    assert json.loads(json.dumps(first)) == [list(each) for each in first]


@pytest.mark.parametrize("exchange", ["binance", "coinbase", "kraken"])
def test_neither_the_record_nor_a_preview_holds_a_secret(exchange_bench, exchange):
    bench = exchange_bench(exchange)
    desk = bench.surveyed()
    text = json.dumps([desk._context.venue_record, desk.preview(bench.intent(), 0)])
    assert bench.venue.right not in text
    assert bench.secret not in text


def test_another_release_of_ccxt_than_the_recorded_one_is_told_in_the_log(exchange_bench):
    bench = exchange_bench("binance")
    record = json.loads(json.dumps(bench.desk().survey().record)) | {"ccxt": "4.0.0"}
    bench.desk(record).preview(bench.intent(), 0)
    (values,) = [values for event, values in bench.log.lines if event == "ccxt_version_changed"]
    assert values["recorded"] == "4.0.0"


def test_a_symbol_that_the_record_does_not_know_is_refused(exchange_bench):
    bench = exchange_bench("binance")
    record = json.loads(json.dumps(bench.desk().survey().record))
    del record["markets"]["BTC-USD"]
    with pytest.raises(InputError, match="BTC-USD is not among the markets"):
        bench.desk(record).preview(bench.intent(), 0)


def test_in_a_session_the_preview_stands_before_the_fill_and_in_a_backtest_there_is_none(exchange_bench, open_desk):
    bench = exchange_bench("binance")
    record = json.loads(json.dumps(bench.desk().survey().record))
    asked = len(bench.venue.requests)
    account = open_desk().account
    order = Order(intent=bench.intent(), updated_at=0, status=OrderStatus.NEW)
    broker = open_ccxt(bench.config(), bench.context(record))
    assert [type(event) for event in broker.submit(order, account)] == [Previewed, Accepted]
    quiet = open_ccxt(bench.config(), bench.context(None))
    assert [type(event) for event in quiet.submit(order, account)] == [Accepted]
    assert len(bench.venue.requests) == asked


@settings(max_examples=40)
@given(
    lots=st.integers(1, 10**9),
    ticks=st.integers(1, 10**8),
    kind=st.sampled_from(["market", "limit", "stop", "stop_limit"]),
    side=st.sampled_from(["buy", "sell"]),
    tif=st.sampled_from(["gtc", "ioc", "day"]),
)
def test_no_digit_of_an_order_is_lost_but_for_what_is_told(records, lots, ticks, kind, side, tif, request):
    bench, desk = records.get("binance") or (None, None)
    if bench is None:
        bench = request.getfixturevalue("exchange_bench")("binance")
        desk = bench.surveyed()
        records["binance"] = bench, desk
    price = str(Decimal(ticks) / 100)
    limit = price if "limit" in kind else None
    stop = price if "stop" in kind else None
    quantity = str(Decimal(lots) / 10**6)
    shown_request, outcome = desk.preview(bench.intent(side, quantity, kind, limit=limit, stop=stop, tif=tif), 0)
    if "unsent" in shown_request:
        assert "LOT_SIZE" in outcome
        return
    sent = fields(shown_request)
    assert Decimal(sent.get("price", price)) == Decimal(sent.get("stopPrice", price)) == Decimal(price)
    cut = Decimal(sent["quantity"])
    assert cut == Decimal(quantity) or f"quantity {cut:f} for" in outcome or WOULD_ACCEPT not in outcome
    assert Decimal(quantity) - cut < Decimal("0.00001")


@settings(max_examples=40)
@given(
    lots=st.integers(1, 2_000), ticks=st.integers(1, 10**7), exchange=st.sampled_from(["binance", "coinbase", "kraken"])
)
def test_whoever_does_what_a_refusal_tells_is_not_refused_again(records, lots, ticks, exchange, request):
    if exchange not in records:
        bench = request.getfixturevalue("exchange_bench")(exchange)
        records[exchange] = bench, bench.surveyed()
    bench, desk = records[exchange]
    quantity, price = Decimal(lots) / 10**6, Decimal(ticks) / 100

    def said(quantity):
        return desk.preview(bench.intent(quantity=str(quantity), kind="limit", limit=str(price)), 0).outcome

    first = said(quantity)
    told = re.findall(r"least ([0-9.]+): order at least that|order at least ([0-9.]+)", first)
    wanted = [quantity, *(Decimal(least or enough) for least, enough in told)]
    step = Decimal("0.00001") if exchange == "binance" else Decimal("0.000001")
    enough = (max(wanted) / step).to_integral_value(ROUND_CEILING) * step
    assert said(enough) == WOULD_ACCEPT, first
