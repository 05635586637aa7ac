"""Yahoo's chart as yfinance asks for it: cookie, crumb, exchange time, doubles made of float32, and its odd rows."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from .faults import Fault, spoil
from .market import Row
from .server import Answer, Request, VenueServer

INTERVALS = {"1m": 60, "2m": 120, "5m": 300, "15m": 900, "30m": 1_800, "60m": 3_600, "1h": 3_600, "1d": 86_400}
DAY = 86_400


def float32(text: object) -> float:
    """Return the double that Yahoo sends for a price: it has been a float of 32 bits on the way."""
    return float(struct.unpack("f", struct.pack("f", float(str(text))))[0])


class Yahoo(VenueServer):
    """``/v8/finance/chart/SYMBOL`` and what goes with it. Requests without a time, for the zone alone, count for none.

    Attributes
    ----------
    live_row:
        Whether the price of this second is appended as a row of its own, off the grid.
    """

    name = "yahoo"
    root = "/v8/finance/chart/"

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.live_row = False
        self._listed: dict[str, tuple[str, str, str]] = {}
        self._nulls: set[tuple[str, int]] = set()

    def serve(
        self,
        symbol: str,
        bars: Iterable[Any],
        interval: int = 60,
        *,
        zone: str = "UTC",
        kind: str = "CRYPTOCURRENCY",
        currency: str = "USD",
    ) -> None:
        """Offer a symbol's candles; an ``EQUITY`` trades from 09:30 to 16:00 in its zone, others around the clock."""
        super().serve(symbol, bars, interval)
        self._listed[symbol] = (zone, kind, currency)

    def null(self, symbol: str, timestamp: int) -> None:
        """Send a row of nulls for a candle, as Yahoo does for a minute without a trade."""
        self._nulls.add((symbol, timestamp))

    def symbol_of(self, path: str, query: dict[str, str]) -> str | None:
        return path.removeprefix(self.root) if path.startswith(self.root) and "period1" in query else None

    def route(self, request: Request, fault: Fault | None) -> Answer | None:
        if request.path.startswith(self.root):
            return self._chart(request.path.removeprefix(self.root), request.query, fault)
        if request.path == "/v1/test/getcrumb":
            return Answer(200, "a.crumb/1", {"Content-Type": "text/plain"})
        if request.path in ("/", "/consent"):
            cookie = "A3=d=x&S=y; Domain=.yahoo.com; Path=/; Max-Age=31536000"
            return Answer(200, "", {"Content-Type": "text/html", "Set-Cookie": cookie})
        return None

    def rate_limited(self) -> Answer:
        return Answer(429, "Too Many Requests\r\n", {"Content-Type": "text/html"})

    def _chart(self, symbol: str, query: dict[str, str], fault: Fault | None) -> Answer:
        if symbol not in self.markets:
            return _error(404, "Not Found", "No data found, symbol may be delisted")
        name, now = query["interval"], self.now()
        end = int(query.get("period2", now))
        start = int(query.get("period1", end - 5 * DAY))
        refused = self._refused(symbol, name, start, end) if "period1" in query else None
        if refused is not None:
            return refused
        interval = INTERVALS[name]
        rows = [row for row in self.candles(symbol, interval, fault) if start <= row.timestamp < end]
        rows = spoil(fault, rows)
        if self.live_row and rows and rows[-1].timestamp == now // interval * interval != int(now):
            rows.append(rows[-1]._replace(timestamp=int(now), volume=rows[-1].volume * 0))
        result: dict[str, Any] = {"meta": self._meta(symbol, query, rows, now)}
        if rows:
            result["timestamp"] = [row.timestamp for row in rows]
        result["indicators"] = self._indicators(symbol, rows, interval)
        return Answer(200, {"chart": {"result": [result], "error": None}})

    def _refused(self, symbol: str, name: str, start: int, end: int) -> Answer | None:
        if name == "1m" and end - start > 8 * DAY:
            text = (
                "1m data not available for startTime=%d and endTime=%d. Only 8 days worth of 1m granularity data are "
            )
            return _error(422, "Unprocessable Entity", text % (start, end) + "allowed to be fetched per request.")
        back = {"1m": 30, "2m": 60, "5m": 60, "15m": 60, "30m": 60, "60m": 730, "1h": 730}.get(name)
        if back is not None and start < self.now() - back * DAY:
            text = f"{name} data not available for startTime={start} and endTime={end}. "
            text += f"The requested range must be within the last {back} days."
            return _error(422, "Unprocessable Entity", text)
        if end <= min(self.markets[symbol].rows):
            return _error(400, "Bad Request", f"Data doesn't exist for startDate = {start}, endDate = {end}")
        return None

    def _indicators(self, symbol: str, rows: list[Row], interval: int) -> dict[str, Any]:
        if not rows:
            return {"quote": [{}], **({"adjclose": [{}]} if interval == DAY else {})}
        quote: dict[str, list[float | int | None]] = {name: [] for name in ("open", "high", "low", "close", "volume")}
        for row in rows:
            missing = (symbol, row.timestamp) in self._nulls
            for name in ("open", "high", "low", "close"):
                quote[name].append(None if missing else float32(getattr(row, name)))
            quote["volume"].append(None if missing else int(row.volume))
        return {"quote": [quote], **({"adjclose": [{"adjclose": quote["close"]}]} if interval == DAY else {})}

    def _meta(self, symbol: str, query: dict[str, str], rows: list[Row], now: float) -> dict[str, Any]:
        zone_name, kind, currency = self._listed[symbol]
        zone = ZoneInfo(zone_name)
        local = datetime.fromtimestamp(now, tz=UTC).astimezone(zone)
        offset = local.utcoffset()
        today = self._period(now, zone, kind)
        meta = {
            "currency": currency,
            "symbol": symbol,
            "exchangeName": "NMS" if kind == "EQUITY" else "CCC",
            "instrumentType": kind,
            "firstTradeDate": min(self.markets[symbol].rows),
            "regularMarketTime": int(now),
            "hasPrePostMarketData": kind == "EQUITY",
            "gmtoffset": int(offset.total_seconds()) if offset else 0,
            "timezone": local.tzname(),
            "exchangeTimezoneName": zone_name,
            "regularMarketPrice": float32(rows[-1].close) if rows else None,
            "priceHint": 2,
            "currentTradingPeriod": {"pre": dict(today), "regular": dict(today), "post": dict(today)},
            "dataGranularity": query["interval"],
            "range": query.get("range", ""),
            "validRanges": ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"],
        }
        if query["interval"] != "1d":
            days = sorted({row.timestamp // DAY * DAY for row in rows} or {int(now) // DAY * DAY})
            periods = [[self._period(day + DAY // 2, zone, kind)] for day in days]
            both = {"pre": periods, "regular": periods, "post": periods}
            meta["tradingPeriods"] = both if query.get("includePrePost") == "true" and kind == "EQUITY" else periods
        return meta

    def _period(self, moment: float, zone: ZoneInfo, kind: str) -> dict[str, Any]:
        local = datetime.fromtimestamp(moment, tz=UTC).astimezone(zone)
        first, last = (time(9, 30), time(16)) if kind == "EQUITY" else (time(0), time(23, 59))
        start, end = (datetime.combine(local.date(), one, tzinfo=zone) for one in (first, last))
        offset = start.utcoffset()
        return {
            "timezone": start.tzname(),
            "start": int(start.timestamp()),
            "end": int(end.timestamp()),
            "gmtoffset": int(offset.total_seconds()) if offset else 0,
        }


def _error(status: int, code: str, text: str) -> Answer:
    return Answer(status, {"chart": {"result": None, "error": {"code": code, "description": text}}})
