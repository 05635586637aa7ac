"""``logos rehearse``: trigger every guard, the kill file, a crash and a resume; prove a crash of one's own session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from logos.domain.errors import InputError

if TYPE_CHECKING:
    from typer._click import Context

DIFFERS = 4
_GUARDS = "guards"
_CRASH = "crash"
_DEFAULT_SAMPLE = 25

_JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, on one line, last.")]


class _Group(TyperGroup):
    """Commands of which one is meant where none is named: ``logos rehearse drawdown`` is of the guards."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Put the name of the command in front where it was left out."""
        if not args or args[0] not in {*self.commands, "--help", "-h"}:
            args = [_GUARDS, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Group,
    help="Trigger every guard, the kill file, a crash and a resume, and report.\n\n"
    "logos rehearse GUARD is short for logos rehearse guards GUARD, such as logos rehearse drawdown; "
    "logos rehearse alone rehearses them all.",
    subcommand_metavar="[GUARD | COMMAND] [ARGS]...",
)


@app.command(_GUARDS)
def guards_command(
    guard: Annotated[str, typer.Argument(metavar="[GUARD|all]", help="The guard to rehearse; all by default.")] = "all",
    *,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="The config whose limits are rehearsed; else the default's.")
    ] = None,
    as_json: _JsonOption = False,
) -> None:
    """Run small real sessions in which each limit of a config is just crossed, and compare with what must happen.

    The word guards may be left out. Sessions and report lie in runs/rehearsals, each session in a workspace of its
    own. Ends with exit code 0 where everything happened as expected, or with 4.
    """
    from logos import paths  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.cli.progress import ProgressBar  # noqa: PLC0415
    from logos.cli.rehearse_output import print_rehearsal  # noqa: PLC0415
    from logos.config.default import SOURCE  # noqa: PLC0415
    from logos.config.session import default_session_config, load_session_config  # noqa: PLC0415
    from logos.context.clock import SystemClock  # noqa: PLC0415
    from logos.plugins.registry import load_registry  # noqa: PLC0415
    from logos.proofs.rehearsing import report as reporting  # noqa: PLC0415
    from logos.proofs.rehearsing.rehearsal import rehearse  # noqa: PLC0415

    registry, workspace, seed = load_registry(), paths.workspace(), paths.env_seed()
    if config is None:
        loaded = default_session_config(registry, default_seed=seed)
    else:
        loaded = load_session_config(config, registry, workspace=workspace, default_seed=seed)
    with ProgressBar() as bar:
        report = rehearse(
            loaded,
            registry=registry,
            workspace=workspace,
            clock=SystemClock(),
            source=SOURCE if config is None else config.as_posix(),
            only=guard,
            modes=config is None,
            progress=bar.step,
        )
    reporting.write(report)
    print_rehearsal(report, as_json=as_json)
    if not report.passed:
        raise typer.Exit(DIFFERS)


@app.command(_CRASH)
def crash_command(
    session: Annotated[
        str, typer.Argument(metavar="ID", help="The session: its id, the start of it, or latest.")
    ] = "latest",
    *,
    sample: Annotated[
        int, typer.Option("--sample", metavar="N", min=1, help="How many of its durable writes it is killed at.")
    ] = _DEFAULT_SAMPLE,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Draws the sample.")] = 0,
    every: Annotated[bool, typer.Option("--every", help="Kill it at every durable write; this may take long.")] = False,
    as_json: _JsonOption = False,
) -> None:
    """Replay a session of your own, kill it in the middle of its durable writes, resume, and compare the bytes.

    Your session's folder is only read. Ends with exit code 0 where every resume led to the same bytes, or with 4.
    """
    if every and sample != _DEFAULT_SAMPLE:
        raise InputError("--every and --sample contradict each other", hint="Leave one of them out")
    from logos import paths  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.artifacts.locating import find_session  # noqa: PLC0415
    from logos.cli.progress import ProgressBar  # noqa: PLC0415
    from logos.cli.rehearse_output import print_crashes  # noqa: PLC0415
    from logos.cli.session_output import teller  # noqa: PLC0415
    from logos.context.clock import SystemClock  # noqa: PLC0415
    from logos.proofs.rehearsing.crash import rehearse_crash  # noqa: PLC0415
    from logos.proofs.rehearsing.crash_report import write  # noqa: PLC0415

    workspace = paths.workspace()
    folder = find_session(workspace, session)
    with ProgressBar() as bar:
        report = rehearse_crash(
            folder,
            workspace=workspace,
            clock=SystemClock(),
            sample=None if every else sample,
            seed=seed,
            progress=bar.step,
            tell=teller(as_json=as_json),
        )
    write(report)
    print_crashes(report, as_json=as_json)
    if not report.passed:
        raise typer.Exit(DIFFERS)
