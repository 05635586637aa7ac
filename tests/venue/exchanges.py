"""Crypto exchanges as CCXT asks them: the routes of Binance, Kraken and Coinbase that give candles."""

from __future__ import annotations

from typing import Any

from .accounts import BinanceAccount, CoinbaseAccount, KrakenAccount
from .faults import Fault, spoil
from .market import Row
from .server import Answer, Request, VenueServer


def _seconds(text: str) -> int:
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[text[-1]]


class Binance(BinanceAccount, VenueServer):
    """``/api/v3``: ping, time, exchangeInfo and klines. Symbols are served as CCXT calls them: ``BTC/USDT``."""

    name = "binance"
    root = "/api/v3/"

    def symbol_of(self, path: str, query: dict[str, str]) -> str | None:
        return self._symbol(query.get("symbol", "")) if path == f"{self.root}klines" else None

    def route(self, request: Request, fault: Fault | None) -> Answer | None:
        now = int(self.now() * 1_000)
        if request.path == f"{self.root}ping":
            return Answer(200, {})
        if request.path == f"{self.root}time":
            return Answer(200, {"serverTime": now})
        if request.path == f"{self.root}exchangeInfo":
            symbols = [self._listing(symbol) for symbol in sorted(self.markets)]
            return Answer(200, {"timezone": "UTC", "serverTime": now, "rateLimits": [], "symbols": symbols})
        if request.path == f"{self.root}klines":
            return self._klines(request, fault)
        return self.private(request)

    def rate_limited(self) -> Answer:
        text = "Too much request weight used; please use WebSocket Streams for live updates."
        return Answer(429, {"code": -1003, "msg": text}, {"x-mbx-used-weight-1m": "6001"})

    def _symbol(self, name: str) -> str:
        return next((one for one in self.markets if one.replace("/", "") == name), name)

    def _klines(self, request: Request, fault: Fault | None) -> Answer:
        query = request.query
        symbol = self._symbol(query["symbol"])
        if symbol not in self.markets:
            return Answer(400, {"code": -1121, "msg": "Invalid symbol."})
        interval = _seconds(query["interval"])
        start, end = int(query.get("startTime", 0)), int(query.get("endTime", 2**62))
        limit = min(int(query.get("limit", 500)), self.max_candles)
        rows = [row for row in self.candles(symbol, interval, fault) if start <= row.timestamp * 1_000 <= end]
        rows = rows[:limit] if "startTime" in query else rows[-limit:]
        weight = {"x-mbx-used-weight-1m": str(2 * len(self.requests))}
        return Answer(200, [self._kline(row, interval) for row in spoil(fault, rows)], weight)

    def _kline(self, row: Row, interval: int) -> list[Any]:
        open_, high, low, close, volume = row.texts
        value = f"{row.close * row.volume:.8f}"
        ends = (row.timestamp + interval) * 1_000 - 1
        return [row.timestamp * 1_000, open_, high, low, close, volume, ends, value, 10, volume, value, "0"]

    def _listing(self, symbol: str) -> dict[str, Any]:
        base, quote = symbol.split("/")
        return {
            "symbol": base + quote,
            "status": "TRADING",
            "baseAsset": base,
            "baseAssetPrecision": 8,
            "quoteAsset": quote,
            "quotePrecision": 8,
            "quoteAssetPrecision": 8,
            "orderTypes": ["LIMIT", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT"],
            "icebergAllowed": True,
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000.00", "tickSize": "0.01"},
                {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000.0", "stepSize": "0.00001"},
                {"filterType": "MARKET_LOT_SIZE", "minQty": "0.0", "maxQty": "100.0", "stepSize": "0.0"},
                {
                    "filterType": "NOTIONAL",
                    "minNotional": "5.00",
                    "applyMinToMarket": True,
                    "maxNotional": "9000000.00",
                    "applyMaxToMarket": False,
                    "avgPriceMins": 5,
                },
            ],
            "permissions": ["SPOT"],
        }


class Kraken(KrakenAccount, VenueServer):
    """``/0/public``: Time, AssetPairs and OHLC. It tells errors with status 200, and sends the running candle too."""

    name = "kraken"
    root = "/0/public/"
    max_candles = 720

    def symbol_of(self, path: str, query: dict[str, str]) -> str | None:
        return self._symbol(query.get("pair", "")) if path == f"{self.root}OHLC" else None

    def route(self, request: Request, fault: Fault | None) -> Answer | None:
        if request.path == f"{self.root}Time":
            return Answer(200, {"error": [], "result": {"unixtime": int(self.now())}})
        if request.path == f"{self.root}AssetPairs":
            pairs = {symbol.replace("/", ""): self._listing(symbol) for symbol in sorted(self.markets)}
            return Answer(200, {"error": [], "result": pairs})
        if request.path == f"{self.root}OHLC":
            return self._ohlc(request, fault)
        return self.private(request)

    def rate_limited(self) -> Answer:
        return Answer(200, {"error": ["EGeneral:Too many requests"]})

    def _symbol(self, pair: str) -> str:
        return next((one for one in self.markets if one.replace("/", "") == pair), pair)

    def _ohlc(self, request: Request, fault: Fault | None) -> Answer:
        query = request.query
        symbol = self._symbol(query["pair"])
        if symbol not in self.markets:
            return Answer(200, {"error": ["EQuery:Unknown asset pair"]})
        rows = self.candles(symbol, int(query.get("interval", 1)) * 60, fault)
        # Whatever it is asked for, it knows the last 720 candles and no earlier one; "since" itself is left out.
        rows = [row for row in rows[-self.max_candles :] if row.timestamp > int(query.get("since", 0))]
        last = rows[-2].timestamp if len(rows) > 1 else 0
        listed = []
        for row in spoil(fault, rows):
            open_, high, low, close, volume = row.texts
            listed.append([row.timestamp, open_, high, low, close, close, volume, 10])
        return Answer(200, {"error": [], "result": {query["pair"]: listed, "last": last}})

    def _listing(self, symbol: str) -> dict[str, Any]:
        base, quote = symbol.split("/")
        return {
            "altname": base + quote,
            "wsname": symbol,
            "aclass_base": "currency",
            "base": base,
            "aclass_quote": "currency",
            "quote": quote,
            "lot": "unit",
            "pair_decimals": 2,
            "cost_decimals": 5,
            "lot_decimals": 8,
            "lot_multiplier": 1,
            "leverage_buy": [],
            "leverage_sell": [],
            "fees": [[0, 0.26]],
            "fees_maker": [[0, 0.16]],
            "fee_volume_currency": "ZUSD",
            "ordermin": "0.0001",
            "costmin": "0.5",
            "tick_size": "0.01",
            "status": "online",
        }


class Coinbase(CoinbaseAccount, VenueServer):
    """``/api/v3/brokerage/market/products``: the list and the candles, newest first, at most 350 an answer."""

    name = "coinbase"
    root = "/api/v3/brokerage/market/products"
    max_candles = 350
    granularity = {  # noqa: RUF012 - never changed
        "ONE_MINUTE": 60,
        "FIVE_MINUTE": 300,
        "FIFTEEN_MINUTE": 900,
        "THIRTY_MINUTE": 1_800,
        "ONE_HOUR": 3_600,
        "TWO_HOUR": 7_200,
        "SIX_HOUR": 21_600,
        "ONE_DAY": 86_400,
    }

    def symbol_of(self, path: str, query: dict[str, str]) -> str | None:
        if path.startswith(f"{self.root}/") and path.endswith("/candles"):
            return path.removeprefix(f"{self.root}/").removesuffix("/candles").replace("-", "/")
        return None

    def route(self, request: Request, fault: Fault | None) -> Answer | None:
        if request.path == "/v2/time":
            return Answer(200, {"data": {"iso": "", "epoch": int(self.now())}})
        if request.path == self.root:
            spot = [] if request.query.get("product_type") == "FUTURE" else sorted(self.markets)
            products = [self._listing(symbol) for symbol in spot]
            return Answer(200, {"products": products, "num_products": len(products)})
        if request.symbol is not None:
            return self._candles(request, fault)
        return self.private(request)

    def _candles(self, request: Request, fault: Fault | None) -> Answer:
        query = request.query
        if request.symbol not in self.markets:
            return Answer(404, {"error": "NOT_FOUND", "message": "valid product_id is required"})
        start, end = int(query["start"]), int(query["end"])
        interval = self.granularity[query["granularity"]]
        if (end - start) // interval > self.max_candles:
            text = "number of candles requested should be less than 350"
            return Answer(400, {"error": "INVALID_ARGUMENT", "error_details": text, "message": text})
        rows = [row for row in self.candles(request.symbol, interval, fault) if start <= row.timestamp <= end]
        listed = []
        for row in spoil(fault, rows[::-1]):
            texts = dict(zip(("open", "high", "low", "close", "volume"), row.texts, strict=True))
            listed.append({"start": str(row.timestamp), **texts})
        return Answer(200, {"candles": listed})

    def _listing(self, symbol: str) -> dict[str, Any]:
        base, quote = symbol.split("/")
        return {
            "product_id": f"{base}-{quote}",
            "price": "1",
            "base_increment": "0.00000001",
            "quote_increment": "0.01",
            "price_increment": "0.01",
            "quote_min_size": "1",
            "quote_max_size": "150000000",
            "base_min_size": "0.00000001",
            "base_max_size": "3400",
            "status": "online",
            "trading_disabled": False,
            "product_type": "SPOT",
            "base_currency_id": base,
            "quote_currency_id": quote,
        }
