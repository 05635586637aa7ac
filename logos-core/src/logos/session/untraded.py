"""Which symbols cannot be traded now, as far as their bars and their calendars tell."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping

from logos.data.calendars import ALWAYS_OPEN, session_bounds
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.times import SECONDS_A_DAY, time_text

MISSED_SESSIONS = 2
"""A symbol that has had no bar in so many whole sessions of its calendar is not traded. One is not enough: a thinly
traded symbol has sessions without a trade, and its order fills at the next one."""

STALE_AFTER = 14 * SECONDS_A_DAY
"""Seconds: a symbol without a close for longer than this before the newest close of any is no longer traded."""


def untraded(last: Mapping[str, int], length: int, instruments: Mapping[str, Instrument]) -> dict[str, int]:
    """Return the symbols without a fresh close, by name, and when their last bar began, in seconds of UTC.

    Sessions are those of a symbol's calendar, and the days of UTC for a coin without one. Where nobody says when a
    market is open, a symbol is taken for traded until ``STALE_AFTER``.

    Parameters
    ----------
    last:
        When the last bar of each symbol began, in seconds since the epoch, UTC.
    length:
        Seconds that one of these bars covers.
    """
    newest = max(last.values(), default=0)
    oldest = newest - STALE_AFTER // length * length
    return {
        symbol: at
        for symbol, at in sorted(last.items())
        if at < oldest or _missed(instruments[symbol], at + length, newest + length) >= MISSED_SESSIONS
    }


def since_text(untraded: Mapping[str, int]) -> str:
    """Return symbols without a fresh close by name, each with the day of its last one."""
    return ", ".join(f"{symbol} (none since {time_text(untraded[symbol])[:10]})" for symbol in sorted(untraded))


def never_closes(instrument: Instrument) -> bool:
    """Return whether a market is known to be always open: a coin's, unless its calendar says otherwise."""
    if instrument.calendar is None:
        return instrument.asset_class is AssetClass.CRYPTO
    return instrument.calendar == ALWAYS_OPEN


def _missed(instrument: Instrument, since: int, until: int) -> int:
    """Return how many whole sessions a market had between two moments; 0 where nobody knows."""
    if since >= until:
        return 0
    if never_closes(instrument):
        return (until - since) // SECONDS_A_DAY
    if instrument.calendar is not None:
        opens, closes = session_bounds(instrument.calendar)
        return bisect_right(closes, until) - bisect_left(opens, since)
    return 0
