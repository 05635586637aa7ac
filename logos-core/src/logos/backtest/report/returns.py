"""Returns by day, month and year, and over rolling windows: for pictures, never for money."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import numpy as np

from logos.artifacts.backtests import DailyEquity
from logos.artifacts.curve import Floats, Times
from logos.domain.times import SECONDS_A_DAY
from logos.metrics.daily import daily_returns
from logos.metrics.ratios import sharpe, volatility

ROLLING_DAYS = 63
"""A quarter of the trading days of a year."""

_MOST_BINS = 60


@attrs.frozen(eq=False)
class Rolling:
    """Volatility and Sharpe ratio over the last 63 trading days, scaled to a year; not a number where undefined."""

    time: Times
    volatility: Floats
    sharpe: Floats


@attrs.frozen(eq=False)
class Histogram:
    """How many days had a return in each bin; the edges are fractions, one more than there are counts."""

    edges: Floats
    counts: Times


def returns_of(daily: DailyEquity, starting_cash: float) -> Floats:
    """Return the return of each trading day, the first on the starting cash; none after the day of a ruin."""
    return daily_returns(daily.equity.tolist(), starting_cash)


def monthly_returns(daily: DailyEquity, starting_cash: float) -> dict[int, dict[int, float]]:
    """Return the return of each month with a trading day, by year and month."""
    table: dict[int, dict[int, float]] = {}
    for month, growth in _by_period(daily, starting_cash, "datetime64[M]"):
        year, place = divmod(month, 12)
        table.setdefault(1970 + year, {})[place + 1] = growth
    return table


def yearly_returns(daily: DailyEquity, starting_cash: float) -> dict[int, float]:
    """Return the return of each year with a trading day."""
    return {1970 + year: growth for year, growth in _by_period(daily, starting_cash, "datetime64[Y]")}


def _by_period(daily: DailyEquity, starting_cash: float, unit: str) -> list[tuple[int, float]]:
    """Return the return of each period, from the last equity of one to the last equity of the next."""
    periods = daily.day.astype("datetime64[D]").astype(unit).astype(np.int64)
    last = np.flatnonzero(np.diff(periods, append=periods[-1:] + 1))
    growth = daily_returns(daily.equity[last].tolist(), starting_cash)
    return list(zip(periods[last].tolist(), growth.tolist(), strict=False))  # a ruin ends the returns


def rolling(daily: DailyEquity, returns: Floats, periods: int) -> Rolling | None:
    """Return rolling volatility and Sharpe ratio; ``None`` where there are fewer days than one window.

    Parameters
    ----------
    periods:
        Trading days of a year.
    """
    if len(returns) < ROLLING_DAYS:
        return None
    windows = [returns[end - ROLLING_DAYS : end] for end in range(ROLLING_DAYS, len(returns) + 1)]
    return Rolling(
        time=daily.day[ROLLING_DAYS - 1 : len(returns)] * SECONDS_A_DAY,
        volatility=_known(volatility(window, periods=periods) for window in windows),
        sharpe=_known(sharpe(window, periods=periods) for window in windows),
    )


def _known(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values])


def histogram(returns: Floats) -> Histogram:
    """Return how the daily returns are distributed, in bins of one width (Freedman and Diaconis, 1981).

    A bin is twice the interquartile range wide, divided by the cube root of the number of days.
    """
    if not len(returns) or returns.min() == returns.max():
        middle = float(returns[0]) if len(returns) else 0.0
        return Histogram(np.array([middle - 5e-4, middle + 5e-4]), np.array([len(returns)]))
    low, high = float(returns.min()), float(returns.max())
    quartiles = np.percentile(returns, [25, 75])
    width = 2 * float(quartiles[1] - quartiles[0]) / len(returns) ** (1 / 3)
    width = max(width, (high - low) / _MOST_BINS)
    # Zero is an edge, so that no bin holds gains and losses.
    edges = width * np.arange(np.floor(low / width), np.floor(high / width) + 2)
    return Histogram(edges, np.histogram(returns, bins=edges)[0])
