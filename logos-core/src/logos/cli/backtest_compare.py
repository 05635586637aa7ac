"""What ``logos backtest compare`` shows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import typer

from logos.backtest.measures import Kind, value_text
from logos.cli.output import emit_json, print_table

if TYPE_CHECKING:
    from logos.backtest.comparing import Comparison, Delta


def print_comparison(comparison: Comparison, *, as_json: bool) -> None:
    """Print a comparison: one JSON object, or tables and a verdict."""
    if as_json:
        emit_json(_values(comparison))
        return
    from logos.config.comparing import value_of  # noqa: PLC0415 -- only what the command uses is loaded

    typer.echo(f"A  {comparison.a}\nB  {comparison.b}\n")
    columns = ("figure", "A", "B", "B less A", *(() if comparison.obstacles else ("better",)))
    rows = [_cells(delta, comparison.currency)[: len(columns)] for delta in comparison.metrics]
    print_table("", columns, rows, numeric=columns[1:4])
    typer.echo("")
    if comparison.config:
        changes = [(change.path, value_of(change.a), value_of(change.b)) for change in comparison.config]
        print_table("Config", ("path", "A", "B"), changes)
    else:
        typer.echo("The configs are the same.")
    typer.echo("\n" + "\n".join(comparison.verdict))


def _cells(delta: Delta, currency: str) -> tuple[str, ...]:
    return (
        delta.label,
        _text(delta.a, delta.kind, currency),
        _text(delta.b, delta.kind, currency),
        _difference(delta, currency),
        delta.better,
    )


def _text(value: Any, kind: Kind, currency: str) -> str:
    return value_text(value, kind, currency=currency)


def _difference(delta: Delta, currency: str) -> str:
    """Return a difference with its sign; that of two percentages is one in percentage points."""
    text = _text(delta.difference, delta.kind, currency).replace(" %", " pp")
    return f"+{text}" if delta.difference is not None and Decimal(str(delta.difference)) > 0 else text


def _values(comparison: Comparison) -> dict[str, Any]:
    import attrs  # noqa: PLC0415

    values = attrs.asdict(comparison)
    values["verdict"] = list(comparison.verdict)
    return values
