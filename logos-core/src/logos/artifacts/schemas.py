"""The columns of every table in the folder of a session or a backtest, and the names of its files.

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
WEIGHTS_FILE: Final = "weights.csv"
QUARANTINE_FILE: Final = "quarantine.csv"
BARS_FILE: Final = "bars.csv"
STATE_FILE: Final = "state.json"
JOURNAL_FILE: Final = "state.jsonl"
SUMMARY_FILE: Final = "session.md"
CONFIG_FILE: Final = "config.yaml"
EQUITY_PLOT_FILE: Final = "plots/equity.png"
LOG_FILE: Final = "logs/run.log"
VENUE_FILE: Final = "venue.json"
VENUE_DIGEST: Final = "venue_sha256"
"""The field of a journal's first line that holds the SHA-256 of the bytes of ``venue.json``."""

METRICS_FILE: Final = "metrics.json"
EQUITY_FILE: Final = "equity.csv"
BENCHMARK_FILE: Final = "benchmark.csv"
BACKTEST_PLOT_FILE: Final = "equity.png"
REPORT_FILE: Final = "report.html"

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
DRY_RUN_ORDER_COLUMNS: Final = (*ORDER_COLUMNS, "venue_outcome")
"""``orders.csv`` of a dry-run session, whose broker shows what a venue would have been sent."""

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
EQUITY_COLUMNS: Final = ("timestamp", "equity", "drawdown")
"""A row after each slice in ``equity.csv``; in ``benchmark.csv`` a row after the last slice of each trading day."""

WEIGHT_COLUMNS: Final = ("timestamp", "symbol", "target_weight", "actual_weight", "risk_share")
"""Only runs whose allocator has a rebalance schedule have ``weights.csv``: a row for each rebalance and symbol.

``timestamp`` is the clock of the decision, ``actual_weight`` what is held at the close of the slice after it, and
``risk_share`` the symbol's share of the expected variance; empty where the allocator has no model of risk.
"""

QUARANTINE_COLUMNS: Final = ("symbol", "file", "line", "reason", "row")

BARS_COLUMNS: Final = (
    "kind",
    "clock",
    "symbol",
    "timestamp",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "forward_filled",
    "final",
    "source",
    "fetched_at",
    "sha256",
    "rows_left",
)
"""Only a session on a polled feed has ``bars.csv``; ``rows_left`` counts the rows of the same delivery that follow."""

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

BACKTEST_TABLES: Final[dict[str, tuple[str, ...]]] = {
    BENCHMARK_FILE: EQUITY_COLUMNS,
    DECISIONS_FILE: DECISION_COLUMNS,
    EQUITY_FILE: EQUITY_COLUMNS,
    ORDERS_FILE: ORDER_COLUMNS,
    QUARANTINE_FILE: QUARANTINE_COLUMNS,
    TRADES_FILE: TRADE_COLUMNS,
}
"""Every table of a backtest's folder by its file name; ``benchmark.csv`` only where a benchmark was run."""

BACKTEST_BUNDLE: Final = (
    METRICS_FILE,
    EQUITY_FILE,
    TRADES_FILE,
    ORDERS_FILE,
    DECISIONS_FILE,
    QUARANTINE_FILE,
    CONFIG_FILE,
    JOURNAL_FILE,
    BACKTEST_PLOT_FILE,
    LOG_FILE,
)
"""Every file that a backtest's folder always holds; ``report.html`` is added when it is asked for."""


def header(columns: tuple[str, ...]) -> str:
    """Return a table's first line."""
    return ",".join(columns) + "\n"
