"""Streamlit's server in this process: its options, a port, and an end that is told from a failure."""

from __future__ import annotations

import errno
import logging
import signal
import socket
import sys
import threading
import tomllib
import webbrowser
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import typer

from logos.domain.errors import InputError
from logos.ui.streamlit.command import FIRST_PORT
from logos.ui.streamlit.own_address import OwnAddressOnly

if TYPE_CHECKING:
    from starlette.middleware import Middleware

SCRIPT = Path(__file__).with_name("script.py")
OPTIONS = Path(__file__).parent / ".streamlit" / "config.toml"
OLDEST = (1, 66)
"""The first Streamlit whose server can be started with options, and be told where to listen, by its own interface."""

_PORTS_TRIED = 100


def options(address: str, port: int) -> dict[str, Any]:
    """Return every option that Streamlit is run with, by its full name such as ``theme.dark.textColor``."""
    own = dict(_flat("", tomllib.loads(OPTIONS.read_text(encoding="utf-8"))))
    return own | {"server.address": address, "server.port": port, "logger.hideWelcomeMessage": True}


def free_port(address: str, wanted: int | None) -> int:
    """Return a port that nobody listens on.

    Parameters
    ----------
    wanted:
        The one to take; by default the first free one from 8501.

    Raises
    ------
    InputError
        Where it is taken, or none is free, or the address is not one of this machine.
    """
    for port in range(FIRST_PORT, FIRST_PORT + _PORTS_TRIED) if wanted is None else (wanted,):
        if _is_free(address, port):
            return port
    if wanted is None:
        raise InputError(
            f"no port from {FIRST_PORT} to {FIRST_PORT + _PORTS_TRIED - 1} is free on {address}",
            hint="Name another one with --port",
        )
    raise InputError(
        f"port {wanted} on {address} is taken or not allowed",
        hint="Leave --port away to have the first free one taken, or name another",
    )


def serve(address: str, port: int, *, browser: bool) -> None:
    """Serve the dashboard until the process is interrupted, which raises, or terminated, which returns.

    Raises
    ------
    InputError
        Where Streamlit is missing or too old.
    """
    check_streamlit()
    from streamlit.starlette import App  # noqa: PLC0415 -- takes a second to load, and may be missing

    host = f"[{address}]" if ":" in address else address
    link = f"http://{host}:{port}"

    @asynccontextmanager
    async def running(_app: App) -> AsyncIterator[None]:
        typer.echo(f"Logos dashboard: {link}  (read-only; Ctrl-C ends it)")
        sys.stdout.flush()
        if browser and sys.stdout.isatty():
            threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()
        yield

    with _ended_by_sigterm():
        app = App(SCRIPT, lifespan=running, middleware=before_streamlit(), on_script_error=told)
        app.run(config=options(address, port))


def before_streamlit() -> list[Middleware]:
    """Return what sees every request before Streamlit does."""
    from starlette.middleware import Middleware  # noqa: PLC0415 -- comes with Streamlit, which may be missing

    logging.getLogger("streamlit.error_util").addFilter(_not_told_twice)
    return [Middleware(OwnAddressOnly)]


def told(error: Exception) -> bool:
    """Draw a card for what a panel raised by itself, in place of Streamlit's own box."""
    from logos.ui.streamlit.components.shield import tell  # noqa: PLC0415 -- as heavy as Streamlit

    tell(error)
    return True


def _not_told_twice(record: logging.LogRecord) -> bool:
    """Return whether Streamlit is to log something itself; what a page has raised, ``told`` does, and counts."""
    return record.msg != "Uncaught app execution"


def check_streamlit() -> None:
    """Refuse a Streamlit that is not there or too old.

    Raises
    ------
    InputError
        With what to install.
    """
    oldest = ".".join(map(str, OLDEST))
    hint = f"pip install 'streamlit>={oldest}'"
    try:
        found = version("streamlit")
    except PackageNotFoundError:
        raise InputError("the dashboard needs Streamlit, which is not installed", hint=hint) from None
    numbers = tuple(int(part) for part in found.split(".")[:2] if part.isdigit())
    if numbers < OLDEST:
        raise InputError(f"the dashboard needs Streamlit {oldest} or later, and {found} is installed", hint=hint)


def _flat(prefix: str, table: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", value


def _is_free(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that was just given up is free
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise InputError(
                f"cannot listen on {address}: {error.strerror}", hint="Leave --host away to listen on 127.0.0.1"
            ) from error
    return True


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Take SIGTERM for a wish to end, which is no failure. The server stops first and then hands the signal on."""
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise typer.Exit(0)
