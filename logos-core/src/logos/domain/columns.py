"""Bars and signals as whole columns: what array forms of strategies, and the quick engines, work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from logos.domain.instruments import Instrument

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Column = npt.NDArray[np.int64]


@attrs.frozen(eq=False, kw_only=True)
class BarColumns:
    """Consecutive bars of one instrument, column by column; all columns are equally long, and read-only to users.

    Attributes
    ----------
    timestamp:
        Open times, strictly ascending, in seconds since the epoch, UTC.
    open, high, low, close:
        Prices in whole ticks.
    volume:
        Whole lots.
    """

    instrument: Instrument
    timestamp: Column
    open: Column
    high: Column
    low: Column
    close: Column
    volume: Column

    def __len__(self) -> int:
        """Return how many bars there are."""
        return len(self.timestamp)

    @property
    def columns(self) -> tuple[Column, Column, Column, Column, Column, Column]:
        """The columns in the order of a bar's fields."""
        return self.timestamp, self.open, self.high, self.low, self.close, self.volume

    def part(self, start: int, stop: int) -> BarColumns:
        """Return the bars from row ``start`` up to, not including, ``stop``; nothing is copied."""
        cut = [column[start:stop] for column in self.columns]
        return BarColumns(
            instrument=self.instrument,
            timestamp=cut[0],
            open=cut[1],
            high=cut[2],
            low=cut[3],
            close=cut[4],
            volume=cut[5],
        )


@attrs.frozen(eq=False, kw_only=True)
class SignalColumns:
    """The answers of a strategy at every bar of a column: each a signal for market orders, good till cancelled.

    Attributes
    ----------
    first:
        The row of the first signal; the strategy answers ``None`` before it.
    value:
        The signal's value at each bar in hundred-millionths; what stands before ``first`` means nothing.
    """

    first: int
    value: Column
