"""Reads a session's folder for the auditor: text in, exact decimals out, and where the first fault stands."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import attrs

from logos.artifacts.readers import read_state
from logos.artifacts.schemas import STATE_FILE, TABLES
from logos.domain.errors import IntegrityError

RESTORE = "Restore the session's folder from a copy"
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)


@attrs.frozen(kw_only=True)
class Fault:
    """The first record of a check that disagrees.

    Attributes
    ----------
    line:
        Counted from 1; ``None`` where the fault is not in a line of its own.
    record, field:
        What the line is about, and the column or key; may be empty.
    """

    file: str
    line: int | None
    record: str
    field: str
    found: str
    expected: str

    def __str__(self) -> str:
        line = "" if self.line is None else f" line {self.line}"
        record = f" ({self.record})" if self.record else ""
        field = f", {self.field}" if self.field else ""
        return f"{self.file}{line}{record}{field}: found {self.found or 'nothing'}, expected {self.expected}"


class DisagreementError(Exception):
    """Two records disagree; ends one check of the audit."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class Place(NamedTuple):
    """Where a record stands."""

    file: str
    line: int | None = None
    record: str = ""

    def differs(self, field: str, found: object, expected: object) -> DisagreementError:
        """Return the disagreement of one field."""
        texts = {"found": str(found), "expected": str(expected) or "nothing"}
        return DisagreementError(Fault(file=self.file, line=self.line, record=self.record, field=field, **texts))

    def check(self, field: str, found: object, expected: object) -> None:
        """Refuse a field that is not what it should be."""
        if found != expected:
            raise self.differs(field, found, expected)

    def check_row(self, found: Sequence[str], expected: Sequence[str]) -> None:
        """Refuse a row of a table; names the first field that is not what it should be."""
        if found != expected:
            for field, one, other in zip(TABLES[self.file], found, expected, strict=True):
                self.check(field, one, other)

    def number(self, field: str, text: object) -> Decimal:
        """Return a decimal as it is written."""
        if not isinstance(text, str) or not _NUMBER.fullmatch(text):
            raise self.differs(field, text, "a plain decimal")
        return Decimal(text)

    def time(self, field: str, text: str) -> str:
        """Return a time as it is written; texts of this form compare like the times themselves."""
        if not _TIME.fullmatch(text):
            raise self.differs(field, text, "a time like 2026-01-31T09:30:00Z")
        return text


@attrs.frozen(kw_only=True)
class Snapshot:
    """What the auditor takes from ``state.json``.

    Attributes
    ----------
    lengths:
        The bytes of each table that the snapshot vouches for; only those of a running session are cut there.
    waiting:
        Rows of ``orders.csv`` that a running session has not written yet.
    """

    values: Mapping[str, Any]
    status: str
    clock: str
    account: Mapping[str, Any]
    decimals: int
    counts: Mapping[str, int]
    positions: Sequence[Mapping[str, Any]]
    orders: Sequence[Mapping[str, Any]]
    waiting: Sequence[str]
    sequence: int
    length: int
    head: str
    lengths: Mapping[str, int]

    @property
    def running(self) -> bool:
        """Whether the session had not stopped when the snapshot was taken."""
        return self.status == "running"

    def until(self, table: str) -> int | None:
        """Return how much of a table to read, in bytes; ``None`` for all of it."""
        return self.lengths[table] if self.running else None


def read_snapshot(folder: Path) -> Snapshot:
    """Read ``state.json``.

    Raises
    ------
    InputError
        Where the folder is no session.
    IntegrityError
        Where the file is not a whole snapshot.
    """
    state = read_state(folder)
    try:
        return Snapshot(
            values=state,
            status=state["status"],
            clock=state["clock"],
            account=state["account"],
            decimals=state["account"]["decimals"],
            counts=state["counts"],
            positions=[
                {**entry, "lots": [(lot["quantity"], lot["cost"]) for lot in entry["lots"]]}
                for entry in state["positions"]
            ],
            orders=[dict(entry) for entry in state["orders"]],
            waiting=[row for _, row in sorted(state["orders_waiting"].items(), key=lambda item: int(item[0]))],
            sequence=int(state["sequence"]),
            length=int(state["journal"]["length"]),
            head=state["journal"]["head"],
            lengths={name: int(state["files"][name]) for name in TABLES if name in state["files"]},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError(
            f"{folder / STATE_FILE} is not a whole snapshot: {type(error).__name__} {error}", hint=RESTORE
        ) from error


def read_table(folder: Path, name: str, until: int | None) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a table with their lines, one at a time; columns that were added at the end are left out."""
    columns = TABLES[name]
    reader = csv.reader(_lines(folder, name, until), strict=True)
    line = 1
    try:
        header = next(reader, [])
        if tuple(header[: len(columns)]) != columns:
            raise Place(name, 1).differs("header", ",".join(header), ",".join(columns))
        line = reader.line_num + 1
        for row in reader:
            if len(row) != len(header):
                raise Place(name, line).differs("", f"{len(row)} fields", f"{len(header)} fields")
            yield line, row[: len(columns)]
            line = reader.line_num + 1
    except (csv.Error, UnicodeDecodeError) as error:
        raise Place(name, line).differs("", error, "a row of CSV") from error


def _lines(folder: Path, name: str, until: int | None) -> Iterator[str]:
    length = 0
    for number, line in enumerate(read_lines(folder, name), start=1):
        if until is not None and length >= until:
            break
        length += len(line)
        if not line.endswith(b"\n") or (until is not None and length > until):
            raise Place(name, number).differs("", "the end within the line", "a whole line")
        yield line.decode()
    if until is not None and length != until:
        raise Place(name).differs("", f"{length} bytes", f"{until} bytes, as {STATE_FILE} says")


def read_lines(folder: Path, name: str) -> Iterator[bytes]:
    """Yield the lines of a file as they are."""
    try:
        with (folder / name).open("rb") as file:
            yield from file
    except OSError as error:
        raise Place(name).differs("", error.strerror or error, "a file that can be read") from error
