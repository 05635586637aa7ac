"""The program ``logos``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from logos.cli.commands import CORE, plugin_commands, root_help
from logos.cli.errors import INTERRUPTED, run_guarded
from logos.context.console import install_hooks, masked_streams


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments:
        What stands behind the program's name; by default, what the process was started with.
    """
    if arguments is None:
        install_hooks()
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    with masked_streams():
        code = run_guarded(lambda: _run(words, as_json=as_json), as_json=as_json)
    if arguments is None and code == INTERRUPTED:
        # The interpreter takes a while to leave, and one more Ctrl-C would kill it there with another exit code.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code


def _run(words: Sequence[str], *, as_json: bool) -> int:
    if words in (["--help"], ["-h"]):  # importing Typer takes longer than all the rest of it
        sys.stdout.write(root_help({**CORE, **plugin_commands()}))
        return 0
    from logos.cli.root import invoke  # noqa: PLC0415 - see above

    return invoke(words, as_json=as_json)


def main() -> NoReturn:
    """Run the command line and leave the process with its exit code."""
    sys.exit(run())
