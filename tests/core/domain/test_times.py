"""Times and durations: whole seconds, UTC, and nothing that could be read in two ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.domain.errors import InputError
from logos.domain.times import parse_duration, parse_interval, parse_time, time_text


@given(st.integers(-(2**31), 2**34))
def test_a_time_reads_back_from_its_text(seconds) -> None:
    assert parse_time(time_text(seconds)) == seconds


def test_a_time_prints_as_iso_8601_in_utc() -> None:
    assert time_text(0) == "1970-01-01T00:00:00Z"
    assert time_text(1_704_150_000) == "2024-01-01T23:00:00Z"


def test_an_offset_is_converted_to_utc() -> None:
    assert time_text(parse_time("2024-01-01T18:00:00-05:00")) == "2024-01-01T23:00:00Z"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("2024-01-01T23:00:00", "names no time zone"),
        ("2024-01-01", "names no time zone"),
        ("2024-01-01T23:00:00.5Z", "fraction of a second"),
        ("2024-13-01T00:00:00Z", "not an ISO-8601 time"),
        ("yesterday", "not an ISO-8601 time"),
        ("", "not an ISO-8601 time"),
    ],
)
def test_a_time_that_could_be_misread_is_refused(text, fault) -> None:
    with pytest.raises(InputError, match=fault):
        parse_time(text)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("5m", 300), ("1h", 3_600), ("2d", 172_800), ("05m", 300)])
def test_a_duration_is_a_whole_number_and_a_unit(text, seconds) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "0m", "-5m", "1.5h", "5 m", "5M", "1w", "٣m", "²m"])
def test_anything_else_is_no_duration(text) -> None:
    with pytest.raises(InputError, match="not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(("text", "seconds"), [("1m", 60), ("15m", 900), ("4h", 14_400), ("1d", 86_400)])
def test_an_interval_divides_a_day(text, seconds) -> None:
    assert parse_interval(text) == seconds


@pytest.mark.parametrize("text", ["7m", "5h", "2d", "30s", "0m", "", "m", "1440m1"])
def test_an_interval_that_does_not_divide_a_day_is_refused(text) -> None:
    with pytest.raises(InputError, match="not a bar interval"):
        parse_interval(text)
