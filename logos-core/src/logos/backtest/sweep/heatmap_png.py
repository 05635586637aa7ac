"""The heat map of a sweep as a PNG."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from logos.backtest.sweep.heatmap import Surface, borders, label
from logos.backtest.sweep.space import Axis

_SIZE_INCHES = (10.5, 7.5)
_DOTS_PER_INCH = 120
_MOST_TICKS = 14

# Okabe and Ito's colours, and cividis, are told apart with any kind of colour vision.
_MAP = "cividis"
_PEAK = "#D55E00"
_CENTRE = "#FFFFFF"
_LINE = "#0072B2"
_INK = "#2B2F36"
_QUIET = "#6B7280"
_EMPTY = "#E5E7EB"

_STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 10.0,
    "text.color": _INK,
    "axes.edgecolor": _EMPTY,
    "axes.labelcolor": _QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _QUIET,
    "ytick.color": _QUIET,
    "hatch.color": "#C3C8D0",
    "hatch.linewidth": 0.6,
}


def draw_png(surface: Surface, *, title: str) -> bytes:
    """Draw the heat map, or a line where one parameter varies, and return the file.

    No user setting of matplotlib is read, and neither a date nor a program version is stored in the file.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        figure = Figure(figsize=_SIZE_INCHES, dpi=_DOTS_PER_INCH, facecolor="white")
        axes = figure.subplots()
        figure.subplots_adjust(left=0.09, right=0.92, top=0.86, bottom=0.16)
        figure.text(0.09, 0.945, title, fontsize=15, fontweight="bold", parse_math=False)
        for line, text in enumerate(surface.subtitle):
            figure.text(0.09, 0.91 - 0.03 * line, text, fontsize=10.5, color=_QUIET, parse_math=False)
        if surface.down is None:
            _draw_line(axes, surface)
        else:
            _draw_map(figure, axes, surface, surface.down)
        canvas: Any = FigureCanvasAgg(figure)
        file = BytesIO()
        canvas.print_png(file, metadata={"Software": None})
        return file.getvalue()


def _draw_map(figure: Figure, axes: Axes, surface: Surface, down: Axis) -> None:
    values = np.ma.masked_invalid(surface.values)
    rows, columns = surface.values.shape
    axes.set_facecolor(_EMPTY)
    axes.patch.set_hatch("////")
    edges = (np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5)
    colours = axes.pcolormesh(*edges, values, cmap=f"{_MAP}_r" if surface.less_is_better else _MAP, edgecolors="none")
    bar = figure.colorbar(colours, ax=axes, pad=0.02, fraction=0.05)
    bar.set_label(surface.objective)
    bar.outline.set_visible(False)
    _outline(axes, surface)
    if surface.centre is not None:
        _mark(axes, surface.centre, "o", _CENTRE)
    if surface.peak is not None:
        _mark(axes, surface.peak, "*", _PEAK)
    _tick(axes.xaxis, surface.across)
    _tick(axes.yaxis, down)
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(-0.5, rows - 0.5)
    axes.tick_params(length=0)
    axes.set_xlabel(surface.across.name, parse_math=False)
    axes.set_ylabel(down.name, parse_math=False)
    _legend(figure, surface, is_map=True)


def _outline(axes: Axes, surface: Surface) -> None:
    for xs, ys in borders(surface.plateau):
        axes.plot(xs, ys, color="black", linewidth=3.6, solid_capstyle="projecting", clip_on=False, zorder=3)
        axes.plot(xs, ys, color=_CENTRE, linewidth=1.8, solid_capstyle="projecting", clip_on=False, zorder=4)


def _mark(axes: Axes, place: tuple[int, int], marker: str, colour: str) -> None:
    row, column = place
    size = 17 if marker == "*" else 9
    axes.plot(
        [column],
        [row],
        marker=marker,
        markersize=size,
        color=colour,
        markeredgecolor="black",
        markeredgewidth=1.0,
        linestyle="none",
        zorder=5 if marker == "*" else 6,
    )


def _draw_line(axes: Axes, surface: Surface) -> None:
    values = surface.values[0]
    places = np.arange(len(values))
    axes.grid(visible=True, axis="y", color=_EMPTY, linewidth=0.8)
    axes.set_axisbelow(True)
    for _, column in surface.plateau:
        axes.axvspan(column - 0.5, column + 0.5, color=_LINE, alpha=0.10, linewidth=0)
    for column in np.flatnonzero(np.isnan(values)).tolist():
        axes.axvspan(column - 0.5, column + 0.5, facecolor=_EMPTY, hatch="////", edgecolor="#C3C8D0", linewidth=0)
    axes.plot(places, values, color=_LINE, linewidth=1.6, marker="o", markersize=4)
    for place, marker, colour in ((surface.centre, "o", _CENTRE), (surface.peak, "*", _PEAK)):
        if place is not None:
            column = place[1]
            size = 17 if marker == "*" else 7
            axes.plot(
                [column],
                [values[column]],
                marker=marker,
                markersize=size,
                color=colour,
                markeredgecolor="black",
                linestyle="none",
                zorder=4 if marker == "*" else 5,
            )
    axes.set_xlim(-0.5, len(values) - 0.5)
    axes.tick_params(length=0)
    _tick(axes.xaxis, surface.across)
    axes.set_xlabel(surface.across.name, parse_math=False)
    axes.set_ylabel(surface.objective)
    figure: Any = axes.figure
    _legend(figure, surface, is_map=False)


def _tick(axis: Any, parameter: Axis) -> None:
    count = len(parameter.values)
    step = max(1, -(-count // _MOST_TICKS))
    places = list(range(0, count, step))
    axis.set_ticks(places, [label(parameter.values[place]) for place in places], parse_math=False)


def _legend(figure: Figure, surface: Surface, *, is_map: bool) -> None:
    handles: list[Any] = []
    if surface.peak is not None:
        handles.append(_key("*", _PEAK, 13, "peak"))
    if surface.centre is not None:
        handles.append(_key("o", _CENTRE, 8, "recommended: centre of the plateau"))
    if surface.plateau:
        fill = "white" if is_map else "#E5F1F7"
        handles.append(Patch(facecolor=fill, edgecolor="black" if is_map else "none", label="plateau"))
    if np.isnan(surface.values).any():
        handles.append(
            Patch(facecolor=_EMPTY, hatch="////", edgecolor="#C3C8D0", label="refused, not run or undefined")
        )
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.08, 0.015), ncols=4, frameon=False)


def _key(marker: str, colour: str, size: int, text: str) -> Line2D:
    return Line2D(
        [], [], marker=marker, color=colour, markeredgecolor="black", markersize=size, linestyle="none", label=text
    )
