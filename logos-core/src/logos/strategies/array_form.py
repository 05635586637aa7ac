"""The array form of a strategy, asked and judged: what it says of bars, in the words of ``on_bar``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from logos.domain.bars import Bar
from logos.domain.columns import BarColumns, SignalColumns
from logos.domain.money import RATIO_ONE
from logos.session.seats import ArrayStrategy


def columns_of(bars: Sequence[Bar]) -> BarColumns:
    """Return the bars of one instrument, at least one, as columns that nobody can write to."""
    table = np.array([bar[1:] for bar in bars], dtype=np.int64)
    table.setflags(write=False)
    timestamp, opened, high, low, close, volume = (table[:, index] for index in range(6))
    return BarColumns(
        instrument=bars[0].instrument,
        timestamp=timestamp,
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=volume,
    )


def signals_of(strategy: ArrayStrategy, bars: BarColumns) -> SignalColumns | None:
    """Return what the array form says of bars; ``None`` where the strategy says that the numbers are too large for it.

    Raises
    ------
    TypeError, ValueError
        Where the answer is not what the seat asks for.
    """
    found: object = strategy.signals(bars)
    if found is None:
        return None
    count = len(bars)
    if not isinstance(found, SignalColumns):
        raise TypeError(f"signals answers a {type(found).__name__}, and must answer SignalColumns or None")
    column: object = found.value
    if not isinstance(column, np.ndarray) or column.dtype != np.int64 or column.shape != (count,):
        raise TypeError(f"the values must be one int64 column of {count} rows")
    first: object = found.first
    if not isinstance(first, int | np.integer) or not 0 <= first <= count:
        raise ValueError(f"first is {first!r}, and must be a row from 0 to {count}")
    used = column[int(first) :]
    if len(used) and not (int(used.min()) >= -RATIO_ONE and int(used.max()) <= RATIO_ONE):
        raise ValueError(f"a value is outside -{RATIO_ONE} to {RATIO_ONE}")
    return SignalColumns(first=int(first), value=column)


def values_of(strategy: ArrayStrategy, bars: BarColumns) -> list[int | None] | None:
    """Return the signal's value at every bar as the array form says it, ``None`` before the first signal.

    ``None`` for the whole where the strategy says that the numbers are too large for it.

    Raises
    ------
    TypeError, ValueError
        Where the answer is not what the seat asks for.
    """
    found = signals_of(strategy, bars)
    return None if found is None else [*[None] * found.first, *found.value[found.first :].tolist()]
