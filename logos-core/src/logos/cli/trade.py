"""``logos trade``: run a paper session, or resume one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logos.domain.errors import InputError

if TYPE_CHECKING:
    from logos.config.records import SessionConfig
    from logos.live.setup import Outcome
    from logos.plugins.registry import Registry


def trade(  # noqa: PLR0913 -- each is an option of the command
    *,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="The session's config; without it, the bundled fixtures.")
    ] = None,
    paper: Annotated[bool, typer.Option("--paper", help="Trade on paper: what this release always does.")] = False,
    fixtures: Annotated[bool, typer.Option("--fixtures", help="Use the bundled, simulated bars.")] = False,
    resume: Annotated[
        str, typer.Option("--resume", metavar="ID", help="Continue a session: its id, the start of it, or latest.")
    ] = "",
    clear_halt: Annotated[bool, typer.Option("--clear-halt", help="Forgive the halt of the resumed session.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Refused: this release sends no order to a venue.")] = False,
    acknowledge: Annotated[
        bool, typer.Option("--i-acknowledge-risk", help="What --live needs, and is refused with.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, on one line, last.")] = False,
) -> None:
    """Run a paper session on the bundled fixtures or as a config says, or resume one.

    Ends with exit code 0, or with 3 where the session was halted or paused. SIGINT pauses, a second one ends at once.
    """
    if live:
        _refuse_live(paper=paper, acknowledge=acknowledge)
    _check_options(config=config, fixtures=fixtures, resume=resume, clear_halt=clear_halt)
    from logos.cli.session_output import print_outcome  # noqa: PLC0415 -- loads what only a session needs
    from logos.plugins.registry import load_registry  # noqa: PLC0415

    outcome = _run(load_registry(), config, resume, clear_halt=clear_halt, as_json=as_json)
    print_outcome(outcome, as_json=as_json)
    raise typer.Exit(outcome.exit_code)


def _refuse_live(*, paper: bool, acknowledge: bool) -> None:
    if paper:
        raise InputError("--paper and --live contradict each other", hint="Leave --live out: sessions run on paper")
    hint = "Leave --live out: sessions run on paper" if acknowledge else "It would need --i-acknowledge-risk too"
    raise InputError("--live is refused: this release sends no order to a venue", hint=hint)


def _check_options(*, config: Path | None, fixtures: bool, resume: str, clear_halt: bool) -> None:
    if fixtures and (config or resume):
        raise InputError("--fixtures runs the bundled session", hint="Leave out --config and --resume, or --fixtures")
    if clear_halt and not resume:
        raise InputError("--clear-halt goes with --resume", hint="Name the halted session: --resume ID --clear-halt")


def _run(registry: Registry, config: Path | None, resume: str, *, clear_halt: bool, as_json: bool) -> Outcome:
    from logos import paths  # noqa: PLC0415
    from logos.cli.session_output import LiveLine, teller  # noqa: PLC0415
    from logos.context.credentials import remember_file  # noqa: PLC0415
    from logos.live import launch  # noqa: PLC0415
    from logos.live import resume as resuming  # noqa: PLC0415
    from logos.live.setup import Setup  # noqa: PLC0415

    workspace = paths.workspace()
    remember_file(workspace)  # a config may repeat a secret by mistake, and so would its refusal
    with LiveLine() as line:
        setup = Setup(
            workspace=workspace,
            registry=registry,
            progress=line.show,
            tell=teller(as_json=as_json),
            wrap=line.follow,
        )
        if resume:
            from logos.artifacts.locating import find_session  # noqa: PLC0415

            folder = find_session(setup.workspace, resume)
            given = None if config is None else _load(config, registry, workspace, setup.tell)
            return resuming.resume(setup, folder, clear_halt=clear_halt, config=given)
        return launch.start(setup, _load(config, registry, workspace, setup.tell))


def _load(config: Path | None, registry: Registry, workspace: Path, tell: Callable[[str], None]) -> SessionConfig:
    from logos.config.default import guards_left_out  # noqa: PLC0415
    from logos.config.session import default_session_config, load_session_config  # noqa: PLC0415
    from logos.paths import env_seed  # noqa: PLC0415

    if config is None:
        for offer, reason in guards_left_out(registry):
            tell(f"Guard {offer.qualified} is installed and not on: {reason}")
        return default_session_config(registry, default_seed=env_seed())
    return load_session_config(config, registry, workspace=workspace, default_seed=env_seed())
