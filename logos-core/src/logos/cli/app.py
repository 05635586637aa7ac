"""The program ``logos``."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from logos.cli.commands import CORE, plugin_commands, root_help
from logos.cli.errors import INTERRUPTED, run_guarded
from logos.context.console import install_hooks, masked_streams


def main(*words: str) -> NoReturn:
    """Run the command line and end the process with its exit code.

    Parameters
    ----------
    words:
        What stands before the words that the process was started with.
    """
    codes: list[int] = []
    atexit.register(_leave, codes)  # before whatever a library registers, and so called after it
    install_hooks()
    codes.append(run([*words, *sys.argv[1:]]))
    if codes == [INTERRUPTED]:
        # The interpreter takes a while to leave, and one more Ctrl-C would kill it there with another exit code.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(codes[0])


def run(arguments: Sequence[str]) -> int:
    """Run a command within this process and return its exit code.

    Parameters
    ----------
    arguments:
        What stands behind the program's name.
    """
    as_json = "--json" in arguments
    with masked_streams():
        return run_guarded(lambda: _run(arguments, as_json=as_json), as_json=as_json)


def _run(words: Sequence[str], *, as_json: bool) -> int:
    if list(words) in (["--help"], ["-h"]):  # importing Typer takes longer than all the rest of it
        sys.stdout.write(root_help({**CORE, **plugin_commands()}))
        return 0
    from logos.cli.root import invoke  # noqa: PLC0415 - see above

    return invoke(words, as_json=as_json)


def _leave(codes: Sequence[int]) -> None:
    """End the process once Python has done all that it does at an exit, before the libraries' own code does more.

    What runs there cannot change what the command has done, only its exit code: now and then a thread of Arrow's
    aborts the process there.
    """
    if not codes:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return  # Python tries again, and says what is wrong
    os._exit(codes[0])
