"""How the kernel's loop finds its numbers: tables of integers, and the names of their columns.

Everything is a 64-bit integer. Money is in minor units of the account's currency, prices in ticks, quantities in lots.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from logos.ledger.rules import Cells

NEVER = 2**62
"""A limit that nothing reaches, and a signal that no strategy gives."""


class Table(Protocol):
    """Rows of integers."""

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns there are."""

    def __getitem__(self, place: tuple[int, int], /) -> int:
        """Return the integer at a row and a column."""

    def __setitem__(self, place: tuple[int, int], value: int, /) -> None:
        """Replace the integer at a row and a column."""


class Market(NamedTuple):
    """What does not change from run to run.

    Attributes
    ----------
    stamps:
        The open time of each slice, in seconds since the epoch, UTC.
    opens, closes:
        By slice and symbol; 0 where a symbol has no bar.
    room:
        By slice and symbol, the lots that orders may take; -1 where the asset class reports no volume.
    day_ends:
        The last slice of each trading day.
    symbols, pairs:
        What is fixed of each symbol and of each pair: the columns below.
    terms, limits:
        What is fixed of the account and the broker, and what guards allow: the places below.
    rates:
        Orders and seconds: that many orders within that many seconds are too many.
    """

    stamps: Cells
    opens: Table
    closes: Table
    room: Table
    day_ends: Cells
    symbols: Table
    pairs: Table
    terms: Cells
    limits: Cells
    rates: Table


class Run(NamedTuple):
    """What a run reads, and where it keeps its books.

    Attributes
    ----------
    signals, first:
        By slice and pair, the signal in hundred-millionths; and the first slice at which each pair has one.
    account:
        The account: the places below.
    symbols, pairs, totals:
        Where each symbol and each pair stands, and what each pair has done: the columns below.
    sizes, costs:
        The open lots, with equal room for each symbol, one after the other.
    orders, fills:
        What was ordered and what was filled, in that order: the columns below.
    equity:
        After each slice; nothing is kept where it is empty.
    day_equity:
        After the last slice of each trading day.
    """

    signals: Table
    first: Cells
    account: Cells
    symbols: Table
    pairs: Table
    totals: Table
    sizes: Cells
    costs: Cells
    orders: Table
    fills: Table
    equity: Cells
    day_equity: Cells


# Market.terms
MARGIN, FEE, FEE_DENOMINATOR, SLIPPAGE, SLIPPAGE_DENOMINATOR, INTERVAL, OF_EQUITY = range(7)
TERMS = 7

# Market.limits: a share has its denominator next to it, and a numerator of NEVER where there is no limit.
GUARDED, ORDER_VALUE, GROSS, NET, PER_SYMBOL, DRAWDOWN, DAILY_LOSS = 0, 1, 2, 4, 6, 8, 10
LIMITS = 12

# Market.symbols: numerator and denominator of a value, bounds of price times quantity, and the symbol's pairs.
NUMERATOR, DENOMINATOR, LEAST, GREATEST, MOST_LOTS, FIRST_PAIR, LAST_PAIR = range(7)
SYMBOL_TERMS = 7

# Market.pairs: its symbol, and the share of equity, or the lots, of one hundred-millionth of a signal.
SYMBOL, UNIT, UNIT_DENOMINATOR = range(3)
PAIR_TERMS = 3

# Run.account: UNTOLD counts signals and fills that did not come out as asked for, whose reasons stand in no table;
# PEAK, TROUGH and BASE are the highest equity, the lowest since, and that at the end of the trading day before.
CASH, WORKING, RETRYING, ORDERED, FILLED, FALL, FALL_FROM, EXPOSED, STOPPED_AT, CULPRIT, STAMP, UNTOLD = range(12)
PEAK, TROUGH, BASE = range(12, 15)
ACCOUNT = 15

# Run.symbols: HEAD and TAIL are places in Run.sizes.
POSITION, VALUE, COST, REALIZED, FEES, HEAD, TAIL, MARK = range(8)
SYMBOL_STATE = 8

# Run.pairs: ORDER is the number of the working order, 0 for none; REMAINING is signed.
SIGNAL, TARGET, HELD, RETRY, ORDER, REMAINING, DECIDED_PRICE, CREATED, PLANNED, REDUCES, CHANGED_AT = range(11)
PAIR_STATE = 11

# Run.totals
(
    PAIR_ORDERS,
    PAIR_FILLS,
    TRADED,
    PAIR_FEES,
    SLIPPAGE_COST,
    DELAY_COST,
    TRIPS,
    WINS,
    PROFIT,
    LOSS,
    LONGEST,
    FLOW,
    TRIP_CASH,
    OPENED_AT,
    PAIR_POSITION,
) = range(15)
PAIR_TOTALS = 15

# Run.orders: the clock at which it was decided; quantities are signed. ONLY_REDUCES is 1 for an order that brings a
# position nearer to zero.
AT_CLOCK, PAIR, QUANTITY, PRICE, ONLY_REDUCES, ORDER_SIGNAL = range(6)
ORDER_COLUMNS = 6

# Run.fills: the first four of an order, with the clock of the slice that filled it, then
REFERENCE, FILL_VALUE, FILL_FEE, FILL_REALIZED, NUMBER = range(4, 9)
FILL_COLUMNS = 9

# How a run ends.
DONE, FULL, RUINED, TOO_LARGE, UNACCEPTED = range(5)
AT_DRAWDOWN, AT_DAILY_LOSS, AT_ORDER_VALUE, AT_GROSS, AT_NET, AT_PER_SYMBOL, AT_RATE = range(5, 12)

MOST_MONEY = 2**58
"""No amount of the account may exceed it: what is summed from two of them, or multiplied by 8, still fits."""
