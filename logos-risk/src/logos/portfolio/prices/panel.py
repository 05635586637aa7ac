"""The closes that a portfolio is estimated from: one a period and symbol, kept as bars come in."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence

import numpy as np

from logos.domain.bars import Bar
from logos.portfolio.prices.alignment import common_returns, pairwise_returns
from logos.portfolio.records import Window
from logos.portfolio.risk_models.config import COMMON
from logos.session.untraded import STALE_AFTER

_NOTHING = -1


class _History:
    """The closes of one symbol in ticks, ascending, and the periods since the epoch that they end."""

    __slots__ = ("closes", "last", "periods")

    def __init__(self) -> None:
        self.periods = array("q")
        self.closes = array("q")
        self.last = _NOTHING


class PricePanel:
    """The last closes of each period of some symbols.

    A period is ``timestamp // period`` of a bar's open time: the UTC day for ``1d``. The close of a period is that of
    its last bar so far, so the current period counts before it is over.

    Parameters
    ----------
    symbols:
        The columns, in this order.
    period:
        Seconds that one return covers; a multiple of ``interval``.
    interval:
        Seconds that one bar covers.
    capacity:
        How many periods of each symbol are kept; see ``returns.panel_capacity``.
    """

    def __init__(self, symbols: Sequence[str], *, period: int, interval: int, capacity: int) -> None:
        self._period = period
        self._capacity = capacity
        self._lookback_bars = capacity * (period // interval)
        self._histories = {symbol: _History() for symbol in symbols}

    @property
    def lookback_bars(self) -> int:
        """How many bars of each symbol decide at most: as many as fill the periods that are kept."""
        return self._lookback_bars

    def watch(self, bars: Sequence[Bar]) -> None:
        """See bars, those of each symbol in ascending order of time; bars of other symbols are passed over."""
        length, histories = self._period, self._histories
        for instrument, timestamp, _, _, _, close, _ in bars:
            history = histories.get(instrument.symbol)
            if history is None:
                continue
            period = timestamp // length
            if period == history.last:
                history.closes[-1] = close
                continue
            history.last = period
            history.periods.append(period)
            history.closes.append(close)
            if len(history.closes) >= 2 * self._capacity:
                # Now and then, so that a bar costs the same however much is kept.
                del history.periods[: -self._capacity]
                del history.closes[: -self._capacity]

    def returns_known(self) -> dict[str, int]:
        """Return how many returns of its own each symbol has by now: cheap enough to ask at every slice.

        A symbol that is no longer traded has none, see ``STALE_AFTER``.
        """
        histories = self._histories
        oldest, most = self._oldest(), self._capacity
        return {
            symbol: max(min(len(history.closes), most) - 1, 0) if history.last >= oldest else 0
            for symbol, history in histories.items()
        }

    def periods_of(self, symbol: str) -> array[int]:
        """Return the periods of which a symbol's closes are kept, ascending, counted since the epoch."""
        return self._histories[symbol].periods[-self._capacity :]

    @property
    def period(self) -> int:
        """How many seconds one return covers."""
        return self._period

    def last_closes(self) -> dict[str, int]:
        """Return when the period of each symbol's last close begins, in seconds since the epoch, UTC.

        Symbols that never had a close are left out.
        """
        return {
            symbol: history.last * self._period
            for symbol, history in self._histories.items()
            if history.last > _NOTHING
        }

    def stopped(self) -> dict[str, int]:
        """Return the symbols that are no longer traded, see ``STALE_AFTER``; not those that never had a close.

        The time is that at which the period of the last close begins, in seconds since the epoch, UTC.
        """
        oldest = self._oldest()
        return {
            symbol: history.last * self._period
            for symbol, history in self._histories.items()
            if _NOTHING < history.last < oldest
        }

    def _oldest(self) -> int:
        """Return the earliest period whose close still says that a symbol is traded."""
        newest = max((history.last for history in self._histories.values()), default=_NOTHING)
        return max(newest - STALE_AFTER // self._period, 0)

    def window(
        self,
        *,
        lookback: int,
        min_history: int,
        missing: str,
        periods_per_year: float,
        without: Collection[str] = (),
    ) -> tuple[Window, dict[str, int]]:
        """Return the last returns of the symbols that have enough of them, and how many each of the others has.

        Symbols with too few returns of their own are left out first, those without a close for two weeks among them.

        ``common`` then takes the periods in which all the others have a close, and the returns between consecutive
        ones: a coin's weekend goes into Monday's return. Where these are too few, symbols are left out one at a time,
        each time the one without which the most common periods remain; among equals the one with the fewest closes,
        then the first by name. The others keep what they have.

        ``pairwise`` takes the periods in which any of them has a close. A symbol's returns lie between two closes of
        its own, at the period of the later, and are NaN elsewhere. A symbol with too few in the last ``lookback``
        periods is left out, one at a time, the one with the fewest first, then by name.

        Parameters
        ----------
        lookback:
            How many rows of returns at most.
        min_history:
            How many returns a symbol needs; at least 1.
        missing:
            ``common`` or ``pairwise``.
        periods_per_year:
            What the window says of itself; see ``returns.periods_per_year``.
        without:
            Symbols that take no part, as if the panel did not have them.

        Returns
        -------
        tuple
            The window, its symbols in the order of the panel's, without one where none has enough. By symbol left out,
            the number of returns that it has, by itself or in common with the others; always below ``min_history``.
        """
        known = {symbol: count for symbol, count in self.returns_known().items() if symbol not in without}
        left_out = {symbol: count for symbol, count in known.items() if count < min_history}
        symbols = [symbol for symbol in known if symbol not in left_out]
        align = common_returns if missing == COMMON else pairwise_returns
        kept, returns, dropped = align(
            symbols,
            [self._histories[symbol].periods[-self._capacity :] for symbol in symbols],
            [self._histories[symbol].closes[-self._capacity :] for symbol in symbols],
            lookback=lookback,
            min_history=min_history,
        )
        window = Window(symbols=kept, returns=np.ascontiguousarray(returns), periods_per_year=periods_per_year)
        return window, left_out | dropped
