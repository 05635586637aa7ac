"""A span of slices in which nothing was ordered: how equity moved in it, as one column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from logos.backtest.grid import Grid
from logos.domain.money import divide_columns_half_even
from logos.ledger.books import Books, Holding

Column = npt.NDArray[np.int64]
_MOST = 2**62
"""No product of a column may reach this: its rounding doubles a remainder."""


class Quiet:
    """Fills the protocol ``logos.session.seats.QuietSpan``.

    Parameters
    ----------
    grid:
        All slices.
    start, stop:
        The first slice of the span, and the one behind its last.
    books:
        The account as it stands before the span.
    held:
        What is held.
    """

    def __init__(self, grid: Grid, start: int, stop: int, books: Books, held: Sequence[Holding]) -> None:
        self.grid = grid
        self.start = start
        self.stop = stop
        self._books = books
        self._held = held
        self._equity: Column | None = None
        self._extremes: tuple[int, int] | None = None

    def __len__(self) -> int:
        """Return how many slices there are."""
        return self.stop - self.start

    def until(self, length: int) -> Quiet:
        """Return the first so many slices of the span."""
        span = Quiet(self.grid, self.start, self.start + length, self._books, self._held)
        if self._equity is not None:
            span._equity = self._equity[:length]
        return span

    @property
    def clocks(self) -> Column:
        """The clock of each slice."""
        return self.grid.clocks[self.start : self.stop]

    @property
    def days(self) -> Column:
        """The trading day of each slice."""
        return self.grid.days[self.start : self.stop]

    @property
    def flat(self) -> bool:
        """Whether nothing is held."""
        return not self._held

    @property
    def full(self) -> bool:
        """Whether every slice has a bar of every symbol."""
        return self.grid.is_full(self.start, self.stop)

    @property
    def fits(self) -> bool:
        """Whether equity can be computed in columns of 64 bits."""
        return all(self._fits(holding) for holding in self._held)

    @property
    def equity(self) -> Column:
        """Equity after each slice."""
        if self._equity is None:
            equity = np.full(len(self), self._books.cash, dtype=np.int64)
            for holding in self._held:
                equity += self._values(holding)
            self._equity = equity
        return self._equity

    @property
    def lowest(self) -> int:
        """The lowest equity after any slice."""
        return self._low_and_high()[0]

    @property
    def highest(self) -> int:
        """The highest equity after any slice."""
        return self._low_and_high()[1]

    def _low_and_high(self) -> tuple[int, int]:
        if self._extremes is None:
            equity = self.equity
            self._extremes = int(equity.min()), int(equity.max())
        return self._extremes

    def _fits(self, holding: Holding) -> bool:
        valuation = holding.valuation
        largest = self.grid.lanes[holding.instrument.symbol].highest_close * abs(holding.lots.quantity)
        largest *= valuation.numerator
        denominator = valuation.denominator
        if valuation.conversion is not None:
            rate = self.grid.lanes[valuation.conversion.instrument.symbol].highest_close
            if valuation.conversion.divides:
                denominator *= rate
            else:
                largest *= rate
        return max(largest, denominator, abs(self._books.cash)) * (1 + len(self._held)) < _MOST

    def _values(self, holding: Holding) -> Column:
        """Return what a holding is worth at each slice: the books' own product and rounding."""
        valuation = holding.valuation
        product = self._closes(holding.instrument.symbol) * (holding.lots.quantity * valuation.numerator)
        if valuation.conversion is None:
            if valuation.denominator == 1:
                return product
            return divide_columns_half_even(product, valuation.denominator)
        rates = self._closes(valuation.conversion.instrument.symbol)
        if valuation.conversion.divides:
            return divide_columns_half_even(product, valuation.denominator * rates)
        return divide_columns_half_even(product * rates, valuation.denominator)

    def _closes(self, symbol: str) -> Column:
        return self.grid.lanes[symbol].closes[self.start : self.stop]
