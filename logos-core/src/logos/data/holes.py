"""The intervals that are missing within a stretch of bars while the market was open, and how they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from logos.data.calendars import ALWAYS_OPEN, session_bounds
from logos.domain.times import SECONDS_A_DAY

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

GROUP = 1_000
"""How many intervals from the first hole to the last are asked for at once."""


def missing_times(stamps: Integers, interval: int, start: int, end: int, calendar: str | None = None) -> Integers:
    """Return the open times that lack a bar, between the first bar and the last.

    Parameters
    ----------
    stamps:
        Open times of the bars, ascending, on the grid of the interval.
    start, end:
        Only times from ``start`` up to, not including, ``end``; seconds since the epoch, UTC.
    calendar:
        A trading calendar: while it is closed, nothing is missing. ``None`` for a market that never closes.
    """
    apart = np.diff(stamps) // interval
    begins, counts = stamps[:-1][apart > 1], apart[apart > 1] - 1
    within = np.arange(int(counts.sum()), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
    times: Integers = np.repeat(begins, counts) + (within + 1) * interval
    times = times[(times >= start) & (times < end)]
    if calendar in {None, ALWAYS_OPEN} or not len(times):
        return times
    return times[_open(times, interval, str(calendar))]


def grouped(times: Integers, interval: int) -> Iterator[tuple[int, int]]:
    """Yield stretches that hold all of some times: holes near each other are asked for together."""
    place = 0
    while place < len(times):
        begin = int(times[place])
        behind = int(np.searchsorted(times, begin + GROUP * interval))
        yield begin, int(times[behind - 1]) + interval
        place = behind


def _open(times: Integers, interval: int, calendar: str) -> Flags:
    """Return in which intervals a market is open: a day is a session's if it holds the session's middle."""
    opens, closes = (np.array(bound, dtype=np.int64) for bound in session_bounds(calendar))
    if interval == SECONDS_A_DAY:
        middles = (opens + closes) // 2
        days: Flags = np.searchsorted(middles, times + interval) > np.searchsorted(middles, times)
        return days
    session = np.searchsorted(opens, times + interval) - 1  # the last that opens before the interval ends
    is_open: Flags = (session >= 0) & (closes[session] > times)
    return is_open
