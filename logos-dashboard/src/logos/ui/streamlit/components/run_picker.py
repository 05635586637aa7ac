"""The list of backtests from which one, or some, are picked, by keys or in a table; searched and filtered above it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from logos.ui.streamlit import state
from logos.ui.streamlit.components.tables import signed_table
from logos.ui.streamlit.components.trades_table import day_range
from logos.ui.streamlit.data.runs_index import BacktestRow, few_days, shown_name
from logos.ui.streamlit.design.formats import number, when

MOST_LISTED = 100
"""So many rows go to the browser at once: a table of a thousand takes as long as all the rest of its page."""

_NEWEST = "Newest first"
_ORDERS: Mapping[str, Callable[[BacktestRow], float | None]] = {
    "Highest total return first": lambda row: row.total_return,
    "Highest Sharpe ratio first": lambda row: row.sharpe,
    "Smallest drawdown first": lambda row: None if row.max_drawdown is None else -row.max_drawdown,
}
_ROWS_SHOWN = 8
_HEIGHT = 320
"""In pixels: so many rows, and half a one that says that there are more."""


def filter_rows(rows: Sequence[BacktestRow], *, key: str) -> list[BacktestRow]:
    """Draw the filters, and return the runs that match them."""
    strategies = sorted({name for row in rows for name in row.strategies})
    symbols = sorted({name for row in rows for name in row.symbols})
    made = sorted(row.made[:10] for row in rows if row.made)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Search", placeholder="Name or id", key=f"{key}-text", width=220)
        some_strategies = st.multiselect("Strategy", strategies, placeholder="All", key=f"{key}-strategies", width=200)
        some_symbols = st.multiselect("Symbol", symbols, placeholder="All", key=f"{key}-symbols", width=200)
        first, last = day_range("Run date (UTC)", (made[0], made[-1]) if made else (), key=f"{key}-days")
    return [
        row
        for row in rows
        if matches(row, text=text, strategies=some_strategies, symbols=some_symbols, first=first, last=last)
    ]


def matches(
    row: BacktestRow,
    *,
    text: str = "",
    strategies: Sequence[str] = (),
    symbols: Sequence[str] = (),
    first: str = "",
    last: str = "",
) -> bool:
    """Return whether a run has every word of the text in its id, one of the strategies and symbols, and a day between.

    Parameters
    ----------
    first, last:
        Days on which it was run, both included, such as ``2024-03-07``; empty for no bound.
    """
    day = row.made[:10]
    return (
        all(word in row.backtest_id.lower() for word in text.lower().split())
        and (not strategies or bool(set(strategies) & set(row.strategies)))
        and (not symbols or bool(set(symbols) & set(row.symbols)))
        and (not first or day >= first)
        and (not last or (day != "" and day <= last))
    )


def in_order(rows: Sequence[BacktestRow], *, key: str) -> list[BacktestRow]:
    """Return the runs in the order that is chosen; the choice stands only where not all of them are listed at once."""
    if len(rows) <= MOST_LISTED:
        return list(rows)
    chosen = st.selectbox("Order", (_NEWEST, *_ORDERS), key=f"{key}-order", width=240)
    figure = _ORDERS.get(chosen)
    return list(rows) if figure is None else sorted(rows, key=lambda row: _descending(figure(row)))


def _descending(value: float | None) -> tuple[bool, float]:
    """Return what the greatest is sorted first by, and what has no value last."""
    return (True, 0.0) if value is None else (False, -value)


def pick(
    rows: Sequence[BacktestRow],
    *,
    chosen: Sequence[str],
    several: bool,
    key: str,
    on_pick: Callable[[Sequence[str]], None],
) -> list[BacktestRow]:
    """Draw the runs, and return those that are chosen, in the order in which they were.

    Of very many the first are listed, and behind them those that are picked already. The field above the table is for
    the keyboard and for screen readers, to whom the table is a picture.

    Parameters
    ----------
    chosen:
        Ids of the chosen runs; where none of them is there, the first one that can be read is shown as if it were.
    several:
        Whether more than one may be picked, and none.
    on_pick:
        Called with the ids once somebody has picked others, before the page is drawn again: those that were chosen
        before in their order, and behind them what is new.
    """
    rows = [*rows[:MOST_LISTED], *(row for row in rows[MOST_LISTED:] if row.backtest_id in chosen)]
    ids = [row.backtest_id for row in rows]
    places = [ids.index(name) for name in chosen if name in ids] or ([] if several else [_first_readable(rows)])

    def pick_these(now: Sequence[int]) -> None:
        names = [ids[place] for place in now if place < len(ids)]
        on_pick([*(name for name in chosen if name in names), *(name for name in names if name not in chosen)])

    _field(_labels(rows), places, several=several, key=f"{key}-field", on_pick=pick_these)
    _grid(rows, places, several=several, key=key, on_pick=pick_these)
    return [rows[place] for place in places]


def _field(
    labels: Sequence[str], places: Sequence[int], *, several: bool, key: str, on_pick: Callable[[Sequence[int]], None]
) -> None:
    """Draw the field in which runs are picked by their names."""
    st.session_state[key] = list(places) if several else places[0]  # what is picked elsewhere stands here too

    def picked() -> None:
        now = st.session_state[key]
        on_pick(now if several else [now])

    numbers = range(len(labels))
    if several:
        st.multiselect("Runs", numbers, format_func=labels.__getitem__, key=key, on_change=picked, placeholder="None")
    else:
        st.selectbox("Run", numbers, format_func=labels.__getitem__, key=key, on_change=picked, width=420)


def _labels(rows: Sequence[BacktestRow]) -> list[str]:
    """Return what stands for each run in a list: different for all, for that is how Streamlit tells them apart."""
    labels: list[str] = []
    for row in rows:
        name = shown_name(row.backtest_id) + f" ({row.status})" * (not row.readable)
        labels.append(name if name not in labels else f"{name}, number {len(labels) + 1} of the list")
    return labels


def _grid(
    rows: Sequence[BacktestRow],
    places: Sequence[int],
    *,
    several: bool,
    key: str,
    on_pick: Callable[[Sequence[int]], None],
) -> None:
    """Draw the table in which runs are picked by a click, be it on the box of a row or on any of its cells."""
    widget = state.key_of(key, *(row.backtest_id for row in rows))  # it knows rows by their numbers in this very list
    shown = _shown_as_picked(widget, places, with_cell=not several)

    def picked() -> None:
        now = st.session_state[widget]["selection"]
        clicked = [cell[0] for cell in now["cells"] if list(cell) not in shown["cells"]]
        if clicked:
            on_pick(sorted({*clicked} ^ {*places}) if several else clicked)
        elif sorted(now["rows"]) != shown["rows"]:  # the browser also sends back what it was told to show
            on_pick(sorted(now["rows"]))

    st.dataframe(
        signed_table(_table(rows), _SHOWN, beside={"sharpe": [few_days(row.days) for row in rows]}),
        key=widget,
        on_select=picked,
        selection_mode=("multi-row" if several else "single-row-required", "single-cell"),
        hide_index=True,
        height="content" if len(rows) <= _ROWS_SHOWN else _HEIGHT,
        column_config=_COLUMNS,
        placeholder="–",  # noqa: RUF001 - the dash that stands for no value
        lazy=False,
        alt="Backtests; they are picked in the field above too",
    )


def _first_readable(rows: Sequence[BacktestRow]) -> int:
    """Return the place of the first run that can be read; the first one where none can."""
    return next((place for place, row in enumerate(rows) if row.readable), 0)


def _shown_as_picked(widget: str, places: Sequence[int], *, with_cell: bool) -> dict[str, list[Any]]:
    """Let a table show the rows that are picked, whoever picked them, and return what it shows as picked.

    Where one is picked, a cell of its row is too: the arrow keys go on from there. Where several are, none is, so that
    another click on a cell takes its run back.
    """
    now = st.session_state[widget]["selection"] if widget in st.session_state else {"rows": [], "cells": []}
    cells = [list(cell) for cell in now["cells"] if with_cell and cell[0] in places]
    if with_cell and not cells:
        cells = [[places[0], "made"]]
    wanted: dict[str, list[Any]] = {"rows": sorted(places), "columns": [], "cells": cells}
    if widget not in st.session_state or (sorted(now["rows"]), [*map(list, now["cells"])]) != (wanted["rows"], cells):
        st.session_state[widget] = {"selection": wanted}
    return wanted


def _table(rows: Sequence[BacktestRow]) -> pa.Table:
    return pa.table(
        {
            "made": pa.array([when(row.made, seconds=True).removesuffix(" UTC") for row in rows], pa.string()),
            "name": pa.array([row.name for row in rows], pa.string()),
            "status": pa.array([row.status for row in rows], pa.string()),
            "return": pa.array([_percent(row.total_return) for row in rows], pa.float64()),
            "sharpe": pa.array([row.sharpe for row in rows], pa.float64()),
            "drawdown": pa.array([_percent(row.max_drawdown) for row in rows], pa.float64()),
            "fills": pa.array([row.fills for row in rows], pa.int64()),
            "strategies": pa.array([", ".join(row.strategies) for row in rows], pa.string()),
            "symbols": pa.array([", ".join(row.symbols) for row in rows], pa.string()),
            "start": pa.array([row.start[:10] for row in rows], pa.string()),
            "end": pa.array([row.end[:10] for row in rows], pa.string()),
            "bars": pa.array([row.bars for row in rows], pa.int64()),
        }
    )


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None else ratio * 100


_SHOWN = {
    "return": lambda value: f"{number(value, signed=True)}%",
    "sharpe": number,
    "drawdown": lambda value: f"{number(value)}%",
}
_COLUMNS = {  # none is pinned: Streamlit writes those in a grey that is hard to read
    "made": st.column_config.TextColumn("Run at (UTC)", width=142),
    "name": st.column_config.TextColumn("Name", width=118),
    "status": st.column_config.TextColumn("Status", width=90),
    "return": st.column_config.NumberColumn("Total return", width=96),
    "sharpe": st.column_config.NumberColumn("Sharpe ratio, a year", width=134),
    "drawdown": st.column_config.NumberColumn("Max drawdown", width=108),
    "fills": st.column_config.NumberColumn("Fills", format="%,d", width=60),
    "strategies": st.column_config.TextColumn("Strategies", width=220),
    "symbols": st.column_config.TextColumn("Symbols", width=220),
    "start": st.column_config.TextColumn("From", width=95),
    "end": st.column_config.TextColumn("To", width=95),
    "bars": st.column_config.NumberColumn("Bars", format="%,d", width=85),
}
