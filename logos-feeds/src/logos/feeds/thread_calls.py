"""Calls that wait, made from an event loop: each in a daemon thread, and left alone where the loop stops waiting."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

Kept = dict[str, Any]
"""What a thread keeps from call to call; no other thread sees it."""

Work = Callable[[Kept], Any]

_Job = Callable[[Kept], Callable[[], object]]
"""Makes a call, and returns what tells the loop how it ended."""


class ThreadCalls:
    """Threads that each make one call at a time.

    There are as many as calls were ever under way together. A thread whose call was cancelled goes on until the call
    ends by itself, and can be used again then. They are daemons: those of the event loop's own pool would keep the
    program from ending while one of them hangs.

    Parameters
    ----------
    name:
        What the threads are called.
    most:
        How many calls may be under way, those that were left alone included.
    """

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._lock = threading.Lock()
        self._idle: list[SimpleQueue[_Job | None]] = []
        self._count = 0
        self._closed = False

    async def call(self, work: Work) -> Any:
        """Make a call in a thread, and return what it returns or raise what it raises.

        Raises
        ------
        TimeoutError
            Where too many calls hang already.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()

        def tell(result: Any, error: Exception | None) -> None:
            if answer.done():
                return  # cancelled in the meantime
            if error is None:
                answer.set_result(result)
            else:
                answer.set_exception(error)

        def job(kept: Kept) -> Callable[[], object]:
            result, failure = None, None
            try:
                result = work(kept)
            except Exception as error:  # noqa: BLE001 - it is raised where the answer is awaited
                failure = error
            return functools.partial(loop.call_soon_threadsafe, tell, result, failure)

        self._free_thread().put(job)
        return await answer

    def close(self) -> None:
        """End the threads: the idle ones now, the others with their call."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._closed = True
        for jobs in idle:
            jobs.put(None)

    def _free_thread(self) -> SimpleQueue[_Job | None]:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self._count >= self._most:
                raise TimeoutError(f"{self._most} calls hang already, no more is made until one of them has ended")
            self._count += 1
        jobs: SimpleQueue[_Job | None] = SimpleQueue()
        threading.Thread(target=self._work, args=(jobs,), name=self._name, daemon=True).start()
        return jobs

    def _work(self, jobs: SimpleQueue[_Job | None]) -> None:
        kept: Kept = {}
        while (job := jobs.get()) is not None:
            ended = job(kept)
            # Free first: whoever waits for the answer may have another call to make.
            with self._lock:
                if not self._closed:
                    self._idle.append(jobs)
                leave = self._closed
            # The loop may have been closed since: then nobody waits any more.
            with contextlib.suppress(RuntimeError):
                ended()
            if leave:
                return
