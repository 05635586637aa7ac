"""What a session's monitor shows of its orders: those that work, the fills, the decisions and the latest orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from logos.artifacts.schemas import (
    DECISION_COLUMNS,
    DECISIONS_FILE,
    ORDER_COLUMNS,
    ORDERS_FILE,
    TRADE_COLUMNS,
    TRADES_FILE,
)
from logos.context.redaction import redact_text
from logos.ui.streamlit.components.empty import empty_card, show_reading
from logos.ui.streamlit.components.live_texts import as_of_snapshot, plain
from logos.ui.streamlit.components.tables import plain_table
from logos.ui.streamlit.components.trades_table import fills_table
from logos.ui.streamlit.data.last_rows import LastRows
from logos.ui.streamlit.data.live_session import COMPLETED, LiveSession, session_table
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.design.formats import as_written, moment, number, quantity

SHOWN_ROWS = 25
_MOST_CODES = 5


def working_orders(session: LiveSession) -> None:
    """Draw the working orders, and those of which nobody knows what became of them."""
    orders = session.orders()
    if not orders:
        empty_card("No working order", redact_text(f"Nothing waited at the broker, {as_of_snapshot(session)}."))
        return
    shown = ("Venue says",) if session.dry_run else ()
    columns = (
        "Order",
        "Placed (UTC)",
        "Strategy",
        "Symbol",
        "Side",
        "Type",
        "Quantity",
        "Filled",
        "Limit",
        "Stop",
        "Status",
        *shown,
    )
    rows = [
        (
            *_texts(one, "order_id"),
            moment(str(one.get("created_at", ""))),
            *_texts(one, "strategy", "symbol", "side"),
            str(one.get("order_type", "")).replace("_", " "),
            *(as_written(one.get(name)) for name in ("quantity", "filled_quantity", "limit_price", "stop_price")),
            str(one.get("status", "")).replace("_", " "),
            *([str(one.get("venue_outcome", ""))] if session.dry_run else []),
        )
        for one in orders[-SHOWN_ROWS:]
    ]
    st.html(f'<p class="logos-refreshed">Working orders {plain(as_of_snapshot(session))}</p>')
    plain_table("Working orders", columns, rows, numeric=("Order", *columns[6:10]))


def unknown_orders(session: LiveSession) -> None:
    """Say which orders nobody knows the outcome of; nothing where there is none."""
    lost = [one for one in session.orders() if one.get("status") == "unknown"]
    if lost:
        names = ", ".join(f"{one.get('symbol', '')} {one.get('client_order_id', '')}" for one in lost)
        st.html(
            '<div class="logos-next logos-warn" role="status"><p><strong>Orders of unknown outcome</strong>: their '
            "symbols are blocked until the venue can say. Look for each by its name there.</p>"
            f"<p>{plain(names)}</p></div>"
        )


def fills(session: LiveSession) -> None:
    """Draw the last fills."""
    reading = session_table(session, TRADES_FILE, TRADE_COLUMNS[:10], what="fills")
    if _has_rows(session, ("No fill", "Nothing was traded"), reading):
        fills_table("Fills, newest first", _newest(reading), session.currency)


def orders(session: LiveSession) -> None:
    """Draw the last orders, with what became of them and what a venue would have said."""
    reading = session_table(session, ORDERS_FILE, ORDER_COLUMNS, what="orders")
    shown = ("Venue says",) if session.dry_run else ()
    columns = (
        "Order",
        "Changed (UTC)",
        "Strategy",
        "Symbol",
        "Side",
        "Type",
        "Status",
        "Quantity",
        "Filled",
        "Average price",
        "Why",
        *shown,
    )
    rows = [
        (
            row["order_id"],
            moment(row["updated_at"]),
            row["strategy"],
            row["symbol"],
            row["side"],
            row["type"].replace("_", " "),
            row["status"].replace("_", " "),
            *(as_written(row[name]) for name in ("quantity", "filled_quantity", "average_price")),
            row["reason"],
            *([row.get("venue_outcome", "")] if session.dry_run else []),
        )
        for row in _newest(reading)
    ]
    if _has_rows(session, ("No order", "No signal became an order"), reading):
        plain_table("Orders, newest first", columns, rows, numeric=("Order", *columns[7:10]))


def decisions(session: LiveSession) -> None:
    """Draw why signals became orders, or did not."""
    reading = session_table(session, DECISIONS_FILE, DECISION_COLUMNS, what="decisions")
    columns = ("Time (UTC)", "Strategy", "Symbol", "Signal", "Target quantity", "Outcome", "Why")
    newest = _newest(reading)
    rows = [
        (
            moment(row["timestamp"]),
            row["strategy"],
            row["symbol"],
            signal,
            as_written(row["target_quantity"]),
            row["outcome"],
            _why(row),
        )
        for row, signal in zip(newest, _aligned([row["signal"] for row in newest]), strict=True)
    ]
    told = session.state.get("tally")
    codes = told.get("codes") if isinstance(told, dict) else None
    if isinstance(codes, dict) and codes:
        ranked = sorted(codes.items(), key=lambda one: (-one[1] if isinstance(one[1], int) else 0, str(one[0])))
        often = ", ".join(f"{code} {number}" for code, number in ranked[:_MOST_CODES])
        st.html(f'<p class="logos-refreshed">Why not traded, {plain(as_of_snapshot(session))}: {plain(often)}</p>')
    if _has_rows(session, ("No decision", "No signal changed a target"), reading):
        plain_table("Decisions, newest first", columns, rows, numeric=columns[3:5])


def _why(row: Mapping[str, str]) -> str:
    if row["outcome"] == "ordered":
        return f"order {row['order_id']}"
    code, detail = row["reason_code"], row["detail"]
    return detail if detail.startswith(code) else f"{code}: {detail}" if detail else code


def _newest(reading: Reading[LastRows]) -> list[Mapping[str, str]]:
    return [] if reading.value is None else list(reversed(reading.value.rows[-SHOWN_ROWS:]))


def _has_rows(session: LiveSession, none: tuple[str, str], reading: Reading[LastRows]) -> bool:
    """Return whether a table has rows to show; else say why not, of a session that has ended as a thing of the past."""
    if reading.state == "missing" or (reading.value is not None and not reading.value.rows):
        card, why = none
        if session.status == COMPLETED:
            empty_card(card, f"{why} in this session.")
        else:
            empty_card(f"{card} yet", f"{why} so far.")
        return False
    return show_reading(reading)


def _texts(order: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(str(order.get(name, "")) for name in names)


def _aligned(values: Sequence[str]) -> list[str]:
    """Return numbers with as many decimals as the one among them needs that has most."""
    shown = [quantity(value) for value in values]
    decimals = max((len(text.partition(".")[2]) for text in shown), default=0)
    return [number(value, decimals) for value in values]
