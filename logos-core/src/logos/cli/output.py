"""What commands print: tables whose names are never cut, and JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

_PADDING = 3  # a cell's blanks and its border
_LEAST_LAST = 24  # the last column may fold down to this width


def console(*, stderr: bool = False) -> Console:
    """Return a Rich console on standard output, or on standard error."""
    from rich.console import Console  # noqa: PLC0415 - Rich takes long to load

    return Console(stderr=stderr, highlight=False)


def emit_json(value: Any) -> None:
    """Print a value as JSON on one line of standard output, with everything secret in it masked."""
    from logos.context.console import MaskedText  # noqa: PLC0415 - a start that prints nothing loads nothing
    from logos.context.redaction import redact  # noqa: PLC0415

    sys.stdout.write(MaskedText(json.dumps(redact(value), ensure_ascii=False) + "\n"))


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Sequence[str] = ()
) -> None:
    """Print a table; plain aligned text where standard output is no terminal.

    No cell is ever cut. On a terminal the last column folds; where the rest is too wide still, each row is printed
    as lines of its own, one for each column.

    Parameters
    ----------
    title:
        Stands above the table; may be empty.
    columns:
        The heads of the columns.
    rows:
        The cells of each row, as many as there are columns.
    numeric:
        The columns that are aligned to the right.
    """
    if sys.stdout.isatty():
        _print_rich(title, columns, rows, numeric)
    else:
        sys.stdout.write(plain_table(title, columns, rows, numeric=numeric))


def plain_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Sequence[str] = ()
) -> str:
    """Return a table as plain text with aligned columns, as wide as it needs."""
    lines = [[_one_line(cell) for cell in row] for row in (columns, *rows)]
    widths = _widths(lines)
    text = [f"{title}\n"] if title else []
    for cells in lines:
        padded = [
            cell.rjust(width) if column in numeric else cell.ljust(width)
            for cell, width, column in zip(cells, widths, columns, strict=True)
        ]
        text.append("  ".join(padded).rstrip() + "\n")
    return "".join(text)


def _print_rich(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[str]) -> None:
    from rich.table import Table  # noqa: PLC0415 - Rich takes long to load
    from rich.text import Text  # noqa: PLC0415

    lines = [[_one_line(cell) for cell in row] for row in (columns, *rows)]
    widths = _widths(lines)
    table = Table(title=title or None, title_justify="left")
    for position, (column, width) in enumerate(zip(columns, widths, strict=True)):
        last = position == len(columns) - 1
        table.add_column(
            column,
            justify="right" if column in numeric else "left",
            no_wrap=not last,
            overflow="fold",
            min_width=min(width, _LEAST_LAST) if last else width,
        )
    for cells in lines[1:]:
        table.add_row(*(Text(cell) for cell in cells))  # Text: a cell may hold brackets that are no markup
    least = sum(widths[:-1]) + min(widths[-1], _LEAST_LAST) + _PADDING * len(columns) + 1
    target = console()
    if target.width >= least:
        target.print(table)
    else:
        _print_stacked(target, title, columns, lines[1:])


def _print_stacked(target: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print each row as lines of a column's head and its cell: the terminal is too narrow for a table."""
    width = max(map(len, columns))
    blocks = [
        "\n".join(f"{column:<{width}}  {cell}" for column, cell in zip(columns, row, strict=True)) for row in rows
    ]
    for text in (title, *blocks) if title else blocks:
        target.print(f"{text}\n", markup=False, soft_wrap=True)


def _widths(lines: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]


def _one_line(cell: str) -> str:
    from logos.context.redaction import redact_text  # noqa: PLC0415 - a start that prints nothing loads nothing

    return redact_text(" ".join(cell.split()))
