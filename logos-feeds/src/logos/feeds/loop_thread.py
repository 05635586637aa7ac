"""An event loop in a thread of its own, which no hanging poll can keep a program from leaving."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from logos.context.parts import Log
from logos.domain.errors import LogosError

_Result = TypeVar("_Result")

_LOOK_EVERY = 0.1
_FAREWELL = 1.0
"""Seconds of real time that everything together gets to end, once the loop is told to."""


class LoopClosedError(LogosError):
    """The feed was closed before somebody had an answer."""


class LoopThread:
    """Runs coroutines for threads that have no loop of their own.

    Parameters
    ----------
    log:
        Hears what asyncio has to complain about.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(self._complaint)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed-loop", daemon=True)
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, Any]) -> concurrent.futures.Future[Any]:
        """Begin a coroutine and do not wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Run a coroutine and return what it returns; an interrupt, or the end of the loop, ends the wait.

        Raises
        ------
        LoopClosedError
            Where the loop ends before the coroutine.
        """
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            while not concurrent.futures.wait([future], timeout=_LOOK_EVERY).done:
                if self._closed.is_set():
                    break
        finally:
            if not future.done():
                future.cancel()
        try:
            return future.result()
        except concurrent.futures.CancelledError as error:
            raise LoopClosedError("the feed was closed before the venue answered") from error

    def close(self, farewell: Coroutine[Any, Any, None]) -> None:
        """Cancel everything, run a last coroutine, and stop; whatever hangs is left behind after a second."""
        if self._closed.is_set():
            farewell.close()
            return
        self._closed.set()
        asyncio.run_coroutine_threadsafe(self._end(farewell), self._loop)
        self._thread.join(1.5 * _FAREWELL)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            with contextlib.suppress(RuntimeError):  # something hangs in the loop itself
                self._loop.close()

    async def _end(self, farewell: Coroutine[Any, Any, None]) -> None:
        try:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            last = asyncio.ensure_future(farewell)
            await asyncio.wait({*others, last}, timeout=_FAREWELL)
            if last.done() and not last.cancelled() and last.exception() is not None:
                self._log.warning("feed_close_failed", error=str(last.exception()))
        finally:
            self._loop.stop()

    def _complaint(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self._log.debug("feed_loop", message=str(context.get("message", "")), error=str(error or ""))
