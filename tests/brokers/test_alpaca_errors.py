"""What Alpaca answers when something is wrong: which error it is, and what it tells."""

from __future__ import annotations

import json

import pytest

from logos.brokers import errors
from logos.brokers.alpaca_errors import Answer, error_of
from logos.brokers.asking_again import retry_after

VENUE = "alpaca:paper"


def judged(status, body, **options):
    text = body if isinstance(body, str) else json.dumps(body)
    return error_of(VENUE, Answer(status=status, body=text, **options))


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (401, {"code": 40110000, "message": "request is not authorized"}, errors.CredentialsError, "paper account"),
        (401, {"message": "unauthorized."}, errors.CredentialsError, "paper account"),
        (401, "", errors.CredentialsError, "nothing else"),
        (403, {"message": "forbidden."}, errors.NotPermittedError, "live account is not known"),
        (403, {"message": "access key verification failed : access key not found"}, errors.CredentialsError, "key"),
        (403, {"code": 40310000, "message": "new orders are rejected by user request"},
         errors.NotPermittedError, "suspend_trade"),
        (403, {"code": 40310000, "message": 'asset "BBGI" is not fractionable'},
         errors.OrderRefusedError, "lot: 1"),
        (403, {"code": 40310000, "message": "cost basis must be >= minimal amount of order 10"},
         errors.OrderRefusedError, "min_notional"),
        (403, {"code": 40310000, "available": "0", "balance": "0", "symbol": "USDT",
               "message": "insufficient balance for USDT (requested: 221.63, available: 0)"},
         errors.InsufficientFundsError, "requested: 221.63"),
        (404, {"code": 40410000, "message": "order not found for mine-1"}, errors.UnknownOrderError, "mine-1"),
        (404, {"code": 40410000, "message": "order is not found."}, errors.UnknownOrderError, "account"),
        (404, {"code": 40410000, "message": "asset not found for ZZZZ"}, errors.UnknownMarketError, "venue_symbols"),
        (404, "<html><head><title>404 Not Found</title></head></html>",
         errors.UnclassifiedVenueError, "base_url is the address"),
        (404, {"message": "Not Found"}, errors.UnclassifiedVenueError, "base_url"),
        (422, {"code": 42210000, "message": 'asset "ZZZZ" not found'}, errors.UnknownMarketError, "venue_symbols"),
        (422, {"code": 42210000, "message": 'asset "EIDO" cannot be sold short'}, errors.OrderRefusedError, "EIDO"),
        (422, {"code": 42210000, "message": "fractional orders must be DAY orders"},
         errors.OrderRefusedError, "DAY"),
        (422, {"code": 42210000,
               "message": "invalid limit_price 290.123. sub-penny increment does not fulfill minimum pricing criteria"},
         errors.OrderRefusedError, "290.123"),
        (422, {"code": 42210000, "message": "invalid crypto time_in_force"}, errors.OrderRefusedError, "GTC or IOC"),
        (422, {"code": 40010001, "message": "invalid order type for crypto order"}, errors.OrderRefusedError, "stop"),
        (422, {"code": 40010001, "message": "client_order_id must be unique"}, errors.OrderRefusedError, "its id"),
        (422, {"code": 40010001, "message": "crypto orders not allowed for account"},
         errors.NotPermittedError, "opened"),
        (422, {"code": 42210000, "message": "potential wash trade detected. use complex orders"},
         errors.OrderRefusedError, "other side"),
        (429, {"code": 42910000, "message": "rate limit exceeded"}, errors.RateLimitedError, "asked too often"),
        (408, "", errors.TimedOutError, "408"),
        (500, {"code": 50010000, "message": "internal server error occurred"}, errors.VenueDownError, "internal"),
        (502, "<html><head><title>502 Bad Gateway</title></head></html>", errors.VenueDownError, "502 Bad Gateway"),
        (503, "upstream connect error", errors.VenueDownError, "upstream connect error"),
        (504, "<html></html>", errors.TimedOutError, "504"),
    ],
)  # fmt: skip
def test_an_answer_of_failure_is_a_typed_error_that_says_what_to_do(status, body, kind, told):
    error = judged(status, body)

    assert type(error) is kind
    assert told in str(error)
    assert VENUE in str(error)


@pytest.mark.parametrize("message", ["order not found for mine-1", "order is not found.", "asset not found for ZZZZ"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.UnclassifiedVenueError),
        (401, errors.CredentialsError),
        (403, errors.NotPermittedError),
        (407, errors.CredentialsError),
        (408, errors.TimedOutError),
        (429, errors.RateLimitedError),
        (500, errors.VenueDownError),
        (503, errors.VenueDownError),
    ],
)
def test_alpaca_that_was_not_asked_has_not_said_that_there_is_no_such_thing(status, kind, message):
    assert type(judged(status, {"code": 40410000, "message": message})) is kind


def test_what_is_said_to_a_key_that_is_not_let_in_is_of_the_key():
    assert type(judged(401, {"message": "insufficient buying power: unauthorized"})) is errors.CredentialsError


def bodies(value, status):
    """Yield every error body in a payload, with its HTTP status."""
    if isinstance(value, list):
        for item in value:
            yield from bodies(item, status)
    elif isinstance(value, dict):
        inner = value.get("body")
        if isinstance(inner, dict) and "message" in inner:
            yield value["status"], inner
        elif "code" in value and "message" in value:
            yield status, value


def test_every_recorded_error_body_is_known(shared_data):
    folder = shared_data / "venues" / "alpaca"
    found = [
        (status, body)
        for path in sorted(folder.glob("*.json"))
        for status, body in bodies(json.loads(path.read_text()), 401 if "401" in path.name else 403)
    ]

    assert len(found) >= 5
    for status, body in found:
        error = judged(status, body)
        assert not isinstance(error, errors.UnclassifiedVenueError)
        assert error.hint
        assert error.code == str(body["code"])
        assert body["message"] in str(error)


def test_the_numbers_of_a_recorded_refusal_are_told(venues):
    error = judged(403, venues.recorded("alpaca/error_403_insufficient_buying_power"))

    assert isinstance(error, errors.InsufficientFundsError)
    assert "buying_power 176531.28" in str(error)
    assert "cost_basis 48640000" in str(error)


def test_an_answer_that_nobody_knows_is_told_whole():
    body = {"code": 49910000, "message": "the moon is in the wrong house", "details": {"house": [7, "Leo"]}}

    error = judged(418, body)

    assert type(error) is errors.UnclassifiedVenueError
    for words in ("the moon is in the wrong house", "49910000", "418", "Leo"):
        assert words in str(error)


@pytest.mark.parametrize("body", ['{"message": "bad key PKSECRETKEY00000001"}', "oops PKSECRETKEY00000001", "[1, 2]"])
def test_no_error_repeats_a_secret(body):
    error = error_of(VENUE, Answer(status=400, body=body), ("PKSECRETKEY00000001",))

    assert "PKSECRETKEY00000001" not in f"{error} {error.told} {error.args} {error!r}"


@pytest.mark.parametrize("body", ["null", "[]", '"text"', "{", '{"code": 1}', '{"message": 7}', "\x00\xff", " "])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 502])
def test_no_body_makes_the_judge_fail(status, body):
    error = judged(status, body)

    assert isinstance(error, errors.VenueError)
    assert str(status) in str(error)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("", None), ("soon", None), ("Mon, 05 Jan 2026 00:00:30 GMT", 30.0),
     ("Sun, 04 Jan 2026 23:59:00 GMT", 0.0), ("-5", None)],
)  # fmt: skip
def test_retry_after_is_read_as_seconds_or_as_a_date(text, seconds):
    headers = {"Date": "Mon, 05 Jan 2026 00:00:00 GMT"}
    assert retry_after({"Retry-After": text, **headers} if text else headers) == seconds


def test_a_date_to_wait_for_counts_for_nothing_where_the_answer_has_none_of_its_own():
    assert retry_after({"Retry-After": "Mon, 05 Jan 2026 00:00:30 GMT"}) is None
