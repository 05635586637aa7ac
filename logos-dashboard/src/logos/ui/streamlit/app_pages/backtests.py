"""Backtests: pick one to look at it, or up to six to compare them."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from html import escape
from typing import Any

import streamlit as st

from logos.context.redaction import redact_text
from logos.ui.streamlit import state
from logos.ui.streamlit.components.comparison import comparison
from logos.ui.streamlit.components.empty import empty_card, error_card, gone_card, show_reading, warning_card
from logos.ui.streamlit.components.equity_chart import equity_chart
from logos.ui.streamlit.components.frame import linked_tabs, page_header, section, waiting_for
from logos.ui.streamlit.components.run_cards import run_cards
from logos.ui.streamlit.components.run_picker import MOST_LISTED, filter_rows, in_order, pick
from logos.ui.streamlit.components.tables import plain_table
from logos.ui.streamlit.components.trades_table import trades_panel
from logos.ui.streamlit.data.backtest_run import Backtest, load_backtest
from logos.ui.streamlit.data.comparing import MOST_RUNS
from logos.ui.streamlit.data.legacy import LegacyRun, legacy_metrics, legacy_trades, list_legacy, read_picture
from logos.ui.streamlit.data.runs_index import BacktestRow, list_backtests, shown_name
from logos.ui.streamlit.data.trades import load_trades
from logos.ui.streamlit.design.formats import count, money, money_decimals, number, percent, signed_money, when

_ONE, _SOME = "One run", "Compare"
_RUN, _RUNS, _VIEW = "run", "runs", "view"
_COMPARING = "compare"
_TABS = ("Fills", "Attribution", "Config", "Origin and commands")
_MODE = "backtests-mode"
_FIRST = "backtests-first"


def show() -> None:
    """Draw the page."""
    page_header("Backtests", "Every run in this workspace, newest first. Pick one to look at it, or compare some.")
    root = state.workspace()
    listing = list_backtests(root)
    if show_reading(listing, title="No backtests yet") and listing.value:
        _explore(listing.value)
    else:
        waiting_for(lambda: bool(list_backtests(root).value))
    _legacy(list_legacy(root).value or ())


def _explore(rows: Sequence[BacktestRow]) -> None:
    comparing = _is_comparing()
    st.session_state[_MODE] = _SOME if comparing else _ONE
    st.segmented_control("View", (_ONE, _SOME), required=True, key=_MODE, on_change=_turn, label_visibility="collapsed")
    matching = filter_rows(rows, key="backtests")
    matching = in_order(matching, key="backtests")
    listed = f"; the first {count(MOST_LISTED)} are listed, filter them to see others" * (len(matching) > MOST_LISTED)
    wanted = _wanted() if comparing else [state.chosen(_RUN)]
    kept = _kept(rows, matching, wanted)
    more = "one more is listed, which is" if len(kept) == 1 else f"{count(len(kept))} more are listed, which are"
    also = f"; {more} picked" * bool(kept)
    st.caption(f"{count(len(matching))} of {count(len(rows))} backtest{'' if len(rows) == 1 else 's'}{listed}{also}")
    shown, known = [*matching, *kept], {row.backtest_id for row in rows}
    if not shown:
        empty_card("No backtest matches", "Take a filter away to see more.")
    elif comparing:
        _compare(shown, known, wanted)
    else:
        _look_at(shown, known, wanted[0])


def _kept(rows: Sequence[BacktestRow], matching: Sequence[BacktestRow], wanted: Sequence[str]) -> list[BacktestRow]:
    """Return the runs that are picked and match no filter: a filter narrows what can be picked, and unpicks nothing."""
    listed = {row.backtest_id for row in matching}
    return [row for row in rows if row.backtest_id in wanted and row.backtest_id not in listed]


def _wanted() -> list[str]:
    """Return the ids of the runs that are compared, each once; the others are held against the first."""
    return list(dict.fromkeys(name for name in state.chosen(_RUNS).split(",") if name))


def _is_comparing() -> bool:
    """Return whether runs are compared: a single run in the address goes before what was compared earlier."""
    if _RUN in st.query_params:
        _choose_run((state.chosen(_RUN),))
    return bool(state.chosen(_RUNS)) or state.chosen(_VIEW) == _COMPARING


def _turn() -> None:
    """Begin a comparison with the run that is looked at, or end it."""
    if st.session_state[_MODE] == _SOME:
        _choose_runs([run] if (run := state.chosen(_RUN)) else [])
    else:
        _choose_run((state.chosen(_RUN),))


def _choose_run(ids: Sequence[str]) -> None:
    state.choose(run=ids[0] if ids else "", runs="", view="")


def _choose_runs(ids: Sequence[str]) -> None:
    state.choose(runs=",".join(ids), view="" if ids else _COMPARING)


def _look_at(rows: Sequence[BacktestRow], known: Collection[str], wanted: str) -> None:
    (row,) = pick(rows, chosen=[wanted], several=False, key="backtests-one", on_pick=_choose_run)
    if wanted not in known:  # said for as long as no other is picked
        _instead(rows[: rows.index(row)], wanted)
    if not row.readable:
        error_card(row.backtest_id, row.reason, "Run the backtest again, or take the folder away")
        return
    reading = load_backtest(row.folder)
    if show_reading(reading) and reading.value is not None:
        _one(row, reading.value)


def _instead(passed: Sequence[BacktestRow], wanted: str) -> None:
    """Say that a run of an address is not there, and which runs before the one that is shown cannot be read."""
    if wanted:
        gone_card("run", wanted, f"The first {'that can be read' if passed else 'of the list'} is shown")
    if passed:
        others = f" and {count(len(passed) - 1)} more" if len(passed) > 1 else ""
        told = f"{passed[0].backtest_id}{others} cannot be read, so the first run that can is shown"
        warning_card(f"{told}: pick {'one of them' if others else 'it'} to see why")


def _one(row: BacktestRow, run: Backtest) -> None:
    section(row.name, f"{when(row.start)} to {when(row.end)} · {count(row.bars)} bars · {row.status}")
    for cause in _list(run.metrics.get("halt_causes")):
        warning_card(f"Halted by {cause.get('guard')} at {when(cause.get('at'))}: {cause.get('reason')}")
    run_cards(run)
    equity = run.equity
    if show_reading(equity, title="No curve"):
        equity_chart(
            equity,
            run.benchmark,
            currency=run.currency,
            decimals=run.decimals,
            key=state.key_of("equity", run.backtest_id),
        )
    if run.benchmark.state in {"damaged", "partial"}:
        show_reading(run.benchmark)
    elif run.benchmark.state == "missing":
        st.caption(f"{run.benchmark.message}.")
    fills, attribution, config, origin = linked_tabs(_TABS, name="run-tab")
    with fills:
        trades_panel(
            load_trades(run.folder),
            currency=run.currency,
            key=state.key_of("trades", run.backtest_id),
            file_name=f"{shown_name(run.backtest_id)}-trades.csv",
            counted=run.metrics["fills"],
        )
    with attribution:
        _attribution(run)
    with config:
        if show_reading(run.config, title="No config") and run.config.value is not None:
            st.code(run.config.value, language="yaml", height=480)
    with origin:
        _origin(row, run)


def _attribution(run: Backtest) -> None:
    for title, entries, key in (("strategy", "by_strategy", "strategy"), ("symbol", "by_symbol", "symbol")):
        rows = [_share(entry, key) for entry in _list(run.metrics.get(entries))]
        if rows:
            money_columns = (f"Fees ({run.currency})", f"Net PnL ({run.currency})")
            columns = (title.title(), "Fills", "Round trips", "Win rate", *money_columns, "Contribution")
            section(f"By {title}", "after fees, what is still held at its last close")
            plain_table(f"PnL by {title}", columns, rows, numeric=columns[1:])
    notes = [text.partition(": ") for text in run.metrics.get("notes") or () if isinstance(text, str)]
    if notes:
        section("About the data")
        rows = [(about, note) if note else ("the run", about) for about, _, note in notes]
        plain_table("Notes about the data", ("About", "Note"), rows)


def _share(entry: dict[str, Any], key: str) -> tuple[str, ...]:
    return (
        str(entry.get(key, "")),
        number(entry.get("fills"), 0),
        number(entry.get("trades"), 0),
        percent(entry.get("win_rate")),
        money(entry.get("fees"), "", money_decimals(entry.get("fees"))),
        signed_money(entry.get("net_pnl"), "", money_decimals(entry.get("net_pnl"))),
        percent(entry.get("contribution"), signed=True),
    )


def _origin(row: BacktestRow, run: Backtest) -> None:
    plugins = [f"{part.get('name')} ({part.get('kind')}) {part.get('version')}" for part in _plugins(run)]
    facts = [
        ("Run", row.backtest_id),
        ("Run at", when(row.made, seconds=True)),
        ("Folder", str(row.folder)),
        ("Config digest", row.config_digest),
        ("Data digest", row.data_digest),
        ("Seed", str(run.metrics.get("seed", ""))),
        ("Days a year", str(run.metrics.get("annualisation", ""))),
        ("Parts", ", ".join(plugins)),
    ]
    plain_table("Origin of the run", ("What", "Value"), facts, whole=("What",))
    st.caption("Run it again and compare every byte; draw its tear sheet; hold it against another run.")
    name = shown_name(row.backtest_id)
    commands = (
        f"logos backtest verify {name}",
        f"logos backtest report {name}",
        f"logos backtest compare {name} OTHER",
    )
    st.code("\n".join(commands), language=None)


def _plugins(run: Backtest) -> list[dict[str, Any]]:
    return _list(run.metrics.get("plugins"))


def _list(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list that somebody else wrote."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _compare(rows: Sequence[BacktestRow], known: Collection[str], wanted: Sequence[str]) -> None:
    picked = pick(rows, chosen=wanted, several=True, key="backtests-some", on_pick=_choose_runs)
    gone = [name for name in wanted if name not in known]
    if gone:
        gone_card("run", ", ".join(gone), "The others are shown" if picked else "Nothing is compared")
    unreadable = [row.backtest_id for row in picked if not row.readable]
    if unreadable:
        warning_card(f"These cannot be read, and are left out: {', '.join(unreadable)}")
    readable = [row for row in picked if row.readable]
    if len(readable) > MOST_RUNS:
        warning_card(f"{len(readable)} runs are picked, and the first {MOST_RUNS} of them are compared")
    compared = readable[:MOST_RUNS]
    if len(compared) < 2:
        empty_card("Pick two to six runs", "Pick them above; each is then compared with the first.")
        return
    names = [row.backtest_id for row in compared]
    st.session_state[_FIRST] = names[0]  # the address has it, so that a link and a reload have it too
    st.selectbox(
        "First run, which the others are held against",
        sorted(names, reverse=True),  # the same order whichever is the first
        key=_FIRST,
        on_change=_hold_against,
        args=(wanted,),
        format_func=shown_name,
        width=420,
    )
    _compared(compared)


def _hold_against(wanted: Sequence[str]) -> None:
    first = st.session_state[_FIRST]
    _choose_runs([first, *(name for name in wanted if name != first)])


def _compared(rows: Sequence[BacktestRow]) -> None:
    runs = []
    for row in rows:
        reading = load_backtest(row.folder)
        if show_reading(reading) and reading.value is not None:
            runs.append(reading.value)
    if len(runs) > 1:
        comparison(runs)


def _legacy(runs: Sequence[LegacyRun]) -> None:
    if not runs:
        return
    section("Earlier layout", "1 picture" if len(runs) == 1 else f"{count(len(runs))} pictures")
    warning_card(
        "These runs left a picture and nothing to check it by: no digests, no journal, no config.",
        "Run them again with `logos backtest --config FILE`; see `logos backtest --help`",
    )
    with st.expander("Show them"):
        names = [shown_name(f"{run.symbol} · {run.strategy}") for run in runs]
        chosen = st.selectbox("Earlier run", range(len(runs)), format_func=lambda place: names[place], key="legacy-run")
        _legacy_run(runs[chosen or 0])


def _legacy_run(run: LegacyRun) -> None:
    picture = read_picture(run.picture)
    if show_reading(picture) and picture.value is not None:
        content = base64.b64encode(picture.value).decode()
        alt = escape(redact_text(f"Equity of {run.strategy} on {run.symbol}, as it was drawn at the time"))
        st.html(f'<img alt="{alt}" style="max-width:100%" src="data:image/png;base64,{content}">')
    if run.metrics_file is not None:
        figures = legacy_metrics(run)
        if show_reading(figures) and figures.value is not None:
            rows = [(str(key), str(value)) for key, value in figures.value.items()]
            plain_table("Figures as they stand beside the picture", ("Figure", "Value"), rows, numeric=("Value",))
    if run.trades_file is not None:
        key = state.key_of("legacy", run.picture.name)
        trades_panel(legacy_trades(run), currency="", key=key, file_name=shown_name(run.trades_file.name))
