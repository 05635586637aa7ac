"""What ``logos backtest`` shows: a bar while a run goes on, and its summary at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logos.artifacts import schemas
from logos.backtest.measures import COSTS, MEASURES, UNDEFINED, Measure, figure_of, money_text, value_text
from logos.cli.output import console, emit_json, plain_table
from logos.cli.progress import ProgressBar
from logos.domain.money import ratio, text_of

if TYPE_CHECKING:
    from logos.backtest.leaks.report import LeakReport
    from logos.backtest.setup import BacktestOutcome, Progress

_STYLES = {"completed": "green", "interrupted": "yellow", "halted": "red"}
_MEGABYTE = 1_000_000
_LABEL_WIDTH = 22
_LEFT_OUT = {"fees"}  # among the costs
_GROUPS = (("symbol", "by_symbol"), ("strategy", "by_strategy"))


class RunBar(ProgressBar):
    """How far long work has come, on standard error; silent where that is no terminal.

    Parameters
    ----------
    whole:
        Whether a run covers all of its bars, so that a share of them can be told.
    """

    def __init__(self, *, whole: bool = True) -> None:
        super().__init__()
        self._whole = whole

    def show(self, at: Progress) -> None:
        """Show where a run stands."""
        self.step(at.bars, at.total_bars if self._whole else None, progress_text(at))


def progress_text(at: Progress) -> str:
    """Return bars, fills, equity and drawdown in one line."""
    fall = ratio(at.peak - at.equity, at.peak)
    return (
        f"{at.bars:,} bars  {at.fills:,} fills  equity {money_text(text_of(at.equity, at.decimals), at.currency)}  "
        f"drawdown {value_text(text_of(fall, 8), 'percent')}"
    )


def print_outcome(outcome: BacktestOutcome, *, config: Path | None, as_json: bool) -> None:
    """Print what came of a run: one JSON object, or a summary for people. No line is cut, in a pipe neither.

    Parameters
    ----------
    config:
        What the command was given, for the commands to go on with.
    """
    if as_json:
        emit_json(as_object(outcome))
        return
    target = console()
    style = _STYLES.get(outcome.status, "bold")
    target.print()
    target.print(f"Backtest [bold]{outcome.backtest_id}[/bold]: [{style}]{outcome.status}[/{style}]", soft_wrap=True)
    for line in summary_lines(outcome, config):
        target.print(line, markup=False, soft_wrap=True)


def as_object(outcome: BacktestOutcome) -> dict[str, Any]:
    """Return what ``--json`` prints."""
    return {
        "backtest_id": outcome.backtest_id,
        "path": outcome.path,
        "metrics": outcome.metrics,
        "status": outcome.status,
        "engine": outcome.engine,
        "engine_note": outcome.engine_note,
        "seconds": outcome.seconds,
        "peak_memory_bytes": outcome.peak_memory,
        **({"warnings": list(outcome.warnings)} if outcome.warnings else {}),
    }


def summary_lines(outcome: BacktestOutcome, config: Path | None) -> Iterator[str]:
    """Yield the summary for people, without its first line."""
    metrics = outcome.metrics
    for cause in outcome.causes:
        yield f"  halted by {cause.guard}: {cause.reason}"
    if outcome.causes:
        yield "  A backtest is not resumed: change the config and run it again"
    if outcome.status != "completed":
        yield f"  {outcome.status} before the end of its data: every figure covers the time up to there"
    yield f"  {_moment(metrics['start'])} to {_moment(metrics['end'])}"
    note = f"; {outcome.engine_note}" if outcome.engine_note else ""
    yield f"  {metrics['bars']:,} bars, run by the {outcome.engine} engine{note}"
    for note in metrics.get("notes", ()):
        yield f"  Data: {note}"
    for warning in outcome.warnings:
        yield f"  Warning: {warning}"
    yield ""
    yield from _figures(metrics)
    yield from _costs(metrics)
    for key, name in _GROUPS:
        if len(metrics.get(name) or ()) > 1:
            yield ""
            yield from _group(metrics[name], key, metrics["currency"])
    yield ""
    yield (
        f"Ran in {outcome.seconds:,.2f} s: {outcome.bars_a_second:,} bars/s; "
        f"peak memory {outcome.peak_memory / _MEGABYTE:,.0f} MB"
    )
    yield from _artifacts(outcome)
    yield from _next_steps(outcome, config)


def _moment(text: str | None) -> str:
    return text.replace("T", " ").replace("Z", " UTC") if text else "no bar"


def _figures(metrics: Mapping[str, Any]) -> Iterator[str]:
    currency = metrics["currency"]
    held = metrics.get("benchmark") or {}
    start = money_text(metrics["starting_cash"], currency)
    rows = [("Starting cash", start, start if held else "")]
    rows += [
        (measure.label, _text(metrics, measure, currency), _text(held, measure, currency))
        for measure in MEASURES
        if measure.name not in _LEFT_OUT
    ]
    widths = [max(len(row[column]) for row in rows) for column in (1, 2)]
    own, other = max(widths[0], len("strategy")), max(widths[1], len("buy and hold"))
    if held:
        yield f"  {'':<{_LABEL_WIDTH}}{'strategy':>{own}}   {'buy and hold':>{other}}"
    for label, one, two in rows:
        yield f"  {label:<{_LABEL_WIDTH}}{one:>{own}}   {two:>{other}}".rstrip()
    if any(UNDEFINED in row[1:] for row in rows):
        yield f"  {UNDEFINED} stands for a figure that is not defined on this run: docs/METRICS.md says when"


def _text(values: Mapping[str, Any], measure: Measure, currency: str) -> str:
    return figure_of(values, measure, currency=currency) if measure.name in values else ""


def _costs(metrics: Mapping[str, Any]) -> Iterator[str]:
    costs = metrics.get("costs")
    if not costs:
        return
    currency = metrics["currency"]
    rows = [(label, money_text(costs[key], currency)) for key, label, _ in COSTS if key in costs]
    width = max(len(value) for _, value in rows)
    yield ""
    yield "  Cost of trading"
    for label, value in rows:
        yield f"    {label:<{_LABEL_WIDTH - 2}}{value:>{width}}"


def _group(rows: Sequence[Mapping[str, Any]], key: str, currency: str) -> Iterator[str]:
    columns = (key, "fills", "round trips", "win rate", "net PnL", "contribution")
    cells = [
        (
            str(row[key]),
            value_text(row.get("fills"), "count"),
            value_text(row.get("trades"), "count"),
            value_text(row.get("win_rate"), "percent"),
            money_text(row.get("net_pnl"), currency),
            value_text(row.get("contribution"), "percent"),
        )
        for row in rows
    ]
    for line in plain_table("", columns, cells, numeric=columns[1:]).splitlines():
        yield f"  {line}"


def _artifacts(outcome: BacktestOutcome) -> Iterator[str]:
    yield f"Artifacts in {outcome.path}"
    yield (
        f"  {schemas.METRICS_FILE} has every figure, {schemas.TRADES_FILE} every fill; "
        f"{schemas.BACKTEST_PLOT_FILE} draws the equity"
    )
    if (outcome.folder / schemas.REPORT_FILE).is_file():
        yield f"  {schemas.REPORT_FILE} is the tear sheet: open it in a browser"


def _next_steps(outcome: BacktestOutcome, config: Path | None) -> Iterator[str]:
    if not (outcome.folder / schemas.REPORT_FILE).is_file():
        yield f"Draw a tear sheet with: logos backtest report {outcome.backtest_id}"
    yield f"Compare it with another run: logos backtest compare {outcome.backtest_id} OTHER"
    given = "" if config is None else f" --config {config}"
    yield f"Run it again and compare every byte: logos backtest verify {outcome.backtest_id}"
    yield f"Look for look-ahead in the config: logos backtest check{given}"


def print_check(report: LeakReport, *, as_json: bool) -> None:
    """Print what the check of a config found."""
    if as_json:
        emit_json(report.as_object())
        return
    count = len(report.findings)
    found = "nothing found" if report.passed else "1 defect" if count == 1 else f"{count:,} defects"
    style = "green" if report.passed else "red"
    target = console()
    target.print(f"Check of [bold]{report.name}[/bold]: [{style}]{found}[/{style}]", soft_wrap=True)
    span = f"{report.bars:,} bars in {report.slices:,} slices, {report.orders:,} orders, {report.fills:,} fills"
    for line in (span, *report.lines()):
        target.print(f"  {line}", markup=False, soft_wrap=True)
