"""Alpaca's trading API for a paper account: what alpaca-py asks of it, and nothing that could change anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from .faults import Fault
from .server import Answer, Request, VenueServer

KEY = "PKLOOPBACK0000000001"
SECRET = "loopbackSecretOfTheTests0000000000000001"


def share(symbol: str, **changes: Any) -> dict[str, Any]:
    """Return a share that trades in fractions and can be sold short."""
    return {
        "id": f"00000000-0000-4000-8000-{abs(hash_of(symbol)) % 10**12:012}",
        "class": "us_equity",
        "exchange": "NASDAQ",
        "symbol": symbol,
        "name": f"{symbol} Inc. Common Stock",
        "status": "active",
        "tradable": True,
        "marginable": True,
        "shortable": True,
        "easy_to_borrow": True,
        "fractionable": True,
        "attributes": [],
        **changes,
    }


def coins(symbol: str, **changes: Any) -> dict[str, Any]:
    """Return a pair of coins, its steps as texts."""
    return share(
        symbol,
        **{
            "class": "crypto",
            "exchange": "CRYPTO",
            "name": symbol.replace("/", " / "),
            "marginable": False,
            "shortable": False,
            "easy_to_borrow": False,
            "min_order_size": "0.000010001",
            "min_trade_increment": "0.000000001",
            "price_increment": "0.01",
            **changes,
        },
    )


def hash_of(text: str) -> int:
    """Return a number that is the same in every process."""
    return int.from_bytes(text.encode()[:6], "big")


def order(client_order_id: str, **changes: Any) -> dict[str, Any]:
    """Return an open order for ten shares of AAPL as Alpaca lists it."""
    return {
        "id": f"61e69015-8549-4bfd-b9c3-{abs(hash_of(client_order_id[::-1])) % 10**12:012}",
        "client_order_id": client_order_id,
        "created_at": "2026-01-05T14:30:00.942282123Z",
        "updated_at": "2026-01-05T14:30:00.942282123Z",
        "submitted_at": "2026-01-05T14:30:00.937734123Z",
        "asset_class": "us_equity",
        "symbol": "AAPL",
        "notional": None,
        "qty": "10",
        "filled_qty": "0",
        "filled_avg_price": None,
        "order_class": "",
        "order_type": "market",
        "type": "market",
        "side": "buy",
        "time_in_force": "day",
        "limit_price": None,
        "stop_price": None,
        "status": "new",
        "extended_hours": False,
        "legs": None,
        **changes,
    }


class Alpaca(VenueServer):
    """``/v2``: clock, account, assets, orders and positions, for whoever shows ``key`` and ``secret``.

    Attributes
    ----------
    account, assets, orders, positions:
        What is told, to be changed by the test. Assets by symbol.
    is_open:
        Whether the market for shares is open.
    """

    name = "alpaca"
    key = KEY
    secret = SECRET

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.is_open = True
        self.account: dict[str, Any] = {
            "id": "e6fe16f3-64a4-4921-8928-cadf02f92f98",
            "account_number": "PA0LOOPBACK1",
            "status": "ACTIVE",
            "crypto_status": "ACTIVE",
            "currency": "USD",
            "cash": "100000",
            "buying_power": "200000",
            "equity": "100000",
            "daytrade_count": 0,
            "pattern_day_trader": False,
            "trading_blocked": False,
            "transfers_blocked": False,
            "account_blocked": False,
            "trade_suspended_by_user": False,
            "shorting_enabled": True,
            "multiplier": "2",
        }
        self.assets = {asset["symbol"]: asset for asset in (share("AAPL"), share("MSFT"), coins("BTC/USD"))}
        self.orders: list[dict[str, Any]] = []
        self.positions: list[dict[str, Any]] = []

    def offer(self, *assets: dict[str, Any]) -> None:
        """Offer assets, or other terms of those there are."""
        self.assets |= {asset["symbol"]: asset for asset in assets}

    def symbol_of(self, path: str, query: dict[str, str]) -> str | None:
        return None

    def rate_limited(self) -> Answer:
        return Answer(429, {"code": 42910000, "message": "rate limit exceeded"})

    def route(self, request: Request, fault: Fault | None) -> Answer | None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if (headers.get("apca-api-key-id"), headers.get("apca-api-secret-key")) != (self.key, self.secret):
            return Answer(401, {"code": 40110000, "message": "request is not authorized"})
        if request.method != "GET":
            return Answer(500, {"message": "an order has arrived"})
        found = {
            "/v2/clock": self._clock,
            "/v2/account": lambda _request: self.account,
            "/v2/assets": self._assets,
            "/v2/orders": self._orders,
            "/v2/positions": lambda _request: self.positions,
        }.get(request.path)
        if found is not None:
            return Answer(200, found(request))
        if request.path == "/v2/orders:by_client_order_id":
            return self._order(request.query["client_order_id"])
        if request.path.startswith("/v2/assets/"):
            return self._asset(request.path.removeprefix("/v2/assets/"))
        return None

    def _clock(self, _request: Request) -> dict[str, Any]:
        def text(at: float) -> str:
            return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}.389152169+00:00"

        now = int(self.now())
        return {
            "timestamp": text(now),
            "is_open": self.is_open,
            "next_open": text(now + 36_000),
            "next_close": text(now + 3_600),
        }

    def _assets(self, request: Request) -> list[dict[str, Any]]:
        query = request.query
        return [
            asset
            for asset in self.assets.values()
            if query.get("asset_class") in (None, asset["class"]) and query.get("status") in (None, asset["status"])
        ]

    def _asset(self, name: str) -> Answer:
        if name in self.assets:
            return Answer(200, self.assets[name])
        return Answer(404, {"code": 40410000, "message": f"asset not found for {name}"})

    def _orders(self, request: Request) -> list[dict[str, Any]]:
        after = request.query.get("after", "")
        listed = sorted(
            (one for one in self.orders if one["submitted_at"] >= after), key=lambda one: one["submitted_at"]
        )
        return listed[: int(request.query.get("limit", 50))]

    def _order(self, name: str) -> Answer:
        for one in self.orders:
            if one["client_order_id"] == name:
                return Answer(200, one)
        return Answer(404, {"code": 40410000, "message": f"order not found for {name}"})
