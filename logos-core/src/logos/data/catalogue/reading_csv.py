"""The raw columns of a CSV file, plain or gzipped: block by block, so that only numbers are held."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO, cast

import attrs
import numpy as np

from logos.data.bar_rows import shown
from logos.data.catalogue.headers import Header, understand
from logos.data.catalogue.records import Finding
from logos.data.catalogue.table import Faults, Integers, Table
from logos.data.catalogue.text_columns import parse_block
from logos.data.printable import decoded, is_text

if TYPE_CHECKING:
    from logos.data.catalogue.places import Place

BLOCK_BYTES = 8 * 1024 * 1024
_PIECE = 256 * 1024
_FIRST_BYTES = 8
_LONGEST_LINE = 16 * 1024 * 1024
_COMMA, _NEWLINE = ord(","), ord("\n")


@attrs.frozen(eq=False, kw_only=True)
class Raw:
    """What a file holds.

    Attributes
    ----------
    header:
        ``None`` where the file is none of bars.
    table:
        The rows whose time could be read.
    rows:
        All rows below the header, blank lines aside.
    """

    header: Header | None
    table: Table
    rows: int


def read_csv(
    place: Place,
    faults: Faults,
    progress: Callable[[int], None] = lambda _bytes: None,
    *,
    block_bytes: int = BLOCK_BYTES,
    only_times: bool = False,
) -> Raw:
    """Read a CSV file; what is wrong with its form goes to ``faults``.

    Parameters
    ----------
    progress:
        Is told how many bytes of the file have been read.
    block_bytes:
        How much text is held at once.
    only_times:
        Whether the numbers are left out.
    """
    reader = _Reader(faults, only_times=only_times)
    try:
        with place.path.open("rb") as file, _text(place, file) as stream:
            for text, ends in _whole_lines(stream, block_bytes):
                reader.take(text, cut=not ends)
                progress(file.tell())
                if reader.finished:
                    break
    except EOFError:
        faults.add(Finding(kind="truncated", count=1, line=reader.line, found="it ends within its gzip stream"))
    except (OSError, zlib.error) as error:
        faults.add(Finding(kind="unreadable", count=1, line=None, found=str(error)))
    return reader.raw()


def _text(place: Place, file: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", gzip.open(file, "rb")) if place.form == "csv.gz" else file


def _whole_lines(stream: BinaryIO, block_bytes: int) -> Iterator[tuple[bytes, bool]]:
    """Yield the file in blocks, each with whether it ends with a line; only the last may not.

    Whatever stands before a fault of the file is yielded before the fault is raised.
    """
    held = b""
    for data, fault in _blocks(stream, block_bytes):
        held += data
        cut = held.rfind(b"\n") + 1
        if cut:
            yield held[:cut], True
            held = held[cut:]
        elif len(held) > _LONGEST_LINE:
            raise OSError(f"a line of more than {_LONGEST_LINE:,} bytes is no CSV")
        if fault:
            raise fault
    if held:
        yield held, False


def _blocks(stream: BinaryIO, block_bytes: int) -> Iterator[tuple[bytes, Exception | None]]:
    """Yield the file in blocks of about a size; the last with what went wrong behind it."""
    parts: list[bytes] = []
    size, fault = 0, None
    while True:
        try:
            data = stream.read1(min(block_bytes, _PIECE))  # type: ignore[attr-defined]  # of both kinds of stream
        except (EOFError, OSError, zlib.error) as error:
            data, fault = b"", error
        parts.append(data)
        size += len(data)
        if size >= block_bytes or not data:
            yield b"".join(parts), fault
            parts, size = [], 0
        if not data:
            return


class _Reader:
    """Turns blocks of text into columns."""

    def __init__(self, faults: Faults, *, only_times: bool) -> None:
        self._faults = faults
        self._only_times = only_times
        self._header: Header | None = None
        self._parts: list[Table] = []
        self._rows = 0
        self.line = 1
        self.finished = False

    def take(self, text: bytes, *, cut: bool) -> None:
        """Read the next block; ``cut`` where the file ends without a newline."""
        if self._header is None:
            whole = text
            head, _, text = text.partition(b"\n")
            self._header = self._understand(head, whole)
            self.line = 2
        if self._header is None:
            self.finished = True
        elif text:
            # A carriage return that ends no line would end one for the library.
            self._block(
                self._header, text.replace(b"\r\n", b"\n").replace(b"\r", b" ") if b"\r" in text else text, cut=cut
            )

    def raw(self) -> Raw:
        """Return all that was read."""
        if self._header is None and not self._faults.list():
            self._faults.add(Finding(kind="empty", count=1, found="no byte in it"))
        names = list(self._header.places) if self._header else []
        empty = Table(
            lines=np.empty(0, dtype=np.int64),
            stamps=np.empty(0, dtype=np.int64),
            columns={name: np.empty(0) for name in names},
        )
        parts = [empty, *self._parts]
        table = Table(
            lines=np.concatenate([part.lines for part in parts]),
            stamps=np.concatenate([part.stamps for part in parts]),
            columns={name: np.concatenate([part.columns[name] for part in parts]) for name in names},
        )
        return Raw(header=self._header, table=table, rows=self._rows)

    def _understand(self, head: bytes, whole: bytes) -> Header | None:
        """Return what the first line says; ``whole`` is the block that begins with it."""
        for mark, what in ((b"\x1f\x8b", "gzip: call it .csv.gz"), (b"PAR1", "Parquet: call it .parquet")):
            if head.startswith(mark):
                self._faults.add(Finding(kind="unreadable", count=1, found=f"it is {what}"))
                return None
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            self._faults.add(Finding(kind="unreadable", count=1, found="it is UTF-16: save it as UTF-8"))
            return None
        header, fault = self._named(head) if is_text(head) else (None, None)
        if header is None and not is_text(whole):  # whatever the first line looks like
            fault = Finding(kind="unreadable", count=1, found=f"it is no UTF-8 text: {_first(whole)}")
        if fault:
            self._faults.add(fault)
        return attrs.evolve(header, places={}) if header and self._only_times else header

    def _named(self, head: bytes) -> tuple[Header | None, Finding | None]:
        text = head.decode("utf-8-sig", errors="backslashreplace").strip()
        if not text:
            return None, Finding(kind="no_header", count=1, line=1, found="the first line is empty")
        return understand(fields_of(text))

    def _block(self, header: Header, text: bytes, *, cut: bool) -> None:
        count = text.count(b"\n") + (not text.endswith(b"\n"))
        lines = np.arange(self.line, self.line + count, dtype=np.int64)
        self.line += count
        if b'"' in text:
            text, lines = _unquoted(text, lines)
        if not text.endswith(b"\n"):
            text += b"\n"
        if not _is_even(text, header):
            text, lines = self._even(text, lines, header, cut=cut)
        self._rows += len(lines)
        if len(lines):
            self._parts.append(parse_block(text, lines, header, self._faults))

    def _even(self, text: bytes, lines: Integers, header: Header, *, cut: bool) -> tuple[bytes, Integers]:
        """Leave out blank lines, and those with another number of columns than the header has."""
        rows = text.split(b"\n")[:-1]
        kept = []
        for index, row in enumerate(rows):
            if not row.strip():
                continue
            width = row.count(b",") + 1
            if width == header.width:
                kept.append(index)
                continue
            self._rows += 1
            last = cut and index == len(rows) - 1
            self._faults.add(
                Finding(
                    kind="truncated" if last else "torn_row",
                    count=1,
                    line=int(lines[index]),
                    found=f"{width} of {header.width} columns: '{shown(decoded(row))}'",
                )
            )
        return b"".join(rows[index] + b"\n" for index in kept), lines[kept]


def _unquoted(text: bytes, lines: Integers) -> tuple[bytes, Integers]:
    """Take quotes off; a comma within them, which no number and no time has, becomes a blank."""
    rows = text.decode("utf-8", errors="replace").removesuffix("\n").split("\n")
    plain = []
    for row in rows:
        fields = fields_of(row) if '"' in row else row.split(",")
        plain.append(",".join(field.replace(",", " ") for field in fields))
    return ("\n".join(plain) + "\n").encode(), lines[: len(plain)]


def _first(data: bytes) -> str:
    return f"it begins with the bytes {data[:_FIRST_BYTES].hex(' ')}"


def fields_of(row: str) -> list[str]:
    """Return the fields of one line; those of an impossible one as they are separated by commas."""
    try:
        return next(csv.reader([row]), [])
    except csv.Error:  # a field beyond all measure
        return row.split(",")


def _is_even(text: bytes, header: Header) -> bool:
    """Return whether every line has as many columns as the header."""
    characters = np.frombuffer(text, dtype=np.uint8)
    is_end = characters == _NEWLINE
    ends = np.flatnonzero(is_end | (characters == _COMMA))
    lines, rest = divmod(len(ends), header.width)
    if rest or text.count(b"\n") != lines or (header.width == 1 and b"\n\n" in text):
        return False
    return bool(is_end[ends[header.width - 1 :: header.width]].all())
