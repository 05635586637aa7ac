"""Waits that end by the context's clock: in compressed time a session polls, times out and retries as quickly."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Coroutine
from typing import Any, TypeVar

from logos.context.clock import Clock

PAUSE = 0.02
"""Seconds of real time between two looks at the clock."""

_Result = TypeVar("_Result")


class Waits:
    """All waits of an event loop, behind one task that looks at the clock.

    The loop's own clock is used for nothing but the pause between two looks.

    Parameters
    ----------
    clock:
        What the waits are measured by: its elapsed time, which no correction of the wall clock moves.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turn = itertools.count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []

    async def keep(self) -> None:
        """Wake whoever is due, for ever."""
        while True:
            await asyncio.sleep(PAUSE)
            now = self._clock.monotonic()
            while self._waiting and self._waiting[0][0] <= now:
                future = heapq.heappop(self._waiting)[2]
                if not future.done():
                    future.set_result(None)

    async def sleep(self, seconds: float) -> None:
        """Wait; not at all where ``seconds`` is not above 0."""
        if seconds > 0:
            await self._timer(seconds)

    async def within(self, seconds: float, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Return what the work returns.

        Raises
        ------
        TimeoutError
            Where it takes longer. It is told to stop then, and not waited for: it may hang in what cannot be stopped.
        """
        task = asyncio.ensure_future(work)
        timer = self._timer(seconds)
        try:
            both: set[asyncio.Future[Any]] = {task, timer}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise TimeoutError
            return task.result()
        finally:
            timer.cancel()
            if not task.done():
                task.cancel()
                task.add_done_callback(_forget)

    def _timer(self, seconds: float) -> asyncio.Future[None]:
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self._clock.monotonic() + seconds, next(self._turn), future))
        return future


def _forget(task: asyncio.Task[Any]) -> None:
    """Look at how a task that nobody waits for has ended, so that nobody complains that nobody looked."""
    if not task.cancelled():
        task.exception()
