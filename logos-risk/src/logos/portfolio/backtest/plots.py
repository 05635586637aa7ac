"""Two pictures of a portfolio backtest: who contributes the risk, and all allocators compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from logos.artifacts.curve import EquityCurve, read_curve
from logos.artifacts.plots import draw_picture, print_ticks, set_time_axis
from logos.artifacts.schemas import EQUITY_FILE
from logos.domain.times import SECONDS_A_DAY
from logos.portfolio.backtest.comparing import Contender
from logos.portfolio.backtest.plot_style import COLOURS, INK, NO_REBALANCE, end_of, head, leave_empty

_LINES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))
_LEAST_APART = 0.06
_MOST_BARS = 20
_SAME_LINE = 1e-3
"""Relative difference of two equities that nobody sees in the picture."""


def draw_risk(one: Contender, out: Path, *, title: str) -> None:
    """Draw each symbol's mean weight beside its mean share of risk, and the expected volatility over time."""

    def compose(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": (5, 6), "wspace": 0.24})
        figure.subplots_adjust(left=0.09, right=0.97, top=0.87, bottom=0.09)
        head(figure, title, _risk_note(one))
        _draw_contributions(left, one)
        _draw_volatility(right, one)

    draw_picture(out, compose)


def draw_comparison(contenders: Sequence[Contender], out: Path, *, title: str) -> None:
    """Draw the equity of every allocator, the portfolio's own first, and their drawdowns below."""
    curves = [read_curve(one.run.folder / EQUITY_FILE) for one in contenders]
    scale = "log" if all((curve.equity > 0).all() for curve in curves) else "linear"

    def compose(figure: Figure) -> None:
        upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 1), "hspace": 0.10})
        figure.subplots_adjust(left=0.09, right=0.97, top=0.87, bottom=0.09)
        note = "the same bars, costs and starting cash for all"
        head(figure, title, f"{note}  ·  logarithmic scale" if scale == "log" else note)
        upper.set_ylabel(f"Equity ({contenders[0].run.currency})", parse_math=False)
        lower.set_ylabel("Drawdown (%)")
        lower.set_xlabel("Time (UTC)")
        if not len(curves[0]):
            leave_empty(upper, "No data")
            return
        upper.set_yscale(scale)
        for index, (label, curve) in enumerate(zip(_labels(contenders, curves), curves, strict=True)):
            style = {**_line(index), "linewidth": 1.7 if index == 0 else 1.1, "zorder": 3 - (index > 0)}
            days = curve.time / SECONDS_A_DAY
            upper.plot(days, curve.equity, label=label, **style)
            lower.plot(days, -100.0 * curve.drawdown, **style)
        set_time_axis(lower, curves[0].time / SECONDS_A_DAY)
        _set_scales(upper, lower, curves, float(contenders[0].run.metrics["starting_cash"]))
        upper.legend(loc="best", frameon=False)  # where it hides the least of the curves
        figure.align_ylabels([upper, lower])

    draw_picture(out, compose)


def _labels(contenders: Sequence[Contender], curves: Sequence[EquityCurve]) -> Iterator[str]:
    """Yield the name of each line; with whose line it lies on, where the two cannot be told apart in the picture."""
    drawn: list[tuple[str, EquityCurve]] = []
    for one, curve in zip(contenders, curves, strict=True):
        under = next((name for name, other in drawn if _is_same_line(curve, other)), None)
        drawn.append((one.name, curve))
        yield one.name if under is None else f"{one.name} (on the line of {under})"


def _is_same_line(one: EquityCurve, two: EquityCurve) -> bool:
    return np.array_equal(one.time, two.time) and np.allclose(one.equity, two.equity, rtol=_SAME_LINE, atol=0.0)


def _set_scales(upper: Axes, lower: Axes, curves: Sequence[EquityCurve], start: float) -> None:
    upper.yaxis.set_minor_locator(NullLocator())
    locator = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10])
    upper.yaxis.set_major_locator(locator)
    if upper.get_yscale() == "log":
        low, high = upper.get_ylim()
        upper.set_ylim(min(low, start), max(high, start))
        upper.yaxis.set_major_locator(FixedLocator(_log_ticks(locator, upper.get_ylim(), start)))
    deepest = max(float(curve.drawdown.max()) for curve in curves if len(curve))
    lower.set_ylim(min(-0.01, -112.0 * deepest), 0.0)
    lower.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    print_ticks(upper)
    print_ticks(lower)


def _log_ticks(locator: MaxNLocator, limits: tuple[float, float], start: float) -> list[float]:
    """Return ticks of a logarithmic axis: where all curves start, and round ones that stand far enough from it."""
    low, high = limits
    apart = _LEAST_APART * np.log(high / low)
    ticks = [float(tick) for tick in locator.tick_values(low, high) if low <= tick <= high]
    return sorted([start, *(tick for tick in ticks if abs(np.log(tick / start)) > apart)])


def _line(index: int) -> dict[str, Any]:
    return {"color": COLOURS[index % len(COLOURS)], "linestyle": _LINES[index // len(COLOURS) % len(_LINES)]}


def _risk_note(one: Contender) -> str:
    risk = one.risk
    parts = [one.name]
    if risk.volatility is not None:
        parts.append(f"expected volatility {100 * risk.volatility:.2f} % a year")
    if risk.realised_volatility is not None:
        parts.append(f"realised {100 * risk.realised_volatility:.2f} %")
    if risk.effective_assets is not None:
        parts.append(f"as concentrated as {risk.effective_assets:.1f} equal holdings")
    return "  ·  ".join(parts)


def _draw_contributions(axes: Axes, one: Contender) -> None:
    shares = one.risk.contributions
    if not shares:
        leave_empty(axes, "The allocator has no model of risk" if one.risk.rebalances else NO_REBALANCE)
        return
    held = [each.targets for each in one.risk.rebalances]
    weights = {symbol: float(np.mean([each.get(symbol, 0.0) for each in held])) for symbol in shares}
    order = sorted(shares, key=lambda symbol: (-shares[symbol], symbol))[:_MOST_BARS]
    places = np.arange(len(order))[::-1]
    axes.barh(places + 0.2, [100 * shares[name] for name in order], 0.38, color=COLOURS[5], label="Share of risk")
    axes.barh(places - 0.2, [100 * weights[name] for name in order], 0.38, color=COLOURS[4], label="Mean target weight")
    axes.set_yticks(places, order)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    more = len(shares) - len(order)
    axes.set_xlabel("% of variance, % of equity" + (f"  ({more:,} smaller ones not shown)" if more else ""))
    axes.set_ylim(-0.6, len(order) + 0.1)  # room for the legend above the bars
    axes.legend(loc="upper right", ncols=2, frameon=False)


def _draw_volatility(axes: Axes, one: Contender) -> None:
    known = [each for each in one.risk.rebalances if each.volatility is not None]
    axes.set_xlabel("Time (UTC)")
    axes.set_ylabel("Volatility (% a year)")
    if not known:
        leave_empty(axes, "No expected volatility")
        return
    days = np.array([*(each.at for each in known), max(end_of(one), known[-1].at)]) / SECONDS_A_DAY
    percent = [100.0 * each.volatility for each in known if each.volatility is not None]
    axes.step(days, [*percent, percent[-1]], where="post", color=COLOURS[0], linewidth=1.4, label="Expected")
    realised = one.risk.realised_volatility
    if realised is not None:
        axes.axhline(100 * realised, color=INK, linewidth=1.0, linestyle=(0, (4, 3)), label="Realised, whole run")
    set_time_axis(axes, days)
    # Room for the legend above both lines.
    axes.set_ylim(0.0, 1.18 * max(*percent, 100 * (realised or 0.0), 0.01))
    axes.legend(loc="upper left", ncols=2, frameon=False)
