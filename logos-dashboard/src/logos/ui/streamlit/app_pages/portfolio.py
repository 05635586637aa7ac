"""Portfolio: what was wanted and what was held at each rebalance, who carried the risk, and what it was compared to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import streamlit as st

from logos.context.redaction import redact_text
from logos.domain.errors import InputError
from logos.domain.times import parse_time
from logos.ui.streamlit import state
from logos.ui.streamlit.components.empty import empty_card, gone_card, show_reading, warning_card
from logos.ui.streamlit.components.frame import page_header, refreshed_at, section
from logos.ui.streamlit.components.portfolio_cards import backtest_cards, session_cards
from logos.ui.streamlit.components.portfolio_tables import (
    LAST_NOTE,
    comparison_table,
    last_table,
    limits_table,
    notes_table,
    settings_table,
)
from logos.ui.streamlit.components.run_cards import too_few_days
from logos.ui.streamlit.components.weights_chart import (
    MOST_SYMBOLS,
    bands,
    growth_chart,
    last_chart,
    weights_chart,
)
from logos.ui.streamlit.data.backtest_run import load_backtest
from logos.ui.streamlit.data.portfolio_files import Rebalance
from logos.ui.streamlit.data.portfolio_run import (
    RISK_FILE,
    PortfolioRow,
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
from logos.ui.streamlit.data.runs_index import few_days, shown_name
from logos.ui.streamlit.data.weights import Weights, load_weights
from logos.ui.streamlit.design.formats import count, decimal_of, when

_CHOSEN, _PICK = "portfolio", "portfolio-pick"
_TARGET, _HELD = "Target", "Held"
_MOST_CURVES = 7


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
    by_key = {row.key: row for row in rows}
    kept = state.chosen(_CHOSEN)
    found = next((row for row in rows if kept in {row.key, row.run_id}), None)
    st.session_state[_PICK] = (found or rows[0]).key
    picked = st.selectbox(
        "Portfolio",
        list(by_key),
        format_func=lambda key: _label(by_key[key]),
        key=_PICK,
        on_change=lambda: state.choose(portfolio=st.session_state[_PICK]),
        width=640,
    )
    if kept and found is None:  # said for as long as no other is picked
        gone_card("portfolio", kept, "The newest is shown")
    return by_key[picked]


def _label(row: PortfolioRow) -> str:
    parts = (row.name, row.allocator, row.kind, when(row.made) if row.made else shown_name(row.run_id))
    return " · ".join(part for part in parts if part)


def _backtest(row: PortfolioRow, weights: Weights | None) -> None:
    section(row.name, " · ".join(part for part in ("backtest", row.status, shown_name(row.run_id)) if part))
    risk = load_risk(row.folder)
    if show_reading(risk, title="No report of risk") and risk.value is not None:
        run = load_backtest(row.folder).value
        backtest_cards(risk.value, weights, row.allocator, too_few_days(run) if run else "")


def _session(row: PortfolioRow, weights: Weights) -> None:
    status = status_of(row.folder)
    section(row.name, " · ".join(part for part in ("session", status, shown_name(row.run_id)) if part))
    if status == "running":
        refreshed_at()
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
        weights_chart(found, title=title, y_title="Share of equity (%)", key=state.key_of("weights", row.key, which))
    else:
        empty_card("One rebalance so far", "The picture over time begins with the second.")
    if weights.has_risk:
        risk = bands(weights, np.nan_to_num(weights.risk), end=end)  # nobody carries any while nothing is wanted
        if len(risk.times) > 1:
            weights_chart(
                risk,
                title="Risk contributions",
                y_title="Share of expected variance (%)",
                key=state.key_of("risk", row.key),
            )
    else:
        told = "The allocator has no model of risk, so it expects no variance to share."
        empty_card("No risk contributions", told if weights.tells_risk else "The table of weights does not tell them.")
    _last(row, weights)


def _shown_note(weights: Weights) -> str:
    symbols = len(weights.symbols)
    if symbols <= MOST_SYMBOLS:
        return f"{_counted(symbols, 'symbol')}, {_counted(len(weights), 'rebalance')}"
    return (
        f"the {MOST_SYMBOLS} largest of {count(symbols)} symbols by mean weight, and the others together; "
        f"{_counted(len(weights), 'rebalance')}"
    )


def _counted(number: int, word: str) -> str:
    return f"{count(number)} {word}{'' if number == 1 else 's'}"


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
    with st.container(key="portfolio-last"):
        st.html("<style>.st-key-portfolio-last [data-testid='stColumn']{min-width:min(26rem,100%)}</style>")
        left, right = st.columns((3, 2)) if weights.has_risk else (st.container(), None)
        with left:
            last_table(weights, key=state.key_of("last", row.key))
        if right is not None:
            with right:
                last_chart(weights, key=state.key_of("last-chart", row.key))
    st.caption(LAST_NOTE)


def _comparison(row: PortfolioRow) -> None:
    section("Against its benchmarks", "same bars, same span, same costs")
    table = load_comparison(row.folder)
    if show_reading(table, title="No benchmarks") and table.value:
        run = load_backtest(row.folder).value
        comparison_table(table.value, few=few_days(run.figure("days")) if run else "")
    curves = list(_curves(row))
    if len(curves) > 1:
        growth_chart(curves[:_MOST_CURVES], key=state.key_of("growth", row.key))
        if len(curves) > _MOST_CURVES:
            st.caption(f"The first {_MOST_CURVES - 1} of {count(len(curves) - 1)} benchmarks are drawn.")


def _curves(row: PortfolioRow) -> Iterator[tuple[str, Any, float]]:
    """Yield name, curve and starting cash of the portfolio and of each benchmark whose folder can be read."""
    main = row.allocator or "portfolio"
    for name, folder in ((main, row.folder), *((redact_text(one.name), one) for one in benchmark_folders(row.folder))):
        run = load_backtest(folder).value
        curve = None if run is None else run.equity.value
        if run is None or curve is None:
            warning_card(f"The curve of {name} cannot be read, and is left out")
            continue
        cash = decimal_of(run.metrics["starting_cash"])
        if cash is not None and cash > 0:
            yield name, curve, float(cash)


def _limits(row: PortfolioRow) -> None:
    section("Limits and settings", "from the config of the run")
    settings = load_settings(row.folder)
    if not show_reading(settings, title="No config") or settings.value is None:
        return
    limits_table(settings.value)
    with st.expander("Allocator, risk model and the config as it was asked for"):
        settings_table(settings.value)
        written = load_written(row.folder)
        if written.value:
            st.code(written.value, language="yaml", height=360)
        elif written.state == "damaged":
            show_reading(written)


def _notes(row: PortfolioRow) -> None:
    if row.kind == "session":
        section("Notes of the allocator", "in the last 4 MB of the journal")
        remarks = load_remarks(row.folder)
        if not show_reading(remarks, title="No journal") or remarks.value is None:
            return
        rebalances: Sequence[Rebalance] = remarks.value
    else:
        section("Notes of the allocator")
        risk = load_risk(row.folder)
        rebalances = () if risk.value is None else risk.value.rebalances
        if risk.state != "ok" and not rebalances:
            empty_card("Notes are not known", f"They stand in {RISK_FILE}, which is not there or cannot be read whole.")
            return
    notes_table(rebalances)
