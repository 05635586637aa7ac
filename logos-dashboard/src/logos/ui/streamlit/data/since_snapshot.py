"""What the tables say of a session that its snapshot does not know yet.

A snapshot is taken every two seconds of wall time. In a fast replay that is days of the session's clock, and a session
that was killed takes none any more: its tables are newer then for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from logos.artifacts.schemas import (
    ORDER_COLUMNS,
    ORDERS_FILE,
    POSITION_COLUMNS,
    POSITIONS_FILE,
    TRADE_COLUMNS,
    TRADES_FILE,
)
from logos.domain.errors import InputError
from logos.domain.times import parse_time
from logos.ui.streamlit.data.last_rows import last_rows
from logos.ui.streamlit.data.live_session import LiveSession
from logos.ui.streamlit.design.formats import decimal_of


@attrs.frozen(kw_only=True)
class Holding:
    """A position that is held, as newly as it is known. Money, prices and quantities are text, as they were written.

    Attributes
    ----------
    at:
        The clock as of which this is known.
    lots:
        How many; ``None`` where the snapshot does not know this position as it stands now.
    """

    symbol: str
    at: str
    quantity: str
    average_cost: str
    mark_price: str
    market_value: str
    unrealized_pnl: Decimal | None
    lots: int | None = None


def is_behind(session: LiveSession) -> bool:
    """Return whether the account is more than a bar newer than the snapshot."""
    try:
        ahead = parse_time(session.clock) - parse_time(session.snapshot_clock)
    except InputError:
        return False
    return ahead > (session.interval or 0)


def holdings(session: LiveSession) -> list[Holding]:
    """Return what is held: of each symbol its last row of ``positions.csv`` where that is newer, else the snapshot."""
    found = {str(one.get("symbol", "")): _of_snapshot(one, session.snapshot_clock) for one in session.positions()}
    view = last_rows(session.folder / POSITIONS_FILE, POSITION_COLUMNS, what="positions").value
    for row in view.rows if view is not None else ():
        if row["timestamp"] <= session.snapshot_clock:
            continue
        found.pop(row["symbol"], None)
        if decimal_of(row["quantity"]):  # 0 for a position that was just closed
            found[row["symbol"]] = _of_row(row)
    return [found[symbol] for symbol in sorted(found)]


def fills_so_far(session: LiveSession) -> int | None:
    """Return how many fills there were, those after the snapshot too."""
    top = _highest(session, TRADES_FILE, TRADE_COLUMNS[:3], "trade_id")
    return _grown(session, "fills", session.state.get("last_trade_id"), top)


def orders_so_far(session: LiveSession) -> int | None:
    """Return how many orders there were: after the snapshot those that have ended or were filled in part."""
    ended = _highest(session, ORDERS_FILE, ORDER_COLUMNS[:1], "order_id")
    filled = _highest(session, TRADES_FILE, TRADE_COLUMNS[:3], "order_id")
    return _grown(session, "orders", session.state.get("last_order_id"), max(ended, filled))


def _of_snapshot(position: Mapping[str, Any], clock: str) -> Holding:
    lots = position.get("lots")
    return Holding(
        symbol=str(position.get("symbol", "")),
        at=clock,
        unrealized_pnl=_unrealized(position),
        quantity=_text(position, "quantity"),
        average_cost=_text(position, "average_cost"),
        mark_price=_text(position, "mark_price"),
        market_value=_text(position, "market_value"),
        lots=len(lots) if isinstance(lots, list) else None,
    )


def _of_row(row: Mapping[str, str]) -> Holding:
    return Holding(
        symbol=row["symbol"],
        at=row["timestamp"],
        unrealized_pnl=decimal_of(row["unrealized_pnl"]),
        quantity=row["quantity"],
        average_cost=row["average_cost"],
        mark_price=row["mark_price"],
        market_value=row["market_value"],
    )


def _text(position: Mapping[str, Any], name: str) -> str:
    found = position.get(name)
    return "" if found is None else str(found)


def _unrealized(position: Mapping[str, Any]) -> Decimal | None:
    value, lots = decimal_of(position.get("market_value")), position.get("lots")
    costs = [decimal_of(lot.get("cost")) for lot in lots if isinstance(lot, dict)] if isinstance(lots, list) else []
    return None if value is None or None in costs else value - sum((cost for cost in costs if cost), Decimal(0))


def _highest(session: LiveSession, file: str, columns: tuple[str, ...], name: str) -> int:
    view = last_rows(session.folder / file, columns, what="rows").value
    numbers = (row[name] for row in view.rows) if view is not None else ()
    return max((int(text) for text in numbers if text.isdecimal()), default=0)


def _grown(session: LiveSession, name: str, known: object, highest: int) -> int | None:
    """Return a count of the snapshot, and how many were numbered after it."""
    counted = session.state["counts"].get(name)
    if not isinstance(counted, int):
        return None
    return counted + max(0, highest - (known if isinstance(known, int) else counted))
