"""``logos dashboard``: the dashboard in a browser on this machine, until it is interrupted."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from logos.domain.errors import InputError

LOOPBACK = "127.0.0.1"
FIRST_PORT = 8501


def dashboard(
    *,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=1, max=65_535, help=f"The port to listen on; by default the first free one from {FIRST_PORT}."
        ),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="An address of this machine alone: 127.0.0.1, localhost or ::1.")
    ] = LOOPBACK,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the browser, where this is run in a terminal.")
    ] = True,
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", help="The workspace to show; by default LOGOS_HOME, or the current folder."),
    ] = None,
) -> None:
    """Open the read-only dashboard in a browser on this machine. Ctrl-C ends it.

    It shows what backtests and sessions have written, and changes nothing. Nobody but this machine can reach it.
    """
    from logos.context.environment import workspace_moved  # noqa: PLC0415 -- not for those who ask for help
    from logos.ui.streamlit.serving import free_port, serve  # noqa: PLC0415

    address = _loopback(host)
    place = _existing(workspace)
    with workspace_moved(place, is_home=True, is_here=True):
        serve(address, free_port(address, port), browser=browser)


def _loopback(host: str) -> str:
    """Return an address of this machine that a host names."""
    if host == "localhost":
        return LOOPBACK
    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise InputError(
            f"--host {host} is not an address of this machine alone",
            hint="The dashboard has no login, so it listens on 127.0.0.1 only. From another machine, reach it through "
            f"ssh -L {FIRST_PORT}:{LOOPBACK}:{FIRST_PORT}",
        )
    return host


def _existing(workspace: Path | None) -> Path:
    from logos.paths import workspace as usual  # noqa: PLC0415 -- not for those who ask for help

    place = usual() if workspace is None else workspace.expanduser().absolute()
    if not place.is_dir():
        kind = "is not a folder" if place.exists() else "does not exist"
        raise InputError(
            f"the workspace {place} {kind}", hint="Name a folder with --workspace, or set LOGOS_HOME to one"
        )
    return place
