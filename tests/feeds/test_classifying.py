"""What an HTTP answer means, whichever library has asked: its class, the pause that is wanted, a few plain words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.feeds import errors
from logos.feeds.classifying import LONGEST_TEXT, Heard, error_of_status, http_date, plain

NOW = "Mon, 05 Jan 2026 00:00:00 GMT"
VENUE = "ccxt:binance"


def heard(status: int, body: bytes = b"", **headers: str) -> Heard:
    listening = Heard()
    listening.hear(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)
    return listening


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, type(None)),
        (304, type(None)),
        (400, errors.PermanentError),
        (401, errors.RefusedError),
        (403, errors.RefusedError),
        (404, errors.PermanentError),
        (407, errors.RefusedError),
        (408, errors.TimedOutError),
        (410, errors.PermanentError),
        (418, errors.RateLimitedError),
        (422, errors.PermanentError),
        (429, errors.RateLimitedError),
        (451, errors.RefusedError),
        (500, errors.VenueDownError),
        (503, errors.VenueDownError),
        (504, errors.VenueDownError),
        (530, errors.VenueDownError),
    ],
)
def test_a_status_has_its_class(status, expected) -> None:
    assert type(error_of_status(VENUE, heard(status))) is expected


@given(st.integers(400, 599))
@settings(max_examples=100)
def test_asking_again_is_for_what_the_venue_may_get_over(status) -> None:
    error = error_of_status(VENUE, heard(status))
    passes = status >= 500 or status in (408, 418, 429)
    assert isinstance(error, errors.TransientError) == passes
    assert isinstance(error, errors.PermanentError) != passes


def test_nothing_heard_means_nothing() -> None:
    assert error_of_status(VENUE, Heard()) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30.0),
        (" 1.5 ", 1.5),
        ("0", 0.0),
        ("Mon, 05 Jan 2026 00:01:30 GMT", 90.0),
        ("Sun, 04 Jan 2026 00:00:00 GMT", 0.0),
        ("-1", None),
        ("nan", None),
        ("in a while", None),
        ("", None),
    ],
)
def test_the_pause_that_is_wanted_is_a_number_or_a_date(text, seconds) -> None:
    error = error_of_status(VENUE, heard(429, Date=NOW, Retry_After=text))
    assert isinstance(error, errors.RateLimitedError)
    assert error.retry_after == seconds


def test_a_date_to_come_back_at_means_nothing_where_the_venue_does_not_say_what_time_it_is() -> None:
    assert heard(429, Retry_After="Mon, 05 Jan 2026 00:01:30 GMT").retry_after is None


def test_names_of_headers_may_be_written_any_way() -> None:
    listening = Heard()
    listening.hear(429, {"DATE": NOW, "retry-after": "3"}, b"")
    assert (listening.venue_time, listening.retry_after) == (1_767_571_200.0, 3.0)


@pytest.mark.parametrize("text", ["", "yesterday", "Mon, 99 Jan 2026 00:00:00 GMT", "1767571200"])
def test_what_is_no_date_is_none(text) -> None:
    assert http_date(text) is None


def test_bytes_are_counted_over_all_answers_of_a_call() -> None:
    listening = Heard()
    listening.hear(500, {}, b"12345")
    listening.hear(200, {}, b"123")
    assert (listening.status, listening.size, listening.said) == (200, 8, "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  too \n many  requests. ", "too many requests"),
        ("binance GET https://api.binance.com/api/v3/klines?symbol=BTCUSDT 404", "binance GET 404"),
        ("<!DOCTYPE html><html><head><title> 502\nBad Gateway </title>", "a page of HTML, '502 Bad Gateway'"),
        ("<HTML><body>hello</body></HTML>", "a page of HTML"),
        ("", ""),
    ],
)
def test_a_venues_words_fit_on_a_line(text, words) -> None:
    assert plain(text) == words


@given(st.text(max_size=400))
@settings(max_examples=100)
def test_words_are_short_and_hold_no_address(text) -> None:
    words = plain(f"{text} https://example.org/secret?key=1 {text}")
    assert len(words) <= LONGEST_TEXT + len("a page of HTML, ''")
    assert "\n" not in words
    assert "example.org" not in words
