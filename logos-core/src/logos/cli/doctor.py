"""``logos doctor``: the machine, the installation and the workspace, and with a config, its venues."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXIT_WRONG_CONFIG = 2
EXIT_FAILED = 4


def doctor(
    config: Annotated[
        Path | None, typer.Argument(metavar="CONFIG", help="A session config, to be checked with its venues.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, on one line, last.")] = False,
) -> None:
    """Look at the machine, the installation and the workspace; with a config, at all that it needs, venues included.

    Ends with exit code 0, with 4 where something failed, or with 2 where the config is wrong. Nothing is written.
    """
    from logos.cli.config_commands import checked_config  # noqa: PLC0415 -- loads what only this command needs
    from logos.cli.config_output import check_record, health_records, print_check, print_health  # noqa: PLC0415
    from logos.cli.doctor_checks import machine_checks  # noqa: PLC0415
    from logos.cli.output import emit_json  # noqa: PLC0415
    from logos.paths import workspace  # noqa: PLC0415
    from logos.session.outside import Verdict  # noqa: PLC0415

    checks = tuple(machine_checks(workspace()))
    if not as_json:
        print_health(checks)
    checked = None if config is None else checked_config(config, probe=True)
    failed = [check for check in checks if check.verdict is Verdict.FAILED]
    if as_json:
        sound = not failed and (checked is None or checked.sound)
        record = None if checked is None else check_record(checked)
        emit_json({"sound": sound, "checks": health_records(checks), "config": record})
    elif checked is not None:
        typer.echo("")
        print_check(checked, as_json=False)
    if checked is not None and checked.problems:
        raise typer.Exit(EXIT_WRONG_CONFIG)
    if failed or (checked is not None and not checked.sound):
        raise typer.Exit(EXIT_FAILED)
