"""Jobs and tasks as texts, and the work on them, which is the same in every process.

Job, tasks and answers travel as JSON, and even an executor that stays in this process turns them into text and back:
a result that differs between executors cannot come from what carried it.
"""

from __future__ import annotations

import importlib
import json
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from logos.context.console import traceback_text
from logos.context.redaction import redact_text
from logos.domain.errors import PartFailedError

if TYPE_CHECKING:
    from logos.session.jobs import Job

MOST_RETRIES = 3
"""How often a task is done again whose worker was lost."""

_FAILURES = (Exception, SystemExit)


def encode_job(job: Job) -> str:
    """Return a job as text.

    Raises
    ------
    PartFailedError
        Where what it shares is not made of JSON values.
    """
    try:
        return _encoded({"target": job.target, "shared": dict(job.shared)})
    except (TypeError, ValueError, RecursionError) as error:
        raise PartFailedError(
            f"what the job {job.target} shares is not made of JSON values: {error}",
            hint="Share text, whole numbers, floats, lists and dicts, and name large data by the path of its file",
        ) from error


def encode_task(job: Job, number: int, task: Any) -> str:
    """Return a task as text.

    Raises
    ------
    PartFailedError
        Where it is not made of JSON values.
    """
    try:
        return _encoded(task)
    except (TypeError, ValueError, RecursionError) as error:
        raise PartFailedError(f"task {number} of the job {job.target} is not made of JSON values: {error}") from error


class Work:
    """The work on one job in one process. One task at a time, whatever number of threads asks for it.

    Parameters
    ----------
    job:
        The job's text.
    """

    def __init__(self, job: str) -> None:
        self._job = job
        self._lock = threading.Lock()
        self._function: Callable[[Any], Any] | None = None

    @property
    def job(self) -> str:
        """The job's text."""
        return self._job

    def do(self, task: str) -> str:
        """Do a task and return the answer's text: a result, or what went wrong. The first task begins the job."""
        with self._lock:
            try:
                function = self._begun()
            except _FAILURES as error:  # whatever it is, it has to reach the process that waits for an answer
                return _failure("could not begin", error)
            try:
                result = function(json.loads(task))
            except _FAILURES as error:
                return _failure("failed", error)
            try:
                return _encoded({"result": result})
            except (TypeError, ValueError, RecursionError) as error:
                return _failure("has a result that is not made of JSON values", error)

    def _begun(self) -> Callable[[Any], Any]:
        if self._function is None:
            job = json.loads(self._job)
            self._function = _resolve(job["target"])(job["shared"])
        return self._function


def result_of(job: Job, number: int, answer: str) -> Any:
    """Return the result that an answer holds.

    Raises
    ------
    PartFailedError
        Where the task has failed; the traceback in the process that did it is attached as a note.
    """
    content = json.loads(answer)
    if "result" in content:
        return content["result"]
    failure = PartFailedError(
        f"task {number} of the job {job.target} {content['what']}: {content['error']}",
        hint="The same task fails in every process: executor inline shows where",
    )
    failure.add_note(content["traceback"])
    raise failure


def fail_lost(job: Job, number: int, times: int, how: str) -> NoReturn:
    """Raise the error of a task whose workers do not live to answer.

    Parameters
    ----------
    times:
        How often a worker was lost over it.
    how:
        What is known of the last one's end, such as ``the last one killed by signal 9``.
    """
    raise PartFailedError(
        f"task {number} of the job {job.target} was given up: its worker was lost {times} times, {how}",
        hint="Fewer workers leave more memory to each of them: try workers: 1",
    )


def usable_cores() -> int:
    """Return how many cores this process may use. It decides how fast a job is done, never what comes of it."""
    counted: Callable[[], int | None] | None = getattr(os, "process_cpu_count", None)
    if counted is not None:
        return counted() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _resolve(target: str) -> Callable[[Any], Callable[[Any], Any]]:
    module, _, attribute = target.partition(":")
    found: Any = importlib.import_module(module)
    for name in attribute.split("."):
        found = getattr(found, name)
    return found  # type: ignore[no-any-return]  # what it is shows when it is called


def _encoded(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _failure(what: str, error: BaseException) -> str:
    text = " ".join(redact_text(str(error)).split())
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return _encoded({"what": what, "error": said, "traceback": traceback_text(error)})
