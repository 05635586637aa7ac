"""Kraken as CCXT asks it: spot, ``/0/public`` and ``/0/private``. It tells errors with status 200."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from logos.brokers.ccxt_dialect import (
    Account,
    Ask,
    Draft,
    Fees,
    OrderCall,
    Raw,
    Rules,
    VenueOrder,
    below,
    exact,
    plain,
    rights,
    side_of,
    standing_of,
    too_cheap,
)
from logos.brokers.errors import UnclassifiedVenueError
from logos.domain.orders import OrderIntent, OrderStatus, TimeInForce
from logos.session.outside import HealthCheck

_STATUS = MappingProxyType(
    {
        "pending": OrderStatus.ACCEPTED,
        "open": OrderStatus.ACCEPTED,
        "closed": OrderStatus.FILLED,
        "canceled": OrderStatus.CANCELLED,
        "expired": OrderStatus.EXPIRED,
    }
)
_READING = ("query-", "export-", "access-websockets")
_NAMES = uuid.UUID("7a1f0d0e-5d0c-5b53-9c0e-6b1d1f0a8c55")
_PERCENT = 100
_CLASSED = MappingProxyType(
    {
        **{f"Z{code}": code for code in ("AUD", "CAD", "EUR", "GBP", "JPY", "USD")},
        **{f"X{code}": code for code in ("ETC", "ETH", "LTC", "MLN", "REP", "XBT", "XDG", "XLM", "XMR", "XRP", "ZEC")},
    }
)
"""The oldest currencies have a letter for their class in front; later ones, such as ZETA, only begin with it."""
_EARLIER = 60
"""By how many seconds an order may be older at Kraken than here: the clocks need not agree."""


class Kraken:
    """See ``Dialect``."""

    most_skew = 60.0
    sample_credentials: Mapping[str, str] = MappingProxyType({"apiKey": "sample", "secret": "c2FtcGxl"})

    def time(self, ask: Ask) -> float:
        """Return Kraken's time, in whole seconds."""
        return float(ask("publicGetTime")["result"]["unixtime"])

    def account(self, ask: Ask) -> Account:
        """Return that the account answers: Kraken says no more of it."""
        held = len(ask("privatePostBalanceEx")["result"])
        return Account(f"an account with {held} {'currency' if held == 1 else 'currencies'}")

    def permissions(self, ask: Ask) -> HealthCheck:
        """Look at the rights of the key."""
        found = [str(each) for each in ask("privatePostGetApiKeyInfo")["result"]["permissions"]]
        given = sorted(each for each in found if not each.startswith(_READING))
        return rights("Kraken", given, reads=any(each.startswith("query-") for each in found))

    def fees(self, ask: Ask, markets: Mapping[str, Raw]) -> Mapping[str, Fees]:
        """Return the fees of the account's volume, which Kraken tells in percent."""
        ids = ",".join(sorted(str(market["id"]) for market in markets.values()))
        found = ask("privatePostTradeVolume", {"pair": ids})["result"]
        takers, makers = found.get("fees") or {}, found.get("fees_maker") or found.get("fees") or {}
        return {
            symbol: Fees(
                maker_bps=exact(exact(makers[market["id"]]["fee"]) * _PERCENT),
                taker_bps=exact(exact(takers[market["id"]]["fee"]) * _PERCENT),
            )
            for symbol, market in markets.items()
            if market["id"] in takers and market["id"] in makers
        }

    def balances(self, ask: Ask) -> Mapping[str, Decimal]:
        """Return the balances, what is held for orders included."""
        found = ask("privatePostBalanceEx")["result"]
        held: dict[str, Decimal] = {}
        for name, each in found.items():
            code = _code(name)
            held[code] = held.get(code, Decimal(0)) + exact(each["balance"])
        return held

    def open_orders(self, ask: Ask) -> list[VenueOrder]:
        """Return the open orders of all pairs."""
        found = ask("privatePostOpenOrders")["result"]["open"]
        return [_order(number, each) for number, each in sorted(found.items())]

    def find(
        self,
        ask: Ask,
        market: str,  # noqa: ARG002 - names hold across pairs
        client_order_id: str,
        created_at: int,
    ) -> VenueOrder | None:
        """Look for an order by its ``cl_ord_id``, among the open ones first."""
        by_name = {"cl_ord_id": client_order_id}
        opened = ask("privatePostOpenOrders", by_name)["result"]["open"]
        ended = ask("privatePostClosedOrders", {**by_name, "start": str(created_at - _EARLIER)})["result"]
        for number, each in sorted({**opened, **ended["closed"]}.items()):
            if each.get("cl_ord_id") == client_order_id:
                return _order(number, each)
        if int(ended.get("count") or 0) > len(ended["closed"]):
            raise UnclassifiedVenueError(
                "ccxt:kraken", "more closed orders than one answer holds: it may be among them"
            )
        return None

    def name_of(self, intent: OrderIntent) -> str:
        """Return a UUID that follows from the client order id: Kraken takes UUIDs, or up to 18 characters."""
        return str(uuid.uuid5(_NAMES, intent.client_order_id))

    def rules(self, market: Raw) -> Rules:
        """Return the steps of a pair."""
        info = market["info"]
        decimals = info.get("lot_decimals")
        return Rules(
            tick=exact(info["tick_size"]) if info.get("tick_size") else None,
            lot=None if decimals is None else Decimal(1).scaleb(-int(decimals)),
            min_notional=exact(info["costmin"]) if info.get("costmin") else None,
        )

    def order_call(self, draft: Draft, name: str) -> OrderCall | None:
        """Return the call: stop orders are Kraken's stop-loss orders."""
        params: dict[str, Any] = {"clientOrderId": name}
        if draft.stop is not None:
            params["stopLossPrice"] = plain(draft.stop)
        if draft.order_type.has_limit:
            params["timeInForce"] = draft.time_in_force.upper()
        kind = "limit" if draft.order_type.has_limit else "market"
        return OrderCall(kind, None if draft.limit is None else plain(draft.limit), params)

    def refusals(self, market: Raw, draft: Draft) -> list[str]:
        """Check an order against the least quantity and value."""
        found = []
        if draft.order_type.has_limit and draft.time_in_force is TimeInForce.DAY:
            found.append("EGeneral:Invalid arguments:timeinforce: Kraken has no day orders: use gtc or ioc")
        info = market["info"]
        found += below("EOrder:Order minimum not met", "quantity", draft.quantity, info.get("ordermin"))
        found += too_cheap("EOrder:Cost minimum not met", draft, info.get("costmin"), self.rules(market).lot)
        return found

    def code_of(self, body: Any) -> tuple[str, str]:
        """Return the first error: its text is its code."""
        errors = body.get("error") if isinstance(body, dict) else None
        if isinstance(errors, list) and errors:
            return str(errors[0]), ", ".join(map(str, errors))
        return "", ""


def _code(asset: str) -> str:
    """Return the common name of a currency: Kraken writes ``XXBT`` for BTC, ``ZUSD`` for USD, ``ETH2.S`` for staked."""
    name = asset.partition(".")[0]
    name = _CLASSED.get(name, name)
    return {"XBT": "BTC", "XDG": "DOGE"}.get(name, name)


def _order(number: str, found: Raw) -> VenueOrder:
    filled = exact(found["vol_exec"])
    return VenueOrder(
        client_order_id=str(found.get("cl_ord_id") or ""),
        venue_order_id=number,
        market=str(found["descr"]["pair"]),
        side=side_of(found["descr"]["type"]),
        quantity=exact(found["vol"]),
        filled=filled,
        status=standing_of(_STATUS, found["status"], filled),
    )
