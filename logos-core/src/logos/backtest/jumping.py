"""The jumping engine: the session's own code, run only at the slices where something can happen.

Between a fill and the next signal nothing changes but prices. Such a span is passed over at once: equity in it is one
column, the guards are shown the column, and the first slice at which one of them wants to look itself is run like any
other. What a signal, an order, a guard or a fill does is never written a second time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from logos.backtest.grid import Grid
from logos.backtest.players import Cursor
from logos.backtest.quiet import Quiet
from logos.session.machine import Session

Column = npt.NDArray[np.int64]


class Jumper:
    """Runs a session over a grid.

    Parameters
    ----------
    session:
        A session whose strategies are played from columns.
    grid:
        Its slices.
    changes:
        The slices at which a signal changes, ascending.
    cursor:
        Where the players stand.
    stopped:
        Says whether to stop before the next slice.
    progress:
        Called at every slice that is run.
    end:
        How many slices to run; all where it is ``None``.

    Attributes
    ----------
    grid:
        The slices.
    done:
        How many slices are behind it.
    equity:
        Equity after each of those, in minor units.
    """

    def __init__(
        self,
        session: Session,
        grid: Grid,
        changes: Column,
        cursor: Cursor,
        *,
        stopped: Callable[[], bool] = lambda: False,
        progress: Callable[[], None] = lambda: None,
        end: int | None = None,
    ) -> None:
        self._session = session
        self.grid = grid
        self._end = len(grid) if end is None else end
        self._changes = [change for change in changes.tolist() if change < self._end]
        self._cursor = cursor
        self._stopped = stopped
        self._progress = progress
        self._guards = session.parts.guards
        self._working = session.orders.by_id
        self._pairs = session.pairs
        self._holdings = session.account.holdings()
        self._sees_every_slice = session.sees_every_slice
        self.done = 0
        self.equity: Column = np.zeros(len(grid), dtype=np.int64)

    def run(self) -> bool:
        """Run to the end; return whether the session was not halted."""
        end = self._end
        changes = iter([*self._changes, end])
        change = next(changes)
        while self.done < end and not self._stopped():
            while change < self.done:
                change = next(changes)
            if change > self.done and not self._is_busy():
                self._pass_over(change)
                if self.done == end:
                    break
            self._progress()
            if not self.step():
                return False
        return True

    def step(self, advance: Callable[..., bool] | None = None) -> bool:
        """Run the next slice; return what ``advance`` does, by default ``Session.advance``."""
        index = self.done
        self._cursor.index = index
        goes_on = (advance or self._session.advance)(self.grid.slice(index))
        self._note(index, index + 1, self._session.account.equity)
        self.done = index + 1
        return goes_on

    def _is_busy(self) -> bool:
        """Return whether an order works, or a refused one is to be tried again: then every slice counts."""
        if self._working or self._sees_every_slice:
            return True
        for state in self._pairs:  # noqa: SIM110 - a generator costs more, and this runs after every event
            if state.retry:
                return True
        return False

    def _pass_over(self, change: int) -> None:
        """Pass over the slices before a change of signal, up to the first that must be run."""
        held = [holding for holding in self._holdings if holding.lots.quantity]
        span = Quiet(self.grid, self.done, change, self._session.account, held)
        if held and not span.fits:
            return
        length = self._guards.first_to_inspect(span)
        if held:
            length = min(length, self._first_ruined(span))
        if not length:
            return
        if length < len(span):
            span = span.until(length)
        self._guards.passed_over(span)
        start, stop = span.start, span.stop
        books = self._session.account
        highest = books.equity if span.flat else span.highest
        self._note(start, stop, books.equity if span.flat else span.equity)
        last, marks = self.grid.ending(start, stop)
        self._session.pass_over(
            last,
            first=self.grid.clocks.item(start),
            slices=stop - start,
            bars=self.grid.bar_count(start, stop),
            marks=marks,
            highest=highest,
        )
        self.done = stop

    def _first_ruined(self, span: Quiet) -> int:
        """Return the first slice with equity at or below zero; the span's length for none."""
        if span.lowest > 0:
            return len(span)
        return int(np.argmax(span.equity <= 0))

    def _note(self, start: int, stop: int, equity: int | Column) -> None:
        try:
            self.equity[start:stop] = equity
        except OverflowError:
            self.equity = self.equity.astype(object)  # the account outgrew 64 bits: Python integers from here on
            self.equity[start:stop] = equity
