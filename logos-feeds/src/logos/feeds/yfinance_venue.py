"""Yahoo, asked for candles through yfinance. Imports yfinance, so it is loaded only when a feed opens.

yfinance waits for its answers, so every call runs in a thread, which is left alone where the call is cancelled: the
time-out of the session ends it.
"""

from __future__ import annotations

import asyncio
import calendar
import itertools
import logging
import math
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yfinance
from yfinance.cache import get_cookie_cache, get_tz_cache
from yfinance.exceptions import YFPricesMissingError

from logos.domain.instruments import AssetClass
from logos.domain.times import SECONDS_A_DAY
from logos.feeds.classifying import Heard
from logos.feeds.errors import FeedError, TimedOutError, UnknownSymbolError, UnsupportedError
from logos.feeds.thread_calls import Kept, ThreadCalls
from logos.feeds.venue import Candle, Page
from logos.feeds.yfinance_errors import error_of
from logos.feeds.yfinance_session import NAME, ListeningSession, NothingThenError, heard

INTERVALS = {60: "1m", 120: "2m", 300: "5m", 900: "15m", 1_800: "30m", 3_600: "1h", SECONDS_A_DAY: "1d"}
"""Yahoo's names of the intervals that it has."""

LONGEST_SPAN = {60: 7, 120: 30, 300: 30, 900: 30, 1_800: 30, 3_600: 365, SECONDS_A_DAY: 10_000}
"""How many days are asked for at once. Yahoo sends eight days of 1m bars at most; the others are for the size."""

MOST_CALLS = 16
_CHECKED_AT_ONCE = 8
"""How many calls may be under way, those that were left alone included, before new ones are refused."""
_SILENT = logging.NullHandler()

_calls = itertools.count(1)
"""Of the whole process, as yfinance's own memory of answers is."""


class YfinanceVenue:
    """Yahoo. One a process: yfinance keeps one session for all that use it.

    Parameters
    ----------
    symbols:
        Yahoo's own name of each symbol, by the name that Logos calls it: ``{"EUR-USD": "EURUSD=X"}``.
    asset_classes:
        The asset class of each symbol.
    interval:
        Length of a bar in seconds.
    cache_folder:
        Where yfinance keeps time zones and cookies; made where it is missing.
    base_url:
        Where it is asked instead of Yahoo's hosts; empty for those.
    timeout:
        When a request that has not been answered is given up, in seconds of the machine.
    """

    def __init__(
        self,
        *,
        symbols: Mapping[str, str],
        asset_classes: Mapping[str, AssetClass],
        interval: int,
        cache_folder: Path,
        base_url: str = "",
        timeout: float = 10.0,
    ) -> None:
        self._names = dict(symbols)
        # Outside shares, yfinance takes 23:59 for the close of a day without one, and drops the last minute.
        self._prepost = {symbol: of is not AssetClass.EQUITY for symbol, of in asset_classes.items()}
        self._interval = interval
        self._cache_folder = cache_folder
        self._base_url = base_url
        self._timeout = timeout
        self._session: ListeningSession | None = None
        self._threads = ThreadCalls("yfinance", MOST_CALLS)

    @property
    def name(self) -> str:
        """``yfinance:yahoo``."""
        return NAME

    @property
    def page_candles(self) -> int:
        """How many candles are asked for at once."""
        return LONGEST_SPAN.get(self._interval, 1) * SECONDS_A_DAY // self._interval

    async def open(self) -> None:
        """Start a session, and check every symbol and the interval. Can be tried again after a failure.

        Raises
        ------
        FeedError
            Where Yahoo gives no answer, or lacks a symbol or the interval.
        """
        if self._interval not in INTERVALS:
            raise UnsupportedError(
                self.name,
                f"it has no candles of {self._interval} s",
                hint=f"It has {', '.join(INTERVALS.values())}",
            )
        await self.close()
        yfinance.config.debug.hide_exceptions = False
        for library in ("yfinance", "bs4"):
            # Where nobody has set up logging, Python would print what they log.
            logging.getLogger(library).addHandler(_SILENT)
        yfinance.set_tz_cache_location(str(self._cache_folder))
        _make_caches()
        self._threads = ThreadCalls("yfinance", MOST_CALLS)
        self._session = ListeningSession(self._base_url, self._timeout)
        try:
            names = list(self._names.items())
            for begin in range(0, len(names), _CHECKED_AT_ONCE):
                group = names[begin : begin + _CHECKED_AT_ONCE]
                await asyncio.gather(*(self._check(symbol, name) for symbol, name in group))
        except BaseException:
            await self.close()
            raise

    async def candles(self, symbol: str, since: int, until: int) -> Page:
        """Ask for candles; see ``Venue``. Times of daily bars are midnight UTC of the exchange's own day."""
        listening = Heard()
        # East of Greenwich, a day's session may open on the UTC day before.
        start = since - SECONDS_A_DAY if self._interval == SECONDS_A_DAY else since
        asked = {
            "start": datetime.fromtimestamp(start, tz=UTC),
            "end": datetime.fromtimestamp(until, tz=UTC),
            "interval": INTERVALS[self._interval],
            "prepost": self._prepost[symbol],
            "auto_adjust": False,
            "actions": False,
        }
        rows = await self._called(symbol, asked, listening)
        return Page(
            candles=tuple(row for row in rows if since <= row.timestamp < until),
            size=listening.size,
            venue_time=listening.venue_time,
        )

    async def close(self) -> None:
        """Let go of every connection. May be called twice."""
        session, self._session = self._session, None
        self._threads.close()
        if session is not None:
            session.close()

    # -- in the thread of a call -----------------------------------------------------------------------------------

    def _history(self, symbol: str, asked: Mapping[str, Any], kept: Kept) -> list[Candle]:
        """Ask for a table of bars and read it."""
        # A ticker keeps what it is told while it waits, so each thread has its own.
        ticker = kept.get(symbol) or kept.setdefault(
            symbol, yfinance.Ticker(self._names[symbol], session=self._session)
        )
        _keep_quiet()
        # yfinance keeps answers of the past by their arguments, and would hide corrections: no two calls are alike.
        table = ticker.history(**asked, timeout=self._timeout + next(_calls) * 1e-6)
        columns = (table[name].tolist() for name in ("Open", "High", "Low", "Close", "Volume"))
        rows = zip(table.index, *columns, strict=True)
        return [candle for row in rows if (candle := _candle(*row, daily=asked["interval"] == "1d")) is not None]

    # -- around it -------------------------------------------------------------------------------------------------

    async def _check(self, symbol: str, name: str) -> None:
        asked = {"period": "1d", "interval": "1d", "auto_adjust": False, "actions": False}
        try:
            await self._called(symbol, asked, Heard())
        except UnknownSymbolError as error:
            raise UnknownSymbolError(
                self.name,
                f"{name} (for {symbol}) is not known here, or delisted",
                hint=f"Write Yahoo's own name of it in the section feed, venue_symbols: {{{symbol}: …}}",
            ) from error

    async def _called(self, symbol: str, asked: Mapping[str, Any], listening: Heard) -> list[Candle]:
        """Make a call in a thread, and name what goes wrong."""

        def work(kept: Kept) -> list[Candle]:
            heard.set(listening)
            return self._history(symbol, asked, kept)

        try:
            candles: list[Candle] = await self._threads.call(work)
        except FeedError:
            raise
        except NothingThenError:
            return []
        except TimeoutError as error:
            raise TimedOutError(self.name, str(error)) from error
        except Exception as error:
            # A chart without rows is how Yahoo says that nothing was traded; yfinance takes it for a delisting.
            if isinstance(error, YFPricesMissingError) and listening.status == 200:
                return []
            raise error_of(error, listening) from error
        return candles


def _make_caches() -> None:
    """Let yfinance make the files of its caches now: its calls, several at once, would lock one another out of them."""
    try:
        for cache in (get_tz_cache(), get_cookie_cache()):
            cache.lookup("")
    except Exception as error:
        raise error_of(error, Heard()) from error


def _keep_quiet() -> None:
    """Ignore what yfinance's own code is warned of. It resets its filter when imported, and tests reset all of them."""
    warnings.filterwarnings("ignore", module=r"yfinance(\.|$)")


def _candle(
    moment: Any, opened: float, high: float, low: float, close: float, volume: float, *, daily: bool
) -> Candle | None:
    """Return a candle of a row, ``None`` where a price is missing: nothing was traded.

    ``repr`` gives the shortest decimal that means the same double.
    """
    prices = (opened, high, low, close)
    if any(math.isnan(price) for price in prices):
        return None
    at = calendar.timegm(moment.date().timetuple()) if daily else int(moment.timestamp())
    opened_text, high_text, low_text, close_text = map(repr, map(float, prices))
    return Candle(
        timestamp=at,
        open=opened_text,
        high=high_text,
        low=low_text,
        close=close_text,
        volume="0" if math.isnan(volume) else repr(volume),
    )
