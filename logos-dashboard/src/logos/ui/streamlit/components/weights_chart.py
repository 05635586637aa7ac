"""Weights and risk of a portfolio as pictures: bands where all is long, lines about zero where something is short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import plotly.graph_objects as go

from logos.artifacts.curve import EquityCurve
from logos.ui.streamlit import state
from logos.ui.streamlit.data.downsampling import kept
from logos.ui.streamlit.data.weights import Floats, Weights
from logos.ui.streamlit.design.figures import new_figure, series, show_figure
from logos.ui.streamlit.design.formats import percent, when
from logos.ui.streamlit.design.tokens import ThemeName, palette

MOST_SYMBOLS = 8
OTHERS = "others"

_MOST_POINTS = 2_000
_LEAST_LABELLED = 0.05
"""A band is named at its end where it is at least this share of the picture's height: a lower one has no room."""

_PATTERNS = ("", "", "", "", "", "", "", "/", "\\", "x")
_BAR_HEIGHT = 34
_TALL = 440
_MOST_MARKERS = 24
_MOST_IN_A_ROW = 5
"""With more names than these the legend takes several rows below the plot, so the figure is taller."""


@attrs.frozen(kw_only=True, eq=False)
class Bands:
    """A table of weights as a picture shows it: the largest symbols one by one, the rest together.

    Attributes
    ----------
    values:
        A row a rebalance and a column a name, as shares; missing ones are 0.
    """

    names: tuple[str, ...]
    times: Any
    values: Floats

    @property
    def stacked(self) -> bool:
        """Whether the values can be stacked: none of them is below zero."""
        return bool((self.values >= 0).all())


def bands(weights: Weights, table: Floats, *, end: int | None = None) -> Bands:
    """Return a table of a portfolio with its largest symbols, thinned to what a picture can show.

    Parameters
    ----------
    table:
        ``weights.target``, ``weights.actual`` or ``weights.risk``; rebalances without any value in it are left out.
    end:
        Until when the last weights were in force, in seconds since the epoch, UTC.
    """
    known = np.isfinite(table).any(axis=1)
    filled = np.nan_to_num(table[known])
    times = weights.times[known]
    shown, rest = weights.largest[:MOST_SYMBOLS], weights.largest[MOST_SYMBOLS:]
    values = filled[:, shown]
    names = [weights.symbols[index] for index in shown]
    if len(rest):
        values = np.column_stack([values, filled[:, rest].sum(axis=1)])
        names.append(OTHERS)
    if len(times) > _MOST_POINTS:
        budget = max(_MOST_POINTS // values.shape[1], 3)
        keep = np.unique(np.concatenate([kept(column, budget) for column in values.T] + [[0, len(times) - 1]]))
        times, values = times[keep], values[keep]
    if end is not None and len(times) and end > times[-1]:
        times, values = np.append(times, end), np.vstack([values, values[-1:]])
    return Bands(names=tuple(names), times=times.astype("datetime64[s]"), values=values)


def weights_chart(found: Bands, *, title: str, y_title: str, key: str) -> None:
    """Draw bands, or lines about zero where something is below it, each step in force until the next."""
    show_figure(weights_figure(found, title=title, y_title=y_title), alt=weights_text(found, title=title), key=key)


def weights_figure(found: Bands, *, title: str, y_title: str, theme: ThemeName | None = None) -> go.Figure:
    """Return the figure of weights or risk over time."""
    figure = new_figure(title, y_title=y_title, theme=theme)
    stacked = found.stacked
    for index, name in enumerate(found.names):
        figure.add_trace(_band(found, index, name, theme) if stacked else _line(found, index, name, theme))
    if stacked:
        highest = float(found.values.sum(axis=1).max(initial=0.0))
        figure.update_yaxes(range=[0, 100 * max(1.0, highest)], ticksuffix="%")
        _label_bands(figure, found, max(1.0, highest), theme)
    else:
        colors = palette(theme or state.theme())
        figure.update_yaxes(ticksuffix="%", zeroline=True, zerolinewidth=1.5, zerolinecolor=colors.muted)
    if len(found.names) > _MOST_IN_A_ROW:
        figure.update_layout(height=_TALL, legend={"traceorder": "normal"})
    return figure


def weights_text(found: Bands, *, title: str) -> str:
    """Return what the figure says, in a sentence."""
    if not len(found.times):
        return f"{title}: nothing to show."
    first, last = (when(str(found.times[place]) + "Z") for place in (0, -1))
    told = ", ".join(
        f"{name} {percent(float(share))}" for name, share in zip(found.names, found.values[-1], strict=True)
    )
    return f"{title} from {first} to {last}. At the end: {told}."


def last_chart(weights: Weights, *, key: str) -> None:
    """Draw, for the last rebalance, each symbol's share of equity beside its share of the expected variance."""
    names, share, risk = _last(weights)
    figure = last_figure(names, share, risk)
    told = ", ".join(f"{n} {percent(s)} and {percent(r)}" for n, s, r in zip(names, share, risk, strict=True))
    show_figure(figure, alt=f"Target weight and share of risk at the last rebalance: {told}.", key=key)


def _last(weights: Weights) -> tuple[list[str], list[float], list[float]]:
    target, risk = np.nan_to_num(weights.target[-1]), np.nan_to_num(weights.risk[-1])
    order = np.argsort(-np.abs(target), kind="stable")
    shown, rest = order[:MOST_SYMBOLS], order[MOST_SYMBOLS:]
    names = [weights.symbols[index] for index in shown]
    shares, risks = target[shown].tolist(), risk[shown].tolist()
    if len(rest):
        names.append(OTHERS)
        shares.append(float(target[rest].sum()))
        risks.append(float(risk[rest].sum()))
    return names, shares, risks


def last_figure(
    names: Sequence[str], share: Sequence[float], risk: Sequence[float], *, theme: ThemeName | None = None
) -> go.Figure:
    """Return the figure of weight beside risk: two bars a symbol, the second hatched."""
    height = 130 + _BAR_HEIGHT * len(names)
    figure = new_figure("Weight beside risk", y_title="", x_title="Share (%)", height=height, theme=theme)
    ground = palette(theme or state.theme()).surface
    for index, (label, values, pattern) in enumerate((("Target weight", share, ""), ("Share of risk", risk, "/"))):
        color = series(index, theme).color
        figure.add_trace(
            go.Bar(
                name=label,
                y=list(names),
                x=[100 * value for value in values],
                orientation="h",
                marker={"color": color, "pattern": {"shape": pattern, "bgcolor": color, "fgcolor": ground, "size": 6}},
                hovertemplate="%{x:.2f}%",
            )
        )
    figure.update_layout(barmode="group", bargap=0.3, bargroupgap=0.05, hovermode="y unified")
    figure.update_yaxes(autorange="reversed", showgrid=False, title_text=None)
    figure.update_xaxes(ticksuffix="%")
    return figure


def growth_figure(curves: Sequence[tuple[str, EquityCurve, float]], *, theme: ThemeName | None = None) -> go.Figure:
    """Return the figure of the growth of several runs, in percent of their starting cash.

    Parameters
    ----------
    curves:
        Name, curve and starting cash of each.
    """
    figure = new_figure("Portfolio and benchmarks", y_title="Growth (% of starting cash)", theme=theme)
    for index, (name, curve, cash) in enumerate(curves):
        look = series(index, theme)
        figure.add_trace(
            go.Scatter(
                x=curve.time.astype("datetime64[s]"),
                y=100 * (curve.equity / cash - 1),
                name=name,
                mode="lines",
                line={**look.line, "width": 2.25 if index == 0 else 1.5},
                hovertemplate="%{y:+.2f}%",
            )
        )
    figure.update_yaxes(ticksuffix="%", zeroline=True)
    return figure


def growth_chart(curves: Sequence[tuple[str, EquityCurve, float]], *, key: str) -> None:
    """Draw the growth of several runs."""
    told = ", ".join(
        f"{name} {percent(float(curve.equity[-1]) / cash - 1, signed=True)}" for name, curve, cash in curves
    )
    show_figure(growth_figure(curves), alt=f"Growth of each run to its end: {told}.", key=key)


def _band(found: Bands, index: int, name: str, theme: ThemeName | None) -> go.Scatter:
    color = _color(index, name, theme)
    return go.Scatter(
        x=found.times,
        y=100 * found.values[:, index],
        name=name,
        mode="lines",
        line={"shape": "hv", "width": 0.75, "color": palette(theme or state.theme()).surface},
        fillcolor=color,
        fillpattern=_pattern(index, name, color, theme),
        stackgroup="weights",
        hovertemplate="%{y:.2f}%",
    )


def _pattern(index: int, name: str, color: str, theme: ThemeName | None) -> dict[str, Any]:
    shape = "/" if name == OTHERS else _PATTERNS[index]
    if not shape:
        return {}
    ground = palette(theme or state.theme()).surface
    return {"shape": shape, "bgcolor": color, "fgcolor": ground, "size": 6, "solidity": 0.15}


def _line(found: Bands, index: int, name: str, theme: ThemeName | None) -> go.Scatter:
    """Return solid steps with a few markers: dashes would fall apart on them, and colour is never alone."""
    look = series(index, theme)
    colors = palette(theme or state.theme())
    color = colors.muted if name == OTHERS else look.color
    return go.Scatter(
        x=found.times,
        y=100 * found.values[:, index],
        name=name,
        mode="lines+markers",
        line={"shape": "hv", "width": 1.5, "color": color},
        marker={"symbol": look.marker, "size": 6, "color": color, "maxdisplayed": _MOST_MARKERS},
        hovertemplate="%{y:+.2f}%",
    )


def _color(index: int, name: str, theme: ThemeName | None) -> str:
    return palette(theme or state.theme()).line if name == OTHERS else series(index, theme).color


def _label_bands(figure: go.Figure, found: Bands, top: float, theme: ThemeName | None) -> None:
    """Name each band at its right end, so that it is known without its colour."""
    if not len(found.times):
        return
    base = 0.0
    for name, share in zip(found.names, found.values[-1], strict=True):
        if share >= _LEAST_LABELLED * top:
            figure.add_annotation(
                x=1,
                xref="paper",
                xanchor="left",
                y=100 * (base + share / 2),
                text=f" {name}",
                showarrow=False,
                font={"size": 12, "color": palette(theme or state.theme()).text},
            )
        base += float(share)
    figure.update_layout(margin={"r": 84})
