"""The few things that Logos does to a disk, each either whole or not at all in the eyes of a reader."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from logos.domain.errors import StorageError


class Disk:
    """Durable writes. Every change that a session makes to a disk goes through one of these methods.

    Parameters
    ----------
    hint:
        What to do where a write fails; where it is empty, what fits a session.
    """

    hint = "What was written before is valid: mend the disk and resume the session"

    def __init__(self, *, hint: str = "") -> None:
        self.hint = hint or self.hint

    @contextmanager
    def _explained(self, action: str, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError(f"cannot {action} {path}: {error.strerror or error}", hint=self.hint) from error

    def make_folder(self, path: Path) -> None:
        """Make a folder and those above it."""
        with self._explained("make the folder", path):
            path.mkdir(parents=True, exist_ok=True)

    def claim_folder(self, path: Path) -> bool:
        """Make a folder that must be new; return whether it was."""
        with self._explained("make the folder", path):
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                return False
        return True

    def open_append(self, path: Path) -> int:
        """Open a file for growing and return its descriptor."""
        with self._explained("open", path):
            return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)

    def append(self, descriptor: int, data: bytes, path: Path) -> None:
        """Let a file grow by whole rows."""
        with self._explained("write", path):
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]

    def sync(self, descriptor: int, path: Path) -> None:
        """Wait until what was written would survive a power cut."""
        with self._explained("sync", path):
            os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Close a file opened for growing."""
        os.close(descriptor)

    def cut(self, path: Path, length: int) -> None:
        """Cut a file back to its first so many bytes."""
        with self._explained("cut back", path):
            os.truncate(path, length)

    def replace(self, path: Path, data: bytes) -> None:
        """Put a file in place whole: under a temporary name, synced, then renamed. A failure leaves the old one."""
        temporary = path.with_name(f".{path.name}.new")
        with self._explained("write", path):
            try:
                self._write_whole(temporary, data)
                temporary.replace(path)
            except BaseException:  # an interrupt too: nobody would ever take the half of a file away
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)
                raise
            self._sync_folder(path.parent)

    def _write_whole(self, path: Path, data: bytes) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            self.append(descriptor, data, path)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def remove(self, path: Path) -> None:
        """Take a file away; it may be gone already."""
        with self._explained("remove", path):
            path.unlink(missing_ok=True)

    def rename_folder(self, old: Path, new: Path) -> None:
        """Give a folder its final name."""
        with self._explained("rename", old):
            old.rename(new)
            self._sync_folder(new.parent)

    def point(self, link: Path, target: str) -> None:
        """Let a symbolic link name a target, replacing it whole; a file with the name where links are not to be had."""
        temporary = link.with_name(f".{link.name}.new")
        self.remove(temporary)
        try:
            temporary.symlink_to(target)
        except (OSError, NotImplementedError):
            self.replace(link, f"{target}\n".encode())
            return
        with self._explained("link", link):
            temporary.replace(link)

    def _sync_folder(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
