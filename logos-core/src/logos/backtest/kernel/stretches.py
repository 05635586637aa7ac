"""A run of the kernel stretch by stretch, in memory that does not grow with the bars."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from logos.backtest.kernel import compiled, layout
from logos.backtest.kernel.market import Layout
from logos.backtest.kernel.result import UNTOLD_REASON, Span, bail_of
from logos.backtest.kernel.tables import Room, new_tables
from logos.backtest.kernel.terms import KernelRefusal, KernelTerms, market_of
from logos.domain.times import SECONDS_A_DAY

Column = npt.NDArray[np.int64]

_LOTS = 8_192
"""For how many open lots of a symbol there is room; with more, the session runs."""


class Stretches:
    """The tables of a run, which stay, and what each stretch of slices adds to them.

    Parameters
    ----------
    terms:
        What is fixed of the config.
    longest:
        How many slices a stretch has at most.

    Attributes
    ----------
    equity:
        After the last slice so far, in minor units.
    state:
        The loop's own tables.
    span:
        The slices so far.
    """

    def __init__(self, terms: KernelTerms, longest: int) -> None:
        self.terms = terms
        # A stretch can fill every pair's order at every slice. Orders are kept: guards count them over time.
        room = Room(orders=longest, fills=longest * len(terms.pairs), lots=_LOTS)
        self.state = new_tables(terms, room, len(terms.instruments))
        self.span = Span()
        self._told = 0
        self._last_day = 0
        self.equity = terms.settings.cash

    def run(self, laid: Layout, signals: Column, first: Column) -> Column | str:
        """Run the next stretch; return equity after each of its slices, or why the kernel cannot go on.

        Parameters
        ----------
        laid:
            Its bars.
        signals, first:
            By slice and pair, the signal in hundred-millionths; and the first slice at which each pair has one.
        """
        market = market_of(self.terms, laid)
        if isinstance(market, KernelRefusal):
            return market.reason
        if self._exceeds(market):
            return "amounts become too large for 64 bits"
        self._begin_day(int(laid.stamps[0]) // SECONDS_A_DAY)
        self._make_room(signals.size)
        self.state.account[layout.FILLED] = 0
        equity = np.empty(len(laid.stamps), dtype=np.int64)
        # Whether the last slice ends its trading day is known only when the next one is there.
        within = market._replace(day_ends=np.append(laid.day_ends[:-1], -1))
        run = self.state._replace(
            signals=signals, first=first, equity=equity, day_equity=np.empty(len(laid.days), dtype=np.int64)
        )
        status = compiled.compiled()(within, run)
        compiled.check_stamp(run)
        if status != layout.DONE:
            return bail_of(status, run, self.terms, laid).reason
        if run.account[layout.UNTOLD]:
            return UNTOLD_REASON
        self.span.add(laid, self.terms.interval)
        self._last_day = int(laid.stamps[-1]) // SECONDS_A_DAY
        self.equity = int(equity[-1])
        return equity

    def orders(self) -> list[list[int]]:
        """Return the orders since the last time that it was asked, as rows of the loop's table."""
        start, self._told = self._told, int(self.state.account[layout.ORDERED])
        rows: list[list[int]] = _columns(self.state.orders)[start : self._told].tolist()
        return rows

    def fills(self) -> list[list[int]]:
        """Return the fills of the last stretch, as rows of the loop's table."""
        rows: list[list[int]] = _columns(self.state.fills)[: self.state.account[layout.FILLED]].tolist()
        return rows

    @property
    def filled(self) -> int:
        """How many fills there were so far."""
        return int(_columns(self.state.totals)[:, layout.PAIR_FILLS].sum())

    def _begin_day(self, day: int) -> None:
        """Let losses of a day count from the last equity of the day before, where a stretch begins a day."""
        if self.span.slices and day != self._last_day:
            self.state.account[layout.BASE] = self.equity

    def _exceeds(self, market: layout.Market) -> bool:
        """Return whether what is held, wanted or ordered is too much for the prices of a stretch."""
        state = _columns(self.state.pairs)
        most = _columns(market.symbols)[_columns(market.pairs)[:, layout.SYMBOL], layout.MOST_LOTS]
        places = (layout.TARGET, layout.HELD, layout.REMAINING)
        return any(bool((np.abs(state[:, place]) > most).any()) for place in places)

    def _make_room(self, more: int) -> None:
        orders = _columns(self.state.orders)
        needed = int(self.state.account[layout.ORDERED]) + more
        if needed > len(orders):
            grown = np.empty((2 * needed, layout.ORDER_COLUMNS), dtype=np.int64)
            grown[: len(orders)] = orders
            self.state = self.state._replace(orders=grown)


def _columns(table: object) -> Column:
    assert isinstance(table, np.ndarray)
    return table
