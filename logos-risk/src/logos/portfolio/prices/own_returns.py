"""The returns that each symbol has by itself, and how many of them make a year, where not all have the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import attrs
import numpy as np

from logos.domain.instruments import Instrument
from logos.portfolio.arrays import Vector
from logos.portfolio.prices.gaps import opened_by_market
from logos.portfolio.prices.panel import PricePanel
from logos.portfolio.prices.returns import periods_per_year


@attrs.frozen(kw_only=True)
class OwnReturns:
    """The returns that a symbol has by itself.

    Attributes
    ----------
    returns:
        How many.
    periods:
        In how many periods its market was open from its first to its last close: at least as many.
    """

    returns: int
    periods: int

    @property
    def share(self) -> float:
        """How many returns of its own the symbol has for each period in which its market was open, at most 1."""
        return self.returns / self.periods


def own_returns(
    panel: PricePanel, symbols: Sequence[str], instruments: Mapping[str, Instrument], returns: int
) -> dict[str, OwnReturns]:
    """Return by symbol how many returns of its own it has, and in how many periods it could have had one.

    It is about the last ``returns`` periods at whose end any of the symbols has a return: the rows of a pairwise window
    of them. A period before a symbol's first close is none in which it could; see ``gaps`` for when a market was open.

    Parameters
    ----------
    symbols:
        Those of the window.
    returns:
        The rows of the window; at least 1 where there are symbols.
    """
    each = {symbol: np.frombuffer(panel.periods_of(symbol), dtype=np.int64) for symbol in symbols}
    if not each:
        return {}
    first = np.unique(np.concatenate([own[1:] for own in each.values()]))[-returns:][0]
    found = {}
    for group, opened in opened_by_market(each, panel.period, instruments):
        for symbol in group:
            own = each[symbol]
            place = max(int(np.searchsorted(own, first)), 1)  # of the first return in the window
            periods = int(((opened > own[place - 1]) & (opened <= own[-1])).sum())
            found[symbol] = OwnReturns(returns=len(own) - place, periods=periods)
    return found


def own_periods_per_year(
    panel: PricePanel,
    symbols: Sequence[str],
    instruments: Mapping[str, Instrument],
    returns: int,
    *,
    beside: Collection[str] = (),
) -> float | Vector:
    """Return how many returns of its own each symbol has in a year; one number where all have as many.

    It is the periods of a year in which its market is open, times the share of them in which the symbol has a return:
    126 for a share of which every second day is missing, each return of which covers two days.

    Parameters
    ----------
    symbols:
        The order of the answer; at least one.
    returns:
        The rows of the window, see ``own_returns``.
    beside:
        Further symbols of that window.
    """
    own = own_returns(panel, (*symbols, *beside), instruments, returns)
    years = np.array([periods_per_year(panel.period, [instruments[one]]) * own[one].share for one in symbols])
    return years if (years != years[0]).any() else float(years[0])
