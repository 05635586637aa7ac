"""Live Monitor: one session as it stands now, refreshed while it may still change."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st

from logos.artifacts.curve import EquityCurve
from logos.artifacts.readers import SessionRow
from logos.artifacts.schemas import LOG_FILE
from logos.context.clock import SystemClock
from logos.context.redaction import redact_text
from logos.domain.times import SECONDS_A_DAY
from logos.live.folder import LIVE_LOG
from logos.paths import logs_dir, sessions_dir
from logos.ui.streamlit import state
from logos.ui.streamlit.components import live_activity, live_panels
from logos.ui.streamlit.components.empty import empty_card, gone_card, show_reading, warning_card
from logos.ui.streamlit.components.frame import linked_tabs, page_header, refresh_control, section, waiting_for
from logos.ui.streamlit.components.live_texts import as_of_snapshot
from logos.ui.streamlit.components.log_view import log_view
from logos.ui.streamlit.components.pnl_chart import pnl_chart
from logos.ui.streamlit.components.shield import shielded
from logos.ui.streamlit.data.downsampling import thinned
from logos.ui.streamlit.data.growing import AccountView
from logos.ui.streamlit.data.headroom import fall_limit, gauges_of
from logos.ui.streamlit.data.live_session import look_at
from logos.ui.streamlit.data.logs import tail_of
from logos.ui.streamlit.data.runs_index import shown_name
from logos.ui.streamlit.data.sessions_index import latest_session, list_sessions
from logos.ui.streamlit.design.formats import count, decimal_of, when

_WHOLE, _TODAY, _HOUR = "Whole session", "Today", "Last hour"
_OWN_LOG, _LIVE_LOG = "This session", "All sessions"
_SECONDS_AN_HOUR = 3_600
_LEAST_ROWS = 2
"""A line needs two points."""


def show() -> None:
    """Draw the page."""
    page_header("Live Monitor", "One session as it stands now: its account, its guards, what it does and why.")
    live_panels.live_styles()
    root = state.workspace()
    sessions = list_sessions(root)
    if not sessions.value:
        refresh_control(key="live-refresh")
        show_reading(sessions, title="No session yet")
        waiting_for(lambda: bool(list_sessions(root).value))
        return
    show_reading(sessions)
    folder, following = _controls(root, sessions.value)
    reading = look_at(root, folder)
    every = state.refresh_seconds() or None
    polls = reading.value is not None and reading.value.polls
    if every and (polls or following):
        told = reading.value.status if reading.value is not None else ""
        st.fragment(_watch, run_every=every)(root, folder.name, told, following=following)
    every = every if polls or reading.value is None else None
    st.fragment(_account, run_every=every)(root, folder.name)
    if reading.value is None:
        return
    window = st.segmented_control(
        "Time span of the chart",
        (_WHOLE, _TODAY, _HOUR),
        default=_WHOLE,
        required=True,
        key="live-window",
        label_visibility="collapsed",
    )
    st.fragment(_timeline, run_every=every)(root, folder.name, window or _WHOLE)
    st.fragment(_tables, run_every=every)(root, folder.name)
    _log_part(root, folder.name, every)


def _controls(root: Path, sessions: tuple[SessionRow, ...]) -> tuple[Path, bool]:
    """Draw what is chosen on this page; return the session's folder, and whether the latest is followed."""
    following = state.chosen("follow") == "latest"
    latest = latest_session(root)
    names = [one.session_id for one in sessions]
    newest = latest.value.name if latest.value is not None else names[0]
    wanted = state.chosen("session")
    name = newest if following or wanted not in names else wanted
    statuses = {one.session_id: one.status for one in sessions}
    st.session_state["live-session"] = name
    st.session_state["live-follow"] = following
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Session",
            names,
            key="live-session",
            on_change=_pick,
            width=420,
            format_func=lambda one: f"{shown_name(one)} · {statuses.get(one, '')}",
        )
        refresh_control(key="live-refresh")
        st.toggle("Follow the latest session", key="live-follow", on_change=_follow)
    if wanted and wanted not in names and not following:
        gone_card("session", wanted, "The latest is shown")
    elif latest.state == "partial" and name == newest:
        warning_card(latest.message, latest.hint)
    return sessions_dir(root) / name, following


def _pick() -> None:
    state.choose(session=st.session_state["live-session"], follow="")


def _follow() -> None:
    state.choose(session="", follow="latest" if st.session_state["live-follow"] else "")


def _watch(root: Path, name: str, status: str, *, following: bool) -> None:
    """Run the whole page again once it should show another session, or one that stands otherwise than before."""
    latest = latest_session(root).value if following else None
    session = look_at(root, sessions_dir(root) / name).value
    if (latest is not None and latest.name != name) or (session is not None and session.status != status):
        st.rerun()


def _account(root: Path, name: str) -> None:
    def draw() -> None:
        reading = look_at(root, sessions_dir(root) / name)
        if not show_reading(reading, title="No such session") or reading.value is None:
            return
        session, gauges = reading.value, gauges_of(reading.value)
        live_panels.standing(session, SystemClock().now())
        live_activity.unknown_orders(session)
        if session.account.state in ("damaged", "partial"):
            show_reading(session.account)
        live_panels.tiles(session, gauges)

    shielded(draw, what="The account")


def _timeline(root: Path, name: str, window: str) -> None:
    def draw() -> None:
        session = look_at(root, sessions_dir(root) / name).value
        if session is None or session.account.value is None:
            if session is None or session.account.state == "missing":
                empty_card("No timeline yet", "The session has not recorded its account yet.")
            else:
                empty_card("No timeline", "The account cannot be read: what was found stands above.")
            return
        curve = _span(session.account.value, window)
        if window == _HOUR and len(curve) < _LEAST_ROWS:
            empty_card(
                "No picture of the last hour",
                f"The account has a row a bar, and only that of {when(int(curve.time[-1]))} lies in its last hour.",
                "Today or the whole session has more",
            )
            return
        limit = fall_limit(gauges_of(session))
        pnl_chart(
            curve,
            starting_cash=float(decimal_of(session.money("starting_cash")) or 0),
            limit=limit.limit if limit else None,
            currency=session.currency,
            decimals=session.decimals,
            title=f"PnL, {window.lower()}",
            key="live-pnl",
        )

    shielded(draw, what="The timeline")


def _span(view: AccountView, window: str) -> EquityCurve:
    """Return the part of the account's course that is shown, thinned.

    Today begins with the last row of the day before, from which its PnL counts; the last hour is not a moment longer.
    """
    if window == _WHOLE:
        return view.thin
    curve, last = view.curve, int(view.curve.time[-1])
    if window == _TODAY:
        midnight = (last - 1) // SECONDS_A_DAY * SECONDS_A_DAY
        first = max(0, int(np.searchsorted(curve.time, midnight, side="right")) - 1)
    else:
        first = int(np.searchsorted(curve.time, last - _SECONDS_AN_HOUR, side="left"))
    return thinned(EquityCurve(curve.time[first:], curve.equity[first:], curve.drawdown[first:]))


def _tables(root: Path, name: str) -> None:
    def draw() -> None:
        session = look_at(root, sessions_dir(root) / name).value
        if session is None:
            return
        live_panels.positions_and_feed(session)
        live_panels.guards(session, gauges_of(session))
        orders = len(session.orders())
        working = "1 working order" if orders == 1 else f"{count(orders)} working orders"
        working = redact_text(f"{working} {as_of_snapshot(session)}")
        section("Activity", f"{working}; of everything the last {live_activity.SHOWN_ROWS}, newest first")
        draws = {  # their names never change: a tab under another name would be another tab, and not the chosen one
            "Working orders": live_activity.working_orders,
            "Fills": live_activity.fills,
            "Decisions": live_activity.decisions,
            "Latest orders": live_activity.orders,
        }
        for tab, panel in zip(linked_tabs(list(draws), name="session-tab"), draws.values(), strict=True):
            with tab:
                shielded(partial(panel, session), what="This table")

    shielded(draw, what="The tables")


def _log_part(root: Path, name: str, every: int | None) -> None:
    section("Log")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        which = st.segmented_control("Log of", (_OWN_LOG, _LIVE_LOG), default=_OWN_LOG, required=True, key="live-log")
        pattern = st.text_input(
            "Only lines with (regular expression)", key="live-pattern", placeholder="such as error|warning", width=420
        )
    path = sessions_dir(root) / name / LOG_FILE if which == _OWN_LOG else logs_dir(root) / LIVE_LOG
    st.fragment(_log, run_every=every)(path, pattern, f"Log of {(which or _OWN_LOG).lower()}")


def _log(path: Path, pattern: str, title: str) -> None:
    shielded(lambda: log_view(tail_of(path), pattern, title=title), what="The log")
