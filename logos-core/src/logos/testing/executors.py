"""The contract of executors, and the jobs that it gives them."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from logos.domain.errors import PartFailedError
from logos.session.jobs import Executor, Job
from logos.testing.contract import Contract, check_config_class

Shared = Mapping[str, Any]

_BEGUN: list[int] = []
"""One entry for every time that this process began to count."""

VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -(2**200),
    0.1,
    -1e-300,
    "",
    "Zürich \u2028 \U0001f9ee \x00",
    [],
    [[1, [2.5, "x"]], {}],
    {"b": 1, "a": {"z": None, "": []}},
)
"""JSON values of every kind; the dicts are not in the order of their keys."""


def adding(shared: Shared) -> Callable[[Any], Any]:
    """Begin a job that adds a number to each task."""
    return lambda task: {"sum": task + shared["add"], "of": [task, shared["add"]]}


def echoing(_shared: Shared) -> Callable[[Any], Any]:
    """Begin a job whose results are its tasks."""
    return lambda task: task


def counting(_shared: Shared) -> Callable[[Any], Any]:
    """Begin a job whose results are the process and how often it has begun this job."""
    _BEGUN.append(1)
    return lambda _task: [os.getpid(), len(_BEGUN)]


def failing(shared: Shared) -> Callable[[Any], Any]:
    """Begin a job of which one task raises."""

    def do(task: Any) -> Any:
        if task == shared["task"]:
            raise ValueError(shared["message"])
        return task

    return do


def ending(shared: Shared) -> Callable[[Any], Any]:
    """Begin a job of which one task ends as a program does."""

    def do(task: Any) -> Any:
        if task == shared["task"]:
            raise SystemExit(shared["message"])
        return task

    return do


def answering_sets(_shared: Shared) -> Callable[[Any], Any]:
    """Begin a job whose results are no JSON values."""
    return lambda task: {task}


def answering_nan(_shared: Shared) -> Callable[[Any], Any]:
    """Begin a job whose results are floats that JSON does not have."""
    return lambda _task: float("nan")


def never_beginning(shared: Shared) -> Callable[[Any], Any]:
    """Raise instead of beginning a job."""
    raise ValueError(shared["message"])


def spoiling(shared: Shared) -> Callable[[Any], Any]:
    """Begin a job that changes what it is given."""

    def do(task: list[Any]) -> Any:
        task.append("spoilt")
        return len(task)

    shared["list"].append("spoilt")
    return do


def killing(shared: Shared) -> Callable[[Any], Any]:
    """Begin a job of which one task kills its process, a number of times or always."""
    folder = Path(shared["folder"])

    def do(task: Any) -> Any:
        if task == shared["task"]:
            killed = len(list(folder.iterdir()))
            (folder / f"{killed}").touch()
            if killed < shared["times"]:
                os.kill(os.getpid(), signal.SIGKILL)
        return task * 10

    return do


class ExecutorContract(Contract):
    """What every executor must keep. Override ``make_executor``, and say what the executor is.

    Where tasks are done in other processes, these must find ``logos.testing``, and share this machine's temporary
    folder.

    Attributes
    ----------
    config:
        The executor's config class; ``None`` where it takes no keys.
    survives_lost_workers:
        Whether tasks are done in other processes, whose death the executor outlives. ``False`` leaves X-08 out.
    """

    config: ClassVar[type | None] = None
    survives_lost_workers: ClassVar[bool] = False

    def make_executor(self) -> Executor:
        """Return a new executor, each time with the same config."""
        raise NotImplementedError

    def test_x01_each_task_has_one_result(self) -> None:
        """Assert that every number comes once with its result, for many tasks, one and none."""
        with self._executor() as executor:
            for count in (40, 1, 0):
                found = self._run(executor, "adding", list(range(count)), add=1000)
                expected = [[number, {"sum": number + 1000, "of": [number, 1000]}] for number in range(count)]
                assert found == expected, f"X-01: {count} tasks gave {found}"

    def test_x02_values_pass_unchanged(self) -> None:
        """Assert that tasks and results arrive as they were sent, floats to the last bit and dicts in their order."""
        with self._executor() as executor:
            found = self._run(executor, "echoing", VALUES)
        for (_, result), value in zip(found, VALUES, strict=True):
            assert repr(result) == repr(value), f"X-02: {value!r} came back as {result!r}"

    def test_x03_tasks_cannot_change_what_was_given(self) -> None:
        """Assert that a job that spoils its tasks and what they share spoils nothing of the caller's."""
        tasks: list[list[Any]] = [[], [1], [1, 2]]
        shared: dict[str, Any] = {"list": []}
        with self._executor() as executor:
            for _ in range(2):
                found = self._run(executor, "spoiling", tasks, **shared)
                assert found == [[0, 1], [1, 2], [2, 3]], f"X-03: the results are {found}"
        assert (tasks, shared) == ([[], [1], [1, 2]], {"list": []}), f"X-03: {tasks} and {shared} were changed"

    def test_x04_job_begins_once_in_a_process(self) -> None:
        """Assert that the job's function is called once in every process, not once a task."""
        with self._executor() as executor:
            before = dict(result for _, result in self._run(executor, "counting", [0], run=1))
            found = self._run(executor, "counting", list(range(20)), run=2)
        begun: dict[int, set[int]] = {}
        for _, (process, times) in found:
            begun.setdefault(process, set()).add(times)
        for process, times in begun.items():
            assert len(times) == 1, f"X-04: process {process} began the job {len(times)} times in 20 tasks"
            if process in before:
                assert times != {before[process]}, "X-04: a job with other shared values was not begun anew"

    def test_x05_failing_task_is_named(self) -> None:
        """Assert that a task that raises, exits or answers no JSON value is named with what it said."""
        with self._executor() as executor:
            for target in ("failing", "ending"):
                self._refused("X-05", executor, target, ("task 3", "no such luck"), task=3, message="no such luck")
            self._refused("X-05", executor, "answering_sets", ("task ", "JSON"))
            self._refused("X-05", executor, "answering_nan", ("task ", "JSON"))
            found = self._run(executor, "adding", [1], add=1)
        assert found == [[0, {"sum": 2, "of": [1, 1]}]], f"X-05: after a failure the executor answers {found}"

    def test_x06_job_that_cannot_begin_is_named(self) -> None:
        """Assert that a job that is not there, or raises before its first task, is an error that names it."""
        with self._executor() as executor:
            self._refused("X-06", executor, "never_beginning", ("never_beginning", "bad luck"), message="bad luck")
            self._refused("X-06", executor, "missing_function", ("missing_function",))
            job = Job(target="logos.testing.no_such_module:begin", shared={})
            _expect("X-06", lambda: list(executor.run(job, [0])), ("no_such_module",))

    def test_x07_abandoned_run_leaves_nothing_behind(self) -> None:
        """Assert that a run that was left in the middle gives no result to the next one, and that closing repeats."""
        executor = self.make_executor()
        try:
            run = executor.run(_job("adding", add=5), list(range(30)))
            next(iter(run))
            del run
            found = self._run(executor, "adding", [7, 8], add=1)
        finally:
            executor.close()
        try:
            executor.close()
        except Exception as error:
            raise AssertionError(f"X-07: closing again raises {type(error).__name__}: {error}") from error
        assert found == [[0, {"sum": 8, "of": [7, 1]}], [1, {"sum": 9, "of": [8, 1]}]], f"X-07: the results are {found}"

    def test_x08_lost_worker_costs_no_result(self) -> None:
        """Assert that a task whose process is killed is done again, and given up where that happens again and again."""
        if not self.survives_lost_workers:
            return
        with self._executor() as executor:
            for times in (1, 2):
                with tempfile.TemporaryDirectory() as folder:
                    found = self._run(executor, "killing", list(range(6)), task=2, times=times, folder=folder)
                expected = [[number, number * 10] for number in range(6)]
                assert found == expected, f"X-08: with {times} killed workers the results are {found}"
            with tempfile.TemporaryDirectory() as folder:
                self._refused("X-08", executor, "killing", ("task 2", "lost"), task=2, times=1000, folder=folder)

    def test_x09_config_is_frozen_and_explained(self) -> None:
        """Assert that the config class is frozen, keyword-only and explains every field."""
        if self.config is not None:
            check_config_class(self.config, "X-09")

    @contextmanager
    def _executor(self) -> Iterator[Executor]:
        executor = self.make_executor()
        try:
            yield executor
        finally:
            executor.close()

    @staticmethod
    def _run(executor: Executor, target: str, tasks: Sequence[Any], **shared: Any) -> list[list[Any]]:
        """Return what a run yields, in the order of the tasks."""
        found = [[number, result] for number, result in executor.run(_job(target, **shared), tasks)]
        return sorted(found, key=lambda pair: int(pair[0]))

    @staticmethod
    def _refused(case: str, executor: Executor, target: str, named: Sequence[str], **shared: Any) -> None:
        _expect(case, lambda: list(executor.run(_job(target, **shared), list(range(6)))), named)


def _job(target: str, **shared: Any) -> Job:
    return Job(target=f"{__name__}:{target}", shared=shared)


def _expect(case: str, work: Callable[[], object], named: Sequence[str]) -> None:
    """Assert that work fails as its seat allows, and says what it has to."""
    try:
        answer = work()
    except PartFailedError as error:
        said = str(error)
    except Exception as error:
        raise AssertionError(f"{case}: raises {type(error).__name__} instead of PartFailedError: {error}") from error
    else:
        raise AssertionError(f"{case}: {answer!r} came where an error had to")
    missing = [word for word in named if word not in said]
    assert not missing, f"{case}: the error {said!r} does not say {missing}"
