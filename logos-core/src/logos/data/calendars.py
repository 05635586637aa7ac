"""Trading calendars behind one small protocol; the library that knows them loads at the first question.

A name is one of the calendar library's (``XNYS``, ``XLON``, an alias such as ``NYSE``) or ``FX``, the currency market's
week. An instrument without a calendar has a market that never closes.
"""

from __future__ import annotations

import difflib
import functools
import warnings
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, Protocol

import attrs

from logos.domain.errors import ConfigError, InputError
from logos.domain.instruments import Instrument
from logos.domain.times import SECONDS_A_DAY, time_text

FOREX_WEEK = "FX"
ALWAYS_OPEN = "24/7"
_NANOSECONDS = 1_000_000_000
# The library's own default range moves with today's date, so the same bars could be judged differently tomorrow.
_FIRST_DAY = "1970-01-01"
_LAST_DAY = "2100-12-31"


class MarketCalendar(Protocol):
    """When a market is open. Times are seconds since the epoch, UTC."""

    def is_open(self, at: int) -> bool:
        """Return whether the market is open at a moment; the opening belongs to it, the close does not."""

    def latest_opening(self, at: int) -> int | None:
        """Return the last opening at or before a moment; ``None`` where the market never closes."""

    def next_close(self, after: int) -> int:
        """Return the first close later than a moment; UTC midnight where the market never closes."""


class AlwaysOpen:
    """A market that never closes; its trading day ends at UTC midnight."""

    def is_open(self, at: int) -> bool:  # noqa: ARG002 - the protocol asks about a moment
        """Return that the market is open."""
        return True

    def latest_opening(self, at: int) -> int | None:  # noqa: ARG002 - the protocol asks about a moment
        """Return that there never was an opening."""
        return None

    def next_close(self, after: int) -> int:
        """Return the first UTC midnight later than a moment, in seconds since the epoch."""
        return (after // SECONDS_A_DAY + 1) * SECONDS_A_DAY


class SessionCalendar:
    """A market with sessions, each from its opening up to its close.

    Sessions that touch count as one opening: the currency market opens once a week, though its trading day ends each
    afternoon. Lunch breaks are not modelled: a market is open from a session's opening to its close.

    Parameters
    ----------
    name:
        What the calendar is called in errors.
    opens, closes:
        One of each a session, ascending, in seconds since the epoch, UTC.
    """

    def __init__(self, name: str, opens: Sequence[int], closes: Sequence[int]) -> None:
        self.name = name
        self._opens = list(opens)
        self._closes = list(closes)
        previous = [self._opens[0] - 1, *self._closes[:-1]]
        self._openings = [start for start, end in zip(self._opens, previous, strict=True) if start > end]

    @property
    def bounds(self) -> tuple[Sequence[int], Sequence[int]]:
        """The opening and the close of every session, ascending."""
        return self._opens, self._closes

    def is_open(self, at: int) -> bool:
        """Return whether a moment lies in a session.

        Raises
        ------
        InputError
            Where the calendar does not reach that far.
        """
        index = self._session(at)
        return at < self._closes[index]

    def latest_opening(self, at: int) -> int | None:
        """Return the last moment, not later than ``at``, at which the market opened after having been closed.

        Raises
        ------
        InputError
            Where the calendar does not reach that far.
        """
        self._session(at)
        return self._openings[bisect_right(self._openings, at) - 1]

    def next_close(self, after: int) -> int:
        """Return the first end of a session that is later than a moment.

        Raises
        ------
        InputError
            Where the calendar does not reach that far.
        """
        index = bisect_right(self._closes, after)
        if index == len(self._closes) or after < self._opens[0]:
            raise self._out_of_range(after)
        return self._closes[index]

    def _session(self, at: int) -> int:
        """Return the number of the last session that has begun at a moment."""
        index = bisect_right(self._opens, at) - 1
        if index < 0 or at > self._closes[-1]:
            raise self._out_of_range(at)
        return index

    def _out_of_range(self, at: int) -> InputError:
        first, last = time_text(self._opens[0]), time_text(self._closes[-1])
        return InputError(
            f"{time_text(at)} is outside the trading calendar {self.name}, which covers {first} to {last}",
            hint="Remove the instrument's calendar, name another one, or leave such bars out",
        )


@attrs.define(eq=False)
class LazyCalendar:
    """A calendar by name, built at the first question about it."""

    name: str
    _calendar: SessionCalendar | None = None

    def is_open(self, at: int) -> bool:
        """Return whether the market is open at a moment; the opening belongs to it, the close does not."""
        return (self._calendar or self._load()).is_open(at)

    def latest_opening(self, at: int) -> int | None:
        """Return the last opening at or before a moment."""
        return (self._calendar or self._load()).latest_opening(at)

    def next_close(self, after: int) -> int:
        """Return the first close later than a moment."""
        return (self._calendar or self._load()).next_close(after)

    def _load(self) -> SessionCalendar:
        self._calendar = _session_calendar(self.name)
        return self._calendar


@functools.cache
def _calendar_named(name: str | None) -> MarketCalendar:
    return AlwaysOpen() if name in (None, ALWAYS_OPEN) else LazyCalendar(str(name))


def calendar_for(instrument: Instrument) -> MarketCalendar:
    """Return an instrument's trading calendar; one that never closes where it names none.

    The calendar is looked up at the first question, which raises ``ConfigError`` for an unknown name;
    ``check_calendar`` asks earlier.
    """
    return _calendar_named(instrument.calendar)


def calendar_named(name: str) -> MarketCalendar:
    """Return a calendar by its name.

    Raises
    ------
    ConfigError
        For an unknown name, with the nearest ones.
    """
    check_calendar(name)
    return _calendar_named(name)


def session_bounds(name: str) -> tuple[Sequence[int], Sequence[int]]:
    """Return the opening and the close of every session of a calendar, ascending, in seconds since the epoch, UTC.

    Parameters
    ----------
    name:
        A calendar with sessions: not ``24/7``.

    Raises
    ------
    ConfigError
        For an unknown name.
    """
    return _session_calendar(name).bounds


def check_calendar(name: str) -> None:
    """Refuse a name that no calendar has.

    Raises
    ------
    ConfigError
        With the nearest names.
    """
    if name not in (FOREX_WEEK, ALWAYS_OPEN):
        _factory(name)


def _factory(name: str) -> Any:
    """Return the library's class for a calendar name or alias."""
    from exchange_calendars import calendar_utils  # noqa: PLC0415 - loads pandas

    factories = calendar_utils._default_calendar_factories  # noqa: SLF001 - the public way builds the default range first
    aliases = calendar_utils._default_calendar_aliases  # noqa: SLF001 - the same
    resolved = aliases.get(name, name)
    if resolved not in factories:
        known = sorted({FOREX_WEEK, *factories, *aliases})
        near = difflib.get_close_matches(name.upper(), known, n=3, cutoff=0.5)
        raise ConfigError(
            f"there is no trading calendar {name!r}",
            hint=f"Did you mean {' or '.join(near)}?"
            if near
            else "Stock exchanges are named by MIC, such as XNYS or XLON",
        )
    return factories[resolved]


def _forex_week() -> Any:
    """Return the currency market's week: Sunday 17:00 to Friday 17:00 in New York, a trading day ending each 17:00.

    The library's own ``24/5`` is open until Saturday 00:00 UTC, which is too late by hours.
    """
    from datetime import time  # noqa: PLC0415 - stands with the library that needs it
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - the same

    from exchange_calendars import ExchangeCalendar  # noqa: PLC0415 - loads pandas

    class ForexWeek(ExchangeCalendar):  # type: ignore[misc]
        """Five sessions a week, each from the afternoon before; no holidays."""

        name = FOREX_WEEK
        tz = ZoneInfo("America/New_York")
        open_times = ((None, time(17)),)
        close_times = ((None, time(17)),)
        open_offset = -1

    return ForexWeek


@functools.cache
def _session_calendar(name: str) -> SessionCalendar:
    """Build a calendar over all days it is good for.

    Raises
    ------
    ConfigError
        For an unknown name, and where the library fails.
    """
    factory = _forex_week() if name == FOREX_WEEK else _factory(name)
    import pandas as pd  # noqa: PLC0415 - heavy

    bounds = factory.bound_min(), factory.bound_max()
    start = max(pd.Timestamp(_FIRST_DAY), bounds[0]) if bounds[0] is not None else pd.Timestamp(_FIRST_DAY)
    end = min(pd.Timestamp(_LAST_DAY), bounds[1]) if bounds[1] is not None else pd.Timestamp(_LAST_DAY)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library's own use of pandas, which nobody here can change
            built = factory(start=start, end=end)
    except (ValueError, NotImplementedError) as error:
        raise ConfigError(
            f"the calendar library cannot build {name!r}: {str(error)[:200]}",
            hint="Remove the instrument's calendar, or install another version of exchange-calendars or pandas",
        ) from error
    opens, closes = built.opens_nanos // _NANOSECONDS, built.closes_nanos // _NANOSECONDS
    return SessionCalendar(name, opens.tolist(), closes.tolist())
