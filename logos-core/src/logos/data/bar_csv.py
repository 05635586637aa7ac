"""Reading bars from CSV, plain or gzipped, block by block."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, cast

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.csv

from logos.data.bar_blocks import COLUMNS, Block, Place
from logos.data.bar_columns import LONGEST, RawColumns, judge_columns
from logos.data.bar_files import BarFile
from logos.data.bar_rows import RowJudge, shown
from logos.domain.errors import DataError

# PyArrow would take Ctrl-C for itself while it reads, and turn one that is heard elsewhere into a fault of the file.
pa.enable_signal_handlers(False)

BLOCK_BYTES = 256 * 1024
_LONGEST_LINE = 16 * 1024 * 1024
_COMMA, _NEWLINE = ord(","), ord("\n")
_EXPECTED = ",".join(COLUMNS)


@attrs.frozen
class Layout:
    """Where the six columns stand in a file.

    Attributes
    ----------
    width:
        How many columns the header has.
    positions:
        The place of each of `COLUMNS`, counted from 0.
    """

    width: int
    positions: tuple[int, ...]


def read_csv(file: BarFile, place: Place, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """Yield the blocks of a CSV file.

    Parameters
    ----------
    place:
        Whose bars they are; it is moved along.
    block_bytes:
        How much of the file is held at once.

    Raises
    ------
    DataError
        Where the file as a whole cannot be used: no header, truncated gzip, not text.
    """
    try:
        with _open(file) as stream:
            yield from _blocks(file, stream, place, block_bytes)
    except EOFError as error:
        raise DataError(f"{file.name} ends within its gzip stream: it is truncated", hint=_AGAIN) from error
    except (OSError, zlib.error) as error:
        raise DataError(f"{file.name} cannot be read: {error}", hint=_AGAIN) from error


_AGAIN = "Write or download the file again"


def _open(file: BarFile) -> BinaryIO:
    if file.is_compressed:
        return cast("BinaryIO", gzip.open(file.path, "rb"))
    return file.path.open("rb")


def _blocks(file: BarFile, stream: BinaryIO, place: Place, block_bytes: int) -> Iterator[Block]:
    layout: Layout | None = None
    line = 1
    for text in _whole_lines(file, stream, block_bytes):
        rows = text
        if layout is None:
            head, _, rows = text.partition(b"\n")
            layout = _layout(file, head)
            line = 2
        if rows:
            yield _block(rows, line, layout, place)
        line += rows.count(b"\n")
    if layout is None:
        raise DataError(f"{file.name} is empty", hint=f"It must begin with the header {_EXPECTED}")


def _whole_lines(file: BarFile, stream: BinaryIO, block_bytes: int) -> Iterator[bytes]:
    """Yield the file in blocks that end with a line; only the last may lack its newline."""
    parts: list[bytes] = []
    held = 0
    while data := stream.read(block_bytes):
        cut = data.rfind(b"\n") + 1
        if cut:
            yield b"".join([*parts, data[:cut]])
            parts, held = [], 0
        parts.append(data[cut:])
        held += len(data) - cut
        if held > _LONGEST_LINE:
            raise DataError(f"{file.name} has a line of more than {_LONGEST_LINE} bytes: it is no CSV", hint=_AGAIN)
    if held:
        yield b"".join(parts)


def _layout(file: BarFile, head: bytes) -> Layout:
    """Find the columns by the header's names.

    Raises
    ------
    DataError
        Where one is missing or stands twice.
    """
    if head.startswith(b"\x1f\x8b"):
        raise DataError(f"{file.name} is gzip", hint="Call it .csv.gz")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{file.name} is UTF-16 text", hint="Save it as UTF-8")
    text = head.decode("utf-8-sig", errors="replace").strip()
    names = [name.strip() for name in next(csv.reader([text]), [])] if "\0" not in text else [text]
    missing = [name for name in COLUMNS if name not in names]
    if len(missing) == len(COLUMNS):
        raise DataError(
            f"{file.name} has no header: its first line is {shown(text)!r}", hint=f"The first line must be {_EXPECTED}"
        )
    if missing:
        raise DataError(
            f"{file.name} has no column {', '.join(missing)}: found {shown(','.join(names))}, expected {_EXPECTED}",
            hint="Rename or add the columns; their order is free, and others are ignored",
        )
    twice = [name for name in COLUMNS if names.count(name) > 1]
    if twice:
        raise DataError(f"{file.name} has the column {', '.join(twice)} more than once", hint="Remove one of them")
    return Layout(len(names), tuple(names.index(name) for name in COLUMNS))


def _block(rows: bytes, line: int, layout: Layout, place: Place) -> Block:
    block = None
    if b'"' not in rows:
        text = rows.replace(b"\r\n", b"\n") if b"\r" in rows else rows
        raw = _parse(text if text.endswith(b"\n") else text + b"\n", line, layout)
        block = judge_columns(raw, place) if raw else None
    return block or _by_rows(rows, line, layout, place)


def _parse(text: bytes, line: int, layout: Layout) -> RawColumns | None:
    """Parse a block with the library; ``None`` where it is not all of one form."""
    widths = _widths(text, layout)
    if widths is None:
        return None
    names = [str(index) for index in range(layout.width)]
    wanted = [names[position] for position in layout.positions]
    types = dict.fromkeys(wanted[1:], pa.float64()) | {wanted[0]: pa.timestamp("s", "UTC")}
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(text),
            pyarrow.csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
            pyarrow.csv.ParseOptions(quote_char=False),
            pyarrow.csv.ConvertOptions(
                check_utf8=False, column_types=types, null_values=[], strings_can_be_null=False, include_columns=wanted
            ),
        )
    except pa.ArrowInvalid:
        return None
    if len(table) != len(widths):
        return None
    columns = [_buffer(table.column(index), np.int64 if index == 0 else np.float64) for index in range(len(COLUMNS))]
    long = widths[:, layout.positions[1:]].T > LONGEST
    return RawColumns(
        timestamp=columns[0],
        prices=np.stack(columns[1:5]),
        volume=columns[5],
        long_prices=long[:4] if long[:4].any() else None,
        long_volume=long[4] if long[4].any() else None,
        first_line=line,
        row=lambda index: text.split(b"\n", index + 1)[index].decode("utf-8", errors="replace"),
    )


def _widths(text: bytes, layout: Layout) -> np.ndarray[tuple[int, int], np.dtype[np.int64]] | None:
    """Return how many characters each field has; ``None`` where the lines have not all the header's columns."""
    characters = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero((characters == _COMMA) | (characters == _NEWLINE))
    lines = len(ends) // layout.width
    if len(ends) != lines * layout.width or text.count(b"\n") != lines:
        return None
    if (characters[ends[layout.width - 1 :: layout.width]] != _NEWLINE).any():
        return None
    return (np.diff(ends, prepend=-1) - 1).reshape(lines, layout.width)


def _buffer(column: pa.ChunkedArray, kind: type[np.int64 | np.float64]) -> Any:
    """Look at a column without the library's own conversion, which would load pandas."""
    chunk = column.chunk(0)
    return np.frombuffer(chunk.buffers()[1], dtype=kind, count=len(chunk), offset=chunk.offset * 8)


def _by_rows(rows: bytes, line: int, layout: Layout, place: Place) -> Block:
    """Judge a block line by line."""
    judge = RowJudge(place)
    lines = rows.split(b"\n")
    last = len(lines) - 1
    for index, raw in enumerate(lines):
        text = raw.decode("utf-8", errors="replace").removesuffix("\r")
        if text.strip():
            _judge_line(judge, line + index, text, layout, unfinished=index == last)
    return judge.block()


def _judge_line(judge: RowJudge, line: int, text: str, layout: Layout, *, unfinished: bool) -> None:
    """Judge one line; ``unfinished`` where the file ends without the newline after it."""
    fields: Sequence[str]
    if "\0" in text or "\ufffd" in text:
        judge.refuse(line, "the row holds null bytes or is not UTF-8 text", text, unfinished=unfinished)
        return
    try:
        fields = next(csv.reader([text], strict=True)) if '"' in text else text.split(",")
    except csv.Error as error:
        judge.refuse(line, f"the row is no CSV: {error}", text, unfinished=unfinished)
        return
    if len(fields) != layout.width:
        reason = f"the row has {len(fields)} columns where the header has {layout.width}"
        judge.refuse(line, reason, text, unfinished=unfinished)
        return
    judge.judge(line, [fields[position] for position in layout.positions], text, unfinished=unfinished)
