"""The accounts of the exchanges: what a key may ask, and orders that would be taken if one ever came.

Everything here answers as the venue does, orders included: a test that finds none sent has looked at a venue that would
have taken them.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from .server import Answer, Request

KEY = "K-4f1d8c-the-right-one"
SECRET = "c2VjcmV0LW9mLXRoZS1sb29wYmFjaw=="
"""Base64, as Kraken wants a secret."""


class AccountOnLoopback:
    """What the accounts share.

    Attributes
    ----------
    key:
        The key that is valid; ``None`` once it has been revoked.
    rights:
        What the key may do, in the venue's own words.
    balances:
        Free and held amounts, by currency.
    orders:
        Orders as the venue writes them.
    taken:
        Every request that arrived and is none of these reads, as text.
    """

    right = KEY
    secret = SECRET

    key: str | None
    rights: dict[str, bool]
    balances: dict[str, tuple[str, str]]
    orders: list[dict[str, Any]]
    taken: list[str]

    def __init__(self, *arguments: Any) -> None:
        self.key = KEY
        self.rights = dict(self.reading)
        self.balances = {"USDT": ("1000.00", "0"), "USD": ("500", "0"), "BTC": ("0.5", "0.25")}
        self.orders = []
        self.taken = []
        super().__init__(*arguments)

    reading: dict[str, bool]

    def revoke(self) -> None:
        """Let the key be refused from now on."""
        self.key = None

    def _taken(self, request: Request) -> None:
        self.taken.append(f"{request.method} {request.path} {request.body or request.query}")


class BinanceAccount(AccountOnLoopback):
    """``/api/v3/account``, ``order`` and ``openOrders``; ``/sapi/v1/account/apiRestrictions``."""

    reading = {  # noqa: RUF012 - copied
        "ipRestrict": False,
        "enableReading": True,
        "enableWithdrawals": False,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": False,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableSpotAndMarginTrading": False,
    }

    def private(self, request: Request) -> Answer | None:
        """Answer what needs a key."""
        routes = {
            ("GET", "/api/v3/account"): self._account,
            ("GET", "/api/v3/order"): self._order,
            ("GET", "/api/v3/openOrders"): self._open,
            ("GET", "/sapi/v1/account/apiRestrictions"): lambda _request: Answer(200, self.rights),
        }
        route = routes.get((request.method, request.path))
        if route is None:
            self._taken(request)
            return Answer(200, {}) if request.method != "GET" else None
        if request.headers.get("X-MBX-APIKEY") != self.key:
            return Answer(401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."})
        return route(request)

    def place(self, name: str, symbol: str = "BTCUSDT", status: str = "NEW", **fields: Any) -> None:
        """Have an order in the account."""
        order = {"symbol": symbol, "orderId": len(self.orders) + 1, "clientOrderId": name, "status": status}
        values = {"side": "BUY", "origQty": "1.0", "executedQty": "0.0", "price": "100.0", "type": "LIMIT"}
        self.orders.append(order | values | fields)

    def _account(self, _request: Request) -> Answer:
        held = [{"asset": name, "free": free, "locked": locked} for name, (free, locked) in self.balances.items()]
        rates = {"maker": "0.00100000", "taker": "0.00150000", "buyer": "0.00000000", "seller": "0.00000000"}
        return Answer(
            200, {"canTrade": True, "accountType": "SPOT", "commissionRates": rates, "balances": held, "uid": 1}
        )

    def _order(self, request: Request) -> Answer:
        wanted = request.query.get("origClientOrderId"), request.query.get("symbol")
        for order in self.orders:
            if (order["clientOrderId"], order["symbol"]) == wanted:
                return Answer(200, order)
        return Answer(400, {"code": -2013, "msg": "Order does not exist."})

    def _open(self, _request: Request) -> Answer:
        ended = ("FILLED", "CANCELED", "REJECTED", "EXPIRED", "EXPIRED_IN_MATCH")
        return Answer(200, [order for order in self.orders if order["status"] not in ended])


class KrakenAccount(AccountOnLoopback):
    """``/0/private``: everything is a POST, and an error has status 200."""

    reading = {"query-funds": True, "query-open-trades": True, "query-closed-trades": True}  # noqa: RUF012 - copied

    def private(self, request: Request) -> Answer | None:
        """Answer what needs a key."""
        if not request.path.startswith("/0/private/"):
            return None
        routes = {
            "BalanceEx": self._balances,
            "OpenOrders": lambda form: {"open": self._found(form, ended=False)},
            "ClosedOrders": lambda form: {"closed": self._found(form, ended=True), "count": 0},
            "TradeVolume": self._fees,
            "GetApiKeyInfo": lambda _form: {
                "api_key": "hidden",
                "permissions": [name for name, given in self.rights.items() if given],
            },
        }
        route = routes.get(request.path.removeprefix("/0/private/"))
        if route is None:
            self._taken(request)
            return Answer(200, {"error": [], "result": {"txid": ["OTAKEN-00000-000001"]}})
        if request.headers.get("API-Key") != self.key:
            return Answer(200, {"error": ["EAPI:Invalid key"]})
        return Answer(200, {"error": [], "result": route(request.form)})

    def place(self, name: str, pair: str = "BTCUSDT", status: str = "open", **fields: Any) -> None:
        """Have an order in the account."""
        values = {"vol": "1.00000000", "vol_exec": "0.00000000", "opentm": 0, "type": "buy"} | fields
        descr = {"pair": pair, "type": values.pop("type"), "ordertype": "limit", "price": "100.0"}
        self.orders.append({"cl_ord_id": name, "status": status, "descr": descr, **values})

    def _balances(self, _form: dict[str, str]) -> dict[str, Any]:
        names = {"BTC": "XXBT", "USD": "ZUSD"}
        return {
            names.get(name, name): {"balance": str(float(free) + float(held)), "hold_trade": held}
            for name, (free, held) in self.balances.items()
        }

    def _found(self, form: dict[str, str], *, ended: bool) -> dict[str, Any]:
        return {
            f"O{number:05}-00000-000000": order
            for number, order in enumerate(self.orders)
            if (order["status"] in ("closed", "canceled", "expired")) is ended
            and form.get("cl_ord_id") in (None, order["cl_ord_id"])
        }

    def _fees(self, form: dict[str, str]) -> dict[str, Any]:
        pairs = form["pair"].split(",")
        return {
            "currency": "ZUSD",
            "volume": "0.0000",
            "fees": {pair: {"fee": "0.2500"} for pair in pairs},
            "fees_maker": {pair: {"fee": "0.1400"} for pair in pairs},
        }


class CoinbaseAccount(AccountOnLoopback):
    """``/api/v3/brokerage``: accounts, key_permissions, transaction_summary and orders."""

    reading = {"can_view": True, "can_trade": False, "can_transfer": False}  # noqa: RUF012 - copied
    page = 2

    def private(self, request: Request) -> Answer | None:
        """Answer what needs a key."""
        routes = {
            "accounts": self._accounts,
            "key_permissions": lambda _request: {**self.rights, "portfolio_uuid": "p", "portfolio_type": "DEFAULT"},
            "transaction_summary": lambda _request: {
                "fee_tier": {"pricing_tier": "Advanced 1", "maker_fee_rate": "0.006", "taker_fee_rate": "0.012"}
            },
            "orders/historical/batch": self._listed,
        }
        route = routes.get(request.path.removeprefix("/api/v3/brokerage/"))
        if route is None or request.method != "GET":
            self._taken(request)
            return Answer(200, {"success": True, "success_response": {}}) if request.method != "GET" else None
        if self.key is None or _coinbase_key(request) != self.key:
            return Answer(401, "Unauthorized\n", {"Content-Type": "text/plain"})
        return Answer(200, route(request))

    def place(self, name: str, product: str = "BTC-USDT", status: str = "OPEN", **fields: Any) -> None:
        """Have an order in the account."""
        order = {
            "order_id": f"c-{len(self.orders)}",
            "product_id": product,
            "client_order_id": name,
            "side": "BUY",
            "status": status,
            "filled_size": "0",
            "order_configuration": {"limit_limit_gtc": {"base_size": "1", "limit_price": "100", "post_only": False}},
        }
        self.orders.append(order | fields)

    def _accounts(self, _request: Request) -> dict[str, Any]:
        listed = [
            {
                "uuid": name,
                "currency": name,
                "available_balance": {"value": free, "currency": name},
                "hold": {"value": held, "currency": name},
                "type": "ACCOUNT_TYPE_CRYPTO",
            }
            for name, (free, held) in self.balances.items()
        ]
        return {"accounts": listed, "has_next": False, "cursor": ""}

    def _listed(self, request: Request) -> dict[str, Any]:
        wanted = request.query.get("order_status")
        product = request.query.get("product_ids")
        listed = [
            order
            for order in self.orders
            if wanted in (None, order["status"]) and product in (None, order["product_id"])
        ]
        start = int(request.query.get("cursor") or 0)
        end = start + self.page
        return {
            "orders": json.loads(json.dumps(listed[start:end])),
            "has_next": end < len(listed),
            "cursor": str(end) if end < len(listed) else "",
        }


def _coinbase_key(request: Request) -> str:
    """Return the key's name: from a header, or out of a token that was signed with it."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token:
        return request.headers.get("CB-ACCESS-KEY", "")
    payload = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])
