"""What ``logos data`` shows: a bar while it works, the list of a cache, and what a check has found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer

from logos.cli.output import emit_json, print_table
from logos.data.bar_files import interval_text
from logos.data.catalogue.kinds import DEFECT, KINDS, NOTE
from logos.domain.times import time_text

if TYPE_CHECKING:
    from logos.data.catalogue.listing import Listed
    from logos.data.catalogue.places import Cache
    from logos.data.catalogue.records import CheckReport, FileReport, Finding

_LISTED = ("asset class", "symbol", "interval", "form", "rows", "first", "last", "bytes", "modified")
_FOUND = ("severity", "kind", "count", "line", "time", "found")


def print_listing(cache: Cache, listed: Sequence[Listed], *, as_json: bool) -> None:
    """Print what a cache holds: one JSON object, or a table."""
    if as_json:
        emit_json({"cache": cache.name, "files": [_listed_object(one) for one in listed]})
    elif listed:
        faulty = any(one.fault for one in listed)
        columns = (*_LISTED, "fault") if faulty else _LISTED
        rows = [(*_listed_cells(one), one.fault or "") if faulty else _listed_cells(one) for one in listed]
        print_table(cache.name, columns, rows, numeric=("rows", "bytes"))
        if faulty:
            typer.echo("\nWhat is wrong with a file: logos data check")
    else:
        typer.echo(f"There is no bar file in {cache.name}. What the program brings along: logos data list bundled")


def _listed_cells(one: Listed) -> tuple[str, ...]:
    return (
        one.asset_class or "",
        one.symbol,
        _interval(one.interval) or "",
        one.form,
        f"{one.rows:,}",
        _time(one.first) or "",
        _time(one.last) or "",
        f"{one.size:,}",
        time_text(one.modified),
    )


def _listed_object(one: Listed) -> dict[str, Any]:
    return {
        "name": one.name,
        "asset_class": one.asset_class,
        "symbol": one.symbol,
        "interval": _interval(one.interval),
        "form": one.form,
        "rows": one.rows,
        "first": _time(one.first),
        "last": _time(one.last),
        "fault": one.fault,
        "bytes": one.size,
        "modified": time_text(one.modified),
    }


def print_check(report: CheckReport, *, as_json: bool) -> None:
    """Print what a check has found: one JSON object, or a table a file and a line for all."""
    if as_json:
        emit_json(_report_object(report))
        return
    for file in report.files:
        _print_file(file)
    _print_remedies(report)
    typer.echo(_conclusion(report))


def _print_file(file: FileReport) -> None:
    title = f"{file.name}: {', '.join(_about(file))}"
    if file.findings:
        print_table(title, _FOUND, [_cells(finding) for finding in file.findings], numeric=("count", "line"))
    else:
        typer.echo(f"{title}: nothing found")
    if file.not_checked:
        typer.echo(f"not checked: {'; '.join(file.not_checked)}")
    typer.echo("")


def _about(file: FileReport) -> Iterator[str]:
    yield f"{file.rows:,} row{'' if file.rows == 1 else 's'}"
    if file.interval:
        yield f"of {interval_text(file.interval)}"
    if file.first is not None and file.last is not None:
        yield f"{time_text(file.first)} to {time_text(file.last)}"
    if file.calendar:
        yield f"calendar {file.calendar}"


def _cells(finding: Finding) -> tuple[str, ...]:
    return (
        finding.severity,
        finding.kind,
        f"{finding.count:,}",
        "" if finding.line is None else f"{finding.line:,}",
        finding.time or "",
        finding.found if finding.found.startswith(finding.series) else f"{finding.series}: {finding.found}",
    )


def _print_remedies(report: CheckReport) -> None:
    found = {finding.kind for file in report.files for finding in file.findings}
    rows = [(kind, KINDS[kind].expected, KINDS[kind].remedy) for kind in KINDS if kind in found]
    if rows:
        print_table("What to do", ("kind", "expected", "what to do"), rows)
        typer.echo("")


def _conclusion(report: CheckReport) -> str:
    files = len(report.files)
    rows = sum(file.rows for file in report.files)
    bad = sum(file.defects > 0 for file in report.files)
    text = f"{_counted(files, 'file')}, {_counted(rows, 'row')}: "
    if not files:
        return "There is no bar file to check. Name a file or a folder, or import one first."
    if not report.defects:
        return f"{text}no defect, {_counted(report.notes, NOTE)}."
    return f"{text}{_counted(report.defects, DEFECT)} in {_counted(bad, 'file')}, {_counted(report.notes, NOTE)}."


def _report_object(report: CheckReport) -> dict[str, Any]:
    return {
        "passed": report.defects == 0,
        "defects": report.defects,
        "notes": report.notes,
        "files": [
            {
                "name": file.name,
                "symbol": file.symbol,
                "asset_class": file.asset_class,
                "interval": _interval(file.interval),
                "calendar": file.calendar,
                "tick": file.tick,
                "form": file.form,
                "rows": file.rows,
                "first": _time(file.first),
                "last": _time(file.last),
                "findings": [_finding_object(finding) for finding in file.findings],
                "not_checked": list(file.not_checked),
            }
            for file in report.files
        ],
    }


def _finding_object(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "severity": finding.severity,
        "count": finding.count,
        "line": finding.line,
        "time": finding.time,
        "series": finding.series or None,
        "found": finding.found,
        "expected": finding.expected,
        "remedy": finding.remedy,
    }


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _interval(seconds: int | None) -> str | None:
    return None if seconds is None else interval_text(seconds)


def _time(at: int | None) -> str | None:
    return None if at is None else time_text(at)
