"""Reads a source, whatever it is, as batches of rows."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

from logos.data.importing.batches import Batch
from logos.data.importing.delimited import text_batches
from logos.data.importing.formats import FEATHER, JSON, PARQUET
from logos.data.importing.lean import lean_batches, quote_batch
from logos.data.importing.sources import Source, head_of
from logos.data.importing.text_header import TextHeader
from logos.data.importing.times import LOCAL, Times, kind_of
from logos.domain.errors import DataError, InputError
from logos.domain.times import SECONDS_A_DAY


def read_source(
    source: Source,
    *,
    symbol: str,
    asset_class: str,
    interval: int,
    zone: ZoneInfo | None,
    progress: Callable[[int], None],
) -> Iterator[Batch]:
    """Yield the rows of a source.

    Parameters
    ----------
    zone:
        What naive times are in; ``None`` where the user has not said.
    progress:
        Told how many more bytes of the file have been read.

    Raises
    ------
    InputError
        Where times name no zone, and neither does the user.
    DataError
        Where the file is damaged.
    """
    times = Times(interval, zone)
    if source.lean is not None:
        yield from lean_batches(source.lean, source.name, asset_class, times)
        progress(source.size)
        return
    if source.kind == FEATHER:
        from logos.data.importing.arrow_tables import feather_batches  # noqa: PLC0415 -- not for text

        yield from feather_batches(source.path, source.name, times)
        progress(source.size)
        return
    try:
        with source.path.open("rb") as raw:
            watched = _Watched(raw, progress)
            yield from _stream_batches(source, cast("BinaryIO", watched), symbol, times)
    except EOFError as error:
        raise DataError(f"{source.name} ends within its gzip stream", hint="It is truncated: get it again") from error
    except (OSError, zlib.error) as error:
        raise DataError(f"{source.name} cannot be read: {error}", hint="Write or download it again") from error


def _stream_batches(source: Source, raw: BinaryIO, symbol: str, times: Times) -> Iterator[Batch]:
    if source.kind == PARQUET:
        from logos.data.importing.arrow_tables import parquet_batches  # noqa: PLC0415 -- not for text

        yield from parquet_batches(raw, source.name, times)
        return
    stream = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if source.gzipped else raw
    if source.kind == JSON:
        from logos.data.importing.lists import list_batches  # noqa: PLC0415 -- the same

        yield from list_batches(stream.read(), source.name, times)
        return
    header = TextHeader(source.name, head_of(source.path)[0])
    columns = None if header.quotes else header.columns(symbol)
    text = header.time_text(header.quotes[0] if columns is None else columns.positions[0])
    times.kind = kind_of(text)
    if times.kind == LOCAL and times.zone is None and times.interval != SECONDS_A_DAY:
        raise InputError(
            f"{source.name} has naive times: {text.strip()!r} names no time zone",
            hint="Say which they are in with --timezone, such as --timezone UTC or --timezone America/New_York",
        )
    for _ in range(header.lines):
        stream.readline()
    if columns is None:
        yield quote_batch(stream.read(), header.quotes, times, header.lines + 1)
        return
    yield from text_batches(stream, source.name, columns.layout, times, line=header.lines + 1)


class _Watched:
    """A file that tells how much of it has been read."""

    def __init__(self, file: BinaryIO, progress: Callable[[int], None]) -> None:
        self._file = file
        self._progress = progress

    def __getattr__(self, name: str) -> object:
        """Be the file in everything else."""
        return getattr(self._file, name)

    def read(self, size: int = -1) -> bytes:
        """Read and tell."""
        data = self._file.read(size)
        self._progress(len(data))
        return data
