"""What may stop a session from outside: the kill file, and the signals that pause it."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from logos import paths

DEFAULT_KILL_FILE = paths.KILL_FILE
"""Relative to the workspace; watched whether or not a guard names it."""


class Watch:
    """Watches the kill files, and hears the signals.

    Attributes
    ----------
    hears:
        Whether anything can come from outside at all.
    kill:
        Why the session must halt; empty while it need not.
    pause:
        Whether the session is to stop after the slice under way, to be resumed.
    """

    hears = True

    def __init__(self, workspace: Path, kill_files: Sequence[str]) -> None:
        named = dict.fromkeys((DEFAULT_KILL_FILE, *kill_files))
        self._files = [(name, workspace / name) for name in named]
        self.kill = ""
        self.pause = False

    def look(self, clock: int) -> None:  # noqa: ARG002 -- a replay looks into its script instead of at files
        """Look for the kill files; ``clock`` is where the session stands."""
        for name, path in self._files:
            if not self.kill and path.exists():
                self.kill = f"the kill file {name} is there; remove it before the next session"

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Take over SIGINT and SIGTERM: the first asks for a pause, a second SIGINT ends the program at once."""

        def first(_number: int, _frame: FrameType | None) -> None:
            self.pause = True
            signal.signal(signal.SIGINT, signal.default_int_handler)

        before = {number: signal.signal(number, first) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
