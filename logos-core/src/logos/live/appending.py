"""A file that only ever grows by whole rows, in groups."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from logos.live.disk import Disk


class Appender:
    """Collects rows and hands them to the operating system in groups.

    Attributes
    ----------
    length:
        Bytes handed over so far.
    add:
        Collects whole rows.
    """

    def __init__(self, disk: Disk, path: Path, length: int) -> None:
        self._disk = disk
        self._descriptor = disk.open_append(path)
        self._rows: list[bytes] = []
        self.path = path
        self.length = length
        # A bound method of the list: an order adds eight rows, and how long they are is asked about once a snapshot.
        self.add: Callable[[bytes], None] = self._rows.append

    @property
    def pending(self) -> int:
        """Bytes collected and not yet handed over."""
        return sum(map(len, self._rows))

    def flush(self) -> None:
        """Hand over what was collected."""
        if self._rows:
            data = b"".join(self._rows)
            self._disk.append(self._descriptor, data, self.path)
            self._rows.clear()
            self.length += len(data)

    def collected(self) -> bytes:
        """Take what was collected and not yet handed over."""
        data = b"".join(self._rows)
        self._rows.clear()
        return data

    def sync(self) -> None:
        """Hand over, and wait until it would survive a power cut."""
        self.flush()
        self._disk.sync(self._descriptor, self.path)

    def close(self) -> None:
        """Close the file; what was collected and not handed over is dropped."""
        self._disk.close(self._descriptor)
