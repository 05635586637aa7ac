"""The page."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from logos.ui.streamlit import state
from logos.ui.streamlit.components.empty import show_reading
from logos.ui.streamlit.components.frame import page_header
from logos.ui.streamlit.components.tables import plain_table
from logos.ui.streamlit.data.runs_index import BacktestRow, list_backtests
from logos.ui.streamlit.design.formats import count, money

COLUMNS = ("Backtest", "Fills", "Fees", "Fees a fill")


def show() -> None:
    """Draw the page: Streamlit calls it whenever somebody looks at it."""
    page_header("Costs", "What each backtest paid in fees, newest first.")
    listing = list_backtests(state.workspace())
    if show_reading(listing, title="No backtests yet") and listing.value:
        plain_table("Fees of each backtest", COLUMNS, table(listing.value), numeric=COLUMNS[1:])


def table(rows: Sequence[BacktestRow]) -> list[tuple[str, ...]]:
    """Return the cells of every backtest that can be read; money stays exact until it is text."""
    return [
        (
            row.backtest_id,
            count(row.fills),
            money(row.fees, row.currency),
            money(Decimal(row.fees) / row.fills if row.fills else None, row.currency, decimals=4),
        )
        for row in rows
        if row.readable and row.fees is not None
    ]
