"""The heat map of a sweep as one HTML page that needs no network. Plotly comes with the extra ``[report]``."""

from __future__ import annotations

import html
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from logos.backtest.sweep.heatmap import Surface, borders, label

_PEAK = "#D55E00"
_LINE = "#0072B2"
_EMPTY = "#E5E7EB"
_CROSS = "#9CA3AF"
_NOT_THERE = "refused, not run or undefined"
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title></head>
<body style="margin: 24px; background: white">
{figure}
</body>
</html>
"""


def missing() -> str:
    """Return why the page cannot be made, and what to install; empty where it can."""
    if find_spec("plotly") is None:
        return "heatmap.html was not made: Plotly is not installed. Run: pip install 'logos-core[report]'"
    return ""


def draw_html(surface: Surface, *, title: str) -> str:
    """Return the page."""
    import plotly.graph_objects as go  # noqa: PLC0415 -- an extra
    from plotly.io import to_html  # noqa: PLC0415

    figure = go.Figure(_line(go, surface) if surface.down is None else _map(go, surface))
    over = [html.escape(line) for line in surface.subtitle]
    if surface.down is None and surface.empty:
        over[0] += f"; missing: {_NOT_THERE}"
    figure.update_layout(
        title={"text": f"{html.escape(title)}<br>{'<br>'.join(f'<sup>{line}</sup>' for line in over)}"},
        template="plotly_white",
        font={"family": "DejaVu Sans, Arial, sans-serif", "color": "#2B2F36"},
        height=720,
        legend={"orientation": "h", "y": -0.14},
    )
    axis = {"type": "category", "showgrid": False}
    figure.update_xaxes(title_text=html.escape(surface.across.name), **axis)
    if surface.down is None:
        figure.update_yaxes(title_text=surface.objective)
    else:
        rows, columns = surface.values.shape
        # Marks would widen the axes beyond the cells.
        figure.update_layout(plot_bgcolor=_EMPTY, shapes=_outline(surface))
        figure.update_xaxes(range=[-0.5, columns - 0.5])
        figure.update_yaxes(title_text=html.escape(surface.down.name), range=[-0.5, rows - 0.5], **axis)
    drawn = to_html(figure, include_plotlyjs=True, full_html=False, div_id="heatmap", config={"displaylogo": False})
    return _PAGE.format(title=html.escape(title), figure=drawn)


def _labels(surface: Surface) -> tuple[list[str], list[str]]:
    across = [label(value) for value in surface.across.values]
    return across, [] if surface.down is None else [label(value) for value in surface.down.values]


def _cells(surface: Surface) -> list[list[float | None]]:
    return [[None if np.isnan(value) else value for value in row] for row in surface.values.tolist()]


def _map(go: Any, surface: Surface) -> list[Any]:
    across, down = _labels(surface)
    assert surface.down is not None
    told = f"{surface.down.name} %{{y}}, {surface.across.name} %{{x}}<br>{surface.objective} %{{z:.4f}}<extra></extra>"
    cells = go.Heatmap(
        x=across,
        y=down,
        z=_cells(surface),
        colorscale="Cividis",
        reversescale=surface.less_is_better,
        colorbar={"title": {"text": surface.objective}},
        hovertemplate=told,
        hoverongaps=False,
    )
    empty = [(across[column], down[row]) for row, column in surface.empty]
    cross = {"symbol": "x-thin", "size": 9, "line": {"color": _CROSS, "width": 1}}
    square = {"symbol": "square-open", "size": 14, "color": "black", "line": {"width": 2}}
    marks = [
        *([_marks(go, _NOT_THERE, empty, cross)] if empty else []),
        # Its outline is drawn by shapes, which have no place in a legend.
        *([_marks(go, "plateau (outlined)", [(None, None)], square)] if surface.plateau else []),
        *_single(go, "recommended: centre of the plateau", surface.centre, across, down, "circle", "white"),
        *_single(go, "peak", surface.peak, across, down, "star", _PEAK),
    ]
    return [cells, *marks]


def _outline(surface: Surface) -> list[dict[str, Any]]:
    """Return the border of the plateau, black under white; an axis of categories counts its places from 0."""
    lines = [
        (width, colour, side) for width, colour in ((5, "black"), (2, "white")) for side in borders(surface.plateau)
    ]
    return [
        {
            "type": "line",
            "x0": xs[0],
            "x1": xs[1],
            "y0": ys[0],
            "y1": ys[1],
            "line": {"color": colour, "width": width},
        }
        for width, colour, (xs, ys) in lines
    ]


def _single(
    go: Any, name: str, place: tuple[int, int] | None, across: list[str], down: list[str], symbol: str, colour: str
) -> list[Any]:
    if place is None:
        return []
    row, column = place
    marker = {"symbol": symbol, "size": 16, "color": colour, "line": {"color": "black", "width": 1}}
    return [_marks(go, name, [(across[column], down[row])], marker)]


def _marks(go: Any, name: str, points: Sequence[tuple[Any, Any]], marker: dict[str, Any]) -> Any:
    return go.Scatter(
        x=[x for x, _ in points],
        y=[y for _, y in points],
        mode="markers",
        marker=marker,
        name=name,
        hoverinfo="name",
    )


def _line(go: Any, surface: Surface) -> list[Any]:
    across, _ = _labels(surface)
    values = _cells(surface)[0]
    told = f"{surface.across.name} %{{x}}<br>{surface.objective} %{{y:.4f}}<extra></extra>"
    found = [
        go.Scatter(
            x=across, y=values, mode="lines+markers", line={"color": _LINE}, name=surface.objective, hovertemplate=told
        )
    ]
    inside = [column for _, column in surface.plateau]
    ring = {"symbol": "circle-open", "size": 14, "color": _LINE, "line": {"width": 2}}
    groups = [
        ("plateau", inside, ring),
        (
            "recommended: centre of the plateau",
            _column(surface.centre),
            {"symbol": "circle", "size": 13, "color": _LINE},
        ),
        ("peak", _column(surface.peak), {"symbol": "star", "size": 17, "color": _PEAK}),
    ]
    for name, columns, marker in groups:
        points = [(across[column], values[column]) for column in columns]
        found.append(_marks(go, name, points, marker))
    return found


def _column(place: tuple[int, int] | None) -> list[int]:
    return [] if place is None else [place[1]]
