"""The latest live session at a glance: how it stands, what it earned, what its guards say, the end of its log."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from logos.context.clock import SystemClock
from logos.ui.streamlit import state
from logos.ui.streamlit.components.cards import Metric, Tone, metric_cards
from logos.ui.streamlit.components.empty import error_card, show_reading
from logos.ui.streamlit.components.frame import refreshed_html, section, staleness_html, still_html
from logos.ui.streamlit.components.tables import plain_table
from logos.ui.streamlit.data.live_session import HALTED, HEARTBEAT, INTERRUPTED, PAUSED, RUNNING, LiveSession, look_at
from logos.ui.streamlit.data.logs import tail_of
from logos.ui.streamlit.data.runs_index import shown_name
from logos.ui.streamlit.data.sessions_index import latest_session
from logos.ui.streamlit.data.since_snapshot import fills_so_far, orders_so_far
from logos.ui.streamlit.design.formats import count, money, percent, signed_money, when

_LOG_LINES = 6
_SIDE_BY_SIDE = "display:flex;flex-wrap:wrap;align-items:center;gap:.35rem .9rem"
_LONGEST = 140
"""Of a cell of the log, in characters; the Live Monitor shows whole lines."""

_STATUS_TONES: dict[str, Tone] = {RUNNING: "good", HALTED: "bad", INTERRUPTED: "warn", PAUSED: "neutral"}


def latest_panel(root: Path) -> None:
    """Draw the panel."""
    folder = latest_session(root)
    section("Latest live session")
    if not show_reading(folder, title="No live session yet") or folder.value is None:
        return
    reading = look_at(root, folder.value)
    if not show_reading(reading, title="No snapshot yet") or reading.value is None:
        return
    session = reading.value
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{shown_name(session.session_id)}, clock {when(session.clock)}", width="content")
        now, fresh = SystemClock().now(), ""
        if session.status == RUNNING and session.written_at is not None:
            age = staleness_html(now - session.written_at, HEARTBEAT)
            fresh = age if state.refresh_seconds() else still_html(now)
        # In one piece: each piece of its own would get an equal share of the row.
        st.html(f'<div style="{_SIDE_BY_SIDE}">{fresh}{refreshed_html(now)}</div>')
    if session.account.state in ("damaged", "partial"):
        show_reading(session.account)
    metric_cards(session_metrics(session))
    _troubles(session)
    _log(session.folder / "logs" / "run.log")


def session_metrics(session: LiveSession) -> list[Metric]:
    """Return the tiles of a session."""
    currency, decimals = session.currency, session.decimals
    gain, orders = session.pnl, orders_so_far(session)
    tone: Tone = "neutral" if not gain else "good" if gain > 0 else "bad"
    return [
        Metric(
            "Status",
            session.status,
            meaning="How the session stands; an interrupted one says that it runs, and no program holds it.",
            tone=_STATUS_TONES.get(session.status, "neutral"),
        ),
        Metric(
            "Equity",
            money(session.money("equity"), currency, decimals),
            meaning="Cash and what is held at its last close.",
        ),
        Metric(
            "PnL",
            signed_money(gain, currency, decimals),
            meaning="Equity less starting cash: since the start, after fees.",
            tone=tone,
        ),
        Metric(
            "Drawdown",
            percent(session.drawdown),
            meaning="Fall from the highest equity so far, as a fraction of it.",
        ),
        Metric("Fills", count(fills_so_far(session)), f"of {count(orders)} {_orders(orders)}", "Fills so far."),
        guards_metric(session),
    ]


def guards_metric(session: LiveSession) -> Metric:
    """Return what the guards say, in words."""
    guards = [guard for guard in session.state.get("guards") or () if isinstance(guard, dict)]
    meaning = "What the guards say; the Live Monitor shows each with its limit."
    if session.causes():
        return Metric("Guards", "halted it", meaning=meaning, tone="bad")
    if any(guard.get("fault") for guard in guards):
        return Metric("Guards", "out of order", meaning=meaning, tone="bad")
    if not guards:
        return Metric("Guards", "none", meaning=meaning, tone="warn")
    blocked = session.state["counts"].get("blocked")
    told = f"{count(blocked)} {_orders(blocked)} blocked"
    return Metric("Guards", f"{count(len(guards))}, no halt", told, meaning)


def _orders(number: int | None) -> str:
    return "order" if number == 1 else "orders"


def _troubles(session: LiveSession) -> None:
    """Say in full what halted the session, and which guard is out of order."""
    for cause in session.causes():
        error_card(
            f"{cause.get('guard')} halted the session",
            f"{when(cause.get('at'))}: {cause.get('reason')}",
            "The Live Monitor shows each guard with its limit, and what to type next",
        )
    for guard in session.state.get("guards") or ():
        if isinstance(guard, dict) and guard.get("fault"):
            error_card(f"The guard {guard.get('guard')} is out of order", str(guard["fault"]))


def _log(path: Path) -> None:
    reading = tail_of(path)
    lines = (reading.value or ())[-_LOG_LINES:]
    if not lines:
        show_reading(reading, title="No log yet")
        return
    plain_table(
        "End of the session's log",
        ("Written at (UTC)", "Level", "Event", "Values"),
        [
            (when(line.at, seconds=True).removesuffix(" UTC"), line.level, _cut(line.event), _cut(line.values))
            for line in lines
        ],
        whole=("Written at (UTC)", "Event"),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
