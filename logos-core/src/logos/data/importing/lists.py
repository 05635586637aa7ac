"""JSON as CCXT and freqtrade write it: a list of ``[milliseconds, open, high, low, close, volume]``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from logos.data.bar_rows import shown
from logos.data.importing.delimited import Layout, TextBatch
from logos.data.importing.times import MILLISECONDS, Times
from logos.domain.errors import DataError

_WIDTH = 6
_ROWS = 200_000
_FORM = "[[milliseconds, open, high, low, close, volume], ...]"


def list_batches(data: bytes, name: str, times: Times) -> Iterator[TextBatch]:
    """Yield the rows of a JSON text. Numbers keep their digits: none becomes a float on the way.

    Raises
    ------
    DataError
        Where it is no such list.
    """
    times.kind = MILLISECONDS
    rows = _rows(data, name)
    layout = Layout(width=_WIDTH, positions=tuple(range(_WIDTH)))
    for first in range(0, len(rows), _ROWS):
        text = "\n".join([_line(row) for row in rows[first : first + _ROWS]])
        yield TextBatch(f"{text}\n".encode(), first + 1, layout, times)


def _rows(data: bytes, name: str) -> list[Any]:
    try:
        found = json.loads(data.decode("utf-8-sig"), parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{name} is no JSON: {error}", hint="It may be truncated: write or download the file again"
        ) from error
    if not isinstance(found, list):
        keys = f" with the keys {shown(', '.join(map(str, found)))}" if isinstance(found, dict) else ""
        raise DataError(f"{name} holds a JSON {_kind(found)}{keys}, expected a list", hint=f"It must be {_FORM}")
    if found and not isinstance(found[0], list):
        raise DataError(
            f"{name} holds a list of which the first item is a {_kind(found[0])}, expected lists",
            hint=f"It must be {_FORM}",
        )
    return found


def _kind(value: object) -> str:
    return {dict: "object", list: "list", str: "text or number", bool: "truth value"}.get(type(value), "null")


def _line(row: object) -> str:
    """Return a row as CSV; what is no list of texts becomes a row that is refused with what it looks like."""
    if not isinstance(row, list):
        return str(row).replace("\n", " ")
    return ",".join("" if value is None else str(value).replace("\n", " ") for value in row[:_WIDTH])
