"""The PnL over the session's time, with the drawdown and its limit below."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import plotly.graph_objects as go

from logos.artifacts.curve import EquityCurve
from logos.ui.streamlit import state
from logos.ui.streamlit.components.chart_closures import held_flat
from logos.ui.streamlit.design.figures import new_figure, series, show_figure
from logos.ui.streamlit.design.formats import percent, signed_money, when
from logos.ui.streamlit.design.tokens import ThemeName, faint, palette

_HEIGHT = 400
_UPPER, _LOWER = (0.36, 1.0), (0.0, 0.27)


def pnl_chart(
    curve: EquityCurve,
    *,
    starting_cash: float,
    limit: Decimal | None,
    currency: str,
    decimals: int = 2,
    title: str,
    key: str,
) -> None:
    """Draw the timeline.

    Parameters
    ----------
    curve:
        Thinned to what a picture can show.
    starting_cash:
        What PnL is counted from, for the picture alone.
    limit:
        The drawdown that halts the session, where there is a guard for it.
    decimals:
        Of its money.
    key:
        Unique on the page.
    """
    told: dict[str, Any] = {"starting_cash": starting_cash, "limit": limit, "currency": currency, "decimals": decimals}
    show_figure(pnl_figure(curve, title=title, **told), alt=pnl_text(curve, **told), key=key)


def pnl_figure(
    curve: EquityCurve,
    *,
    starting_cash: float,
    limit: Decimal | None,
    currency: str,
    decimals: int = 2,
    title: str,
    theme: ThemeName | None = None,
) -> go.Figure:
    """Return the figure: PnL above, drawdown from the peak below."""
    figure = new_figure(title, y_title=f"PnL ({currency})", height=_HEIGHT, theme=theme)
    below = figure.layout.yaxis.to_plotly_json() | {
        "title": figure.layout.yaxis.title.to_plotly_json() | {"text": "Drawdown (%)"},
        "domain": _LOWER,
        "ticksuffix": "%",
        "range": [-_lowest(curve, limit), 0],
        "nticks": 4,
    }
    layout = figure.layout  # set one by one: updating it as a whole takes ten times as long
    layout.yaxis.domain, layout.yaxis.tickformat, layout.yaxis2 = _UPPER, ",~r", below
    layout.xaxis.anchor, layout.margin.t, layout.showlegend = "y2", 44, False
    shown = held_flat(curve)
    moments = shown.time.astype("datetime64[s]")
    common: dict[str, Any] = {"x": moments, "mode": "lines"}
    look = series(0, theme)
    figure.add_trace(
        go.Scatter(
            y=np.round(shown.equity - starting_cash, decimals),
            name="PnL",
            line=look.line,
            hovertemplate=f"%{{y:+,.{decimals}f}} {currency}",
            **common,
        )
    )
    figure.add_trace(
        go.Scatter(
            y=np.round(-100 * shown.drawdown, 4),
            name="Drawdown",
            line=look.line | {"width": 1.25},
            fill="tozeroy",
            fillcolor=faint(look.color),
            yaxis="y2",
            hovertemplate="%{y:.2f}%",
            **common,
        )
    )
    _mark_limit(figure, curve, limit, theme)
    return figure


def pnl_text(
    curve: EquityCurve, *, starting_cash: float, limit: Decimal | None, currency: str, decimals: int = 2
) -> str:
    """Return what the figure says, in sentences."""
    pnl = curve.equity - starting_cash
    now, lowest, highest = (signed_money(float(one), currency, decimals) for one in (pnl[-1], pnl.min(), pnl.max()))
    deepest = int(np.argmax(curve.drawdown))
    text = (
        f"PnL from {when(int(curve.time[0]))} to {when(int(curve.time[-1]))}: "
        f"now {now}, lowest {lowest}, highest {highest}. Deepest drawdown "
        f"{percent(float(curve.drawdown[deepest]))} at {when(int(curve.time[deepest]))}"
    )
    return f"{text}." if limit is None else f"{text}; {percent(limit)} halts the session."


def _is_near(curve: EquityCurve, limit: Decimal | None) -> bool:
    """Return whether the limit is near enough for its line to tell something."""
    return limit is not None and float(curve.drawdown.max()) >= float(limit) / 3


def _lowest(curve: EquityCurve, limit: Decimal | None) -> float:
    """Return how far down the drawdown's axis goes, in percent."""
    deepest = max(float(curve.drawdown.max()), float(limit or 0) if _is_near(curve, limit) else 0.0)
    return (140 if _is_near(curve, limit) else 115) * deepest or 1.0


def _mark_limit(figure: go.Figure, curve: EquityCurve, limit: Decimal | None, theme: ThemeName | None) -> None:
    """Draw the limit, where it is near; its words stand below the line, at the left, on a ground of their own."""
    if not _is_near(curve, limit) or limit is None:
        return
    colors, level = palette(theme or state.theme()), -100 * float(limit)
    figure.add_shape(
        type="line",
        xref="paper",
        yref="y2",
        x0=0,
        x1=1,
        y0=level,
        y1=level,
        line={"color": colors.bad, "dash": "dash", "width": 1.25},
    )
    figure.add_annotation(
        text=f"halts at {percent(limit)}",
        xref="paper",
        yref="y2",
        x=0,
        y=level,
        xanchor="left",
        yanchor="top",
        xshift=4,
        yshift=-2,
        borderpad=1,
        bgcolor=colors.surface,
        showarrow=False,
        font={"color": colors.bad, "size": 12},
    )
