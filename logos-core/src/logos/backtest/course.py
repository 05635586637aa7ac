"""One run over recorded bars, by either engine: the session, its recorder, its equity and its benchmark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import attrs

from logos.backtest.benchmark import Benchmark
from logos.backtest.equity import EquityCurve
from logos.backtest.grid import Grid, grid_of_slices
from logos.backtest.jumping import Jumper
from logos.backtest.players import Column, Cursor
from logos.backtest.recorder import FolderRecorder, MemoryRecorder
from logos.backtest.records import RunTotals, SymbolTotals
from logos.backtest.streaming import Streamed, changes_of
from logos.domain.bars import Slice
from logos.domain.errors import part_at_work
from logos.domain.events import Cause
from logos.session.machine import Session

COMPLETED = "completed"
HALTED = "halted"
INTERRUPTED = "interrupted"

STRETCH = 4_096
"""How many slices of a feed are in memory at once."""

_EVENTS = 2_048
"""After how many slices that were run what happened is handed over."""


def _never() -> bool:
    return False


def _silent() -> None:
    pass


@attrs.define(kw_only=True)
class Course:
    """A run that has begun.

    Attributes
    ----------
    session:
        What runs.
    curve:
        Takes its equity.
    benchmark:
        Runs beside it over the same slices, where it is asked for.
    flatten:
        Whether a halt closes the positions.
    stopped:
        Says whether to stop before the next slice.
    progress:
        Called now and then.
    """

    session: Session
    recorder: MemoryRecorder | FolderRecorder
    curve: EquityCurve
    benchmark: Benchmark | None = None
    flatten: bool = False
    stopped: Callable[[], bool] = _never
    progress: Callable[[], None] = _silent
    first_open: int | None = None
    _events: int = 0

    def __attrs_post_init__(self) -> None:
        self.recorder.counts = self.session.counts

    def stream(self, slices: Iterable[Slice]) -> str:
        """Run a feed's slices, with strategies that are called bar by bar, in memory that does not grow.

        Returns the status.
        """
        source = self._guarded(slices)
        cursor = Cursor()
        players = [Streamed(state, cursor) for state in self.session.pairs]
        status = COMPLETED
        while status == COMPLETED and (stretch := list(islice(source, STRETCH))):
            grid = self._grid_of(stretch)
            status = self._run(grid, changes_of(players, grid), cursor, source)
        self._finish(status)
        return status

    def jump(self, grid: Grid, changes: Column, cursor: Cursor) -> str:
        """Run slices that are all there, with strategies that have answered already; return the status."""
        status = self._run(grid, changes, cursor, iter(()))
        self._finish(status)
        return status

    def _guarded(self, slices: Iterable[Slice]) -> Iterator[Slice]:
        with part_at_work("the feed"):
            yield from slices

    def _grid_of(self, stretch: Sequence[Slice]) -> Grid:
        parts = self.session.parts
        marks = {holding.instrument.symbol: holding.mark or 0 for holding in self.session.account.holdings()}
        return grid_of_slices(stretch, parts.instruments, marks, parts.interval)

    def _run(self, grid: Grid, changes: Column, cursor: Cursor, following: Iterator[Slice]) -> str:
        """Run a stretch; return the status after it."""
        jumper = Jumper(self.session, grid, changes, cursor, stopped=self.stopped, progress=self._keep)
        if self.first_open is None and len(grid):
            self.first_open = grid.opens.item(0)
        if jumper.run():
            self._take(grid, jumper)
            return COMPLETED if jumper.done == len(grid) else INTERRUPTED
        closes = self.flatten and any(state.position for state in self.session.pairs)
        if closes:
            self.session.order_closing()
            if jumper.done < len(grid):
                jumper.step(self.session.advance_closing)
                closes = False
        self._take(grid, jumper)
        after = next(following, None) if closes else None
        if after is not None:
            last = Jumper(self.session, self._grid_of([after]), changes[:0], cursor)
            last.step(self.session.advance_closing)
            self._take(last.grid, last)
        return HALTED

    def _take(self, grid: Grid, jumper: Jumper) -> None:
        """Hand over what a stretch has brought."""
        self.curve.add(grid.clocks[: jumper.done], jumper.equity[: jumper.done])
        if self.benchmark is not None:
            self.benchmark.see(grid, jumper.done)
        self.recorder.flush()
        if not self.stopped():
            self.progress()

    def _keep(self) -> None:
        """Hand over what was collected, now and then."""
        self._events += 1
        if self._events == _EVENTS:
            self._events = 0
            self.recorder.flush()
            self.progress()

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Why the run was halted; empty where it was not."""
        return self.session.causes

    # -- the end ---------------------------------------------------------------------------------------------------

    def _finish(self, status: str) -> None:
        self.session.finish("end_of_data" if status == COMPLETED else status)
        self.recorder.accumulator.settle(self.session.counts.slices)

    def totals(self, status: str) -> RunTotals:
        """Return what the run adds up to; ask once, at its end."""
        session, books = self.session, self.session.account
        pairs = self.recorder.accumulator.pairs()
        fees: dict[str, int] = {}
        for pair in pairs:
            fees[pair.symbol] = fees.get(pair.symbol, 0) + pair.fees_maker + pair.fees_taker
        symbols = tuple(
            SymbolTotals(
                symbol=holding.instrument.symbol,
                position=holding.lots.quantity,
                mark=holding.mark,
                market_value=holding.market_value,
                realized=holding.realized,
                unrealized=holding.market_value - holding.lots.cost,
                fees=fees.get(holding.instrument.symbol, 0),
            )
            for holding in books.holdings()
        )
        counts = session.counts
        return RunTotals(
            status=status,
            causes=session.causes,
            instruments=session.parts.instruments,
            interval=session.parts.interval,
            currency=books.currency,
            decimals=books.decimals,
            starting_cash=books.starting_cash,
            first_open=self.first_open,
            last_clock=session.sliced_at if counts.slices else None,
            bars=counts.bars,
            slices=counts.slices,
            exposed=self.recorder.accumulator.exposed,
            orders=counts.orders,
            blocked=counts.blocked,
            rejected=counts.rejected,
            fills=counts.fills,
            final_equity=books.equity,
            realized=books.realized,
            unrealized=books.unrealized,
            fees=books.fees,
            by_day=self.curve.by_day(),
            pairs=pairs,
            symbols=symbols,
            benchmark=None if self.benchmark is None else self.benchmark.totals(),
        )
