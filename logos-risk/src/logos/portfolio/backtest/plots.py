"""The pictures of a portfolio backtest: weights over time, who contributes the risk, and all allocators compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from logos.artifacts.curve import EquityCurve, read_curve
from logos.artifacts.plots import draw_picture, print_ticks, set_time_axis
from logos.artifacts.schemas import EQUITY_FILE
from logos.domain.times import SECONDS_A_DAY, parse_time
from logos.portfolio.backtest.comparing import Contender
from logos.portfolio.backtest.rebalances import PastRebalance

_QUIET = "#6B7280"
_INK = "#2B2F36"
_REST = "#9CA3AF"
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
"""Okabe and Ito's, told apart with any kind of colour vision."""

_DARK = ("#00385A", "#7A5300", "#004F3A", "#713C5C", "#23597A", "#6E2F00", "#7D7300")
"""The same hues, dark: areas beyond the first seven have these and a hatch, so that no two look alike."""

_HATCH = "////"

_LINES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))
_MOST_AREAS = len(_COLOURS) + len(_DARK)
_LEAST_APART = 0.06
_MOST_BARS = 20
_OTHERS = "others"
_NO_REBALANCE = "No rebalance"


def draw_weights(one: Contender, out: Path, *, title: str) -> None:
    """Draw what was held after each rebalance as stacked areas: above zero what was held long, below it short."""
    rebalances = [each for each in one.risk.rebalances if each.held]

    def compose(figure: Figure) -> None:
        axes = figure.subplots()
        figure.subplots_adjust(left=0.09, right=0.86, top=0.87, bottom=0.09)
        when = "one rebalance" if len(rebalances) == 1 else f"each of {len(rebalances):,} rebalances"
        _head(figure, title, f"{one.name}  ·  share of equity at the close after {when}")
        axes.set_ylabel("Weight (% of equity)")
        axes.set_xlabel("Time (UTC)")
        if rebalances:
            _draw_weights(axes, rebalances, _end_of(one))
        else:
            _leave_empty(axes, "No bar came after the only rebalance" if one.risk.rebalances else _NO_REBALANCE)

    draw_picture(out, compose)


def draw_risk(one: Contender, out: Path, *, title: str) -> None:
    """Draw each symbol's mean weight beside its mean share of risk, and the expected volatility over time."""

    def compose(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": (5, 6), "wspace": 0.24})
        figure.subplots_adjust(left=0.09, right=0.97, top=0.87, bottom=0.09)
        _head(figure, title, _risk_note(one))
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
        _head(figure, title, f"{note}  ·  logarithmic scale" if scale == "log" else note)
        upper.set_ylabel(f"Equity ({contenders[0].run.currency})", parse_math=False)
        lower.set_ylabel("Drawdown (%)")
        lower.set_xlabel("Time (UTC)")
        if not len(curves[0]):
            _leave_empty(upper, "No data")
            return
        upper.set_yscale(scale)
        for index, (one, curve) in enumerate(zip(contenders, curves, strict=True)):
            style = {**_line(index), "linewidth": 1.7 if index == 0 else 1.1, "zorder": 3 - (index > 0)}
            days = curve.time / SECONDS_A_DAY
            upper.plot(days, curve.equity, label=one.name, **style)
            lower.plot(days, -100.0 * curve.drawdown, **style)
        set_time_axis(lower, curves[0].time / SECONDS_A_DAY)
        _set_scales(upper, lower, curves, float(contenders[0].run.metrics["starting_cash"]))
        upper.legend(loc="upper left", frameon=False)
        figure.align_ylabels([upper, lower])

    draw_picture(out, compose)


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


def _head(figure: Figure, title: str, note: str) -> None:
    # A dollar sign in a name must not start a formula.
    figure.text(0.09, 0.945, title, fontsize=15, fontweight="bold", parse_math=False)
    figure.text(0.09, 0.905, note, fontsize=10.5, color=_QUIET, parse_math=False)


def _leave_empty(axes: Axes, note: str) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.text(0.5, 0.5, note, transform=axes.transAxes, ha="center", va="center", color=_QUIET, fontsize=13)


def _end_of(one: Contender) -> int:
    return parse_time(one.run.metrics["end"])


def _draw_weights(axes: Axes, rebalances: Sequence[PastRebalance], end: int) -> None:
    names, columns = _largest([each.held for each in rebalances])
    days = np.array([*(each.at for each in rebalances), max(end, rebalances[-1].at)]) / SECONDS_A_DAY
    percent = 100.0 * np.vstack([columns, columns[-1:]])
    set_time_axis(axes, days)
    _stack(axes, days, np.maximum(percent, 0.0), names, labelled=True)
    if (columns < 0).any():
        _stack(axes, days, np.minimum(percent, 0.0), names, labelled=False)
        axes.axhline(0.0, color=_INK, linewidth=0.9)
    else:
        axes.set_ylim(bottom=0.0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 2.5, 5, 10]))
    print_ticks(axes)
    handles, labels = axes.get_legend_handles_labels()
    # From top to bottom as the areas lie.
    axes.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)


def _stack(axes: Axes, days: Any, percent: Any, names: Sequence[str], *, labelled: bool) -> None:
    """Stack one area a symbol away from zero, the first next to it."""
    labels = names if labelled else ()
    areas = axes.stackplot(days, percent.T, step="post", labels=labels, edgecolor="white", linewidth=0.3)
    for index, (area, name) in enumerate(zip(areas, names, strict=True)):
        area.set_facecolor(_REST if name == _OTHERS else (*_COLOURS, *_DARK)[index])
        area.set_hatch(_HATCH if index >= len(_COLOURS) and name != _OTHERS else "")


def _line(index: int) -> dict[str, Any]:
    return {"color": _COLOURS[index % len(_COLOURS)], "linestyle": _LINES[index // len(_COLOURS) % len(_LINES)]}


def _largest(weights: Sequence[Mapping[str, float]]) -> tuple[list[str], Any]:
    """Return the symbols with the largest mean weights, largest first, and their weights; the rest is one column."""
    symbols = sorted({symbol for each in weights for symbol in each})
    table = np.array([[each.get(symbol, 0.0) for symbol in symbols] for each in weights])
    order = sorted(range(len(symbols)), key=lambda column: (-float(np.abs(table[:, column]).mean()), symbols[column]))
    if len(order) <= _MOST_AREAS:
        return [symbols[column] for column in order], table[:, order]
    shown, rest = order[: _MOST_AREAS - 1], order[_MOST_AREAS - 1 :]
    names = [*(symbols[column] for column in shown), _OTHERS]
    return names, np.column_stack([table[:, shown], table[:, rest].sum(axis=1)])


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
        _leave_empty(axes, "The allocator has no model of risk" if one.risk.rebalances else _NO_REBALANCE)
        return
    held = [each.targets for each in one.risk.rebalances]
    weights = {symbol: float(np.mean([each.get(symbol, 0.0) for each in held])) for symbol in shares}
    order = sorted(shares, key=lambda symbol: (-shares[symbol], symbol))[:_MOST_BARS]
    places = np.arange(len(order))[::-1]
    axes.barh(places + 0.2, [100 * shares[name] for name in order], 0.38, color=_COLOURS[5], label="Share of risk")
    axes.barh(
        places - 0.2, [100 * weights[name] for name in order], 0.38, color=_COLOURS[4], label="Mean target weight"
    )
    axes.set_yticks(places, order)
    axes.tick_params(axis="y", labelcolor=_INK)
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
        _leave_empty(axes, "No expected volatility")
        return
    days = np.array([*(each.at for each in known), max(_end_of(one), known[-1].at)]) / SECONDS_A_DAY
    percent = [100.0 * each.volatility for each in known if each.volatility is not None]
    axes.step(days, [*percent, percent[-1]], where="post", color=_COLOURS[0], linewidth=1.4, label="Expected")
    realised = one.risk.realised_volatility
    if realised is not None:
        axes.axhline(100 * realised, color=_INK, linewidth=1.0, linestyle=(0, (4, 3)), label="Realised, whole run")
    set_time_axis(axes, days)
    # Room for the legend above both lines.
    axes.set_ylim(0.0, 1.18 * max(*percent, 100 * (realised or 0.0), 0.01))
    axes.legend(loc="upper left", ncols=2, frameon=False)
