"""An allocator beside its benchmarks: a row of figures each, and whether Sharpe ratios differ by more than noise."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from logos.backtest.comparing import Comparison, compare
from logos.backtest.past_run import PastRun
from logos.metrics.daily import daily_returns
from logos.metrics.ratios import kurtosis, sharpe, skewness
from logos.portfolio.backtest.risk_report import RiskReport

COLUMNS = (
    "allocator",
    "plugin",
    "status",
    "start",
    "end",
    "final_equity",
    "total_return",
    "cagr",
    "volatility",
    "sharpe",
    "sharpe_standard_error",
    "max_drawdown",
    "calmar",
    "turnover",
    "cost_drag",
    "fees",
    "slippage",
    "concentration",
    "effective_assets",
    "expected_volatility",
    "rebalances",
    "rebalances_with_notes",
    "sharpe_difference",
    "sharpe_difference_standard_error",
)
"""The columns of ``comparison.csv``. Money is exact, ratios have eight decimals, and what is undefined is empty.

``rebalances_with_notes`` counts the rebalances of which ``risk.json`` tells what was left out, repaired or given up;
``sharpe_difference`` is the benchmark's Sharpe ratio less the portfolio's; it is empty where the two cannot be ranked.
"""


@attrs.frozen(kw_only=True)
class Contender:
    """A finished run under the name of its allocator."""

    name: str
    run: PastRun
    risk: RiskReport


@attrs.frozen(kw_only=True)
class Standing:
    """How one allocator stands.

    Attributes
    ----------
    values:
        By column of ``comparison.csv``; ``None`` where a figure is not defined.
    """

    name: str
    values: dict[str, Any]


@attrs.frozen(kw_only=True)
class Standings:
    """All allocators, the portfolio's own first.

    Attributes
    ----------
    verdicts:
        What may be said of each benchmark against the portfolio, in whole sentences.
    """

    rows: tuple[Standing, ...]
    verdicts: tuple[str, ...]


def standings(main: Contender, benchmarks: Sequence[Contender]) -> Standings:
    """Return how an allocator stands against its benchmarks.

    Nobody is called the better where spans, bars or costs differ, or where the Sharpe ratios of the daily returns
    differ by no more than noise.
    """
    comparisons = [compare(main.run, one.run) for one in benchmarks]
    rows = [Standing(name=main.name, values=_values(main, None))]
    rows += [
        Standing(name=one.name, values=_values(one, found)) for one, found in zip(benchmarks, comparisons, strict=True)
    ]
    verdicts = [_verdict(main, one, found) for one, found in zip(benchmarks, comparisons, strict=True)]
    if any("more than noise" in verdict for verdict in verdicts) and len(verdicts) > 1:
        verdicts.append(
            f"{len(verdicts)} comparisons were made: where nothing differs, one in twenty is beyond noise by chance."
        )
    return Standings(rows=tuple(rows), verdicts=tuple(verdicts))


def write_comparison(found: Standings, path: Path) -> None:
    """Write ``comparison.csv``: the same bytes for the same figures."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([[_cell(row.values[column]) for column in COLUMNS] for row in found.rows])
    path.write_text(text.getvalue(), encoding="utf-8")


def sharpe_error(run: PastRun) -> float | None:
    """Return the standard error of a run's annual Sharpe ratio; ``None`` where it is not defined.

    ``sqrt((1 - skew SR + (kurtosis - 1) / 4 SR**2) / (n - 1))`` of the ratio of one day, scaled to a year. It takes
    returns to be independent from day to day. Source: Bailey and Lopez de Prado, *The Sharpe Ratio Efficient
    Frontier*, Journal of Risk 15(2), 2012.
    """
    periods = int(run.metrics["periods_per_year"])
    returns = daily_returns(run.daily().equity.tolist(), float(run.metrics["starting_cash"]))
    ratio, skew, kurt = sharpe(returns, periods=1), skewness(returns), kurtosis(returns)
    if ratio is None or skew is None or kurt is None or len(returns) < 2:
        return None
    variance = 1 - skew * ratio + (kurt - 1) / 4 * ratio * ratio
    return math.sqrt(variance / (len(returns) - 1) * periods) if variance > 0 else None


def _values(one: Contender, against: Comparison | None) -> dict[str, Any]:
    metrics, risk = one.run.metrics, one.risk
    test = None if against is None else against.sharpe
    taken = ("status", "start", "end", "final_equity", "total_return", "cagr", "volatility", "sharpe", "max_drawdown")
    return {
        "allocator": one.name,
        "plugin": one.run.config["allocator"]["plugin"],
        **{name: metrics[name] for name in taken},
        "sharpe_standard_error": sharpe_error(one.run),
        "calmar": metrics["calmar"],
        "turnover": risk.turnover,
        "cost_drag": risk.cost_drag,
        "fees": metrics["fees"],
        "slippage": metrics["costs"]["slippage"],
        "concentration": risk.concentration,
        "effective_assets": risk.effective_assets,
        "expected_volatility": risk.volatility,
        "rebalances": len(risk.rebalances),
        "rebalances_with_notes": risk.remarked,
        "sharpe_difference": None if test is None else test.difference,
        "sharpe_difference_standard_error": None if test is None else test.standard_error,
    }


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value + 0.0:.8f}" if isinstance(value, float) else str(value)


def _verdict(main: Contender, other: Contender, found: Comparison) -> str:
    return f"{main.name} and {other.name}: {'; '.join(_judged(main, other, found))}."


def _judged(main: Contender, other: Contender, found: Comparison) -> Iterator[str]:
    test = found.sharpe
    still = [one.name for one in (main, other) if one.run.metrics["volatility"] == 0]
    if found.obstacles:
        yield f"they cannot be ranked, with A for {main.name} and B for {other.name}"
        yield from found.obstacles
    elif test is None and still:
        yield f"no Sharpe ratio to compare, since the equity of {' and '.join(still)} never changed"
    elif test is None:
        yield "too few trading days to tell their Sharpe ratios apart"
    elif test.statistic is None:
        yield "the daily returns are the same"
    else:
        ahead = (other if test.difference > 0 else main).name
        size = f"{abs(test.difference):.2f} a year, with a standard error of {test.standard_error:.2f} over"
        judged = "more than noise at 95 % confidence" if test.significant else "which is within noise"
        yield f"the Sharpe ratio of {ahead} is higher by {size} {test.days:,} days, {judged}"
