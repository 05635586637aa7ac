"""Draws the seats of a session: boxes on a terminal, indented text elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.box import ROUNDED
from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from logos.cli.config_explain import Seat
from logos.cli.output import console
from logos.domain.errors import Problem

_WIDEST = 110
_PLAIN_WIDTH = 100


def draw(name: str, seats: Sequence[Seat], findings: Iterable[tuple[str, Sequence[Problem]]]) -> None:
    """Draw the seats of a session from top to bottom, then what was found wrong or odd."""
    boxes = sys.stdout.isatty()
    target = console()
    target.width = min(target.width, _WIDEST) if boxes else _PLAIN_WIDTH
    target.print(Text(f"{name}: from bars to artifacts; lines are those of this file\n"))
    for seat in seats:
        if boxes:
            target.print(_box(seat))
        else:
            sys.stdout.write(_plain(seat, target))
        if seat.gives:
            target.print(Text(f"      {'│' if boxes else '|'} {seat.gives}\n      {'▼' if boxes else 'v'}"))
    for title, problems in findings:
        if problems:
            target.print(Text(f"\n{title}:"))
            for problem in problems:
                target.print(Text(f"  {problem}"), soft_wrap=not boxes)


def _box(seat: Seat) -> Panel:
    return Panel(
        _values(seat, expand=True),
        title=Text(_head(seat)),
        title_align="left",
        subtitle=Text(seat.owner) if seat.owner else None,
        subtitle_align="right",
        box=ROUNDED,
    )


def _plain(seat: Seat, target: Console) -> str:
    """Return a seat as indented text without blanks at the ends of lines."""
    with target.capture() as captured:
        target.print(Padding(_values(seat, expand=False), (0, 0, 0, 2)))
    lines = [f"{_head(seat)}  ({seat.owner})" if seat.owner else _head(seat), *captured.get().splitlines()]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _head(seat: Seat) -> str:
    return f"{seat.role}: {seat.plugin}" if seat.plugin else seat.role


def _values(seat: Seat, *, expand: bool) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0), pad_edge=False, expand=expand)
    table.add_column(no_wrap=True, min_width=12)
    table.add_column(overflow="fold", ratio=1)
    table.add_column(no_wrap=True, justify="right" if expand else "left", style="dim")
    for value in seat.values:
        table.add_row(Text(value.key), Text(value.text), Text("" if value.origin is None else str(value.origin)))
    if not seat.values and seat.owner:
        table.add_row(Text("takes no keys"), Text(""), Text(""))
    return table
