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
from logos.ui.streamlit.components.empty import empty_card, error_card, show_reading
from logos.ui.streamlit.components.live_texts import as_of_snapshot, plain, price
from logos.ui.streamlit.components.tables import plain_table
from logos.ui.streamlit.data.last_rows import LastRows, last_rows
from logos.ui.streamlit.data.live_session import COMPLETED, LiveSession
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.design.formats import (
    count,
    money,
    quantity,
    signed_money,
    when,
)

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
        "Placed",
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
            when(str(one.get("created_at", ""))),
            *_texts(one, "strategy", "symbol", "side"),
            str(one.get("order_type", "")).replace("_", " "),
            *(quantity(one.get(name)) for name in ("quantity", "filled_quantity")),
            *(price(one.get(name)) for name in ("limit_price", "stop_price")),
            str(one.get("status", "")).replace("_", " "),
            *([str(one.get("venue_outcome", ""))] if session.dry_run else []),
        )
        for one in orders[-SHOWN_ROWS:]
    ]
    st.html(f'<p class="logos-refreshed">Working orders {plain(as_of_snapshot(session))}</p>')
    plain_table("Working orders", columns, rows, numeric=("Quantity", "Filled", "Limit", "Stop"))


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
    unit, decimals = session.currency, session.decimals
    columns = (
        "Fill",
        "Time (UTC)",
        "Symbol",
        "Side",
        "Quantity",
        "Price",
        "Realised PnL",
        "Fee",
        "Value",
        "Liquidity",
        "Order",
    )
    reading = last_rows(session.folder / TRADES_FILE, TRADE_COLUMNS[:10], what="fills")
    rows = [
        (
            row["trade_id"],
            when(row["timestamp"]),
            row["symbol"],
            row["side"],
            quantity(row["quantity"]),
            price(row["price"]),
            signed_money(row["realized_pnl"], unit, decimals),
            money(row["fee"], unit, decimals),
            money(row.get("value"), unit, decimals),
            row["liquidity"],
            row["order_id"],
        )
        for row in _newest(reading)
    ]
    _table(session, "Fills", ("No fill", "Nothing was traded"), reading, columns, rows, columns[4:9])


def orders(session: LiveSession) -> None:
    """Draw the last orders, with what became of them and what a venue would have said."""
    reading = last_rows(session.folder / ORDERS_FILE, ORDER_COLUMNS, what="orders")
    shown = ("Venue says",) if session.dry_run else ()
    columns = (
        "Order",
        "Changed",
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
            when(row["updated_at"]),
            row["strategy"],
            row["symbol"],
            row["side"],
            row["type"].replace("_", " "),
            row["status"].replace("_", " "),
            *(quantity(row[name]) for name in ("quantity", "filled_quantity")),
            price(row["average_price"]),
            row["reason"],
            *([row.get("venue_outcome", "")] if session.dry_run else []),
        )
        for row in _newest(reading)
    ]
    _table(session, "Orders", ("No order", "No signal became an order"), reading, columns, rows, columns[7:10])


def decisions(session: LiveSession) -> None:
    """Draw why signals became orders, or did not."""
    reading = last_rows(session.folder / DECISIONS_FILE, DECISION_COLUMNS, what="decisions")
    columns = ("Time (UTC)", "Strategy", "Symbol", "Signal", "Target", "Outcome", "Why")
    rows = [
        (
            when(row["timestamp"]),
            row["strategy"],
            row["symbol"],
            quantity(row["signal"]),
            quantity(row["target_quantity"]),
            row["outcome"],
            _why(row),
        )
        for row in _newest(reading)
    ]
    told = session.state.get("tally")
    codes = told.get("codes") if isinstance(told, dict) else None
    if isinstance(codes, dict) and codes:
        ranked = sorted(codes.items(), key=lambda one: (-one[1] if isinstance(one[1], int) else 0, str(one[0])))
        often = ", ".join(f"{code} {number}" for code, number in ranked[:_MOST_CODES])
        st.html(f'<p class="logos-refreshed">Why not traded, {plain(as_of_snapshot(session))}: {plain(often)}</p>')
    _table(session, "Decisions", ("No decision", "No signal changed a target"), reading, columns, rows, columns[3:5])


def _why(row: Mapping[str, str]) -> str:
    if row["outcome"] == "ordered":
        return f"order {row['order_id']}"
    code, detail = row["reason_code"], row["detail"]
    return detail if detail.startswith(code) else f"{code}: {detail}" if detail else code


def _newest(reading: Reading[LastRows]) -> list[Mapping[str, str]]:
    return [] if reading.value is None else list(reversed(reading.value.rows[-SHOWN_ROWS:]))


def _table(
    session: LiveSession,
    title: str,
    none: tuple[str, str],
    reading: Reading[LastRows],
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    numeric: Sequence[str],
) -> None:
    if reading.state == "missing" or (reading.usable and not rows):
        _no_rows(session, title.lower(), *none)
    elif show_reading(reading):
        plain_table(f"{title}, newest first", columns, rows, numeric=numeric)


def _no_rows(session: LiveSession, what: str, none: str, why: str) -> None:
    """Say that a table has no row; of a session that has ended that there was none, unless it has counted some."""
    if session.status != COMPLETED:
        empty_card(f"{none} yet", f"{why} so far.")
    elif counted := session.state["counts"].get(what):
        told = f"The table is gone or empty, though the session counted {count(counted)} {what}"
        error_card(f"The {what} cannot be read", told, "Restore the folder from a copy of it")
    else:
        empty_card(none, f"{why} in this session.")


def _texts(order: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(str(order.get(name, "")) for name in names)
