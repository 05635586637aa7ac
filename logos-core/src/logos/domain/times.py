"""Time as whole seconds since 1970-01-01T00:00:00Z, its text, and bar intervals."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from logos.domain.errors import InputError

SECONDS_A_DAY = 86_400
_UNITS = {"m": 60, "h": 3_600, "d": SECONDS_A_DAY}


@lru_cache(maxsize=256)
def time_text(seconds: int) -> str:
    """Return an instant as ISO-8601 in UTC with a trailing ``Z``."""
    day, second = divmod(seconds, SECONDS_A_DAY)
    return f"{_date_text(day)}T{_time_of_day_text(second)}Z"


@lru_cache(maxsize=64)
def _date_text(day: int) -> str:
    return datetime.fromtimestamp(day * SECONDS_A_DAY, tz=UTC).strftime("%Y-%m-%d")


@lru_cache(maxsize=2048)
def _time_of_day_text(second: int) -> str:
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    return f"{hour:02}:{minute:02}:{second:02}"


def parse_time(text: str) -> int:
    """Read an ISO-8601 instant that names its offset (``Z`` or ``+hh:mm``).

    Raises
    ------
    InputError
        For anything else: no offset, a fraction of a second, not a date.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{text!r} is not an ISO-8601 time", hint="Write it like 2026-01-31T09:30:00Z") from error
    if moment.tzinfo is None:
        raise InputError(f"{text!r} names no time zone", hint="End it with Z for UTC, or with an offset like +00:00")
    if moment.microsecond:
        raise InputError(f"{text!r} has a fraction of a second", hint="Bars stand on whole seconds")
    return int(moment.timestamp())


def parse_date_or_time(text: str) -> int:
    """Read an instant as ``parse_time`` does, or a date for its midnight in UTC.

    Raises
    ------
    InputError
        For anything else.
    """
    return parse_time(f"{text}T00:00:00Z" if len(text) == len("2026-01-31") else text)


def parse_duration(text: str) -> int:
    """Read a duration such as ``90s``, ``5m``, ``1h`` or ``1d`` and return seconds.

    Raises
    ------
    InputError
        Where it is none, or not positive.
    """
    units = {"s": 1, **_UNITS}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isascii() or not number.isdigit() or int(number) == 0:
        raise InputError(f"{text!r} is not a duration", hint="Write a whole number and a unit: 90s, 5m, 1h or 1d")
    return int(number) * units[unit]


def parse_interval(text: str) -> int:
    """Read a bar interval such as ``1m``, ``15m``, ``1h`` or ``1d`` and return seconds.

    Raises
    ------
    InputError
        Where it is none, or does not divide a day evenly.
    """
    number, unit = text[:-1], text[-1:]
    if unit in _UNITS and number.isascii() and number.isdigit() and int(number) > 0:
        seconds = int(number) * _UNITS[unit]
        if SECONDS_A_DAY % seconds == 0:
            return seconds
    raise InputError(
        f"{text!r} is not a bar interval",
        hint="Write a whole number and a unit that divide a day: 1m, 5m, 15m, 1h, 4h or 1d",
    )
