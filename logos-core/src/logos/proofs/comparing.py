"""Compares two folders of one session, and names the first thing in which they differ."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path

import attrs

from logos.artifacts import schemas

COMPARED = (
    schemas.BARS_FILE,
    schemas.JOURNAL_FILE,
    schemas.ACCOUNT_FILE,
    schemas.DECISIONS_FILE,
    schemas.WEIGHTS_FILE,
    schemas.TRADES_FILE,
    schemas.POSITIONS_FILE,
    schemas.ORDERS_FILE,
    schemas.QUARANTINE_FILE,
    schemas.CONFIG_FILE,
    schemas.VENUE_FILE,
    schemas.STATE_FILE,
    schemas.SUMMARY_FILE,
)
"""In the order in which a difference is told where several begin at one time. Pictures and logs are not compared.

A polled feed's telemetry (``feed`` in ``state.json``, and what ``session.md`` takes from it) is wall time, which no
second run can repeat: a replay copies it from the record, so that the rest of those files, seal included, is compared.
"""

_WALL_CLOCK = re.compile(r"^(\| (?:Started|Ended) \(wall clock\) +\| )\S+( +\|)$")
"""The two lines of ``session.md`` that differ between runs, by their value."""


@attrs.frozen(kw_only=True)
class Difference:
    """The first place in which a file differs.

    Attributes
    ----------
    file, line:
        Where, the line counted from 1.
    timestamp:
        The bar, as the session's clock, where the line has one; else empty.
    event:
        The journal event's type, or the kind of row.
    field:
        What differs in it; empty where the whole line does.
    recorded, replayed:
        Both values; empty where one side has no such line.
    """

    file: str
    line: int
    timestamp: str
    event: str
    field: str
    recorded: str
    replayed: str


def lines_of(name: str, path: Path) -> Iterator[str]:
    """Yield an artifact's lines as they are compared; none where there is no such file."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        if name == schemas.SUMMARY_FILE:
            yield from (_WALL_CLOCK.sub(r"\1\2", line) for line in file)
        else:
            yield from file


Lines = Callable[[str, Path], Iterator[str]]


def compare(recorded: Path, replayed: Path, lines: Lines = lines_of) -> list[Difference]:
    """Return the first difference of every file that differs, the earliest in the session's time first.

    Parameters
    ----------
    lines:
        Yields the lines of an artifact, by its name, that are compared.
    """
    sides = ((name, lines(name, recorded / name), lines(name, replayed / name)) for name in COMPARED)
    differences = [found for name, left, right in sides if (found := _first(name, left, right)) is not None]
    order = {name: place for place, name in enumerate(COMPARED)}
    return sorted(differences, key=lambda one: (one.timestamp or "~", order[one.file]))


def _first(name: str, recorded: Iterator[str], replayed: Iterator[str]) -> Difference | None:
    header: list[str] = []
    for number, (left, right) in enumerate(zip_longest(recorded, replayed), start=1):
        if number == 1 and left is not None and name.endswith(".csv"):
            header = next(csv.reader([left]), [])
        if left != right:
            return _describe(name, number, header, left, right)
    return None


def _describe(name: str, number: int, header: list[str], left: str | None, right: str | None) -> Difference:
    if name == schemas.JOURNAL_FILE:
        fields, other = _event(left), _event(right)
        kind = fields.get("type") or other.get("type") or "line"
    elif header:
        fields, other = _row(header, left), _row(header, right)
        kind = f"row of {name}"
    else:
        fields, other, kind = {}, {}, f"line of {name}"
    names = [one for one in {**fields, **other} if fields.get(one) != other.get(one)]
    field = names[0] if fields and other and names else ""
    return Difference(
        file=name,
        line=number,
        timestamp=_moment(other) or _moment(fields),
        event=kind,
        field=field,
        recorded=fields.get(field, "") if field else (left or "").rstrip("\n"),
        replayed=other.get(field, "") if field else (right or "").rstrip("\n"),
    )


def _moment(fields: dict[str, str]) -> str:
    return fields.get("ts") or fields.get("updated_at") or fields.get("timestamp") or ""


def _event(line: str | None) -> dict[str, str]:
    try:
        event = json.loads(line or "")
    except ValueError:
        return {}
    return {name: str(value) for name, value in event.items()} if isinstance(event, dict) else {}


def _row(header: list[str], line: str | None) -> dict[str, str]:
    return {} if line is None else dict(zip(header, next(csv.reader([line]), []), strict=False))
