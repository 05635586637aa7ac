"""From the totals of a trial to its record: measures as numbers, and the daily returns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from logos.backtest.figures import annual_periods_of, statistics_of
from logos.backtest.records import RunTotals
from logos.backtest.sweep.evaluations import REFUSED, Evaluation, Record, packed
from logos.backtest.trial import TrialOutcome
from logos.metrics.round_trips import profit_factor, win_rate

CURVE = ("total_return", "cagr", "volatility", "sharpe", "sortino", "calmar", "max_drawdown")
RATIOS = (*CURVE, "win_rate", "profit_factor", "exposure", "turnover")
COUNTS = ("bars", "slices", "orders", "blocked", "rejected", "fills", "trades")
MONEY = ("final_equity", "realized_pnl", "unrealized_pnl", "fees")


def record_of(evaluation: Evaluation, outcome: TrialOutcome) -> Record:
    """Return the record of a trial. Its measures are those of ``metrics.json``, by the same names."""
    record: Record = {
        "trial": evaluation.trial,
        "split": evaluation.split,
        "part": evaluation.part,
        "rung": evaluation.rung,
        "engine": outcome.engine,
        "note": outcome.note,
        "refusal": outcome.refusal,
    }
    totals = outcome.totals
    if totals is None:
        return record | {"status": REFUSED, "days": "", "returns": ""}
    return {
        **record,
        "status": totals.status,
        "start": totals.first_open,
        "end": totals.last_clock,
        **_ratios(totals),
        "bars": totals.bars,
        "slices": totals.slices,
        "orders": totals.orders,
        "blocked": totals.blocked,
        "rejected": totals.rejected,
        "fills": totals.fills,
        "trades": sum(pair.trips for pair in totals.pairs),
        "final_equity": totals.final_equity,
        "realized_pnl": totals.realized,
        "unrealized_pnl": totals.unrealized,
        "fees": totals.fees,
    }


def _ratios(totals: RunTotals) -> dict[str, Any]:
    pairs, by_day = totals.pairs, totals.by_day
    periods = annual_periods_of(totals.instruments.values()).periods
    found = statistics_of(by_day, totals.starting_cash, totals.decimals, periods)
    equity = sum(map(int, by_day.equity))
    values = {
        **{name: getattr(found, name) for name in CURVE},
        "win_rate": win_rate(sum(pair.wins for pair in pairs), sum(pair.trips for pair in pairs)),
        "profit_factor": profit_factor(
            sum(pair.gross_profit for pair in pairs), sum(pair.gross_loss for pair in pairs)
        ),
        "exposure": totals.exposed / totals.slices if totals.slices else None,
        "turnover": sum(pair.traded for pair in pairs) * len(by_day.equity) / equity if equity > 0 else None,
    }
    return {
        **{name: _finite(value) for name, value in values.items()},
        "days": packed(np.asarray(by_day.days, dtype="<i4")),
        "returns": packed(np.asarray(found.returns, dtype="<f8")),
    }


def _finite(value: float | None) -> float | None:
    """Return a number that JSON and the table can hold; no negative zero."""
    return None if value is None or not math.isfinite(value) else value + 0.0
