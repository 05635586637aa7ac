"""``logos portfolio backtest``: what it runs and what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from logos import paths
from logos.artifacts import schemas
from logos.artifacts.remarks import Remarks
from logos.backtest.measures import value_text
from logos.backtest.setup import BacktestSetup, Progress
from logos.cli.backtest_output import RunBar, as_object, progress_text, summary_lines
from logos.cli.output import console, emit_json, plain_table, print_table
from logos.cli.session_output import teller
from logos.plugins.registry import load_registry
from logos.portfolio.backtest import running
from logos.portfolio.backtest.comparing import Standing
from logos.portfolio.backtest.decisions import Decisions
from logos.portfolio.backtest.outcomes import BenchmarkOutcome, PortfolioOutcome
from logos.portfolio.backtest.request import read_request
from logos.portfolio.backtest.risk_report import RiskReport

_STYLES = {"completed": "green", "interrupted": "yellow", "halted": "red"}
_MOST_SHARES = 12
_MOST_REMARKS = 10
_MOST_REMARKS_OF_A_BENCHMARK = 3


def run_command(config: Path, benchmarks: Sequence[str], *, as_json: bool) -> int:
    """Run a portfolio backtest, print what came of it, and return the exit code."""
    registry, workspace = load_registry(), paths.workspace()
    request = read_request(config, registry, workspace=workspace, default_seed=paths.env_seed(), benchmarks=benchmarks)
    with _Bar() as bar:
        # Nothing is told beforehand: the summary says all of it.
        setup = BacktestSetup(workspace=workspace, registry=registry, progress=bar.show)
        try:
            outcome = running.run_portfolio(setup, request, starts=bar.starts)
        except KeyboardInterrupt:
            teller(as_json=as_json)("Nothing of this portfolio backtest was kept")
            raise
    if as_json:
        emit_json(_as_object(outcome))
    else:
        _print(outcome)
    return outcome.outcome.exit_code


class _Bar(RunBar):
    """How far one run after the other has come; the allocator's name stands in front."""

    def __init__(self) -> None:
        super().__init__(whole=False)
        self._prefix = ""

    def starts(self, name: str, index: int, count: int) -> None:
        """Go on to the next run."""
        self._prefix = f"{name} ({index} of {count})  "

    def show(self, at: Progress) -> None:
        """Show where a run stands."""
        self.step(at.bars, None, self._prefix + progress_text(at))


def _as_object(outcome: PortfolioOutcome) -> dict[str, Any]:
    """Return what ``--json`` prints: that of ``logos backtest``, and risk, benchmarks and verdicts behind it."""
    return {
        **as_object(outcome.outcome),
        "total_seconds": outcome.seconds,
        "risk": outcome.risk.as_object(),
        "decisions": outcome.decisions.as_object(),
        "benchmarks": [
            {
                "name": one.name,
                "path": one.path,
                "status": one.outcome.status,
                "metrics": one.outcome.metrics,
                "risk": one.risk.as_object(),
                "decisions": one.decisions.as_object(),
            }
            for one in outcome.benchmarks
        ],
        "comparison": [row.values for row in outcome.standings.rows],
        "verdicts": list(outcome.standings.verdicts),
        "span": outcome.span,
        "notes": list(outcome.notes),
    }


def _print(outcome: PortfolioOutcome) -> None:
    target, run = console(), outcome.outcome
    style = _STYLES.get(run.status, "bold")
    target.print()
    target.print(f"Portfolio backtest [bold]{run.backtest_id}[/bold]: [{style}]{run.status}[/{style}]", soft_wrap=True)
    lines = list(summary_lines(run, None))
    (ending,) = (index for index, line in enumerate(lines) if line.startswith("Ran in "))
    for line in [
        f"  {outcome.span}",
        *lines[:ending],
        *_risk_lines(outcome.risk),
        *_funnel_lines(outcome.decisions),
        "",
    ]:
        target.print(line, markup=False, soft_wrap=True)
    columns = ("allocator", *(label for _, label, _ in _COLUMNS))
    rows = [(row.name, *_cells(row)) for row in outcome.standings.rows]
    print_table("Comparison", columns, rows, numeric=columns[1:])
    for line in (*outcome.standings.verdicts, *_benchmark_lines(outcome.benchmarks)):
        target.print(line, markup=False, soft_wrap=True)
    for note in outcome.notes:
        target.print(f"Note: {note}", markup=False, soft_wrap=True, style="yellow")
    for line in ["", _time_line(outcome, lines[ending]), *lines[ending + 1 : ending + 3], *_files(outcome)]:
        target.print(line, markup=False, soft_wrap=True)


def _time_line(outcome: PortfolioOutcome, own: str) -> str:
    """Return how long all took, then what the portfolio's own run did."""
    count = len(outcome.benchmarks)
    others = f", {count:,} benchmark{'s' * (count != 1)} and the files included" if count else ", the files included"
    return f"Took {outcome.seconds:,.2f} s{others}. The portfolio itself: {own[0].lower()}{own[1:]}"


def _files(outcome: PortfolioOutcome) -> Iterator[str]:
    yield f"  {schemas.WEIGHTS_FILE} has every rebalance, {running.RISK_FILE} the risk and how it is defined"
    yield f"  {running.COMPARISON_FILE} has the whole table, {running.BENCHMARKS}/ the run of each benchmark"
    yield f"  {running.WEIGHTS_PLOT}, {running.RISK_PLOT} and {running.COMPARISON_PLOT} draw them"
    run = outcome.outcome
    yield f"Draw a tear sheet with: logos backtest report {run.backtest_id}"
    yield f"Run it again and compare every byte: logos backtest verify {run.backtest_id}"
    yield f"Look for look-ahead in it: logos backtest check --config {run.path}/{schemas.CONFIG_FILE}"


def _risk_lines(risk: RiskReport) -> Iterator[str]:
    figures = [
        ("Expected volatility", risk.volatility, "percent", " a year"),
        ("Realised volatility", risk.realised_volatility, "percent", " a year"),
        ("Concentration", risk.concentration, "ratio", ""),
        ("Effective assets", risk.effective_assets, "ratio", ""),
        ("Turnover a year", risk.turnover, "percent", " of equity"),
        ("Cost drag", risk.cost_drag, "percent", " a year"),
        ("Off target", risk.tracking_gap, "percent", f" of equity after a rebalance{_at_most(risk)}"),
    ]
    count = len(risk.rebalances)
    yield f"  Risk, over {count:,} rebalance{'s' * (count != 1)}"
    for label, value, kind, unit in figures:
        text = value_text(value, kind)  # type: ignore[arg-type]
        yield f"    {label:<20}{text:>12}{unit if value is not None else ''}"
    yield from _method_lines(risk)
    yield from _share_lines(risk)


def _at_most(risk: RiskReport) -> str:
    most = risk.greatest_tracking_gap
    return "" if most is None else f", at most {value_text(most, 'percent')}"


def _funnel_lines(found: Decisions) -> Iterator[str]:
    """Yield what became of the targets."""
    yield ""
    yield f"  Decisions: {found.count:,}; fills: {found.fills:,}"
    orders = ", ".join(f"{count:,} {status}" for status, count in found.orders.items())
    yield f"    {'ordered':<28}{found.outcomes.get('ordered', 0):>8,}" + (f"  orders: {orders}" if orders else "")
    for one in found.reasons:
        yield f"    {f'{one.outcome}: {one.code}':<28}{one.count:>8,}  first {one.first}, {next(iter(one.symbols))}"
    if found.reasons:
        yield f"    {schemas.DECISIONS_FILE} says why, for each"


def _method_lines(risk: RiskReport) -> Iterator[str]:
    counts: dict[str, int] = {}
    for one in risk.rebalances:
        counts[one.method] = counts.get(one.method, 0) + 1
    for method, count in sorted(counts.items()):
        often = "once" if count == 1 else f"{count:,} times"
        yield f"    {'Weights by':<20}{method}" + (f", {often}" if len(counts) > 1 else "")
    if risk.remarked:
        yield f"    {risk.remarked:,} of the rebalances {'has' if risk.remarked == 1 else 'have'} remarks:"
        yield from (f"      {line}" for line in _remark_lines(risk, _MOST_REMARKS, running.RISK_FILE))


def _benchmark_lines(benchmarks: Sequence[BenchmarkOutcome]) -> Iterator[str]:
    """Yield what befell the weights of each benchmark; its figures are not to be read without."""
    for one in benchmarks:
        remarked, count = one.risk.remarked, len(one.risk.rebalances)
        if remarked:
            has = "has" if remarked == 1 else "have"
            yield f"{one.name}: {remarked:,} of its {count:,} rebalance{'s' * (count != 1)} {has} remarks:"
            file = f"{running.BENCHMARKS}/{one.name}/{running.RISK_FILE}"
            yield from (f"  {line}" for line in _remark_lines(one.risk, _MOST_REMARKS_OF_A_BENCHMARK, file))


def _remark_lines(risk: RiskReport, most: int, file: str) -> Iterator[str]:
    """Yield the kinds of remarks with how often each was made, the most frequent first; ``file`` has the rest."""
    remarks = Remarks()
    for one in risk.rebalances:
        for note in one.notes:
            remarks.add(note, one.at)
    # Equal ones stay in the order in which they were first made.
    shown = sorted(remarks, key=lambda remark: -remark.count)[:most]
    yield from (f"{remark.often}: {remark.text}" for remark in shown)
    if len(remarks) > len(shown):
        yield f"and {len(remarks) - len(shown):,} more in {file}"


def _share_lines(risk: RiskReport) -> Iterator[str]:
    shares = sorted(risk.contributions.items(), key=lambda one: (-one[1], one[0]))
    if not shares:
        return
    yield ""
    rows = [(symbol, value_text(share, "percent")) for symbol, share in shares[:_MOST_SHARES]]
    for line in plain_table("", ("symbol", "share of risk"), rows, numeric=("share of risk",)).splitlines():
        yield f"    {line}"
    if len(shares) > _MOST_SHARES:
        yield f"    and {len(shares) - _MOST_SHARES:,} smaller ones, in {running.RISK_FILE}"


_COLUMNS = (
    ("total_return", "return", "percent"),
    ("cagr", "CAGR", "percent"),
    ("volatility", "volatility", "percent"),
    ("sharpe", "Sharpe ± error", "sharpe"),
    ("max_drawdown", "max drawdown", "percent"),
    ("calmar", "Calmar", "ratio"),
    ("turnover", "turnover/year", "percent"),
    ("cost_drag", "costs/year", "percent"),
    ("concentration", "concentration", "ratio"),
    ("effective_assets", "eff. assets", "ratio"),
)
_SIGNED = {"total_return", "cagr"}


def _cells(row: Standing) -> tuple[str, ...]:
    return tuple(_cell(row, name, kind) for name, _, kind in _COLUMNS)


def _cell(row: Standing, name: str, kind: str) -> str:
    value = row.values[name]
    if kind == "sharpe":
        error = row.values["sharpe_standard_error"]
        return value_text(value, "ratio") + ("" if error is None else f" ± {error:.2f}")
    text = value_text(value, kind)  # type: ignore[arg-type]
    return f"+{text}" if name in _SIGNED and value is not None and value > 0 else text
