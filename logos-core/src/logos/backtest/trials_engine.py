"""Runs trials: each a run in memory, by the quickest engine that its values allow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from logos.assembly.build import Assembly, assemble
from logos.backtest.choosing import AUTO, STREAMING, Choice, choose, lay_out, span_of
from logos.backtest.course import Course
from logos.backtest.equity import EquityCurve
from logos.backtest.grid import grid_of_columns
from logos.backtest.recorder import MemoryRecorder
from logos.backtest.trial import TrialOutcome, Window
from logos.config.changing import changed
from logos.config.records import SessionConfig
from logos.context.clock import Clock, SystemClock
from logos.domain.bars import Slice
from logos.domain.columns import BarColumns
from logos.domain.errors import ConfigError, DataError, InputError
from logos.live.late_log import LateLog
from logos.plugins.registry import Registry
from logos.session.machine import Session
from logos.session.seats import ArrayStrategy, ColumnFeed, Feed

_INDEX = "bars.json"


class EngineTrials:
    """Fills the protocol ``logos.backtest.trial.Trials``.

    Parameters
    ----------
    config:
        What the values change.
    bars:
        All bars, by symbol.
    engine:
        ``auto``, ``jumping`` or ``streaming``.
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

    def run(self, values: Mapping[str, Any], window: Window) -> TrialOutcome:
        """Run one trial; values that make no config are refused, and anything else that fails is raised."""
        try:
            config = changed(self._config, values, self._registry)
        except (ConfigError, InputError) as error:
            reason = error.problems[0].message if error.problems else error.message
            return TrialOutcome(engine="", refusal=reason)
        assembly = assemble(config, workspace=self._workspace, clock=self._clock, log=LateLog(), feed=self._feed)
        choice = self._choice(assembly, window)
        parts = assembly.parts
        recorder = MemoryRecorder(parts.books)
        first = self._first_open(window)
        session = Session(session_id="trial", parts=parts, recorder=recorder, clock=first, equity_only=True)
        curve = EquityCurve(parts.books.starting_cash, parts.interval, parts.books.decimals)
        course = Course(session=session, recorder=recorder, curve=curve, flatten=config.session.flatten)
        if choice.layout is not None:
            status = course.jump(choice.layout.grid, choice.layout.changes, choice.layout.cursor)
        else:
            status = course.stream(self._slices(session, window))
        return TrialOutcome(engine=choice.engine, totals=course.totals(status), note=choice.note)

    def _choice(self, assembly: Assembly, window: Window) -> Choice:
        if self._engine == STREAMING or any(
            not isinstance(one.strategy, ArrayStrategy) for one in assembly.parts.pairs
        ):
            return choose(assembly, self._engine, window)
        return lay_out(assembly, self._bars, window)

    def _first_open(self, window: Window) -> int:
        firsts = [int(one.timestamp[0]) for one in self._bars.values() if len(one)]
        return min(firsts) if window.start is None else max(min(firsts), window.start)

    def _slices(self, session: Session, window: Window) -> Iterator[Slice]:
        """Yield the slices of a window; strategies have seen the bars before it."""
        spans = {symbol: span_of(bars, window) for symbol, bars in self._bars.items()}
        for state in session.pairs:
            bars = self._bars[state.pair.symbol]
            start = spans[state.pair.symbol][0]
            before = bars.part(max(0, start - state.strategy.lookback), start)
            lane = grid_of_columns({state.pair.symbol: before}, session.parts.interval)
            session.warm_up(state, [lane.slice(index).bars[0] for index in range(len(lane))])
        grid = grid_of_columns(
            {symbol: bars.part(*spans[symbol]) for symbol, bars in self._bars.items()}, session.parts.interval
        )
        return map(grid.slice, range(len(grid)))


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
) -> tuple[Mapping[str, BarColumns], str]:
    """Return all bars of a config as columns, and their digest.

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
    return feed.columns(), feed.digest()


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
