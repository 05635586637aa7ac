"""What ``logos diff`` shows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from logos.cli.output import console, emit_json, plain_table

if TYPE_CHECKING:
    from logos.proofs.divergence.report import Report, RunTold, Told

_NOTHING = "(nothing)"
_LABELS = 12


def print_report(report: Report, *, as_json: bool) -> None:
    """Print what was found: one JSON object, or one line where both agree, or a short block."""
    if as_json:
        import attrs  # noqa: PLC0415 -- only what is used is loaded

        emit_json({"agrees": report.agrees, **attrs.asdict(report)})
    elif report.agrees:
        typer.echo(_agrees(report))
        _print_notes(report)
    else:
        _print_difference(report)


def _agrees(report: Report) -> str:
    agreed = report.agreed
    slices = f"{_counted(agreed.slices, 'slice')}, " if agreed.until else ""
    orders, fills = _counted(agreed.orders, "order"), _counted(agreed.fills, "fill")
    return f"No difference: {slices}{_counted(agreed.decisions, 'decision')}, {orders} and {fills} are equal."


def _print_difference(report: Report) -> None:
    for letter, run in (("A", report.a), ("B", report.b)):
        typer.echo(f"{letter}  {_run(run)}")
    typer.echo("")
    _print_headline(f"First difference: {report.cause}")
    for label, text in _lines(report):
        typer.echo(f"  {label:<{_LABELS}}{text}".rstrip())
    if report.events:
        typer.echo("")
        _print_events(report)
    typer.echo("")
    for number, text in enumerate(report.evidence):
        typer.echo(f"  {'Because' if not number else '':<{_LABELS}}{text}")
    typer.echo(f"  {'Next':<{_LABELS}}{report.next}")
    _print_notes(report)


def _run(run: RunTold) -> str:
    return f"{run.kind} {run.id} ({run.status}), {run.first} to {run.last}"


def _print_headline(text: str) -> None:
    if sys.stdout.isatty():
        from rich.text import Text  # noqa: PLC0415 -- Rich takes long to load

        console().print(Text(text, style="bold"))
    else:
        typer.echo(text)


def _lines(report: Report) -> Iterator[tuple[str, str]]:
    """Yield what differs, line by line: a label and its text."""
    told = report.difference
    if told is not None:
        yield "Bar", _bar(told)
        if told.event:
            yield "Event", _event(told)
        if told.field:
            yield "Field", told.field
        if told.a and told.b:
            yield "A", told.a
            yield "B", told.b
        else:
            yield "Only in", "A" if told.a else "B"
    else:
        yield "Bar", "not known: neither orders nor the account show it"
    yield "Agreed", _agreed(report)


def _bar(told: Told) -> str:
    symbol = f"{told.symbol}, " if told.symbol else ""
    kind = ", from before the first slice" if told.what == "history" else f", closed {told.clock}"
    return f"{symbol}opened {told.opened}{kind}{'' if told.exact else ', or an earlier one'}"


def _event(told: Told) -> str:
    order = "" if told.order_id is None else f"order {told.order_id}"
    return ", ".join(part for part in (told.event, order, told.strategy) if part)


def _agreed(report: Report) -> str:
    agreed = report.agreed
    bars = "" if agreed.bars is None else f"{_counted(agreed.bars, 'bar')}, "
    slices = f"{_counted(agreed.slices, 'slice')} up to {agreed.until}, " if agreed.until else ""
    return f"{bars}{slices}{_counted(agreed.orders, 'order')}, {_counted(agreed.fills, 'fill')}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _print_events(report: Report) -> None:
    columns = ("clock", "A", "B")
    rows = [(line.at, line.a or _NOTHING, line.b or _NOTHING) for line in report.events]
    if not sys.stdout.isatty():
        for line in plain_table("", columns, rows).splitlines():
            typer.echo(f"  {line}")
        return
    from rich.padding import Padding  # noqa: PLC0415 -- Rich takes long to load
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column(columns[0], no_wrap=True, style="dim")
    for column in columns[1:]:
        table.add_column(column, overflow="fold")
    for clock, a, b in rows:
        table.add_row(clock, *(Text(cell, style="" if a == b else "bold") for cell in (a, b)))
    console().print(Padding(table, (0, 0, 0, 2)))


def _print_notes(report: Report) -> None:
    for text in report.notes:
        typer.echo(f"  {'Note':<{_LABELS}}{text}")
