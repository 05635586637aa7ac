"""``risk.json``: the risk that a portfolio took, who contributed it, how concentrated it was, and what trading cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from logos.backtest.figures import metrics_json
from logos.backtest.past_run import PastRun
from logos.domain.money import RATIO_DECIMALS, RATIO_ONE
from logos.domain.times import parse_time, time_text
from logos.portfolio.allocator.rounding import whole_units
from logos.portfolio.backtest.calendar_time import calendar_years
from logos.portfolio.backtest.rebalances import PastRebalance, read_rebalances, spans
from logos.portfolio.risk_models.contributions import herfindahl

DEFINITIONS = {
    "volatility": "Expected volatility a year of the target weights, as a share of equity; the mean over the "
    "rebalances, each counted by the time that it was in force. null where the allocator has no model of risk.",
    "contributions": "Each symbol's share of the expected variance of the target weights, averaged in the same way; "
    "the shares sum to 1. Empty where the allocator has no model of risk.",
    "concentration": "Herfindahl index of what was held at the close of the slice after each rebalance: the sum of the "
    "squared shares of the gross holdings, averaged in the same way. 1 over the number of symbols where all are held "
    "equally, 1 where one is all. null where nothing was held, or no slice followed a rebalance.",
    "turnover": "The value of all fills, purchases and sales together, over the mean of the daily equities (turnover "
    "of metrics.json), for one year.",
    "cost_drag": "Fees and slippage paid, over the mean of the daily equities, for one year.",
    "realised_volatility": "Standard deviation of the account's daily returns, scaled to a year: volatility of "
    "metrics.json.",
    "effective_assets": "1 over the concentration: how many symbols held equally would be as concentrated.",
    "years": "From start to end of metrics.json by the calendar, in years of 365.25 days. Its cagr counts trading days "
    "instead.",
    "tracking_gap": "How far the book was from its targets: the sum over the symbols of the absolute difference of the "
    "target weight and what was held at the close of the slice after the rebalance, averaged in the same way. It holds "
    "what was refused, left alone or cut, the rounding to lots, and the move of prices in that slice. null where no "
    "slice followed a rebalance.",
    "greatest_tracking_gap": "The greatest of these sums.",
}


@attrs.frozen(kw_only=True)
class RiskReport:
    """The risk of one run. Ratios are shares of equity unless ``DEFINITIONS`` says otherwise."""

    volatility: float | None
    contributions: Mapping[str, float]
    concentration: float | None
    turnover: float | None
    cost_drag: float | None
    realised_volatility: float | None
    effective_assets: float | None
    years: float
    tracking_gap: float | None
    greatest_tracking_gap: float | None
    rebalances: tuple[PastRebalance, ...]

    @property
    def remarked(self) -> int:
        """How many rebalances have a note."""
        return sum(1 for one in self.rebalances if one.notes)

    def as_object(self) -> dict[str, Any]:
        """Return the object of ``risk.json``: ratios with eight decimals, symbols in name order."""
        rest = ("turnover", "cost_drag", "realised_volatility", "effective_assets", "years", "tracking_gap")
        return {
            "volatility": _rounded(self.volatility),
            "contributions": _shares(self.contributions),
            "concentration": _rounded(self.concentration),
            **{name: _rounded(getattr(self, name)) for name in (*rest, "greatest_tracking_gap")},
            "rebalances": [_rebalance(one) for one in self.rebalances],
            "definitions": DEFINITIONS,
        }


def risk_report(run: PastRun) -> RiskReport:
    """Return the risk of a finished run.

    Raises
    ------
    IntegrityError
        Where its journal or one of its tables cannot be read.
    """
    metrics = run.metrics
    end = parse_time(metrics["end"]) if metrics["end"] else 0
    rebalances = read_rebalances(run.folder, end)
    in_force = spans(rebalances, end) if rebalances else []
    years = calendar_years(metrics)
    gaps = [gap for one in rebalances if (gap := tracking_gap(one)) is not None]
    concentration = _mean(rebalances, in_force, lambda one: concentration_of(one.held))
    return RiskReport(
        volatility=_mean(rebalances, in_force, lambda one: one.volatility),
        contributions=_contributions(rebalances, in_force),
        concentration=concentration,
        turnover=_a_year(metrics["turnover"], years),
        cost_drag=_a_year(_costs_share(run), years),
        realised_volatility=metrics["volatility"],
        effective_assets=1 / concentration if concentration else None,
        years=years,
        tracking_gap=_mean(rebalances, in_force, tracking_gap),
        greatest_tracking_gap=max(gaps, default=None),
        rebalances=rebalances,
    )


def write_risk(report: RiskReport, path: Path) -> None:
    """Write ``risk.json``: the same bytes for the same report."""
    path.write_bytes(metrics_json(report.as_object()))


def concentration_of(held: Mapping[str, float]) -> float | None:
    """Return the Herfindahl index of holdings; ``None`` where nothing is held."""
    return herfindahl(np.array(list(held.values()))) or None


def tracking_gap(one: PastRebalance) -> float | None:
    """Return the sum of the absolute differences of target and held weights; ``None`` where no slice followed."""
    if not one.held:
        return None
    return sum(
        abs(one.targets.get(symbol, 0.0) - one.held.get(symbol, 0.0)) for symbol in sorted({*one.targets, *one.held})
    )


def _mean(
    rebalances: Sequence[PastRebalance], in_force: Sequence[int], figure: Callable[[PastRebalance], float | None]
) -> float | None:
    """Return the mean of a figure over the rebalances that define it, each counted by the time it was in force."""
    values = [
        (value, seconds)
        for one, seconds in zip(rebalances, in_force, strict=True)
        if (value := figure(one)) is not None
    ]
    total = sum(seconds for _, seconds in values)
    if not total:  # one rebalance at the very end
        return values[-1][0] if values else None
    return sum(value * seconds for value, seconds in values) / total


def _contributions(rebalances: Sequence[PastRebalance], in_force: Sequence[int]) -> dict[str, float]:
    symbols = sorted({symbol for one in rebalances for symbol in one.risk})
    shares = {
        symbol: _mean(rebalances, in_force, lambda one, symbol=symbol: one.risk.get(symbol, 0.0) if one.risk else None)  # type: ignore[misc]
        for symbol in symbols
    }
    total = sum(share or 0.0 for share in shares.values())
    return {symbol: (share or 0.0) / total for symbol, share in shares.items()} if total else {}


def _a_year(value: float | None, years: float) -> float | None:
    return None if value is None or not years else value / years


def _costs_share(run: PastRun) -> float | None:
    """Return fees and slippage over the mean of the daily equities."""
    equity = run.daily().equity
    costs = run.metrics["costs"]
    paid = Fraction(Decimal(costs["fees"]) + Decimal(costs["slippage"]))
    mean = float(equity.mean()) if len(equity) else 0.0
    return float(paid) / mean if mean > 0 else None


def _rebalance(one: PastRebalance) -> dict[str, Any]:
    concentration = concentration_of(one.held)
    return {
        "timestamp": time_text(one.at),
        "volatility": _rounded(one.volatility),
        "concentration": _rounded(concentration),
        "effective_assets": _rounded(1 / concentration if concentration else None),
        "tracking_gap": _rounded(tracking_gap(one)),
        "method": one.method,
        "notes": list(one.notes),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, RATIO_DECIMALS) + 0.0


def _shares(contributions: Mapping[str, float]) -> dict[str, float]:
    """Return shares with eight decimals that still sum to 1; rounded one by one, they would not."""
    symbols = tuple(sorted(contributions))
    units = whole_units(np.array([contributions[symbol] for symbol in symbols]), symbols)
    return {symbol: count / RATIO_ONE + 0.0 for symbol, count in units.items()}
