"""A config and the bars of a window, prepared once for all runs of the kernel over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import attrs
import numpy as np
import numpy.typing as npt

from logos.backtest.kernel import compiled, layout
from logos.backtest.kernel.market import Layout, lay_out
from logos.backtest.kernel.result import Bail, KernelRun, bail_of
from logos.backtest.kernel.tables import Room, begin, new_tables
from logos.backtest.kernel.terms import KernelRefusal, KernelTerms, kernel_terms, market_of
from logos.backtest.trial import Window
from logos.domain.columns import BarColumns, SignalColumns
from logos.session.machine import SessionParts
from logos.session.seats import Pair

Column = npt.NDArray[np.int64]

_ALL = Window()


@attrs.define(kw_only=True, eq=False)
class KernelPlan:
    """A config and the bars of a window, ready to run with any signals.

    Attributes
    ----------
    terms:
        What is fixed of the config.
    laid, market:
        The bars, and everything else that the loop reads.
    """

    terms: KernelTerms
    laid: Layout
    market: layout.Market
    _room: Room = attrs.field(factory=Room, init=False)
    _tables_kept: layout.Run | None = attrs.field(default=None, init=False)

    def run(self, signals: Mapping[Pair, SignalColumns], *, keep_equity: bool = True) -> KernelRun | Bail:
        """Run with signals. What a run returns is good until the next one, which writes into the same tables.

        Parameters
        ----------
        signals:
            The answers of every pair's strategy at all bars that the plan was made with, those before the window
            included.
        keep_equity:
            Whether equity after every slice is kept, and not only that after every day.
        """
        values, first = self._signals(signals)
        simulate = compiled.compiled()
        while True:
            run = self._tables(values, first, keep_equity=keep_equity)
            status = simulate(self.market, run)
            if status != layout.FULL:
                break
            self._room, self._tables_kept = self._room.grown(), None
        compiled.check_stamp(run)
        if status != layout.DONE:
            return bail_of(status, run, self.terms, self.laid)
        orders = cast("Column", run.orders)[: run.account[layout.ORDERED]]
        return KernelRun(plan=self, equity=cast("Column", run.equity), orders=orders, state=run)

    def _tables(self, values: Column, first: Column, *, keep_equity: bool) -> layout.Run:
        if self._tables_kept is None:
            self._tables_kept = new_tables(self.terms, self._room, len(self.laid.lanes))
        return begin(self._tables_kept, self.terms)._replace(
            signals=values,
            first=first,
            equity=np.empty(len(self.laid.stamps) if keep_equity else 0, dtype=np.int64),
            day_equity=np.empty(len(self.laid.days), dtype=np.int64),
        )

    def _signals(self, signals: Mapping[Pair, SignalColumns]) -> tuple[Column, Column]:
        """Return the signals by slice and pair, and the first slice of each pair that has one."""
        lanes = [self.laid.lanes[pair.symbol] for pair in self.terms.pairs]
        first = np.zeros(len(lanes), dtype=np.int64)
        if len(lanes) == 1 and lanes[0].slices is None:
            of_pair, before = signals[self.terms.pairs[0]], lanes[0].before
            first[0] = max(0, of_pair.first - before)
            column = of_pair.value[before : before + len(lanes[0].bars)]
            # One kind of array, so that one compiled form serves every run; most columns are not copied.
            return np.require(column, np.int64, ["C", "A", "W", "E"]).reshape(-1, 1), first
        values = np.empty((len(self.laid.stamps), len(lanes)), dtype=np.int64)
        for place, (pair, lane) in enumerate(zip(self.terms.pairs, lanes, strict=True)):
            of_pair = signals[pair]
            row = max(0, of_pair.first - lane.before)
            within = of_pair.value[lane.before : lane.before + len(lane.bars)]
            if lane.slices is None:
                values[:, place], first[place] = within, row
            else:
                values[lane.slices, place] = within
                first[place] = lane.slices[row] if row < len(lane.slices) else len(values)
        return values, first


def plan_kernel(
    parts: SessionParts, bars: Mapping[str, BarColumns], window: Window = _ALL
) -> KernelPlan | KernelRefusal:
    """Prepare a config for the kernel, or say why it cannot run there.

    Parameters
    ----------
    parts:
        A freshly assembled session.
    bars:
        All bars of every symbol of the feed.
    window:
        The part of them that is traded.
    """
    terms = kernel_terms(parts)
    if isinstance(terms, KernelRefusal):
        return terms
    missing = sorted({pair.symbol for pair in terms.pairs} - bars.keys())
    if missing:
        return KernelRefusal(reasons=tuple(f"there are no bars of {symbol}" for symbol in missing))
    laid = lay_out({symbol: bars[symbol] for symbol in parts.instruments if symbol in bars}, window)
    market = market_of(terms, laid)
    return market if isinstance(market, KernelRefusal) else KernelPlan(terms=terms, laid=laid, market=market)
