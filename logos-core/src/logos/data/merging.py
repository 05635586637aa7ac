"""From blocks of columns to slices: symbols merged by time, some thousand bars at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import repeat
from operator import length_hint

import attrs
import numpy as np
import numpy.typing as npt

from logos.data.bar_blocks import Block
from logos.domain.bars import Bar, Slice
from logos.domain.instruments import Instrument

Column = npt.NDArray[np.int64]
# Building a named tuple straight from a tuple skips a Python call per bar.
_bar = partial(tuple.__new__, Bar)
_slice = partial(tuple.__new__, Slice)
_NOTHING: Column = np.empty(0, dtype=np.int64)


def bars_of(instrument: Instrument, columns: Sequence[Column]) -> Iterator[Bar]:
    """Yield the bars of a block, given its six columns."""
    return map(_bar, zip(repeat(instrument), *(column.tolist() for column in columns), strict=False))


@attrs.define(eq=False)
class Delivered:
    """How far the slices of one symbol's bars have been handed out.

    Attributes
    ----------
    bars:
        How many were handed out in earlier portions.
    last:
        Open time of the last of those.
    portion:
        Open times of the portion that is being handed out.
    """

    bars: int = 0
    last: int | None = None
    portion: Column = _NOTHING

    def turn(self, stamps: Column) -> None:
        """Begin another portion."""
        self.bars += len(self.portion)
        if len(self.portion):
            self.last = int(self.portion[-1])
        self.portion = stamps

    def until(self, opened: int) -> tuple[int, int | None]:
        """Return how many bars were handed out, and the open time of the last, given that of the last slice."""
        count = int(np.searchsorted(self.portion, opened, side="right"))
        return self.bars + count, int(self.portion[count - 1]) if count else self.last


class _Source:
    """One symbol's blocks, taken up to a time."""

    def __init__(self, instrument: Instrument, blocks: Iterator[Block]) -> None:
        self.instrument = instrument
        self._blocks = blocks
        self._held: tuple[Column, ...] = ()
        self._fetch()

    @property
    def horizon(self) -> int | None:
        """The last open time held; ``None`` at the end of the data."""
        return int(self._held[0][-1]) if self._held else None

    def take(self, horizon: int) -> tuple[Column, ...]:
        """Return the columns up to and including an open time; at least the next block is fetched after its end."""
        if not self._held:
            return ()
        cut = int(np.searchsorted(self._held[0], horizon, side="right"))
        taken = tuple(column[:cut] for column in self._held)
        self._held = tuple(column[cut:] for column in self._held)
        if not len(self._held[0]):
            self._fetch()
        return taken if cut else ()

    def _fetch(self) -> None:
        block = next((block for block in self._blocks if len(block)), None)
        self._held = block.columns if block else ()


class Merger:
    """Merges the bars of several symbols into slices.

    Parameters
    ----------
    interval:
        Length of a bar in seconds.
    """

    def __init__(self, interval: int) -> None:
        self._interval = interval
        self._delivered: dict[str, Delivered] = {}
        self._opens: list[int] = []
        self._position: Iterator[int] = iter(())

    def slices(self, sources: Sequence[tuple[Instrument, Iterator[Block]]], after: int | None) -> Iterator[Slice]:
        """Yield the slices whose clock is later than ``after``, in order.

        Parameters
        ----------
        sources:
            Each symbol's instrument and blocks, in name order.
        after:
            Seconds since the epoch, UTC; all slices where it is ``None``.
        """
        self._delivered = {instrument.symbol: Delivered() for instrument, _ in sources}
        started = [_Source(instrument, blocks) for instrument, blocks in sources]
        first = None if after is None else after - self._interval
        while horizons := [source.horizon for source in started if source.horizon is not None]:
            horizon = min(horizons)
            portion = [(source.instrument, source.take(horizon)) for source in started]
            yield from self._portion([(instrument, columns) for instrument, columns in portion if columns], first)

    def delivered(self) -> Mapping[str, tuple[int, int | None]]:
        """Return for each symbol how many bars were handed out or skipped so far, and the open time of the last."""
        passed = len(self._opens) - length_hint(self._position)
        opened = self._opens[passed - 1] if passed else None
        return {
            symbol: (delivered.bars, delivered.last) if opened is None else delivered.until(opened)
            for symbol, delivered in self._delivered.items()
        }

    def _portion(self, portion: list[tuple[Instrument, tuple[Column, ...]]], first: int | None) -> Iterator[Slice]:
        """Yield the slices of some bars that lie side by side in time."""
        self._opens, self._position = [], iter(())
        portion = self._turn({instrument.symbol: (instrument, columns) for instrument, columns in portion}, first)
        if not portion:
            return iter(())
        stamps = portion[0][1][0]
        if all(np.array_equal(stamps, columns[0]) for _, columns in portion[1:]):
            groups: Iterator[tuple[Bar, ...]] = zip(*(bars_of(*one) for one in portion), strict=False)
        else:
            stamps, groups = _interleaved(portion)
        self._opens = stamps.tolist()
        self._position = iter(self._opens)
        clocks = map(self._interval.__add__, self._position)
        return map(_slice, zip(clocks, groups, strict=False))

    def _turn(
        self, portion: Mapping[str, tuple[Instrument, tuple[Column, ...]]], first: int | None
    ) -> list[tuple[Instrument, tuple[Column, ...]]]:
        """Begin a portion: leave out the bars that opened at or before ``first``, counting them as handed out."""
        kept = []
        for symbol, delivered in self._delivered.items():
            if symbol not in portion:
                delivered.turn(_NOTHING)
                continue
            instrument, columns = portion[symbol]
            cut = 0 if first is None else int(np.searchsorted(columns[0], first, side="right"))
            delivered.turn(columns[0][:cut])
            delivered.turn(columns[0][cut:])
            if cut < len(columns[0]):
                kept.append((instrument, tuple(column[cut:] for column in columns)))
        return kept


def _interleaved(
    portion: list[tuple[Instrument, tuple[Column, ...]]],
) -> tuple[Column, Iterator[tuple[Bar, ...]]]:
    """Sort bars with differing times; return the slices' open times and their bars."""
    instruments = [instrument for instrument, _ in portion]
    stamps = np.concatenate([columns[0] for _, columns in portion])
    owner = np.repeat(np.arange(len(portion)), [len(columns[0]) for _, columns in portion])
    order = np.argsort(stamps, kind="stable")  # stable: symbols stay in name order
    stamps = stamps[order]
    fields = [stamps, *(np.concatenate([columns[index] for _, columns in portion])[order] for index in range(1, 6))]
    owners = map(instruments.__getitem__, owner[order].tolist())
    bars = tuple(map(_bar, zip(owners, *(field.tolist() for field in fields), strict=False)))
    starts = np.flatnonzero(np.diff(stamps, prepend=stamps[0] - 1))
    ends = np.append(starts[1:], len(stamps))
    return stamps[starts], map(bars.__getitem__, map(slice, starts.tolist(), ends.tolist()))
