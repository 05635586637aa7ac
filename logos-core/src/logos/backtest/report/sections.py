"""The parts of a tear sheet that are text and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from logos.artifacts.schemas import TRADES_FILE
from logos.backtest.measures import (
    BENCHMARK_MEASURES,
    COSTS,
    MEASURES,
    Measure,
    figure_of,
    money_text,
    value_text,
)
from logos.backtest.past_run import PastRun
from logos.backtest.report.markup import Html, element, joined, number, table
from logos.domain.times import parse_time, time_text

MOST_TRADES = 200

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TILES = ("total_return", "cagr", "sharpe", "sortino", "max_drawdown", "calmar", "volatility", "win_rate", "fees")
_STATUS_WORDS = {
    "halted": "This run was halted by a guard before the end of its data: its figures cover the time up to the halt.",
    "interrupted": "This run was interrupted before the end of its data: its figures cover the time up to there.",
}
_SIDES = {"buy": "Buy", "sell": "Sell"}


def header(run: PastRun) -> Html:
    """Return the name, the span and the identity of the run, with a banner where it did not complete."""
    metrics = run.metrics
    feed = run.config["feed"]
    span = f"{_moment(metrics.get('start'))} to {_moment(metrics.get('end'))}"
    facts = [
        ("Span", span),
        ("Bars", f"{metrics['bars']:,} of {feed['interval']}"),
        ("Symbols", ", ".join(feed["symbols"])),
        ("Strategies", ", ".join(str(entry["name"]) for entry in run.config["strategies"])),
        ("Backtest id", run.backtest_id),
        ("Seed", str(metrics.get("seed", ""))),
        ("Config digest", _digest(metrics.get("config_digest"))),
        ("Data digest", _digest(metrics.get("data_digest"))),
    ]
    status = str(metrics["status"])
    parts = [
        element("p", "Backtest", class_="kicker"),
        element("h1", run.name, Html(" "), element("span", status, class_=f"badge {status}")),
    ]
    if status in _STATUS_WORDS:
        causes = [
            element("li", f"{cause['guard']} at {_moment(cause['at'])}: {cause['reason']}")
            for cause in metrics.get("halt_causes", ())
        ]
        words = [element("p", _STATUS_WORDS[status])]
        parts.append(
            element("div", *words, *([element("ul", *causes)] if causes else []), class_="banner", role="note")
        )
    notes = [element("li", note) for note in metrics.get("notes", ())]
    if notes:
        words = [element("p", "About the data of this run:"), element("ul", *notes)]
        parts.append(element("div", *words, class_="banner data", role="note"))
    pairs = [element("div", element("dt", name), element("dd", text)) for name, text in facts if text]
    parts.append(element("dl", *pairs, class_="facts"))
    return element("header", *parts)


def _moment(text: str | None) -> str:
    """Return a moment with blanks for the letters of ISO-8601, for people."""
    return text.replace("T", " ").replace("Z", " UTC") if text else "none"


def _digest(text: str | None) -> Html | str:
    return element("code", text[:16], title=text) if text else ""


def tiles(metrics: Mapping[str, Any], currency: str) -> Html:
    """Return the figures that are read first."""
    by_name = {measure.name: measure for measure in MEASURES}
    boxes = [_tile("Final equity", money_text(metrics["final_equity"], currency), _start(metrics, currency))]
    benchmark = metrics.get("benchmark") or {}
    for name in _TILES:
        measure = by_name[name]
        held = f"buy and hold {number(figure_of(benchmark, measure))}" if name in benchmark else ""
        below = held or (f"{metrics['trades']:,} round trips" if name == "win_rate" else "")
        boxes.append(_tile(measure.label, figure_of(metrics, measure, currency=currency), below, measure.meaning))
    return element("section", element("h2", "Key figures", class_="hidden"), element("div", *boxes, class_="tiles"))


def _start(metrics: Mapping[str, Any], currency: str) -> str:
    return f"from {money_text(metrics['starting_cash'], currency)}"


def _tile(label: str, value: str, below: str, meaning: str = "") -> Html:
    amount, _, unit = number(value).partition(" ")
    shown: list[str | Html] = [amount, *([Html(" "), element("span", unit, class_="unit")] if unit else [])]
    parts = [element("span", label, class_="label"), element("span", *shown, class_="value")]
    if below:
        parts.append(element("span", below, class_="below"))
    return element("div", *parts, class_="tile", **({"title": meaning} if meaning else {}))


def figures(metrics: Mapping[str, Any], currency: str) -> Html:
    """Return every figure beside that of buying and holding, with what it means."""
    benchmark = metrics.get("benchmark")
    columns = ["Figure", "Strategy", *(["Buy and hold"] if benchmark else []), "Meaning"]
    rows = []
    for measure in MEASURES:
        held = [_figure(benchmark, measure, currency)] if benchmark else []
        rows.append([measure.label, _figure(metrics, measure, currency), *held, measure.meaning])
    parts = [table(columns, rows, numeric=("Strategy", "Buy and hold"), wide=("Meaning",))]
    if benchmark:
        rows = [[one.label, _figure(benchmark, one, currency), one.meaning] for one in BENCHMARK_MEASURES]
        caption = "Against buying and holding"
        parts.append(
            table(("Figure", "Value", "Meaning"), rows, numeric=("Value",), wide=("Meaning",), caption=caption)
        )
    scaled = str(metrics.get("annualisation", "")).removesuffix(".")
    note = f"Annualised by {scaled}. " if scaled else ""
    parts.append(element("p", f"{note}A dash stands for a figure that is not defined on this run.", class_="note"))
    return joined(parts)


def _figure(values: Mapping[str, Any], measure: Measure, currency: str) -> str:
    return number(figure_of(values, measure, currency=currency)) if measure.name in values else ""


def monthly(months: Mapping[int, Mapping[int, float]], years: Mapping[int, float]) -> Html:
    """Return a heat map of the returns of months and years, as a table whose cells can be read."""
    known = [abs(value) for row in months.values() for value in row.values() if np.isfinite(value)]
    largest = max(known, default=0.0)
    rows = [
        [
            str(year),
            *(_heat(months[year].get(month), largest) for month in range(1, 13)),
            _heat(years.get(year), None),
        ]
        for year in sorted(months)
    ]
    heat = table(("Year", *_MONTHS, "Total"), rows, numeric=(*_MONTHS, "Total"))
    note = "Returns in per cent, from month's end to month's end. The first and the last month may be cut by the span."
    return joined([element("div", heat, class_="heat"), element("p", note, class_="note")])


def _heat(value: float | None, largest: float | None) -> Html | str:
    if value is None:
        return ""
    if not np.isfinite(value):
        return "\N{EN DASH}"
    text = number(f"{100 * value:.2f}".replace("-0.00", "0.00"))
    if not largest:
        return element("span", text)
    share = f"{0.08 + 0.62 * abs(value) / largest:.2f}" if value else "0"
    return element("span", text, class_="up" if value >= 0 else "down", style=f"--share:{share}")


def attribution(rows: Sequence[Mapping[str, Any]], key: str, currency: str) -> Html:
    """Return what each symbol or strategy did.

    Parameters
    ----------
    rows:
        ``by_symbol`` or ``by_strategy`` of the figures.
    key:
        ``symbol`` or ``strategy``.
    """
    columns: tuple[tuple[str, str, Any], ...] = (
        ("Fills", "fills", "count"),
        ("Round trips", "trades", "count"),
        ("Win rate", "win_rate", "percent"),
        ("Profit factor", "profit_factor", "ratio"),
        ("Traded", "traded", "money"),
        ("Realised PnL", "realized_pnl", "money"),
        ("Unrealised PnL", "unrealized_pnl", "money"),
        ("Fees", "fees", "money"),
        ("Net PnL", "net_pnl", "money"),
        ("Contribution", "contribution", "percent"),
    )
    shown = [column for column in columns if any(column[1] in row for row in rows)]
    cells = [[str(row[key]), *(number(value_text(row.get(name), kind)) for _, name, kind in shown)] for row in rows]
    heads = [head for head, _, _ in shown]
    meanings = {"Contribution": "Net PnL over starting cash: the contributions add up to the total return."}
    caption = f"By {key}, money in {currency}"
    return table((key.capitalize(), *heads), cells, numeric=heads, caption=caption, meanings=meanings)


def costs(values: Mapping[str, str], starting_cash: str, currency: str) -> Html:
    """Return what trading cost, by cause, also as a share of the starting cash."""
    start = float(starting_cash)
    amount, share = f"Amount ({currency})", "Of starting cash"
    rows: list[list[str]] = []
    for key, label, meaning in COSTS:
        if key in values:
            of_cash = value_text(float(values[key]) / start, "percent") if start > 0 else "-"
            rows.append([label, number(money_text(values[key])), number(of_cash), meaning])
    *parts, total = rows
    note = "Slippage and delay are part of the prices that were paid, and so of the PnL already."
    listed = table(("Cause", amount, share, "Meaning"), parts, numeric=(amount, share), wide=("Meaning",), footer=total)
    return joined([listed, element("p", note, class_="note")])


def trades(rows: Sequence[Mapping[str, str]], total: int, currency: str) -> Html:
    """Return the first fills of the run."""
    fee, profit = f"Fee ({currency})", f"Realised PnL ({currency})"
    columns = ("Number", "Time (UTC)", "Symbol", "Side", "Quantity", "Price", "Liquidity", fee, profit)
    cells = [
        [
            row["trade_id"],
            time_text(parse_time(row["timestamp"])).replace("T", " ").removesuffix("Z"),
            row["symbol"],
            _SIDES.get(row["side"], row["side"]),
            row["quantity"],
            row["price"],
            row["liquidity"],
            number(money_text(row["fee"])),
            number(money_text(row["realized_pnl"])),
        ]
        for row in rows
    ]
    if not cells:
        return element("p", "There was no fill.", class_="note")
    shown = len(cells)
    note = (
        f"All {total:,} fills." if shown == total else f"The first {shown:,} of {total:,} fills; {TRADES_FILE} has all."
    )
    numeric = ("Number", "Quantity", "Price", fee, profit)
    note += " Realised PnL is first in, first out, before fees."
    listed = element("div", table(columns, cells, numeric=numeric), class_="tall")
    return joined([listed, element("p", note, class_="note")])


def config(run: PastRun) -> Html:
    """Return the whole config, folded."""
    summary = element("summary", "The resolved config, every default included")
    return element("details", summary, element("pre", element("code", run.config_text)))


def footer(run: PastRun) -> Iterator[Html]:
    """Return where the figures come from, and how to make them again."""
    yield element(
        "p",
        "Made from the files of this run alone, and complete in itself: nothing is loaded from anywhere. Every figure "
        "is defined, with its formula and its source, in docs/METRICS.md of Logos. Pictures are thinned to what a "
        "screen can show, every extreme kept; the files hold every row.",
    )
    yield element(
        "p",
        "The same config and bars give the same figures again: ",
        element("code", f"logos backtest --config runs/{run.backtest_id}/config.yaml"),
    )
