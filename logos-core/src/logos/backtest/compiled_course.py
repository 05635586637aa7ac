"""A run that the kernel has done already, told to the run's recorder and added up like any other."""

from __future__ import annotations

import attrs

from logos.backtest.benchmark import Benchmark
from logos.backtest.choosing import CompiledRun
from logos.backtest.course import COMPLETED
from logos.backtest.equity import EquityCurve
from logos.backtest.kernel.result import totals_of
from logos.backtest.kernel.retelling import Retelling
from logos.backtest.records import RunTotals
from logos.domain.events import Cause
from logos.live.event_recorder import EventRecorder
from logos.session.machine import SessionParts


@attrs.frozen(kw_only=True)
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

    compiled: CompiledRun
    parts: SessionParts
    session_id: str
    recorder: EventRecorder
    curve: EquityCurve
    benchmark: Benchmark
    causes: tuple[Cause, ...] = ()

    def tell(self) -> str:
        """Write down what the kernel has done, and let the benchmark run beside it; return the status."""
        run, grid = self.compiled.run, self.compiled.grid
        Retelling(
            run, self.compiled.signals, parts=self.parts, session_id=self.session_id, recorder=self.recorder
        ).tell()
        self.curve.add(grid.clocks, run.equity)
        self.benchmark.see(grid)
        return COMPLETED

    def totals(self, status: str) -> RunTotals:
        """Return what the run adds up to."""
        return attrs.evolve(
            totals_of(self.compiled.run),
            status=status,
            by_day=self.curve.by_day(),
            benchmark=self.benchmark.totals(),
        )
