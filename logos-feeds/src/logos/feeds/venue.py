"""A venue: who is asked for candles. A class for each client library fills this protocol; nothing else knows one."""

from __future__ import annotations

from typing import Protocol

import attrs


@attrs.frozen(kw_only=True)
class Candle:
    """One candle as the venue sent it, finished or not; nothing about it has been judged yet.

    Attributes
    ----------
    timestamp:
        Its open time, in seconds since the epoch, UTC.
    open, high, low, close, volume:
        Decimal texts. Where the library gives floats, the shortest decimal that means the same float.
    """

    timestamp: int
    open: str
    high: str
    low: str
    close: str
    volume: str


@attrs.frozen(kw_only=True)
class Page:
    """A venue's answer.

    Attributes
    ----------
    candles:
        In the order of the venue, as many as it sent: unfinished, double or disordered ones too.
    size:
        Bytes of the answer's body, 0 where the library does not tell.
    venue_time:
        The venue's own clock when it answered, in seconds since the epoch, UTC; ``None`` where it does not say.
    """

    candles: tuple[Candle, ...]
    size: int
    venue_time: float | None


class Venue(Protocol):
    """Asks one venue through its client library. All methods are called from one event loop.

    What goes wrong is raised as a ``FeedError`` whose class says whether asking again can help; nothing is retried
    here, and nothing of the library's own retrying is left on. A call can be cancelled at any time.
    """

    @property
    def name(self) -> str:
        """The plugin and the venue, such as ``ccxt:binance``."""

    @property
    def page_candles(self) -> int:
        """How many candles the venue sends at most in one answer."""

    async def open(self) -> None:
        """Connect, and check that the venue knows every symbol and the interval.

        Raises
        ------
        FeedError
            ``PermanentError`` where it does not.
        """

    async def candles(self, symbol: str, since: int, until: int) -> Page:
        """Ask for a symbol's candles that open from ``since`` up to, not including, ``until``.

        Parameters
        ----------
        symbol:
            As Logos calls it; the venue's own name for it comes from the config.
        since, until:
            Seconds since the epoch, UTC, on the grid of the interval; at most ``page_candles`` intervals apart.

        Raises
        ------
        FeedError
            Where no answer came, or one that is of no use.
        """

    async def close(self) -> None:
        """Let go of every connection."""
