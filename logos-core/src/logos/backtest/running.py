"""A backtest from its config to its folder."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, takewhile
from pathlib import Path
from typing import Any

import attrs

from logos import paths
from logos.artifacts import schemas
from logos.assembly.build import Assembly, assemble, build_pairs, part_context
from logos.backtest.benchmark import Benchmark
from logos.backtest.choosing import Choice, choose
from logos.backtest.course import COMPLETED, HALTED, INTERRUPTED, Course
from logos.backtest.equity import EquityCurve
from logos.backtest.figures import metrics_json, metrics_of
from logos.backtest.recorder import FolderRecorder
from logos.backtest.resources import Stopwatch
from logos.backtest.trial import Window
from logos.backtest.trial_ledger import Trial, TrialLedger, trial_digest, trials_path
from logos.config.records import SessionConfig
from logos.context.clock import Clock, SystemClock
from logos.context.logging import open_session_log
from logos.context.parts import Log
from logos.domain.bars import Slice
from logos.domain.errors import InputError
from logos.domain.events import Cause
from logos.domain.times import time_text
from logos.live.appending import Appender
from logos.live.disk import Disk
from logos.live.journal import Head, Journal
from logos.live.late_log import LateLog
from logos.live.launch import data_notes
from logos.live.recorder import empty_tables
from logos.live.runner import quiet_collector
from logos.live.setup import plugins_of
from logos.live.watch import Watch
from logos.plugins.registry import Registry
from logos.session.machine import Session
from logos.session.seats import SymbolReport

EXIT_CODES = {COMPLETED: 0, HALTED: 3, INTERRUPTED: 130}
APP_LOG = "app.log"


@attrs.frozen(kw_only=True)
class Progress:
    """Where a running backtest stands. Times in seconds since the epoch, UTC; money in minor units.

    Attributes
    ----------
    clock:
        The session's clock.
    total_bars:
        How many bars the data has; fewer are run where a window is set.
    """

    clock: int
    bars: int
    total_bars: int
    orders: int
    fills: int
    equity: int
    peak: int
    decimals: int
    currency: str


def _quiet(_value: Any) -> None:
    pass


@attrs.frozen(kw_only=True)
class BacktestSetup:
    """The surroundings of a backtest.

    Attributes
    ----------
    workspace:
        Where relative paths in a config start from.
    output:
        Where ``runs`` and ``logos/logs`` are written; the workspace where it is ``None``.
    progress:
        Called now and then while it runs.
    tell:
        Called with whole sentences for the operator before it runs.
    """

    workspace: Path
    registry: Registry
    output: Path | None = None
    clock: Clock = attrs.field(factory=SystemClock)
    disk: Disk = attrs.field(factory=Disk)
    progress: Callable[[Progress], None] = _quiet
    tell: Callable[[str], None] = _quiet

    @property
    def root(self) -> Path:
        """The folder that everything written lies below."""
        return self.workspace if self.output is None else self.output


@attrs.frozen(kw_only=True)
class BacktestOutcome:
    """What came of a backtest.

    Attributes
    ----------
    path:
        The folder relative to the workspace.
    engine, engine_note:
        The engine that ran, and why no quicker one did.
    metrics:
        What ``metrics.json`` says.
    seconds:
        How long the bars took: signals and session, without start, reading ahead and closing.
    peak_memory:
        The most memory that the process had, in bytes.
    """

    backtest_id: str
    path: str
    folder: Path
    status: str
    exit_code: int
    causes: tuple[Cause, ...]
    engine: str
    engine_note: str
    metrics: dict[str, Any]
    seconds: float
    bars_a_second: int
    peak_memory: int


def run_backtest(setup: BacktestSetup, config: SessionConfig, *, engine: str = "auto") -> BacktestOutcome:
    """Run a config over its recorded bars and write the run's folder, which appears whole or not at all.

    Parameters
    ----------
    engine:
        ``auto``, ``jumping`` or ``streaming``. An engine that cannot run the config gives way to a slower one.

    Raises
    ------
    ConfigError, DataError
        Where a part cannot be built or its data cannot be used.
    StorageError
        Where a file cannot be written.
    """
    log = LateLog()
    assembly = assemble(config, workspace=setup.workspace, clock=setup.clock, log=log)
    if assembly.feed.polled:
        raise InputError(
            f"the feed {config.feed.name} polls for bars, and a backtest needs recorded ones",
            hint="Name a feed that replays files: feed: {plugin: replay, path: data/cache, …}",
        )
    window = _window(config)
    context = part_context(config, workspace=setup.workspace, clock=setup.clock, log=LateLog())
    choice = choose(assembly, engine, window, setup.clock, lambda: build_pairs(config, context))
    reports = assembly.feed.prepare()
    first_open, slices = _first_open(choice, _slices(assembly, window), assembly.parts.interval)
    if first_open is None:
        raise _no_bars(reports)
    backtest_id, partial = _claim(setup, config)
    try:
        job = _Job(setup, config, assembly, choice, slices, window, reports, backtest_id, partial)
        outcome = job.run(log, first_open)
        setup.disk.rename_folder(partial, outcome.folder)
    except BaseException:  # an interrupt too: what has no final name yet is not to be found later
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _count_trial(setup, config, window, outcome)
    return outcome


def _count_trial(setup: BacktestSetup, config: SessionConfig, window: Window, outcome: BacktestOutcome) -> None:
    """Count the run in the ledger of trials; one that was interrupted has shown nothing yet."""
    if outcome.status == INTERRUPTED:
        return
    trial = Trial(
        source="backtest",
        run=outcome.backtest_id,
        config_digest=trial_digest(config.resolved),
        data_digest=outcome.metrics["data_digest"],
        window=window,
        strategy=", ".join(f"{entry.name} ({entry.plugin})" for entry in config.strategies),
        sharpe=outcome.metrics["sharpe"],
    )
    TrialLedger(trials_path(setup.root), setup.clock).append([trial])


def _window(config: SessionConfig) -> Window:
    return Window() if config.backtest is None else Window(start=config.backtest.start, end=config.backtest.end)


def _slices(assembly: Assembly, window: Window) -> Iterator[Slice]:
    """Return the slices of a window."""
    interval = assembly.parts.interval
    slices = assembly.feed.slices(None if window.start is None else window.start + interval - 1)
    if window.end is None:
        return slices
    end = window.end + interval
    return takewhile(lambda bars: bars.clock < end, slices)


def _first_open(choice: Choice, slices: Iterator[Slice], interval: int) -> tuple[int | None, Iterator[Slice]]:
    """Return the open time of the first slice of a run, ``None`` where there is none, and all its slices."""
    if choice.layout is not None:
        grid = choice.layout.grid
        return grid.opens.item(0) if len(grid) else None, slices
    first = next(slices, None)
    return (None, slices) if first is None else (first.clock - interval, chain((first,), slices))


def _no_bars(reports: Sequence[SymbolReport]) -> InputError:
    firsts = [report.first for report in reports if report.first is not None]
    lasts = [report.last for report in reports if report.last is not None]
    return InputError(
        "no bar lies in the backtest's window",
        hint=f"The data runs from {time_text(min(firsts))} to {time_text(max(lasts))}: move backtest.start and end",
    )


def _claim(setup: BacktestSetup, config: SessionConfig) -> tuple[str, Path]:
    """Reserve an id by making the folder under its first, hidden name."""
    runs = paths.runs_dir(setup.root)
    stamp = time_text(setup.clock.now()).translate(str.maketrans("T", "-", ":-Z"))
    stem = f"{stamp}-{config.session.name}"
    name, number = stem, 1
    while (runs / name).exists() or not setup.disk.claim_folder(runs / f".{name}.new"):
        number += 1
        name = f"{stem}-{number}"
    return name, runs / f".{name}.new"


@attrs.define
class _Job:
    """One backtest on its way into its folder."""

    setup: BacktestSetup
    config: SessionConfig
    assembly: Assembly
    choice: Choice
    slices: Iterator[Slice]
    window: Window
    reports: Sequence[SymbolReport]
    backtest_id: str
    folder: Path
    total_bars: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.total_bars = sum(report.bars for report in self.reports)

    def run(self, late_log: LateLog, first_open: int) -> BacktestOutcome:
        setup, folder = self.setup, self.folder
        logs = paths.logs_dir(setup.root)
        setup.disk.make_folder(logs)
        setup.disk.make_folder(folder / "logs")
        log = open_session_log(folder / schemas.LOG_FILE, logs / APP_LOG, setup.clock, session_id=self.backtest_id)
        try:
            late_log.bind(log)
            self._say(log)
            recorder = self._lay_out(first_open)
            try:
                return self._run(recorder, first_open, log)
            finally:
                recorder.close()
        finally:
            log.close()

    def _say(self, log: Log) -> None:
        """Say what acts in the run and what was found in its data."""
        log.info("backtest_started", plugins=plugins_of(self.config), seed=self.config.session.seed)
        for note in data_notes(self.reports):
            log.warning("notice", message=note)
            self.setup.tell(note)
        if self.choice.note:
            text = f"Running bar by bar: {self.choice.note}"
            log.warning("engine", engine=self.choice.engine, message=text)
            self.setup.tell(text)

    def _lay_out(self, first_open: int) -> FolderRecorder:
        """Write the run's tables with their headers, its config and the first line of its journal."""
        disk, folder = self.setup.disk, self.folder
        tables = {name: schemas.header(columns).encode() for name, columns in schemas.BACKTEST_TABLES.items()}
        tables[schemas.QUARANTINE_FILE] = empty_tables(list(self.assembly.feed.quarantined()))[schemas.QUARANTINE_FILE]
        for name, content in tables.items():
            disk.replace(folder / name, content)
        disk.replace(folder / schemas.CONFIG_FILE, self.config.to_yaml().encode())
        return FolderRecorder(
            disk=disk,
            folder=folder,
            books=self.assembly.parts.books,
            offsets={name: len(content) for name, content in tables.items()},
            head=self._first_line(first_open),
        )

    def _first_line(self, clock: int) -> Head:
        config = self.config
        file = Appender(self.setup.disk, self.folder / schemas.JOURNAL_FILE, 0)
        journal = Journal(file, Head())
        values = {
            "backtest_id": self.backtest_id,
            "name": config.session.name,
            "seed": config.session.seed,
            "config_digest": config.digest,
            "config_sha256": hashlib.sha256(config.to_yaml().encode()).hexdigest(),
            "data_digest": self.assembly.feed.digest(),
            "plugins": plugins_of(config),
        }
        journal.append(clock, "backtest_started", values)
        head = journal.head
        file.flush()
        file.close()
        return head

    def _run(self, recorder: FolderRecorder, first_open: int, log: Log) -> BacktestOutcome:
        setup, config = self.setup, self.config
        parts = self.assembly.parts
        session = Session(
            session_id=self.backtest_id, parts=parts, recorder=recorder, clock=first_open, equity_only=True
        )
        watch = Watch(setup.workspace, ())
        equity_file = Appender(setup.disk, self.folder / schemas.EQUITY_FILE, len(_EQUITY_HEADER))

        def write(rows: bytes) -> None:
            equity_file.add(rows)
            equity_file.flush()

        course = Course(
            session=session,
            recorder=recorder,
            curve=EquityCurve(parts.books.starting_cash, parts.interval, parts.books.decimals, write),
            benchmark=Benchmark(
                config, self.assembly.feed, registry=setup.registry, workspace=setup.workspace, clock=setup.clock
            ),
            flatten=config.session.flatten,
            stopped=lambda: watch.pause,
            progress=lambda: setup.progress(self._progress(session)),
        )
        stopwatch = Stopwatch(setup.clock)
        try:
            with watch.signals(), quiet_collector():
                status = self._drive(course)
        finally:
            equity_file.close()
        seconds = self.choice.seconds + stopwatch.seconds
        recorder.sync({})
        self._write_benchmark(course)
        metrics = self._write_metrics(course, status)
        self._draw(course)
        outcome = BacktestOutcome(
            backtest_id=self.backtest_id,
            path=str(self.folder.with_name(self.backtest_id).relative_to(setup.root)),
            folder=self.folder.with_name(self.backtest_id),
            status=status,
            exit_code=EXIT_CODES[status],
            causes=session.causes,
            engine=self.choice.engine,
            engine_note=self.choice.note,
            metrics=metrics,
            seconds=round(seconds, 3),
            bars_a_second=int(session.counts.bars / seconds) if seconds else 0,
            peak_memory=stopwatch.peak_memory,
        )
        log.info(
            "backtest_ended",
            status=status,
            engine=outcome.engine,
            bars=session.counts.bars,
            seconds=outcome.seconds,
            peak_memory_bytes=outcome.peak_memory,
        )
        return outcome

    def _drive(self, course: Course) -> str:
        layout = self.choice.layout
        if layout is not None:
            return course.jump(layout.grid, layout.changes, layout.cursor)
        self._warm_up(course.session)
        return course.stream(self.slices)

    def _warm_up(self, session: Session) -> None:
        """Let the strategies see the bars before the window, as far as they look back."""
        if self.window.start is not None:
            until = self.window.start + self.assembly.parts.interval - 1
            for state in session.pairs:
                bars = self.assembly.feed.history(state.pair.symbol, state.strategy.lookback, until)
                session.warm_up(state, bars)

    def _progress(self, session: Session) -> Progress:
        books, counts = session.account, session.counts
        return Progress(
            clock=session.clock,
            bars=counts.bars,
            total_bars=self.total_bars,
            orders=counts.orders,
            fills=counts.fills,
            equity=books.equity,
            peak=books.peak,
            decimals=books.decimals,
            currency=books.currency,
        )

    def _write_benchmark(self, course: Course) -> None:
        benchmark = course.benchmark
        if benchmark is not None:
            curve = benchmark.curve
            rows = curve.text.encode(curve.daily_rows())
            self.setup.disk.replace(self.folder / schemas.BENCHMARK_FILE, _EQUITY_HEADER + rows)

    def _write_metrics(self, course: Course, status: str) -> dict[str, Any]:
        config = self.config
        metrics = metrics_of(
            course.totals(status),
            seed=config.session.seed,
            config_digest=config.digest,
            data_digest=self.assembly.feed.digest(),
            plugins=plugins_of(config),
        )
        self.setup.disk.replace(self.folder / schemas.METRICS_FILE, metrics_json(metrics))
        return metrics

    def _draw(self, course: Course) -> None:
        from logos.artifacts.plots import draw_equity  # noqa: PLC0415 - matplotlib takes long to load

        books = course.session.account
        draw_equity(
            self.folder / schemas.EQUITY_FILE,
            self.folder / schemas.BACKTEST_PLOT_FILE,
            title=f"{self.config.session.name}: backtest",
            currency=books.currency,
        )


_EQUITY_HEADER = schemas.header(schemas.EQUITY_COLUMNS).encode()
