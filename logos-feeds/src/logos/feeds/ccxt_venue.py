"""An exchange, asked for candles through CCXT. Imports CCXT, so it is loaded only when a feed opens."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

import ccxt.async_support as ccxt

from logos.domain.errors import InputError
from logos.domain.times import SECONDS_A_DAY
from logos.feeds.ccxt_errors import error_of
from logos.feeds.classifying import Heard, plain
from logos.feeds.errors import UnknownSymbolError, UnreadableAnswerError, UnsupportedError
from logos.feeds.venue import Candle, Page

FEWEST_CANDLES = 100
"""What an answer surely holds where CCXT does not know how many the exchange sends."""

MOST_CANDLES = 1_000
"""More are not asked for at once, even where the exchange would send them."""

SHORTEST = 60
"""The shortest interval that a config can name, in seconds."""

_heard: ContextVar[Heard] = ContextVar("heard")


class CcxtVenue:
    """One exchange.

    Parameters
    ----------
    exchange:
        Its id in CCXT, such as ``binance``.
    symbols:
        The exchange's own name of each symbol, by the name that Logos calls it: ``{"BTC-USD": "BTC/USDT"}``.
    interval:
        Length of a bar in seconds.
    base_url:
        Where it is asked instead of its own address; empty for its own.
    timeout:
        When a request that has not been answered is given up, in seconds of the machine.
    """

    def __init__(
        self,
        *,
        exchange: str,
        symbols: Mapping[str, str],
        interval: int,
        base_url: str = "",
        timeout: float = 10.0,
    ) -> None:
        self._id = exchange
        self._names = dict(symbols)
        self._interval = interval
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout
        self._exchange: Any = None
        self._timeframe = ""
        self._page_candles = FEWEST_CANDLES

    @property
    def name(self) -> str:
        """``ccxt:`` and the exchange's id."""
        return f"ccxt:{self._id}"

    @property
    def page_candles(self) -> int:
        """How many candles the exchange sends at most in one answer; a careful guess before ``open``."""
        return self._page_candles

    async def open(self) -> None:
        """Load the exchange's markets, and check every symbol and the interval. Can be tried again after a failure.

        Raises
        ------
        InputError
            Where CCXT knows no such exchange.
        FeedError
            Where the exchange gives no answer, or lacks a symbol or the interval.
        """
        await self.close()
        exchange = self._exchange = self._built()
        try:
            self._timeframe = self._timeframe_of(exchange)
            await self._asking(Heard(), exchange.load_markets())
            for symbol, wanted in self._names.items():
                self._check(symbol, wanted)
            self._page_candles = min(_most_candles(exchange, wanted) for wanted in self._names.values())
        except BaseException:
            await self.close()
            raise
        # From here on numbers stay the texts that the exchange sent. Not before: markets are computed with numbers.
        exchange.number = str

    async def candles(self, symbol: str, since: int, until: int) -> Page:
        """Ask for candles; see ``Venue``."""
        heard = Heard()
        # CCXT cuts an answer to the number asked for. Candles that come double must not push out the newest ones.
        count = max((until - since) // self._interval, 1)
        count = max(count, min(2 * count, self._page_candles))
        rows = await self._asking(
            heard,
            self._exchange.fetch_ohlcv(self._names[symbol], self._timeframe, since * 1_000, count),
        )
        candles = map(_candle, rows)
        return Page(
            candles=tuple(one for one in candles if one is not None and since <= one.timestamp < until),
            size=heard.size,
            venue_time=heard.venue_time,
        )

    async def close(self) -> None:
        """Let go of every connection. May be called twice."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            await exchange.close()

    # -- asking ----------------------------------------------------------------------------------------------------

    async def _asking(self, heard: Heard, call: Any) -> Any:
        """Await a call of CCXT and name what goes wrong. What came back over HTTP is heard on the way."""
        token = _heard.set(heard)
        try:
            return await call
        except ccxt.BaseError as error:
            raise error_of(self.name, error, heard) from error
        except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
            # CCXT takes an answer of another shape than it expects for granted, and stumbles over it.
            raise UnreadableAnswerError(self.name, f"an answer of an unknown shape ({error!r})") from error
        finally:
            _heard.reset(token)

    def _built(self) -> Any:
        if self._id not in ccxt.exchanges:
            near = difflib.get_close_matches(self._id.lower(), ccxt.exchanges, n=3)
            raise InputError(
                f"exchange is {self._id!r}, and CCXT knows no such exchange",
                hint=f"Write exchange: {near[0]}" if near else "One of binance, kraken, coinbase, … as CCXT lists them",
            )
        exchange = getattr(ccxt, self._id)({"enableRateLimit": True, "timeout": int(self._timeout * 1_000)})
        if exchange.has["fetchOHLCV"] is not True:
            raise UnsupportedError(self.name, "it gives out no candles", hint="Choose another exchange")
        # Only what candles need: the list of currencies takes a key at some, and contracts are further lists.
        exchange.has["fetchCurrencies"] = False
        markets = exchange.options.get("fetchMarkets")
        kinds = markets.get("types") if isinstance(markets, dict) else None
        if isinstance(kinds, list) and "spot" in kinds and not any(":" in name for name in self._names.values()):
            exchange.options["fetchMarkets"] = {**markets, "types": ["spot"]}
        if self._base_url:
            exchange.urls["api"] = redirected(exchange.urls["api"], self._base_url)
        if self._base_url.startswith("http://"):
            exchange.timeout_on_exit = 0  # the time that closing TLS takes
        exchange.on_rest_response = _hear
        exchange.parse_json = self._parse
        return exchange

    def _parse(self, body: str) -> Any:
        """Read JSON, and call what is none by its name: CCXT would go on with the text."""
        try:
            found = json.loads(body, parse_float=str if self._exchange.number is str else None)
        except ValueError as error:
            status = _heard.get().status or 0
            if status >= 400:
                return None
            raise UnreadableAnswerError(self.name, f"no JSON, but {plain(body) or 'nothing'}") from error
        if not isinstance(found, dict | list):
            raise UnreadableAnswerError(self.name, f"neither an object nor a list, but {plain(body)}")
        return found

    # -- checking --------------------------------------------------------------------------------------------------

    def _timeframe_of(self, exchange: Any) -> str:
        seconds = {name: exchange.parse_timeframe(name) for name in exchange.timeframes or {}}
        for name, length in seconds.items():
            if length == self._interval:
                return str(name)
        usable = [name for name, length in seconds.items() if length >= SHORTEST and SECONDS_A_DAY % length == 0]
        raise UnsupportedError(
            self.name,
            f"it has no candles of {self._interval} s",
            hint=f"It has {', '.join(sorted(usable, key=seconds.__getitem__)) or 'none that Logos can use'}",
        )

    def _check(self, symbol: str, wanted: str) -> None:
        market = self._exchange.markets.get(wanted)
        if market is not None and market.get("active") is not False:
            return
        reason = "does not trade" if market is not None else "is not listed"
        near = self._near(wanted)
        raise UnknownSymbolError(
            self.name,
            f"{wanted} (for {symbol}) {reason} here" + (f"; it has {', '.join(near)}" if near else ""),
            hint=f"Write venue_symbols: {{{symbol}: {near[0] if near else 'BASE/QUOTE'}}} in the section feed",
        )

    def _near(self, wanted: str) -> list[str]:
        """Return up to five markets that trade and may be meant: of the same coin first, by how the quote looks."""
        trading = sorted(name for name, one in self._exchange.markets.items() if one.get("active") is not False)
        base, _, quote = wanted.partition("/")
        same = [name for name in trading if name.startswith(f"{base}/")]
        same.sort(key=lambda name: (not name.partition("/")[2].startswith(quote), ":" in name, len(name), name))
        return (same or difflib.get_close_matches(wanted, trading, n=5))[:5]


def _most_candles(exchange: Any, name: str) -> int:
    """Return how many candles of a market are asked for at once, as far as CCXT knows how many the exchange sends."""
    market = exchange.markets[name]
    features = (exchange.features or {}).get(market["type"]) or {}
    features = features.get(market.get("subType") or "") or features
    known = (features.get("fetchOHLCV") or {}).get("limit")
    return min(int(known), MOST_CANDLES) if known else FEWEST_CANDLES


def _candle(row: list[Any]) -> Candle | None:
    """Return a candle, ``None`` for a row without prices: nothing was traded."""
    time, *prices, volume = row[:6]
    if any(price is None for price in prices):
        return None
    opened, high, low, close = map(str, prices)
    return Candle(
        timestamp=int(time) // 1_000,
        open=opened,
        high=high,
        low=low,
        close=close,
        volume="0" if volume is None else str(volume),
    )


def redirected(addresses: Any, base_url: str) -> Any:
    """Return addresses of an exchange with another scheme and host; paths stay."""
    if isinstance(addresses, dict):
        return {name: redirected(address, base_url) for name, address in addresses.items()}
    if isinstance(addresses, str) and "://" in addresses:
        return base_url + urlsplit(addresses).path
    return addresses


def _hear(status: int, _reason: str, _url: str, _method: str, headers: Mapping[str, str], body: str, *_: Any) -> str:
    """Take note of an answer, in the place that CCXT has for it: before it looks at the body."""
    heard = _heard.get(None)
    if heard is not None:
        heard.hear(status, headers, body.encode())
    return body.strip()
