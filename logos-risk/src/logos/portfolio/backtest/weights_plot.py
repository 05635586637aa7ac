"""The picture of the weights over time: stacked areas where nothing is short, else a row for each symbol."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from logos.artifacts.plots import draw_picture, print_ticks, set_time_axis
from logos.domain.times import SECONDS_A_DAY
from logos.portfolio.backtest.comparing import Contender
from logos.portfolio.backtest.plot_style import COLOURS, INK, NO_REBALANCE, QUIET, end_of, head, leave_empty
from logos.portfolio.backtest.rebalances import PastRebalance

_DARK = ("#00385A", "#7A5300", "#004F3A", "#713C5C", "#23597A", "#6E2F00", "#7D7300")
"""The same hues, dark: areas beyond the first seven have these and a hatch, so that no two look alike."""

_REST = "#9CA3AF"
_LONG, _SHORT = COLOURS[0], COLOURS[5]
_HATCH = "////"
_MOST_AREAS = len(COLOURS) + len(_DARK)
_MOST_ROWS = 12
_MOST_OUTLINED = 120
"""Rebalances up to which each area has a white outline; of more, outlines and hatches are all that is seen."""

_OTHERS = "others"


def draw_weights(one: Contender, out: Path, *, title: str) -> None:
    """Draw what was held after each rebalance, in percent of equity.

    Stacked areas where nothing is short. Stacks of both sides cannot be read where symbols change sides: a book with
    shorts has a row for each symbol, and one above them for all together.
    """
    rebalances = [each for each in one.risk.rebalances if each.held]
    short = any(weight < 0 for each in rebalances for weight in each.held.values())

    def compose(figure: Figure) -> None:
        when = "one rebalance" if len(rebalances) == 1 else f"each of {len(rebalances):,} rebalances"
        head(figure, title, f"{one.name}  ·  % of equity at the close after {when}")
        if short:
            _draw_rows(figure, rebalances, end_of(one))
            return
        axes = figure.subplots()
        figure.subplots_adjust(left=0.09, right=0.86, top=0.87, bottom=0.09)
        axes.set_ylabel("Weight (% of equity)")
        axes.set_xlabel("Time (UTC)")
        if rebalances:
            _draw_stack(axes, rebalances, end_of(one))
        else:
            leave_empty(axes, "No bar came after the only rebalance" if one.risk.rebalances else NO_REBALANCE)

    draw_picture(out, compose)


def _draw_stack(axes: Axes, rebalances: Sequence[PastRebalance], end: int) -> None:
    names, columns = _largest([each.held for each in rebalances], _MOST_AREAS)
    days, percent = _steps(rebalances, columns, end)
    set_time_axis(axes, days)
    _stack(axes, days, percent, names)
    axes.set_ylim(bottom=0.0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 2.5, 5, 10]))
    print_ticks(axes)
    handles, labels = axes.get_legend_handles_labels()
    # From top to bottom as the areas lie.
    axes.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)


def _stack(axes: Axes, days: Any, percent: Any, names: Sequence[str]) -> None:
    """Stack one area a symbol, the first at the bottom."""
    outlined = len(days) <= _MOST_OUTLINED
    areas = axes.stackplot(days, percent, step="post", labels=names, edgecolor="white", linewidth=0.3 * outlined)
    for index, (area, name) in enumerate(zip(areas, names, strict=True)):
        area.set_facecolor(_REST if name == _OTHERS else (*COLOURS, *_DARK)[index])
        area.set_hatch(_HATCH if outlined and index >= len(COLOURS) and name != _OTHERS else "")


def _draw_rows(figure: Figure, rebalances: Sequence[PastRebalance], end: int) -> None:
    """Draw what is long above zero and what is short below it: all together, then each symbol on one scale."""
    names, columns = _largest([each.held for each in rebalances], _MOST_ROWS)
    heights = [max(2.0, len(names) / 4), *(1.0 for _ in names)]
    grid = {"height_ratios": heights, "hspace": 0.12}
    top, *rows = figure.subplots(len(heights), 1, sharex=True, gridspec_kw=grid).tolist()
    figure.subplots_adjust(left=_left_margin(names), right=0.97, top=0.87, bottom=0.09)
    held = np.array([[sum(_sided(each.held, side)) for side in (1, -1)] for each in rebalances])
    days, (long, short) = _steps(rebalances, held, end)
    _fill(top, days, long, short)
    top.step(days, long + short, where="post", color=INK, linewidth=1.1, label="Net")
    top.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    print_ticks(top)
    top.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, frameon=False, borderaxespad=0.2)
    days, percent = _steps(rebalances, columns, end)
    limits = min(float(percent.min()), 0.0), max(float(percent.max()), 0.0)
    for axes, weights in zip(rows, percent, strict=True):
        _fill(axes, days, np.maximum(weights, 0.0), np.minimum(weights, 0.0))
        axes.set_ylim(*limits)
        axes.set_yticks(_few_ticks(*limits))
        axes.tick_params(axis="y", labelsize=8)
        print_ticks(axes)
    for axes, name in zip((top, *rows), ("All", *names), strict=True):
        axes.set_ylabel(name, rotation=0, ha="right", va="center", color=INK, parse_math=False)
    figure.align_ylabels([top, *rows])
    set_time_axis(rows[-1], days)
    rows[-1].set_xlabel("Time (UTC)")


def _left_margin(names: Sequence[str]) -> float:
    """Return the share of the width that the longest name and the ticks need."""
    return 0.09 + 0.007 * max(0, max(len(name) for name in names) - 6)


def _few_ticks(low: float, high: float) -> list[float]:
    """Return two ticks for a low row: one round number on both sides of zero, or zero and one on the longer side."""
    reach = max(-low, high)
    power = 10.0 ** math.floor(math.log10(reach))
    tick = max((step * power for step in (1, 2, 5) if step * power <= reach), default=reach)
    if low <= -tick and tick <= high:
        return [-tick, tick]
    return [0.0, tick] if high >= tick else [-tick, 0.0]


def _sided(held: Mapping[str, float], side: int) -> list[float]:
    """Return the weights of one side: 1 for what is long, -1 for what is short."""
    return [held[symbol] for symbol in sorted(held) if held[symbol] * side > 0]


def _fill(axes: Axes, days: Any, long: Any, short: Any) -> None:
    axes.fill_between(days, long, 0.0, step="post", color=_LONG, linewidth=0, label="Long")
    axes.fill_between(days, short, 0.0, step="post", color=_SHORT, linewidth=0, label="Short")
    axes.axhline(0.0, color=QUIET, linewidth=0.6)


def _steps(rebalances: Sequence[PastRebalance], columns: Any, end: int) -> tuple[Any, Any]:
    """Return times in days since the epoch, and percentages that hold until the next time, the last until the end."""
    days = np.array([*(each.at for each in rebalances), max(end, rebalances[-1].at)]) / SECONDS_A_DAY
    return days, 100.0 * np.vstack([columns, columns[-1:]]).T


def _largest(weights: Sequence[Mapping[str, float]], most: int) -> tuple[list[str], Any]:
    """Return the symbols with the largest mean weights, largest first, and their weights; the rest is one column."""
    symbols = sorted({symbol for each in weights for symbol in each})
    table = np.array([[each.get(symbol, 0.0) for symbol in symbols] for each in weights])
    order = sorted(range(len(symbols)), key=lambda column: (-float(np.abs(table[:, column]).mean()), symbols[column]))
    if len(order) <= most:
        return [symbols[column] for column in order], table[:, order]
    shown, rest = order[: most - 1], order[most - 1 :]
    names = [*(symbols[column] for column in shown), _OTHERS]
    return names, np.column_stack([table[:, shown], table[:, rest].sum(axis=1)])
