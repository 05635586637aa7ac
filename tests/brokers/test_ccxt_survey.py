"""What a survey finds at an exchange: each thing that can be wrong, and what it says of it."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from logos.brokers.errors import CredentialsError
from logos.session.outside import Verdict

pytest.importorskip("ccxt", reason="the extra ccxt is not installed")
ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec")
serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")

EXCHANGES = ("binance", "coinbase", "kraken")
NAMES = ["reachable", "clock", "markets", "key", "account", "permissions", "fees"]


def checks(survey):
    return {check.name: check for check in survey.checks}


@pytest.fixture(params=EXCHANGES)
def bench(request, exchange_bench):
    return exchange_bench(request.param)


def test_where_all_is_well_everything_is_looked_at_and_found_so(bench):
    survey = bench.desk().survey()
    assert survey.sound
    assert survey.venue == f"ccxt:{bench.exchange}"
    assert [check.name for check in survey.checks] == NAMES
    assert {check.verdict for check in survey.checks} == {Verdict.OK}, survey.checks
    assert {request.method for request in bench.venue.requests} <= {"GET", "POST"}
    assert bench.venue.taken == []


@pytest.mark.parametrize(
    ("exchange", "lot", "least", "maker", "taker"),
    [
        ("binance", "0.00001", "5", "10", "15"),
        ("coinbase", "0.00000001", "1", "60", "120"),
        ("kraken", "0.00000001", "0.5", "14", "25"),
    ],
)
def test_the_terms_are_exact_and_the_fees_those_of_the_account(exchange_bench, exchange, lot, least, maker, taker):
    terms = exchange_bench(exchange).desk().survey().terms
    assert list(terms) == ["BTC-USD", "ETH-USD"]
    found = terms["BTC-USD"]
    assert (found.symbol, found.market, found.currency) == ("BTC-USD", "BTC/USDT", "USDT")
    assert (found.tick, found.lot, found.min_notional) == (Decimal("0.01"), Decimal(lot), Decimal(least))
    assert (found.maker_bps, found.taker_bps) == (Decimal(maker), Decimal(taker))


def test_the_record_is_json_and_holds_only_the_markets_of_the_session(bench):
    bench.venue.serve("SOL/USDT", [])
    record = bench.desk().survey().record
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert (record["plugin"], record["exchange"]) == ("ccxt", bench.exchange)
    assert sorted(record["markets"]) == ["BTC-USD", "ETH-USD"]


def test_a_venue_that_is_down_is_told_and_nothing_else_is_looked_at(bench):
    desk = bench.desk()
    bench.venue.go_down()
    survey = desk.survey()
    assert [(check.name, check.verdict) for check in survey.checks] == [("reachable", Verdict.FAILED)]
    assert "refused" in survey.checks[0].text
    assert survey.checks[0].hint
    assert survey.terms == {}


@pytest.mark.parametrize(("apart", "verdict"), [(1.0, Verdict.OK), (-4.0, Verdict.WARNING), (90.0, Verdict.FAILED)])
def test_clocks_that_are_apart_are_told_with_by_how_much(bench, apart, verdict):
    bench.venue.skew = apart
    clock = checks(bench.desk().survey())["clock"]
    assert clock.verdict is verdict
    assert f"{abs(apart):g} s {'ahead of' if apart > 0 else 'behind'}" in clock.text


def test_credentials_that_are_not_set_are_named_and_nothing_that_needs_them_is_asked(bench):
    bench.secrets = {}
    survey = bench.desk().survey()
    key = checks(survey)["key"]
    assert key.verdict is Verdict.FAILED
    prefix = bench.exchange.upper()
    assert key.text == f"{prefix}_API_KEY and {prefix}_API_SECRET are not set"
    assert not any(header.lower() in ("x-mbx-apikey", "api-key", "cb-access-key", "authorization")
                   for request in bench.venue.requests for header in request.headers)  # fmt: skip
    assert checks(survey)["markets"].verdict is Verdict.OK
    assert survey.terms["BTC-USD"].tick == Decimal("0.01")


@pytest.mark.parametrize("value", ["good\nbad", "parted key", "p\u00e4ssword", "\u043a\u043b\u044e\u0447"])
@pytest.mark.parametrize("which", ["KEY", "SECRET"])
def test_a_key_with_a_character_that_none_has_is_not_sent_and_not_repeated(bench, which, value):
    name = f"{bench.exchange.upper()}_API_{which}"
    bench.secrets[name] = value
    desk = bench.desk()
    survey = desk.survey()
    key = checks(survey)["key"]
    assert key.verdict is Verdict.FAILED
    assert key.text.startswith(f"{name} holds a blank, a line break or another character")
    assert value not in str(survey)
    assert checks(survey)["markets"].verdict is Verdict.OK
    with pytest.raises(CredentialsError, match=name):
        desk.open_orders()


def test_a_key_that_is_refused_is_told_once_and_not_asked_again(bench):
    bench.venue.revoke()
    survey = bench.desk().survey()
    assert checks(survey)["key"].verdict is Verdict.FAILED
    assert "revoked" in checks(survey)["key"].hint
    assert bench.clock.waits == []
    assert set(checks(survey)) == {"reachable", "clock", "markets", "key"}


@pytest.mark.parametrize(
    ("exchange", "right"),
    [
        ("binance", "enableWithdrawals"),
        ("binance", "enableSpotAndMarginTrading"),
        ("binance", "permitsUniversalTransfer"),
        ("kraken", "withdraw-funds"),
        ("kraken", "modify-trades"),
        ("coinbase", "can_trade"),
        ("coinbase", "can_transfer"),
    ],
)
def test_a_key_that_may_do_more_than_read_is_a_warning_that_names_it(exchange_bench, exchange, right):
    bench = exchange_bench(exchange)
    bench.venue.rights[right] = True
    survey = bench.desk().survey()
    permissions = checks(survey)["permissions"]
    assert permissions.verdict is Verdict.WARNING
    assert right in permissions.text
    assert survey.sound


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_key_that_may_not_read_fails(exchange_bench, exchange):
    bench = exchange_bench(exchange)
    bench.venue.rights = dict.fromkeys(bench.venue.rights, False)
    assert checks(bench.desk().survey())["permissions"].verdict is Verdict.FAILED


def test_where_the_rights_are_not_told_the_survey_says_so(exchange_bench):
    bench = exchange_bench("kraken")
    bench.venue.answer("/0/private/GetApiKeyInfo", {"error": ["EGeneral:Unknown method"]}, method="POST")
    permissions = checks(bench.desk().survey())["permissions"]
    assert permissions.verdict is Verdict.WARNING
    assert "not told" in permissions.text
    assert "EGeneral:Unknown method" in permissions.text


def test_a_market_that_is_not_there_or_stands_still_fails_with_those_that_are_near(exchange_bench):
    bench = exchange_bench("binance")
    survey = bench.desk(venue_symbols={"BTC-USD": "BTC/USD", "ETH-USD": "ETH/USDT"}).survey()
    markets = checks(survey)["markets"]
    assert markets.verdict is Verdict.FAILED
    assert markets.text == "BTC/USD (for BTC-USD) is not listed; there are BTC/USDT"
    assert markets.hint == "Write venue_symbols: {BTC-USD: BTC/USDT} in the section broker"
    assert list(survey.terms) == ["ETH-USD"]


def test_a_market_that_is_halted_fails(exchange_bench, venues):
    bench = exchange_bench("binance")
    info = venues.recorded("binance/exchange_info")
    info["symbols"][0]["status"] = "BREAK"
    bench.venue.answer("/api/v3/exchangeInfo", info)
    survey = bench.desk().survey()
    assert "BTC/USDT (for BTC-USD) is not traded at present" in checks(survey)["markets"].text


def test_an_account_in_which_trading_is_stopped_fails(exchange_bench, venues):
    bench = exchange_bench("binance")
    bench.venue.answer("/api/v3/account", venues.recorded("binance/account") | {"canTrade": False})
    survey = bench.desk().survey()
    assert checks(survey)["account"].verdict is Verdict.FAILED
    assert survey.terms["BTC-USD"].taker_bps == Decimal(15)


def test_a_fee_that_pays_for_liquidity_counts_as_none(exchange_bench, venues):
    bench = exchange_bench("binance")
    account = venues.recorded("binance/account")
    account["commissionRates"] |= {"maker": "-0.00010000", "taker": "0.00040000"}
    bench.venue.answer("/api/v3/account", account)
    survey = bench.desk().survey()
    assert "-1 / 4 basis points" in checks(survey)["fees"].text
    assert (survey.terms["BTC-USD"].maker_bps, survey.terms["BTC-USD"].taker_bps) == (Decimal(0), Decimal(4))


def test_the_recorded_list_of_markets_gives_its_rules(exchange_bench, venues):
    bench = exchange_bench("binance")
    bench.venue.answer("/api/v3/exchangeInfo", venues.recorded("binance/exchange_info"))
    found = bench.desk().survey().terms["BTC-USD"]
    assert (found.tick, found.lot, found.min_notional) == (Decimal("0.01"), Decimal("0.00001"), Decimal(10))


def test_where_the_accounts_fees_are_not_told_those_of_the_price_list_stand_and_a_warning(exchange_bench):
    bench = exchange_bench("kraken")
    bench.venue.answer("/0/private/TradeVolume", {"error": ["EGeneral:Permission denied"]}, method="POST")
    survey = bench.desk().survey()
    assert [check.verdict for check in survey.checks if check.name == "fees"] == [Verdict.WARNING, Verdict.WARNING]
    assert (survey.terms["BTC-USD"].maker_bps, survey.terms["BTC-USD"].taker_bps) == (Decimal(16), Decimal(26))


@pytest.mark.parametrize("kind", ["html", "truncated", "error_500", "drop"])
def test_a_list_of_markets_that_does_not_come_fails_as_a_finding(exchange_bench, kind):
    bench = exchange_bench("binance")
    bench.venue.misbehave(kind, None, path="/api/v3/exchangeInfo")
    survey = bench.desk().survey()
    bench.venue.behave()
    assert checks(survey)["markets"].verdict is Verdict.FAILED
    assert checks(survey)["key"].verdict is Verdict.OK
    assert survey.record["markets"] == {}


def test_a_key_of_coinbase_in_one_line_signs_a_token_that_it_takes(exchange_bench):
    bench = exchange_bench("coinbase")
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    bench.secrets["COINBASE_API_SECRET"] = private.decode().strip().replace("\n", "\\n")
    assert bench.desk().survey().sound
    assert any(request.headers.get("Authorization", "").startswith("Bearer ") for request in bench.venue.requests)
