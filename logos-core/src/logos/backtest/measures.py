"""The figures of ``metrics.json`` for people: what each is called, how it prints, and which way is better."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Literal

import attrs

UNDEFINED = "-"
"""What a figure that is not defined prints as, such as the Sharpe ratio of a single day."""

Kind = Literal["money", "percent", "ratio", "count"]


@attrs.frozen
class Measure:
    """One figure of a backtest.

    Attributes
    ----------
    name:
        Its key in ``metrics.json``.
    label:
        What people call it.
    kind:
        How it prints: ``money``, ``percent`` (a fraction in the file), ``ratio`` or ``count``.
    better:
        1 where more is better, -1 where less is, 0 where neither can be said.
    meaning:
        One sentence.
    """

    name: str
    label: str
    kind: Kind
    better: int
    meaning: str


MEASURES = (
    Measure("final_equity", "Final equity", "money", 1, "Cash and the market value of what is held, at the end."),
    Measure("total_return", "Total return", "percent", 1, "Final equity over starting cash, less one."),
    Measure("cagr", "CAGR", "percent", 1, "The yearly growth that compounds to the total return over the span."),
    Measure("volatility", "Volatility", "percent", -1, "Standard deviation of the daily returns, scaled to a year."),
    Measure("sharpe", "Sharpe ratio", "ratio", 1, "Mean daily return over its standard deviation, scaled to a year."),
    Measure("sortino", "Sortino ratio", "ratio", 1, "Mean daily return over the downside deviation, scaled to a year."),
    Measure("calmar", "Calmar ratio", "ratio", 1, "CAGR over the maximum drawdown."),
    Measure(
        "max_drawdown", "Maximum drawdown", "percent", -1, "The deepest fall of equity from a peak, after any slice."
    ),
    Measure("exposure", "Exposure", "percent", 0, "Share of the slices after which a position was open."),
    Measure(
        "turnover",
        "Turnover",
        "ratio",
        0,
        "The value of all fills over the mean of the daily equities, over the whole run.",
    ),
    Measure("fills", "Fills", "count", 0, "Number of fills: the rows of trades.csv."),
    Measure(
        "trades", "Round trips", "count", 0, "Trips of a strategy in a symbol from flat to flat, or to a reversal."
    ),
    Measure("win_rate", "Win rate", "percent", 1, "Share of the round trips with a profit after fees."),
    Measure("profit_factor", "Profit factor", "ratio", 1, "Profits of the round trips over their losses, after fees."),
    Measure("fees", "Fees", "money", -1, "What the broker charged."),
)
"""The figures that a summary shows, in its order."""

BENCHMARK_MEASURES = (
    Measure("excess_return", "Excess return", "percent", 1, "Total return less that of buying and holding."),
    Measure("beta", "Beta", "ratio", 0, "Slope of the daily returns on those of buying and holding."),
    Measure("alpha", "Alpha", "percent", 1, "Yearly return that buying and holding does not explain."),
    Measure("correlation", "Correlation", "ratio", 0, "Of the daily returns with those of buying and holding."),
    Measure(
        "tracking_error", "Tracking error", "percent", 0, "Volatility of the daily returns' difference, over a year."
    ),
    Measure("information_ratio", "Information ratio", "ratio", 1, "Mean of that difference over its volatility."),
)
"""The figures that say how a run stands against buying and holding."""

COSTS = (
    ("fees_maker", "Fees as maker", "Of fills that offered liquidity."),
    ("fees_taker", "Fees as taker", "Of fills that took liquidity."),
    ("slippage", "Slippage", "What fills cost more than at the price before slippage."),
    ("delay", "Delay", "How far prices moved against the orders between decision and fill; negative for a gain."),
    ("total", "Total", "Against fills at the decision price without fees."),
)
"""The parts of ``costs``, in the order of a table."""


def value_text(value: Any, kind: Kind, *, currency: str = "", undefined: str = UNDEFINED) -> str:
    """Return a figure as people read it: two decimals, grouped thousands, with its unit.

    Parameters
    ----------
    value:
        As it stands in ``metrics.json``: money as text, ratios and counts as numbers, ``None`` where undefined.
    kind:
        How it prints.
    currency:
        Behind money; may be empty.
    undefined:
        What stands for ``None``.
    """
    if value is None:
        return undefined
    if kind == "count":
        return f"{value:,}"
    if kind == "percent":
        return f"{_two_places(Decimal(str(value)) * 100)} %"
    return f"{_two_places(Decimal(str(value)))}{f' {currency}' if kind == 'money' and currency else ''}"


def _two_places(value: Decimal) -> str:
    rounded = value.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN) if value.is_finite() else value
    return f"{rounded or abs(rounded):,}"


def figure_of(metrics: Mapping[str, Any], measure: Measure, *, currency: str = "") -> str:
    """Return a figure of a run, or of its benchmark, as text; a dash where the file has none."""
    return value_text(metrics.get(measure.name), measure.kind, currency=currency)


def money_text(value: str | None, currency: str = "") -> str:
    """Return money of ``metrics.json`` as people read it."""
    return value_text(value, "money", currency=currency)
