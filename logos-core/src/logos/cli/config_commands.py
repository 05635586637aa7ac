"""``logos config``: check a config, show it resolved, explain the session that it makes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from logos.assembly.checking import Checked

app = typer.Typer(help="Check, show and explain a config.", no_args_is_help=True)

EXIT_WRONG = 2

_Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="A session config.", show_default=False)]
_Probe = Annotated[bool, typer.Option("--probe", help="Ask the broker's venue, and use its terms.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, on one line, last.")]


@app.callback()
def _config() -> None:
    """Check, show and explain a config."""


@app.command("check")
def check_command(
    config: _Config,
    *,
    probe: Annotated[
        bool, typer.Option("--probe", help="Ask the venues too: key, permissions, account, clock, markets, bars.")
    ] = False,
    live: Annotated[bool, typer.Option("--live", help="Say what stands in the way of live orders.")] = False,
    acknowledge: Annotated[bool, typer.Option("--i-acknowledge-risk", help="What --live would need.")] = False,
    as_json: _Json = False,
) -> None:
    """Find everything that would keep a session from starting, and what is odd about it. Nothing is traded or written.

    Ends with exit code 0, or with 2 where something is wrong. Warnings do not change it.
    """
    from logos.assembly.checking import live_problems, with_problems  # noqa: PLC0415 -- loads what only a check needs
    from logos.cli.config_output import print_check  # noqa: PLC0415 -- the same

    checked = checked_config(config, probe=probe)
    if live:
        checked = with_problems(checked, live_problems(checked, acknowledged=acknowledge))
    print_check(checked, as_json=as_json)
    if not checked.sound:
        raise typer.Exit(EXIT_WRONG)


@app.command("show")
def show_command(
    config: _Config,
    *,
    probe: _Probe = False,
    plain: Annotated[bool, typer.Option("--plain", help="Leave out where each value comes from.")] = False,
    as_json: _Json = False,
) -> None:
    """Print a config as it resolves, with every default, and where each value comes from. It is a config itself."""
    from logos.cli.config_output import print_resolved  # noqa: PLC0415 -- loads what only this needs
    from logos.cli.config_reading import read_config, require_sound, under_its_venue  # noqa: PLC0415 -- the same

    read = read_config(config)
    if probe:
        checked = checked_config(config, probe=True)
        require_sound(checked)
        read = under_its_venue(read, checked)
    print_resolved(read, plain=plain, as_json=as_json)


@app.command("explain")
def explain_command(config: _Config, *, probe: _Probe = False, as_json: _Json = False) -> None:
    """Draw the session that a config makes: who fills which seat, with every value and where it comes from.

    Ends with exit code 0, or with 2 where a session could not start.
    """
    from logos.cli.config_explain import print_session  # noqa: PLC0415 -- loads what only this needs
    from logos.cli.config_reading import read_config, under_its_venue  # noqa: PLC0415 -- the same

    read = read_config(config)
    checked = checked_config(config, probe=probe)
    print_session(under_its_venue(read, checked) if probe else read, checked, as_json=as_json)
    if not checked.sound:
        raise typer.Exit(EXIT_WRONG)


def checked_config(config: Path, *, probe: bool) -> Checked:
    """Check a config in the workspace of this process."""
    from logos.assembly.checking import Surroundings, check_config  # noqa: PLC0415 -- loads what only a check needs
    from logos.context.clock import SystemClock  # noqa: PLC0415 -- the same
    from logos.context.credentials import remember_file, workspace_secrets  # noqa: PLC0415
    from logos.context.environment import offline  # noqa: PLC0415
    from logos.live.late_log import LateLog  # noqa: PLC0415
    from logos.paths import env_seed, workspace  # noqa: PLC0415
    from logos.plugins.registry import load_registry  # noqa: PLC0415

    folder = workspace()
    remember_file(folder)
    around = Surroundings(
        registry=load_registry(),
        workspace=folder,
        clock=SystemClock(),
        log=LateLog(_tell),
        secrets=workspace_secrets(folder),
        offline=offline(),
        default_seed=env_seed(),
    )
    return check_config(config, around, probe=probe)


def _tell(text: str) -> None:
    typer.echo(text, err=True)
