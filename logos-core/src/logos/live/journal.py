"""The journal: one event a line, each line sealed with the digest of the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import attrs

from logos.domain.errors import IntegrityError
from logos.domain.times import time_text
from logos.live.appending import Appender

GENESIS = "0" * 64
"""What the first line names as the digest before it."""

_SEAL = ',"hash":"'
_BLANK = hashlib.sha256()
"""Copying it is quicker than making a new one, and every order adds four lines."""
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


@attrs.frozen
class Head:
    """Where a journal stands: how many lines, how many bytes, and the last line's digest."""

    sequence: int = 0
    length: int = 0
    digest: str = GENESIS


def fields_of(values: dict[str, Any]) -> str:
    """Return JSON values as the fields of an object without its braces."""
    return _encode(values)[1:-1]


class Journal:
    """Appends events to the chain.

    Parameters
    ----------
    appender:
        The file.
    head:
        The chain so far.
    """

    def __init__(self, appender: Appender, head: Head) -> None:
        self._appender = appender
        self._add = appender.add
        self.sequence = head.sequence
        self._digest = head.digest

    @property
    def head(self) -> Head:
        """The chain as handed over and as collected."""
        appender = self._appender
        return Head(self.sequence, appender.length + appender.pending, self._digest)

    def append(self, clock: int, kind: str, values: dict[str, Any]) -> None:
        """Add an event.

        Parameters
        ----------
        clock:
            The session's clock.
        kind:
            The event's type.
        values:
            JSON values; amounts as decimal text.
        """
        self.append_fields(clock, kind, fields_of(values))

    def append_fields(self, clock: int, kind: str, fields: str) -> None:
        """Add an event whose values are JSON already: the fields of an object without its braces, in ASCII."""
        self.sequence += 1
        comma = "," if fields else ""
        body = (
            f'{{"seq":{self.sequence},"ts":"{time_text(clock)}","type":"{kind}",{fields}{comma}"prev":"{self._digest}"'
        )
        raw = body.encode()
        seal = _BLANK.copy()
        seal.update(raw)
        self._digest = seal.hexdigest()
        self._add(raw + f'{_SEAL}{self._digest}"}}\n'.encode())


class Line(NamedTuple):
    """An event as it is to stand in a journal: the session's clock, its type, and its values."""

    clock: int
    kind: str
    values: dict[str, Any]


class PromptedJournal(Journal):
    """A journal in which some lines are given beforehand: each is added as soon as the line before it stands.

    Parameters
    ----------
    lines:
        By sequence number, what came from outside a recorded session.
    hear:
        Is told of each line that was added so.
    """

    def __init__(self, appender: Appender, head: Head, lines: Mapping[int, Line], hear: Callable[[Line], None]) -> None:
        super().__init__(appender, head)
        self._lines = lines
        self._hear = hear

    def append_fields(self, clock: int, kind: str, fields: str) -> None:
        """Add an event, and the given lines that follow it."""
        super().append_fields(clock, kind, fields)
        while (line := self._lines.get(self.sequence + 1)) is not None:
            super().append_fields(line.clock, line.kind, fields_of(line.values))
            self._hear(line)


def read_chain(path: Path, *, until: int | None = None) -> Iterator[tuple[Head, dict[str, Any]]]:
    """Yield every event of a journal with the head behind it, checking the chain.

    Parameters
    ----------
    path:
        The journal.
    until:
        How many bytes to read; all of them where it is ``None``.

    Raises
    ------
    IntegrityError
        At the first line that is torn, edited, missing or out of place.
    """
    head = Head()
    with path.open("rb") as file:
        for line in file:
            if until is not None and head.length >= until:
                return
            event = check_line(line, head, path)
            digest = line[-67:-3].decode()
            head = Head(head.sequence + 1, head.length + len(line), digest)
            yield head, event


def check_line(line: bytes, before: Head, path: Path) -> dict[str, Any]:
    """Return the event of a journal's line, given the head before it.

    Raises
    ------
    IntegrityError
        Naming the line and its fault.
    """
    number = before.sequence + 1
    fault = _fault(line, before)
    if fault:
        raise IntegrityError(
            f"{path.name} line {number}: {fault}",
            hint="The journal was damaged or edited after it was written: restore it from a copy",
        )
    event: dict[str, Any] = json.loads(line)
    if event.get("seq") != number or event.get("prev") != before.digest:
        raise IntegrityError(
            f"{path.name} line {number}: it does not follow the line before it (seq {event.get('seq')})",
            hint="A line is missing, repeated or out of place: restore the journal from a copy",
        )
    return event


def _fault(line: bytes, before: Head) -> str:
    if not line.endswith(b'"}\n'):
        return "it is torn"
    seal = len(line) - 67 - len(_SEAL)
    if seal <= 0 or line[seal : seal + len(_SEAL)] != _SEAL.encode():
        return "it has no seal"
    if hashlib.sha256(line[:seal]).hexdigest().encode() != line[-67:-3]:
        return f"its content does not match its seal (the chain is whole up to line {before.sequence})"
    return ""
