"""A process with one thread that forks a child for each attempt at a session, so that the child can be killed.

Tasks come as lines of JSON on standard input, and how each child ended goes out the same way. Everything is imported
once, before the first fork: an attempt costs the session's own work and little else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import attrs

from logos.domain.errors import LogosError, PartFailedError
from logos.proofs.rehearsing.again import Task, attempt

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from logos.proofs.rehearsing.nursery import serve; serve()"
)


@attrs.frozen(kw_only=True)
class Ending:
    """How an attempt ended.

    Attributes
    ----------
    code:
        Its exit code; minus the signal that killed it.
    operations:
        How many durable operations it did; 0 where it came to no end.
    fault:
        What it raised; empty where nothing.
    """

    code: int
    operations: int = 0
    fault: str = ""


class Nursery:
    """The process, seen from this side. Use it in a ``with`` statement."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def __enter__(self) -> Self:
        """Start it."""
        with self._log.open("ab") as errors:
            self._process = subprocess.Popen(  # noqa: S603 -- this interpreter, and a program of our own
                [sys.executable, "-P", "-c", _START, json.dumps([str(one) for one in sys.path])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        if self._process.stdout is not None:
            self._process.stdout.readline()  # that it is ready, so that the first attempt can be timed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, and the attempt under way."""
        if kind is None:
            self._process.communicate()
        else:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def attempt(self, task: Task) -> Ending:
        """Fork a child that makes an attempt, and return how it ended."""
        given, taken = self._process.stdin, self._process.stdout
        assert given is not None
        assert taken is not None
        try:
            given.write(json.dumps(attrs.asdict(task)) + "\n")
            given.flush()
        except OSError as error:
            raise PartFailedError(f"the process that is to be killed cannot be started: see {self._log}") from error
        line = taken.readline()
        if not line:
            raise PartFailedError(f"the process that is to be killed cannot be started: see {self._log}")
        return Ending(**json.loads(line))


def serve() -> None:
    """Take tasks until standard input ends."""
    from logos.artifacts import plots  # noqa: F401, PLC0415 -- loaded once, for every child
    from logos.data import bar_csv, bar_parquet  # noqa: F401, PLC0415 -- the same
    from logos.plugins.registry import load_registry  # noqa: PLC0415

    registry = load_registry()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        answer = _in_a_child(Task(**json.loads(line)), registry)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _in_a_child(task: Task, registry: Any) -> dict[str, Any]:
    """Make an attempt in a child, and return how it ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _be_child(task, registry, writing)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as told:
        text = told.read()
    _, status = os.waitpid(child, 0)
    return {"code": os.waitstatus_to_exitcode(status), **(json.loads(text) if text else {})}


def _be_child(task: Task, registry: Any, writing: int) -> None:
    """Make an attempt, say what came of it, and end without anything that the parent would do at its own end."""
    code = 1
    told: dict[str, int | str] = {}
    try:
        told = {"operations": attempt(task, registry)}
        code = 0
    except LogosError as error:
        told = {"fault": f"{type(error).__name__}: {error.message}"}
    except BaseException as error:  # noqa: BLE001 -- the child ends here, whatever it was
        told = {"fault": f"{type(error).__name__}: {error}"}
    finally:
        os.write(writing, json.dumps(told).encode())
        os._exit(code)
