"""Bar files held as rows, and written anew with some of them altered, in the form that they had."""

from __future__ import annotations

import csv
import gzip
import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from logos.backtest.leaks.altering import MISSING, Alteration, altered_text
from logos.domain.errors import InputError
from logos.domain.times import parse_time, time_text

TIME = "timestamp"
PRICES = frozenset({"open", "high", "low", "close"})
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


@attrs.frozen(kw_only=True)
class Stretch:
    """Which rows of a file are held.

    Attributes
    ----------
    start, end:
        Rows that open from ``start`` on and before ``end``; ``None`` for an open side.
    before:
        How many rows before ``start`` are held too.
    most:
        How many rows from ``start`` on are held at most.
    """

    start: int | None = None
    end: int | None = None
    before: int = 0
    most: int


@attrs.frozen(kw_only=True)
class BarFile:
    """A bar file of a cache.

    Attributes
    ----------
    name:
        Its path from the cache folder on.
    interval:
        Length of its bars in seconds.
    """

    path: Path
    name: str
    symbol: str
    interval: int


@attrs.define(kw_only=True, eq=False)
class Sheet:
    """The rows of one bar file.

    Attributes
    ----------
    symbol:
        Whose bars they are.
    interval:
        Length of a bar in seconds.
    tick:
        What prices are multiples of.
    header:
        The names of its columns.
    rows:
        The cells of each row.
    opens:
        Each row's open time; ``None`` where it cannot be read. Such a row is never altered.
    goes_on:
        Whether the file has later rows than those held.
    """

    symbol: str
    interval: int
    tick: Decimal
    header: tuple[str, ...]
    rows: list[list[str]]
    opens: list[int | None]
    goes_on: bool
    _schema: Any = None
    _lines: dict[str, list[str]] = attrs.field(factory=dict, init=False)

    def end_at(self, end: int) -> None:
        """Let go of rows that open at ``end`` or later."""
        kept = [index for index, opened in enumerate(self.opens) if opened is None or opened < end]
        self.goes_on = self.goes_on or len(kept) < len(self.rows)
        self.rows = [self.rows[index] for index in kept]
        self.opens = [self.opens[index] for index in kept]

    def write(self, path: Path, alteration: Alteration) -> None:
        """Write the file as an alteration leaves it. It keeps at least one row, since an empty file is no bar file."""
        places = list(self._places(alteration))
        if path.suffix == ".parquet":
            self._write_parquet(path, places)
            return
        lines = [self._form("")[index] if how is None else self._form(how)[index] for index, how in places]
        text = "".join([_line(self.header), *lines]).encode()
        path.write_bytes(gzip.compress(text, compresslevel=1, mtime=0) if path.suffix == ".gz" else text)

    def _places(self, alteration: Alteration) -> Iterator[tuple[int, str | None]]:
        """Yield the rows to write, each with how it is altered."""
        touched, after = alteration.touches(self.symbol), alteration.after
        drop = alteration.drop_before
        written = False
        last = len(self.rows) - 1
        for index, opened in enumerate(self.opens):
            if opened is None:
                yield index, None
                continue
            dropped = drop is not None and opened < drop
            changed = touched and after is not None and opened + self.interval > after
            dropped = dropped or (changed and alteration.how == MISSING)
            if dropped and (written or index < last):
                continue
            written = True
            yield index, alteration.how if changed and alteration.how != MISSING else None

    def _form(self, how: str) -> list[str]:
        """Return every row as a line, altered; made once."""
        if how not in self._lines:
            rows = (self._altered(index, how) if how else row for index, row in enumerate(self.rows))
            self._lines[how] = [_line(row) for row in rows]
        return self._lines[how]

    def _altered(self, index: int, how: str) -> list[str]:
        cells = zip(self.header, self.rows[index], strict=False)
        return [
            cell if name == TIME else altered_text(cell, how, index, self.tick if name in PRICES else None)
            for name, cell in cells
        ]

    def _write_parquet(self, path: Path, places: Sequence[tuple[int, str | None]]) -> None:
        import pyarrow as pa  # noqa: PLC0415 - only where a cache holds Parquet
        from pyarrow import parquet  # noqa: PLC0415 - the same

        rows = [self.rows[index] if how is None else self._altered(index, how) for index, how in places]
        columns = [
            pa.array([_cell(row[place], field.type) for row in rows], type=field.type)
            for place, field in enumerate(self._schema)
        ]
        parquet.write_table(pa.table(columns, schema=self._schema), path)


def read_sheet(file: BarFile, *, tick: Decimal, stretch: Stretch) -> Sheet | None:
    """Read a stretch of a bar file; ``None`` where it has no header or no ``timestamp``."""
    schema = None
    if file.path.suffix == ".parquet":
        schema = _parquet_schema(file.path)
        header, table = list(schema.names), _parquet_rows(file.path)
    else:
        table = _csv_rows(file.path)
        header = [cell.strip() for cell in next(table, [])]
    if TIME not in header:
        return None
    opens, rows, goes_on = _held(table, header.index(TIME), stretch)
    return Sheet(
        symbol=file.symbol,
        interval=file.interval,
        tick=tick,
        header=tuple(header),
        rows=rows,
        opens=opens,
        goes_on=goes_on,
        schema=schema,
    )


def _held(table: Iterable[list[str]], place: int, stretch: Stretch) -> tuple[list[int | None], list[list[str]], bool]:
    earlier: deque[tuple[int | None, list[str]]] = deque(maxlen=stretch.before)
    held: list[tuple[int | None, list[str]]] = []
    goes_on = False
    for row in table:
        opened = _time(row[place]) if len(row) > place else None
        if opened is not None and stretch.start is not None and opened < stretch.start:
            earlier.append((opened, row))
        elif opened is not None and stretch.end is not None and opened >= stretch.end:
            continue
        elif len(held) >= stretch.most:
            goes_on = True
            break
        else:
            held.append((opened, row))
    everything = [*earlier, *held]
    return [opened for opened, _ in everything], [row for _, row in everything], goes_on


def _csv_rows(path: Path) -> Iterator[list[str]]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as file:
            yield from csv.reader(file)
    else:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            yield from csv.reader(file)


def _parquet_schema(path: Path) -> Any:
    from pyarrow import parquet  # noqa: PLC0415 - only where a cache holds Parquet

    with path.open("rb") as file:
        return parquet.read_schema(file)


def _parquet_rows(path: Path) -> Iterator[list[str]]:
    from pyarrow import parquet  # noqa: PLC0415 - only where a cache holds Parquet

    with path.open("rb") as file:
        for batch in parquet.ParquetFile(file, pre_buffer=False).iter_batches(batch_size=5_000, use_threads=False):
            columns = [_texts(column) for column in batch.columns]
            yield from (list(row) for row in zip(*columns, strict=True))


def _texts(column: Any) -> list[str]:
    """Return a Parquet column as the cells of a CSV file."""
    import pyarrow as pa  # noqa: PLC0415 - only where a cache holds Parquet

    if not pa.types.is_timestamp(column.type):
        return ["" if value is None else str(value) for value in column.to_pylist()]
    unit = _PER_SECOND[column.type.unit]
    values = column.cast(pa.int64()).to_pylist()
    return ["" if value is None or value % unit else time_text(value // unit) for value in values]


def _cell(text: str, kind: Any) -> Any:
    """Return a cell as a Parquet column of a type holds it."""
    import pyarrow as pa  # noqa: PLC0415 - only where a cache holds Parquet

    if text == "":
        return None
    if pa.types.is_timestamp(kind):
        return parse_time(text) * _PER_SECOND[kind.unit]
    if pa.types.is_floating(kind):
        return float(text)
    if pa.types.is_integer(kind):
        return int(Decimal(text))
    return Decimal(text) if pa.types.is_decimal(kind) else text


def _time(text: str) -> int | None:
    try:
        return parse_time(text.strip())
    except InputError:
        return None


def _line(cells: Sequence[str]) -> str:
    if not any(character in cell for cell in cells for character in ',"\r\n'):
        return ",".join(cells) + "\n"
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
