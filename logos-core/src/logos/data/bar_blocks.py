"""What readers of bar files hand on: blocks of columns in ticks and lots, and the rows that did not become bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from logos.domain.instruments import Instrument

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Column = npt.NDArray[np.int64]

COLUMNS = ("timestamp", "open", "high", "low", "close", "volume")
PRICES = COLUMNS[1:5]
SHOWN_OFF_TICK = 10
"""How many off-tick prices of a block keep their text; all are counted."""


@attrs.frozen
class Defect:
    """A row that is not right.

    Attributes
    ----------
    line:
        The line in the file counted from 1 (the header is line 1), or the row counted from 1 in a Parquet file.
    reason:
        What is wrong with it, with the numbers.
    row:
        The row as it stands in the file.
    """

    line: int
    reason: str
    row: str


@attrs.frozen(eq=False, kw_only=True)
class Block:
    """Some consecutive bars of one file, column by column.

    Attributes
    ----------
    timestamp:
        Open times, strictly ascending, in seconds since the epoch, UTC.
    open, high, low, close:
        Prices in ticks, rounded half to even where they lay between two ticks.
    volume:
        Whole lots, rounded down.
    defects:
        The rows among these bars that did not become bars.
    off_tick:
        How many bars had a price between two ticks.
    off_tick_rows:
        The first few of them.
    ascents, descents:
        How many rows of this block are later, and earlier, than the row before them, usable or not.
    """

    timestamp: Column
    open: Column
    high: Column
    low: Column
    close: Column
    volume: Column
    defects: tuple[Defect, ...] = ()
    off_tick: int = 0
    off_tick_rows: tuple[Defect, ...] = ()
    ascents: int = 0
    descents: int = 0

    @property
    def columns(self) -> tuple[Column, Column, Column, Column, Column, Column]:
        """The columns in the order of a bar's fields."""
        return self.timestamp, self.open, self.high, self.low, self.close, self.volume

    def __len__(self) -> int:
        """Return how many bars the block holds."""
        return len(self.timestamp)


@attrs.define(eq=False)
class Place:
    """How far a reader has come in a file: what the next row is compared with.

    Attributes
    ----------
    instrument:
        Whose bars they are.
    interval:
        Length of a bar in seconds.
    last:
        Open time of the last good bar; ``None`` before the first.
    previous:
        Open time of the last row whose time could be read, good or not.
    """

    instrument: Instrument
    interval: int
    last: int | None = None
    previous: int | None = None
