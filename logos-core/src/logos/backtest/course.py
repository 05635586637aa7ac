"""One run over recorded bars, by either engine: the session, its recorder, its equity and its benchmark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs
import numpy as np

from logos.backtest.benchmark import Benchmark
from logos.backtest.equity import EquityCurve
from logos.backtest.grid import Grid, grid_of_slices
from logos.backtest.jumping import Jumper
from logos.backtest.players import Cursor
from logos.backtest.recorder import FolderRecorder, MemoryRecorder
from logos.backtest.records import RunTotals, SymbolTotals
from logos.domain.bars import Slice
from logos.domain.errors import part_at_work
from logos.ledger.books import EquityRow
from logos.session.machine import Session

COMPLETED = "completed"
HALTED = "halted"
INTERRUPTED = "interrupted"

STRETCH = 4_096
"""How many slices are run between two looks at the outside."""


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

    def __attrs_post_init__(self) -> None:
        self.recorder.counts = self.session.counts

    # -- bar by bar ------------------------------------------------------------------------------------------------

    def stream(self, slices: Iterable[Slice]) -> str:
        """Run slice by slice, in memory that does not grow; return the status."""
        source = self._guarded(slices)
        advance = self.session.advance
        seen: list[Slice] = []
        status = COMPLETED
        for bars in source:
            seen.append(bars)
            if not advance(bars):
                status = HALTED
                seen += self._close_positions(source)
                break
            if len(seen) == STRETCH:
                self._take(seen)
                seen = []
                if self.stopped():
                    status = INTERRUPTED
                    break
        self._finish(status)
        self._take(seen)
        return status

    def _guarded(self, slices: Iterable[Slice]) -> Iterator[Slice]:
        with part_at_work("the feed"):
            yield from slices

    def _close_positions(self, slices: Iterator[Slice]) -> list[Slice]:
        """Close what is held at the slice after a halt, where the config asks for it."""
        if not self.flatten or not any(state.position for state in self.session.pairs):
            return []
        self.session.order_closing()
        after = next(slices, None)
        if after is None:
            return []
        self.session.advance_closing(after)
        return [after]

    def _take(self, slices: Sequence[Slice]) -> None:
        """Hand over what some slices have brought."""
        if not slices:
            return
        interval = self.session.parts.interval
        if self.first_open is None:
            self.first_open = slices[0].clock - interval
        self.curve.add(*_columns(self.recorder.rows))
        self.recorder.rows.clear()
        self.recorder.flush()
        if self.benchmark is not None:
            self.benchmark.see(grid_of_slices(slices, self.session.parts.instruments, self.benchmark.marks, interval))
        self.progress()

    # -- jumping ---------------------------------------------------------------------------------------------------

    def jump(self, grid: Grid, changes: np.ndarray, cursor: Cursor) -> str:
        """Run only the slices where something can happen; return the status."""
        jumper = Jumper(self.session, grid, changes, cursor, stopped=self.stopped, progress=self._keep)
        if len(grid):
            self.first_open = grid.clocks.item(0) - self.session.parts.interval
        status = COMPLETED
        if not jumper.run():
            status = HALTED
            self._jump_to_closing(jumper, grid)
        elif jumper.done < len(grid):
            status = INTERRUPTED
        self._finish(status)
        self.recorder.rows.clear()
        self.curve.add(grid.clocks[: jumper.done], jumper.equity[: jumper.done])
        self.recorder.flush()
        if self.benchmark is not None:
            self.benchmark.see(grid, jumper.done)
        self.progress()
        return status

    def _jump_to_closing(self, jumper: Jumper, grid: Grid) -> None:
        if not self.flatten or not any(state.position for state in self.session.pairs):
            return
        self.session.order_closing()
        if jumper.done < len(grid):
            jumper.step(self.session.advance_closing)

    def _keep(self) -> None:
        """Hand over what was collected, now and then."""
        if len(self.recorder.rows) >= STRETCH:
            self.recorder.rows.clear()
            self.recorder.flush()
            self.progress()

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


def _columns(rows: Sequence[EquityRow]) -> tuple[np.ndarray, np.ndarray]:
    """Return clocks and equity of account rows; as Python integers where 64 bits do not hold them."""
    clocks = np.fromiter((row[0] for row in rows), np.int64, len(rows))
    try:
        return clocks, np.fromiter((row[1] for row in rows), np.int64, len(rows))
    except OverflowError:
        return clocks, np.array([row[1] for row in rows], dtype=object)
