"""How many trading days make a year, and why."""

from __future__ import annotations

from collections.abc import Collection

import attrs

EXCHANGE_DAYS = 252
CALENDAR_DAYS = 365


@attrs.frozen(kw_only=True)
class AnnualPeriods:
    """The days of a year by which daily figures are annualised.

    Attributes
    ----------
    periods:
        252 or 365.
    reason:
        A sentence that says which, and why.
    """

    periods: int
    reason: str


def annual_periods(around_the_clock: Collection[str]) -> AnnualPeriods:
    """Return 365 days a year where anything is traded around the clock, else 252.

    252 is the usual count of sessions of a US stock exchange in a year; a market that never closes has a return on
    every day of the year, and an account that holds both has one on each day too.

    Parameters
    ----------
    around_the_clock:
        The symbols whose market never closes; any order.
    """
    if not around_the_clock:
        return AnnualPeriods(
            periods=EXCHANGE_DAYS,
            reason="252 days a year, the sessions of an exchange: no instrument trades around the clock",
        )
    names = sorted(around_the_clock)
    shown = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    verb = "trades" if len(names) == 1 else "trade"
    return AnnualPeriods(periods=CALENDAR_DAYS, reason=f"365 days a year, every day: {shown} {verb} around the clock")
