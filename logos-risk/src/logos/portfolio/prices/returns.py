"""Returns: from prices, how many of them a year has, and the symbols that have none worth the name."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from math import ceil

import numpy as np
import numpy.typing as npt

from logos.data.calendars import session_bounds
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.times import SECONDS_A_DAY
from logos.metrics.periods import CALENDAR_DAYS, EXCHANGE_DAYS
from logos.portfolio.arrays import Matrix
from logos.portfolio.errors import EstimationError
from logos.portfolio.records import Window
from logos.portfolio.risk_models.config import COMMON
from logos.session.untraded import never_closes

Flags = npt.NDArray[np.bool_]

LEAST_SPREAD = 1e-12
"""Returns that are no further apart than this are equal: the rest is the rounding of floats."""

_STOCK_SESSION = 23_400
"""Seconds: 6.5 hours, where a stock or a fund names no calendar."""

# A year without anything unusual, by which the sessions of a calendar are measured. Any other gives the same counts.
_MEASURED_FROM = int(datetime(2019, 1, 1, tzinfo=UTC).timestamp())
_MEASURED_TO = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())

_HOLIDAYS = 10
"""Days: how many more sessions than usual one market may lack beside another, for a lookback of any length."""


def simple_returns(prices: Matrix) -> Matrix:
    """Return the simple returns of consecutive rows, ``p[t] / p[t - 1] - 1``.

    Parameters
    ----------
    prices:
        Shape (T, N), oldest first, each above 0 or NaN where there is none.

    Returns
    -------
    Matrix
        Shape (T - 1, N); NaN where one of the two prices is.
    """
    before = prices[:-1]
    returns: Matrix = (prices[1:] - before) / before
    return returns


def periods_per_year(period: int, instruments: Sequence[Instrument]) -> float:
    """Return how many returns of a period a year has, the factor that annualises means and variances.

    A day's returns are 252 a year for markets with sessions and 365 for those that never close. Periods within a day
    are multiplied by how many of them an average session touches. Of several instruments the rarest counts, since a
    period without it is none that all have in common: a coin beside a share is estimated from 252 returns a year, with
    its weekends in Monday's.

    Parameters
    ----------
    period:
        Seconds; divides a day.
    instruments:
        At least one.
    """
    return min(_periods_of(period, instrument) for instrument in instruments)


def panel_capacity(lookback: int, period: int, instruments: Sequence[Instrument], *, missing: str) -> int:
    """Return how many periods of each symbol a ``PricePanel`` has to keep for so many returns.

    One more than returns; with ``common`` and markets of different hours more, because the busiest of them has many
    periods between two that all have in common.

    Parameters
    ----------
    lookback:
        Returns.
    period:
        Seconds; divides a day.
    instruments:
        At least one.
    missing:
        ``common`` or ``pairwise``.
    """
    closes = lookback + 1
    counts = [_periods_of(period, instrument) for instrument in instruments]
    if missing != COMMON or len({instrument.calendar or instrument.asset_class for instrument in instruments}) == 1:
        return closes
    return ceil(closes * max(counts) / min(counts)) + _HOLIDAYS * (SECONDS_A_DAY // period)


def without_constant(window: Window) -> tuple[Window, tuple[str, ...]]:
    """Return a window without the symbols whose returns are all equal, and the names of those.

    No risk can be estimated for a price that never moves, such as a halted share's or a pegged coin's; the risk models
    refuse it. The same window is returned where there is none.

    Raises
    ------
    EstimationError
        Where nothing would be left.
    """
    still = constant_columns(window.returns)
    if not still.any():
        return window, ()
    names = tuple(symbol for symbol, constant in zip(window.symbols, still.tolist(), strict=True) if constant)
    if len(names) == len(window.symbols):
        raise EstimationError(
            f"the price of no symbol has moved in {len(window.returns)} returns: {', '.join(names)}",
            hint="Check the bars of the feed, or take a longer lookback",
        )
    moving = tuple(symbol for symbol in window.symbols if symbol not in set(names))
    rest, year = np.ascontiguousarray(window.returns[:, ~still]), window.periods_per_year
    if isinstance(year, np.ndarray):
        year = year[~still]
    return Window(symbols=moving, returns=rest, periods_per_year=year), names


def constant_columns(returns: Matrix) -> Flags:
    """Return by column whether all returns that are there are equal, but for the rounding of floats."""
    if not len(returns):
        return np.ones(returns.shape[1], dtype=np.bool_)
    if (np.abs(returns[-1] - returns[0]) > LEAST_SPREAD).all():  # mostly so, and soon seen
        return np.zeros(returns.shape[1], dtype=np.bool_)
    highest, lowest = np.fmax.reduce(returns, axis=0), np.fmin.reduce(returns, axis=0)
    flags: Flags = ~(highest - lowest > LEAST_SPREAD)
    return flags


def _periods_of(period: int, instrument: Instrument) -> float:
    if never_closes(instrument):
        return CALENDAR_DAYS * SECONDS_A_DAY / period
    if period >= SECONDS_A_DAY:
        return float(EXCHANGE_DAYS)
    if instrument.calendar is not None:
        return EXCHANGE_DAYS * _periods_a_session(instrument.calendar, period)
    seconds = _STOCK_SESSION if instrument.asset_class is AssetClass.EQUITY else SECONDS_A_DAY
    return float(EXCHANGE_DAYS * ceil(seconds / period))


@cache
def _periods_a_session(calendar: str, period: int) -> float:
    opens, closes = session_bounds(calendar)
    first, end = bisect_left(opens, _MEASURED_FROM), bisect_left(opens, _MEASURED_TO)
    touched = sum((closes[index] - 1) // period - opens[index] // period + 1 for index in range(first, end))
    return touched / (end - first)
