"""Portfolio: what was wanted and what was held at each rebalance, who carried the risk, and what it was compared to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import streamlit as st

from logos.context.redaction import redact_text
from logos.ui.streamlit import state
from logos.ui.streamlit.components.empty import empty_card, show_reading, warning_card
from logos.ui.streamlit.components.frame import page_header, section
from logos.ui.streamlit.components.portfolio_cards import backtest_cards, session_cards
from logos.ui.streamlit.components.tables import plain_table
from logos.ui.streamlit.components.weights_chart import (
    MOST_SYMBOLS,
    bands,
    growth_chart,
    last_chart,
    weights_chart,
)
from logos.ui.streamlit.data.backtest_run import load_backtest
from logos.ui.streamlit.data.portfolio_run import (
    PortfolioRow,
    Rebalance,
    benchmark_folders,
    clock_of,
    list_portfolios,
    load_comparison,
    load_remarks,
    load_risk,
    load_settings,
    load_written,
    status_of,
)
from logos.ui.streamlit.data.weights import Weights, load_weights
from logos.ui.streamlit.design.formats import MISSING, count, number, percent, when
from logos.domain.errors import InputError
from logos.domain.times import parse_time

_CHOSEN = "portfolio"
_TARGET, _HELD = "Target", "Held"
_MOST_PLAIN = 25
_MOST_CURVES = 7
_MOST_NOTES = 200


def show() -> None:
    """Draw the page."""
    page_header("Portfolio", "Weights and risk at each rebalance of a portfolio backtest or a session.")
    listing = list_portfolios(state.workspace())
    if not show_reading(listing, title="No portfolio yet") or not listing.value:
        return
    row = _pick(listing.value)
    weights = load_weights(row.folder)
    if row.kind == "backtest":
        _backtest(row, weights.value)
    elif weights.value is not None:
        _session(row, weights.value)
    if show_reading(weights, title="No weights") and weights.value is not None:
        _weights(row, weights.value)
    if row.kind == "backtest":
        _comparison(row)
    _limits(row)
    _notes(row)


def _pick(rows: Sequence[PortfolioRow]) -> PortfolioRow:
    names = [row.run_id for row in rows]
    kept = state.chosen(_CHOSEN)
    by_id = dict(zip(names, rows, strict=True))
    picked = st.selectbox(
        "Portfolio",
        names,
        index=names.index(kept) if kept in by_id else 0,
        format_func=lambda name: _label(by_id[name]),
        key="portfolio-pick",
        width=640,
    )
    if picked != kept:
        state.choose(_CHOSEN, picked)
    return by_id[picked]


def _label(row: PortfolioRow) -> str:
    parts = (row.name, row.allocator, row.kind, when(row.made) if row.made else row.run_id)
    return " · ".join(part for part in parts if part)


def _backtest(row: PortfolioRow, weights: Weights | None) -> None:
    section(row.name, " · ".join(part for part in ("backtest", row.status, row.run_id) if part))
    risk = load_risk(row.folder)
    if show_reading(risk, title="No report of risk") and risk.value is not None:
        backtest_cards(risk.value, weights, row.allocator)


def _session(row: PortfolioRow, weights: Weights) -> None:
    status = status_of(row.folder)
    section(row.name, " · ".join(part for part in ("session", status, row.run_id) if part))
    settings = load_settings(row.folder).value or {}
    session_cards(weights, load_remarks(row.folder).value or (), str(settings.get("allocator", {}).get("plugin", "")))


def _weights(row: PortfolioRow, weights: Weights) -> None:
    section("Weights over time", _shown_note(weights))
    which = st.segmented_control(
        "Weights",
        (_TARGET, _HELD),
        default=_TARGET,
        required=True,
        key="portfolio-which",
        label_visibility="collapsed",
    )
    end = _end(row)
    table = weights.actual if which == _HELD else weights.target
    title = "Weights held after each rebalance" if which == _HELD else "Target weights"
    found = bands(weights, table, end=end)
    if len(found.times) > 1:
        weights_chart(found, title=title, y_title="Share of equity (%)", key=f"weights-{row.run_id}-{which}")
    else:
        empty_card("One rebalance so far", "The picture over time begins with the second.")
    if weights.has_risk:
        risk = bands(weights, weights.risk, end=end)
        if len(risk.times) > 1:
            weights_chart(
                risk, title="Risk contributions", y_title="Share of expected variance (%)", key=f"risk-{row.run_id}"
            )
    else:
        empty_card("No risk contributions", "The allocator has no model of risk, so it expects no variance to share.")
    _last(row, weights)


def _shown_note(weights: Weights) -> str:
    symbols = len(weights.symbols)
    if symbols <= MOST_SYMBOLS:
        return f"{count(symbols)} symbols, {count(len(weights))} rebalances"
    return (
        f"the {MOST_SYMBOLS} largest of {count(symbols)} symbols by mean weight, and the others together; "
        f"{count(len(weights))} rebalances"
    )


def _end(row: PortfolioRow) -> int | None:
    """Return until when the last weights were in force, where that is told."""
    if row.kind == "session":
        return clock_of(row.folder)
    metrics = load_backtest(row.folder).value
    try:
        return None if metrics is None else parse_time(str(metrics.metrics.get("end")))
    except InputError:
        return None


def _last(row: PortfolioRow, weights: Weights) -> None:
    section("Last rebalance", when(int(weights.times[-1])))
    if not weights.held_last:
        warning_card("No slice has followed the last rebalance yet, so it is not known what its orders came to")
    order = np.argsort(-np.abs(np.nan_to_num(weights.target[-1])), kind="stable")
    with st.container(key="portfolio-last"):
        st.html("<style>.st-key-portfolio-last [data-testid='stColumn']{min-width:min(26rem,100%)}</style>")
        left, right = st.columns((3, 2)) if weights.has_risk else (st.container(), None)
        with left:
            if len(order) <= _MOST_PLAIN:
                _plain_last(weights, order)
            else:
                _long_last(weights, order, key=f"last-{row.run_id}")
        if right is not None:
            with right:
                last_chart(weights, key=f"last-chart-{row.run_id}")


_LAST_COLUMNS = ("Symbol", "Target", "Held", "Difference (pp)", "Share of risk")


def _plain_last(weights: Weights, order: Any) -> None:
    rows = []
    for index in order:
        target, actual = (float(table[-1, index]) for table in (weights.target, weights.actual))
        apart = number(100 * (actual - target), signed=True)
        rows.append(
            (weights.symbols[index], percent(target), percent(actual), apart, percent(float(weights.risk[-1, index])))
        )
    plain_table("Target and held weights at the last rebalance", _LAST_COLUMNS, rows, numeric=_LAST_COLUMNS[1:])


def _long_last(weights: Weights, order: Any, *, key: str) -> None:
    target, actual, risk = (100 * table[-1][order] for table in (weights.target, weights.actual, weights.risk))
    values = (target, actual, actual - target, risk)
    table = {"Symbol": pa.array([weights.symbols[index] for index in order], pa.string())}
    table |= {
        name: pa.array(column, pa.float64(), from_pandas=True)
        for name, column in zip(_LAST_COLUMNS[1:], values, strict=True)
    }
    formats = ("%.2f%%", "%.2f%%", "%+.2f", "%.2f%%")
    st.dataframe(
        pa.table(table),
        key=key,
        hide_index=True,
        height=420,
        column_config={
            name: st.column_config.NumberColumn(name, format=shape)
            for name, shape in zip(_LAST_COLUMNS[1:], formats, strict=True)
        },
        placeholder=MISSING,
        alt="Target and held weights of every symbol at the last rebalance, largest target first",
    )


_COMPARED = (
    ("total_return", "Return", "signed"),
    ("cagr", "CAGR", "signed"),
    ("volatility", "Volatility", "percent"),
    ("sharpe", "Sharpe ± error", "sharpe"),
    ("max_drawdown", "Max drawdown", "percent"),
    ("turnover", "Turnover a year", "percent"),
    ("cost_drag", "Costs a year", "percent"),
    ("effective_assets", "Effective assets", "number"),
)
_DIFFERENCE = ("sharpe_difference", "Sharpe difference ± error", "difference")


_WITHIN_NOISE = (
    "The Sharpe difference is the benchmark's ratio less the portfolio's; below twice its standard error it is within "
    "noise, and it is left out where the two cannot be ranked."
)
_NOT_RANKED = (
    "Nobody is ranked: there are too few trading days to tell the Sharpe ratios apart, or spans, bars or costs differ."
)


def _comparison(row: PortfolioRow) -> None:
    section("Against its benchmarks", "same bars, same span, same costs")
    table = load_comparison(row.folder)
    if show_reading(table, title="No benchmarks") and table.value:
        ranked = any(line.get(_DIFFERENCE[0]) for line in table.value)
        shown = (*_COMPARED, _DIFFERENCE) if ranked else _COMPARED
        columns = ("Allocator", *(label for _, label, _ in shown))
        rows = [(line.get("allocator", ""), *(_cell(line, *one[::2]) for one in shown)) for line in table.value]
        plain_table("The portfolio and its benchmarks", columns, rows, numeric=columns[1:])
        st.caption(_WITHIN_NOISE if ranked else _NOT_RANKED)
    curves = list(_curves(row))
    if len(curves) > 1:
        growth_chart(curves[:_MOST_CURVES], key=f"growth-{row.run_id}")
        if len(curves) > _MOST_CURVES:
            st.caption(f"The first {_MOST_CURVES - 1} of {count(len(curves) - 1)} benchmarks are drawn.")


def _cell(line: Mapping[str, str], name: str, kind: str) -> str:
    value = line.get(name) or None
    if kind in {"sharpe", "difference"}:
        error = line.get(f"{name}_standard_error")
        text = number(value, signed=kind == "difference")
        return f"{text} ± {number(error)}" if value and error else text
    if kind == "number":
        return number(value)
    return percent(value, signed=kind == "signed")


def _curves(row: PortfolioRow) -> Iterator[tuple[str, Any, float]]:
    """Yield name, curve and starting cash of the portfolio and of each benchmark whose folder can be read."""
    main = row.allocator or "portfolio"
    for name, folder in ((main, row.folder), *((redact_text(one.name), one) for one in benchmark_folders(row.folder))):
        run = load_backtest(folder).value
        curve = None if run is None else run.equity.value
        if run is None or curve is None:
            warning_card(f"The curve of {name} cannot be read, and is left out")
            continue
        cash = float(run.metrics["starting_cash"])
        if cash > 0:
            yield name, curve, cash


_MEANINGS = {
    "long_only": "no weight below zero",
    "max_weight": "greatest weight of a symbol",
    "min_weight": "least weight of a symbol",
    "weights": "bounds of single symbols",
    "gross": "absolute weights together",
    "net": "weights together",
    "sectors": "greatest weight of a sector",
    "asset_classes": "greatest weight of an asset class",
    "max_position": "greatest value of a position, in money",
    "turnover": "absolute changes at one rebalance, together",
    "band": "smallest difference of weights that is traded",
    "min_trade": "smallest order, in money",
}
_SHARES = frozenset({"max_weight", "min_weight", "gross", "turnover", "band"})
_OF_THE_ALLOCATOR = ("plugin", "rebalance", "interval", "lookback", "min_history", "invest", "calendar", "risk_model")


def _limits(row: PortfolioRow) -> None:
    section("Limits and settings", "from the config of the run")
    settings = load_settings(row.folder)
    if not show_reading(settings, title="No config") or settings.value is None:
        return
    allocator = settings.value["allocator"]
    keys = [*_section(allocator.get("constraints")).items()]
    keys += [(k, v) for k, v in _section(settings.value.get("position_manager")).items() if k in {"band", "min_trade"}]
    given = [(key, _limit(key, value), _MEANINGS.get(key, "")) for key, value in keys if value not in (None, {}, [])]
    if given:
        plain_table("Limits", ("Limit", "Value", "Meaning"), given, numeric=("Value",))
        left_out = [key for key, value in keys if value in (None, {}, [])]
        if left_out:
            st.caption(f"Not limited: {', '.join(map(redact_text, left_out))}.")
    else:
        empty_card("No limits", "The config sets no constraint.")
    with st.expander("Allocator, risk model and the config as it was asked for"):
        shown = [(key, _text(allocator[key])) for key in _OF_THE_ALLOCATOR if key in allocator]
        shown += [(k, _text(v)) for k, v in allocator.items() if k not in {*_OF_THE_ALLOCATOR, "constraints"}]
        plain_table("Settings of the allocator", ("Key", "Value"), shown)
        written = load_written(row.folder)
        if written.value:
            st.code(written.value, language="yaml", height=360)


def _section(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _limit(key: str, value: Any) -> str:
    """Return a limit as text: a share of equity in percent."""
    return percent(str(value)) if key in _SHARES and not isinstance(value, dict | list) else _text(value)


def _text(value: Any) -> str:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_text(one)}" for key, one in value.items()) or MISSING
    return str(value)


def _notes(row: PortfolioRow) -> None:
    if row.kind == "session":
        section("Notes of the allocator", "in the last 4 MB of the journal")
        remarks = load_remarks(row.folder)
        if not show_reading(remarks, title="No journal") or remarks.value is None:
            return
        rebalances: Sequence[Rebalance] = remarks.value
    else:
        section("Notes of the allocator")
        risk = load_risk(row.folder).value
        rebalances = () if risk is None else risk.rebalances
    rows = [(when(one.at), one.method, note) for one in reversed(rebalances) for note in one.notes]
    if not rows:
        empty_card("No notes", f"Nothing was given up in {count(len(rebalances))} rebalances.")
        return
    plain_table("Notes of the allocator, newest first", ("Rebalance", "Method", "Note"), rows[:_MOST_NOTES])
    if len(rows) > _MOST_NOTES:
        st.caption(f"The newest {_MOST_NOTES} of {count(len(rows))} notes.")
