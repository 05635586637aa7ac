"""Years by the calendar, beside those that the annual figures of ``metrics.json`` count by trading days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from logos.domain.times import SECONDS_A_DAY, parse_time

DAYS_A_YEAR = 365.25
_APART = 0.05
_SHORTEST = 0.25
"""In years. In a shorter span a weekend more or less makes as much of a difference."""


def calendar_years(metrics: Mapping[str, Any]) -> float:
    """Return the time from the open of a run's first bar to the close of its last, in years of 365.25 days."""
    if not metrics["start"] or not metrics["end"]:
        return 0.0
    return (parse_time(metrics["end"]) - parse_time(metrics["start"])) / (SECONDS_A_DAY * DAYS_A_YEAR)


def calendar_growth(metrics: Mapping[str, Any]) -> float | None:
    """Return the total return as growth a year of the calendar; ``None`` where nothing grew for any time."""
    years, growth = calendar_years(metrics), 1.0 + metrics["total_return"]
    return growth ** (1.0 / years) - 1.0 if years > 0 and growth > 0 else None


def calendar_warning(metrics: Mapping[str, Any]) -> str:
    """Return a sentence where the calendar and the count of trading days differ by more than 5 %; else nothing."""
    years, counted = calendar_years(metrics), metrics["days"] / metrics["periods_per_year"]
    growth = calendar_growth(metrics)
    if years < _SHORTEST or abs(counted / years - 1.0) <= _APART or growth is None or metrics["cagr"] is None:
        return ""
    counted_so, by_calendar = (f"{100 * rate:.2f} %" for rate in (metrics["cagr"], growth))
    return (
        f"CAGR, volatility and Sharpe ratio count {metrics['days']:,} days at {metrics['periods_per_year']} a year, "
        f"which is {counted:.2f} years, and the calendar has {years:.2f}: the CAGR is {counted_so} so, "
        f"and {by_calendar} by the calendar. Turnover and costs a year are by the calendar"
    )
