"""Which sessions there are, how each of them stands, and which is the latest. Each snapshot is read once a change."""

from __future__ import annotations

import os
from pathlib import Path

import attrs

from logos.artifacts.locating import LATEST, find_session, session_names
from logos.artifacts.readers import UNREADABLE, SessionRow, session_row
from logos.artifacts.schemas import STATE_FILE
from logos.domain.errors import LogosError
from logos.live.folder import LOCK_FILE
from logos.paths import sessions_dir
from logos.ui.streamlit.data.caching import ByStamp
from logos.ui.streamlit.data.faults import fault_of, folder_fault, told_of, unlisted
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.stamps import Stamp

RUNNING = "running"
INTERRUPTED = "interrupted"
FIRST_SESSION = "Run one with `logos trade --fixtures`"
_MOST_BYTES = 64 << 20


def list_sessions(root: Path) -> Reading[tuple[SessionRow, ...]]:
    """Return the sessions of a workspace, the newest first.

    ``status`` is what a session stands at in truth: one whose snapshot says ``running`` and that no program holds is
    ``interrupted``.
    """
    folder = sessions_dir(root)
    try:
        names = session_names(folder)
    except OSError as error:
        return unlisted(root, folder, fault_of(error))
    if fault := folder_fault(folder):
        return unlisted(root, folder, fault)
    if not names:
        return Reading.missing("there is no session in this workspace yet", FIRST_SESSION)
    return Reading.ok(tuple(_row(folder / name) for name in reversed(names)))


def latest_session(root: Path) -> Reading[Path]:
    """Return the folder of the latest session: what ``latest_session`` leads to, else the one with the last id."""
    folder = sessions_dir(root)
    try:
        names = session_names(folder)
        if fault := folder_fault(folder):
            return unlisted(root, folder, fault)
        if not names:
            return Reading.missing("there is no session in this workspace yet", FIRST_SESSION)
        return Reading.ok(find_session(root, LATEST))
    except LogosError as error:
        return Reading.partial(folder / names[-1], told_of(error, root), "The session with the last id is shown")
    except UnicodeDecodeError:
        return Reading.partial(
            folder / names[-1], "latest_session is not text", "The session with the last id is shown"
        )
    except OSError as error:
        return unlisted(root, folder, fault_of(error))


def is_held(folder: Path) -> bool | None:
    """Return whether a program runs a session, without leaving a trace; ``None`` where that cannot be told.

    The lock is tried as one that is shared, and only for reading: nothing is created, written or touched.
    """
    try:
        import fcntl  # noqa: PLC0415 - not on every system
    except ImportError:
        return None
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    else:
        return False
    finally:
        os.close(descriptor)


def true_status(folder: Path, status: str) -> str:
    """Return how a session stands, given what its snapshot says."""
    return INTERRUPTED if status == RUNNING and is_held(folder) is False else status


def _row(folder: Path) -> SessionRow:
    reading = _ROWS.of(folder / STATE_FILE)
    if reading.value is None:
        return SessionRow(session_id=folder.name, status=UNREADABLE, reason=reading.message)
    return attrs.evolve(reading.value, status=true_status(folder, reading.value.status))


def _read(path: Path, stamp: Stamp) -> Reading[SessionRow]:
    if stamp.size > _MOST_BYTES or not path.is_file():
        return Reading.damaged(f"{path.name} is no snapshot of a session")
    row = session_row(path.parent)
    return Reading.damaged(row.reason.replace(f"{path.parent}/", "")) if row.status == UNREADABLE else Reading.ok(row)


_ROWS: ByStamp[SessionRow] = ByStamp(_read)
