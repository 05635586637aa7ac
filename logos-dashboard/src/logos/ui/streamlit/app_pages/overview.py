"""Overview: what there is in this workspace, the newest backtests, and the latest live session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from logos.artifacts.readers import SessionRow
from logos.context.clock import SystemClock
from logos.domain.times import parse_time
from logos.ui.streamlit import state
from logos.ui.streamlit.components.cards import Metric, metric_cards
from logos.ui.streamlit.components.empty import empty_card, show_reading
from logos.ui.streamlit.components.frame import page_header, refreshed_at, section
from logos.ui.streamlit.components.latest_session import latest_panel
from logos.ui.streamlit.components.shield import shielded
from logos.ui.streamlit.components.tables import plain_table
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.runs_index import BacktestRow, Rows, few_days, list_backtests, shown_name
from logos.ui.streamlit.data.sessions_index import latest_session, list_sessions
from logos.ui.streamlit.design.formats import MISSING, ago, count, money, money_decimals, number, percent, when
from logos.ui.streamlit.navigation import installed_registry

_RECENT = 8
_LINKS_WIDTH = 130
"""In pixels; a longer name is cut there, and stands whole in the table."""

_FIRST_STEPS = (
    ("Run a backtest on the bundled bars", "logos backtest"),
    ("Run a session on paper", "logos trade --fixtures"),
)


def show() -> None:
    """Draw the page."""
    page_header("Overview", "What is in this workspace: backtests, live sessions and strategies.")
    root, interval = state.workspace(), state.refresh_seconds() or None
    st.fragment(_workspace, run_every=interval)(root)
    st.fragment(_latest, run_every=interval)(root)


def _workspace(root: Path) -> None:
    """Draw what there is now; a run or a session that is started later appears by itself."""
    shielded(lambda: _counted(root), what="What is in this workspace")


def _latest(root: Path) -> None:
    """Draw the latest session, once there is anything: until then the first steps stand alone."""
    if not _is_empty(root):
        shielded(lambda: _session(root), what="The latest session")


def _counted(root: Path) -> None:
    backtests, sessions = list_backtests(root), list_sessions(root)
    refreshed_at()
    metric_cards([_backtests(backtests), _last_run(backtests), _sessions(sessions), _strategies()])
    if _is_empty(root):
        _first_steps()
        return
    section("Recent backtests", "newest first")
    if show_reading(backtests, title="No backtests yet") and backtests.value:
        _recent(backtests.value[:_RECENT])


def _session(root: Path) -> None:
    latest_panel(root)
    latest = latest_session(root).value
    if latest is not None and shown_name(latest.name) == latest.name:
        _link("Open it in the Live Monitor", "live-monitor", {"session": latest.name})


def _first_steps() -> None:
    section("First steps")
    empty_card("This workspace is empty", "Two commands fill it; each takes a second or two and asks for no account.")
    for what, command in _FIRST_STEPS:
        st.caption(what)
        st.code(command, language=None)


def _backtests(reading: Reading[Rows]) -> Metric:
    rows = reading.value or ()
    bad = sum(not row.readable for row in rows)
    portfolios = sum(row.portfolio for row in rows)
    meaning = "Folders below runs/ that hold a backtest."
    if reading.state == "damaged":
        return Metric("Backtests", MISSING, "cannot be listed", meaning, "warn")
    if bad:
        return Metric("Backtests", count(len(rows)), f"{count(bad)} cannot be read", meaning, "warn")
    told = f"{count(portfolios)} of a portfolio" if portfolios else "" if rows else "none yet"
    return Metric("Backtests", count(len(rows)), told, meaning)


def _last_run(reading: Reading[Rows]) -> Metric:
    row = reading.value[0] if reading.value else None
    meaning = "When the newest backtest was started: wall-clock time, UTC."
    if row is None:
        return Metric("Last backtest", MISSING, "not known" if reading.state == "damaged" else "none yet", meaning)
    if not row.made:
        return Metric("Last backtest", row.name, "", meaning)
    return Metric("Last backtest", ago(SystemClock().now() - parse_time(row.made)), when(row.made), meaning)


def _sessions(reading: Reading[tuple[SessionRow, ...]]) -> Metric:
    rows = reading.value or ()
    found = Counter(row.status for row in rows)
    told = ", ".join(f"{count(many)} {status}" for status, many in sorted(found.items())) or "none yet"
    meaning = "Sessions by status; an interrupted one says that it runs, and no program holds it."
    if reading.state == "damaged":
        return Metric("Live sessions", MISSING, "cannot be listed", meaning, "warn")
    return Metric("Live sessions", count(len(rows)), told, meaning)


def _strategies() -> Metric:
    offers = installed_registry().offers("strategy")
    failed = sum(bool(offer.fault) for offer in offers)
    told = f"{count(failed)} cannot be used" if failed else f"in {_distributions([o.distribution for o in offers])}"
    meaning = "Strategies of all installed distributions; the Strategy Lab shows each."
    return Metric("Strategies", count(len(offers)), told, meaning, "warn" if failed else "neutral")


def _distributions(names: Sequence[str]) -> str:
    many = len(set(names))
    return "1 distribution" if many == 1 else f"{count(many)} distributions"


def _recent(rows: Rows) -> None:
    figures = ("Total return", "Sharpe ratio, a year", "Max drawdown", "Fills", "Fees")
    columns = ("Run at (UTC)", "Name", "Status", *figures)
    cells = [
        (
            when(row.made, seconds=True).removesuffix(" UTC") if row.made else row.backtest_id,
            row.name,
            row.status,
            percent(row.total_return, signed=True),
            _sharpe(row),
            percent(row.max_drawdown),
            count(row.fills),
            money(row.fees, row.currency, money_decimals(row.fees)),
        )
        for row in rows
    ]
    with st.container(horizontal=True, gap="small", key="recent-backtests"):
        with st.container(width=_LINKS_WIDTH, gap=None):
            st.html('<p class="logos-of-a-row">Run</p>')
            for row in rows:
                _row_link(row)
        with st.container(width="stretch"):
            plain_table("Recent backtests", columns, cells, numeric=figures, whole=columns[:3])
    _link("All backtests", "backtests", {})


def _row_link(row: BacktestRow) -> None:
    """Draw the link that stands before a row; a name in which something is masked leads nowhere."""
    if shown_name(row.backtest_id) == row.backtest_id:
        _link(f"Open {row.name}", "backtests", {"run": row.backtest_id})
    else:
        st.html('<p class="logos-of-a-row"></p>')


def _sharpe(row: BacktestRow) -> str:
    """Return the Sharpe ratio, and of how many days it is where they are too few to judge by."""
    value, few = number(row.sharpe), few_days(row.days)
    return f"{value} ({few})" if few and value != MISSING else value


def _link(label: str, page: str, query: dict[str, str]) -> None:
    """Draw a link to another page of the dashboard, which is known by the last part of its address."""
    st.page_link(st.Page(show, title=label, url_path=page), label=label, query_params=query)


def _is_empty(root: Path) -> bool:
    return list_backtests(root).state == "missing" and list_sessions(root).state == "missing"
