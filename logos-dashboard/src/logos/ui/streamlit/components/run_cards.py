"""The figures of a backtest as tiles; every one says what it is when it is pointed at, as docs/METRICS.md has it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from logos.backtest.measures import BENCHMARK_MEASURES, MEASURES
from logos.ui.streamlit.components.cards import Metric, Tone, metric_cards
from logos.ui.streamlit.data.backtest_run import Backtest, sharpe_error
from logos.ui.streamlit.data.runs_index import few_days
from logos.ui.streamlit.design.formats import MISSING, count, decimal_of, money, number, percent, signed_money

_MEANINGS = {measure.name: measure.meaning for measure in (*MEASURES, *BENCHMARK_MEASURES)}


def run_cards(run: Backtest) -> None:
    """Draw the tiles of a run."""
    metric_cards(run_metrics(run))


def run_metrics(run: Backtest) -> list[Metric]:
    """Return the tiles of a run."""
    figure = run.figure
    return [
        _total_return(run),
        _cagr(run),
        _sharpe(run),
        Metric(
            "Max drawdown",
            percent(figure("max_drawdown")),
            _beside(run, "max_drawdown", signed=False),
            _MEANINGS["max_drawdown"],
        ),
        Metric(
            "Win rate", percent(figure("win_rate")), f"of {_count(run, 'trades')} round trips", _MEANINGS["win_rate"]
        ),
        Metric("Exposure", percent(figure("exposure")), f"of {_count(run, 'slices')} slices", _MEANINGS["exposure"]),
        Metric("Turnover", times(figure("turnover")), f"{_count(run, 'fills')} fills", _MEANINGS["turnover"]),
        _fees(run),
    ]


def _total_return(run: Backtest) -> Metric:
    start, end = (decimal_of(run.metrics.get(name)) for name in ("starting_cash", "final_equity"))
    gain = None if start is None or end is None else end - start
    tone: Tone = "good" if gain and gain > 0 else "bad" if gain and gain < 0 else "neutral"
    return Metric(
        "Total return",
        percent(run.figure("total_return"), signed=True),
        signed_money(gain, run.currency, run.decimals),
        _MEANINGS["total_return"],
        tone,
    )


def _cagr(run: Backtest) -> Metric:
    value, few = percent(run.figure("cagr"), signed=True), too_few_days(run)
    if few and value != MISSING:
        return Metric("CAGR", value, few, _MEANINGS["cagr"], "warn")
    return Metric("CAGR", value, _beside(run, "cagr", signed=True), _MEANINGS["cagr"])


def too_few_days(run: Backtest) -> str:
    """Return that a run has too few days for its figures a year to be judged by; empty where it has enough."""
    few = few_days(run.figure("days"))
    return f"{few}: too few to judge" if few else ""


def _sharpe(run: Backtest) -> Metric:
    few, error = too_few_days(run), sharpe_error(run.metrics)
    meaning = _MEANINGS["sharpe"]
    value = number(run.figure("sharpe"))
    if error is not None:
        meaning += " The standard error takes daily returns to be normal and independent, so it is a lower bound."
        return Metric("Sharpe ratio, a year", value, f"± {number(error)} standard error", meaning)
    if few and value != MISSING:
        return Metric("Sharpe ratio, a year", value, few, meaning, "warn")
    return Metric("Sharpe ratio, a year", value, "", meaning)


def _fees(run: Backtest) -> Metric:
    fees, start = (decimal_of(run.metrics.get(name)) for name in ("fees", "starting_cash"))
    share = percent(fees / start) if fees is not None and start else MISSING
    return Metric("Fees", money(fees, run.currency, run.decimals), f"{share} of starting cash", _MEANINGS["fees"])


def _beside(run: Backtest, name: str, *, signed: bool) -> str:
    value: Any = run.benchmark_figure(name)
    return "" if value is None else f"buy and hold {percent(value, signed=signed)}"


def _count(run: Backtest, name: str) -> str:
    value = run.figure(name)
    return count(None if value is None else int(value))


def times(value: float | None) -> str:
    """Return how often something was turned over."""
    return MISSING if value is None else f"{number(Decimal(repr(value)))} times"
