"""The equity of a run with its drawdown below, on one axis of time, beside buying and holding."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from logos.artifacts.curve import EquityCurve
from logos.ui.streamlit import state
from logos.ui.streamlit.components.chart_closures import held_flat
from logos.ui.streamlit.data.caching import Kept
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.design.figures import new_figure, series, show_figure
from logos.ui.streamlit.design.formats import money, percent, when
from logos.ui.streamlit.design.tokens import ThemeName, faint

_HEIGHT = 480
_UPPER, _LOWER = (0.33, 1.0), (0.0, 0.26)
_FIGURES: Kept[go.Figure] = Kept(16)


def equity_chart(
    equity: Reading[EquityCurve], benchmark: Reading[EquityCurve], *, currency: str, decimals: int = 2, key: str
) -> None:
    """Draw a run's curve, which has to be there; the figure is made again only when one of the two files has changed.

    Parameters
    ----------
    benchmark:
        Buying and holding, where it was run.
    decimals:
        Of its money.
    key:
        Unique on the page.
    """
    if equity.value is None:
        return
    made_of = (equity.stamp, benchmark.stamp, currency, decimals, state.theme())
    figure = _FIGURES.get(made_of)
    if figure is None:
        figure = equity_figure(equity.value, benchmark.value, currency=currency, decimals=decimals)
        _FIGURES.put(made_of, figure)
    text = equity_text(equity.value, benchmark.value, currency=currency, decimals=decimals)
    show_figure(figure, alt=text, key=key)


def equity_figure(
    equity: EquityCurve,
    benchmark: EquityCurve | None,
    *,
    currency: str,
    decimals: int = 2,
    theme: ThemeName | None = None,
) -> go.Figure:
    """Return the figure: equity above, drawdown below as a percentage of the peak."""
    figure = new_figure("Equity and drawdown", y_title=f"Equity ({currency})", height=_HEIGHT, theme=theme)
    below = figure.layout.yaxis.to_plotly_json() | {
        "title": figure.layout.yaxis.title.to_plotly_json() | {"text": "Drawdown (%)"},
        "domain": _LOWER,
        "ticksuffix": "%",
        "rangemode": "tozero",
        "nticks": 4,
    }
    figure.update_layout(yaxis={"domain": _UPPER, "tickformat": ",~r"}, yaxis2=below)
    figure.update_xaxes(anchor="y2")
    amount = f"%{{y:,.{decimals}f}} {currency}"
    _lines(figure, "Run", equity, 0, amount, theme)
    if benchmark is not None:
        _lines(figure, "Buy and hold, daily closes", benchmark, 1, amount, theme)
    return figure


def equity_text(equity: EquityCurve, benchmark: EquityCurve | None, *, currency: str, decimals: int = 2) -> str:
    """Return what the figure says, in sentences."""
    amounts = (equity.equity[0], equity.equity[-1], equity.equity.min(), equity.equity.max())
    first, last, lowest, highest = (money(float(each), currency, decimals) for each in amounts)
    deepest = int(np.argmax(equity.drawdown))
    text = (
        f"Equity from {when(int(equity.time[0]))} to {when(int(equity.time[-1]))}: "
        f"from {first} to {last}, lowest {lowest}, highest {highest}. "
        f"Deepest drawdown {percent(float(equity.drawdown[deepest]))} at {when(int(equity.time[deepest]))}."
    )
    if benchmark is not None:
        text += f" Buying and holding ended at {money(float(benchmark.equity[-1]), currency, decimals)}."
    return text


def moments(curve: EquityCurve) -> Any:
    """Return the times of a curve as Plotly takes them."""
    return curve.time.astype("datetime64[s]")


def _lines(figure: go.Figure, name: str, curve: EquityCurve, index: int, amount: str, theme: ThemeName | None) -> None:
    look, curve = series(index, theme), held_flat(curve)
    common: dict[str, Any] = {"x": moments(curve), "mode": "lines", "legendgroup": name}
    figure.add_trace(
        go.Scatter(
            y=curve.equity,
            name=name,
            line=look.line,
            hovertemplate=amount,
            **common,
        )
    )
    figure.add_trace(
        go.Scatter(
            y=-100 * curve.drawdown,
            name=f"{name}, drawdown",
            line={**look.line, "width": 1.25},
            fill="tozeroy" if index == 0 else None,
            fillcolor=faint(look.color),
            yaxis="y2",
            showlegend=False,
            hovertemplate="%{y:.2f}%",
            **common,
        )
    )
