"""What the monitor of a session is put together from: how it stands, its tiles, its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any

import streamlit as st

from logos.context.redaction import redact_text
from logos.domain.errors import InputError
from logos.domain.times import parse_time
from logos.ui.streamlit import state
from logos.ui.streamlit.components.cards import Metric, Tone, metric_cards
from logos.ui.streamlit.components.empty import empty_card, with_whole_options
from logos.ui.streamlit.components.frame import section, staleness_html, still_html
from logos.ui.streamlit.components.guard_table import guard_table_html
from logos.ui.streamlit.components.live_texts import as_of_snapshot, nothing, plain
from logos.ui.streamlit.components.tables import table_html
from logos.ui.streamlit.data.headroom import Gauge, fall_limit
from logos.ui.streamlit.data.live_session import HEARTBEAT, RUNNING, LiveSession
from logos.ui.streamlit.data.runs_index import shown_name
from logos.ui.streamlit.data.since_snapshot import fills_so_far, holdings, is_behind, orders_so_far
from logos.ui.streamlit.design.formats import (
    MISSING,
    as_written,
    count,
    decimal_of,
    duration,
    money,
    percent,
    signed_money,
    when,
)

_STANDING: Mapping[str, tuple[str, str, str, str]] = {
    "running": ("●", "Running", "good", "A program runs it. Ctrl-C in its terminal pauses it."),
    "interrupted": ("!", "Interrupted", "warn", "No program runs it any more: it was killed or crashed. Go on with:"),
    "paused": ("‖", "Paused", "neutral", "Go on with:"),
    "halted": ("■", "Halted", "bad", "Deal with the causes first. Then, in this order:"),
    "completed": ("✓", "Completed", "neutral", "Nothing will change any more. It can be checked with:"),
}
_STYLE = """
.logos-standing { display: flex; flex-wrap: wrap; align-items: center; gap: .35rem .9rem; }
.logos-standing p { margin: 0; }
.logos-refreshed.logos-wrapped { white-space: normal; }
.logos-status { display: flex; gap: .35rem; font-weight: 650; font-size: 1.0625rem; white-space: nowrap; }
.logos-status.logos-neutral { color: var(--logos-text); }
.logos-fact { color: var(--logos-muted); font-size: .875rem; white-space: nowrap; }
.logos-fact b { color: var(--logos-text); font-weight: 500; }
.logos-next { background: var(--logos-surface); border: 1px solid var(--logos-line); border-radius: .25rem;
  border-left: 3px solid var(--logos-line); padding: .6rem .9rem; overflow-wrap: anywhere; }
.logos-next.logos-bad { border-left-color: var(--logos-bad); }
.logos-next.logos-warn { border-left-color: var(--logos-warn); }
.logos-next.logos-bad, .logos-next.logos-warn { color: var(--logos-text); }
.logos-next p, .logos-next ul { margin: 0 0 .25rem; }
.logos-next pre { margin: 0; padding: .4rem .6rem; background: var(--logos-sunken); color: var(--logos-text);
  border-radius: .2rem; white-space: pre-wrap; font-size: .8125rem; }
.logos-bar { display: inline-block; width: 5.5rem; height: .45rem; background: var(--logos-sunken);
  border: 1px solid var(--logos-line); border-radius: .25rem; vertical-align: middle; overflow: hidden; }
.logos-bar i { display: block; height: 100%; background: var(--logos-accent); }
.logos-bar.logos-warn i { background: var(--logos-warn); }
.logos-bar.logos-bad i { background: var(--logos-bad); }
.logos-verdict.logos-neutral { white-space: nowrap; }
.logos-measure { display: inline-block; min-width: 11rem; white-space: normal; }
.stMain:has(.logos-standing) .logos-table td:nth-child(-n + 4) { white-space: nowrap; }
.stMain:has(.logos-standing) .logos-table tbody th { white-space: nowrap; }
.stMain:has(.logos-standing) .logos-table td { overflow-wrap: break-word; min-width: 0; }
.logos-scroll[aria-label^="Orders"] td:last-child, .logos-scroll[aria-label^="Decisions"] td:last-child {
  min-width: 12rem; overflow-wrap: anywhere; }
.stMain:has(.logos-standing) [data-stale="true"] { opacity: 1; }
.logos-verdict { display: inline-block; min-width: 8rem; white-space: normal; }
@media (max-width: 1000px) { .stMain:has(.logos-standing) .logos-metric dd:not(.logos-delta) { font-size: 1rem; } }
.logos-pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 34rem), 1fr)); gap: 1rem; }
.logos-pair > section { min-width: 0; }
.logos-pair h2 { margin-bottom: .5rem; }
"""


def live_styles() -> None:
    """Put in the styles of the monitor; called once a run of its page."""
    st.html(f"<style>{' '.join(_STYLE.split())}</style>")


def standing(session: LiveSession, now: int) -> None:
    """Draw how a session stands, how fresh that is, and what to type next.

    Parameters
    ----------
    now:
        Wall time of this refresh, in seconds since the epoch.
    """
    symbol, word, tone, text = _STANDING[session.status]
    running = session.status == "running"
    age = None if session.written_at is None else max(0.0, now - session.written_at)
    still = running and not state.refresh_seconds()
    badges = [still_html(now) if still else staleness_html(age, HEARTBEAT if running else None)]
    bars = _bars_age(session, now)
    if running and not still and bars is not None:
        badges.append(staleness_html(bars, session.interval, what="Bars"))
    facts = (
        ("", shown_name(str(session.state.get("name") or session.session_id))),
        ("Session clock ", when(session.clock, seconds=True)),
        ("Started ", when(str(session.state.get("started_at", "")))),
        ("Last refresh ", when(now, seconds=True)),
    )
    told = "".join(f'<p class="logos-fact">{escape(name)}<b>{plain(value)}</b></p>' for name, value in facts)
    st.html(
        f'<div class="logos-standing"><p class="logos-status logos-{tone}">'
        f'<span aria-hidden="true">{symbol}</span> {word}</p>{told}{"".join(badges)}</div>'
    )
    if is_behind(session):
        clock = plain(when(session.clock, seconds=True))
        st.html(
            f'<p class="logos-refreshed logos-wrapped">Account, positions and fills are as of {clock}; '
            f"working orders, guards and feed {plain(as_of_snapshot(session))}.</p>"
        )
    commands = session.commands()
    if running or not commands:
        return
    causes = "".join(f"<li>{_cause(cause)}</li>" for cause in session.causes())
    typed = "\n".join(with_whole_options(plain(shown_name(command))) for command in commands)
    st.html(
        f'<div class="logos-next logos-{tone}" role="status">{f"<ul>{causes}</ul>" if causes else ""}'
        f"<p>{escape(text)}</p><pre><code>{typed}</code></pre></div>"
    )


def _cause(cause: Mapping[str, Any]) -> str:
    guard, reason, at = (str(cause.get(name, "")) for name in ("guard", "reason", "at"))
    return f"<strong>{plain(guard)}</strong> at {plain(when(at, seconds=True))}: {with_whole_options(plain(reason))}"


def _bars_age(session: LiveSession, now: int) -> float | None:
    """Return how long ago a polled feed got its newest bar."""
    received = []
    for line in session.feed():
        try:
            received.append(parse_time(line.received_at))
        except InputError:
            continue
    return float(max(0, now - max(received))) if received else None


def tiles(session: LiveSession, gauges: Sequence[Gauge]) -> None:
    """Draw the account."""
    unit, decimals = session.currency, session.decimals
    counts = session.state["counts"]
    start = decimal_of(session.money("starting_cash"))
    refused = ", ".join(f"{count(counts.get(name))} {name}" for name in ("blocked", "rejected"))
    fills = fills_so_far(session)
    filled = f"{count(fills)} {'fill' if fills == 1 else 'fills'}"
    went = f"{filled}, {refused}{' at the snapshot' if is_behind(session) else ''}"
    metric_cards(
        [
            Metric(
                "Equity",
                money(session.money("equity"), unit, decimals),
                meaning="Cash and the market value of what is held",
            ),
            _won(session, "PnL", session.pnl, start, "Won or lost since the start, fees paid"),
            _won(session, "PnL today", session.pnl_today, start, "Since the end of the last trading day, UTC"),
            _fall(session, gauges),
            Metric(
                "Gross exposure",
                _share(session, "gross_exposure"),
                f"net {_share(session, 'net_exposure', signed=True)}",
            ),
            Metric("Cash", money(session.money("cash"), unit, decimals)),
            Metric("Fees paid", money(session.money("fees"), unit, decimals)),
            Metric("Orders", count(orders_so_far(session)), went),
        ]
    )


def _won(session: LiveSession, label: str, amount: Decimal | None, start: Decimal | None, meaning: str) -> Metric:
    if amount is None:
        return Metric(label, MISSING, meaning=meaning)
    tone: Tone = "good" if amount > 0 else "bad" if amount < 0 else "neutral"
    share = f"{percent(amount / start, signed=True)} of the start" if start else ""
    return Metric(label, signed_money(amount, session.currency, session.decimals), share, meaning, tone)


def _fall(session: LiveSession, gauges: Sequence[Gauge]) -> Metric:
    meaning = "Fall from the highest equity so far"
    guard = fall_limit(gauges)
    shown = percent(session.drawdown)
    if guard is None:
        return Metric("Drawdown", shown, "no guard limits it", meaning)
    tone: Tone = "neutral" if guard.tone == "neutral" else "bad" if guard.tone == "bad" else "warn"
    return Metric("Drawdown", shown, f"halts at {percent(guard.limit)}", meaning, tone)


def _share(session: LiveSession, name: str, *, signed: bool = False) -> str:
    return percent(session.money(name), signed=signed)


def guards(session: LiveSession, gauges: Sequence[Gauge]) -> None:
    """Draw the guards."""
    section("Guards", redact_text(as_of_snapshot(session)))
    if not gauges:
        empty_card("No guard", "The config of this session names none: only a kill file could stop it.")
        return
    st.html(guard_table_html(gauges, currency=session.currency, decimals=session.decimals))


def positions_and_feed(session: LiveSession) -> None:
    """Draw what is held, and how fresh the bars are."""
    held = holdings(session)
    unit, decimals = session.currency, session.decimals
    behind = is_behind(session)
    rows = [
        (
            one.symbol,
            as_written(one.quantity),
            as_written(one.average_cost),
            as_written(one.mark_price),
            money(one.market_value, unit, decimals),
            signed_money(one.unrealized_pnl, unit, decimals),
            when(one.at, seconds=True) if behind else count(one.lots),
        )
        for one in held
    ]
    columns = ("Symbol", "Quantity", "Average cost", "Mark", "Market value", "Unrealised PnL")
    last = "Valued at" if behind else "Lots"
    table = table_html("Open positions", (*columns, last), rows, numeric=(*columns[1:], last))
    positions = table if rows else nothing("Nothing is held.")
    feed = _feed_html(session)
    st.html(
        f'<div class="logos-pair"><section><h2 class="logos-section">Positions <span>{len(held)} open</span></h2>'
        f'{positions}</section><section><h2 class="logos-section">Feed <span>{_feed_note(session)}</span></h2>{feed}'
        "</section></div>"
    )


def _feed_note(session: LiveSession) -> str:
    told = session.state.get("feed")
    source = told.get("source") if isinstance(told, dict) else None
    plugin = session.config.get("feed")
    name = source or (plugin.get("plugin") if isinstance(plugin, dict) else "") or ""
    kind = "polled" if session.polled else "from files"
    told = f"{name}, {kind}" if name else kind
    return plain(f"{told}, {as_of_snapshot(session)}")


def _feed_html(session: LiveSession) -> str:
    lines = session.feed()
    if not lines:
        return nothing("No bar yet.")
    told = any(line.received_at or line.dropped for line in lines)
    fine = "ok" if session.status == RUNNING else "not running"
    rows = [
        (
            line.symbol,
            when(line.last_bar),
            MISSING if line.age is None else duration(line.age),
            count(line.bars),
            *((when(line.received_at, seconds=True), count(line.dropped)) if told else ()),
            line.failing or (fine if line.last_bar else "no bar yet"),
        )
        for line in lines
    ]
    more = ("Received", "Dropped") if told else ()
    columns = ("Symbol", "Last bar opened", "Age by its clock", "Bars", *more, "State")
    return table_html("Freshness of the feed", columns, rows, numeric=("Age by its clock", "Bars", "Dropped"))
