"""No order can leave: every endpoint and every method of CCXT's exchanges is driven at a venue that would take them."""

from __future__ import annotations

import inspect
import re

import pytest

from logos.brokers.ccxt_reads import READS
from logos.brokers.errors import SendingCutOffError

ccxt = pytest.importorskip("ccxt", reason="the extra ccxt is not installed")
requests = pytest.importorskip("requests")
Entry = pytest.importorskip("ccxt.base.types").Entry

MADE_UP = {"symbol": "BTCUSDT", "pair": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "1", "price": "100"}

ORDER = {"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 1, "price": 100, "id": "1"}
GIVEN = {
    "address": "0x71C7656EC7ab88b098defB751B7401B5f6d8976F",
    "amount": 1,
    "api": "private",
    "body": None,
    "clientOrderId": "mine",
    "clientOrderIds": ["mine"],
    "code": "USDT",
    "codes": ["USDT"],
    "cost": 100,
    "fromAccount": "spot",
    "fromCode": "USDT",
    "headers": None,
    "hedged": True,
    "id": "1",
    "ids": ["1"],
    "leverage": 2,
    "marginMode": "cross",
    "method": "POST",
    "orders": [ORDER],
    "params": {},
    "path": "order",
    "price": 100,
    "side": "buy",
    "stopLossPrice": 90,
    "symbol": "BTC/USDT",
    "symbols": ["BTC/USDT"],
    "tag": None,
    "takeProfitPrice": 110,
    "timeout": 1_000,
    "toAccount": "funding",
    "toCode": "BTC",
    "triggerPrice": 90,
    "type": "limit",
    "url": "{base}/api/v3/order",
}
VARIANTS = (
    {},
    {"test": True},
    {"triggerPrice": 90},
    {"stopLossPrice": 90, "trigger": True},
    {"marginMode": "cross"},
    {"portfolioMargin": True},
    {"type": "swap", "subType": "linear"},
    {"postOnly": True, "sor": True},
)
"""What turns a method to another endpoint."""

CHANGES = re.compile(
    r"^(create|edit|cancel|close|withdraw|transfer|borrow|repay|set_|add_|reduce|deposit|redeem|stake|unstake|modify"
    r"|enable|disable|switch|sign_in|convert|request|fetch2?$|send|submit|batch|replace|amend|upgrade|accept)"
)
"""Methods that are not part of CCXT's list of what an exchange has, but may change something."""

SWITCHES = {"set_sandbox_mode", "enable_demo_trading"}
"""They move every address, and have a test of their own."""

LOCAL = {"close", "set_markets", "set_markets_from_exchange", "set_property", "set_headers"} | SWITCHES
"""They change the object itself."""


@pytest.fixture(params=sorted(READS))
def reading(request, exchange_bench):
    """Return CCXT's exchange as the desk asks it, with its markets loaded, and the venue it asks."""
    bench = exchange_bench(request.param)
    connected = bench.desk()._connected()
    connected.markets()
    return connected._exchange, bench.venue


def endpoints(exchange):
    """Return one name for each implicit endpoint, with its method, and parameters that fill its path."""
    found = {}
    for kind in type(exchange).__mro__:
        for name, entry in vars(kind).items():
            if isinstance(entry, Entry):
                found.setdefault((str(entry.api), entry.method, entry.path), name)
    parameters = {**MADE_UP, **{each: "1" for _, _, path in found for each in re.findall(r"{(\w+)}", path)}}
    return [(name, method, parameters) for (_, method, _), name in sorted(found.items())]


def methods(exchange):
    """Return the methods that CCXT knows of exchanges, and others whose name tells that they change something."""
    snake = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in exchange.has}
    found = [name for name in dir(exchange) if name in snake or CHANGES.match(name)]
    return [name for name in found if callable(getattr(exchange, name)) and name not in LOCAL]


def arguments(method, base, extra):
    """Return made-up arguments for a method, by the names of its parameters."""
    found = []
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        value = GIVEN.get(name, GIVEN.get(re.sub(r"_(\w)", lambda seen: seen[1].upper(), name)))
        value = value.format(base=base) if name == "url" else value
        found.append({**extra} if name == "params" else value)
    return found


def drive(venue, call):
    """Make a call; return the error that stopped it, after checking that nothing else than reads has arrived for it."""
    before, connections = len(venue.requests), venue.connections
    stopped = None
    try:
        call()
    except SendingCutOffError as error:
        stopped = error
    except Exception:  # noqa: BLE001 - whatever else CCXT makes of made-up arguments: what arrived is what counts
        pass
    new = venue.requests[before:]
    if stopped is not None and not new:
        assert venue.connections == connections
    for request in new:
        assert any(read.allows(request.method, request.path) for read in READS[venue.name].reads), request
    assert venue.taken == []
    return stopped


def test_every_endpoint_of_the_exchange_is_stopped_unless_it_is_a_read_of_the_list(reading):
    exchange, venue = reading
    free = set()
    all_of_them = endpoints(exchange)
    for name, method, parameters in all_of_them:
        before = len(venue.requests)
        if drive(venue, lambda name=name, parameters=parameters: getattr(exchange, name)({**parameters})) is None:
            free.add((name, method, len(venue.requests) - before))
    assert len(all_of_them) > 50
    assert sum(method != "GET" for _, method, _ in all_of_them) > 20
    asked = {name for name, _, count in free if count}
    assert {(method, count) for name, method, count in free if name not in asked} <= {("GET", 0)}, free
    assert venue.name == "kraken" or {method for _, method, _ in free} == {"GET"}, free


def test_every_method_that_may_change_something_is_stopped(reading):
    exchange, venue = reading
    names = methods(exchange)
    assert {"create_order", "cancel_order", "edit_order", "withdraw", "transfer", "create_orders"} <= set(names)
    stopped = set()
    for name in names:
        method = getattr(exchange, name)
        for extra in VARIANTS:
            if drive(venue, lambda method=method, extra=extra: method(*arguments(method, venue.url, extra))):
                stopped.add(name)
    assert {"create_order", "cancel_order", "create_market_order", "create_limit_order"} <= stopped


@pytest.mark.parametrize("switch", sorted(SWITCHES))
def test_a_switch_to_other_addresses_opens_no_way_out(exchange_bench, switch):
    bench = exchange_bench("binance")
    exchange = bench.surveyed()._connected()._exchange
    getattr(exchange, switch)(True)
    before = bench.venue.connections
    for name in ("privatePostOrder", "privateGetAccount", "publicGetTime"):
        with pytest.raises(SendingCutOffError):
            getattr(exchange, name)({**MADE_UP})
    assert bench.venue.connections == before


@pytest.mark.parametrize("name", sorted(READS))
def test_an_exchange_that_only_shows_asks_nothing_at_all(exchange_bench, name):
    bench = exchange_bench(name)
    desk = bench.surveyed()
    desk.preview(bench.intent(), 0)
    exchange = desk._previewer._exchange
    before = len(bench.venue.requests), bench.venue.connections
    for each in methods(exchange):
        method = getattr(exchange, each)
        drive(bench.venue, lambda method=method: method(*arguments(method, bench.venue.url, {})))
    for each, _, parameters in endpoints(exchange):
        drive(bench.venue, lambda each=each, parameters=parameters: getattr(exchange, each)({**parameters}))
    assert (len(bench.venue.requests), bench.venue.connections) == before


def test_without_the_transport_the_venue_would_have_taken_the_order(reading):
    exchange, venue = reading
    exchange.session = requests.Session()
    exchange.create_order("BTC/USDT", "limit", "buy", 1, 100)
    assert len(venue.taken) == 1
