"""What tells one content of a file from another without reading it: its path, its time of change, its size."""

from __future__ import annotations

from pathlib import Path

import attrs


@attrs.frozen
class Stamp:
    """One state of a file or folder; equal stamps mean that nothing was written in between.

    Attributes
    ----------
    mtime_ns:
        When it was changed last, in nanoseconds since the epoch, UTC.
    size:
        In bytes.
    """

    path: Path
    mtime_ns: int
    size: int


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of a file or folder, or nothing where there is none or it may not be looked at."""
    try:
        found = path.stat()
    except (OSError, ValueError):  # ValueError: a name with a zero byte in it, as a damaged pointer file may hold
        return None
    return Stamp(path=path, mtime_ns=found.st_mtime_ns, size=found.st_size)
