"""The last rows of a table, read from its end: as quick for a million rows as for ten."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from logos.ui.streamlit.data.caching import ByStamp
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.stamps import Stamp

_TAIL_BYTES = 128 << 10
_HEAD_BYTES = 8 << 10
_MOST_ROWS = 200
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
        return Reading.damaged(f"{path.name} cannot be read: {error.strerror or error}")
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
    except csv.Error as error:
        return Reading.damaged(f"{path.name} is not a table: {error}")
    found = LastRows(tuple(rows[-_MOST_ROWS:]), cut=cut or len(rows) > _MOST_ROWS)
    if skipped:
        return Reading.partial(found, f"{skipped:,} row{'s' * (skipped != 1)} of {path.name} cannot be read: left out")
    return Reading.ok(found)


_TABLES: ByStamp[LastRows] = ByStamp(_read)
