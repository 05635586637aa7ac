"""``logos replay``: run a session again from its own folder and compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from logos.cli.output import emit_json

if TYPE_CHECKING:
    from logos.proofs.comparing import Difference
    from logos.proofs.replaying import ReplayReport

DIFFERS = 4


def replay(
    session: Annotated[
        str, typer.Argument(metavar="ID", help="The session: its id, the start of it, or latest.")
    ] = "latest",
    *,
    verify: Annotated[bool, typer.Option("--verify", help="End with exit code 4 where anything differs.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run a session again from its own folder and compare every artifact byte by byte.

    The new run is thrown away; it names the first bar, event and field that differs, or says that all agree.
    """
    from logos import paths  # noqa: PLC0415 -- loads what only a session needs
    from logos.artifacts.locating import find_session  # noqa: PLC0415
    from logos.cli.session_output import LiveLine  # noqa: PLC0415
    from logos.live.setup import Setup  # noqa: PLC0415
    from logos.plugins.registry import load_registry  # noqa: PLC0415
    from logos.proofs import replaying  # noqa: PLC0415

    workspace = paths.workspace()
    folder = find_session(workspace, session)
    with LiveLine() as line:
        setup = Setup(workspace=workspace, registry=load_registry(), progress=line.show)
        report = replaying.verify(setup, folder)
    if as_json:
        emit_json(as_object(report))
    else:
        _print(report)
    if report.differences and verify:
        raise typer.Exit(DIFFERS)


def as_object(report: ReplayReport) -> dict[str, object]:
    """Return a report as ``--json`` prints it."""
    import attrs  # noqa: PLC0415

    return {
        "session_id": report.session_id,
        "agrees": not report.differences,
        "differences": [attrs.asdict(difference) for difference in report.differences],
        "notes": list(report.notes),
    }


def _print(report: ReplayReport) -> None:
    outcome = report.outcome
    typer.echo(f"Ran session {report.session_id} again: {outcome.bars:,} bars, {outcome.fills:,} fills.")
    for note in report.notes:
        typer.echo(f"Note: {note}.")
    if not report.differences:
        typer.echo("All artifacts agree, byte for byte; wall-clock times, logs and the picture are not compared.")
        return
    count = len(report.differences)
    typer.echo(f"{count} {'file differs' if count == 1 else 'files differ'}. The first difference:")
    typer.echo(_sentence(report.differences[0]))
    for difference in report.differences[1:]:
        typer.echo(f"Then {_sentence(difference)}")


def _sentence(difference: Difference) -> str:
    bar = f" at bar {difference.timestamp}" if difference.timestamp else ""
    field = f", field {difference.field}" if difference.field else ""
    return (
        f"{difference.file} line {difference.line}{bar}, {difference.event}{field}:\n"
        f"  recorded {difference.recorded or '(nothing)'}\n"
        f"  replayed {difference.replayed or '(nothing)'}"
    )
