"""What the pictures of a portfolio backtest share: colours, the heading, and what stands where nothing can be drawn."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logos.domain.times import parse_time
from logos.portfolio.backtest.comparing import Contender

QUIET = "#6B7280"
INK = "#2B2F36"
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
"""Okabe and Ito's, told apart with any kind of colour vision."""

NO_REBALANCE = "No rebalance"


def head(figure: Figure, title: str, note: str) -> None:
    """Write a picture's title, and a line below it."""
    # A dollar sign in a name must not start a formula.
    figure.text(0.09, 0.945, title, fontsize=15, fontweight="bold", parse_math=False)
    figure.text(0.09, 0.905, note, fontsize=10.5, color=QUIET, parse_math=False)


def leave_empty(axes: Axes, note: str) -> None:
    """Say why there is nothing to draw."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.text(0.5, 0.5, note, transform=axes.transAxes, ha="center", va="center", color=QUIET, fontsize=13)


def end_of(one: Contender) -> int:
    """Return the close of a run's last bar, in seconds since the epoch, UTC."""
    return parse_time(one.run.metrics["end"])
