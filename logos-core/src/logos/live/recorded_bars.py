"""Reads ``bars.csv`` back: every row checked, a torn end told from a damaged middle."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple

import attrs

from logos.artifacts.schemas import BARS_COLUMNS, BARS_FILE, header
from logos.data.bar_digest import bar_digest
from logos.domain.bars import Bar, ForwardFilledBar, Slice
from logos.domain.errors import InputError, IntegrityError
from logos.domain.instruments import Instrument
from logos.domain.times import parse_time
from logos.live.record_rows import ALONE, BAR, DELIVERED, END, KILL, OF_BARS, REVISION, TICK, Group, Row
from logos.session.polled import Delivery, Origin, Revision

HEADER = header(BARS_COLUMNS).encode()
_HINT = "It was damaged or edited after it was written: restore it from a copy"
_QUOTE = b'"'
_FLAGS = {"true": True, "false": False}


@attrs.frozen
class History:
    """A bar from before the session, as it was recorded."""

    bar: Bar
    origin: Origin
    raw: bytes


class Entry(NamedTuple):
    """A history bar, a delivery or an end, and how long the file is up to it."""

    content: History | Group
    end: int


class _Line(NamedTuple):
    number: int
    raw: bytes
    clock: int
    row: Row
    left: int


@attrs.frozen
class RecordedBars:
    """A session's ``bars.csv``.

    Parameters
    ----------
    path:
        The file.
    instruments:
        The session's instruments by symbol.
    interval:
        The session's interval in seconds.
    """

    path: Path
    instruments: Mapping[str, Instrument]
    interval: int

    def entries(self, vouched: int) -> Iterator[Entry]:
        """Yield what was recorded, in its order.

        Parameters
        ----------
        vouched:
            How many bytes must be whole, as ``state.json`` says; what is torn behind them is left out.

        Raises
        ------
        IntegrityError
            Naming the first line that is torn, edited, missing or out of place.
        """
        size = self.path.stat().st_size if self.path.exists() else 0
        if size < vouched:
            raise IntegrityError(f"{self.path.name} has {size} bytes, and had {vouched}", hint=_HINT)
        with self.path.open("rb") as file:
            if file.readline() != HEADER:
                raise _fault(1, "it is not the header that is expected")
            yield from self._entries(file, vouched)

    def _entries(self, file: BinaryIO, vouched: int) -> Iterator[Entry]:
        start, group = len(HEADER), list[_Line]()
        for number, raw in _records(file):
            if not raw.endswith(b"\n"):
                group = group or [_Line(number, raw, 0, Row(END), 1)]
                break
            line = self._line(number, raw)
            self._follow(group, line)
            group.append(line)
            if line.left:
                continue
            content = _content(group)
            start += sum(len(one.raw) for one in group)
            group.clear()
            yield Entry(content, start)
        if group and start < vouched:
            raise _fault(group[0].number, "it is torn, or rows of its delivery are missing")

    def _follow(self, group: list[_Line], line: _Line) -> None:
        if not group:
            return
        before = group[-1]
        if line.left != before.left - 1 or line.clock != before.clock:
            raise _fault(line.number, "it does not follow the row before it: one is missing, repeated or out of place")
        if (before.row.kind == DELIVERED) != (line.row.kind == REVISION):
            raise _fault(line.number, f"a row {line.row.kind} does not stand behind a row {before.row.kind}")

    def _line(self, number: int, raw: bytes) -> _Line:
        try:
            text = raw.decode()
            fields = next(csv.reader([text], strict=True)) if '"' in text else text[:-1].split(",")
            if len(fields) != len(BARS_COLUMNS):
                raise _fault(number, f"{len(fields)} fields, expected {len(BARS_COLUMNS)}")
            named = dict(zip(BARS_COLUMNS, fields, strict=True))
            clock, left = parse_time(named["clock"]), int(named["rows_left"])
            row = self._row(named, number)
            written = row.text_at(clock, self.interval, left)
        except (InputError, InvalidOperation, ValueError, KeyError, csv.Error) as error:
            raise _fault(number, f"it cannot be read: {error}") from error
        if written != text:
            raise _fault(number, f"it is not as it was written, which would be {written[:-1]!r}")
        return _Line(number, raw, clock, row, left)

    def _row(self, named: Mapping[str, str], number: int) -> Row:
        kind = named["kind"]
        if kind not in OF_BARS:
            if kind not in {TICK, KILL, END}:
                raise _fault(number, f"{kind!r} is no kind of row")
            return Row(kind, text=named["source"])
        instrument = self.instruments[named["symbol"]]
        prices = (instrument.ticks_of(Decimal(named[name])) for name in ("open", "high", "low", "close"))
        values = (parse_time(named["timestamp"]), *prices, instrument.lots_of(Decimal(named["volume"])))
        bar = (ForwardFilledBar if _FLAGS[named["forward_filled"]] else Bar)(instrument, *values)
        if bar_digest(bar, self.interval) != named["sha256"]:
            raise _fault(number, "the bar does not match its digest")
        origin = Origin(
            source=named["source"], fetched_at=parse_time(named["fetched_at"]), final=_FLAGS[named["final"]]
        )
        return Row(kind, bar, origin)


def _fault(number: int, fault: str) -> IntegrityError:
    return IntegrityError(f"{BARS_FILE} line {number}: {fault}", hint=_HINT)


def _records(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the rows behind the header with the line on which each starts; a quoted field may span lines."""
    start, record = 2, b""
    for number, line in enumerate(file, start=2):
        record += line
        if line.endswith(b"\n") and record.count(_QUOTE) % 2 == 0:
            yield start, record
            start, record = number + 1, b""
    if record:
        yield start, record.rstrip(b"\n")


def _content(lines: list[_Line]) -> History | Group:
    raw = b"".join(line.raw for line in lines)
    first = lines[0].row
    if first.kind in ALONE:
        if len(lines) > 1:
            raise _fault(lines[1].number, f"a row {first.kind} stands alone")
        if first.bar is not None and first.origin is not None:
            return History(first.bar, first.origin, raw)
        return Group(delivery=None, raw=raw)
    rows = [line.row for line in lines]
    last = rows[-1].kind
    if last not in {BAR, TICK} or first.kind == REVISION or any(row.kind in ALONE for row in rows):
        raise _fault(lines[-1].number, "a delivery ends with its bars, or with a tick")
    bars = [row for row in rows if row.kind == BAR]
    if (last == TICK) != (not bars):
        raise _fault(lines[-1].number, "a delivery has bars, or is a tick, and not both")
    revisions = tuple(
        Revision(delivered=before.bar, revised=row.bar, origin=row.origin)
        for before, row in pairwise(rows)
        if row.kind == REVISION and before.bar is not None and row.bar is not None and row.origin is not None
    )
    delivery = Delivery(
        slice=Slice(lines[0].clock, tuple(row.bar for row in bars if row.bar is not None)),
        origins=tuple(row.origin for row in bars if row.origin is not None),
        revisions=revisions,
    )
    return Group(delivery=delivery, kill=next((row.text for row in rows if row.kind == KILL), ""), raw=raw)
