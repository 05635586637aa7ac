"""Rows of delimited text: CSV of any origin, and what is turned into it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, BinaryIO

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.csv

from logos.data.bar_columns import LONGEST, RawColumns
from logos.data.importing.batches import TextRow
from logos.data.importing.times import LOCAL, ZONED, BadTimeError, Times
from logos.domain.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

# PyArrow would take Ctrl-C for itself while it reads, and turn one that is heard elsewhere into a fault of the file.
pa.enable_signal_handlers(False)

BLOCK_BYTES = 16 * 1024 * 1024
_ARROW_BYTES = 2 * 1024 * 1024
_LONGEST_LINE = 16 * 1024 * 1024
_COMMA, _NEWLINE = ord(","), ord("\n")
_BELOW_DIGITS = ord("-")  # commas and newlines are below it, and so is nothing else that a good row has
_EXACT = 2**53


@attrs.frozen(kw_only=True)
class Layout:
    """Where the columns stand in a text, and what its numbers count.

    Attributes
    ----------
    width:
        How many columns a row has.
    positions:
        The places of time, open, high, low, close and volume, counted from 0.
    divisor:
        What prices are divided by: 10,000 where they are counted in hundredths of a cent.
    """

    width: int
    positions: tuple[int, ...]
    divisor: int = 1


def text_batches(
    stream: BinaryIO, name: str, layout: Layout, times: Times, *, line: int = 1, block_bytes: int = BLOCK_BYTES
) -> Iterator[TextBatch]:
    """Yield the rest of a stream in blocks that end with a line.

    Parameters
    ----------
    line:
        The number of the next line.

    Raises
    ------
    DataError
        Where a line is longer than any row could be.
    """
    rest = b""
    while data := stream.read(block_bytes):
        text = rest + data
        cut = text.rfind(b"\n") + 1
        rest = text[cut:]
        if len(rest) > _LONGEST_LINE:
            raise DataError(f"{name} has a line of more than {_LONGEST_LINE} bytes", hint="It is no CSV: look into it")
        if cut:
            batch = TextBatch(text[:cut], line, layout, times)
            yield batch
            line += len(batch)
    if rest.strip():
        yield TextBatch(rest + b"\n", line, layout, times)


class TextBatch:
    """Lines of text, the last with its newline.

    Parameters
    ----------
    first_line:
        The number of the first line.
    """

    def __init__(self, text: bytes, first_line: int, layout: Layout, times: Times) -> None:
        self._text = text.replace(b"\r\n", b"\n") if b"\r" in text else text
        self._first_line = first_line
        self._layout = layout
        self._times = times
        self._lines = self._text.count(b"\n")

    def __len__(self) -> int:
        """Return how many lines there are."""
        return self._lines

    def halves(self) -> Sequence[TextBatch]:
        """Return the lines as two batches."""
        middle = len(self._text) // 2
        cut = self._text.find(b"\n", middle) + 1
        if cut == len(self._text):  # the last line is the longer half
            cut = self._text.rfind(b"\n", 0, middle) + 1
        parts = [part for part in (self._text[:cut], self._text[cut:]) if part]
        first = TextBatch(parts[0], self._first_line, self._layout, self._times)
        return [
            first,
            *(TextBatch(part, self._first_line + len(first), self._layout, self._times) for part in parts[1:]),
        ]

    def columns(self) -> RawColumns | None:
        """Return the rows as columns; ``None`` where they must be looked at one by one."""
        ends = self._ends()
        if ends is None:
            return None
        parsed = self._parsed()
        if parsed is None or not self._long_are_exact(ends, parsed):
            return None
        stamps, prices, volume = parsed
        times = self._times.column(stamps)
        if times is None:
            return None
        return RawColumns(
            timestamp=times,
            prices=prices if self._layout.divisor == 1 else prices / self._layout.divisor,
            volume=volume,
            long_prices=None,
            long_volume=None,
            first_line=self._first_line,
            row=lambda index: self._field_text(ends, index * self._layout.width, (index + 1) * self._layout.width - 1),
        )

    def rows(self) -> Iterator[TextRow]:
        """Yield the rows one by one."""
        for number, raw in enumerate(self._text.split(b"\n"), start=self._first_line):
            text = raw.decode("utf-8", errors="replace")
            if text.strip():
                yield self._row(number, text)

    def _row(self, line: int, text: str) -> TextRow:
        if "\0" in text or "\ufffd" in text:
            return TextRow(line=line, row=text, fault="the row holds null bytes or is not UTF-8 text")
        try:
            fields = next(csv.reader([text], strict=True)) if '"' in text else text.split(",")
        except csv.Error as error:
            return TextRow(line=line, row=text, fault=f"the row is no CSV: {error}")
        if len(fields) != self._layout.width:
            columns = "1 column" if len(fields) == 1 else f"{len(fields)} columns"
            fault = f"the row has {columns} where {self._layout.width} are expected"
            return TextRow(line=line, row=text, fault=fault)
        try:
            at = self._times.text(fields[self._layout.positions[0]])
        except BadTimeError as error:
            return TextRow(line=line, row=text, fault=str(error))
        numbers = [fields[position] for position in self._layout.positions[1:]]
        if self._layout.divisor != 1:
            numbers[:4] = [_divided(text, self._layout.divisor) for text in numbers[:4]]
        return TextRow(line=line, row=text, at=at, numbers=numbers)

    def _ends(self) -> Integers | None:
        """Return where each field ends; ``None`` where the lines have not all the same columns, or quotes."""
        if b'"' in self._text or not self._lines:
            return None
        characters = np.frombuffer(self._text, dtype=np.uint8)
        width = self._layout.width
        ends = np.flatnonzero(characters < _BELOW_DIGITS)
        if len(ends) != self._lines * width:  # blanks, or plus signs, or something is odd
            ends = np.flatnonzero((characters == _COMMA) | (characters == _NEWLINE))
        if len(ends) != self._lines * width or (characters[ends[width - 1 :: width]] != _NEWLINE).any():
            return None
        inner = characters[ends].reshape(self._lines, width)[:, :-1]
        return ends if (inner == _COMMA).all() else None

    def _parsed(self) -> tuple[Integers, Any, Any] | None:
        """Return times, prices and volume as the library reads them."""
        layout = self._layout
        names = [str(index) for index in range(layout.width)]
        wanted = [names[position] for position in layout.positions]
        stamp = {ZONED: pa.timestamp("s", "UTC"), LOCAL: pa.timestamp("s")}.get(self._times.kind, pa.int64())
        price = pa.float64() if layout.divisor == 1 else pa.int64()
        types = dict.fromkeys(wanted[1:5], price) | {wanted[5]: pa.float64(), wanted[0]: stamp}
        try:
            table = pyarrow.csv.read_csv(
                pa.BufferReader(self._text),
                pyarrow.csv.ReadOptions(block_size=_ARROW_BYTES, column_names=names),
                pyarrow.csv.ParseOptions(quote_char=False),
                pyarrow.csv.ConvertOptions(
                    check_utf8=False,
                    column_types=types,
                    null_values=[],
                    strings_can_be_null=False,
                    include_columns=wanted,
                ),
            )
        except pa.ArrowInvalid:
            return None
        if len(table) != self._lines:
            return None
        numbers = [_view(table.column(index), np.int64 if index == 0 else None) for index in range(6)]
        prices = np.stack(numbers[1:5])
        if price == pa.int64() and len(prices) and np.abs(prices).max() >= _EXACT:
            return None
        return numbers[0], prices.astype(np.float64, copy=False), numbers[5]

    def _long_are_exact(self, ends: Integers, parsed: tuple[Integers, Any, Any]) -> bool:
        """Return whether every number of more than fifteen digits is just what its double stands for."""
        widths = (np.diff(ends, prepend=-1) - 1).reshape(self._lines, self._layout.width)
        _, prices, volume = parsed
        columns = (*prices, volume)
        for position, column in zip(self._layout.positions[1:], columns, strict=True):
            if widths[:, position].max() <= LONGEST:
                continue
            for index in np.flatnonzero(widths[:, position] > LONGEST).tolist():
                place = index * self._layout.width + position
                if not stands_for(float(column[index]), self._field_text(ends, place, place)):
                    return False
        return True

    def _field_text(self, ends: Integers, first: int, last: int) -> str:
        """Return the text from one field to another, both counted over all lines."""
        begin = int(ends[first - 1]) + 1 if first else 0
        return self._text[begin : int(ends[last])].decode("utf-8", errors="replace")


def stands_for(value: float, text: str) -> bool:
    """Return whether the shortest decimal of a double is the very number of a text."""
    try:
        return Decimal(repr(value)) == Decimal(text.strip())
    except InvalidOperation:
        return False


def _divided(text: str, divisor: int) -> str:
    """Divide a number by a power of ten; what is no number stays, to be told as it is."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return text
    return str(number.scaleb(-(len(str(divisor)) - 1))) if number.is_finite() else text


def _view(column: pa.ChunkedArray, kind: type[np.int64] | None) -> Any:
    """Look at a column without the library's own conversion, which would load pandas."""
    kind_of = np.int64 if kind is np.int64 or pa.types.is_integer(column.type) else np.float64
    chunks = [
        np.frombuffer(chunk.buffers()[1], dtype=kind_of, count=len(chunk), offset=chunk.offset * 8)
        for chunk in column.chunks
        if len(chunk)
    ]
    return chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
