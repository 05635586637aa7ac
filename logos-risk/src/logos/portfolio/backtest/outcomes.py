"""What came of a portfolio backtest and of its benchmarks."""

from __future__ import annotations

import attrs

from logos.backtest.setup import BacktestOutcome
from logos.portfolio.backtest.comparing import Standings
from logos.portfolio.backtest.decisions import Decisions
from logos.portfolio.backtest.risk_report import RiskReport


@attrs.frozen(kw_only=True)
class BenchmarkOutcome:
    """What came of a benchmark. ``path`` is its folder, relative to the workspace."""

    name: str
    outcome: BacktestOutcome
    path: str
    risk: RiskReport
    decisions: Decisions


@attrs.frozen(kw_only=True)
class PortfolioOutcome:
    """What came of a portfolio backtest.

    Attributes
    ----------
    span:
        Where the traded span begins and why, and who has weights only later.
    decisions:
        What became of the portfolio's targets.
    notes:
        What the operator should know of the run and of the comparison, in whole sentences.
    seconds:
        How long all took, benchmarks and files included; ``outcome.seconds`` counts the portfolio's bars alone.
    """

    name: str
    outcome: BacktestOutcome
    risk: RiskReport
    decisions: Decisions
    benchmarks: tuple[BenchmarkOutcome, ...]
    standings: Standings
    span: str
    notes: tuple[str, ...]
    seconds: float
