"""What an exchange answers when something is wrong: which error it is, what it tells, and whether it is asked again."""

from __future__ import annotations

import re
import traceback

import pytest

from logos.brokers import errors

ccxt = pytest.importorskip("ccxt", reason="the extra ccxt is not installed")
mapping = pytest.importorskip("logos.brokers.ccxt_errors")

BINANCE = [
    ("error_400_insufficient_funds", 400, errors.InsufficientFundsError, "-2010", "insufficient balance"),
    ("error_400_invalid_quantity", 400, errors.OrderRefusedError, "-1013", "Invalid quantity"),
    ("error_400_invalid_symbol", 400, errors.UnknownMarketError, "-1121", "Invalid symbol"),
    ("error_400_order_does_not_exist", 400, errors.UnknownOrderError, "-2013", "does not exist"),
    ("error_400_unknown_order", 400, errors.UnknownOrderError, "-2011", "Unknown order"),
    ("error_401_invalid_key", 401, errors.CredentialsError, "-2015", "Invalid API-key"),
    ("error_429_rate_limit", 429, errors.RateLimitedError, "-1003", "Too many requests"),
]

TOLD = {
    "binance": [
        (400, {"code": -1021, "msg": "Timestamp is outside of the recvWindow."}, errors.ClockSkewError),
        (400, {"code": -1022, "msg": "Signature for this request is not valid."}, errors.CredentialsError),
        (401, {"code": -2014, "msg": "API-key format invalid."}, errors.CredentialsError),
        (400, {"code": -1001, "msg": "Internal error; unable to process your request."}, errors.VenueDownError),
        (418, {"code": -1003, "msg": "Way too many requests; IP banned until 1."}, errors.RateLimitedError),
        (403, "<html><title>403 Forbidden</title></html>", errors.NotPermittedError),
        (451, {"code": 0, "msg": "Service unavailable from a restricted location."}, errors.NotPermittedError),
        (500, "Internal Server Error", errors.VenueDownError),
        (502, "<html><head><title>502 Bad Gateway</title></head></html>", errors.VenueDownError),
        (503, "", errors.VenueDownError),
        (200, "<html><title>Just a moment...</title></html>", errors.UnreadableAnswerError),
        (200, "", errors.UnreadableAnswerError),
        (200, '{"balances": [{"asset', errors.UnreadableAnswerError),
        (200, '"a text"', errors.UnreadableAnswerError),
        (400, {"code": -4711, "msg": "Something that nobody knows."}, errors.UnclassifiedVenueError),
    ],
    "kraken": [
        (200, {"error": ["EAPI:Invalid key"]}, errors.CredentialsError),
        (200, {"error": ["EAPI:Invalid signature"]}, errors.CredentialsError),
        (200, {"error": ["EAPI:Invalid nonce"]}, errors.ClockSkewError),
        (200, {"error": ["EGeneral:Permission denied"]}, errors.NotPermittedError),
        (200, {"error": ["EAPI:Rate limit exceeded"]}, errors.RateLimitedError),
        (200, {"error": ["EGeneral:Temporary lockout"]}, errors.RateLimitedError),
        (200, {"error": ["EGeneral:Too many requests"]}, errors.RateLimitedError),
        (200, {"error": ["EService:Unavailable"]}, errors.VenueDownError),
        (200, {"error": ["EService:Busy"]}, errors.VenueDownError),
        (200, {"error": ["EQuery:Unknown asset pair"]}, errors.UnknownMarketError),
        (200, {"error": ["EOrder:Insufficient funds"]}, errors.InsufficientFundsError),
        (200, {"error": ["EOrder:Order minimum not met"]}, errors.OrderRefusedError),
        (200, {"error": ["EOrder:Unknown order"]}, errors.UnknownOrderError),
        (200, {"error": ["ETrade:User Locked"]}, errors.NotPermittedError),
        (520, "<html><title>520</title></html>", errors.VenueDownError),
        (200, {"error": ["EWhatever:Nobody knows"]}, errors.UnclassifiedVenueError),
    ],
    "coinbase": [
        (401, "Unauthorized\n", errors.CredentialsError),
        (401, {"error": "unauthorized", "message": "invalid"}, errors.CredentialsError),
        (403, {"error": "PERMISSION_DENIED", "message": "Missing required scopes"}, errors.NotPermittedError),
        (401, {"errors": [{"id": "authentication_error", "message": "request timestamp expired"}]},
         errors.ClockSkewError),
        (401, {"errors": [{"id": "revoked_token", "message": "The access token was revoked"}]},
         errors.CredentialsError),
        (429, {"error": "rate_limit_exceeded", "message": "slow down"}, errors.RateLimitedError),
        (400, {"error": "INSUFFICIENT_FUND", "message": "Insufficient balance in source account"},
         errors.InsufficientFundsError),
        (404, {"error": "NOT_FOUND", "message": "valid product_id is required"}, errors.UnknownMarketError),
        (404, {"error": "unknown", "error_details": "order with this orderID was not found"},
         errors.UnknownOrderError),
        (500, {"errors": [{"id": "internal_server_error", "message": "oops"}]}, errors.VenueDownError),
        (400, {"error": "INVALID_ARGUMENT", "message": "nobody knows this"}, errors.UnclassifiedVenueError),
    ],
}  # fmt: skip

ACCOUNT = {
    "binance": ("privateGetAccount", "GET", "/api/v3/account"),
    "kraken": ("privatePostBalanceEx", "POST", "/0/private/BalanceEx"),
    "coinbase": ("v3PrivateGetBrokerageAccounts", "GET", "/api/v3/brokerage/accounts"),
}


def refused(bench, status, body, **headers):
    """Let the account's endpoint answer so; return the error that comes of asking it once."""
    name, method, path = ACCOUNT[bench.exchange]
    bench.venue.answer(path, body, status=status, method=method, **headers)
    connected = bench.desk()._connected()
    connected.note_skew(-7.25)
    with pytest.raises(errors.VenueError) as told:
        connected.ask(name)
    return told.value


@pytest.mark.parametrize(("name", "status", "kind", "code", "text"), BINANCE, ids=[each[0] for each in BINANCE])
def test_each_recorded_error_is_a_typed_one_with_its_code_and_what_to_do(
    exchange_bench, venues, name, status, kind, code, text
):
    error = refused(exchange_bench("binance"), status, venues.recorded(f"binance/{name}"))
    assert type(error) is kind
    assert error.code == code
    assert text in str(error)
    assert error.hint or kind is errors.UnknownOrderError


@pytest.mark.parametrize(
    ("exchange", "status", "body", "kind"),
    [(exchange, *each) for exchange, all_of_it in TOLD.items() for each in all_of_it],
)
def test_an_answer_that_tells_an_error_has_its_class(exchange_bench, exchange, status, body, kind):
    error = refused(exchange_bench(exchange), status, body)
    assert type(error) is kind, error
    assert error.venue == f"ccxt:{exchange}"


def test_a_clock_that_is_apart_is_told_with_by_how_much(exchange_bench):
    error = refused(exchange_bench("binance"), 400, TOLD["binance"][0][1])
    assert "7.250 s apart" in str(error)


def test_an_answer_that_nobody_knows_is_told_whole_and_without_secrets(exchange_bench):
    bench = exchange_bench("binance")
    body = {"code": -4711, "msg": f"Key {bench.venue.right} at {bench.secret} is odd; api_key=abcdefgh1234"}
    error = refused(bench, 400, body)
    assert type(error) is errors.UnclassifiedVenueError
    assert str(error).startswith("ccxt:binance: -4711 Key *** at *** is odd; api_key=***")


def test_how_long_to_wait_is_heard(exchange_bench):
    body = {"code": -1003, "msg": "Too many requests"}
    assert refused(exchange_bench("binance"), 429, body, Retry_After="17").retry_after == 17
    assert refused(exchange_bench("binance"), 429, body).retry_after is None
    later = "Mon, 05 Jan 2026 01:00:30 GMT"
    assert refused(exchange_bench("binance"), 429, body, Retry_After=later).retry_after == 30
    assert refused(exchange_bench("binance"), 429, body, Retry_After="soon").retry_after is None


def test_a_key_that_is_revoked_after_it_has_worked_is_no_temporary_ban_and_is_not_asked_for_ever(exchange_bench):
    bench = exchange_bench("binance")
    desk = bench.surveyed()
    desk.open_orders()
    exchange = desk._connected()._exchange
    assert exchange.options["hasAlreadyAuthenticatedSuccessfully"], "only then CCXT calls it a ban"
    bench.venue.revoke()
    before = len(bench.venue.requests)
    with pytest.raises(errors.CredentialsError, match="-2015"):
        desk.open_orders()
    assert len(bench.venue.requests) == before + 1
    assert bench.clock.waits == []


@pytest.mark.parametrize("kind", ["reset", "drop", "rate_limited", "error_500", "unavailable_503", "html"])
def test_a_read_that_fails_for_the_time_being_is_repeated_and_then_told(exchange_bench, kind):
    bench = exchange_bench("binance")
    desk = bench.surveyed()
    path = "/api/v3/openOrders"
    bench.venue.misbehave(kind, 2, path=path)
    assert desk.open_orders() == ()
    assert len(bench.venue.asked(path=path)) == 3
    assert bench.clock.waits == sorted(bench.clock.waits)
    bench.venue.misbehave(kind, None, path=path)
    with pytest.raises(errors.TransientVenueError):
        desk.open_orders()
    bench.venue.behave()
    assert len(bench.venue.asked(path=path)) == 6


def test_a_read_that_is_never_answered_is_cut_off_and_repeated(exchange_bench):
    bench = exchange_bench("binance")
    desk = bench.surveyed()
    bench.hasten(desk)
    bench.venue.misbehave("timeout", None, path="/api/v3/openOrders")
    with pytest.raises(errors.TimedOutError, match=r"no answer within 0\.2 s"):
        desk.open_orders()
    bench.venue.behave()
    assert len(bench.venue.asked(path="/api/v3/openOrders")) == 3


def test_a_venue_that_wants_to_be_left_alone_for_long_is(exchange_bench):
    bench = exchange_bench("binance")
    desk = bench.surveyed()
    bench.venue.misbehave("banned", None, path="/api/v3/openOrders", retry_after="3600")
    with pytest.raises(errors.RateLimitedError):
        desk.open_orders()
    assert len(bench.venue.asked(path="/api/v3/openOrders")) == 1


@pytest.mark.parametrize("exchange", ["kraken", "coinbase"])
def test_a_secret_that_cannot_sign_is_told_as_such_and_nothing_is_sent(exchange_bench, exchange):
    bench = exchange_bench(exchange)
    bad = "-----BEGIN EC PRIVATE KEY-----\\nnope\\n-----END EC PRIVATE KEY-----" if exchange == "coinbase" else "abc"
    bench.secrets[f"{exchange.upper()}_API_SECRET"] = bad
    desk = bench.surveyed()
    before = bench.venue.connections
    with pytest.raises(errors.CredentialsError, match="cannot sign") as told:
        desk.open_orders()
    assert "nope" not in "".join(traceback.format_exception(told.value))
    assert bench.venue.connections == before


def told_by(error):
    """Return all that an error and those behind it hold, hidden ones as well."""
    found, left = [], [error]
    while left:
        one = left.pop()
        found.append(f"{one!r} {one} {one.args} {vars(one)}")
        left += [each for each in (one.__cause__, one.__context__) if each is not None]
    return " ".join(found)


@pytest.mark.parametrize("exchange", sorted(ACCOUNT))
def test_no_error_holds_an_address_with_its_signature_nor_one_of_ccxt_that_does(exchange_bench, exchange):
    for status, body in (
        (500, "oops"), (200, "<html></html>"), (400, {"code": -4711, "msg": "?"}), (401, ""), (200, [1]), (302, ""),
    ):  # fmt: skip
        bench = exchange_bench(exchange)
        try:
            error = refused(bench, status, body, Location="https://elsewhere.test/")
        except pytest.fail.Exception:
            continue  # a list is no fault before somebody reads it
        assert not re.search(r"signature=[0-9a-f]", "".join(traceback.format_exception(error)))
        told = told_by(error)
        assert not re.search(r"signature=[0-9a-f]", told)
        assert bench.venue.right not in told
        assert bench.secret not in told
        assert (error.__cause__, error.__context__) == (None, None)


@pytest.mark.parametrize("kind", ["timeout", "reset", "drop", "truncated"])
def test_no_error_of_a_connection_holds_the_request_that_failed(exchange_bench, kind):
    bench = exchange_bench("binance")
    connected = bench.desk(timeout="1s")._connected()
    bench.venue.misbehave(kind, None, path="/api/v3/account")
    with pytest.raises(errors.TransientVenueError) as told:
        connected.ask("privateGetAccount")
    bench.venue.behave()
    assert "signature=" not in told_by(told.value)
    assert (told.value.__cause__, told.value.__context__) == (None, None)


@pytest.mark.parametrize("exchange", ["kraken", "coinbase"])
def test_no_error_of_signing_holds_the_secret(exchange_bench, exchange):
    bench = exchange_bench(exchange)
    bad = "-----BEGIN EC PRIVATE KEY-----\\nnope\\n-----END EC PRIVATE KEY-----" if exchange == "coinbase" else "nope5"
    bench.secrets[f"{exchange.upper()}_API_SECRET"] = bad
    with pytest.raises(errors.VenueError) as told:
        bench.desk().open_orders()
    assert "nope" not in told_by(told.value)
    assert told.value.__context__ is None


NEVER_SEEN = {
    "binance": {"code": -2013, "msg": "Order does not exist."},
    "kraken": {"error": ["EOrder:Unknown order"]},
    "coinbase": {"error": "unknown", "error_details": "order with this orderID was not found"},
}


@pytest.mark.parametrize("exchange", sorted(NEVER_SEEN))
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.CredentialsError),
        (403, errors.NotPermittedError),
        (408, errors.TimedOutError),
        (418, errors.RateLimitedError),
        (429, errors.RateLimitedError),
        (451, errors.NotPermittedError),
        (500, errors.VenueDownError),
        (503, errors.VenueDownError),
        (520, errors.VenueDownError),
    ],
)
def test_an_exchange_that_was_not_asked_has_not_said_that_there_is_no_order(exchange_bench, exchange, status, kind):
    assert type(refused(exchange_bench(exchange), status, NEVER_SEEN[exchange])) is kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"code": -1007, "msg": "Timeout waiting for response from backend server."}, errors.TimedOutError),
        (504, {"code": -1007, "msg": "Timeout waiting for response from backend server."}, errors.TimedOutError),
        (429, {"code": -1007, "msg": "Timeout waiting for response from backend server."}, errors.RateLimitedError),
        (503, {"code": -1121, "msg": "Invalid symbol."}, errors.VenueDownError),
        (503, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}, errors.VenueDownError),
        (400, {"code": -2026, "msg": "Order was canceled or expired with no executed qty over 90 days ago."},
         errors.UnclassifiedVenueError),
    ],
)  # fmt: skip
def test_what_is_not_a_word_about_the_order_leaves_it_unknown(exchange_bench, status, body, kind):
    assert type(refused(exchange_bench("binance"), status, body)) is kind


def test_every_code_is_one_that_an_answer_can_have_and_every_class_of_it_is_ours():
    for codes in mapping.CODES.values():
        for code, meaning in codes.items():
            assert code == code.strip()
            assert issubclass(meaning.kind, errors.VenueError)
