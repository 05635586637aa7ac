"""The fills of a run: filtered, a page at a time, and as a CSV file made only when somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from logos.ui.streamlit.components.empty import empty_card, show_reading
from logos.ui.streamlit.components.tables import plain_table
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.trades import SIDES, Trades, as_it_is_now, held_against
from logos.ui.streamlit.design.formats import as_written, count, moment, money, money_decimals, signed_money

PAGE_ROWS = 25

_TEXTS = ("Time (UTC)", "Symbol", "Side")
_NUMBERS = ("Fill", "Order")


@st.fragment
def trades_panel(reading: Reading[Trades], *, currency: str, key: str, file_name: str, counted: int = 0) -> None:
    """Draw the fills with filters, pages and a download; only this panel runs again when one of them is touched.

    Parameters
    ----------
    currency:
        The account's.
    key:
        Unique for the run, so that its filters are its own.
    file_name:
        What the browser saves the rows as.
    counted:
        How many fills the run has had by its own count; 0 where nobody has counted them.
    """
    # Where only this panel runs again, nobody else looks whether the run is still there.
    reading = held_against(as_it_is_now(reading), counted)
    if not show_reading(reading, title="No fills") or reading.value is None:
        return
    trades = reading.value
    if not len(trades):
        empty_card("No fills", "This run traded nothing.", "Orders that guards blocked are in `orders.csv`")
        return
    chosen = _filtered(trades, key, file_name)
    if not len(chosen):
        empty_card("No fill matches", "Take a filter away to see more.")
        return
    pages, bar = chosen.pages(PAGE_ROWS), st.container()
    # of the width of its content it would measure itself, and leave pages out that there is room for
    page = st.pagination(pages, key=f"{key}-page-{pages}", width="stretch") if pages > 1 else 1
    rows = chosen.page(page, PAGE_ROWS)
    first = (page - 1) * PAGE_ROWS + 1
    with bar:
        title = f"Fills {first:,} to {first + len(rows) - 1:,} of {len(chosen):,}, newest first"
        st.caption(title)
        fills_table(title, rows, currency)


def _filtered(trades: Trades, key: str, file_name: str) -> Trades:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        symbols = st.multiselect("Symbol", trades.symbols, key=f"{key}-symbols", placeholder="All", width=280)
        side = st.segmented_control("Side", [each.title() for each in SIDES], key=f"{key}-side")
        first, last = day_range("Fill date (UTC)", trades.days, key=f"{key}-days")
        chosen = trades.filtered(symbols=symbols, sides=[side.lower()] if side else (), first=first, last=last)
        st.download_button(
            f"Download {count(len(chosen))} {'row' if len(chosen) == 1 else 'rows'} as CSV",
            chosen.to_csv,  # called when the button is pressed, never before
            file_name=file_name,
            mime="text/csv",
            key=f"{key}-download",
            on_click="ignore",
            icon=":material/download:",
        )
    return chosen


def day_range(label: str, days: Sequence[str], *, key: str) -> tuple[str, str]:
    """Draw a choice of days, and return the first and last one, such as ``2024-03-07``; empty for no bound.

    Parameters
    ----------
    days:
        The first and last day that there are; where they are no days there is nothing to choose.
    """
    try:
        least, most = (date.fromisoformat(day) for day in days)
    except ValueError:
        return "", ""
    picked: Any = st.date_input(label, [], min_value=least, max_value=most, key=key, width=230)
    bounds = [day.isoformat() for day in picked]
    return (bounds[0] if bounds else ""), (bounds[1] if len(bounds) > 1 else "")


def fills_table(title: str, rows: Sequence[Mapping[str, str | None]], currency: str) -> None:
    """Draw fills, each as a row of ``trades.csv``.

    Parameters
    ----------
    title:
        What they are, for those who do not see where they stand.
    currency:
        The account's; empty where it is not known.
    """
    unit = f" ({currency})" if currency else ""
    numbers = ("Quantity", "Price", *(f"{name}{unit}" for name in ("Realised PnL", "Fee", "Value")))
    plain_table(
        title,
        (*_TEXTS, *numbers, "Liquidity", *_NUMBERS),
        [_cells(row) for row in rows],
        numeric=(*numbers, *_NUMBERS),
        whole=_TEXTS,
    )


def _cells(row: Mapping[str, str | None]) -> tuple[str, ...]:
    pnl = row.get("realized_pnl")
    return (
        moment(row["timestamp"]),
        row["symbol"] or "",
        row["side"] or "",
        as_written(row["quantity"]),
        as_written(row["price"]),
        signed_money(pnl, "", money_decimals(pnl)),
        *(money(row.get(name), "", money_decimals(row.get(name))) for name in ("fee", "value")),
        *(row.get(name) or "" for name in ("liquidity", "trade_id", "order_id")),
    )
