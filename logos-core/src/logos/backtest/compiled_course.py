"""Runs that the kernel does, told to the run's recorder and added up like any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

import attrs
import numpy as np
import numpy.typing as npt

from logos.backtest.benchmark import Benchmark
from logos.backtest.choosing import CompiledRun
from logos.backtest.course import COMPLETED, INTERRUPTED, STRETCH
from logos.backtest.equity import EquityCurve
from logos.backtest.grid import Grid, grid_of_slices
from logos.backtest.kernel.market import lay_out_grid
from logos.backtest.kernel.result import totals, totals_of
from logos.backtest.kernel.retelling import Retelling
from logos.backtest.kernel.stretches import Stretches
from logos.backtest.kernel.terms import KernelTerms
from logos.backtest.players import Cursor
from logos.backtest.records import RunTotals
from logos.backtest.streaming import Streamed
from logos.domain.bars import Slice
from logos.domain.errors import part_at_work
from logos.domain.events import Cause
from logos.domain.instruments import Instrument
from logos.live.event_recorder import EventRecorder
from logos.session.machine import SessionParts


class GaveWay(Exception):  # noqa: N818 - nothing is wrong: the session runs what the kernel cannot
    """The kernel cannot go on with a run; the text says why. What was written of it must be written anew."""


@attrs.define(kw_only=True)
class CompiledCourse:
    """What ``Course`` is for a run by the session itself.

    Attributes
    ----------
    parts:
        The session's parts, untouched by any run.
    session_id:
        Names the session in client order ids.
    causes:
        None: a run that a guard would halt is not the kernel's.
    """

    parts: SessionParts
    session_id: str
    recorder: EventRecorder
    curve: EquityCurve
    benchmark: Benchmark
    causes: tuple[Cause, ...] = ()
    _totals: RunTotals | None = attrs.field(default=None, init=False)

    def tell(self, compiled: CompiledRun) -> str:
        """Write down what the kernel has done already, and let the benchmark run beside it; return the status."""
        run, grid = compiled.run, compiled.grid
        retelling = self._retelling(run.plan.terms)
        retelling.tell(run.orders.tolist(), run.fill_rows)
        retelling.end(grid.clocks.item(len(grid) - 1))
        self.curve.add(grid.clocks, run.equity)
        self.benchmark.see(grid)
        self._totals = totals_of(run)
        return COMPLETED

    def stream(
        self,
        terms: KernelTerms,
        slices: Iterator[Slice],
        *,
        stopped: Callable[[], bool],
        progress: Callable[[Stretches], None],
    ) -> str:
        """Run a feed's slices, with strategies that are called bar by bar, in memory that does not grow.

        Returns the status.

        Raises
        ------
        GaveWay
            Where the kernel comes to something that only the session can do.
        """
        states = sorted(self.parts.pairs, key=lambda state: (state.pair.symbol, state.pair.strategy))
        players = [Streamed(state, Cursor()) for state in states]
        retelling, stretches = self._retelling(terms), Stretches(terms, STRETCH)
        marks = dict.fromkeys(self.parts.instruments, 0)
        status, stretch = COMPLETED, _next(slices)
        while stretch:
            grid = grid_of_slices(stretch, self.parts.instruments, marks, self.parts.interval)
            marks = {symbol: lane.closes.item(len(grid) - 1) for symbol, lane in grid.lanes.items()}
            equity = _run(stretches, players, grid, self.parts.instruments)
            if isinstance(equity, str):
                if not stretches.span.slices or not stopped():
                    raise GaveWay(equity)
                status = INTERRUPTED  # what has been told stands; nobody waits for it to be run anew
                break
            retelling.tell(stretches.orders(), stretches.fills())
            self.curve.add(grid.clocks, equity)
            self.benchmark.see(grid)
            self.recorder.flush()
            progress(stretches)
            stretch = _next(slices)
            if stretch and stopped():
                status = INTERRUPTED
                break
        assert stretches.span.last_clock is not None, "a run has a slice, or it does not begin"
        retelling.end(stretches.span.last_clock, "end_of_data" if status == COMPLETED else status)
        self._totals = totals(terms, stretches.state, stretches.span, self.curve.by_day())
        return status

    def totals(self, status: str) -> RunTotals:
        """Return what the run adds up to; ask at its end."""
        assert self._totals is not None, "the run has not ended"
        by_day = self.curve.by_day()
        return attrs.evolve(self._totals, status=status, by_day=by_day, benchmark=self.benchmark.totals())

    def _retelling(self, terms: KernelTerms) -> Retelling:
        return Retelling(terms, parts=self.parts, session_id=self.session_id, recorder=self.recorder)


def _next(slices: Iterator[Slice]) -> list[Slice]:
    with part_at_work("the feed"):
        return list(islice(slices, STRETCH))


def _run(
    stretches: Stretches, players: Sequence[Streamed], grid: Grid, instruments: Mapping[str, Instrument]
) -> npt.NDArray[np.int64] | str:
    """Let the strategies hear a stretch, and the kernel run it.

    Returns equity after each of its slices, or why only the session can go on.
    """
    table = np.empty((len(grid), len(players)), dtype=np.int64)
    first = np.empty(len(players), dtype=np.int64)
    for place, player in enumerate(players):
        player.hear(grid)
        found = player.column(len(grid))
        if isinstance(found, str):
            return found
        table[:, place], first[place] = found
    return stretches.run(lay_out_grid(grid, instruments), table, first)
