"""A sweep's folder, ``runs/sweeps/<id>``: claimed by one program, found again by a resume."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from logos import paths
from logos.config.problems import nearest, shortened
from logos.domain.errors import InputError, ResumeError, StorageError
from logos.domain.times import time_text
from logos.live.disk import Disk

SWEEP_FILE = "sweep.json"
CONFIG_FILE = "config.yaml"
SUMMARY_FILE = "summary.json"
REPORT_FILE = "summary.md"
LATEST = "latest"
_LOCK_FILE = ".lock"


def sweeps_dir(root: Path) -> Path:
    """Return the folder that holds one folder a sweep."""
    return paths.runs_dir(root) / "sweeps"


def claim(root: Path, name: str, now: int, disk: Disk) -> Path:
    """Make the folder of a new sweep.

    Parameters
    ----------
    name:
        The session's name, the end of the sweep's id.
    now:
        Wall time, the beginning of it.
    """
    stamp = time_text(now).translate(str.maketrans("T", "-", ":-Z"))
    stem = f"{stamp}-{name}"
    number, folder = 1, sweeps_dir(root) / stem
    while not disk.claim_folder(folder):
        number += 1
        folder = sweeps_dir(root) / f"{stem}-{number}"
    return folder


def find_sweep(root: Path, wanted: str) -> Path:
    """Return the folder of a sweep: by its id, the start of exactly one, or ``latest``.

    Raises
    ------
    InputError
        Where no sweep, or more than one, is meant.
    """
    parent = sweeps_dir(root)
    names = sorted(found.parent.name for found in parent.glob(f"*/{SWEEP_FILE}"))
    if not names:
        raise InputError(f"there is no sweep in {parent} yet", hint="Begin one: logos sweep --config F --param ...")
    if wanted == LATEST:
        # The second of two sweeps that began in one second ends in -2.
        return parent / max(names, key=lambda name: (name[:15], len(name), name))
    if wanted in names:
        return parent / wanted
    begun = [name for name in names if name.startswith(wanted)]
    if len(begun) == 1:
        return parent / begun[0]
    if begun:
        raise InputError(f"{len(begun)} sweeps begin with {shortened(wanted)!r}", hint=f"Name one: {', '.join(begun)}")
    raise InputError(f"there is no sweep {shortened(wanted)!r}", hint=nearest(wanted, names))


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Keep a sweep to this program.

    Raises
    ------
    ResumeError
        Where another program runs it.
    """
    lock = FileLock(folder / _LOCK_FILE)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ResumeError(
            f"sweep {folder.name} is being run by another program", hint="Wait for it to end, or interrupt it"
        ) from None
    except OSError as error:
        raise StorageError(
            f"cannot write {folder / _LOCK_FILE}: {error.strerror or error}", hint="Mend the disk and resume the sweep"
        ) from error
    try:
        yield
    finally:
        lock.release()


def put(path: Path, data: bytes) -> None:
    """Put a file in place whole: under a temporary name, then renamed.

    Nothing is synced: a sweep's tables can be written again from its progress, and the ledger of trials syncs itself.

    Raises
    ------
    StorageError
        Where it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):  # what cannot be written may not be to be removed either
            temporary.unlink(missing_ok=True)
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}",
            hint="What was run is kept: mend the disk and resume the sweep",
        ) from error


def put_json(path: Path, value: Any) -> None:
    """Put a file of readable JSON in place."""
    put(path, (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode())


def read_sweep(folder: Path) -> dict[str, Any]:
    """Return what ``sweep.json`` says.

    Raises
    ------
    ResumeError
        Where it cannot be read.
    """
    try:
        value: dict[str, Any] = json.loads((folder / SWEEP_FILE).read_bytes())
    except (OSError, ValueError) as error:
        raise ResumeError(
            f"{SWEEP_FILE} of sweep {folder.name} cannot be read: {error}", hint="Begin the sweep anew"
        ) from error
    return value
