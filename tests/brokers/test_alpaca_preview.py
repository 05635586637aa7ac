"""Orders as Alpaca would get them: exact, without a connection or a key, and judged by Alpaca's rules."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logos.brokers import alpaca_rules
from logos.brokers.venue import WOULD_ACCEPT
from logos.domain.errors import BrokenInvariantError, InputError, ResumeError
from logos.domain.instruments import AssetClass, Instrument


@pytest.fixture
def desk(bench):
    return bench.surveyed("AAPL", "MSFT", "BTC-USD", "PENNY")


@pytest.fixture(autouse=True)
def offered(request):
    """Let the loopback Alpaca trade what the tests of this file order."""
    if "bench" in request.fixturenames:
        venue = request.getfixturevalue("bench").venue
        aapl = venue.assets["AAPL"]
        venue.offer({**aapl, "symbol": "PENNY", "fractionable": False, "shortable": False})


def body_of(preview):
    return json.loads(preview.request["body"])


def test_the_request_is_the_one_that_alpaca_py_would_have_sent(bench, desk):
    intent = bench.intent("AAPL", "buy", "7", "stop_limit", limit="101.50", stop="101.00", tif="gtc")

    preview = desk.preview(intent, 0)

    assert preview.outcome == WOULD_ACCEPT
    assert preview.request["method"] == "POST"
    assert preview.request["url"] == f"{bench.venue.url}/v2/orders"
    assert body_of(preview) == {
        "symbol": "AAPL",
        "side": "buy",
        "type": "stop_limit",
        "time_in_force": "gtc",
        "client_order_id": intent.client_order_id,
        "qty": "7",
        "limit_price": "101.5",
        "stop_price": "101",
    }


def test_the_same_intent_and_record_make_the_same_request_byte_for_byte(bench, desk):
    other = bench.surveyed("AAPL", "MSFT", "BTC-USD", "PENNY")
    intent = bench.intent("BTC-USD", "buy", "0.123456789", tif="gtc", decided="90000")

    assert json.dumps(desk.preview(intent, 0)) == json.dumps(other.preview(intent, 0))


def test_a_preview_needs_no_connection_and_no_key(bench, desk):
    bench.venue.go_down()
    bench.secrets.clear()
    before = bench.venue.connections
    offline = bench.desk("AAPL", record=bench.record)

    preview = offline.preview(bench.intent("AAPL", "buy", "1"), 0)

    assert preview.outcome == WOULD_ACCEPT
    assert bench.venue.connections == before


def test_neither_the_request_nor_the_record_holds_a_secret_or_the_account_number(bench, desk):
    written = json.dumps(desk.preview(bench.intent("AAPL", "buy", "1"), 0)) + json.dumps(bench.record)

    for secret in (bench.venue.key, bench.venue.secret, bench.venue.account["account_number"]):
        assert secret not in written
    assert '"APCA-API-KEY-ID": "***"' in written


def test_a_record_of_another_release_of_the_library_is_told_in_the_log(bench, desk):
    older = bench.desk("AAPL", record={**bench.record, "alpaca_py": "0.40.0"})
    intent = bench.intent("AAPL", "buy", "1")

    assert older.preview(intent, 0) == desk.preview(intent, 0)
    ((event, values),) = bench.log.lines
    assert event == "alpaca_py_version_changed"
    assert values["recorded"] == "0.40.0"


def test_without_a_record_of_alpacas_there_is_no_preview(bench):
    with pytest.raises(ResumeError, match="not one of alpaca"):
        bench.desk("AAPL", record={"plugin": "ccxt"}).preview(bench.intent("AAPL", "buy", "1"), 0)


def test_a_symbol_that_the_record_does_not_hold_has_no_preview(bench):
    with pytest.raises(InputError, match="MSFT is not among the assets"):
        bench.surveyed("AAPL").preview(bench.intent("MSFT", "buy", "1"), 0)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lots=st.integers(1, 10**30),
    ticks=st.integers(1, 10**30),
    lot_decimals=st.integers(0, 24),
    tick_decimals=st.integers(0, 24),
)
def test_quantities_and_prices_are_exact_for_any_number_of_digits(
    bench, desk, lots, ticks, lot_decimals, tick_decimals
):
    coins = Instrument(
        symbol="BTC-USD",
        asset_class=AssetClass.CRYPTO,
        tick=Decimal(1).scaleb(-tick_decimals),
        lot=Decimal(1).scaleb(-lot_decimals),
        currency="USD",
    )
    quantity, price = f"{lots}e-{lot_decimals}", f"{ticks}e-{tick_decimals}"
    intent = bench.intent("BTC-USD", "buy", quantity, "limit", limit=price, tif="gtc", instruments={"BTC-USD": coins})

    body = body_of(desk.preview(intent, 0))

    assert Decimal(body["qty"]) == Decimal(quantity)
    assert Decimal(body["limit_price"]) == Decimal(price)
    assert "e" not in (body["qty"] + body["limit_price"]).lower()


REFUSED = [
    pytest.param(
        ("MSFT", "buy", "1.5", "limit"), {"limit": "100", "tif": "gtc"},
        ["42210000 fractional orders must be DAY orders", "with day instead of gtc"], id="fraction-gtc",
    ),
    pytest.param(
        ("MSFT", "sell", "1.5"), {"reduces": False},
        ["42210000 fractional orders cannot be sold short", "sell 1 instead of 1.5"], id="fraction-short",
    ),
    pytest.param(
        ("PENNY", "buy", "10", "limit"), {"limit": "1.2345"},
        [
            "42210000 invalid limit_price 1.2345. sub-penny increment does not fulfill minimum pricing criteria",
            "use 1.23 or 1.24",
        ], id="sub-penny-limit",
    ),
    pytest.param(
        ("PENNY", "buy", "10", "stop"), {"stop": "2.0001"},
        ["invalid stop_price 2.0001. sub-penny", "use 2 or 2.01"], id="sub-penny-stop",
    ),
    pytest.param(
        ("AAPL", "buy", "1", "limit"), {"limit": "0.99"},
        ["40310000 cost basis must be >= minimal amount of order 1", "worth 0.99 USD: order at least 1"],
        id="least-value-shares",
    ),
    pytest.param(
        ("BTC-USD", "buy", "0.0001"), {"tif": "gtc", "decided": "90000"},
        ["40310000 cost basis must be >= minimal amount of order 10", "worth 9 USD"], id="least-value-coins",
    ),
    pytest.param(
        ("BTC-USD", "sell", "0.000000001"), {"tif": "gtc"},
        ["40310000 order qty must be >= minimal qty of order 0.000010001"], id="least-quantity",
    ),
    pytest.param(
        ("BTC-USD", "buy", "1"), {"tif": "day"},
        ["42210000 invalid crypto time_in_force", "use gtc or ioc"], id="coins-day",
    ),
    pytest.param(
        ("BTC-USD", "sell", "1", "stop"), {"tif": "gtc", "stop": "90"},
        ["40010001 invalid order type for crypto order", "stop_limit"], id="coins-stop",
    ),
    pytest.param(
        ("BTC-USD", "sell", "1", "stop_limit"), {"tif": "ioc", "stop": "90", "limit": "89"},
        ["time_in_force ioc is not supported for stop_limit orders of coins"], id="coins-stop-ioc",
    ),
    pytest.param(
        ("BTC-USD", "sell", "1"), {"tif": "gtc", "reduces": False},
        ["40310000 insufficient balance for BTC (requested: 1, available: 0)", "cannot be sold short"],
        id="coins-short",
    ),
    pytest.param(
        ("PENNY", "sell", "1"), {"reduces": False},
        ['42210000 asset "PENNY" cannot be sold short'], id="not-shortable",
    ),
    pytest.param(
        ("AAPL", "buy", "1", "stop"), {"stop": "101", "tif": "ioc"},
        ["time_in_force ioc is not supported for stop orders of shares", "use day or gtc"], id="stop-ioc",
    ),
    pytest.param(
        ("AAPL", "buy", "1"), {"name": "x" * 129},
        ["40010001 client_order_id must be no more than 128 characters", "it has 129"], id="long-name",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("order", "options", "told"), REFUSED)
def test_a_rule_that_is_broken_is_told_as_alpaca_would_with_numbers_and_a_remedy(bench, desk, order, options, told):
    outcome = desk.preview(bench.intent(*order, **options), 0).outcome

    assert not outcome.startswith(WOULD_ACCEPT)
    for words in told:
        assert words in outcome


@pytest.mark.parametrize(
    ("order", "options"),
    [
        (("MSFT", "buy", "1.5", kind), {"tif": "day", **prices})
        for kind, prices in (
            ("market", {}),
            ("limit", {"limit": "100"}),
            ("stop", {"stop": "100"}),
            ("stop_limit", {"limit": "100", "stop": "100"}),
        )
    ]
    + [(("AAPL", "sell", "3"), {"tif": tif}) for tif in ("gtc", "day", "ioc")]
    + [(("AAPL", "sell", "3"), {"reduces": False, "tif": "gtc"})]
    + [(("BTC-USD", "buy", "0.5", "stop_limit"), {"limit": "100", "stop": "100", "tif": "gtc"})]
    + [(("BTC-USD", "sell", "0.00002"), {"tif": "ioc", "decided": "1"})]
    + [(("PENNY", "buy", "2000", "limit"), {"limit": "0.9999"}), (("PENNY", "buy", "2", "limit"), {"limit": "1.05"})],
)
def test_what_keeps_every_rule_would_be_accepted(bench, desk, order, options):
    assert desk.preview(bench.intent(*order, **options), 0).outcome == WOULD_ACCEPT


@pytest.mark.parametrize(
    ("order", "options"),
    [
        (("AAPL", "buy", "1", "limit"), {"limit": "1.00"}),
        (("BTC-USD", "buy", "1"), {"tif": "gtc", "decided": "10"}),
        (("BTC-USD", "sell", "0.000010001"), {"tif": "gtc"}),
        (("PENNY", "buy", "2", "limit"), {"limit": "1.0000"}),
    ],
)
def test_what_lies_on_a_bound_is_accepted(bench, desk, order, options):
    assert desk.preview(bench.intent(*order, **options), 0).outcome == WOULD_ACCEPT


def test_a_price_of_one_dollar_and_a_bit_has_two_decimals(bench, desk):
    outcome = desk.preview(bench.intent("PENNY", "buy", "2", "limit", limit="1.0001"), 0).outcome

    assert "invalid limit_price 1.0001" in outcome
    assert "use 1 or 1.01" in outcome


@pytest.mark.parametrize(
    ("side", "held", "told"),
    [
        ("sell", "4", ["sell 4 first, which closes the long position, and 6 in another order"]),
        ("buy", "-4", ["buy 4 first, which closes the short position, and 6 in another order"]),
    ],
)
def test_one_order_does_not_turn_a_position_of_shares_around(bench, desk, side, held, told):
    lots = int(Decimal(held) / bench.intent("AAPL", side, "10").instrument.lot)
    outcome = desk.preview(bench.intent("AAPL", side, "10", reduces=False), lots).outcome

    assert outcome.startswith("40310000 insufficient qty available for order (requested: 10, available: 4): ")
    assert all(words in outcome for words in told)


@pytest.mark.parametrize(("side", "held"), [("sell", "10"), ("buy", "-10"), ("sell", "-4"), ("buy", "4"), ("buy", "0")])
def test_closing_opening_and_adding_turn_nothing_around(bench, desk, side, held):
    intent = bench.intent("AAPL", side, "10", tif="day", reduces=False)
    lots = int(Decimal(held) / intent.instrument.lot)

    assert desk.preview(intent, lots).outcome == WOULD_ACCEPT


def test_coins_sold_beyond_what_is_held_are_told_what_is_available(bench, desk):
    intent = bench.intent("BTC-USD", "sell", "2", tif="gtc", reduces=False)
    outcome = desk.preview(intent, int(Decimal("0.5") / intent.instrument.lot)).outcome

    assert outcome.startswith("40310000 insufficient balance for BTC (requested: 2, available: 0.5): ")


def test_all_broken_rules_are_told_at_once(bench, desk):
    outcome = desk.preview(
        bench.intent("MSFT", "sell", "0.5", "limit", limit="0.5", tif="ioc", reduces=False), 0
    ).outcome

    assert outcome.count("42210000") == 2


def test_a_share_without_fractions_names_the_whole_numbers_next_to_the_quantity(bench):
    bench.venue.offer({**bench.venue.assets["MSFT"], "fractionable": False})

    outcome = bench.surveyed("MSFT").preview(bench.intent("MSFT", "buy", "2.5"), 0).outcome

    assert '40310000 asset "MSFT" is not fractionable: order 2 or 3 instead of 2.5' in outcome


def test_a_share_that_is_hard_to_borrow_is_sold_short_with_day_alone(bench):
    bench.venue.offer({**bench.venue.assets["AAPL"], "easy_to_borrow": False})
    desk = bench.surveyed("AAPL")

    refused = desk.preview(bench.intent("AAPL", "sell", "1", tif="gtc", reduces=False), 0).outcome

    assert '42210000 only day orders are allowed for hard-to-borrow asset "AAPL"' in refused
    assert desk.preview(bench.intent("AAPL", "sell", "1", tif="day", reduces=False), 0).outcome == WOULD_ACCEPT


def test_an_account_without_shorting_sells_no_share_short(bench):
    bench.venue.account["shorting_enabled"] = False

    outcome = bench.surveyed("AAPL").preview(bench.intent("AAPL", "sell", "1", reduces=False), 0).outcome

    assert "40310000 account is not allowed to short" in outcome


def test_coins_off_their_steps_are_told_the_steps(bench):
    bench.venue.offer({**bench.venue.assets["BTC/USD"], "min_trade_increment": "0.001", "price_increment": "5"})

    outcome = (
        bench.surveyed("BTC-USD")
        .preview(bench.intent("BTC-USD", "buy", "1.0001", "limit", limit="102", tif="gtc"), 0)
        .outcome
    )

    assert "qty 1.0001 is no multiple of min_trade_increment 0.001" in outcome
    assert "limit_price 102 is no multiple of price_increment 5: use 100 or 105" in outcome


@pytest.mark.parametrize(
    ("value", "text"), [("1/8", "0.125"), ("7", "7"), ("1/25", "0.04"), ("7/1024", "0.0068359375"), ("-5/2", "-2.5")]
)
def test_a_decimal_that_ends_is_printed_whole_and_any_other_is_a_fault_of_the_program(value, text):
    assert alpaca_rules._text(Fraction(value)) == text
    with pytest.raises(BrokenInvariantError):
        alpaca_rules._text(Fraction(value) / 3)
