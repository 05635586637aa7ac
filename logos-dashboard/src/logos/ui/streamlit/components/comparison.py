"""Two to six runs side by side: curves from 100, figures against the first, configs, and no winner without a reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from logos.artifacts.curve import EquityCurve
from logos.backtest.comparing import Comparison
from logos.backtest.measures import MEASURES, Kind
from logos.ui.streamlit.components.chart_closures import held_flat
from logos.ui.streamlit.components.empty import empty_card, findings_card, show_reading
from logos.ui.streamlit.components.equity_chart import moments
from logos.ui.streamlit.components.frame import section
from logos.ui.streamlit.components.tables import plain_table
from logos.ui.streamlit.data.backtest_run import Backtest
from logos.ui.streamlit.data.comparing import compare_with, differences
from logos.ui.streamlit.data.runs_index import few_days, shown_name
from logos.ui.streamlit.design.figures import new_figure, series, show_figure
from logos.ui.streamlit.design.formats import (
    MISSING,
    decimal_of,
    money,
    money_decimals,
    number,
    percent,
    quantity,
    signed_money,
    when,
)
from logos.ui.streamlit.design.tokens import ThemeName

_LETTERS = "ABCDEF"
_SIGNED = ("total_return", "cagr")

_INSTANT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_AMOUNT = re.compile(r"(?<![\w.,:+-])(?:\d{5,}(?:\.\d+)?|\d+\.\d{3,})(?![\w:-]|[.,]\w)")
"""A number that stands by itself and is long: five digits, or three decimals and more."""

Axis = Literal["time", "days", "share"]
"""What the curves lie over: time; the days since the start of each run; the share of each run's own time."""

_LEAST_SHARE = 1 / 20
"""A curve on less than this of an axis is a hair."""

_AXIS_TITLES: Mapping[Axis, str] = {
    "time": "Time (UTC)",
    "days": "Days since the start of each run",
    "share": "Share of each run's own time (%)",
}
_AXIS_NOTES: Mapping[Axis, str] = {
    "time": "",
    "days": "These runs are too far apart for one axis of time, so each is drawn from its own start on.",
    "share": "These runs are of too different lengths for one axis of time, so each is drawn over its own time: "
    "0% is its start, and 100% its end.",
}


def comparison(runs: Sequence[Backtest]) -> None:
    """Draw a comparison of two to six runs, each with the first."""
    names = short_names(runs)
    figure = overlay_figure(runs)
    if figure.data:
        show_figure(figure, alt=overlay_text(runs), key="overlay")
        if note := _AXIS_NOTES[axis_of(runs)]:
            st.caption(note)
    readings = [compare_with(runs[0].folder, run.folder) for run in runs[1:]]
    found = [(name, reading.value) for name, reading in zip(names[1:], readings, strict=True) if reading.value]
    section("Verdict", f"each run against {names[0]}")
    for reading in readings:
        show_reading(reading)
    _verdicts(names[0], found)
    section("Figures", f"and their difference from {names[0]}; pp are percentage points")
    _figures(names, runs)
    if few := too_few(runs):
        st.caption(few)
    section("Config differences")
    _configs(names[0], found)


def short_names(runs: Sequence[Backtest]) -> list[str]:
    """Return what the runs are called here: a letter and the id."""
    return [f"{letter} · {shown_name(run.backtest_id)}" for letter, run in zip(_LETTERS, runs, strict=False)]


def from_hundred(run: Backtest, curve: EquityCurve) -> Any:
    """Return a run's equity as a percentage of its starting cash."""
    cash = decimal_of(run.metrics.get("starting_cash"))
    base = float(cash) if cash else float(curve.equity[0])
    return curve.equity * (100 / base) if base else curve.equity


def axis_of(runs: Sequence[Backtest]) -> Axis:
    """Return what the curves lie over: the first of time, days and share on which none of them is a hair."""
    curves = (run.equity.value for run in runs)
    spans = [(int(curve.time[0]), int(curve.time[-1])) for curve in curves if curve is not None]
    if len(spans) < 2:
        return "time"
    lengths = [end - start for start, end in spans]
    least, whole = min(lengths), max(end for _, end in spans) - min(start for start, _ in spans)
    if least >= _LEAST_SHARE * whole:
        return "time"
    return "days" if least >= _LEAST_SHARE * max(lengths) else "share"


def too_few(runs: Sequence[Backtest]) -> str:
    """Return which runs have too few days for their figures a year to be judged by; empty where none has."""
    found = zip(_LETTERS, (few_days(run.figure("days")) for run in runs), strict=False)
    told = ", ".join(f"{letter} has {few}" for letter, few in found if few)
    return f"{told}: too few to judge figures of a year by." if told else ""


def overlay_figure(runs: Sequence[Backtest], *, theme: ThemeName | None = None) -> go.Figure:
    """Return the curves of the runs that have one, from 100 on; every line has its own colour and dashes.

    On one axis of time, or where that would leave one of them no room, each from its own start on.
    """
    axis = axis_of(runs)
    figure = new_figure(
        "Equity, from 100",
        y_title="Equity (starting cash = 100)",
        x_title=_AXIS_TITLES[axis],
        height=420,
        theme=theme,
    )
    for index, (name, run) in enumerate(zip(short_names(runs), runs, strict=True)):
        curve = run.equity.value
        if curve is not None:
            shown = held_flat(curve)
            figure.add_trace(
                go.Scatter(
                    x=_along(shown, axis),
                    y=from_hundred(run, shown),
                    name=name,
                    mode="lines",
                    line=series(index, theme).line,
                    hovertemplate="%{y:,.2f}",
                )
            )
    return figure


def _along(curve: EquityCurve, axis: Axis) -> Any:
    """Return where the points of a curve stand on an axis."""
    if axis == "time":
        return moments(curve)
    since = curve.time - curve.time[0]
    return since / 86_400 if axis == "days" else 100 * since / np.maximum(since[-1], 1)


def overlay_text(runs: Sequence[Backtest]) -> str:
    """Return what the overlay says, in a sentence."""
    ends = [
        f"{name} at {number(float(from_hundred(run, run.equity.value)[-1]))}"
        for name, run in zip(short_names(runs), runs, strict=True)
        if run.equity.value is not None
    ]
    axis = axis_of(runs)
    over = {"time": "", "days": " and over the days since its own start", "share": " and over its own time"}[axis]
    return f"Equity of {len(ends)} runs, each from 100{over}. They end: {', '.join(ends)}."


def _verdicts(first: str, found: Sequence[tuple[str, Comparison]]) -> None:
    """Draw a single verdict as a card, and several as a table with what they all warn of once below it."""
    told = [(name[0], *_verdict(name[0], compared)) for name, compared in found]
    if len(told) == 1:
        ((letter, head, points),) = told
        findings_card(f"{letter} against {first[0]}: {head}", points, warning=bool(found[0][1].obstacles))
        return
    # Where a winner is named, the last sentence is a caution that is the same for every run.
    cautions = dict.fromkeys(compared.verdict[-1] for _, compared in found if compared.winner)
    rows = [(letter, head, " ".join(one for one in points if one not in cautions)) for letter, head, points in told]
    if rows:
        plain_table("Verdicts", ("Run", "Verdict", "Why"), rows)
    for caution in cautions:
        st.caption(caution)


def _verdict(letter: str, compared: Comparison) -> tuple[str, list[str]]:
    """Return a verdict: its first sentence up to the colon, and all else in points."""
    told = [_renamed(line, letter) for line in compared.verdict]
    head, _, reason = told[0].partition(": ")
    return head, [reason[:1].upper() + reason[1:], *told[1:]] if reason else told[1:]


def _renamed(line: str, letter: str) -> str:
    """Return a sentence of the core's, which calls the second run B, with the letter that the run has here.

    Its times and amounts are shown as everywhere else; no digit of them is rounded away, for they are what differs.
    """
    named = " ".join(letter + word[1:] if word.rstrip(",.:;") == "B" else word for word in line.split(" "))
    timed = _INSTANT.sub(lambda found: when(found[0], seconds=not found[0].endswith(":00Z")), named)
    return _AMOUNT.sub(lambda found: quantity(found[0]), timed)


def _figures(names: Sequence[str], runs: Sequence[Backtest]) -> None:
    rows = []
    for measure in MEASURES:
        base = runs[0].metrics.get(measure.name)
        row = [measure.label]
        for place, run in enumerate(runs):
            value = run.metrics.get(measure.name)
            row.append(_value(value, measure.kind, run.currency, signed=measure.name in _SIGNED))
            if place:
                row.append(_difference(base, value, measure.kind, _shared_currency(runs[0], run)))
        rows.append(row)
    columns = ["Figure", names[0][0]]
    for name in names[1:]:
        columns += [name[0], f"{name[0]} less {names[0][0]}"]
    plain_table("Figures of the runs", columns, rows, numeric=columns[1:])


def _value(value: Any, kind: Kind, currency: str, *, signed: bool = False) -> str:
    if kind == "money":
        decimals = money_decimals(value)
        return signed_money(value, currency, decimals) if signed else money(value, currency, decimals)
    if kind == "percent":
        return percent(value, signed=signed)
    if kind == "count":
        return number(value, 0, signed=signed)
    return number(value, signed=signed)


def _difference(base: Any, value: Any, kind: Kind, currency: str) -> str:
    """Return a difference with its unit; money in two currencies has none."""
    one, two = decimal_of(base), decimal_of(value)
    if one is None or two is None or (kind == "money" and not currency):
        return MISSING
    gap: Decimal = two - one
    if kind == "money":
        return signed_money(gap, currency, money_decimals(value))
    text = _value(gap, kind, "", signed=True)
    return text.replace("%", " pp") if kind == "percent" else text


def _shared_currency(one: Backtest, other: Backtest) -> str:
    return one.currency if one.currency == other.currency else ""


def _configs(first: str, found: Sequence[tuple[str, Comparison]]) -> None:
    rows = [[change.path, name[0], change.a, change.b] for name, compared in found for change in differences(compared)]
    if not rows:
        empty_card("No difference", "The configs of these runs are the same.")
        return
    rows.sort(key=lambda row: (row[0], row[1]))
    plain_table(
        "Config differences",
        ["Place in the config", "Run", f"In {first[0]}", "In the run"],
        rows,
        code=["In the run", f"In {first[0]}"],
    )
