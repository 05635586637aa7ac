"""The executor that does tasks in worker processes on this machine.

A worker is a new interpreter, not a fork: nothing of this process is copied, its threads and locks least of all. It
stands in a process group of its own, so that Ctrl-C reaches this process alone, and ends when the connection to
this process closes, even where this process was killed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, cast

from logos.backtest.executors.config import ProcessesConfig
from logos.backtest.executors.jobs import MOST_RETRIES, encode_job, encode_task, fail_lost, result_of, usable_cores
from logos.backtest.executors.worker import JOB, TASK
from logos.context.parts import Log, PartContext
from logos.domain.errors import PartFailedError
from logos.session.jobs import Job

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from logos.backtest.executors.worker import work; work(int(sys.argv[1]))"
)
_STANDARD_ERROR = 2
_PATIENCE = 5.0
"""Seconds that an idle worker has to end by itself."""


class Worker:
    """A worker process, seen from this side."""

    def __init__(self) -> None:
        self.line, theirs = Pipe()
        self._job = ""
        try:
            # What a task prints must not mix with what this program answers on standard output.
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and a program of our own
                [sys.executable, "-P", "-c", _START, str(theirs.fileno()), json.dumps([str(one) for one in sys.path])],
                stdin=subprocess.DEVNULL,
                stdout=_STANDARD_ERROR,
                pass_fds=(theirs.fileno(),),
                process_group=0,
            )
        except OSError as error:
            self.line.close()
            raise PartFailedError(
                f"a worker process cannot be started: {error}", hint="Use fewer workers, or executor inline"
            ) from error
        finally:
            theirs.close()

    def give(self, job: str, task: str) -> None:
        """Send a task, and its job before it where that is new. Whether the worker still lives shows later."""
        try:
            if job != self._job:
                self.line.send_bytes(JOB + job.encode())
                self._job = job
            self.line.send_bytes(TASK + task.encode())
        except OSError:
            return

    def answer(self) -> str | None:
        """Return the answer that is there to be read; ``None`` where the worker is lost."""
        try:
            return self.line.recv_bytes().decode()
        except (EOFError, OSError):
            return None

    def end(self) -> str:
        """Kill the process and return how it ended."""
        self._process.kill()
        code = self._process.wait()
        self.line.close()
        return f"the last one killed by signal {-code}" if code < 0 else f"the last one with exit code {code}"

    def dismiss(self) -> None:
        """Let an idle process end by itself."""
        self.line.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.end()


class Processes:
    """Does tasks in worker processes, one at a time in each. The processes stay for the next run.

    A worker that is lost is replaced, and its task done again, a few times.

    Parameters
    ----------
    workers:
        How many processes a run may use.
    """

    def __init__(self, workers: int, log: Log) -> None:
        self._workers = workers
        self._log = log
        self._idle: list[Worker] = []
        self._runs: list[_Run] = []

    def run(self, job: Job, tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """Yield each task's number and its result, in the order in which they come."""
        run = _Run(job, tasks, self._idle, self._log)
        self._runs.append(run)
        try:
            run.hand_out(self._workers)
            while run.busy:
                answers = run.answers()
                run.hand_out(self._workers)
                for number, answer in answers:
                    yield number, result_of(job, number, answer)
            run.check_done()
        finally:
            run.abandon()
            if run in self._runs:
                self._runs.remove(run)

    def close(self) -> None:
        """End every worker process, those at work too."""
        while self._runs:
            self._runs.pop().abandon()
        while self._idle:
            self._idle.pop().dismiss()


class _Run:
    """The tasks of one run: which wait, and which worker has which.

    Parameters
    ----------
    idle:
        The workers that wait for a task; of this run they are taken and given back.
    """

    def __init__(self, job: Job, tasks: Sequence[Any], idle: list[Worker], log: Log) -> None:
        self._job = job
        self._text = encode_job(job)
        self._tasks = tasks
        self._idle = idle
        self._log = log
        self._waiting = deque(range(len(tasks)))
        self._lost: Counter[int] = Counter()
        self._abandoned = False
        self.busy: dict[Connection, tuple[Worker, int]] = {}

    def hand_out(self, workers: int) -> None:
        """Give waiting tasks to workers until so many are busy."""
        while self._waiting and len(self.busy) < workers:
            number = self._waiting.popleft()
            task = encode_task(self._job, number, self._tasks[number])
            worker = self._idle.pop() if self._idle else Worker()
            self.busy[worker.line] = worker, number
            worker.give(self._text, task)

    def answers(self) -> list[tuple[int, str]]:
        """Wait until there is something, and return the answers that have come; lost tasks wait again."""
        found = []
        for line in wait(list(self.busy)):
            worker, number = self.busy.pop(cast("Connection", line))
            answer = worker.answer()
            if answer is None:
                self._lose(worker, number)
            else:
                self._idle.append(worker)
                found.append((number, answer))
        return found

    def check_done(self) -> None:
        """Raise where tasks are left and nobody does them."""
        if self._abandoned or self._waiting:
            raise PartFailedError(
                f"the executor was closed before all tasks of the job {self._job.target} were done",
                hint="Close it after the last result",
            )

    def abandon(self) -> None:
        """End the workers that are busy: what they do is wanted no longer."""
        self._abandoned = True
        while self.busy:
            _, (worker, _) = self.busy.popitem()
            worker.end()

    def _lose(self, worker: Worker, number: int) -> None:
        how = worker.end()
        self._lost[number] += 1
        self._log.warning("worker_lost", job=self._job.target, task=number, how=how)
        if self._lost[number] > MOST_RETRIES:
            fail_lost(self._job, number, self._lost[number], how)
        self._waiting.appendleft(number)


def open_processes(config: ProcessesConfig, context: PartContext) -> Processes:
    """Build the ``processes`` executor. No process is started before there is a task."""
    return Processes(config.workers or usable_cores(), context.log)
