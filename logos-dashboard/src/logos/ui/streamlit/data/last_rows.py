"""The last rows of a table, read from its end: as quick for a million rows as for ten."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from logos.ui.streamlit.data.caching import ByStamp
from logos.ui.streamlit.data.faults import fault_of
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.stamps import Stamp, stamp_of

_TAIL_BYTES = 128 << 10
_HEAD_BYTES = 8 << 10
_MOST_ROWS = 200
_BLOCK_BYTES = 4 << 20
_ROW_BEGINS = re.compile(rb"\n(?=\d+,|\d{4}-\d\d-\d\dT)")
"""Every row of a session's tables begins with a number or a time; a line inside a quoted text hardly ever does."""


@attrs.frozen
class LastRows:
    """The end of a table.

    Attributes
    ----------
    rows:
        The last whole rows, newest last, as they are written.
    cut:
        Whether there are rows before them.
    """

    rows: tuple[Mapping[str, str], ...]
    cut: bool

    def __len__(self) -> int:
        return len(self.rows)


def last_rows(path: Path, columns: Sequence[str], *, what: str) -> Reading[LastRows]:
    """Return the end of a table.

    Parameters
    ----------
    columns:
        Without one of these it is another table.
    what:
        What its rows are, such as ``fills``.
    """
    reading = _TABLES.of(path, missing=f"there are no {what} yet")
    if reading.value is not None and reading.value.rows:
        lacking = [name for name in columns if name not in reading.value.rows[0]]
        if lacking:
            return Reading.damaged(f"{path.name} has no column {', '.join(lacking)}", stamp=reading.stamp)
    return reading


def rows_in(path: Path) -> int:
    """Return how many whole rows a table has below its header, read through once a change; 0 where it cannot be read.

    A line break inside a quoted text counts as one more row.
    """
    return _COUNTS.of(path).value or 0


def shortfall(path: Path, rows: int, counted: int, what: str, *, teller: str = "the snapshot") -> str:
    """Return what is to be said of a table that has fewer rows than there were; empty where it has them all.

    Parameters
    ----------
    what:
        What is counted, such as ``fills``.
    teller:
        What tells how many there were.
    """
    if rows >= counted:
        return ""
    stamp = stamp_of(path)
    if stamp is None:
        found = "is gone"
    elif rows:
        found = f"has {rows:,} whole row{'s' * (rows != 1)}"
    else:
        found = "has no whole row" if stamp.size else "is empty"
    return f"{path.name} {found}, though {teller} tells of {counted:,} {what if counted != 1 else what[:-1]}"


def _count(path: Path, _stamp: Stamp) -> Reading[int]:
    if not path.is_file():
        return Reading.damaged(f"{path.name} is not a file")
    lines = 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                lines += block.count(b"\n")
    except OSError as error:
        return Reading.damaged(f"{path.name} cannot be read: {fault_of(error)}")
    return Reading.ok(max(0, lines - 1))


def _read(path: Path, stamp: Stamp) -> Reading[LastRows]:
    if not path.is_file():
        return Reading.damaged(f"{path.name} is not a file")
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            start = max(0, stamp.size - _TAIL_BYTES)
            file.seek(start)
            tail = file.read(2 * _TAIL_BYTES)  # it may have grown since
    except FileNotFoundError:
        return Reading.damaged(f"{path.name} was removed while it was read")
    except OSError as error:
        return Reading.damaged(f"{path.name} cannot be read: {fault_of(error)}")
    line, newline, _ = head.partition(b"\n")
    if not newline:
        return Reading.ok(LastRows((), cut=False))  # its header is being written
    header = line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r").split(",")
    begin = _begin(tail) if start else len(line) + 1
    if begin >= len(tail) and start:
        return Reading.damaged(f"{path.name} is not a table: its last row is of more than {_TAIL_BYTES:,} bytes")
    return _rows(path, header, tail[begin : tail.rfind(b"\n") + 1], cut=bool(start))


def _begin(tail: bytes) -> int:
    found = _ROW_BEGINS.search(tail)
    return len(tail) if found is None else found.end()


def _rows(path: Path, header: list[str], data: bytes, *, cut: bool) -> Reading[LastRows]:
    rows, skipped = [], 0
    try:
        for fields in csv.reader(data.decode("utf-8", "replace").splitlines(keepends=True)):
            if len(fields) == len(header):
                rows.append(dict(zip(header, fields, strict=True)))
            else:
                skipped += 1
    except csv.Error:
        return Reading.damaged(f"{path.name} is not a table: its quotes do not match")
    found = LastRows(tuple(rows[-_MOST_ROWS:]), cut=cut or len(rows) > _MOST_ROWS)
    if skipped:
        return Reading.partial(found, f"{skipped:,} row{'s' * (skipped != 1)} of {path.name} cannot be read: left out")
    return Reading.ok(found)


_TABLES: ByStamp[LastRows] = ByStamp(_read)
_COUNTS: ByStamp[int] = ByStamp(_count)
