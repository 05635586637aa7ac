"""Puts raw rows into tables: for the terminal and for ``docs/PERFORMANCE.md``.

Every figure is a median over the rounds; a range follows where there was more than one.
"""

import statistics
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import attrs

Row = dict[str, Any]
EXACT = "exact"


@attrs.frozen
class Summary:
    """The rows of one label in one part on one number of bars."""

    rows: tuple[Row, ...]

    @property
    def label(self) -> str:
        """How the tables name it."""
        return str(self.rows[0]["label"])

    @property
    def good(self) -> list[Row]:
        """The rounds that ended well."""
        return [row for row in self.rows if "error" not in row]

    @property
    def error(self) -> str:
        """What went wrong where no round ended well."""
        return "" if self.good else str(self.rows[-1]["error"])

    def text(self, key: str) -> str:
        """Return a word of the first good round."""
        return str(self.good[0].get(key, "")) if self.good else ""

    def values(self, key: str) -> list[float]:
        """Return a figure of every round that has it."""
        return [float(row[key]) for row in self.good if key in row]

    def median(self, key: str) -> float | None:
        """Return a figure's median."""
        values = self.values(key)
        return statistics.median(values) if values else None

    @property
    def bars(self) -> int:
        """Bars of the run: what the program says it did, or what it was given."""
        return int(self.good[0]["bars"]) if self.good else int(self.rows[0]["bars"])

    @property
    def rates(self) -> list[float]:
        """Bars a second of each round's run."""
        return [self.bars / seconds for seconds in self.values("seconds") if seconds > 0]

    @property
    def rate(self) -> float | None:
        """The median of bars a second."""
        return statistics.median(self.rates) if self.rates else None


def summaries(rows: Iterable[Row], part: str) -> list[Summary]:
    """Return a part's rows by label and number of bars, in the order in which they first came."""
    found: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        if row["part"] == part:
            found.setdefault((row["label"], row["given"]), []).append(row)
    return [Summary(tuple(group)) for group in found.values()]


def find(group: Sequence[Summary], label: str) -> Summary | None:
    """Return the first of a label, if it ended well."""
    return next((one for one in group if one.label == label and one.good), None)


def difference(row: Row) -> str:
    """Return how a row differs from the exact answer, in one word or in the difference of fills and equity."""
    answer = row.get("answer")
    if answer is None or "fills" not in row:
        return ""
    fills = int(row["fills"]) - int(answer[0])
    equity = Decimal(str(row["equity"])) - Decimal(answer[1])
    if not fills and abs(equity) < Decimal("0.000001"):
        # A binary float cannot say more; Logos' text is compared to the last decimal elsewhere.
        return EXACT
    return f"{fills:+d} fills, {equity:+.4f}"


def rate(value: float | None) -> str:
    """Return bars a second in three figures."""
    if value is None:
        return ""
    if value >= 1e7:
        return f"{value / 1e6:,.0f} M"
    return f"{value / 1e6:.2f} M" if value >= 1e6 else f"{value:,.0f}"


def seconds(value: float | None) -> str:
    """Return seconds in about three figures."""
    if value is None:
        return ""
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def span(values: Sequence[float], shown: Callable[[float], str]) -> str:
    """Return least and greatest, where there are two."""
    return f"{shown(min(values))} to {shown(max(values))}" if len(values) > 1 else "one run" if values else ""


Column = tuple[str, Callable[[Summary], str]]
PROGRAM: Column = ("program", lambda one: one.label)
VERSION: Column = ("version", lambda one: one.text("version"))
BARS: Column = ("bars", lambda one: f"{one.bars:,}")
RATE: Column = ("bars/s", lambda one: rate(one.rate))
RANGE: Column = ("range", lambda one: span(one.rates, rate))
RUN: Column = ("run s", lambda one: seconds(one.median("seconds")))
RUNS: Column = ("range", lambda one: span(one.values("seconds"), seconds))
FIRST: Column = ("first call s", lambda one: seconds(one.median("first")))
SHELL: Column = ("shell s", lambda one: seconds(one.median("shell")))
SHELLS: Column = ("range", lambda one: span(one.values("shell"), seconds))
MEMORY: Column = ("peak MiB", lambda one: f"{one.median('memory') or 0:,.0f}")
FILLS: Column = ("fills", lambda one: f"{int(one.text('fills') or 0):,}")
EQUITY: Column = ("final equity", lambda one: f"{Decimal(one.text('equity') or 0):.6f}")
AGAINST: Column = ("against the exact answer", lambda one: difference(one.good[0]) if one.good else "")
COLUMNS: dict[str, tuple[Column, ...]] = {
    "run": (PROGRAM, VERSION, BARS, RATE, RANGE, SHELL, MEMORY, FILLS, EQUITY, AGAINST),
    "ten": (PROGRAM, VERSION, BARS, RATE, RANGE, SHELL, MEMORY, FILLS, EQUITY, AGAINST),
    "growth": (PROGRAM, BARS, RATE, RANGE, SHELL, MEMORY, FILLS, EQUITY, AGAINST),
    "kernel": (PROGRAM, VERSION, RATE, RANGE, FIRST, FILLS, EQUITY, AGAINST),
    "sweep": (PROGRAM, VERSION, RUN, RUNS, FIRST, SHELL, SHELLS, MEMORY, FILLS, EQUITY, AGAINST),
    "start": (("command", lambda one: one.label), SHELL, SHELLS),
}
TITLES = {
    "run": "One symbol",
    "ten": "Ten symbols in one account",
    "growth": "Growth",
    "kernel": "The kernel beside a bare loop",
    "sweep": "A sweep of a hundred pairs (fills and equities of all pairs added up)",
    "start": "Start of the program",
}
PARTS = tuple(TITLES)


def order(part: str, group: list[Summary]) -> list[Summary]:
    """Return the fastest first; growth stays by label and length, and failures come last."""
    if part == "growth":
        return sorted(group, key=lambda one: (one.label, one.bars))
    if part == "start":
        return sorted(group, key=lambda one: one.median("shell") or float("inf"))
    return sorted(group, key=lambda one: -(one.rate or 0))


def table(part: str, rows: Sequence[Row]) -> str:
    """Return a part as a Markdown table, and below it the programs that failed and why."""
    columns = COLUMNS[part]
    group = summaries(rows, part)
    if part == "growth":  # the run of the middle length was measured already
        labels = {one.label for one in group}
        group += [one for one in summaries(rows, "run") if one.label in labels]
    group = order(part, group)
    lines = [[name for name, _ in columns], *([cell(one) for _, cell in columns] for one in group if one.good)]
    failures = [f"{one.label} failed: {one.error}" for one in group if not one.good]
    return "\n".join([f"### {TITLES[part]}", "", markdown(lines), *(line for text in failures for line in ("", text))])


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """Return cells as a Markdown table with its columns aligned, so that it reads well on a terminal too."""
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    rows = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([rows[0], rule, *rows[1:]])
