"""The side of a worker process: begin a job, do its tasks, and be gone with the process that started it."""

from __future__ import annotations

import os
import queue
import threading
from multiprocessing.connection import Connection

from logos.backtest.executors.jobs import Work
from logos.context.console import install_hooks, masked_streams

JOB = b"j"
TASK = b"t"
"""The first byte of a message says what follows."""

_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def work(descriptor: int) -> None:
    """Answer the messages of a connection until its other side is closed, however that comes about."""
    install_hooks()
    with masked_streams():
        _answer(descriptor)


def _answer(descriptor: int) -> None:
    line = Connection(descriptor)
    messages: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    # One core a worker: libraries that bring threads of their own read this when they are loaded.
    for name in _THREAD_LIMITS:
        os.putenv(name, "1")
    threading.Thread(target=_listen, args=(line, messages), daemon=True).start()
    current: Work | None = None
    while True:
        message = messages.get()
        text = message[1:].decode()
        if message[:1] == JOB:
            current = Work(text)
        elif current is not None:
            line.send_bytes(current.do(text).encode())


def _listen(line: Connection, messages: queue.SimpleQueue[bytes]) -> None:
    """Pass messages on, and end the process when the other side is gone, in the middle of a task too."""
    while True:
        try:
            messages.put(line.recv_bytes())
        except (EOFError, OSError):
            os._exit(0)
