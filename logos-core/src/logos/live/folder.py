"""A session's folder while a program works in it: held by one, and logged into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from logos import paths
from logos.artifacts import schemas
from logos.context.logging import open_session_log
from logos.context.parts import Log
from logos.domain.errors import InputError, ResumeError, StorageError
from logos.live.setup import Setup

LIVE_LOG = "live.log"
LOCK_FILE = ".lock"

_PATIENCE = 1.0
"""Seconds to wait for the lock: the dashboard holds it whenever it looks who runs a session.

That is some microseconds, or a few tenths of a second where another of its threads draws a large chart meanwhile.
"""
_A_LOOK = 0.1
"""Seconds to wait where the lock is only looked at: a list of sessions looks at several."""


@contextmanager
def hold(folder: Path, *, patience: float = _PATIENCE) -> Iterator[None]:
    """Keep a session to this program.

    Parameters
    ----------
    patience:
        Seconds to wait for who has it.

    Raises
    ------
    ResumeError
        Where another program runs it.
    StorageError
        Where its folder cannot be written.
    """
    lock = FileLock(folder / LOCK_FILE)
    try:
        lock.acquire(timeout=patience, poll_interval=0.01)
    except Timeout:
        raise ResumeError(
            f"session {folder.name} is being run by another program",
            hint="Wait for it to end, or pause it with SIGINT",
        ) from None
    except OSError as error:
        raise StorageError(
            f"cannot write {folder / LOCK_FILE}: {error.strerror or error}",
            hint="Mend the disk and resume the session",
        ) from error
    try:
        yield
    finally:
        lock.release()


def unended(folder: Path) -> InputError:
    """Return what is said of a session without an end: that a program runs it still, or that it was interrupted."""
    resume = f"logos trade --resume {folder.name}"
    if is_run(folder):
        return InputError(f"session {folder.name} is being run: it has no end yet", hint="Wait for it to end")
    return InputError(f"session {folder.name} was interrupted: it has no end yet", hint=f"Finish it with: {resume}")


def is_run(folder: Path) -> bool:
    """Return whether a program runs a session: whether its folder is held."""
    if not (folder / LOCK_FILE).exists():
        return False
    try:
        with hold(folder, patience=_A_LOOK):
            return False
    except ResumeError:
        return True


@contextmanager
def open_log(setup: Setup, folder: Path, session_id: str) -> Iterator[Log]:
    """Open the session's log, which the log of all sessions repeats."""
    logs = paths.logs_dir(setup.root)
    setup.disk.make_folder(logs)
    log = open_session_log(folder / schemas.LOG_FILE, logs / LIVE_LOG, setup.clock, session_id=session_id)
    try:
        yield log
    finally:
        log.close()
