"""What a survey of Alpaca finds, what it asks for, and what it tells to do."""

from __future__ import annotations

import json
from decimal import Decimal

import attrs
import pytest

from logos.brokers.venue import WOULD_ACCEPT
from logos.session.outside import MarketTerms, Verdict


def found(survey, name):
    return [check for check in survey.checks if check.name == name]


def the(survey, name):
    (check,) = found(survey, name)
    return check


def test_a_sound_account_gives_terms_a_record_and_no_warning(bench):
    survey = bench.desk("AAPL", "MSFT", "BTC-USD", margin=True).survey()

    assert survey.venue == "alpaca:paper"
    assert {check.verdict for check in survey.checks} == {Verdict.OK}
    assert survey.sound
    assert survey.terms == {
        "AAPL": MarketTerms(
            symbol="AAPL", market="AAPL", tick=Decimal("0.01"), lot=Decimal(1), min_notional=Decimal(1),
            currency="USD", maker_bps=Decimal(0), taker_bps=Decimal(0),
        ),
        "BTC-USD": MarketTerms(
            symbol="BTC-USD", market="BTC/USD", tick=Decimal("0.01"), lot=Decimal("0.000000001"),
            min_notional=Decimal(10), currency="USD", maker_bps=Decimal(15), taker_bps=Decimal(25),
        ),
        "MSFT": MarketTerms(
            symbol="MSFT", market="MSFT", tick=Decimal("0.01"), lot=Decimal("0.000000001"), min_notional=Decimal(1),
            currency="USD", maker_bps=Decimal(0), taker_bps=Decimal(0),
        ),
    }  # fmt: skip
    assert survey.record["plugin"] == "alpaca"
    assert json.loads(json.dumps(survey.record)) == survey.record


def test_no_finding_and_no_record_holds_a_secret_or_the_account_number(bench):
    survey = bench.desk().survey()

    text = f"{survey} {json.dumps(survey.record)}"
    for hidden in (bench.venue.key, bench.venue.secret, bench.venue.account["account_number"]):
        assert hidden not in text


def test_a_survey_can_be_repeated_and_says_the_same(bench):
    desk = bench.desk()

    assert desk.survey() == desk.survey()


def test_missing_credentials_are_named_and_nothing_is_asked(bench):
    del bench.secrets["APCA_API_SECRET_KEY"]

    survey = bench.desk().survey()

    check = the(survey, "key")
    assert check.verdict is Verdict.FAILED
    assert "APCA_API_SECRET_KEY" in check.text
    assert "APCA_API_KEY_ID" not in check.text
    assert ".env" in check.hint
    assert bench.venue.connections == 0


@pytest.mark.parametrize("value", ["PKAB CD", "PKABCD\n", "PKAB\u00e9", "\tPKABCD"])
@pytest.mark.parametrize("name", ["APCA_API_KEY_ID", "APCA_API_SECRET_KEY"])
def test_a_key_with_a_character_that_none_has_is_not_sent_and_not_repeated(bench, name, value):
    bench.secrets[name] = value

    survey = bench.desk().survey()

    check = the(survey, "key")
    assert check.verdict is Verdict.FAILED
    assert name in check.text
    assert value.strip() not in str(survey)
    assert bench.venue.connections == 0


def test_credentials_can_stand_in_other_variables(bench):
    bench.secrets = {"MY_KEY": bench.venue.key, "MY_SECRET": bench.venue.secret}

    assert bench.desk(key_env="MY_KEY", secret_env="MY_SECRET").survey().sound


@pytest.mark.parametrize("name", ["APCA_API_KEY_ID", "MY_KEY"])
def test_a_key_of_a_live_account_is_not_even_sent(bench, name):
    bench.secrets[name] = "AKLIVE00000000000001"

    survey = bench.desk(key_env=name).survey()

    check = the(survey, "key")
    assert check.verdict is Verdict.FAILED
    assert "live account" in check.text
    assert "AKLIVE00000000000001" not in str(survey)
    assert bench.venue.connections == 0


def test_a_key_that_is_refused_is_told_apart_from_a_venue_that_is_not_there(bench):
    bench.secrets["APCA_API_SECRET_KEY"] = "wrong-secret-of-a-paper-key"

    survey = bench.desk().survey()

    assert the(survey, "reachable").verdict is Verdict.OK
    assert the(survey, "key").verdict is Verdict.FAILED
    assert "request is not authorized" in the(survey, "key").text
    assert "dashboard" in the(survey, "key").hint
    assert len(bench.venue.requests) == 1, "a refused key is not tried again"

    bench.venue.go_down()
    survey = bench.desk().survey()

    assert the(survey, "reachable").verdict is Verdict.FAILED
    assert not found(survey, "key")


def test_a_page_of_html_in_the_place_of_alpaca_is_a_finding(bench):
    bench.venue.misbehave("html", times=None, path="/v2")

    check = the(bench.desk().survey(), "reachable")

    assert check.verdict is Verdict.FAILED
    assert "a page of HTML" in check.text
    assert "proxy" in check.hint


@pytest.mark.parametrize(
    ("skew", "verdict", "told"),
    [(0, Verdict.OK, "agree"), (90, Verdict.WARNING, "90 s behind"), (-90, Verdict.WARNING, "90 s ahead of")],
)
def test_the_clocks_are_compared(bench, skew, verdict, told):
    bench.venue.skew = skew

    check = the(bench.desk().survey(), "clock")

    assert check.verdict is verdict
    assert told in check.text


def test_a_closed_market_says_when_it_opens_and_coins_do_not_ask(bench):
    bench.venue.is_open = False

    assert "closed, and opens 2026-01-05T11:00:00Z" in the(bench.desk("AAPL").survey(), "market hours").text
    assert not found(bench.desk("BTC-USD").survey(), "market hours")


@pytest.mark.parametrize(
    ("name", "changes", "verdict", "told"),
    [
        ("account", {"status": "ONBOARDING"}, Verdict.FAILED, "ONBOARDING, and must be ACTIVE"),
        ("account", {"status": "A_NEW_WORD"}, Verdict.FAILED, "A_NEW_WORD"),
        ("account", {"trading_blocked": True}, Verdict.FAILED, "trading_blocked"),
        ("account", {"account_blocked": True}, Verdict.FAILED, "account_blocked"),
        ("account", {"currency": "EUR"}, Verdict.WARNING, "kept in EUR"),
        ("suspended", {"trade_suspended_by_user": True}, Verdict.WARNING, "suspended by the account's owner"),
        ("day trading", {"pattern_day_trader": True, "daytrade_count": 5}, Verdict.WARNING, "5 day trades"),
        ("shorting", {"shorting_enabled": False}, Verdict.WARNING, "the account may not"),
        ("coins", {"crypto_status": "INACTIVE"}, Verdict.FAILED, "INACTIVE for coins"),
        ("coins", {"crypto_status": None}, Verdict.WARNING, "says nothing of coins"),
    ],
)
def test_the_state_of_the_account_is_a_finding_with_what_to_do(bench, name, changes, verdict, told):
    bench.venue.account |= changes

    survey = bench.desk(margin=True).survey()

    check = the(survey, name)
    assert check.verdict is verdict
    assert told in check.text
    assert check.hint
    assert survey.sound == (verdict is not Verdict.FAILED)


def test_a_session_on_cash_alone_needs_no_shorting(bench):
    bench.venue.account["shorting_enabled"] = False

    assert not found(bench.desk(margin=False).survey(), "shorting")


def test_that_keys_cannot_be_read_only_is_said(bench):
    assert "no keys that only read" in the(bench.desk().survey(), "permissions").text


def test_unknown_symbols_are_told_the_nearest_and_the_others_are_looked_at(bench):
    from_here = {"AAPL": "APPL", "BTC-USD": "BTC/USDD"}

    survey = bench.desk("AAPL", "MSFT", "BTC-USD", "EUR-USD", venue_symbols=from_here).survey()

    texts = {check.text: check for check in found(survey, "markets")}
    assert "Did you mean AAPL?" in texts["AAPL: Alpaca knows no share APPL"].hint
    assert "Did you mean BTC/USD?" in texts["BTC-USD: Alpaca knows no pair of coins BTC/USDD"].hint
    assert texts["EUR-USD: Alpaca trades no forex"].verdict is Verdict.FAILED
    assert list(survey.terms) == ["MSFT"]
    assert not survey.sound


@pytest.mark.parametrize("name", ["AAPL/USD", "AAPL-B", "AAPL..orders", "AAPL&x=1"])
def test_a_name_that_no_share_can_have_is_not_asked_for(bench, name):
    survey = bench.desk("AAPL", venue_symbols={"AAPL": name}).survey()

    assert the(survey, "markets").verdict is Verdict.FAILED
    assert not bench.venue.asked(path="/v2/assets/")


@pytest.mark.parametrize(("change", "told"), [({"status": "inactive"}, "inactive"), ({"tradable": False}, "tradable")])
def test_what_does_not_trade_is_refused(bench, change, told):
    bench.venue.offer({**bench.venue.assets["AAPL"], **change})

    survey = bench.desk("AAPL").survey()

    assert told in the(survey, "markets").text
    assert not survey.sound
    assert not survey.terms


def test_a_failure_in_the_middle_is_a_finding_and_not_an_exception(bench):
    bench.venue.misbehave("error_500", times=None, path="/v2/assets")

    check = the(bench.desk().survey(), "markets")

    assert check.verdict is Verdict.FAILED
    assert "Internal Server Error" in check.text


def test_the_recorded_payloads_are_understood(bench, venues):
    bench.venue.answer("/v2/account", venues.recorded("alpaca/account__get_account"))
    bench.venue.answer("/v2/clock", venues.recorded("alpaca/clock"))
    bench.venue.answer("/v2/assets/AAPL", venues.recorded("alpaca/asset__get_asset"))
    for asset in venues.recorded("alpaca/assets_crypto"):
        bench.venue.offer(asset)

    survey = bench.desk("AAPL", "BTC-USD", venue_symbols={"BTC-USD": "AAVE/USD"}).survey()

    assert survey.sound
    assert survey.terms["BTC-USD"].lot == Decimal("0.000000001")
    assert survey.record["assets"]["BTC-USD"]["least_quantity"] == "0.010186515"
    assert "2024-07-18T13:30:00Z" in the(survey, "market hours").text
    assert "010203ABCD" not in str(survey)


def test_a_penny_share_has_the_finer_tick_where_the_config_writes_one(bench):
    bench.venue.offer({**bench.venue.assets["AAPL"], "symbol": "PENNY"})

    assert bench.desk("PENNY").survey().terms["PENNY"].tick == Decimal("0.0001")


@pytest.mark.parametrize("odd", [None, "", "string", "0", "-1", "NaN", "Infinity", [], 0])
def test_a_step_that_is_none_is_left_out_of_the_terms_and_of_the_rules(bench, odd):
    steps = {"min_order_size": odd, "min_trade_increment": odd, "price_increment": odd}
    bench.venue.offer({**bench.venue.assets["BTC/USD"], **steps})

    desk = bench.surveyed("BTC-USD")
    terms = desk.survey().terms["BTC-USD"]

    assert (terms.tick, terms.lot) == (None, None)
    assert desk.preview(bench.intent("BTC-USD", "buy", "1", tif="gtc"), 0).outcome == WOULD_ACCEPT


def test_steps_told_as_numbers_are_read_as_exactly_as_texts(bench):
    bench.venue.offer({**bench.venue.assets["BTC/USD"], "min_trade_increment": 1e-09, "price_increment": 0.01})

    terms = bench.desk("BTC-USD").survey().terms["BTC-USD"]

    assert (terms.tick, terms.lot) == (Decimal("0.01"), Decimal("0.000000001"))


def test_pairs_in_other_currencies_have_no_least_value(bench):
    bench.venue.offer({**bench.venue.assets["BTC/USD"], "symbol": "BTC/USDT"})

    terms = bench.desk("BTC-USD", venue_symbols={"BTC-USD": "BTC/USDT"}).survey().terms["BTC-USD"]

    assert (terms.currency, terms.min_notional) == ("USDT", None)


def test_classes_of_shares_are_named_as_alpaca_names_them(bench):
    shares = {"BRK-B": attrs.evolve(bench.instruments["AAPL"], symbol="BRK-B")}
    bench.venue.offer({**bench.venue.assets["AAPL"], "symbol": "BRK.B"})

    assert bench.desk("BRK-B", instruments=shares).survey().terms["BRK-B"].market == "BRK.B"
