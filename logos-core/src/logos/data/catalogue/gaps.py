"""Bars that are missing while the market was open, and bars while it was closed."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import attrs
import numpy as np

from logos.data.calendars import ALWAYS_OPEN, session_bounds
from logos.data.catalogue.ordering import Grid
from logos.data.catalogue.records import Finding
from logos.data.catalogue.shapes import counted
from logos.data.catalogue.table import Flags, Integers, Table
from logos.domain.times import SECONDS_A_DAY, time_text

_MONDAY = 4  # 1970-01-01 was a Thursday
_WEEKEND = 5
_HOUR = 3_600
_SHOWN = 3
NO_CALENDAR = "gaps against trading hours: no calendar (give --calendar, or --config)"


@attrs.frozen(eq=False, kw_only=True)
class Missing:
    """What lies between each bar and the next.

    Attributes
    ----------
    bars:
        How many bars are missing behind each bar but the last.
    closed:
        The bars at a time at which the market was closed; ``None`` where nobody knows.
    unit:
        What is counted.
    hedge:
        What cannot be told; may be empty.
    """

    bars: Integers
    closed: Flags | None = None
    unit: str = "bar"
    hedge: str = ""


def check_gaps(table: Table, grid: Grid, calendar: str | None) -> Iterator[Finding]:
    """Find gaps against a calendar, or against the clock where there is none.

    Parameters
    ----------
    table:
        The rows in order.
    calendar:
        A trading calendar, ``24/7``, or ``None``.
    """
    missing = _missing(table.stamps, grid, calendar)
    gaps = np.flatnonzero(missing.bars > 0)
    if len(gaps):
        longest = gaps[np.argsort(-missing.bars[gaps], kind="stable")[:_SHOWN]]
        text = f"{counted(int(missing.bars.sum()), missing.unit)} missing in {counted(len(gaps), 'place')}: "
        text += ", ".join(f"{int(missing.bars[at]):,} after {time_text(int(table.stamps[at]))}" for at in longest)
        text += " …" if len(gaps) > _SHOWN else ""
        yield table.finding("gaps", gaps, text + missing.hedge)
    if missing.closed is not None and missing.closed.any():
        first = time_text(int(table.stamps[table.first(missing.closed)]))
        yield table.finding("outside_hours", missing.closed, f"{calendar} was closed at {first}")


def check_stamps_are_opens(table: Table, grid: Grid, calendar: str | None) -> Iterator[Finding]:
    """Say where the times look like those at which the bars close."""
    if calendar == ALWAYS_OPEN and grid.interval < _HOUR and len(table) > 1:
        ends = (int(table.stamps[0]), int(table.stamps[-1]))
        if ends[0] % _HOUR == grid.interval and ends[1] % _HOUR != _HOUR - grid.interval:
            text = f"the first bar is at {time_text(ends[0])}, one interval past the hour"
            yield table.finding("close_stamps", np.array([0]), text)


def _missing(stamps: Integers, grid: Grid, calendar: str | None) -> Missing:
    daily = grid.interval == SECONDS_A_DAY
    if calendar == ALWAYS_OPEN or (calendar is None and daily and _trades_on_weekends(stamps)):
        return _against_clock(stamps, grid)
    if calendar is not None:
        return _against_days(stamps, calendar) if daily else _against_hours(stamps, grid, calendar)
    if daily:
        return _against_weekdays(stamps)
    clock = _against_clock(stamps, grid)
    return attrs.evolve(
        clock, hedge="; nights, week-ends and holidays cannot be told from missing bars without a calendar"
    )


def _against_clock(stamps: Integers, grid: Grid) -> Missing:
    # To the nearest place, since local midnights move by an hour in spring and autumn.
    places = (stamps - grid.phase + grid.interval // 2) // grid.interval
    return Missing(bars=np.maximum(np.diff(places) - 1, 0))


def _weekdays(stamps: Integers) -> Integers:
    """Return the day of the week, Monday being 0: that of noon after the time, which is that of a local midnight."""
    return ((stamps + SECONDS_A_DAY // 2) // SECONDS_A_DAY + _MONDAY - 1) % 7


def _trades_on_weekends(stamps: Integers) -> bool:
    return bool((_weekdays(stamps) >= _WEEKEND).sum() * 10 > len(stamps))


def _against_weekdays(stamps: Integers) -> Missing:
    days = (stamps + SECONDS_A_DAY // 2) // SECONDS_A_DAY
    number = days + _MONDAY - 1
    working = number // 7 * 5 + np.minimum(number % 7, _WEEKEND)  # working days before each day
    between = working[1:] - working[:-1] - (number[:-1] % 7 < _WEEKEND)
    return Missing(
        bars=np.maximum(between, 0),
        unit="weekday",
        hedge="; holidays cannot be told from missing days without a calendar",
    )


def _against_days(stamps: Integers, calendar: str) -> Missing:
    """Compare daily bars with a calendar: a session belongs to the bar whose 24 hours hold its middle."""
    opens, closes = _bounds(calendar)
    middles = (opens + closes) // 2
    begins, ends = (np.searchsorted(middles, stamps + shift) for shift in (0, SECONDS_A_DAY))
    inside = _known(stamps, opens, closes)
    return Missing(
        bars=np.where(inside[:-1], np.maximum(begins[1:] - ends[:-1], 0), 0),
        closed=(ends == begins) & inside,
        unit="session",
    )


def _against_hours(stamps: Integers, grid: Grid, calendar: str) -> Missing:
    """Compare bars with the intervals that lie, at least in part, in a session."""
    opens, closes = _bounds(calendar)
    first = (opens - grid.phase) // grid.interval
    last = -((grid.phase - closes) // grid.interval)  # one past the last, rounded up
    first = np.maximum(first, np.concatenate((first[:1], last[:-1])))  # an interval may touch two sessions
    before = np.concatenate(([0], np.cumsum(last - first)))
    places = (stamps - grid.phase) // grid.interval

    def open_before(place: Integers) -> Integers:
        """Return how many intervals the market was open before each place."""
        session = np.searchsorted(first, place, side="right") - 1
        within = np.clip(place - first[session], 0, last[session] - first[session])
        count: Integers = np.where(session < 0, 0, before[session] + within)
        return count

    is_open = open_before(places + 1) > open_before(places)
    inside = _known(stamps, opens, closes)
    between = open_before(places[1:]) - open_before(places[:-1] + 1)
    return Missing(bars=np.where(inside[:-1], np.maximum(between, 0), 0), closed=~is_open & inside)


@functools.cache
def _bounds(calendar: str) -> tuple[Integers, Integers]:
    """Return the openings and the closes of a calendar."""
    opens, closes = (np.array(bound, dtype=np.int64) for bound in session_bounds(calendar))
    return opens, closes


def _known(stamps: Integers, opens: Integers, closes: Integers) -> Flags:
    """Return which times the calendar covers."""
    covered: Flags = (stamps >= opens[0] - SECONDS_A_DAY) & (stamps <= closes[-1])
    return covered
