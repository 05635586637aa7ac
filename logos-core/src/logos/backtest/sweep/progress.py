"""The progress of a sweep, ``trials.jsonl`` in its folder: what a resumed sweep need not do again.

One record a line, in the order in which the trials ended. It only grows; a last line that a crash has torn is cut off.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from logos.backtest.sweep.evaluations import Key, Record, key_of
from logos.domain.errors import IntegrityError
from logos.live.disk import Disk

PROGRESS_FILE = "trials.jsonl"
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class Progress:
    """The records of a sweep so far, in memory and in its file.

    Parameters
    ----------
    path:
        The file; it is made where it is missing.

    Attributes
    ----------
    records:
        By key.

    Raises
    ------
    IntegrityError
        Where a line before the last is not a record.
    """

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path = path
        self._disk = disk
        self.records: dict[Key, Record] = {}
        whole = self._read()
        if path.exists() and path.stat().st_size > whole:
            disk.cut(path, whole)
        self._descriptor = disk.open_append(path)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._disk.close(self._descriptor)

    def add(self, records: Iterable[Record]) -> None:
        """Keep records, and hand them to the operating system."""
        fresh = list(records)
        self._disk.append(self._descriptor, b"".join(_encode(one).encode() + b"\n" for one in fresh), self._path)
        self.records.update((key_of(one), one) for one in fresh)

    def _read(self) -> int:
        """Take in the records of the file; return how many bytes of it are whole lines."""
        if not self._path.exists():
            return 0
        whole = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    break
                record = self._record(line, number)
                self.records[key_of(record)] = record
                whole += len(line)
        return whole

    def _record(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            record: dict[str, Any] = json.loads(line)
            key_of(record)
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityError(
                f"{self._path.name} line {number} is not the record of a trial",
                hint=f"It was edited or damaged: remove {os.fspath(self._path)} to run all trials anew",
            ) from error
        return record
