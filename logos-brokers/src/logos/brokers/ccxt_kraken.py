"""Kraken as CCXT asks it: spot, ``/0/public`` and ``/0/private``. It tells errors with status 200."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from logos.brokers.ccxt_dialect import (
    EARLIER,
    WIDE,
    Account,
    Ask,
    Draft,
    Fees,
    OrderCall,
    Raw,
    Rules,
    VenueOrder,
    basis_points,
    below,
    call_of,
    exact,
    no_day_orders,
    rights,
    seconds,
    side_of,
    standing_of,
    table,
    too_cheap,
)
from logos.brokers.errors import UnclassifiedVenueError
from logos.domain.orders import OrderStatus
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


class Kraken:
    """See ``Dialect``."""

    most_skew = 60.0
    sample_credentials: Mapping[str, str] = MappingProxyType({"apiKey": "sample", "secret": "c2FtcGxl"})

    def time(self, ask: Ask) -> float:
        """Return Kraken's time, in whole seconds."""
        return seconds(ask("publicGetTime")["result"]["unixtime"])

    def account(self, ask: Ask) -> Account:
        """Return that the account answers: Kraken says no more of it."""
        held = len(self.balances(ask))
        return Account(f"an account with {held} {'currency' if held == 1 else 'currencies'}")

    def permissions(self, ask: Ask) -> HealthCheck:
        """Look at the rights of the key."""
        found = ask("privatePostGetApiKeyInfo")["result"]["permissions"]
        if not isinstance(found, list):
            raise TypeError("not a list of rights")
        found = [str(each) for each in found]
        given = sorted(each for each in found if not each.startswith(_READING))
        return rights("Kraken", given, reads=any(each.startswith("query-") for each in found))

    def fees(self, ask: Ask, markets: Mapping[str, Raw]) -> Mapping[str, Fees]:
        """Return the fees of the account's volume, which Kraken tells in percent."""
        ids = ",".join(sorted(str(market["id"]) for market in markets.values()))
        found = ask("privatePostTradeVolume", {"pair": ids})["result"]
        takers = table(found.get("fees") or {})
        makers = table(found.get("fees_maker") or takers)
        return {
            symbol: Fees(
                maker_bps=basis_points(makers[market["id"]]["fee"], _PERCENT),
                taker_bps=basis_points(takers[market["id"]]["fee"], _PERCENT),
            )
            for symbol, market in markets.items()
            if market["id"] in takers and market["id"] in makers
        }

    def balances(self, ask: Ask) -> Mapping[str, Decimal]:
        """Return the balances, what is held for orders included."""
        found = table(ask("privatePostBalanceEx")["result"])
        held: dict[str, Decimal] = {}
        for name, each in found.items():
            code = _code(name)
            held[code] = WIDE.add(held.get(code, Decimal(0)), exact(each["balance"]))
        return held

    def open_orders(self, ask: Ask) -> list[VenueOrder]:
        """Return the open orders of all pairs."""
        found = table(ask("privatePostOpenOrders")["result"]["open"])
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
        opened = table(ask("privatePostOpenOrders", by_name)["result"]["open"])
        ended = ask("privatePostClosedOrders", {**by_name, "start": str(created_at - EARLIER)})["result"]
        closed = table(ended["closed"])
        for number, each in sorted({**opened, **closed}.items()):
            if each.get("cl_ord_id") == client_order_id:
                return _order(number, each)
        if int(ended["count"]) > len(closed):
            raise UnclassifiedVenueError(
                "ccxt:kraken", "more closed orders than one answer holds: it may be among them"
            )
        return None

    def name_of(self, client_order_id: str) -> str:
        """Return a UUID that follows from the client order id: Kraken takes UUIDs, or up to 18 characters."""
        return str(uuid.uuid5(_NAMES, client_order_id))

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
        return call_of(draft, {"clientOrderId": name})

    def refusals(self, market: Raw, draft: Draft) -> list[str]:
        """Check an order against the least quantity and value."""
        found = no_day_orders("EGeneral:Invalid arguments:timeinforce", "Kraken", draft)
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
