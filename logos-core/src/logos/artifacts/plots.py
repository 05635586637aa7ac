"""The picture of a session or a backtest: equity above, drawdown below."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from logos.artifacts.curve import EquityCurve, read_curve
from logos.domain.times import SECONDS_A_DAY

_SIZE_INCHES = (12.0, 6.75)
_DOTS_PER_INCH = 120

# Okabe and Ito's blue and vermilion are told apart with any kind of colour vision.
_EQUITY = "#0072B2"
_DRAWDOWN = "#D55E00"
_INK = "#2B2F36"
_QUIET = "#6B7280"
_GRID = "#E5E7EB"

_STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 10.0,
    "text.color": _INK,
    "axes.edgecolor": _GRID,
    "axes.labelcolor": _QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": _GRID,
    "grid.linewidth": 0.8,
    "xtick.color": _QUIET,
    "ytick.color": _QUIET,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "path.simplify": False,
}


def draw_equity(account_csv: Path, out: Path, *, title: str, currency: str) -> None:
    """Draw the equity and drawdown of a session or a backtest as a PNG.

    Parameters
    ----------
    account_csv:
        The session's ``account.csv``, or the backtest's ``equity.csv``.
    out:
        The file to write; its folder is made where it is missing. It appears whole or not at all.
    title:
        The heading, such as the session's name.
    currency:
        The account's currency, for the axis.

    The same table gives the same bytes on one machine: no user setting of matplotlib is read, and neither a date nor
    a program version is stored in the file.
    """
    curve = read_curve(account_csv)
    draw_picture(out, lambda figure: _compose(figure, curve, title, currency))


def draw_picture(out: Path, compose: Callable[[Figure], None]) -> None:
    """Draw a picture in the style of them all as a PNG; it appears whole or not at all.

    Parameters
    ----------
    out:
        The file to write; its folder is made where it is missing.
    compose:
        Fills the empty figure.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        figure = Figure(figsize=_SIZE_INCHES, dpi=_DOTS_PER_INCH, facecolor="white")
        compose(figure)
        canvas: Any = FigureCanvasAgg(figure)
        out.parent.mkdir(parents=True, exist_ok=True)
        partial = out.with_name(out.name + ".partial")
        with partial.open("wb") as file:
            canvas.print_png(file, metadata={"Software": None})
        partial.replace(out)


def _compose(figure: Figure, curve: EquityCurve, title: str, currency: str) -> None:
    axes = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 1), "hspace": 0.10})
    figure.subplots_adjust(left=0.09, right=0.97, top=0.87, bottom=0.09)
    upper, lower = axes
    # A dollar sign in a name must not start a formula.
    figure.text(0.09, 0.945, title, fontsize=15, fontweight="bold", parse_math=False)
    figure.text(0.09, 0.905, _subtitle(curve, currency), fontsize=10.5, color=_QUIET, parse_math=False)
    upper.set_ylabel(f"Equity ({currency})", parse_math=False)
    lower.set_ylabel("Drawdown (%)")
    lower.set_xlabel("Time (UTC)")
    if not len(curve):
        _leave_empty(upper, lower)
        return
    days = curve.time / SECONDS_A_DAY
    _draw_upper(upper, days, curve.equity)
    _draw_lower(lower, days, -100.0 * curve.drawdown)
    set_time_axis(lower, days)
    figure.align_ylabels(axes)


def _subtitle(curve: EquityCurve, currency: str) -> str:
    if not len(curve):
        return "No bar was seen."
    start, end = float(curve.equity[0]), float(curve.equity[-1])
    parts = [f"{start:,.2f} to {end:,.2f} {currency}"]
    if start > 0:
        parts.append(f"return {100 * (end / start - 1):+.2f} %")
    parts.append(f"maximum drawdown {100 * float(curve.drawdown.max()):.2f} %")
    return "  ·  ".join(parts).replace("-", "\N{MINUS SIGN}")


def _leave_empty(upper: Axes, lower: Axes) -> None:
    for axes in (upper, lower):
        axes.set_xticks([])
        axes.set_yticks([])
    upper.text(0.5, 0.5, "No data", transform=upper.transAxes, ha="center", va="center", color=_QUIET, fontsize=13)


def _draw_upper(axes: Axes, days: Any, equity: Any) -> None:
    start = float(equity[0])
    axes.axhline(start, color=_QUIET, linewidth=1.0, linestyle=(0, (4, 3)))
    axes.plot(days, equity, color=_EQUITY, linewidth=1.4, solid_joinstyle="round")
    axes.plot(days[-1:], equity[-1:], color=_EQUITY, marker="o", markersize=5, clip_on=False)
    low, high = float(equity.min()), float(equity.max())
    # Without a floor, an account that never trades would be drawn over steps of a billionth.
    margin = max((high - low) * 0.08, abs(start) * 1e-4, 1e-6)
    axes.set_ylim(low - margin, high + margin)
    axes.annotate(
        "start",
        (1.0, start),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        color=_QUIET,
        fontsize=8.5,
    )
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    print_ticks(axes)


def _draw_lower(axes: Axes, days: Any, percent: Any) -> None:
    axes.fill_between(days, percent, 0.0, color=_DRAWDOWN, alpha=0.22, linewidth=0)
    axes.plot(days, percent, color=_DRAWDOWN, linewidth=1.0)
    deepest = min(float(percent.min()), -0.01)
    axes.set_ylim(deepest * 1.12, 0.0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    print_ticks(axes)


def print_ticks(axes: Axes) -> None:
    """Print the vertical axis with thousands separators and as many decimals as its steps need."""
    step = float(np.diff(axes.get_yticks()[:2])[0])
    decimals = next((places for places in range(9) if abs(step * 10**places % 1 - 0.5) > 0.499), 9)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: _number(value, decimals)))


def _number(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    if not text.strip("-0.,"):
        text = text.removeprefix("-")
    return text.replace("-", "\N{MINUS SIGN}")


def set_time_axis(axes: Axes, days: Any) -> None:
    """Let the horizontal axis run from the first to the last of some times, in days since the epoch."""
    first, last = float(days[0]), float(days[-1])
    half_an_hour = 1 / 48
    axes.set_xlim(first, last) if last > first else axes.set_xlim(first - half_an_hour, first + half_an_hour)
    locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
