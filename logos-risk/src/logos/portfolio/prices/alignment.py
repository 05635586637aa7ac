"""Returns of several symbols whose closes don't all stand at the same periods, as one array."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from logos.portfolio.arrays import Matrix
from logos.portfolio.prices.returns import Flags, simple_returns

_Integers = npt.NDArray[np.int64]

Aligned = tuple[tuple[str, ...], Matrix, dict[str, int]]
"""The symbols that are in, their returns, and by symbol left out how many returns it has."""


def common_returns(
    symbols: Sequence[str],
    periods: Sequence[array[int]],
    closes: Sequence[array[int]],
    *,
    lookback: int,
    min_history: int,
) -> Aligned:
    """Return the returns between consecutive periods in which all symbols have a close.

    The rule by which symbols are left out stands at ``PricePanel.window``.

    Parameters
    ----------
    symbols:
        Each with at least ``min_history`` + 1 closes.
    periods, closes:
        One of each a symbol, of the same length, ascending in time.
    lookback:
        How many returns at most.
    min_history:
        How many at least.
    """
    if not symbols:
        return (), np.empty((0, 0)), {}
    first = periods[0]
    if all(one == first for one in periods):
        prices = _stacked([one[-lookback - 1 :] for one in closes])
        return tuple(symbols), simple_returns(prices.T), {}
    present = _Presence.of(periods)
    left_out = present.thinned(symbols, min_history)
    rows = present.common_rows()[-lookback - 1 :]
    kept = present.columns()
    found = [present.closes_at(column, rows, closes[column]) for column in kept]
    return tuple(symbols[column] for column in kept), simple_returns(np.stack(found, axis=1).astype(float)), left_out


def pairwise_returns(
    symbols: Sequence[str],
    periods: Sequence[array[int]],
    closes: Sequence[array[int]],
    *,
    lookback: int,
    min_history: int,
) -> Aligned:
    """Return each symbol's returns between closes of its own, at the later period; NaN where it has none.

    The rule by which symbols are left out stands at ``PricePanel.window``, and the parameters at ``common_returns``.
    """
    later = [_integers(one)[1:] for one in periods]
    own = [simple_returns(_integers(one).astype(float)) for one in closes]
    active, left_out = list(range(len(symbols))), dict[str, int]()
    while active:
        union = np.unique(np.concatenate([later[column] for column in active]))[-lookback:]
        counts = {column: int((later[column] >= union[0]).sum()) for column in active} if len(union) else {}
        fewest = min(active, key=lambda column: (counts.get(column, 0), symbols[column]))
        if counts.get(fewest, 0) >= min_history:
            return tuple(symbols[column] for column in active), _placed(union, active, later, own), left_out
        left_out[symbols[fewest]] = counts.get(fewest, 0)
        active.remove(fewest)
    return (), np.empty((0, 0)), left_out


def _placed(union: _Integers, active: list[int], later: list[_Integers], own: list[Matrix]) -> Matrix:
    returns = np.full((len(union), len(active)), np.nan)
    for place, column in enumerate(active):
        inside = later[column] >= union[0]
        returns[np.searchsorted(union, later[column][inside]), place] = own[column][inside]
    return returns


class _Presence:
    """Which symbols have a close at which period; symbols can be taken out."""

    def __init__(self, union: _Integers, present: Flags) -> None:
        self._union = union
        self._present = present
        self._active = np.ones(present.shape[1], dtype=np.bool_)
        self._have = present.sum(axis=1)  # by period, how many of the symbols that are still in

    @classmethod
    def of(cls, periods: Sequence[array[int]]) -> _Presence:
        """Return the presence of symbols by their periods."""
        each = [_integers(one) for one in periods]
        union = np.unique(np.concatenate(each))
        present = np.zeros((len(union), len(each)), dtype=np.bool_)
        for column, one in enumerate(each):
            present[np.searchsorted(union, one), column] = True
        return cls(union, present)

    def columns(self) -> list[int]:
        """Return the columns that are still in, ascending."""
        return [int(column) for column in np.flatnonzero(self._active)]

    def common_rows(self) -> _Integers:
        """Return the rows at which every symbol has a close."""
        rows: _Integers = np.flatnonzero(self._have == self._active.sum())
        return rows

    def closes_at(self, column: int, rows: _Integers, closes: array[int]) -> _Integers:
        """Return a symbol's closes at some rows at which it has one."""
        places: _Integers = np.cumsum(self._present[:, column])[rows] - 1
        found: _Integers = _integers(closes)[places]
        return found

    def thinned(self, symbols: Sequence[str], min_history: int) -> dict[str, int]:
        """Take symbols out until those that are left have enough returns in common; return what the others had."""
        left_out: dict[str, int] = {}
        while (common := len(self.common_rows()) - 1) < min_history:
            column = self._hindmost(symbols)
            left_out[symbols[column]] = max(common, 0)
            self._active[column] = False
            self._have -= self._present[:, column]
        return left_out

    def _hindmost(self, symbols: Sequence[str]) -> int:
        """Return the symbol without which the most common periods remain."""
        alone = self._present[self._have == self._active.sum() - 1] | ~self._active
        gains = np.zeros(len(symbols), dtype=np.int64)
        np.add.at(gains, np.argmin(alone, axis=1), 1)
        own = self._present.sum(axis=0)
        return min(self.columns(), key=lambda column: (-gains[column], own[column], symbols[column]))


def _integers(values: array[int]) -> _Integers:
    return np.frombuffer(values, dtype=np.int64)


def _stacked(each: Sequence[array[int]]) -> Matrix:
    """Return rows of equal length as one array of floats."""
    joined = np.frombuffer(b"".join([one.tobytes() for one in each]), dtype=np.int64)
    return joined.reshape(len(each), -1).astype(float)
