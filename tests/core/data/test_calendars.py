"""Calendars say when markets open and close, through changes of daylight saving time and half days."""

from __future__ import annotations

import subprocess
import sys

import pytest

from logos.data.calendars import AlwaysOpen, calendar_for, check_calendar
from logos.domain.errors import ConfigError, InputError
from logos.domain.times import parse_time, time_text


def questions(calendar, moment):
    at = parse_time(moment)
    opening = calendar.latest_opening(at)
    return calendar.is_open(at), opening and time_text(opening), time_text(calendar.next_close(at))


@pytest.mark.parametrize(
    ("moment", "is_open", "opening", "close"),
    [
        # Friday in standard time: New York's 17:00 is 22:00 UTC; on Sunday in summer time it is 21:00 UTC.
        ("2024-03-08T21:59:59Z", True, "2024-03-03T22:00:00Z", "2024-03-08T22:00:00Z"),
        ("2024-03-08T22:00:00Z", False, "2024-03-03T22:00:00Z", "2024-03-11T21:00:00Z"),
        ("2024-03-08T23:59:00Z", False, "2024-03-03T22:00:00Z", "2024-03-11T21:00:00Z"),
        ("2024-03-10T20:59:59Z", False, "2024-03-03T22:00:00Z", "2024-03-11T21:00:00Z"),
        ("2024-03-10T21:00:00Z", True, "2024-03-10T21:00:00Z", "2024-03-11T21:00:00Z"),
        ("2024-03-13T21:00:00Z", True, "2024-03-10T21:00:00Z", "2024-03-14T21:00:00Z"),
        ("2024-11-01T20:59:59Z", True, "2024-10-27T21:00:00Z", "2024-11-01T21:00:00Z"),
        ("2024-11-03T21:00:00Z", False, "2024-10-27T21:00:00Z", "2024-11-04T22:00:00Z"),
        ("2024-11-03T22:00:00Z", True, "2024-11-03T22:00:00Z", "2024-11-04T22:00:00Z"),
    ],
)
def test_the_currency_week_runs_from_sunday_to_friday_afternoon_in_new_york(
    instrument, moment, is_open, opening, close
):
    calendar = calendar_for(instrument(calendar="FX"))
    assert questions(calendar, moment) == (is_open, opening, close)


@pytest.mark.parametrize(
    ("moment", "is_open", "opening", "close"),
    [
        ("2024-03-08T14:29:59Z", False, "2024-03-07T14:30:00Z", "2024-03-08T21:00:00Z"),
        ("2024-03-08T14:30:00Z", True, "2024-03-08T14:30:00Z", "2024-03-08T21:00:00Z"),
        ("2024-03-08T21:00:00Z", False, "2024-03-08T14:30:00Z", "2024-03-11T20:00:00Z"),
        ("2024-03-11T13:30:00Z", True, "2024-03-11T13:30:00Z", "2024-03-11T20:00:00Z"),
        # The day after Thanksgiving closes at 13:00; Independence Day is a holiday, the day before a half day.
        ("2023-11-24T17:59:59Z", True, "2023-11-24T14:30:00Z", "2023-11-24T18:00:00Z"),
        ("2023-11-24T18:00:00Z", False, "2023-11-24T14:30:00Z", "2023-11-27T21:00:00Z"),
        ("2024-07-04T15:00:00Z", False, "2024-07-03T13:30:00Z", "2024-07-05T20:00:00Z"),
        # After 2001-09-11 the exchange stayed shut until the 17th: older than the library's own default range.
        ("2001-09-12T15:00:00Z", False, "2001-09-10T13:30:00Z", "2001-09-17T20:00:00Z"),
    ],
)
def test_the_new_york_exchange_knows_summer_time_half_days_and_closures(instrument, moment, is_open, opening, close):
    calendar = calendar_for(instrument(calendar="XNYS"))
    assert questions(calendar, moment) == (is_open, opening, close)


def test_an_alias_names_the_same_hours(instrument):
    moment = "2024-03-08T14:30:00Z"
    one, other = (calendar_for(instrument(calendar=name)) for name in ("NYSE", "XNYS"))
    assert questions(one, moment) == questions(other, moment)


@pytest.mark.parametrize("name", [None, "24/7"])
def test_a_market_without_calendar_never_closes(instrument, name):
    calendar = calendar_for(instrument(calendar=name))
    assert isinstance(calendar, AlwaysOpen)
    assert questions(calendar, "2024-03-09T00:00:00Z") == (True, None, "2024-03-10T00:00:00Z")
    assert questions(calendar, "2024-03-09T23:59:59Z") == (True, None, "2024-03-10T00:00:00Z")


def test_an_unknown_calendar_is_refused_with_near_names(instrument):
    for ask in (lambda: check_calendar("XNYC"), lambda: calendar_for(instrument(calendar="XNYC")).is_open(0)):
        with pytest.raises(ConfigError, match="XNYS"):
            ask()


@pytest.mark.parametrize("name", ["FX", "24/7", "XNYS", "NYSE", "XLON"])
def test_known_calendars_pass_the_check(name):
    check_calendar(name)


@pytest.mark.parametrize("question", ["is_open", "latest_opening", "next_close"])
@pytest.mark.parametrize("moment", ["1900-01-01T00:00:00Z", "2150-01-01T00:00:00Z"])
def test_a_moment_beyond_the_calendar_is_an_error_that_says_what_it_covers(instrument, question, moment):
    calendar = calendar_for(instrument(calendar="XNYS"))
    with pytest.raises(InputError, match="covers 1970-01-02T14:30:00Z to 2100-12-31"):
        getattr(calendar, question)(parse_time(moment))


def test_the_calendar_library_loads_at_the_first_question(offline_environment):
    code = (
        "import sys\n"
        "from decimal import Decimal\n"
        "from logos.data.calendars import calendar_for\n"
        "from logos.data.replay_config import ReplayConfig\n"
        "from logos.domain.instruments import AssetClass, Instrument\n"
        "one = Instrument(symbol='A', asset_class=AssetClass.EQUITY, tick=Decimal(1), lot=Decimal(1), currency='USD',"
        " calendar='XNYS')\n"
        "calendar = calendar_for(one)\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'exchange_calendars'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "calendar.is_open(0 + 10**9)\n"
        "assert 'exchange_calendars' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], env=offline_environment, check=True)
