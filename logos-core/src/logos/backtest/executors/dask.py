"""The executor that does tasks on a Dask cluster: one that is running, or one of its own on this machine.

Tasks and answers are texts, and a failed task is an answer, so that nothing is pickled but the name of a function. Dask
itself does the tasks of a lost worker again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from typing import Any

from logos.backtest.executors.config import DaskConfig
from logos.backtest.executors.jobs import Work, encode_job, encode_task, fail_lost, result_of, usable_cores
from logos.context.parts import PartContext
from logos.domain.errors import PartFailedError, PluginError
from logos.session.jobs import Job

_ONE_BY_ONE = threading.Lock()
_BEGUN: dict[str, Work] = {}
"""The last job of this worker process by its text: its tasks arrive one by one, and share what it has begun."""


def do_task(job: str, task: str) -> str:
    """Do a task in a worker and return the answer's text."""
    with _ONE_BY_ONE:
        if job not in _BEGUN:
            _BEGUN.clear()
            _BEGUN[job] = Work(job)
        work = _BEGUN[job]
    return work.do(task)


_FEW = 4
"""So many tasks a worker are few: twice what makes Dask queue them."""


class Dask:
    """Does tasks on a Dask cluster. The cluster, or the connection to it, is opened by the first run.

    Parameters
    ----------
    address:
        The address of a scheduler; ``None`` for a cluster on this machine.
    workers:
        How many worker processes a cluster on this machine has.
    """

    def __init__(self, address: str | None, workers: int) -> None:
        self._address = address
        self._workers = workers
        self._resources = ExitStack()
        self._client: Any = None

    def run(self, job: Job, tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """Yield each task's number and its result, in the order in which they come."""
        import distributed  # noqa: PLC0415 - an optional library, slow to import

        text = encode_job(job)
        waiting = enumerate([encode_task(job, number, task) for number, task in enumerate(tasks)])
        client = self._open()
        # Held by the cluster, sent to each worker once, and made again where it is lost.
        shared = client.submit(str, text, pure=False)
        first = list(islice(waiting, self._at_once(len(tasks))))
        sent = client.map(do_task, [shared] * len(first), [task for _, task in first], pure=False)
        numbers = {future.key: number for future, (number, _) in zip(sent, first, strict=True)}
        library: Any = distributed  # its functions have no complete annotations
        coming = library.as_completed(sent, loop=client.loop, with_results=True, raise_errors=False)
        del sent  # a result is kept on the cluster as long as somebody holds its future
        try:
            for future, outcome in coming:
                for number, task in islice(waiting, 1):
                    following = client.submit(do_task, shared, task, pure=False)
                    numbers[following.key] = number
                    coming.add(following)
                    del following
                number = numbers.pop(future.key)
                yield number, result_of(job, number, _answer(job, number, outcome))
        finally:
            if numbers:
                self._abandon(client, list(coming.futures))

    def close(self) -> None:
        """End the cluster on this machine, or the connection to the one that was running before."""
        self._client = None
        self._resources.close()

    def _open(self) -> Any:
        from logos.backtest.executors.dask_cluster import open_local, open_running  # noqa: PLC0415 - loads distributed

        if self._client is None or self._client.status != "running":
            self.close()
            with ExitStack() as opening:
                if self._address is None:
                    self._client = open_local(self._workers, opening)
                else:
                    self._client = open_running(self._address, opening)
                self._resources = opening.pop_all()
        return self._client

    def _at_once(self, tasks: int) -> int:
        """Return how many tasks to hand over at once.

        All of them, so that the cluster can plan. Dask gives few tasks to workers that are busy, and counts the death
        of a worker against all that it has: few tasks go to our own cluster one by one, and it queues the many.
        """
        queued = self._address is not None or tasks > _FEW * self._workers
        return tasks if queued else self._workers

    def _abandon(self, client: Any, futures: Sequence[Any]) -> None:
        """Stop what is wanted no longer. A running task can be ended only with its worker."""
        if self._address is None or client.status != "running":
            self.close()
        else:
            client.cancel(futures)


def _answer(job: Job, number: int, outcome: Any) -> str:
    """Return the text of an answer, or raise why there is none.

    The outcome alone is judged: the status of a task that was done changes when its worker dies afterwards.

    Parameters
    ----------
    outcome:
        What Dask gives beside a future: a text, or the type, the error and the traceback of a task that failed, or the
        error of one that was cancelled because the cluster is gone.
    """
    from distributed import KilledWorker  # noqa: PLC0415 - an optional library, slow to import

    if isinstance(outcome, str):
        return outcome
    if not isinstance(outcome, tuple):
        raise PartFailedError(
            f"the Dask cluster was lost while it did task {number} of the job {job.target}",
            hint="Look whether its scheduler runs, then run again",
        )
    error = outcome[1]
    if isinstance(error, KilledWorker):
        fail_lost(job, number, error.allowed_failures + 1, "the last one on the Dask cluster")
    raise PartFailedError(
        f"task {number} of the job {job.target} cannot be done on the Dask cluster: {type(error).__name__}: {error}",
        hint="Install on its workers what is installed here",
    ) from error


def open_dask(config: DaskConfig, context: PartContext) -> Dask:  # noqa: ARG001 - a factory
    """Build the ``dask`` executor. No cluster is started or looked for before there is a task.

    Raises
    ------
    PluginError
        Where the library is missing.
    """
    try:
        import distributed  # noqa: F401, PLC0415 - only to know that it is there
    except ImportError as error:
        raise PluginError(
            "executor 'dask' needs the library distributed, which is not installed",
            hint="Run: pip install 'logos-core[dask]'",
        ) from error
    return Dask(config.address, config.workers or usable_cores())
