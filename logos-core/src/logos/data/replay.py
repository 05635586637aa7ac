"""The replay feed: bars from files, judged before the session starts and streamed while it runs."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from logos.context.parts import PartContext
from logos.data.bar_blocks import Block, Place
from logos.data.bar_files import BarFile, find_bar_files
from logos.data.merging import Merger, bars_of
from logos.data.quality import SHOWN_PROBLEMS, Inspection
from logos.data.replay_config import BUNDLED, REFUSE, ReplayConfig
from logos.domain.bars import Bar, Slice
from logos.domain.columns import BarColumns
from logos.domain.errors import DataError, Problem
from logos.domain.instruments import Instrument
from logos.domain.times import time_text
from logos.session.seats import QuarantinedRow, State, SymbolReport

SIMULATED = "Simulated bars, made by a seeded generator: no market ever traded so."


def open_replay(config: ReplayConfig, context: PartContext) -> ReplayFeed:
    """Build the replay feed of a session.

    Raises
    ------
    DataError
        Where a symbol has no bar file, or several.
    """
    return ReplayFeed(config, context)


def read_bars(file: BarFile, place: Place) -> Iterator[Block]:
    """Yield the blocks of a bar file of any form.

    Raises
    ------
    DataError
        Where the file as a whole cannot be used.
    """
    if file.is_parquet:
        from logos.data.bar_parquet import read_parquet  # noqa: PLC0415 - loads what CSV does not need

        return read_parquet(file, place)
    from logos.data.bar_csv import read_csv  # noqa: PLC0415 - the same

    return read_csv(file, place)


class ReplayFeed:
    """Bars from the files of a cache.

    `prepare` reads every file once from end to end, so that a defect is known before anything starts; `slices` and
    `history` read again, some thousand rows at a time, and memory does not grow with the files.
    """

    polled = False

    def __init__(self, config: ReplayConfig, context: PartContext) -> None:
        self._config = config
        self._interval = context.interval
        self._symbols = tuple(sorted(context.symbols))
        self._instruments = {symbol: context.instruments[symbol] for symbol in self._symbols}
        cache = _cache_folder(config.path, context.workspace)
        self._files = find_bar_files(cache, config.path.rstrip("/"), self._symbols, self._instruments, self._interval)
        self._stamps: dict[str, tuple[int, int]] = {}
        self._reports: tuple[SymbolReport, ...] | None = None
        self._digest = ""
        self._merger = Merger(self._interval)
        self._streams: list[Iterator[Block]] = []

    def prepare(self) -> Sequence[SymbolReport]:
        """Read every file once; return one report a symbol, in name order.

        Raises
        ------
        DataError
            With file and line of what the config refuses, and where a file cannot be used at all.
        """
        return self._prepare(None)

    def columns(self) -> Mapping[str, BarColumns]:
        """Return all bars of every symbol at once, by symbol in name order; memory grows with the files.

        Asked before ``prepare``, it prepares in the same reading.

        Raises
        ------
        DataError
            As ``prepare``.
        """
        kept: dict[str, list[Block]] = {}
        if self._reports is None:
            self._prepare(kept)
        else:
            kept = {symbol: list(self._stream(symbol)) for symbol in self._symbols}
        return {symbol: _joined(self._instruments[symbol], blocks) for symbol, blocks in kept.items()}

    def _prepare(self, kept: dict[str, list[Block]] | None) -> Sequence[SymbolReport]:
        """Inspect the files, once; the blocks that this reads are added to ``kept`` where it is given."""
        if self._reports is None:
            digest = hashlib.sha256()
            inspections = [self._inspect(symbol, digest, kept) for symbol in self._symbols]
            self._refuse(inspections)
            self._reports = tuple(inspection.report(self._remarks(inspection.file)) for inspection in inspections)
            self._digest = digest.hexdigest()
        return self._reports

    def _remarks(self, file: BarFile) -> list[str]:
        remarks = [SIMULATED] if self._config.path == BUNDLED else []
        if file.ends_within_a_line():
            remarks.append("The last row has no line end: it was taken as it stands, and may have been cut off.")
        return remarks

    def quarantined(self) -> Iterator[QuarantinedRow]:
        """Yield every row that did not become a bar, by symbol and line."""
        for report in self.prepare():
            if report.quarantined:
                yield from self._quarantined(report.symbol)

    def digest(self) -> str:
        """Return the SHA-256 of symbols and bars, which is the same for every form of file."""
        self.prepare()
        return self._digest

    def slices(self, after: int | None) -> Iterator[Slice]:
        """Yield the slices whose clock is later than ``after`` (all where it is ``None``), in order.

        Raises
        ------
        DataError
            Where a file is no longer the one that was prepared.
        """
        self.prepare()
        sources = [(self._instruments[symbol], self._stream(symbol)) for symbol in self._symbols]
        return self._merger.slices(sources, after)

    def history(self, symbol: str, count: int, until: int) -> Sequence[Bar]:
        """Return the last ``count`` bars of a symbol that closed at or before ``until``, oldest first.

        Raises
        ------
        DataError
            Where the file is no longer the one that was prepared.
        """
        self.prepare()
        opened = until - self._interval
        held: deque[Block] = deque()
        total = 0
        for block in self._stream(symbol):
            if not len(block):
                continue
            if block.timestamp[0] > opened:
                break
            held.append(block)
            total += len(block)
            while total - len(held[0]) >= count + len(block):
                total -= len(held.popleft())
        instrument = self._instruments[symbol]
        bars = [bar for block in held for bar in bars_of(instrument, block.columns) if bar.timestamp <= opened]
        return bars[-count:] if count > 0 else []

    def snapshot(self) -> State:
        """Return how many bars of each symbol have been delivered, and the open time of the last."""
        delivered = self._merger.delivered()
        counts = {symbol: delivered.get(symbol, (0, None)) for symbol in self._symbols}
        return {
            symbol: {"last_bar": None if last is None else time_text(last), "bars": bars}
            for symbol, (bars, last) in counts.items()
        }

    def close(self) -> None:
        """Close the files."""
        for stream in self._streams:
            stream.close()  # type: ignore[attr-defined]  # every stream is a generator
        self._streams.clear()

    def _inspect(self, symbol: str, digest: hashlib._Hash, kept: dict[str, list[Block]] | None) -> Inspection:
        file, instrument = self._files[symbol], self._instruments[symbol]
        self._stamps[symbol] = file.stamp()
        inspection = Inspection(file, instrument, self._interval, digest)
        blocks = [] if kept is None else kept.setdefault(symbol, [])
        for block in self._stream(symbol):
            inspection.add(block)
            if kept is not None:
                blocks.append(block)
        self._check_unchanged(symbol)
        if inspection.runs_backwards:
            raise DataError(
                f"{file.name}: rows run from newest to oldest: sort ascending",
                hint="Sort the file by timestamp; the first row must be the oldest",
                problems=_problems(inspection),
            )
        return inspection

    def _stream(self, symbol: str) -> Iterator[Block]:
        """Return a fresh reader of a symbol's file."""
        self._check_unchanged(symbol)
        place = Place(instrument=self._instruments[symbol], interval=self._interval)
        stream = read_bars(self._files[symbol], place)
        self._streams.append(stream)
        return stream

    def _check_unchanged(self, symbol: str) -> None:
        if self._files[symbol].stamp() != self._stamps[symbol]:
            raise DataError(
                f"{self._files[symbol].name} has changed while it was in use",
                hint="Start again once nothing writes to it any more",
            )

    def _quarantined(self, symbol: str) -> Iterator[QuarantinedRow]:
        for block in self._stream(symbol):
            for defect in block.defects:
                yield QuarantinedRow(
                    symbol=symbol,
                    file=self._files[symbol].name,
                    line=defect.line,
                    reason=defect.reason,
                    row=defect.row,
                )

    def _refuse(self, inspections: Sequence[Inspection]) -> None:
        """Refuse what the config says to refuse, with the first faults of all files."""
        for wanted, what, refused, hint in (
            (self._config.on_bad_row, "bad", _problems, "Mend the file, or set feed.on_bad_row: quarantine"),
            (self._config.off_tick, "off-tick", _off_tick_problems, "Mend the tick, or set feed.off_tick: round"),
        ):
            count = sum(item.defect_count if what == "bad" else item.off_tick for item in inspections)
            if wanted == REFUSE and count:
                problems = list(islice((problem for item in inspections for problem in refused(item)), SHOWN_PROBLEMS))
                raise DataError(_summary(count, what, problems), hint=hint, problems=problems)
        empty = [item for item in inspections if not item.bars]
        if empty:
            raise DataError(
                "; ".join(f"{item.file.name} has no usable row ({item.defect_count} bad rows)" for item in empty),
                hint="Mend or replace the file",
                problems=[problem for item in empty for problem in _problems(item)][:SHOWN_PROBLEMS],
            )


def _joined(instrument: Instrument, blocks: Sequence[Block]) -> BarColumns:
    import numpy as np  # noqa: PLC0415 - the readers load it, and nothing before them

    full = [block.columns for block in blocks if len(block)]
    timestamp, opened, high, low, close, volume = (np.concatenate(parts) for parts in zip(*full, strict=True))
    return BarColumns(
        instrument=instrument, timestamp=timestamp, open=opened, high=high, low=low, close=close, volume=volume
    )


def _cache_folder(path: str, workspace: Path) -> Path:
    if path == BUNDLED:
        from logos.data.fixtures import bundled_path  # noqa: PLC0415 - only where they are asked for

        return bundled_path()
    return workspace / path


def _problems(inspection: Inspection) -> list[Problem]:
    name = inspection.file.name
    return [Problem(path=name, line=defect.line, message=defect.reason) for defect in inspection.defects]


def _off_tick_problems(inspection: Inspection) -> list[Problem]:
    name = inspection.file.name
    return [Problem(path=name, line=row.line, message=row.reason) for row in inspection.off_tick_rows]


def _summary(count: int, what: str, problems: Sequence[Problem]) -> str:
    first = problems[0]
    rows = "row" if count == 1 else "rows"
    more = f" (and {count - 1:,} more)" if count > 1 else ""
    return f"{count:,} {what} {rows}: {first.path}:{first.line}: {first.message}{more}"
