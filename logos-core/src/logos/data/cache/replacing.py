"""A file that is there whole or not at all, and a folder that one program at a time writes a symbol into."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from logos.domain.errors import StorageError

PATIENCE = 60.0
"""Seconds to wait for another program that writes the same symbol. It writes for a second or two."""

_HINT = "The file that was there before is as it was: mend the disk, and run the command again"


@contextmanager
def explained(action: str, path: Path) -> Iterator[None]:
    """Name the file in what the system refuses.

    Raises
    ------
    StorageError
        In place of an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        raise StorageError(f"cannot {action} {path}: {error.strerror or error}", hint=_HINT) from error


def replace(path: Path, data: bytes | memoryview) -> None:
    """Put a file in place: under a temporary name in its folder, synced, then renamed. A failure leaves the old one.

    Raises
    ------
    StorageError
        Where it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.new")
    with explained("write", path):
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:  # an interrupt too: nobody would ever take the half of a file away
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


@contextmanager
def held(folder: Path, name: str, patience: float = PATIENCE) -> Iterator[None]:
    """Keep one symbol of a cache to this program while it reads and replaces the file.

    Parameters
    ----------
    folder:
        The folder of the asset class; it is made where it is missing.
    name:
        Symbol and interval, such as ``BTC-USD-1m``: every form of the file shares one lock.
    patience:
        Seconds to wait for another program.

    Raises
    ------
    StorageError
        Where another program holds it all the time, or the folder cannot be written.
    """
    with explained("make the folder", folder):
        folder.mkdir(parents=True, exist_ok=True)
    path = folder / f".{name}.lock"
    lock = FileLock(path)
    with explained("lock", path):
        try:
            lock.acquire(timeout=patience)
        except Timeout:  # an OSError, too
            raise StorageError(
                f"{folder / name} has been held by another program for {patience:g} s",
                hint="Wait until it has written the file, then run the command again",
            ) from None
    try:
        yield
    finally:
        lock.release()


def _sync_folder(path: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there, and a rename is durable by itself
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
