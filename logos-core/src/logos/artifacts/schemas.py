"""The columns of every table in a session's folder, and the names of its files.

Writers, readers and the dashboard all take them from here. Columns may be added at the end; none is ever renamed
or dropped.
"""

from __future__ import annotations

from typing import Final

ORDERS_FILE: Final = "orders.csv"
TRADES_FILE: Final = "trades.csv"
POSITIONS_FILE: Final = "positions.csv"
ACCOUNT_FILE: Final = "account.csv"
DECISIONS_FILE: Final = "decisions.csv"
QUARANTINE_FILE: Final = "quarantine.csv"
STATE_FILE: Final = "state.json"
JOURNAL_FILE: Final = "state.jsonl"
SUMMARY_FILE: Final = "session.md"
CONFIG_FILE: Final = "config.yaml"
EQUITY_PLOT_FILE: Final = "plots/equity.png"
LOG_FILE: Final = "logs/run.log"

ORDER_COLUMNS: Final = (
    "order_id",
    "created_at",
    "updated_at",
    "strategy",
    "symbol",
    "side",
    "type",
    "time_in_force",
    "quantity",
    "limit_price",
    "stop_price",
    "status",
    "filled_quantity",
    "average_price",
    "fees",
    "reason",
)
TRADE_COLUMNS: Final = (
    "trade_id",
    "order_id",
    "timestamp",
    "symbol",
    "side",
    "quantity",
    "price",
    "liquidity",
    "fee",
    "realized_pnl",
    "value",
    "conversion_price",
)
"""``value`` is the booked value in the account's currency; ``conversion_price`` is empty in that currency itself."""

POSITION_COLUMNS: Final = (
    "timestamp",
    "symbol",
    "quantity",
    "average_cost",
    "mark_price",
    "market_value",
    "unrealized_pnl",
    "realized_pnl",
)
ACCOUNT_COLUMNS: Final = (
    "timestamp",
    "cash",
    "market_value",
    "equity",
    "realized_pnl",
    "unrealized_pnl",
    "fees",
    "drawdown",
    "gross_exposure",
    "net_exposure",
)
DECISION_COLUMNS: Final = (
    "timestamp",
    "strategy",
    "symbol",
    "signal",
    "target_weight",
    "target_quantity",
    "outcome",
    "order_id",
    "reason_code",
    "detail",
)
QUARANTINE_COLUMNS: Final = ("symbol", "file", "line", "reason", "row")

TABLES: Final[dict[str, tuple[str, ...]]] = {
    ACCOUNT_FILE: ACCOUNT_COLUMNS,
    DECISIONS_FILE: DECISION_COLUMNS,
    ORDERS_FILE: ORDER_COLUMNS,
    POSITIONS_FILE: POSITION_COLUMNS,
    QUARANTINE_FILE: QUARANTINE_COLUMNS,
    TRADES_FILE: TRADE_COLUMNS,
}
"""Every table of a session's folder by its file name."""

BUNDLE: Final = (
    ORDERS_FILE,
    TRADES_FILE,
    POSITIONS_FILE,
    ACCOUNT_FILE,
    DECISIONS_FILE,
    QUARANTINE_FILE,
    SUMMARY_FILE,
    CONFIG_FILE,
    STATE_FILE,
    JOURNAL_FILE,
    EQUITY_PLOT_FILE,
    LOG_FILE,
)
"""Every file that a completed session's folder holds."""


def header(columns: tuple[str, ...]) -> str:
    """Return a table's first line."""
    return ",".join(columns) + "\n"
