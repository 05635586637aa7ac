"""What ``logos backtest verify`` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from logos.cli.output import emit_json, print_table

if TYPE_CHECKING:
    from logos.backtest.verifying import Verification


def print_verification(report: Verification, *, as_json: bool) -> None:
    """Print what was verified: one JSON object, or a table and the first fault of each check."""
    if as_json:
        emit_json(_values(report))
        return
    rows = [
        (check.name, "DISAGREES" if check.fault else "agrees", _counted(check.records, check.what))
        for check in report.checks
    ]
    print_table(f"Backtest {report.backtest_id}", ("check", "result", "records"), rows)
    for check in report.checks:
        if check.fault:
            typer.echo(f"\n{check.name}: {check.fault}")
    for note in report.notes:
        typer.echo(f"\nNote: {note}.")
    if report.agrees:
        typer.echo("\nAll that was checked agrees.")
    if report.uncompared:
        typer.echo(f"\nNot compared, so that nothing is said of them: {', '.join(report.uncompared)}.")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what.removesuffix('s') if number == 1 else what}"


def _values(report: Verification) -> dict[str, Any]:
    return {
        "backtest_id": report.backtest_id,
        "status": report.status,
        "agrees": report.agrees,
        "checks": [
            {"name": check.name, "records": check.records, "agrees": not check.fault, "fault": check.fault or None}
            for check in report.checks
        ],
        "notes": list(report.notes),
        "not_compared": list(report.uncompared),
    }
