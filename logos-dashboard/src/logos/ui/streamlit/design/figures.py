"""Plotly figures in the current theme: one layout, SVG lines alone, every one with a title, units and a text."""

from __future__ import annotations

from typing import Any

import attrs
import plotly.graph_objects as go
import streamlit as st

from logos.ui.streamlit import state
from logos.ui.streamlit.design.tokens import DASHES, LEGEND_LINE, MARKERS, Palette, ThemeName, palette

FONT = "Source Sans, system-ui, sans-serif"
HEIGHT = 360
_CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "displayModeBar": "hover",
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "scrollZoom": False,
}


@attrs.frozen
class Series:
    """How the line of one series is drawn: a colour, and what tells it apart without colour."""

    color: str
    dash: str
    marker: str

    @property
    def line(self) -> dict[str, Any]:
        """Return it as Plotly takes it for a line."""
        return {"color": self.color, "dash": self.dash, "width": 1.75}


def series(index: int, theme: ThemeName | None = None) -> Series:
    """Return the look of the series of a number; a higher one than there are colours begins anew with other dashes."""
    colors = palette(theme or state.theme()).series
    turn, place = divmod(index, len(colors))
    return Series(colors[place], DASHES[(place + turn) % len(DASHES)], MARKERS[(place + turn) % len(MARKERS)])


def new_figure(
    title: str,
    *,
    y_title: str,
    x_title: str = "Time (UTC)",
    height: int = HEIGHT,
    theme: ThemeName | None = None,
) -> go.Figure:
    """Return an empty figure in the current theme.

    Parameters
    ----------
    title:
        What it shows; stands above it.
    y_title, x_title:
        What the axes count, with the unit: ``Equity (USD)``.
    height:
        In pixels.
    theme:
        Another theme than the current one.
    """
    colors = palette(theme or state.theme())
    axes = {name: {"title_text": text, **_axis(colors)} for name, text in (("xaxis", x_title), ("yaxis", y_title))}
    return go.Figure(layout=_layout(title, height, colors) | axes)  # updating a figure takes ten times as long


def show_figure(figure: go.Figure, *, alt: str, key: str) -> None:
    """Draw a figure.

    Parameters
    ----------
    alt:
        What the picture says, in a sentence with its numbers, for those who do not see it.
    key:
        Unique on the page, so that it is updated rather than drawn anew.
    """
    st.plotly_chart(figure, theme=None, key=key, config=_CONFIG, alt=alt, width="stretch")


def _layout(title: str, height: int, colors: Palette) -> dict[str, Any]:
    return {
        "title": {
            "text": title,
            "font": {"size": 15, "color": colors.text, "weight": 600},
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yanchor": "top",
            "yref": "container",
            "pad": {"l": 12, "t": 14},
        },
        "height": height,
        "font": {"family": FONT, "size": 13, "color": colors.muted},
        "paper_bgcolor": colors.surface,
        "plot_bgcolor": colors.surface,
        "margin": {"l": 12, "r": 16, "t": 46, "b": 12},
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 0,
            "yref": "container",
            "xanchor": "left",
            "yanchor": "bottom",  # below the plot, which shrinks when it wraps: above it would run into the title
            "font": {"size": 12, "color": colors.text},
            "itemwidth": LEGEND_LINE,
        },
        "hovermode": "x unified",
        "hoversubplots": "axis",  # one line and one label through every plot over the same axis of time
        "hoverlabel": {"bgcolor": colors.surface, "bordercolor": colors.line, "font": {"color": colors.text}},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": colors.muted, "activecolor": colors.accent},
        "uirevision": "kept",
    }


def _axis(colors: Palette) -> dict[str, Any]:
    return {
        "automargin": True,
        "gridcolor": colors.grid,
        "linecolor": colors.line,
        "zerolinecolor": colors.line,
        "tickfont": {"size": 12, "color": colors.muted},
        "title_font": {"size": 12, "color": colors.muted},
        "title_standoff": 8,
    }
