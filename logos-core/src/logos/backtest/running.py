"""A backtest from its config to its folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import chain, takewhile
from pathlib import Path

import attrs

from logos import paths
from logos.artifacts import schemas
from logos.assembly.build import Assembly, assemble, build_pairs, part_context
from logos.backtest.benchmark import Benchmark
from logos.backtest.choosing import KERNEL, STREAMING, STREAMING_KERNEL, Choice, choose
from logos.backtest.compiled_course import CompiledCourse, GaveWay
from logos.backtest.course import Course
from logos.backtest.equity import EquityCurve
from logos.backtest.folder import RunFolder
from logos.backtest.kernel import layout
from logos.backtest.kernel.stretches import Stretches
from logos.backtest.recorder import FolderRecorder, LogRecorder
from logos.backtest.resources import Stopwatch
from logos.backtest.setup import EXIT_CODES, BacktestOutcome, BacktestSetup, Progress
from logos.backtest.trial import Window
from logos.backtest.trial_ledger import Trial, TrialLedger, trial_digest, trials_path
from logos.config.records import SessionConfig
from logos.context.logging import open_session_log
from logos.context.parts import Log
from logos.domain.bars import Slice
from logos.domain.errors import InputError
from logos.domain.times import time_text
from logos.live.late_log import LateLog
from logos.live.launch import data_notes
from logos.live.runner import quiet_collector
from logos.live.setup import plugins_of
from logos.live.watch import Watch
from logos.session.machine import Session
from logos.session.rebalancer import never_decided, warm_watchers, watchers_of
from logos.session.seats import SymbolReport

APP_LOG = "app.log"


def run_backtest(
    setup: BacktestSetup,
    config: SessionConfig,
    *,
    engine: str = "auto",
    finish: Callable[[Path, BacktestOutcome], None] | None = None,
    claimed: tuple[str, Path] | None = None,
) -> BacktestOutcome:
    """Run a config over its recorded bars and write the run's folder, which appears whole or not at all.

    Parameters
    ----------
    engine:
        ``auto``, ``kernel``, ``jumping``, ``streaming-kernel`` or ``streaming``. An engine that cannot run the config
        gives way to a slower one.
    finish:
        Adds files to the folder before it takes its final name; it is given where the folder lies until then.
    claimed:
        What :func:`claim_run` returned, where the folder holds something already.

    Raises
    ------
    ConfigError, DataError
        Where a part cannot be built or its data cannot be used.
    StorageError
        Where a file cannot be written.
    """
    log = LateLog()
    assembly = assemble(config, workspace=setup.workspace, clock=setup.clock, log=log, feed=setup.feed)
    if assembly.feed.polled:
        raise InputError(
            f"the feed {config.feed.name} polls for bars, and a backtest needs recorded ones",
            hint="Name a feed that replays files: feed: {plugin: replay, path: data/cache, …}",
        )
    window = _window(config)
    context = part_context(config, workspace=setup.workspace, clock=setup.clock, log=LateLog())
    choice = choose(assembly, engine, window, setup.clock, lambda: build_pairs(config, context), setup.tell)
    reports = assembly.feed.prepare()
    first_open, slices = _first_open(choice, _slices(assembly, window), assembly.parts.interval)
    if first_open is None:
        raise _no_bars(reports)
    backtest_id, partial = claimed or claim_run(setup, config)
    folder = RunFolder(
        disk=setup.disk,
        path=partial,
        backtest_id=backtest_id,
        config=config,
        assembly=assembly,
        notes=data_notes(reports),
    )
    watch = Watch(setup.workspace, ())
    job = _Job(
        setup=setup,
        config=config,
        assembly=assembly,
        choice=choice,
        slices=slices,
        window=window,
        total_bars=sum(report.bars for report in reports),
        folder=folder,
        watch=watch,
    )
    try:
        # To the very end: a first signal that comes while the files are written must not lose a run that is done.
        with watch.signals():
            outcome = job.run(log, first_open)
            if finish is not None:
                finish(partial, outcome)
            # Counted first: a crash between the two may count a run that nobody sees, and never the other way round.
            _count_trial(setup, config, window, outcome)
            setup.disk.rename_folder(partial, outcome.folder)
    except BaseException:  # an interrupt too: what has no final name yet is not to be found later
        shutil.rmtree(partial, ignore_errors=True)
        raise
    finally:
        assembly.feed.close()
    return outcome


def _count_trial(setup: BacktestSetup, config: SessionConfig, window: Window, outcome: BacktestOutcome) -> None:
    """Count the run in the ledger of trials; one that was interrupted has shown its figures too."""
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
    grid = choice.grid
    if grid is not None:
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


def claim_run(setup: BacktestSetup, config: SessionConfig) -> tuple[str, Path]:
    """Reserve a run's id by making its folder under its first, hidden name; return both.

    Whoever calls this removes the folder again where no run comes of it.
    """
    runs = paths.runs_dir(setup.root)
    stamp = time_text(setup.clock.now()).translate(str.maketrans("T", "-", ":-Z"))
    stem = f"{stamp}-{config.session.name}"
    name, number = stem, 1
    while (runs / name).exists() or not setup.disk.claim_folder(runs / f".{name}.new"):
        number += 1
        name = f"{stem}-{number}"
    return name, runs / f".{name}.new"


@attrs.frozen(kw_only=True)
class _Job:
    """One backtest on its way into its folder."""

    setup: BacktestSetup
    config: SessionConfig
    assembly: Assembly
    choice: Choice
    slices: Iterator[Slice]
    window: Window
    total_bars: int
    folder: RunFolder
    watch: Watch

    def run(self, late_log: LateLog, first_open: int) -> BacktestOutcome:
        setup, folder = self.setup, self.folder.path
        logs = paths.logs_dir(setup.root)
        setup.disk.make_folder(logs)
        setup.disk.make_folder(folder / "logs")
        log = open_session_log(
            folder / schemas.LOG_FILE, logs / APP_LOG, setup.clock, session_id=self.folder.backtest_id
        )
        try:
            late_log.bind(log)
            self._say(log)
            if self.choice.engine not in (KERNEL, STREAMING_KERNEL):
                return self._run(first_open, log)
            stopwatch = Stopwatch(setup.clock)
            try:
                return self._run_compiled(first_open, log)
            except GaveWay as reason:
                return self._begun_anew(str(reason), self.choice.seconds + stopwatch.seconds, log)._run(first_open, log)  # noqa: SLF001 - it is this very class
        finally:
            log.close()

    def _say(self, log: Log) -> None:
        """Say what acts in the run and what was found in its data."""
        log.info("backtest_started", plugins=plugins_of(self.config), seed=self.config.session.seed)
        for note in self.folder.notes:
            log.warning("notice", message=note)
            self.setup.tell(note)
        choice = self.choice
        if choice.note:
            text = f"Running bar by bar: {choice.note}" if choice.engine == STREAMING else choice.note
            log.warning("engine", engine=choice.engine, message=text)
            self.setup.tell(text)

    def _run(self, first_open: int, log: Log) -> BacktestOutcome:
        """Let the session run."""
        recorder = FolderRecorder(**self.folder.lay_out(first_open))
        with closing(recorder), self.folder.equity_curve() as curve:
            stopwatch = Stopwatch(self.setup.clock)
            course = self._course(recorder, first_open, curve)
            with quiet_collector():
                status = self._drive(course)
            return self._ended(course, recorder, status, stopwatch, log)

    def _run_compiled(self, first_open: int, log: Log) -> BacktestOutcome:
        """Write down what the kernel has done, or let it run behind strategies that are called bar by bar.

        Raises
        ------
        GaveWay
            Where the session has to run instead.
        """
        recorder, choice = LogRecorder(**self.folder.lay_out(first_open)), self.choice
        with closing(recorder), self.folder.equity_curve() as curve:
            stopwatch = Stopwatch(self.setup.clock)
            course = CompiledCourse(
                parts=self.assembly.parts,
                session_id=self.folder.backtest_id,
                recorder=recorder,
                curve=curve,
                benchmark=self._benchmark(),
            )
            with quiet_collector():
                if choice.compiled is not None:
                    status = course.tell(choice.compiled)
                else:
                    assert choice.terms is not None
                    self._warm_up()
                    status = course.stream(
                        choice.terms,
                        self.slices,
                        stopped=lambda: self.watch.pause,
                        progress=lambda stretches: self.setup.progress(_progress_of(stretches, self.total_bars)),
                    )
            return self._ended(course, recorder, status, stopwatch, log)

    def _begun_anew(self, reason: str, seconds: float, log: Log) -> _Job:
        """Return the same job with fresh parts for the session, since the kernel gave way after some seconds."""
        note = "; ".join(one for one in (self.choice.note, f"the kernel gave way: {reason}") if one)
        log.warning("engine", engine=STREAMING, message=note)
        self.setup.tell(f"Running bar by bar from the start: {note}")
        assembly = assemble(
            self.config,
            workspace=self.setup.workspace,
            clock=self.setup.clock,
            log=log,
            feed=self.assembly.feed,
        )
        self.assembly.feed.close()  # its slices begin anew
        self.folder.clear()
        return attrs.evolve(
            self,
            assembly=assembly,
            folder=attrs.evolve(self.folder, assembly=assembly),
            choice=Choice(engine=STREAMING, note=note, seconds=seconds),
            slices=_slices(assembly, self.window),
        )

    def _course(self, recorder: FolderRecorder, first_open: int, curve: EquityCurve) -> Course:
        setup, config = self.setup, self.config
        session = Session(
            session_id=self.folder.backtest_id,
            parts=self.assembly.parts,
            recorder=recorder,
            clock=first_open,
            equity_only=True,
        )
        return Course(
            session=session,
            recorder=recorder,
            curve=curve,
            benchmark=self._benchmark(),
            flatten=config.session.flatten,
            stopped=lambda: self.watch.pause,
            progress=lambda: setup.progress(self._progress(session)),
        )

    def _benchmark(self) -> Benchmark:
        return Benchmark(
            self.config,
            self.assembly.feed,
            registry=self.setup.registry,
            workspace=self.setup.workspace,
            clock=self.setup.clock,
        )

    def _ended(
        self, course: Course | CompiledCourse, recorder: LogRecorder, status: str, stopwatch: Stopwatch, log: Log
    ) -> BacktestOutcome:
        seconds, peak_memory = self.choice.seconds + stopwatch.seconds, stopwatch.peak_memory
        recorder.sync({})
        metrics = self.folder.finish(course, status)
        folder = self.folder.path.with_name(self.folder.backtest_id)
        outcome = BacktestOutcome(
            backtest_id=self.folder.backtest_id,
            path=str(folder.relative_to(self.setup.root)),
            folder=folder,
            status=status,
            exit_code=EXIT_CODES[status],
            causes=course.causes,
            engine=self.choice.engine,
            engine_note=self.choice.note,
            metrics=metrics,
            seconds=round(seconds, 3),
            bars_a_second=int(metrics["bars"] / seconds) if seconds else 0,
            peak_memory=peak_memory,
            warnings=never_decided(course.session.rebalancer) if isinstance(course, Course) else (),
        )
        log.info(
            "backtest_ended",
            status=status,
            engine=outcome.engine,
            bars=metrics["bars"],
            seconds=outcome.seconds,
            peak_memory_bytes=outcome.peak_memory,
        )
        return outcome

    def _drive(self, course: Course) -> str:
        self._warm_watchers()
        layout = self.choice.layout
        if layout is not None:
            return course.jump(layout.grid, layout.changes, layout.cursor)
        self._warm_up()
        return course.stream(self.slices)

    def _warm_up(self) -> None:
        """Let the strategies see the bars before the window, as far as they look back."""
        if self.window.start is not None:
            until = self.window.start + self.assembly.parts.interval - 1
            for state in self.assembly.parts.pairs:
                for bar in self.assembly.feed.history(state.pair.symbol, state.strategy.lookback, until):
                    state.on_bar(bar)

    def _warm_watchers(self) -> None:
        """Let the parts that keep prices see the bars before the window, as far as they look back."""
        parts, feed = self.assembly.parts, self.assembly.feed
        if self.window.start is not None:
            until = self.window.start + parts.interval - 1
            symbols = sorted({state.pair.symbol for state in parts.pairs})
            warm_watchers(watchers_of(parts), symbols, lambda symbol, count: feed.history(symbol, count, until))

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


def _progress_of(stretches: Stretches, total_bars: int) -> Progress:
    terms, account = stretches.terms, stretches.state.account
    return Progress(
        clock=stretches.span.last_clock or 0,
        bars=stretches.span.bars,
        total_bars=total_bars,
        orders=int(account[layout.ORDERED]),
        fills=stretches.filled,
        equity=stretches.equity,
        peak=int(account[layout.PEAK]),
        decimals=terms.settings.decimals,
        currency=terms.settings.currency,
    )
