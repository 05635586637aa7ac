"""Reads a session's folder for the auditor: text in, exact decimals out, and where the first fault stands."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import attrs

from logos.artifacts.readers import read_state
from logos.artifacts.schemas import STATE_FILE, TABLES
from logos.domain.errors import IntegrityError

NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,16})?", re.ASCII)
RESTORE = "Restore the session's folder from a copy"
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)


@attrs.frozen
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
        return f"{self.file}{line}{record}{field}: found {self.found}, expected {self.expected}"


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
        texts = [str(value) if value or value == 0 else "nothing" for value in (found, expected)]
        return DisagreementError(Fault(self.file, self.line, self.record, field, *texts))

    def check(self, field: str, found: object, expected: object) -> None:
        """Refuse a field that is not what it should be."""
        if found != expected:
            raise self.differs(field, found, expected)

    def check_row(self, found: Sequence[str], expected: Sequence[str | None]) -> None:
        """Refuse a row of a table; names the first field that is not what it should be, but for a ``None``."""
        if found != expected:
            for field, one, other in zip(TABLES[self.file], found, expected, strict=True):
                if other is not None:
                    self.check(field, one, other)

    def number(self, field: str, text: object) -> Decimal:
        """Return a decimal as it is written."""
        if not isinstance(text, str) or not NUMBER.fullmatch(text):
            raise self.differs(field, text, "a plain decimal")
        return Decimal(text)

    def stepped(self, field: str, text: object, step: Decimal, unit: Decimal) -> Decimal:
        """Return a price or a quantity above zero that lies on its tick or lot and prints with its decimals."""
        number = self.number(field, text)
        if number <= 0 or number % step or number.as_tuple().exponent != unit.as_tuple().exponent:
            raise self.differs(field, text, f"a multiple of {step} above 0, with its decimals")
        return number

    def time(self, field: str, text: str) -> str:
        """Return a time as it is written; texts of this form compare like the times themselves."""
        if not _TIME.fullmatch(text):
            raise self.differs(field, text, "a time like 2026-01-31T09:30:00Z")
        return text


def read_snapshot(folder: Path) -> dict[str, Any]:
    """Return ``state.json``, with everything in it that the audit looks up.

    Raises
    ------
    InputError
        Where the folder is no session.
    IntegrityError
        Where the file is not a whole snapshot.
    """
    state = read_state(folder)
    kinds = {"sequence": int, "clock": str, "positions": list, "orders": list, "journal": dict, "files": dict}
    faults = [name for name, kind in kinds.items() if type(state.get(name)) is not kind]
    if not faults:
        entries = [*state["positions"], *state["orders"]]
        if not all(isinstance(entry, dict) and type(entry.get("lots", [])) is list for entry in entries):
            faults.append("an entry of positions or orders")
        lengths = [state["journal"].get("length"), *state["files"].values()]
        if not all(type(length) is int for length in lengths):
            faults.append("a length in journal or files")
    if faults:
        raise IntegrityError(
            f"{folder / STATE_FILE} is not a whole snapshot: {', '.join(faults)} missing or of the wrong kind",
            hint=RESTORE,
        )
    return state


def read_lines(folder: Path, name: str, until: int | None) -> Iterator[bytes]:
    """Yield the lines of a file; ``until`` is how many bytes are vouched for, ``None`` for all."""
    length, number = 0, 0
    try:
        with (folder / name).open("rb") as file:
            for number, line in enumerate(file, start=1):
                if until is not None and length >= until:
                    break
                length += len(line)
                if not line.endswith(b"\n") or (until is not None and length > until):
                    raise Place(name, number).differs("", "the end within the line", "a whole line")
                yield line
    except OSError as error:
        raise Place(name).differs("", error.strerror or error, "a file that can be read") from error
    if until is not None and length != until:
        raise Place(name, number + 1).differs("", f"the end after {length} bytes", f"{until} bytes, by {STATE_FILE}")


def read_table(
    folder: Path, name: str, until: int | None, columns: tuple[str, ...] | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a table with their lines, one at a time; columns that were added at the end are left out.

    Parameters
    ----------
    columns:
        Those of the table, by default; of ``orders.csv`` a dry-run session has one more.
    """
    columns = columns or TABLES[name]
    reader = csv.reader((line.decode() for line in read_lines(folder, name, until)), strict=True)
    line = 1
    try:
        header = next(reader, [])
        if tuple(header[: len(columns)]) != columns:
            raise Place(name, 1).differs("", ",".join(header), ",".join(columns))
        line = reader.line_num + 1
        for row in reader:
            if len(row) != len(header):
                raise Place(name, line).differs("", f"{len(row)} fields", f"{len(header)} fields")
            yield line, row[: len(columns)]
            line = reader.line_num + 1
    except (csv.Error, UnicodeDecodeError) as error:
        raise Place(name, line).differs("", error, "a row of CSV") from error
