"""A portfolio backtest from its request to its folder: the portfolio and every benchmark over the same bars."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from logos.backtest.course import INTERRUPTED
from logos.backtest.past_run import read_run
from logos.backtest.resources import Stopwatch
from logos.backtest.running import claim_run, run_backtest
from logos.backtest.setup import BacktestOutcome, BacktestSetup
from logos.config.records import BacktestWindow, SessionConfig
from logos.domain.errors import StorageError
from logos.domain.times import parse_time, time_text
from logos.portfolio.backtest.calendar_time import calendar_warning
from logos.portfolio.backtest.candidates import Candidate
from logos.portfolio.backtest.common_start import CommonStart, common_start, span_text
from logos.portfolio.backtest.comparing import Contender, Standings, standings, write_comparison
from logos.portfolio.backtest.decisions import Decisions, read_decisions
from logos.portfolio.backtest.early_purchases import early_purchases_note
from logos.portfolio.backtest.outcomes import BenchmarkOutcome, PortfolioOutcome
from logos.portfolio.backtest.request import Request
from logos.portfolio.backtest.risk_report import RiskReport, risk_report, write_risk

PORTFOLIO_FILE = "portfolio.yaml"
RISK_FILE = "risk.json"
COMPARISON_FILE = "comparison.csv"
WEIGHTS_PLOT = "plots/weights.png"
RISK_PLOT = "plots/risk.png"
COMPARISON_PLOT = "plots/comparison.png"
BENCHMARKS = "benchmarks"
"""The folder, inside the run's own, with the folder of each benchmark's run."""

_SCRATCH = ".runs"
"""Where a benchmark runs, inside the portfolio's folder: what is killed leaves one hidden folder, as any backtest."""


def run_portfolio(
    setup: BacktestSetup, request: Request, *, starts: Callable[[str, int, int], None] = lambda *_: None
) -> PortfolioOutcome:
    """Run a portfolio and its benchmarks, and write the portfolio's folder, which appears whole or not at all.

    The benchmarks run first, so that their folders and the comparison stand in the portfolio's own. They are no trials
    of a strategy, and are not counted as such.

    Parameters
    ----------
    starts:
        Told of each run before it starts: the allocator's name, its place counted from 1, and how many there are.

    Raises
    ------
    ConfigError, DataError
        Where a part cannot be built or its data cannot be used.
    InputError
        Where an allocator never has enough history.
    StorageError
        Where a file cannot be written.
    """
    stopwatch = Stopwatch(setup.clock)
    common = common_start(setup, request)
    shared = attrs.evolve(setup, feed=common.feed)
    count = len(request.benchmarks) + 1
    main = started(request.main.config, common)
    claimed = claim_run(shared, main)
    try:
        found = []
        for index, one in enumerate(request.benchmarks, start=1):
            starts(one.name, index, count)
            found.append((one, _run_benchmark(shared, one, common, claimed[1])))
        starts(request.main.name, count, count)
        finisher = _Finisher(setup=shared, request=request, benchmarks=found)
        outcome = run_backtest(shared, main, finish=finisher.fill, claimed=claimed)
    except BaseException:  # an interrupt too: what has no final name yet is not to be found later
        shutil.rmtree(claimed[1], ignore_errors=True)
        raise
    told = finisher.told(outcome, common, stopwatch.seconds)
    return attrs.evolve(told, notes=(*told.notes, *common.remarks))


def _run_benchmark(setup: BacktestSetup, one: Candidate, common: CommonStart, folder: Path) -> BacktestOutcome:
    """Run a benchmark inside the portfolio's folder, and leave nothing of it there but the folder of its run."""
    scratch, place = folder / _SCRATCH, folder / BENCHMARKS / one.name
    apart = attrs.evolve(setup, output=scratch, tell=lambda _text: None)
    outcome = run_backtest(apart, started(one.config, common))
    if outcome.status == INTERRUPTED:
        raise KeyboardInterrupt
    setup.disk.make_folder(place.parent)
    setup.disk.rename_folder(outcome.folder, place)
    shutil.rmtree(scratch)
    return attrs.evolve(outcome, folder=place)


def started(config: SessionConfig, common: CommonStart) -> SessionConfig:
    """Return a config whose traded span begins at the common start."""
    if common.start is None:
        return config
    window = BacktestWindow(start=common.start, end=None if config.backtest is None else config.backtest.end)
    values = {
        name: None if at is None else time_text(at) for name, at in (("start", window.start), ("end", window.end))
    }
    return attrs.evolve(config, backtest=window, resolved={**config.resolved, "backtest": values})


def _notes(request: Request) -> Iterator[str]:
    for one in request.benchmarks:
        if one.unknown:
            yield f"{one.name} takes no {' and no '.join(one.unknown)}: it runs without what the portfolio keeps there"


@contextmanager
def _stored(folder: Path, hint: str) -> Iterator[None]:
    """Tell what a disk refuses as an error of storage, with what to do."""
    try:
        yield
    except OSError as error:
        what = f"{folder}: {error.strerror or error}"
        raise StorageError(f"cannot write the files of the portfolio in {what}", hint=hint) from error


@attrs.frozen(kw_only=True)
class _Made:
    """What stands in the folder when it is full."""

    risk: RiskReport
    decisions: Decisions
    benchmarks: tuple[BenchmarkOutcome, ...]
    standings: Standings
    notes: tuple[str, ...]


@attrs.define(kw_only=True)
class _Finisher:
    """Fills the portfolio's folder before that takes its final name."""

    setup: BacktestSetup
    request: Request
    benchmarks: Sequence[tuple[Candidate, BacktestOutcome]]
    _made: _Made | None = None

    def told(self, outcome: BacktestOutcome, common: CommonStart, seconds: float) -> PortfolioOutcome:
        """Return what came of all."""
        assert self._made is not None
        name, made = self.request.main.name, attrs.asdict(self._made, recurse=False)
        risks = {name: self._made.risk, **{one.name: one.risk for one in self._made.benchmarks}}
        span = span_text(common, self._waited(risks, outcome))
        return PortfolioOutcome(name=name, outcome=outcome, span=span, seconds=round(seconds, 3), **made)

    def _waited(self, risks: Mapping[str, RiskReport], outcome: BacktestOutcome) -> Iterator[tuple[str, int]]:
        """Yield each run that had no weights at the close of the first slice, and the time of its first ones."""
        for name, risk in risks.items():
            first = next((one.at for one in risk.rebalances if any(one.targets.values())), None)
            if first is not None and first > parse_time(outcome.metrics["start"]) + self.request.main.config.interval:
                yield name, first

    def fill(self, folder: Path, outcome: BacktestOutcome) -> None:
        """Write the files of a portfolio beside those of its run."""
        with _stored(folder, self.setup.disk.hint):
            self._made = self._fill(folder, outcome)

    def _fill(self, folder: Path, outcome: BacktestOutcome) -> _Made:
        main = _contender(self.request.main.name, folder)
        others = []
        made = []
        for one, run in self.benchmarks:
            other = _contender(one.name, run.folder)
            write_risk(other.risk, run.folder / RISK_FILE)
            others.append(other)
            final = outcome.folder / BENCHMARKS / one.name
            made.append(
                BenchmarkOutcome(
                    name=one.name,
                    outcome=attrs.evolve(run, folder=final),
                    path=(Path(outcome.path) / BENCHMARKS / one.name).as_posix(),
                    risk=other.risk,
                    decisions=read_decisions(run.folder),
                )
            )
        compared = standings(main, others)
        write_risk(main.risk, folder / RISK_FILE)
        write_comparison(compared, folder / COMPARISON_FILE)
        (folder / PORTFOLIO_FILE).write_text(self.request.text, encoding="utf-8")
        self._draw(folder, main, others)
        decisions = read_decisions(folder)
        early = early_purchases_note(folder, main.risk.rebalances)
        return _Made(
            risk=main.risk,
            decisions=decisions,
            benchmarks=tuple(made),
            standings=compared,
            notes=tuple(_all_notes(self.request, outcome, decisions, made, early)),
        )

    def _draw(self, folder: Path, main: Contender, others: Sequence[Contender]) -> None:
        from logos.portfolio.backtest.plots import draw_comparison, draw_risk  # noqa: PLC0415 - loads matplotlib
        from logos.portfolio.backtest.weights_plot import draw_weights  # noqa: PLC0415 - loads matplotlib

        title = main.run.name
        draw_weights(main, folder / WEIGHTS_PLOT, title=f"{title}: weights")
        draw_risk(main, folder / RISK_PLOT, title=f"{title}: risk")
        draw_comparison([main, *others], folder / COMPARISON_PLOT, title=f"{title}: comparison")


def _all_notes(
    request: Request,
    outcome: BacktestOutcome,
    decisions: Decisions,
    benchmarks: Sequence[BenchmarkOutcome],
    early: str,
) -> Iterator[str]:
    """Yield what the operator should know, the gravest first."""
    yield from decisions.warnings()
    for one in benchmarks:
        yield from (f"{one.name}: {text}" for text in one.decisions.warnings())
    yield from filter(None, (calendar_warning(outcome.metrics), early))
    yield from _notes(request)


def _contender(name: str, folder: Path) -> Contender:
    run = read_run(folder)
    return Contender(name=name, run=run, risk=risk_report(run))
