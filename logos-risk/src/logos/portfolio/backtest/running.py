"""A portfolio backtest from its request to its folder: the portfolio and every benchmark over the same bars."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from logos.backtest.course import INTERRUPTED
from logos.backtest.past_run import read_run
from logos.backtest.running import run_backtest
from logos.backtest.setup import BacktestOutcome, BacktestSetup
from logos.config.records import BacktestWindow, SessionConfig
from logos.domain.times import time_text
from logos.portfolio.backtest.common_start import CommonStart, common_start
from logos.portfolio.backtest.comparing import Contender, Standings, standings, write_comparison
from logos.portfolio.backtest.request import Candidate, Request
from logos.portfolio.backtest.risk_report import RiskReport, risk_report, write_risk

PORTFOLIO_FILE = "portfolio.yaml"
RISK_FILE = "risk.json"
COMPARISON_FILE = "comparison.csv"
WEIGHTS_PLOT = "plots/weights.png"
RISK_PLOT = "plots/risk.png"
COMPARISON_PLOT = "plots/comparison.png"
BENCHMARKS = "benchmarks"
"""The folder, inside the run's own, with the folder of each benchmark's run."""


@attrs.frozen(kw_only=True)
class BenchmarkOutcome:
    """What came of a benchmark. ``path`` is its folder, relative to the workspace."""

    name: str
    outcome: BacktestOutcome
    path: str
    risk: RiskReport


@attrs.frozen(kw_only=True)
class PortfolioOutcome:
    """What came of a portfolio backtest.

    Attributes
    ----------
    span:
        Why the traded span begins where it does.
    notes:
        What the operator should know of the comparison, in whole sentences.
    """

    name: str
    outcome: BacktestOutcome
    risk: RiskReport
    benchmarks: tuple[BenchmarkOutcome, ...]
    standings: Standings
    span: str
    notes: tuple[str, ...]


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
    common = common_start(setup, request)
    notes = tuple(_notes(request))
    shared = attrs.evolve(setup, feed=common.feed)
    count = len(request.benchmarks) + 1
    with tempfile.TemporaryDirectory(prefix="logos-portfolio-") as scratch:
        found = []
        for index, one in enumerate(request.benchmarks, start=1):
            starts(one.name, index, count)
            apart = attrs.evolve(shared, output=Path(scratch) / one.name, tell=lambda _text: None)
            outcome = run_backtest(apart, started(one.config, common))
            if outcome.status == INTERRUPTED:
                raise KeyboardInterrupt
            found.append((one, outcome))
        starts(request.main.name, count, count)
        return _Finisher(request=request, benchmarks=found, span=_span(common), notes=notes).run(shared, common)


def started(config: SessionConfig, common: CommonStart) -> SessionConfig:
    """Return a config whose traded span begins at the common start."""
    if common.start is None:
        return config
    window = BacktestWindow(start=common.start, end=None if config.backtest is None else config.backtest.end)
    values = {
        name: None if at is None else time_text(at) for name, at in (("start", window.start), ("end", window.end))
    }
    return attrs.evolve(config, backtest=window, resolved={**config.resolved, "backtest": values})


def _span(common: CommonStart) -> str:
    at = "the first bar" if common.start is None else time_text(common.start)
    return f"All runs trade from {at} on: {common.reason}"


def _notes(request: Request) -> list[str]:
    return [
        f"{one.name} takes no {' and no '.join(one.unknown)}: it runs without what the portfolio keeps there"
        for one in request.benchmarks
        if one.unknown
    ]


@attrs.define(kw_only=True)
class _Finisher:
    """Runs the portfolio itself, and fills its folder before that takes its final name."""

    request: Request
    benchmarks: Sequence[tuple[Candidate, BacktestOutcome]]
    span: str
    notes: tuple[str, ...]
    _made: tuple[RiskReport, tuple[BenchmarkOutcome, ...], Standings] | None = None

    def run(self, setup: BacktestSetup, common: CommonStart) -> PortfolioOutcome:
        outcome = run_backtest(setup, started(self.request.main.config, common), finish=self._fill)
        assert self._made is not None
        risk, benchmarks, compared = self._made
        return PortfolioOutcome(
            name=self.request.main.name,
            outcome=outcome,
            risk=risk,
            benchmarks=benchmarks,
            standings=compared,
            span=self.span,
            notes=self.notes,
        )

    def _fill(self, folder: Path, outcome: BacktestOutcome) -> None:
        main = _contender(self.request.main.name, folder)
        others = []
        made = []
        for one, run in self.benchmarks:
            place = Path(BENCHMARKS) / one.name
            shutil.copytree(run.folder, folder / place)
            other = _contender(one.name, folder / place)
            write_risk(other.risk, folder / place / RISK_FILE)
            others.append(other)
            path = (Path(outcome.path) / place).as_posix()
            made.append(BenchmarkOutcome(name=one.name, outcome=run, path=path, risk=other.risk))
        compared = standings(main, others)
        write_risk(main.risk, folder / RISK_FILE)
        write_comparison(compared, folder / COMPARISON_FILE)
        (folder / PORTFOLIO_FILE).write_text(self.request.text, encoding="utf-8")
        self._draw(folder, main, others)
        self._made = (main.risk, tuple(made), compared)

    def _draw(self, folder: Path, main: Contender, others: Sequence[Contender]) -> None:
        from logos.portfolio.backtest.plots import (  # noqa: PLC0415 - matplotlib takes long to load
            draw_comparison,
            draw_risk,
            draw_weights,
        )

        title = main.run.name
        draw_weights(main, folder / WEIGHTS_PLOT, title=f"{title}: weights")
        draw_risk(main, folder / RISK_PLOT, title=f"{title}: risk")
        draw_comparison([main, *others], folder / COMPARISON_PLOT, title=f"{title}: comparison")


def _contender(name: str, folder: Path) -> Contender:
    run = read_run(folder)
    return Contender(name=name, run=run, risk=risk_report(run))
