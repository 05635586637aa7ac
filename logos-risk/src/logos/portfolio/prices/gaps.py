"""Periods that common returns leave out because a symbol has no close where others of the same hours have one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import attrs
import numpy as np
import numpy.typing as npt

from logos.domain.instruments import Instrument
from logos.portfolio.prices.panel import PricePanel

WORTH_A_WORD = 0.05
"""Share of the periods: where no more are left out, it overstates volatility by little."""


@attrs.frozen(kw_only=True)
class Gaps:
    """What is missing between the closes that several symbols have in common.

    Attributes
    ----------
    periods:
        How many were left out: a return across some of them spans several periods and counts as one.
    symbols:
        Those that had no close in them, in the order of their names.
    """

    periods: int
    symbols: tuple[str, ...]


def gaps(panel: PricePanel, symbols: Sequence[str], instruments: Mapping[str, Instrument], returns: int) -> Gaps | None:
    """Return the gaps between the last common closes; ``None`` where they are few.

    What calendars explain is no gap: one is where some symbol of each calendar has a close, and not all have. Those
    without a calendar keep the hours of their asset class. A share has no close on a coin's weekend.

    Parameters
    ----------
    symbols:
        Those with returns in common.
    returns:
        How many returns in common the estimate takes; at least 1 where there are symbols.
    """
    kept = [panel.periods_of(symbol) for symbol in symbols]
    if all(one == kept[0] for one in kept):
        return None
    each = dict(zip(symbols, (np.frombuffer(one, dtype=np.int64) for one in kept), strict=True))
    alike: dict[str, list[npt.NDArray[np.int64]]] = {}
    for symbol, own in each.items():
        alike.setdefault(_hours(instruments[symbol]), []).append(own)
    union, counts = np.unique(np.concatenate(list(each.values())), return_counts=True)
    common = union[counts == len(each)][-returns - 1 :]
    # Where some symbol of each calendar has a close, all could have one.
    expected = reduce(np.intersect1d, (np.concatenate(group) for group in alike.values()))
    missed = np.setdiff1d(expected[(expected > common[0]) & (expected < common[-1])], common)
    if len(missed) <= WORTH_A_WORD * (len(missed) + returns):
        return None
    lacking = (symbol for symbol, own in each.items() if not np.isin(missed, own).all())
    return Gaps(periods=len(missed), symbols=tuple(sorted(lacking)))


def _hours(instrument: Instrument) -> str:
    return str(instrument.calendar or instrument.asset_class)
