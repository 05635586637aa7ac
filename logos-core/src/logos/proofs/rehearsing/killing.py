"""A disk that kills its own program in the middle of a chosen durable operation."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from logos.live.disk import Disk


class KillingDisk(Disk):
    """Counts durable operations, and ends the program with SIGKILL in one of them.

    A growing file is left with half of what was to be added; anything else is left as it was. Nothing is synced: a
    program that is killed loses nothing that it has handed over, and waiting for the disk would take most of the time.

    Parameters
    ----------
    kill_at:
        The number of the operation, from 1; 0 for none.

    Attributes
    ----------
    count:
        How many operations there were.
    """

    def __init__(self, kill_at: int) -> None:
        super().__init__()
        self._kill_at = kill_at
        self.count = 0

    def _due(self) -> bool:
        self.count += 1
        return self.count == self._kill_at

    def _may_go_on(self) -> None:
        if self._due():
            _die()

    def make_folder(self, path: Path) -> None:
        """Count, and make a folder."""
        self._may_go_on()
        super().make_folder(path)

    def claim_folder(self, path: Path) -> bool:
        """Count, and make a new folder."""
        self._may_go_on()
        return super().claim_folder(path)

    def append(self, descriptor: int, data: bytes, path: Path) -> None:
        """Count, and let a file grow; by half of it where the program dies."""
        if self._due():
            super().append(descriptor, data[: len(data) // 2], path)
            _die()
        super().append(descriptor, data, path)

    def sync(self, descriptor: int, path: Path) -> None:  # noqa: ARG002 -- as every disk
        """Count."""
        self._may_go_on()

    def cut(self, path: Path, length: int) -> None:
        """Count, and cut a file back."""
        self._may_go_on()
        super().cut(path, length)

    def replace(self, path: Path, data: bytes) -> None:
        """Count, and put a file in place; writing its temporary file counts by itself."""
        self._may_go_on()
        super().replace(path, data)

    def remove(self, path: Path) -> None:
        """Count, and take a file away."""
        self._may_go_on()
        super().remove(path)

    def rename_folder(self, old: Path, new: Path) -> None:
        """Count, and rename."""
        self._may_go_on()
        super().rename_folder(old, new)

    def point(self, link: Path, target: str) -> None:
        """Count, and let a link name a target."""
        self._may_go_on()
        super().point(link, target)

    def _write_whole(self, path: Path, data: bytes) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            self.append(descriptor, data, path)
        finally:
            os.close(descriptor)

    def _sync_folder(self, path: Path) -> None:
        """Do nothing."""


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
