"""What ``logos rehearse`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from logos.cli.output import emit_json, print_table
from logos.live.stage import relative
from logos.proofs.rehearsing.report import COLUMNS, REPORT_FILE, rows, summary

if TYPE_CHECKING:
    from logos.proofs.rehearsing.crash import CrashReport
    from logos.proofs.rehearsing.rehearsal import Report

_SHOWN = ("Verdict", "Rehearsal", "Limit", "Happened")


def print_rehearsal(report: Report, *, as_json: bool) -> None:
    """Print the table of a rehearsal, what differs in whole, and where the report lies."""
    if as_json:
        emit_json(report.as_object())
        return
    places = [COLUMNS.index(name) for name in _SHOWN]
    print_table("", _SHOWN, [[row[place] for place in places] for row in rows(report.results)])
    for result in report.results:
        for name, text in result.expected.items():
            if result.happened.get(name) != text:
                found = result.happened.get(name) or result.happened.get("error", "not found")
                typer.echo(f"{result.name}: {name}: expected {text}, found {found}")
    typer.echo(f"{summary(report)}. {relative(report.folder / REPORT_FILE, report.root)} has the evidence.")


def print_crashes(report: CrashReport, *, as_json: bool) -> None:
    """Print what came of killing a session, and where the report lies."""
    if as_json:
        emit_json(report.as_object())
        return
    for line in report.lines():
        typer.echo(line)
    typer.echo(f"{relative(report.folder / REPORT_FILE, report.root)} has the evidence.")
