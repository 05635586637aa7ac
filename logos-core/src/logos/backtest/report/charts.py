"""The charts of a tear sheet as Plotly figures, each with a title, units on its axes and a text in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import plotly.graph_objects as go

from logos.artifacts.curve import EquityCurve, Floats, Times
from logos.backtest.measures import COSTS, money_text, value_text
from logos.backtest.report.returns import Histogram, Rolling

# Okabe and Ito's colours are told apart with any kind of colour vision; the page exchanges them for their lighter
# relatives where the reader prefers dark.
EQUITY = "#0072B2"
BENCHMARK = "#B36B00"
LOSS = "#D55E00"
QUIET = "#6B7280"
GRID = "#E5E7EB"
INK = "#1F2933"

_HEIGHT = 320
_TALL = 480
_ROW = 34
_FEW = 6


@attrs.frozen(kw_only=True)
class Chart:
    """A chart and what stands around it.

    Attributes
    ----------
    name:
        Unique on the page.
    title:
        Stands above it.
    alternative:
        What it shows, in words, for those who cannot see it.
    figure:
        The Plotly figure.
    """

    name: str
    title: str
    alternative: str
    figure: Any


@attrs.frozen(kw_only=True)
class FillProfits:
    """Profit or loss that single fills realised, in the order of time; money in units of the account's currency."""

    time: Times
    symbols: Sequence[str]
    profit: Floats
    total: int


def _layout(height: int, **more: Any) -> dict[str, Any]:
    return {
        "height": height,
        "margin": {"l": 76, "r": 24, "t": 12, "b": 52},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif", "size": 12, "color": INK},
        "hoverlabel": {"font": {"family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif"}},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "xanchor": "left"},
        "template": None,
        **more,
    }


def _axis(title: str, **more: Any) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"size": 12, "color": QUIET}},
        "gridcolor": GRID,
        "zerolinecolor": QUIET,
        "zerolinewidth": 1,
        "linecolor": GRID,
        "tickfont": {"color": QUIET},
        "automargin": True,
        **more,
    }


def _moments(time: Times) -> list[str]:
    return [f"{moment}Z" for moment in np.datetime_as_string(time.astype("datetime64[s]")).tolist()]


def _known(values: Floats) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]


def _line(x: Sequence[str], y: Any, name: str, colour: str, **more: Any) -> go.Scatter:
    line = {"color": colour, "width": 1.6, **more.pop("line", {})}
    return go.Scatter(x=x, y=y, name=name, mode="lines", line=line, **more)


def equity_chart(
    curve: EquityCurve, benchmark: EquityCurve | None, *, currency: str, metrics: Mapping[str, Any]
) -> Chart:
    """Draw equity against buying and holding, with the drawdown below."""
    times = _moments(curve.time)
    money = f"%{{y:,.2f}} {currency}<extra>%{{fullData.name}}</extra>"
    traces = [_line(times, curve.equity.tolist(), "Strategy", EQUITY, hovertemplate=money)]
    if benchmark is not None and len(benchmark):
        # It starts with the same cash, and has a point only at the end of each day.
        held = [times[0], *_moments(benchmark.time)]
        traces.append(
            _line(
                held,
                [float(metrics["starting_cash"]), *benchmark.equity.tolist()],
                "Buy and hold",
                BENCHMARK,
                line={"dash": "dash"},
                hovertemplate=money,
            )
        )
    fall = "%{y:.2f} %<extra>%{fullData.name}</extra>"
    traces.append(
        _line(
            times,
            (-100 * curve.drawdown).tolist(),
            "Drawdown of the strategy",
            LOSS,
            yaxis="y2",
            fill="tozeroy",
            fillcolor="rgba(213,94,0,0.18)",
            line={"width": 1},
            showlegend=False,
            hovertemplate=fall,
        )
    )
    if benchmark is not None and len(benchmark):
        traces.append(
            _line(
                held,
                [0.0, *(-100 * benchmark.drawdown).tolist()],
                "Drawdown of buy and hold",
                BENCHMARK,
                yaxis="y2",
                line={"width": 1, "dash": "dash"},
                showlegend=False,
                hovertemplate=fall,
            )
        )
    layout = _layout(
        _TALL,
        hovermode="x",
        xaxis=_axis("Time (UTC)", anchor="y2", showgrid=False),
        yaxis=_axis(f"Equity ({currency})", domain=[0.34, 1.0], tickformat=",~r"),
        yaxis2=_axis("Drawdown (%)", domain=[0.0, 0.28], rangemode="tozero"),
    )
    return Chart(
        name="equity",
        title="Equity and drawdown",
        alternative=_equity_words(metrics, currency),
        figure=go.Figure(traces, layout),
    )


def _equity_words(metrics: Mapping[str, Any], currency: str) -> str:
    words = (
        f"Equity went from {money_text(metrics['starting_cash'], currency)} to "
        f"{money_text(metrics['final_equity'], currency)}, a return of "
        f"{value_text(metrics['total_return'], 'percent')}; its deepest drawdown was "
        f"{value_text(metrics['max_drawdown'], 'percent')}."
    )
    held = metrics.get("benchmark")
    if not held:
        return words
    return (
        f"{words} Buying and holding ended at {money_text(held['final_equity'], currency)}, a return of "
        f"{value_text(held['total_return'], 'percent')} with a deepest drawdown of "
        f"{value_text(held['max_drawdown'], 'percent')}; it is drawn day by day."
    )


def rolling_chart(values: Rolling) -> Chart:
    """Draw rolling Sharpe ratio above rolling volatility."""
    times = _moments(values.time)
    traces = [
        _line(
            times, _known(values.sharpe), "Sharpe ratio", EQUITY, hovertemplate="%{y:.2f}<extra>Sharpe ratio</extra>"
        ),
        _line(
            times,
            (100 * values.volatility).tolist(),
            "Volatility",
            LOSS,
            yaxis="y2",
            hovertemplate="%{y:.2f} %<extra>Volatility</extra>",
        ),
    ]
    layout = _layout(
        _TALL - 60,
        hovermode="x",
        showlegend=False,
        xaxis=_axis("Time (UTC)", anchor="y2", showgrid=False),
        yaxis=_axis("Sharpe ratio (a year)", domain=[0.54, 1.0]),
        yaxis2=_axis("Volatility (%, a year)", domain=[0.0, 0.46], rangemode="tozero"),
    )
    known = values.sharpe[np.isfinite(values.sharpe)]
    ratios = f"between {known.min():.2f} and {known.max():.2f}" if len(known) else "not defined"
    low, high = 100 * values.volatility.min(), 100 * values.volatility.max()
    return Chart(
        name="rolling",
        title="Rolling Sharpe ratio and volatility, 63 trading days",
        alternative=f"The Sharpe ratio was {ratios}, the volatility between {low:.2f} % and {high:.2f} % a year.",
        figure=go.Figure(traces, layout),
    )


def returns_chart(bins: Histogram, returns: Floats) -> Chart:
    """Draw how daily returns are distributed."""
    middles = 50 * (bins.edges[:-1] + bins.edges[1:])
    widths = 100 * np.diff(bins.edges)
    edges = [f"{100 * low:.2f} % to {100 * high:.2f} %" for low, high in zip(bins.edges, bins.edges[1:], strict=False)]
    bars = go.Bar(
        x=middles.tolist(),
        y=bins.counts.tolist(),
        width=widths.tolist(),
        customdata=edges,
        marker={"color": [EQUITY if middle >= 0 else LOSS for middle in middles.tolist()], "line": {"width": 0}},
        hovertemplate="%{customdata}<br>%{y} days<extra></extra>",
    )
    layout = _layout(
        _HEIGHT,
        bargap=0.05,
        showlegend=False,
        xaxis=_axis("Return of a day (%)", showgrid=False),
        yaxis=_axis("Number of days", **({"dtick": 1} if int(bins.counts.max()) < _FEW else {})),
    )
    return Chart(
        name="returns",
        title="Distribution of daily returns",
        alternative=_returns_words(returns),
        figure=go.Figure([bars], layout),
    )


def _returns_words(returns: Floats) -> str:
    up, down = int((returns > 0).sum()), int((returns < 0).sum())
    return (
        f"Of {len(returns):,} days {up:,} gained and {down:,} lost; the best made {100 * returns.max():+.2f} %, "
        f"the worst {100 * returns.min():+.2f} %, the median {100 * np.median(returns):+.2f} %."
    )


def bars_chart(
    rows: Sequence[tuple[str, str]],
    *,
    name: str,
    title: str,
    axis: str,
    currency: str,
    colours: tuple[str, str] = (EQUITY, LOSS),
) -> Chart:
    """Draw amounts of money as horizontal bars.

    Parameters
    ----------
    rows:
        What each bar stands for, and its amount as decimal text, the first at the top.
    axis:
        What the amounts are.
    colours:
        Of an amount above zero, and of one below.
    """
    labels = [label for label, _ in rows]
    amounts = [float(amount) for _, amount in rows]
    above, below = colours
    bars = go.Bar(
        x=amounts,
        y=labels,
        orientation="h",
        marker={"color": [above if amount >= 0 else below for amount in amounts], "line": {"width": 0}},
        hovertemplate=f"%{{y}}: %{{x:,.2f}} {currency}<extra></extra>",
    )
    layout = _layout(
        90 + _ROW * len(rows),
        bargap=0.35,
        showlegend=False,
        xaxis=_axis(f"{axis} ({currency})", tickformat=",~r"),
        yaxis=_axis("", autorange="reversed", type="category", showgrid=False, tickfont={"color": INK}),
    )
    words = "; ".join(f"{label} {money_text(amount, currency)}" for label, amount in rows)
    return Chart(name=name, title=title, alternative=f"{axis}: {words}.", figure=go.Figure([bars], layout))


def costs_chart(costs: Mapping[str, str], *, currency: str) -> Chart:
    """Draw what trading cost, by cause."""
    rows = [(label, costs[key]) for key, label, _ in COSTS if key != "total" and key in costs]
    return bars_chart(
        rows, name="costs", title="Cost of trading", axis="Cost", currency=currency, colours=(BENCHMARK, EQUITY)
    )


def profits_chart(profits: FillProfits, *, currency: str) -> Chart:
    """Draw what single fills realised over time."""
    traces = []
    for name, chosen, colour, symbol in (
        ("Profit", profits.profit > 0, EQUITY, "circle"),
        ("Loss", profits.profit <= 0, LOSS, "x-thin"),
    ):
        places = np.flatnonzero(chosen)
        traces.append(
            go.Scatter(
                x=_moments(profits.time[places]),
                y=profits.profit[places].tolist(),
                customdata=[profits.symbols[place] for place in places.tolist()],
                name=name,
                mode="markers",
                marker={"color": colour, "size": 6, "symbol": symbol, "line": {"color": colour, "width": 1.4}},
                hovertemplate=f"%{{customdata}}: %{{y:,.2f}} {currency}<br>%{{x}}<extra></extra>",
            )
        )
    layout = _layout(
        _HEIGHT,
        hovermode="closest",
        xaxis=_axis("Time (UTC)", showgrid=False),
        yaxis=_axis(f"Realised PnL before fees ({currency})", tickformat=",~r"),
    )
    return Chart(
        name="profits",
        title="Realised PnL of the fills that closed",
        alternative=_profits_words(profits, currency),
        figure=go.Figure(traces, layout),
    )


def _profits_words(profits: FillProfits, currency: str) -> str:
    best, worst = int(profits.profit.argmax()), int(profits.profit.argmin())
    shown = len(profits.profit)
    words = (
        f"{profits.total:,} fills realised a profit or a loss: the best {profits.profit[best]:,.2f} {currency} in "
        f"{profits.symbols[best]}, the worst {profits.profit[worst]:,.2f} {currency} in {profits.symbols[worst]}."
    )
    return words if shown == profits.total else f"{words} {shown:,} of them are drawn, every extreme among them."
