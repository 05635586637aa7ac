"""Which symbols cannot be traded now, as far as their bars and their calendars tell."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping

from logos.data.calendars import ALWAYS_OPEN, session_bounds
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.times import SECONDS_A_DAY
from logos.portfolio.prices.panel import PricePanel

MISSED_SESSIONS = 2
"""A symbol that has had no bar in so many whole sessions of its calendar is not traded. One is not enough: a thinly
traded symbol has sessions without a trade, and its order fills at the next one."""


def untraded(panel: PricePanel, instruments: Mapping[str, Instrument]) -> dict[str, int]:
    """Return the symbols without a fresh close, and when the period of the last one began, in seconds of UTC.

    Sessions are those of a symbol's calendar, and the days of UTC for a coin without one. Where nobody says when a
    market is open, a symbol is taken for traded until ``STALE_AFTER``.
    """
    closes = panel.last_closes()
    stopped = panel.stopped()
    newest = max(closes.values(), default=0) + panel.period
    return {
        symbol: last
        for symbol, last in sorted(closes.items())
        if symbol in stopped or _missed(instruments[symbol], last + panel.period, newest) >= MISSED_SESSIONS
    }


def _missed(instrument: Instrument, since: int, until: int) -> int:
    """Return how many whole sessions a market had between two moments; 0 where nobody knows."""
    if since >= until:
        return 0
    if instrument.calendar == ALWAYS_OPEN or (
        instrument.calendar is None and instrument.asset_class is AssetClass.CRYPTO
    ):
        return (until - since) // SECONDS_A_DAY
    if instrument.calendar is not None:
        opens, closes = session_bounds(instrument.calendar)
        return bisect_right(closes, until) - bisect_left(opens, since)
    return 0
