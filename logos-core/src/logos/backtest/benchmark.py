"""Buying every traded symbol at the start, in equal shares, and holding it: what a strategy has to beat."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import attrs
import numpy as np

from logos.assembly.build import assemble
from logos.backtest.equity import EquityCurve
from logos.backtest.grid import Grid
from logos.backtest.jumping import Jumper
from logos.backtest.players import Cursor
from logos.backtest.recorder import MemoryRecorder
from logos.backtest.records import BenchmarkTotals
from logos.config.records import SessionConfig, StrategyEntry
from logos.context.clock import Clock
from logos.live.late_log import LateLog
from logos.plugins.registry import Registry
from logos.session.allocator_config import EqualWeightConfig
from logos.session.machine import Session
from logos.session.seats import Feed

NAME = "buy and hold"
_PLUGIN = "logos-core/buy_and_hold"
_ALLOCATOR = "logos-core/equal_weight"
_POSITION_MANAGER = "logos-core/targets"


class Benchmark:
    """A second session on the same broker, instruments and cash, without guards.

    Parameters
    ----------
    config:
        The config of the run that it stands beside.
    feed:
        The run's feed; it is not read.
    """

    def __init__(self, config: SessionConfig, feed: Feed, *, registry: Registry, workspace: Path, clock: Clock) -> None:
        held = benchmark_config(config, registry)
        parts = assemble(held, workspace=workspace, clock=clock, log=LateLog(), feed=feed).parts
        self._recorder = MemoryRecorder(parts.books)
        self._session = Session(session_id=NAME, parts=parts, recorder=self._recorder, clock=0, equity_only=True)
        self._recorder.counts = self._session.counts
        self._ended = False
        self.curve = EquityCurve(parts.books.starting_cash, parts.interval, parts.books.decimals)

    def see(self, grid: Grid, until: int | None = None) -> None:
        """Go on over a stretch of slices, or over the first ``until`` of them; it ends where it is ruined."""
        if self._ended:
            return
        firsts = [
            int(np.argmax(rows >= 0))
            for state in self._session.pairs
            if state.value is None and len(rows := grid.lanes[state.pair.symbol].rows) and int(rows[-1]) >= 0
        ]
        changes = np.unique(np.array(firsts, dtype=np.int64))
        jumper = Jumper(self._session, grid, changes, Cursor(), end=until)
        self._ended = not jumper.run()
        self.curve.add(grid.clocks[: jumper.done], jumper.equity[: jumper.done])

    def totals(self) -> BenchmarkTotals:
        """Return what holding has brought."""
        books = self._session.account
        return BenchmarkTotals(
            symbols=tuple(state.pair.symbol for state in self._session.pairs),
            final_equity=books.equity,
            fees=books.fees,
            by_day=self.curve.by_day(),
        )


def benchmark_config(config: SessionConfig, registry: Registry) -> SessionConfig:
    """Return the config of the benchmark: the symbols that the strategies trade, all cash in equal shares."""
    traded = tuple(sorted({symbol for entry in config.strategies for symbol in entry.symbols}))
    strategy, allocator = registry.find("strategy", _PLUGIN), registry.find("allocator", _ALLOCATOR)
    entry = StrategyEntry(
        path="benchmark", name="buy_and_hold", plugin=_PLUGIN, offer=strategy, symbols=traded, params=None
    )
    section = attrs.evolve(
        config.allocator,
        path="benchmark",
        plugin=_ALLOCATOR,
        offer=allocator,
        config=EqualWeightConfig(invest=Decimal(1)),
    )
    manager = attrs.evolve(
        config.position_manager,
        path="benchmark",
        plugin=_POSITION_MANAGER,
        offer=registry.find("position_manager", _POSITION_MANAGER),
        config=None,
    )
    return attrs.evolve(config, strategies=(entry,), allocator=section, position_manager=manager, guards=())
