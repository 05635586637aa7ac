"""The tables in which a run of the kernel keeps its books."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from logos.backtest.kernel import layout
from logos.backtest.kernel.terms import KernelTerms

Column = npt.NDArray[np.int64]

_GROWTH = 8


@attrs.frozen(kw_only=True)
class Room:
    """For how much a run has room: orders, fills, and open lots of each symbol."""

    orders: int = 4096
    fills: int = 4096
    lots: int = 512

    def grown(self) -> Room:
        """Return room for several times as much."""
        return Room(orders=self.orders * _GROWTH, fills=self.fills * _GROWTH, lots=self.lots * _GROWTH)


def new_tables(terms: KernelTerms, room: Room, symbols: int) -> layout.Run:
    """Return the tables of a run that has not begun; signals and equity are not in them yet.

    Parameters
    ----------
    symbols:
        How many symbols have bars.
    """
    pairs = len(terms.pairs)
    nothing = np.empty(0, dtype=np.int64)
    tables: tuple[Any, ...] = (
        nothing.reshape(0, pairs),
        nothing,
        np.empty(layout.ACCOUNT, dtype=np.int64),
        np.empty((symbols, layout.SYMBOL_STATE), dtype=np.int64),
        np.empty((pairs, layout.PAIR_STATE), dtype=np.int64),
        np.empty((pairs, layout.PAIR_TOTALS), dtype=np.int64),
        np.empty(symbols * room.lots, dtype=np.int64),
        np.empty(symbols * room.lots, dtype=np.int64),
        np.empty((room.orders, layout.ORDER_COLUMNS), dtype=np.int64),
        np.empty((room.fills, layout.FILL_COLUMNS), dtype=np.int64),
        nothing,
        nothing,
    )
    return begin(layout.Run(*tables), terms)


def begin(run: layout.Run, terms: KernelTerms) -> layout.Run:
    """Return the tables as they stand before a run. New memory costs more than a run does, so it is used again."""
    account, pairs = _columns(run.account), _columns(run.pairs)
    for table in (account, _columns(run.symbols), pairs, _columns(run.totals)):
        table[...] = 0
    for place in (layout.CASH, layout.PEAK, layout.TROUGH, layout.BASE):
        account[place] = terms.settings.cash
    account[layout.FALL_FROM] = 1
    pairs[:, layout.SIGNAL] = layout.NEVER
    return run


def _columns(table: object) -> Column:
    assert isinstance(table, np.ndarray)
    return table
