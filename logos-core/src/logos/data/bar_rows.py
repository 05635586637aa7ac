"""The exact judgement of one row: decimal arithmetic on its text, and a reason where it is not a bar.

This is the reference. `logos.data.bar_columns` does the same for whole columns at once, and leaves to this module
every block in which something is odd.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np

from logos.data.bar_blocks import COLUMNS, PRICES, SHOWN_OFF_TICK, Block, Defect, Place
from logos.domain.errors import InputError
from logos.domain.instruments import Instrument
from logos.domain.money import divide_half_even
from logos.domain.times import parse_time, time_text

EARLIEST = -2_208_988_800  # 1900-01-01
LATEST = 7_258_118_400  # 2200-01-01
LARGEST = 2**62
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_FRACTION = re.compile(r"[.,][0-9]*[1-9]", re.ASCII)
_SHOWN = 200
Values = tuple[int, int, int, int, int, int]


class BadRowError(Exception):
    """A row is no bar; the text says why."""


class UnreadableRowError(BadRowError):
    """A row, or a field of it, is not even of the right form: so looks the end of a partly written file."""


def shown(row: str) -> str:
    """Return a row for a report: cut where it is very long."""
    return row if len(row) <= _SHOWN else f"{row[:_SHOWN]}… ({len(row)} characters)"


class RowJudge:
    """Judges rows one by one, in the order of the file, and gathers them into a block.

    Parameters
    ----------
    place:
        Where in the file the rows begin; it is moved along.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._rows: list[Values] = []
        self._defects: list[Defect] = []
        self._off_tick: list[Defect] = []
        self._off_tick_count = 0
        self._ascents = 0
        self._descents = 0

    def judge(
        self, line: int, fields: Sequence[str], row: str, *, at: int | None = None, unfinished: bool = False
    ) -> None:
        """Judge the six fields of a row.

        Parameters
        ----------
        line:
            The line or row number, for the report.
        fields:
            The texts, in the order of `COLUMNS`; the first is not looked at where ``at`` is given.
        at:
            The open time in seconds since the epoch, where it is known already.
        unfinished:
            Whether the file ends within this line.
        """
        try:
            values, off_tick = self._values(fields, at)
        except UnreadableRowError as reason:
            self.refuse(line, str(reason), row, unfinished=unfinished)
            return
        except BadRowError as reason:
            self.refuse(line, str(reason), row)
            return
        self._place.last = values[0]
        self._rows.append(values)
        if off_tick:
            self._off_tick_count += 1
            if len(self._off_tick) < SHOWN_OFF_TICK:
                self._off_tick.append(Defect(line, off_tick, shown(row)))

    def refuse(self, line: int, reason: str, row: str, *, unfinished: bool = False) -> None:
        """Take note of a row that is no bar."""
        text = f"truncated last row: {reason}" if unfinished else reason
        self._defects.append(Defect(line, text, shown(row)))

    def block(self) -> Block:
        """Return what was gathered."""
        table = np.array(self._rows, dtype=np.int64).reshape(len(self._rows), len(COLUMNS))
        columns = {name: np.ascontiguousarray(table[:, index]) for index, name in enumerate(COLUMNS)}
        return Block(
            **columns,
            defects=tuple(self._defects),
            off_tick=self._off_tick_count,
            off_tick_rows=tuple(self._off_tick),
            ascents=self._ascents,
            descents=self._descents,
        )

    def _values(self, fields: Sequence[str], at: int | None) -> tuple[Values, str]:
        stamp = _time(fields[0]) if at is None else at
        self._compare(stamp)
        self._check_time(stamp)
        numbers = [_number(name, text) for name, text in zip(COLUMNS[1:], fields[1:], strict=True)]
        instrument = self._place.instrument
        prices = _prices(numbers[:4])
        ticks = [_nearest_tick(name, price, instrument) for name, price in zip(PRICES, prices, strict=True)]
        off = [
            name for name, price, tick in zip(PRICES, prices, ticks, strict=True) if not _is_on(price, tick, instrument)
        ]
        lots = _lots(numbers[4], instrument)
        text = f"{off[0]} {fields[1 + PRICES.index(off[0])].strip()} is off the tick {instrument.tick}" if off else ""
        return (stamp, ticks[0], ticks[1], ticks[2], ticks[3], lots), text

    def _compare(self, stamp: int) -> None:
        """Count which way the rows run."""
        previous = self._place.previous
        if previous is not None:
            self._ascents += stamp > previous
            self._descents += stamp < previous
        self._place.previous = stamp

    def _check_time(self, stamp: int) -> None:
        last, interval = self._place.last, self._place.interval
        if not EARLIEST <= stamp < LATEST:
            raise BadRowError("timestamp is outside the years 1900 to 2199")
        if last is not None and stamp == last:
            raise BadRowError(f"duplicate timestamp {time_text(stamp)}: the bar before it has the same")
        if last is not None and stamp < last:
            raise BadRowError(f"timestamp {time_text(stamp)} is out of order: it comes after {time_text(last)}")
        if stamp % interval:
            raise BadRowError(
                f"timestamp {time_text(stamp)} is off the interval grid: bars open on multiples of {interval} s"
            )


def _time(text: str) -> int:
    if not text.strip():
        raise UnreadableRowError("timestamp is empty")
    if _FRACTION.search(text):  # the standard library cuts what is finer than a microsecond
        raise UnreadableRowError(f"timestamp {text.strip()!r} has a fraction of a second")
    try:
        return parse_time(text.strip())
    except InputError as error:
        raise UnreadableRowError(f"timestamp {_time_fault(text.strip(), error)}") from error


def _time_fault(text: str, error: InputError) -> str:
    """Tell a naive time from text that is no time at all."""
    try:
        naive = datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        naive = False
    return f"{text!r} is naive: it names no time zone, such as Z for UTC" if naive else error.message


def _number(name: str, text: str) -> Decimal:
    text = text.strip()
    if not text:
        raise UnreadableRowError(f"{name} is empty")
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    if text.lower().lstrip("+-") in {"nan", "inf", "infinity"}:
        raise UnreadableRowError(f"{name} is {text}, which is no finite number")
    raise UnreadableRowError(f"{name} {text!r} is not a number")


def _prices(numbers: Sequence[Decimal]) -> Sequence[Decimal]:
    """Return the four prices, if they can be those of a bar."""
    for name, price in zip(PRICES, numbers, strict=True):
        if price <= 0:
            raise BadRowError(f"{name} {price} is not above 0")
    first, high, low, close = numbers
    if high < low:
        raise BadRowError(f"high {high} is below low {low}")
    for name, price in (("open", first), ("close", close)):
        if price > high:
            raise BadRowError(f"{name} {price} is above high {high}")
        if price < low:
            raise BadRowError(f"{name} {price} is below low {low}")
    return numbers


def _nearest_tick(name: str, price: Decimal, instrument: Instrument) -> int:
    ticks = Fraction(price) / Fraction(instrument.tick)
    nearest = divide_half_even(ticks.numerator, ticks.denominator)
    if nearest <= 0:
        raise BadRowError(f"{name} {price} is less than half a tick of {instrument.tick}")
    if nearest > LARGEST:
        raise BadRowError(f"{name} {price} is too large to count in ticks of {instrument.tick}")
    return nearest


def _is_on(price: Decimal, ticks: int, instrument: Instrument) -> bool:
    return Fraction(price) == ticks * Fraction(instrument.tick)


def _lots(volume: Decimal, instrument: Instrument) -> int:
    if volume.is_signed() and volume != 0:
        raise BadRowError(f"volume {volume} is negative")
    lots = instrument.lots_of(volume)
    if lots > LARGEST:
        raise BadRowError(f"volume {volume} is too large to count in lots of {instrument.lot}")
    return lots
