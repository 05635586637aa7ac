"""What is odd about an allocator's keys in the session that it is asked to join. Imports nothing heavy.

``logos config check`` shows it as warnings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from logos.domain.errors import Problem
from logos.domain.times import parse_interval
from logos.portfolio.constraints.config import ConstraintsConfig

if TYPE_CHECKING:
    from logos.domain.instruments import Instrument
    from logos.session.outlook import Outlook


def history_remarks(outlook: Outlook, interval: str, lookback: int, least_history: int) -> Iterator[Problem]:
    """Yield that there are too few bars for a weight, or fewer than an estimate takes."""
    bars_a_return = max(1, parse_interval(interval) // outlook.context.interval)
    traded = {symbol: outlook.bars[symbol] for symbol in outlook.context.traded if symbol in outlook.bars}
    if traded and max(traded.values()) <= least_history:
        yield Problem(
            path="min_history",
            message=f"a weight needs {least_history:,} returns, and no symbol has more than "
            f"{max(traded.values()):,} bars: no weight will ever be set",
            hint="Shorten it, or give the feed more bars",
        )
        return
    # Where a market closes, a day has fewer bars than hours: only bars of one period each can be counted.
    short = {symbol: have for symbol, have in traded.items() if bars_a_return == 1 and have <= lookback}
    if short:
        told = ", ".join(f"{symbol} has {have:,}" for symbol, have in short.items())
        yield Problem(
            path="lookback",
            message=f"{lookback:,} returns need {lookback + 1:,} bars, and {told}",
            hint="Estimates rest on fewer returns: shorten lookback, or give the feed more bars",
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
