"""Runs ``logos trade`` as a program of its own, so that it can be interrupted and killed as a real one is."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import attrs

from logos import paths
from logos.context.clock import Clock
from logos.domain.errors import PartFailedError

_START = """\
import json, os, sys
sys.path[:], home, most_bytes = json.loads(sys.argv.pop(1))
os.environ["LOGOS_HOME"] = home
if most_bytes:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
from logos.cli.app import main
main()
"""
PATIENCE = 120.0
"""Seconds after which a program that does not come to its point is given up."""

_LOOK = 0.01
OUTPUT = "program.log"


@attrs.define(kw_only=True)
class Program:
    """The program in one workspace. What it prints is appended to ``program.log`` there.

    Attributes
    ----------
    workspace:
        Where it runs, and its ``LOGOS_HOME``.
    most_bytes:
        How long a file may grow; 0 for no limit.
    """

    workspace: Path
    clock: Clock
    most_bytes: int = 0
    _process: subprocess.Popen[bytes] | None = None

    def begin(self, *arguments: str) -> None:
        """Start it."""
        surroundings = json.dumps([[str(one) for one in sys.path], str(self.workspace), self.most_bytes])
        with (self.workspace / OUTPUT).open("ab") as output:
            output.write(f"$ logos {' '.join(arguments)}\n".encode())
            output.flush()
            self._process = subprocess.Popen(  # noqa: S603 -- this interpreter, and this program
                [sys.executable, "-P", "-c", _START, surroundings, *arguments],
                cwd=self.workspace,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # an interrupt of the rehearsal is not one of the session
            )

    def run(self, *arguments: str) -> int:
        """Start it, wait for its end, and return its exit code."""
        self.begin(*arguments)
        return self.end()

    def end(self) -> int:
        """Wait for its end and return its exit code; minus the signal that killed it."""
        process = self._running()
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise PartFailedError(f"the program does not end: see {self.workspace / OUTPUT}") from None
        finally:
            process.kill()
            process.wait()

    def stop(self) -> None:
        """End it where it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._running().send_signal(number)

    def wait_for(self, condition: Callable[[], bool]) -> float:
        """Wait until something is so, or the program has ended; return the seconds that it took."""
        began = self.clock.monotonic()
        while not condition() and self._running().poll() is None:
            if self.clock.monotonic() - began > PATIENCE:
                self._running().kill()
                raise PartFailedError(f"the program does not come to its point: see {self.workspace / OUTPUT}")
            self.clock.sleep(_LOOK)
        return self.clock.monotonic() - began

    @property
    def session(self) -> Path:
        """The folder of its latest session."""
        return paths.latest_session(self.workspace).resolve()

    @property
    def said(self) -> str:
        """Everything that it has printed."""
        return (self.workspace / OUTPUT).read_text(encoding="utf-8", errors="replace")

    def holds(self, name: str, text: str, times: int = 1) -> bool:
        """Return whether a file of its latest session holds a text so often."""
        try:
            return (paths.latest_session(self.workspace) / name).read_bytes().count(text.encode()) >= times
        except OSError:
            return False

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise PartFailedError("the program was not started")
        return self._process
