"""Which rows of a source are bars, whatever their order; and why the others are none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs
import numpy as np

from logos.data.bar_blocks import Defect, Place
from logos.data.bar_columns import RawColumns, judge_columns
from logos.data.bar_rows import EARLIEST, LATEST, RowJudge
from logos.data.cache.bars import StoredBars, ascending
from logos.data.importing.batches import Batch, TextRow
from logos.data.importing.delimited import stands_for
from logos.domain.instruments import AssetClass, Instrument

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

_BY_ROWS = 2_048
"""A batch with something odd in it is halved until it is no longer than this."""
_FIFTEEN_DIGITS = 1e15

ANY = Instrument(
    symbol="any", asset_class=AssetClass.CRYPTO, tick=Decimal("1e-10"), lot=Decimal("1e-4"), currency="USD"
)
"""Judges the rows of a symbol whose tick nobody knows. What it counts in is not used."""


@attrs.frozen(eq=False, kw_only=True)
class Accepted:
    """What became of some rows of a file.

    Attributes
    ----------
    lines:
        The line of each bar; the first line alone where the others follow without a gap.
    off_tick:
        How many bars have a price between two ticks; 0 where the tick is not known.
    cut:
        How many numbers had more digits than a double holds and were taken to the nearest tick or whole lot.
    """

    bars: StoredBars
    lines: Integers | int
    defects: tuple[Defect, ...] = ()
    off_tick: int = 0
    off_tick_rows: tuple[Defect, ...] = ()
    cut: int = 0


def accept(batch: Batch, instrument: Instrument | None, interval: int) -> Iterator[Accepted]:
    """Judge a batch: whole columns where they are good, and row by row around what is not."""
    found = _accept_columns(batch.columns(), instrument, interval)
    if found is not None:
        yield found
    elif len(batch) <= _BY_ROWS:
        yield _accept_rows(batch.rows(), instrument, interval)
    else:
        for half in batch.halves():
            yield from accept(half, instrument, interval)


def _accept_columns(raw: RawColumns | None, instrument: Instrument | None, interval: int) -> Accepted | None:
    if raw is None or not len(raw.timestamp):
        return None
    order = None if ascending(raw.timestamp) else np.argsort(raw.timestamp, kind="stable")
    judged = raw if order is None else _sorted(raw, order)
    off_tick, off_tick_rows = 0, tuple[Defect, ...]()
    with np.errstate(all="ignore"):  # what is not finite fails a comparison
        good = ascending(judged.timestamp) and _are_good(judged, interval)
    if not good:
        return None
    if instrument is not None:
        block = judge_columns(judged, Place(instrument=instrument, interval=interval))
        if block is None:
            return None
        off_tick, off_tick_rows = block.off_tick, _placed(block.off_tick_rows, raw.first_line, order)
    return Accepted(
        bars=StoredBars(timestamp=raw.timestamp, values=np.concatenate([raw.prices, raw.volume[np.newaxis]])),
        lines=raw.first_line,
        off_tick=off_tick,
        off_tick_rows=off_tick_rows,
    )


def _sorted(raw: RawColumns, order: Integers) -> RawColumns:
    """Return the rows in the order of their times: only so are columns judged."""
    return attrs.evolve(
        raw,
        timestamp=raw.timestamp[order],
        prices=raw.prices[:, order],
        volume=raw.volume[order],
        row=lambda index: raw.row(int(order[index])),
    )


def _placed(rows: tuple[Defect, ...], first_line: int, order: Integers | None) -> tuple[Defect, ...]:
    """Return rows that were found among sorted ones with their lines in the file."""
    if order is None:
        return rows
    return tuple(attrs.evolve(row, line=first_line + int(order[row.line - first_line])) for row in rows)


def _are_good(raw: RawColumns, interval: int) -> bool:
    stamps, (first, high, low, close), volume = raw.timestamp, raw.prices, raw.volume
    return bool(
        stamps[0] >= EARLIEST
        and stamps[-1] < LATEST
        and not (stamps % interval).any()
        and (np.maximum(first, close) <= high).all()
        and (np.minimum(first, close) >= low).all()
        and low.min() > 0
        and high.max() < _FIFTEEN_DIGITS
        and volume.max() < _FIFTEEN_DIGITS
        and not np.signbit(volume).any()
    )


def _accept_rows(rows: Iterator[TextRow], instrument: Instrument | None, interval: int) -> Accepted:
    place = Place(instrument=instrument or ANY, interval=interval)
    judge = RowJudge(place)
    texts = [row for row in rows if _is_bar(row, judge, place)]
    block = judge.block()
    exact = _Exact(instrument)
    kept: list[int] = []
    values: list[list[float]] = []
    for index, row in enumerate(texts):
        ticks = [int(column[index]) for column in block.columns[1:]]
        numbers = exact.doubles(row, ticks)
        if numbers is not None:
            kept.append(index)
            values.append(numbers)
    return Accepted(
        bars=StoredBars(
            timestamp=block.timestamp[kept],
            values=np.ascontiguousarray(np.array(values, np.float64).reshape(len(values), 5).T),
        ),
        lines=np.array([texts[index].line for index in kept], np.int64),
        defects=tuple(sorted((*block.defects, *exact.defects), key=lambda defect: defect.line)),
        off_tick=block.off_tick if instrument is not None else 0,
        off_tick_rows=block.off_tick_rows if instrument is not None else (),
        cut=exact.cut,
    )


def _is_bar(row: TextRow, judge: RowJudge, place: Place) -> bool:
    """Judge a row by itself: the order of rows is nobody's business here."""
    if row.fault:
        judge.refuse(row.line, row.fault, row.row)
        return False
    place.last = place.previous = None
    judge.judge(row.line, ["", *row.numbers], row.row, at=row.at)
    return place.last is not None


class _Exact:
    """Gives the doubles of a row, and refuses a row that doubles cannot hold."""

    def __init__(self, instrument: Instrument | None) -> None:
        self._instrument = instrument
        self.defects: list[Defect] = []
        self.cut = 0

    def doubles(self, row: TextRow, counts: Sequence[int]) -> list[float] | None:
        """Return the numbers of a row, ``None`` where one cannot be held.

        Parameters
        ----------
        counts:
            The same numbers in ticks and lots.
        """
        values = []
        for place, (text, count) in enumerate(zip(row.numbers, counts, strict=True)):
            value = float(text)
            if not stands_for(value, text):
                step = self._rounded(place, count)
                if step is None:
                    self._refuse(row, text)
                    return None
                value = step
                self.cut += 1
            values.append(value)
        return values

    def _rounded(self, place: int, count: int) -> float | None:
        """Return what a session will make of the number, where its tick is known and a double holds that."""
        if self._instrument is None:
            return None
        decimal = count * (self._instrument.lot if place == 4 else self._instrument.tick)
        value = float(decimal)
        return value if Decimal(repr(value)) == decimal else None

    def _refuse(self, row: TextRow, text: str) -> None:
        reason = f"{text.strip()} has more digits than a double holds, so that a bar file cannot keep it"
        if self._instrument is None:
            reason += "; with --config, whose instruments give tick and lot, it is rounded to them"
        self.defects.append(Defect(row.line, reason, row.row))
