"""The figures of a portfolio as tiles; every one says what it is when it is pointed at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from logos.ui.streamlit.components.cards import Metric, Tone, metric_cards
from logos.ui.streamlit.components.run_cards import times
from logos.ui.streamlit.data.portfolio_files import Rebalance, Risk
from logos.ui.streamlit.data.weights import Weights
from logos.ui.streamlit.design.formats import MISSING, count, number, percent, when

_EFFECTIVE = "How many symbols held equally would be as concentrated as what was held."
_EXPECTED = "Expected volatility a year of the target weights, by the allocator's model of risk."


def backtest_cards(risk: Risk, weights: Weights | None, allocator: str, few: str) -> None:
    """Draw the tiles of a portfolio backtest, as ``risk.json`` has them.

    Parameters
    ----------
    few:
        That the run has too few days for figures a year to be judged by; empty where it has enough.
    """
    figure, told = risk.figures.get, risk.definitions.get
    volatility, realised = figure("volatility"), figure("realised_volatility")
    last = risk.rebalances[-1] if risk.rebalances else None
    assets = _last_effective(weights, last)
    tone: Tone = "warn" if few else "neutral"
    metric_cards(
        [
            Metric("Allocator", allocator or MISSING, "", "What found the weights."),
            Metric("Rebalances", count(len(risk.rebalances)), _span(weights), "How often all targets were set anew."),
            Metric(
                "Expected volatility",
                percent(volatility),
                _mean_and_last("a year", percent(last.volatility) if last else MISSING),
                told("volatility", _EXPECTED),
            ),
            Metric(
                "Realised volatility, a year",
                percent(realised),
                few or _against(volatility, realised),
                told("realised_volatility", ""),
                tone,
            ),
            Metric(
                "Effective assets",
                number(figure("effective_assets")),
                _mean_and_last(_of(weights), number(assets)),
                told("effective_assets", _EFFECTIVE),
            ),
            Metric(
                "Concentration",
                number(figure("concentration"), 3),
                _mean_and_last("1 is all in one", number(1 / assets if assets else None, 3)),
                told("concentration", ""),
            ),
            Metric("Turnover, a year", times(figure("turnover")), few or "of mean equity", told("turnover", ""), tone),
            Metric("Cost drag, a year", percent(figure("cost_drag")), few or "of equity", told("cost_drag", ""), tone),
        ]
    )


def session_cards(weights: Weights, rebalances: Sequence[Rebalance], allocator: str) -> None:
    """Draw the tiles of a session: what its weights and the end of its journal tell."""
    last = _at_last_weights(weights, rebalances)
    method = last.method if last and last.method != allocator else ""
    effective = weights.effective_assets()
    known = effective[np.isfinite(effective)]
    turnover = weights.target_turnover()
    target = np.nan_to_num(weights.target[-1])
    metric_cards(
        [
            Metric("Allocator", allocator or MISSING, method, "What found the weights."),
            Metric("Rebalances", count(len(weights)), _span(weights), "How often all targets were set anew."),
            Metric(
                "Expected volatility",
                percent(last.volatility if last else None),
                "a year, at the last rebalance",
                _EXPECTED,
            ),
            Metric("Effective assets", number(float(known[-1]) if len(known) else None), _of(weights), _EFFECTIVE),
            Metric(
                "Target exposure",
                percent(float(np.abs(target).sum())),
                f"net {percent(float(target.sum()), signed=True)}",
                "Sum of the absolute target weights at the last rebalance, as a share of equity.",
            ),
            Metric(
                "Target change",
                percent(float(turnover.mean()) if len(turnover) else None),
                "of equity a rebalance",
                "Mean of the absolute changes of the target weights from one rebalance to the next, summed.",
            ),
        ]
    )


def _at_last_weights(weights: Weights, rebalances: Sequence[Rebalance]) -> Rebalance | None:
    """Return what is told of the rebalance that the last weights are of: the journal may be one ahead of the table."""
    clock = when(int(weights.times[-1]), seconds=True)
    return next((one for one in reversed(rebalances) if when(one.at, seconds=True) == clock), None)


def _of(weights: Weights | None) -> str:
    return f"of {count(len(weights.symbols))}" if weights else ""


def _mean_and_last(unit: str, last: str) -> str:
    """Return what stands below a mean over time, with the value at the last rebalance where it is known."""
    parts = ("mean over time", unit, "" if last == MISSING else f"last {last}")
    return ", ".join(part for part in parts if part)


def _last_effective(weights: Weights | None, last: Rebalance | None) -> float | None:
    """Return the effective assets at the last rebalance; ``None`` where it is not known what it came to."""
    if weights is not None and weights.held_last:
        found = float(weights.effective_assets()[-1])
        return found if np.isfinite(found) else None
    return last.effective_assets if last else None


def _against(expected: float | None, realised: float | None) -> str:
    if expected is None or realised is None:
        return ""
    return f"{number(100 * (realised - expected), signed=True)} pp from expected"


def _span(weights: Weights | None) -> str:
    return f"last {when(int(weights.times[-1]))[:10]}" if weights is not None and len(weights) else ""
