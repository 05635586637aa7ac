"""The same run in fresh processes, where hashes, time zone, locale and the order of loading are others."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import attrs

from logos.backtest.leaks.running import Conditions, play
from logos.backtest.leaks.trace import Trace
from logos.backtest.leaks.workspaces import Place
from logos.config.session import load_session_config
from logos.context.environment import environment_with
from logos.domain.errors import LogosError
from logos.plugins.loading import installed_entry_points
from logos.plugins.registry import load_registry

SURROUNDINGS: Sequence[Mapping[str, str]] = (
    {"PYTHONHASHSEED": "1", "TZ": "EAST-14", "LC_ALL": "C", "LANG": "C"},
    {"PYTHONHASHSEED": "2", "TZ": "WEST+11", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
)
"""What the environment of a process may say; one day lies between the time zones."""

_TIMEOUT = 300
_PROGRAM = (
    "import json, sys; request = json.load(sys.stdin); sys.path[:] = request['paths']; "
    "from logos.backtest.leaks.elsewhere import answer; answer(request)"
)


@attrs.frozen(kw_only=True)
class Elsewhere:
    """A run in a fresh process, under way.

    Attributes
    ----------
    how:
        What is different there, for a finding.
    cut:
        The last clock of the run where later bars were altered; ``None`` where none were.
    """

    how: str
    cut: int | None
    process: subprocess.Popen[str]
    output: Path

    def trace(self) -> Trace | str:
        """Wait for the run and return its trace, or why there is none."""
        try:
            _, errors = self.process.communicate(timeout=_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.stop()
            return f"it took longer than {_TIMEOUT} s"
        if self.process.returncode or not self.output.is_file():
            return (errors.strip().splitlines() or ["it ended without an answer"])[-1]
        found = json.loads(self.output.read_text(encoding="utf-8"))
        return found["error"] if "error" in found else Trace.from_json(found)

    def stop(self) -> None:
        """End the process, where it is still there."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def begin(
    place: Place, conditions: Conditions, surroundings: Mapping[str, str], output: Path, points: Iterable[EntryPoint]
) -> Elsewhere:
    """Start a run in a fresh process.

    Parameters
    ----------
    surroundings:
        What its environment says otherwise than this process's.
    output:
        Where its answer is written.
    points:
        The entry points of the plugins; those that are not installed are loaded by their names.
    """
    request = {
        "paths": sys.path,
        "config": place.config.to_yaml(),
        "workspace": str(place.workspace),
        "start": conditions.start,
        "end": conditions.end,
        "cut": conditions.cut,
        "entry_points": [[point.name, point.value, point.group] for point in points],
        "output": str(output),
    }
    process = subprocess.Popen(  # noqa: S603 - this interpreter, and nothing from outside
        [sys.executable, "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment_with(surroundings),
    )
    assert process.stdin is not None  # a pipe was asked for
    process.stdin.write(json.dumps(request))
    process.stdin.close()
    process.stdin = None
    told = ", ".join(f"{name}={value}" for name, value in surroundings.items())
    return Elsewhere(how=f"in a fresh process with {told}", cut=conditions.cut, process=process, output=output)


def answer(request: Mapping[str, Any]) -> None:
    """Run the config of a request and write the trace where it says."""
    try:
        found = _played(request).to_json()
    except LogosError as error:
        found = {"error": str(error)}
    Path(request["output"]).write_text(json.dumps(found), encoding="utf-8")


def _played(request: Mapping[str, Any]) -> Trace:
    workspace = Path(request["workspace"])
    registry = load_registry(_entry_points(request["entry_points"]))
    config = load_session_config(request["config"], registry, workspace=workspace, source="the config, elsewhere")
    return play(config, workspace, Conditions(start=request["start"], end=request["end"], cut=request["cut"]))


def _entry_points(named: Sequence[Sequence[str]]) -> list[EntryPoint]:
    """Return the installed entry points and those that are known by name alone, the last ones first."""
    installed = {(point.name, point.value, point.group): point for point in installed_entry_points()}
    keys = [(name, value, group) for name, value, group in named]
    return [installed[key] if key in installed else EntryPoint(*key) for key in reversed(keys)]
