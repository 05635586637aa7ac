"""Numbers and pictures of the lessons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from logos.artifacts.plots import draw_picture, print_ticks, set_time_axis
from logos.domain.times import SECONDS_A_DAY, parse_time

BLUE, VERMILION, GREEN, INK, QUIET = "#0072B2", "#D55E00", "#009E73", "#2B2F36", "#6B7280"
"""Okabe and Ito's colours, told apart with any kind of colour vision; lines differ in their dashes too."""

_DASHES: Sequence[Any] = ("solid", (0, (6, 2)), (0, (1, 1.5)))
_COLOURS = (BLUE, VERMILION, GREEN)
_MINUS = "\N{MINUS SIGN}"


def money(text: str | Decimal, currency: str = "USD") -> str:
    """Return an amount with two decimals, as in ``-1,234.50 USD``."""
    return f"{Decimal(text):,.2f} {currency}"


def signed(text: str | Decimal, currency: str = "USD") -> str:
    """Return an amount with its sign."""
    return f"{Decimal(text):+,.2f} {currency}"


def percent(ratio: float | None, decimals: int = 2, *, sign: bool = True) -> str:
    """Return a ratio in percent; a dash where there is none."""
    if ratio is None:
        return "-"
    return f"{100 * ratio:+,.{decimals}f} %" if sign else f"{100 * ratio:,.{decimals}f} %"


def number(value: float | None) -> str:
    """Return a figure such as a Sharpe ratio; a dash where there is none."""
    return "-" if value is None else f"{value:.2f}"


def draw_curves(
    out: Path,
    curves: Mapping[str, tuple[Any, Any]],
    *,
    title: str,
    subtitle: str,
    y_title: str,
    marks: Mapping[str, tuple[Any, Any]] | None = None,
) -> None:
    """Draw some lines over time, each with its name at its end, and points to look at.

    Parameters
    ----------
    curves, marks:
        Times in seconds since the epoch, UTC, and values, by name; at most three lines, and two kinds of marks.
    """

    def compose(figure: Any) -> None:
        axes = figure.subplots()
        _frame(figure, axes, title, subtitle, y_title)
        axes.set_xlabel("Time (UTC)")
        every = []
        for (name, (times, values)), colour, dashes in zip(curves.items(), _COLOURS, _DASHES, strict=False):
            days = [time / SECONDS_A_DAY for time in times]
            every += days
            axes.plot(days, values, color=colour, linestyle=dashes, linewidth=1.5, label=name)
        for (name, (times, values)), sign, colour in zip((marks or {}).items(), "^v", (GREEN, VERMILION), strict=False):
            days = [time / SECONDS_A_DAY for time in times]
            axes.plot(days, values, sign, color=colour, markersize=8, markeredgecolor="white", label=name, zorder=3)
        set_time_axis(axes, sorted(every))
        print_ticks(axes)
        axes.legend(loc="best", frameon=False)

    draw_picture(out, compose)


def draw_pairs(
    out: Path, names: Sequence[str], pairs: Mapping[str, Sequence[float]], *, title: str, subtitle: str, y_title: str
) -> None:
    """Draw bars side by side for each name: two series, of which the second is hatched."""

    def compose(figure: Any) -> None:
        axes = figure.subplots()
        _frame(figure, axes, title, subtitle, y_title)
        width = 0.38
        for place, ((label, values), hatch) in enumerate(zip(pairs.items(), ("", "///"), strict=True)):
            at = [index + (place - 0.5) * width for index in range(len(names))]
            drawn = axes.bar(at, values, width * 0.94, color=_COLOURS[place], hatch=hatch, edgecolor="white")
            drawn.set_label(label)
            for x, value in zip(at, values, strict=True):
                text = f"{value:+.2f}".replace("-", _MINUS)
                above = value >= 0
                axes.annotate(
                    text,
                    (x, value),
                    xytext=(0, 4 if above else -4),
                    textcoords="offset points",
                    ha="center",
                    va="bottom" if above else "top",
                    fontsize=9,
                    color=INK,
                )
        axes.axhline(0, color=QUIET, linewidth=1)
        axes.margins(y=0.15)
        axes.set_xticks(range(len(names)), names)
        axes.legend(loc="best", frameon=False)

    draw_picture(out, compose)


def _frame(figure: Any, axes: Any, title: str, subtitle: str, y_title: str) -> None:
    figure.subplots_adjust(left=0.09, right=0.97, top=0.86, bottom=0.09)
    figure.text(0.09, 0.94, title, fontsize=15, fontweight="bold", parse_math=False)
    figure.text(0.09, 0.895, subtitle, fontsize=10.5, color=QUIET, parse_math=False)
    axes.set_ylabel(y_title, parse_math=False)


def curve_of(rows: Sequence[Mapping[str, str]], column: str) -> tuple[list[int], list[float]]:
    """Return times and values of a table's column, for a picture."""
    return [parse_time(row["timestamp"]) for row in rows], [float(row[column]) for row in rows]
