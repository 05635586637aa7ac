"""Runs trials: each a run in memory, by the quickest engine that its values allow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from logos.assembly.build import Assembly, assemble, build_pairs, part_context
from logos.backtest.choosing import (
    AUTO,
    KERNEL,
    STREAMING,
    Choice,
    disagreements,
    lay_out,
    no_array_form,
    span_of,
    without_array_form,
)
from logos.backtest.course import Course
from logos.backtest.equity import EquityCurve
from logos.backtest.grid import grid_of_columns
from logos.backtest.kernel.plan import KernelPlan, plan_kernel
from logos.backtest.kernel.result import Bail, totals_of
from logos.backtest.kernel.terms import KernelRefusal
from logos.backtest.players import PROVED_IN_TRIAL, signals_of
from logos.backtest.recorder import MemoryRecorder
from logos.backtest.records import RunTotals
from logos.backtest.trial import TrialOutcome, Window
from logos.config.changing import changed
from logos.config.records import SessionConfig
from logos.context.clock import Clock, SystemClock
from logos.context.parts import PartContext
from logos.domain.bars import Bar, Slice
from logos.domain.columns import BarColumns
from logos.domain.errors import ConfigError, DataError, InputError
from logos.live.late_log import LateLog
from logos.live.launch import data_notes
from logos.plugins.registry import Registry
from logos.session.machine import Session, SessionParts
from logos.session.pairs import PairState
from logos.session.rebalancer import warm_watchers, watchers_of
from logos.session.seats import ColumnFeed, Feed

_INDEX = "bars.json"
_FIXED = ("currencies", "feed", "instruments")
"""Sections that decide what the bars are."""


class EngineTrials:
    """Fills the protocol ``logos.backtest.trial.Trials``.

    Parameters
    ----------
    config:
        What the values change.
    bars:
        All bars, by symbol.
    engine:
        ``auto``, ``kernel``, ``jumping`` or ``streaming``.
    """

    def __init__(
        self,
        config: SessionConfig,
        bars: Mapping[str, BarColumns],
        *,
        workspace: Path,
        registry: Registry,
        engine: str = AUTO,
        clock: Clock | None = None,
    ) -> None:
        self._config = config
        self._bars = bars
        self._workspace = workspace
        self._registry = registry
        self._engine = engine
        self._clock = clock or SystemClock()
        self._feed = NoFeed()
        self._kernels: dict[Window, KernelPlan | KernelRefusal] = {}

    def run(self, values: Mapping[str, Any], window: Window) -> TrialOutcome:
        """Run one trial; values that make no config are refused, and anything else that fails is raised.

        Raises
        ------
        InputError
            Where a value would change the bars themselves, which all trials share.
        """
        fixed = sorted(path for path in values if path.split(".")[0] in _FIXED)
        if fixed:
            raise InputError(
                f"{fixed[0]} cannot be varied: all trials share the same bars",
                hint="Vary parameters of strategies, the allocator, the broker or guards",
            )
        try:
            return self._run(changed(self._config, values, self._registry), window)
        except ConfigError as error:  # from reading the values, or from a part's own factory
            reason = error.problems[0].message if error.problems else error.message
            return TrialOutcome(engine="", refusal=reason)

    def _run(self, config: SessionConfig, window: Window) -> TrialOutcome:
        if self._engine not in (AUTO, KERNEL):
            return self._session(config, window, "")
        totals, note = self._compiled(config, window)
        if totals is None:
            return self._session(config, window, note)
        return TrialOutcome(engine=KERNEL, totals=totals)

    def _compiled(self, config: SessionConfig, window: Window) -> tuple[RunTotals | None, str]:
        """Run a trial in the kernel; no totals, and why, where that cannot be done."""
        kernel = self._kernel(config, window)
        if isinstance(kernel, KernelRefusal):
            return None, "; ".join(kernel.reasons)
        states = build_pairs(config, self._context(config))
        signals = []
        for state in states:
            found = signals_of(state, self._bars[state.pair.symbol])
            if found is None:
                return None, no_array_form(state)
            signals.append(found)
        fault = disagreements(lambda: build_pairs(config, self._context(config)), self._bars, signals, PROVED_IN_TRIAL)
        if fault:
            return None, fault
        run = kernel.run({state.pair: found for state, found in zip(states, signals, strict=True)}, keep_equity=False)
        return (None, f"the kernel gave way: {run.reason}") if isinstance(run, Bail) else (totals_of(run), "")

    def _kernel(self, config: SessionConfig, window: Window) -> KernelPlan | KernelRefusal:
        """Return the kernel of a config; trials that differ in parameters of strategies alone share one."""
        shared = all(
            config.resolved[name] == self._config.resolved[name] for name in config.resolved if name != "strategies"
        )
        if shared and window in self._kernels:
            return self._kernels[window]
        kernel = plan_kernel(self._assembled(config).parts, self._bars_for(config), window)
        if shared:
            self._kernels[window] = kernel
        return kernel

    def _assembled(self, config: SessionConfig) -> Assembly:
        return assemble(config, workspace=self._workspace, clock=self._clock, log=LateLog(), feed=self._feed)

    def _bars_for(self, config: SessionConfig) -> Mapping[str, BarColumns]:
        """Return the bars with the instruments of a config, which are compared by identity."""
        return {
            symbol: bars
            if bars.instrument is config.instruments[symbol]
            else attrs.evolve(bars, instrument=config.instruments[symbol])
            for symbol, bars in self._bars.items()
        }

    def _session(self, config: SessionConfig, window: Window, note: str) -> TrialOutcome:
        """Run a trial by the session itself."""
        assembly, bars = self._assembled(config), self._bars_for(config)
        parts = assembly.parts
        choice = self._choice(config, assembly, bars, window)
        recorder = MemoryRecorder(parts.books)
        session = Session(
            session_id="trial", parts=parts, recorder=recorder, clock=_first_open(bars, window), equity_only=True
        )
        curve = EquityCurve(parts.books.starting_cash, parts.interval, parts.books.decimals)
        course = Course(session=session, recorder=recorder, curve=curve, flatten=config.session.flatten)
        _warm_watchers(parts, bars, window)
        if choice.layout is not None:
            status = course.jump(choice.layout.grid, choice.layout.changes, choice.layout.cursor)
        else:
            status = course.stream(_slices(session, bars, window))
        notes = "; ".join(one for one in (note, choice.note) if one)
        return TrialOutcome(engine=choice.engine, totals=course.totals(status), note=notes)

    def _choice(
        self, config: SessionConfig, assembly: Assembly, bars: Mapping[str, BarColumns], window: Window
    ) -> Choice:
        def twins() -> Sequence[PairState]:
            return build_pairs(config, self._context(config))

        if self._engine == STREAMING:
            return Choice(engine=STREAMING)
        if without := without_array_form(assembly.parts.pairs):
            return Choice(engine=STREAMING, note=without)
        return lay_out(assembly, bars, window, twins, proved=PROVED_IN_TRIAL)

    def _context(self, config: SessionConfig) -> PartContext:
        return part_context(config, workspace=self._workspace, clock=self._clock, log=LateLog())


def _first_open(bars: Mapping[str, BarColumns], window: Window) -> int:
    firsts = [int(one.timestamp[0]) for one in bars.values() if len(one)]
    return min(firsts) if window.start is None else max(min(firsts), window.start)


def _slices(session: Session, bars: Mapping[str, BarColumns], window: Window) -> Iterator[Slice]:
    """Return the slices of a window; strategies have seen the bars before it."""
    interval = session.parts.interval
    spans = {symbol: span_of(one, window) for symbol, one in bars.items()}
    for state in session.pairs:
        symbol = state.pair.symbol
        session.warm_up(state, _bars_before(bars[symbol], spans[symbol][0], state.strategy.lookback, interval))
    grid = grid_of_columns({symbol: one.part(*spans[symbol]) for symbol, one in bars.items()}, interval)
    return map(grid.slice, range(len(grid)))


def _bars_before(bars: BarColumns, start: int, count: int, interval: int) -> Sequence[Bar]:
    """Return the last bars of a symbol before a row, so many at most."""
    seen = grid_of_columns({bars.instrument.symbol: bars.part(max(0, start - count), start)}, interval)
    return [seen.slice(index).bars[0] for index in range(len(seen))]


def _warm_watchers(parts: SessionParts, bars: Mapping[str, BarColumns], window: Window) -> None:
    """Let the parts that keep prices see the bars before the window."""

    def history(symbol: str, count: int) -> Sequence[Bar]:
        return _bars_before(bars[symbol], span_of(bars[symbol], window)[0], count, parts.interval)

    warm_watchers(watchers_of(parts), sorted({state.pair.symbol for state in parts.pairs}), history)


class NoFeed:
    """Stands where a trial's feed would: its bars are there already."""

    polled = False

    def __getattr__(self, name: str) -> Any:
        """Say that nobody may ask."""
        raise AttributeError(f"a trial has its bars as columns, and asks no feed for {name}")


def open_trials(
    config: SessionConfig,
    *,
    workspace: Path,
    registry: Registry,
    bars: Mapping[str, BarColumns] | None = None,
    engine: str = AUTO,
) -> EngineTrials:
    """Return what runs trials of a config.

    Parameters
    ----------
    bars:
        Its bars, where they were loaded already.
    """
    found = load_bars(config, workspace=workspace, registry=registry)[0] if bars is None else bars
    return EngineTrials(config, found, workspace=workspace, registry=registry, engine=engine)


def load_bars(
    config: SessionConfig,
    *,
    workspace: Path,
    registry: Registry,  # noqa: ARG001 - as its neighbours
) -> tuple[Mapping[str, BarColumns], str, tuple[str, ...]]:
    """Return all bars of a config as columns, their digest, and what was found out about them, in whole sentences.

    Raises
    ------
    DataError
        Where the data cannot be used.
    InputError
        Where the feed does not give its bars as columns.
    """
    feed: Feed = assemble(config, workspace=workspace, clock=SystemClock(), log=LateLog()).feed
    if not isinstance(feed, ColumnFeed) or feed.polled:
        raise InputError(
            f"the feed {config.feed.name} does not give its bars as columns, which trials share",
            hint="Name a feed that replays files: feed: {plugin: replay, path: data/cache, …}",
        )
    return feed.columns(), feed.digest(), tuple(data_notes(feed.prepare()))


def save_bars(bars: Mapping[str, BarColumns], folder: Path) -> None:
    """Write bars so that many processes can map them into their memory: a file a symbol, and an index."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, symbol in enumerate(sorted(bars)):
        np.save(folder / f"{number}.npy", np.stack(bars[symbol].columns))
    (folder / _INDEX).write_text(json.dumps(sorted(bars)), encoding="utf-8")


def open_bars(folder: Path, config: SessionConfig) -> dict[str, BarColumns]:
    """Map bars that were saved; nothing is read before it is used.

    Raises
    ------
    DataError
        Where the files are not there, or are not those of the config's symbols.
    """
    try:
        symbols = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        tables = [np.load(folder / f"{number}.npy", mmap_mode="r") for number in range(len(symbols))]
    except (OSError, ValueError) as error:
        raise DataError(f"the saved bars in {folder} cannot be read: {error}", hint="Start the sweep anew") from error
    if tuple(symbols) != tuple(config.symbols):
        raise DataError(f"the saved bars in {folder} are of {', '.join(symbols)}", hint="Start the sweep anew")
    return {symbol: _columns(config, symbol, table) for symbol, table in zip(symbols, tables, strict=True)}


def _columns(config: SessionConfig, symbol: str, table: Any) -> BarColumns:
    timestamp, opened, high, low, close, volume = (np.asarray(row) for row in table)
    return BarColumns(
        instrument=config.instruments[symbol],
        timestamp=timestamp,
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=volume,
    )
