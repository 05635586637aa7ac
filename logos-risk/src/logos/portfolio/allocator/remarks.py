"""What is odd about an allocator's keys in the session that it is asked to join. Imports nothing heavy.

``logos config check`` shows it as warnings.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

from logos.data.calendars import session_bounds
from logos.domain.errors import Problem
from logos.domain.times import parse_interval
from logos.portfolio.allocator.effective_returns import too_few_told
from logos.portfolio.constraints.config import ConstraintsConfig
from logos.portfolio.risk_models.config import EWMA, SAMPLE, RiskModelConfig
from logos.session.untraded import never_closes

if TYPE_CHECKING:
    from logos.domain.instruments import Instrument
    from logos.session.outlook import Outlook


def history_remarks(outlook: Outlook, interval: str, lookback: int, least_history: int) -> Iterator[Problem]:
    """Yield that there are too few bars for a weight, or fewer than an estimate takes."""
    period = parse_interval(interval)
    traded = {one.symbol: _periods(outlook, one, period) for one in _traded(outlook) if one.symbol in outlook.bars}
    what = "bars" if period <= outlook.context.interval else f"periods of {interval}"
    if traded and max(traded.values()) <= least_history:
        yield Problem(
            path="min_history",
            message=f"a weight needs {least_history:,} returns, and no symbol has more than "
            f"{max(traded.values()):,} {what}: no weight will ever be set",
            hint="Shorten lookback or min_history, or give the feed more bars",
        )
        return
    short = {symbol: have for symbol, have in traded.items() if have <= lookback}
    if short:
        told = ", ".join(f"{symbol} has {have:,}" for symbol, have in short.items())
        yield Problem(
            path="lookback",
            message=f"{lookback:,} returns need {lookback + 1:,} {what}, and {told}",
            hint="Estimates rest on fewer returns: shorten lookback, or give the feed more bars",
        )


def _periods(outlook: Outlook, instrument: Instrument, period: int) -> int:
    """Return in how many periods a symbol has a bar, at most: its calendar says on which days it can have one."""
    bars, span = outlook.bars[instrument.symbol], outlook.spans.get(instrument.symbol)
    if period <= outlook.context.interval or span is None:
        return bars
    first, last = (at // period for at in span)
    if instrument.calendar is None or never_closes(instrument):
        return min(bars, last - first + 1)
    opens, closes = session_bounds(instrument.calendar)
    sessions = range(bisect_right(closes, span[0]), bisect_right(opens, span[1]))
    touched = {
        place for index in sessions for place in range(opens[index] // period, (closes[index] - 1) // period + 1)
    }
    return min(bars, sum(1 for place in touched if first <= place <= last))


def risk_model_remarks(
    outlook: Outlook, model: RiskModelConfig, lookback: int, *, looks_at_means: bool
) -> Iterator[Problem]:
    """Yield that a half-life leaves too few returns, and that means are weighted which nothing looks at."""
    told = too_few_told(lookback, float(model.halflife), len(outlook.context.traded))
    if model.model == EWMA and told:
        yield Problem(
            path="risk_model.halflife",
            message=f"it is {model.halflife}: {told}",
            hint="Lengthen it, or write model: ledoit_wolf",
        )
    if model.mean != SAMPLE and not looks_at_means:
        yield Problem(
            path="risk_model.mean",
            message=f"it is {model.mean}, and this allocator does not look at mean returns: it changes nothing",
            hint="Leave it out, or allocate by mean_variance with another objective than min_variance",
        )


def sector_remarks(outlook: Outlook, constraints: ConstraintsConfig) -> Iterator[Problem]:
    """Yield the symbols that no cap of a sector counts, where there are such caps."""
    without = [one.symbol for one in _traded(outlook) if one.sector is None]
    if constraints.sectors and without:
        yield Problem(
            path="constraints.sectors",
            message=f"no sector is known of {', '.join(without)}: no cap of a sector counts what is held there",
            hint="Give each a sector in the section instruments",
        )


def currency_remarks(outlook: Outlook) -> Iterator[Problem]:
    """Yield that a conversion's moves are not part of the risk, where one is needed."""
    currency = outlook.context.account.currency
    foreign = [f"{one.symbol} in {one.currency}" for one in _traded(outlook) if one.currency != currency]
    if foreign:
        yield Problem(
            path="risk_model",
            message=f"risk is estimated from prices as they are quoted ({', '.join(foreign)}): how their conversion "
            f"to {currency} moves is left out",
            hint="Read expected volatility and shares of risk with that in mind, or trade symbols of one currency",
        )


def may_be_empty(constraints: ConstraintsConfig) -> bool:
    """Return whether constraints allow to hold nothing at all: no sum and no single weight is prescribed."""
    net = constraints.net
    if net is None or (net.min is not None and net.min > 0) or (net.max is not None and net.max < 0):
        return False
    leasts = [constraints.min_weight, *(one.min for one in constraints.weights.values())]
    mosts = [one.max for one in constraints.weights.values()]
    return not any(bound is not None and bound > 0 for bound in leasts) and not any(
        bound is not None and bound < 0 for bound in mosts
    )


def _traded(outlook: Outlook) -> list[Instrument]:
    return [outlook.context.instruments[symbol] for symbol in outlook.context.traded]
