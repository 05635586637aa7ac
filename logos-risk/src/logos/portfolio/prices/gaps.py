"""Periods that common returns leave out because a symbol has no close in them although its market was open."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce

import attrs
import numpy as np
import numpy.typing as npt

from logos.data.calendars import session_bounds
from logos.domain.instruments import Instrument
from logos.domain.times import SECONDS_A_DAY
from logos.portfolio.prices.panel import PricePanel
from logos.session.untraded import never_closes

Periods = npt.NDArray[np.int64]

WORTH_A_WORD = 0.05
"""Share of the periods: where no more are left out, it overstates volatility by little."""


@attrs.frozen(kw_only=True)
class Gaps:
    """What is missing between the closes that several symbols have in common.

    Attributes
    ----------
    periods:
        How many were left out: a return across some of them spans several periods and counts as one.
    symbols:
        Those that had no close in them, in the order of their names.
    """

    periods: int
    symbols: tuple[str, ...]


def gaps(panel: PricePanel, symbols: Sequence[str], instruments: Mapping[str, Instrument], returns: int) -> Gaps | None:
    """Return the gaps between the last common closes; ``None`` where they are few.

    What calendars explain is no gap: a share has no close on a coin's weekend. One is where some symbol has a close and
    not all have, though all of their markets were open: that of a symbol was where another of the same hours has a
    close, or its calendar says so. Those without a calendar keep the hours of their asset class, and coins have all.

    Parameters
    ----------
    symbols:
        Those with returns in common.
    returns:
        How many returns in common the estimate takes; at least 1 where there are symbols.
    """
    kept = [panel.periods_of(symbol) for symbol in symbols]
    if all(one == kept[0] for one in kept):
        return None
    each = dict(zip(symbols, (np.frombuffer(one, dtype=np.int64) for one in kept), strict=True))
    union, counts = np.unique(np.concatenate(list(each.values())), return_counts=True)
    common = union[counts == len(each)][-returns - 1 :]
    markets = opened_by_market(each, panel.period, instruments)
    expected = reduce(np.intersect1d, (opened for _, opened in markets), union)
    missed = np.setdiff1d(expected[(expected > common[0]) & (expected < common[-1])], common)
    if len(missed) <= WORTH_A_WORD * (len(missed) + returns):
        return None
    lacking = (symbol for symbol, own in each.items() if not np.isin(missed, own).all())
    return Gaps(periods=len(missed), symbols=tuple(sorted(lacking)))


def opened_by_market(
    each: Mapping[str, Periods], length: int, instruments: Mapping[str, Instrument]
) -> Iterator[tuple[list[str], Periods]]:
    """Yield the symbols of each market, and the periods in which it was open; see ``gaps`` for how that is known.

    Parameters
    ----------
    each:
        By symbol, the periods in which it has a close.
    length:
        Seconds that a period covers.
    """
    alike: dict[str, list[str]] = {}
    for symbol in each:
        alike.setdefault(_hours(instruments[symbol]), []).append(symbol)
    for group in alike.values():
        yield group, _open_periods([each[symbol] for symbol in group], length, instruments[group[0]])


def _hours(instrument: Instrument) -> str:
    return str(instrument.calendar or instrument.asset_class)


def _open_periods(closes: Sequence[Periods], length: int, instrument: Instrument) -> Periods:
    """Return the periods in which a market was open, as far as the closes of its symbols and its calendar tell.

    A calendar is asked about periods of a day or more: it knows no lunch break. Nor is it asked where the days of the
    bars are others than those in which sessions end, as where a bar of Monday begins on Sunday by UTC.

    Parameters
    ----------
    closes:
        By symbol, the periods in which it has a close, counted since the epoch.
    length:
        Seconds that a period covers.
    """
    own: Periods = np.unique(np.concatenate(closes))
    if never_closes(instrument):
        return np.arange(own[0], own[-1] + 1)
    if instrument.calendar is None or length < SECONDS_A_DAY:
        return own
    _, ends = session_bounds(instrument.calendar)
    first, last = bisect_right(ends, own[0] * length), bisect_right(ends, (own[-1] + 1) * length)
    sessions = (np.array(ends[first:last], dtype=np.int64) - 1) // length
    return np.union1d(own, sessions) if np.isin(own, sessions).mean() >= 1 - WORTH_A_WORD else own
