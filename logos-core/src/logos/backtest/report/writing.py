"""Writes a tear sheet from what a run left in its folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from logos.artifacts.backtests import read_benchmark, read_equity, read_trades
from logos.artifacts.schemas import REPORT_FILE
from logos.backtest.past_run import PastRun, read_run
from logos.backtest.report import sections
from logos.backtest.report.markup import Html, element, joined, with_minus_signs
from logos.backtest.report.returns import (
    ROLLING_DAYS,
    histogram,
    monthly_returns,
    returns_of,
    rolling,
    yearly_returns,
)
from logos.domain.errors import InputError
from logos.domain.times import parse_time
from logos.live.disk import Disk
from logos.metrics.periods import EXCHANGE_DAYS

if TYPE_CHECKING:
    from logos.backtest.report.charts import Chart, FillProfits

_MOST_MARKS = 2_000
_NO_ROOM = "The run is whole without its tear sheet: mend the disk and draw it with logos backtest report"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:"


def require_plotly() -> None:
    """See that reports can be drawn, before a long run is made for one.

    Raises
    ------
    InputError
        Where Plotly is not installed.
    """
    if find_spec("plotly") is None:
        raise InputError("a report needs Plotly, which is not installed", hint="pip install 'logos-core[report]'")


def write_report(folder: Path, disk: Disk | None = None) -> Path:
    """Write ``report.html`` into the folder of a backtest, and return its path.

    The page holds everything that it needs, Plotly's script included: it opens from a disk, without a network.

    Raises
    ------
    InputError
        Where Plotly is not installed, or the folder is no backtest.
    IntegrityError
        Where a file of the run cannot be read.
    """
    require_plotly()
    out = folder / REPORT_FILE
    page = report_html(read_run(folder)).encode("utf-8")
    (disk or Disk(hint=_NO_ROOM)).replace(out, page)
    return out


def report_html(run: PastRun) -> str:
    """Return a run's tear sheet as one self-contained HTML page. The same folder gives the same page."""
    charts: list[Chart] = []
    body = [sections.header(run), sections.tiles(run.metrics, run.currency)]
    body += [element("section", *parts, class_="card") for parts in _cards(run, charts)]
    body.append(element("footer", *sections.footer(run)))
    own = files("logos.backtest.report")
    head = [
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", f"{run.name}: backtest {run.backtest_id}"),
        element("style", Html(own.joinpath("page.css").read_text(encoding="utf-8"))),
    ]
    scripts = [
        element("script", Html(_figures_text(charts)), id="figures", type="application/json"),
        element("script", Html(_plotly_script())),
        element("script", Html(own.joinpath("page.js").read_text(encoding="utf-8"))),
    ]
    page = element(
        "html",
        element("head", joined(head)),
        element("body", element("main", joined(body)), joined(scripts)),
        lang="en",
    )
    return f"<!DOCTYPE html>\n{page}\n"


def _plotly_script() -> str:
    return files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")


def _figures_text(charts: list[Chart]) -> str:
    """Return the figures as JSON that cannot end the element it stands in."""
    figures = {chart.name: json.loads(chart.figure.to_json(engine="json")) for chart in charts}
    return json.dumps(figures, separators=(",", ":")).replace("<", "\\u003c")


def _cards(run: PastRun, charts: list[Chart]) -> Iterator[list[Html]]:
    """Yield what each card of the page holds, and collect its charts."""
    from logos.backtest.report import charts as drawing  # noqa: PLC0415 - needs Plotly

    def place(chart: Chart) -> Html:
        charts.append(chart)
        return _figure(chart)

    metrics, currency = run.metrics, run.currency
    start = float(metrics["starting_cash"])
    curve, daily = read_equity(run.folder), run.daily()
    returns = returns_of(daily, start)
    if len(curve):
        yield [place(drawing.equity_chart(curve, read_benchmark(run.folder), currency=currency, metrics=metrics))]
    yield [element("h2", "Figures"), sections.figures(metrics, currency)]
    if len(daily):
        months = sections.monthly(monthly_returns(daily, start), yearly_returns(daily, start))
        yield [element("h2", "Monthly returns"), months]
    moving = rolling(daily, returns, int(metrics.get("periods_per_year") or EXCHANGE_DAYS))
    if moving is not None:
        yield [place(drawing.rolling_chart(moving))]
    if len(daily) > 1:
        yield [place(drawing.returns_chart(histogram(returns), returns)), *_too_short(len(returns))]
    for key in ("symbol", "strategy"):
        rows = metrics.get(f"by_{key}") or []
        if rows:
            title = f"Net PnL by {key}"
            bars = [(str(row[key]), row["net_pnl"]) for row in rows]
            chart = drawing.bars_chart(bars, name=key, title=title, axis="Net PnL after fees", currency=currency)
            yield [place(chart), sections.attribution(rows, key, currency)]
    if metrics.get("costs"):
        costs = sections.costs(metrics["costs"], metrics["starting_cash"], currency)
        yield [place(drawing.costs_chart(metrics["costs"], currency=currency)), costs]
    first, profits = _fills(run.folder)
    table = sections.trades(first, metrics["fills"], currency)
    if profits is not None:
        yield [place(drawing.profits_chart(profits, currency=currency)), element("h3", "Fills"), table]
    else:
        yield [element("h2", "Fills"), table]
    yield [element("h2", "Config"), sections.config(run)]


def _too_short(days: int) -> list[Html]:
    if days >= ROLLING_DAYS:
        return []
    note = f"Rolling figures need {ROLLING_DAYS} trading days; this run has {days:,}."
    return [element("p", note, class_="note")]


def _figure(chart: Chart) -> Html:
    """Return a chart's place on the page, which the script draws into."""
    words = with_minus_signs(chart.alternative)
    place = element(
        "div",
        class_="chart",
        id=f"chart-{chart.name}",
        role="img",
        aria_label=f"{chart.title}. {words}",
        style=f"min-height:{chart.figure.layout.height}px",
    )
    return element("figure", element("h2", chart.title), place, element("figcaption", words))


def _fills(folder: Path) -> tuple[list[dict[str, str]], FillProfits | None]:
    """Return the first fills, and what every fill that closed something realised."""
    first: list[dict[str, str]] = []
    times: list[int] = []
    symbols: list[str] = []
    profits: list[float] = []
    for row in read_trades(folder):
        if len(first) < sections.MOST_TRADES:
            first.append(row)
        profit = float(row["realized_pnl"])
        if profit:
            times.append(parse_time(row["timestamp"]))
            symbols.append(row["symbol"])
            profits.append(profit)
    return first, _thinned(times, symbols, profits)


def _thinned(times: list[int], symbols: list[str], profits: list[float]) -> FillProfits | None:
    """Keep the best and the worst of each stretch where there are more fills than a picture can show."""
    from logos.backtest.report.charts import FillProfits  # noqa: PLC0415 - needs Plotly

    if not profits:
        return None
    total = len(profits)
    profit: Any = np.array(profits)
    kept: Any = np.arange(total)
    if total > _MOST_MARKS:
        stretches = np.array_split(kept, _MOST_MARKS // 2)
        ends = ((part[profit[part].argmin()], part[profit[part].argmax()]) for part in stretches)
        kept = np.unique(np.array(list(ends)))
    places = kept.tolist()
    return FillProfits(
        time=np.array(times)[kept], symbols=[symbols[place] for place in places], profit=profit[kept], total=total
    )
