"""``logos audit``: a session's books rebuilt by a second accounting, and its journal's chain checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from logos.proofs.auditor import AuditReport

EXIT_DIFFERS = 4


def audit(
    session: Annotated[str, typer.Argument(help="A session id, the start of one, or latest.")] = "latest",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Rebuild a session's books from its trades alone, check the journal's chain, and compare every table.

    Ends with exit code 0 where all agree, or with 4 and the first record of each check that disagrees.
    """
    from logos.artifacts.locating import find_session  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.paths import workspace  # noqa: PLC0415
    from logos.proofs.auditor import audit as audit_folder  # noqa: PLC0415

    report = audit_folder(find_session(workspace(), session))
    if as_json:
        from logos.cli.output import emit_json  # noqa: PLC0415

        emit_json(_values(report))
    else:
        _print(report)
    if not report.agrees:
        raise typer.Exit(EXIT_DIFFERS)


def _values(report: AuditReport) -> dict[str, Any]:
    import attrs  # noqa: PLC0415

    checks = [
        {
            "name": check.name,
            "records": check.records,
            "agrees": check.agrees,
            "fault": None if check.fault is None else attrs.asdict(check.fault),
        }
        for check in report.checks
    ]
    return {"session_id": report.session_id, "agrees": report.agrees, "checks": checks, "notes": list(report.notes)}


def _counted(records: int, what: str) -> str:
    return f"{records:,} {what.replace('s ', ' ', 1) if records == 1 else what}"


def _print(report: AuditReport) -> None:
    from logos.cli.output import print_table  # noqa: PLC0415

    rows = [
        (check.name, "agrees" if check.agrees else "DISAGREES", _counted(check.records, check.what))
        for check in report.checks
    ]
    print_table(f"Audit of session {report.session_id}", ("check", "result", "records"), rows)
    for check in report.checks:
        if check.fault is not None:
            typer.echo(f"\n{check.name}: {check.fault}")
    for note in report.notes:
        typer.echo(f"\nNote: {note}")
    if report.agrees:
        typer.echo(
            "\nAll agree. Not judged here: session.md, quarantine.csv, the picture and the logs; "
            "logos replay --verify makes the first two again and compares."
        )
    elif sum(not check.agrees for check in report.checks) > 1:
        typer.echo("\nLook at the first of these first: later checks build on it.")
