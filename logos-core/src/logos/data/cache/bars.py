"""Bars as columns of the doubles that a bar file holds, and how two sets of them become one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np

from logos.domain.bars import Bar

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]


@attrs.frozen(eq=False, kw_only=True)
class StoredBars:
    """Bars of one symbol, in strictly ascending order once they are stored.

    Attributes
    ----------
    timestamp:
        Open times in seconds since the epoch, UTC.
    values:
        Five rows of doubles: open, high, low, close and volume. Each stands for its shortest decimal.
    """

    timestamp: Integers
    values: Floats

    def __len__(self) -> int:
        """Return how many bars there are."""
        return len(self.timestamp)

    def take(self, places: Integers | Flags) -> StoredBars:
        """Return the bars at some places."""
        return StoredBars(timestamp=self.timestamp[places], values=self.values[:, places])


NONE = StoredBars(timestamp=np.empty(0, np.int64), values=np.empty((5, 0), np.float64))
"""No bars."""


@attrs.frozen(eq=False, kw_only=True)
class Merged:
    """Stored bars and new ones as one.

    Attributes
    ----------
    added:
        How many bars are new.
    same:
        How many new ones were there already, with the same values.
    differing:
        The open times of those that were there with other values. The new values stand in ``bars``.
    """

    bars: StoredBars
    added: int
    same: int
    differing: Integers


def joined(parts: Sequence[StoredBars]) -> StoredBars:
    """Return bars one behind the other, in the order in which they are given."""
    if not parts:
        return NONE
    if len(parts) == 1:
        return parts[0]
    return StoredBars(
        timestamp=np.concatenate([part.timestamp for part in parts]),
        values=np.concatenate([part.values for part in parts], axis=1),
    )


def ascending(timestamps: Integers) -> bool:
    """Return whether every time is later than the one before it."""
    return bool((timestamps[1:] > timestamps[:-1]).all())


def merged(old: StoredBars, new: StoredBars) -> Merged:
    """Return two sets of bars, each in strictly ascending order, as one."""
    if not len(old) or not len(new) or old.timestamp[-1] < new.timestamp[0]:
        nothing = np.empty(0, np.int64)
        parts = [part for part in (old, new) if len(part)]
        return Merged(bars=joined(parts), added=len(new), same=0, differing=nothing)
    both = joined([old, new])
    order = np.argsort(both.timestamp, kind="stable")
    both = both.take(order)
    twice = both.timestamp[1:] == both.timestamp[:-1]
    equal = (both.values[:, 1:] == both.values[:, :-1]).all(axis=0)
    differing = both.timestamp[1:][twice & ~equal]
    kept = np.append(~twice, True)  # of two, the second is the new one
    return Merged(
        bars=both.take(kept),
        added=len(new) - int(twice.sum()),
        same=int((twice & equal).sum()),
        differing=differing,
    )


def stored(bars: Sequence[Bar]) -> StoredBars:
    """Return bars that are counted in ticks and lots as the doubles nearest to their decimals."""
    if not bars:
        return NONE
    instrument = bars[0].instrument
    price = instrument.price_float
    a_unit = instrument.lots_a_unit
    rows = [
        (
            price(bar.open),
            price(bar.high),
            price(bar.low),
            price(bar.close),
            bar.volume * a_unit.denominator / a_unit.numerator,
        )
        for bar in bars
    ]
    return StoredBars(
        timestamp=np.array([bar.timestamp for bar in bars], np.int64),
        values=np.ascontiguousarray(np.array(rows, np.float64).T),
    )
