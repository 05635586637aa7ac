"""Purchases of a rebalance that filled before its sales did, and what they left of the cash that was to stay aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from logos.artifacts import schemas
from logos.artifacts.readers import read_csv_rows
from logos.domain.orders import OrderStatus, Side
from logos.domain.times import parse_time, time_text
from logos.portfolio.backtest.rebalances import PastRebalance

_WORTH_A_WORD = 0.01
"""Share of equity by which cash has to be below what the targets leave: prices of one slice move it by less."""

_WAITED = (OrderStatus.CANCELLED, OrderStatus.ACCEPTED)
"""How a sale ended that never filled and was not refused: with the next rebalance, or with the data."""


def early_purchases_note(folder: Path, rebalances: Sequence[PastRebalance]) -> str:
    """Return a sentence where sales came so late that their purchases took the cash aside; else nothing."""
    low = {one.at: one for one in rebalances if one.held and _aside(one.targets) - _aside(one.held) > _WORTH_A_WORD}
    if not low:
        return ""
    found = [low[at] for at in _with_late_sales(folder, low)]
    if not found:
        return ""
    worst = min(found, key=lambda one: (_aside(one.held), one.at))
    times = "1 rebalance" if len(found) == 1 else f"{len(found):,} rebalances"
    left, meant = (f"{100 * _aside(weights):.2f} %" for weights in (worst.held, worst.targets))
    return (
        f"After {times} purchases filled before the sales that pay for them, whose market was closed or whose bar had "
        f"too little volume: cash was {left} of equity at worst, after that of {time_text(worst.at)}, where the "
        f"targets leave {meant}, until those sales filled. A lower invest leaves more for such days"
    )


def _aside(weights: Mapping[str, float]) -> float:
    """Return the share of equity that is no position."""
    return 1.0 - sum(weights.values())


def _with_late_sales(folder: Path, rebalances: Mapping[int, PastRebalance]) -> Iterator[int]:
    """Yield the times of rebalances of which a sale filled later than a purchase, or never."""
    fills: dict[str, list[int]] = {}
    for row in read_csv_rows(folder / schemas.TRADES_FILE, schemas.TRADE_COLUMNS):
        fills.setdefault(row["order_id"], []).append(parse_time(row["timestamp"]))
    bought: dict[int, int] = {}
    sold: dict[int, float] = {}
    for row in read_csv_rows(folder / schemas.ORDERS_FILE, schemas.ORDER_COLUMNS):
        at, own = parse_time(row["created_at"]), fills.get(row["order_id"], [])
        if at not in rebalances:
            continue
        if row["side"] == Side.BUY and own:
            bought[at] = min(bought.get(at, own[0]), own[0])
        elif row["side"] == Side.SELL and (own or row["status"] in _WAITED):
            sold[at] = max(sold.get(at, 0), own[-1] if own else float("inf"))
    yield from (at for at in rebalances if at in bought and sold.get(at, 0) > bought[at])
