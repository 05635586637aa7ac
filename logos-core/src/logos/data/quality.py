"""What a first pass over a bar file finds out: counts, sentences for the operator, and the rows at fault."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import attrs
import numpy as np

from logos.data.bar_blocks import Block, Defect
from logos.data.bar_files import BarFile
from logos.domain.instruments import Instrument
from logos.domain.times import SECONDS_A_DAY, time_text
from logos.session.seats import SymbolReport

SHOWN_PROBLEMS = 10
LONG_GAP = 30 * SECONDS_A_DAY
_JUMP_NUMERATOR, _JUMP_DENOMINATOR = 2, 5  # 40 % of the close before


@attrs.define(eq=False)
class Finding:
    """Something that may happen many times: how often, and where first."""

    count: int = 0
    first: str = ""

    def add(self, count: int, first: str) -> None:
        """Count some more; ``first`` is kept if it is the first at all."""
        if count and not self.count:
            self.first = first
        self.count += count


class Inspection:
    """Gathers a `SymbolReport` from the blocks of one file, and feeds the digest.

    Parameters
    ----------
    digest:
        The running digest of all bars of the session; symbols come one after the other, in name order.
    """

    def __init__(self, file: BarFile, instrument: Instrument, interval: int, digest: hashlib._Hash) -> None:
        self.file = file
        self.defects: list[Defect] = []
        self.defect_count = 0
        self.off_tick_rows: list[Defect] = []
        self.off_tick = 0
        self.bars = 0
        self._instrument = instrument
        self._interval = interval
        self._digest = digest
        self._first: int | None = None
        self._last: tuple[int, int] | None = None
        self._gaps = 0
        self._zero_volume = 0
        self._long_gaps = Finding()
        self._jumps = Finding()
        self._ascents = 0
        self._descents = 0
        digest.update(instrument.symbol.encode() + b"\0")

    def add(self, block: Block) -> None:
        """Take note of the next block."""
        self._ascents += block.ascents
        self._descents += block.descents
        self.defect_count += len(block.defects)
        self.defects += block.defects[: SHOWN_PROBLEMS - len(self.defects)]
        self.off_tick += block.off_tick
        self.off_tick_rows += block.off_tick_rows[: SHOWN_PROBLEMS - len(self.off_tick_rows)]
        if not len(block):
            return
        self._digest.update(np.stack(block.columns, axis=1).astype("<i8", copy=False).tobytes())
        self.bars += len(block)
        self._zero_volume += int((block.volume == 0).sum())
        self._look_between(block)

    def _look_between(self, block: Block) -> None:
        """Compare each bar with the one before it."""
        stamps, closes = block.timestamp, block.close
        if self._last is None:
            self._first = int(stamps[0])
        else:
            stamps = np.concatenate(([self._last[0]], stamps))
            closes = np.concatenate(([self._last[1]], closes))
        steps = np.diff(stamps)
        self._gaps += int((steps > self._interval).sum())
        long = np.flatnonzero(steps > LONG_GAP)
        if len(long):
            start, end = (int(stamps[long[0] + offset]) for offset in (0, 1))
            self._long_gaps.add(len(long), f"{time_text(start)} to {time_text(end)}")
        # A price may be near the largest integer: divide rather than multiply.
        jumps = np.flatnonzero(np.abs(np.diff(closes)) > closes[:-1] / _JUMP_DENOMINATOR * _JUMP_NUMERATOR)
        if len(jumps):
            before, after = (self._instrument.price_text(int(closes[jumps[0] + offset])) for offset in (0, 1))
            self._jumps.add(len(jumps), f"{before} to {after} at {time_text(int(stamps[jumps[0] + 1]))}")
        self._last = int(stamps[-1]), int(closes[-1])

    @property
    def runs_backwards(self) -> bool:
        """Whether the rows run from newest to oldest."""
        return self._descents > self._ascents

    def report(self, remarks: Sequence[str] = ()) -> SymbolReport:
        """Return what was found; ``remarks`` are sentences to begin the notes with."""
        return SymbolReport(
            symbol=self._instrument.symbol,
            source=self.file.name,
            first=self._first,
            last=self._last[0] if self._last else None,
            bars=self.bars,
            quarantined=self.defect_count,
            off_tick=self.off_tick,
            gaps=self._gaps,
            zero_volume=self._zero_volume,
            notes=(*remarks, *self._notes()),
        )

    def _notes(self) -> list[str]:
        notes = []
        if not self._instrument.has_volume:
            notes.append("The asset class reports no volume: fills have no volume cap.")
        elif self._zero_volume:
            notes.append(f"{_times(self._zero_volume, 'bar')} without volume: such a bar fills no order.")
        if self._long_gaps.count:
            notes.append(f"{_times(self._long_gaps.count, 'gap')} of more than 30 days, first {self._long_gaps.first}.")
        if self._jumps.count:
            notes.append(
                f"{_times(self._jumps.count, 'close')} more than 40% off the one before: a split? First "
                f"{self._jumps.first}."
            )
        if self.off_tick:
            notes.append(f"{_times(self.off_tick, 'bar')} with a price off the tick {self._instrument.tick}: rounded.")
        if self.defect_count:
            notes.append(
                f"{_times(self.defect_count, 'row')} quarantined, first line {self.defects[0].line}: "
                f"{self.defects[0].reason}."
            )
        if self.defect_count > self.bars:
            notes.append("More rows were quarantined than kept: mend the first of them, the others may follow from it.")
        return notes


def _times(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
