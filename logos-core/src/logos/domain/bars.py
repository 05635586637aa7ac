"""Bars, and the slices of equal time in which a session sees them."""

from __future__ import annotations

from typing import NamedTuple

from logos.domain.instruments import Instrument


class Bar(NamedTuple):
    """One finished bar of one instrument.

    Attributes
    ----------
    instrument:
        What was traded.
    timestamp:
        The bar's open time, in seconds since the epoch, UTC.
    open, high, low, close:
        Prices in whole ticks of the instrument.
    volume:
        Traded quantity in whole lots, rounded down; 0 where the asset class reports none.
    """

    instrument: Instrument
    timestamp: int
    open: int
    high: int
    low: int
    close: int
    volume: int

    @property
    def symbol(self) -> str:
        """The instrument's symbol."""
        return self.instrument.symbol

    @property
    def close_float(self) -> float:
        """The float nearest to the close: for indicators, never for money."""
        return self.instrument.price_float(self.close)

    @property
    def forward_filled(self) -> bool:
        """Whether nothing was traded and the bar repeats the close before: it marks a position, and fills no order."""
        return False


class ForwardFilledBar(Bar):
    """A bar that a polled feed made of the close before it."""

    __slots__ = ()

    @property
    def forward_filled(self) -> bool:
        """That it is one."""
        return True


class Slice(NamedTuple):
    """All bars that share an open time, in the order of their symbols.

    Attributes
    ----------
    clock:
        Where the session's clock stands when the slice is seen: the bars' close, in seconds since the epoch, UTC.
    bars:
        The bars; none for a timer tick of a feed that is silent.
    """

    clock: int
    bars: tuple[Bar, ...]
