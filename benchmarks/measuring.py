"""Runs one program in a fresh process and returns what it took and what it said."""

import json
import os
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

import attrs
from peers.job import clock


@attrs.frozen(kw_only=True)
class Task:
    """One command of one part of the comparison, measured once a round.

    ``bars`` are the bars that the run's seconds cover, all symbols and pairs together.
    """

    part: str
    program: str
    label: str
    command: list[str]
    bars: int
    home: Path | None = None
    """The folder that a Logos command works in."""


def measure(task: Task, limit: float) -> dict[str, Any]:
    """Return one raw row: the shell's seconds, processor seconds, peak memory in MiB, and the program's own line."""
    environment = {**os.environ, "RAPTORBT_NO_VERSION_CHECK": "1"}  # noqa: TID251 -- its import asks an index otherwise
    if task.home is not None:
        environment["LOGOS_HOME"] = str(task.home)
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        begin = clock()
        with subprocess.Popen(task.command, stdout=said, stderr=complained, env=environment) as process:
            timer = threading.Timer(limit, process.kill)
            timer.start()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            timer.cancel()
        shell = clock() - begin
        said.seek(0)
        complained.seek(0)
        printed, errors = said.read(), complained.read()
    row: dict[str, Any] = {"part": task.part, "program": task.program, "label": task.label, "bars": task.bars}
    row |= {"shell": shell, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss // 1024}
    if process.returncode:
        lines = [line for line in (printed + errors).splitlines() if line.strip()] or [f"exit {process.returncode}"]
        return row | {"error": f"over {limit:.0f} s" if shell >= limit else lines[-1][:300]}
    return row | _last_object(printed)


def _last_object(printed: str) -> dict[str, Any]:
    """Return the last line that is a JSON object; a program without one only had its start timed."""
    for line in reversed(printed.splitlines()):
        if line.startswith("{"):
            found = json.loads(line)
            return found if isinstance(found, dict) else {}
    return {}
