"""What a run adds up to while it goes: round trips, costs, the deepest fall. Plain Python, compiled as it stands."""

from __future__ import annotations

from logos.backtest.kernel.layout import (
    FALL,
    FALL_FROM,
    FLOW,
    LONGEST,
    LOSS,
    OPENED_AT,
    PAIR_FEES,
    PAIR_FILLS,
    PAIR_POSITION,
    PROFIT,
    TRADED,
    TRIP_CASH,
    TRIPS,
    WINS,
    Table,
)
from logos.ledger.rules import Cells, share_of


def count_fill(totals: Table, pair: int, quantity: int, value: int, fee: int, timestamp: int) -> None:
    """Add a fill of signed lots to what a pair has done; a reversal ends one round trip and begins the next."""
    before = totals[pair, PAIR_POSITION]
    after = before + quantity
    flow = -value if quantity > 0 else value
    totals[pair, PAIR_POSITION] = after
    totals[pair, PAIR_FILLS] += 1
    totals[pair, TRADED] += value
    totals[pair, PAIR_FEES] += fee
    totals[pair, FLOW] += flow
    if before == 0:
        totals[pair, OPENED_AT] = timestamp
    # A reversal has a sign of its own; the product of the positions could be too large.
    if (before < 0 < after) or (after < 0 < before):
        size, closing = abs(quantity), abs(before)
        closing_flow, closing_fee = share_of(flow, closing, size), share_of(fee, closing, size)
        end_trip(totals, pair, totals[pair, TRIP_CASH] + closing_flow - closing_fee, timestamp)
        totals[pair, TRIP_CASH] = flow - closing_flow - (fee - closing_fee)
        totals[pair, OPENED_AT] = timestamp
        return
    totals[pair, TRIP_CASH] += flow - fee
    if after == 0:
        end_trip(totals, pair, totals[pair, TRIP_CASH], timestamp)


def end_trip(totals: Table, pair: int, profit: int, timestamp: int) -> None:
    """Count a round trip that ends with a profit after fees."""
    totals[pair, TRIPS] += 1
    totals[pair, LONGEST] = max(totals[pair, LONGEST], timestamp - totals[pair, OPENED_AT])
    if profit > 0:
        totals[pair, WINS] += 1
        totals[pair, PROFIT] += profit
    else:
        totals[pair, LOSS] -= profit
    totals[pair, TRIP_CASH] = 0


def note_fall(account: Cells, peak: int, trough: int) -> None:
    """Remember a fall from a peak to the lowest equity after it, where it is the deepest share of its peak yet."""
    fall = peak - trough
    if fall > 0 and exceeds(fall, peak, account[FALL], account[FALL_FROM]):
        account[FALL] = fall
        account[FALL_FROM] = peak


def exceeds(a: int, b: int, c: int, d: int) -> bool:
    """Return whether ``a / b > c / d``, exactly and without a product; none is negative, ``b`` and ``d`` are above 0.

    Euclid's algorithm on both fractions at once: where the whole parts agree, the reciprocals of the rests decide.
    """
    while True:
        whole, other = a // b, c // d
        if whole != other:
            return whole > other
        a, c = a - whole * b, c - other * d
        if a == 0 or c == 0:
            return a > 0
        a, b, c, d = d, c, b, a
