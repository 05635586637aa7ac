"""Binance as CCXT asks it: spot, ``/api/v3`` and ``/sapi/v1``."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from logos.brokers.ccxt_dialect import (
    WIDE,
    Account,
    Ask,
    Draft,
    Fees,
    FeesWithAccount,
    OrderCall,
    Raw,
    Rules,
    VenueOrder,
    above,
    basis_points,
    below,
    call_of,
    exact,
    no_day_orders,
    objects,
    plain,
    rights_told,
    seconds,
    side_of,
    standing_of,
    table,
    too_cheap,
)
from logos.brokers.errors import UnknownOrderError
from logos.domain.orders import OrderStatus, OrderType
from logos.session.outside import HealthCheck

_STATUS = MappingProxyType(
    {
        "NEW": OrderStatus.ACCEPTED,
        "PENDING_NEW": OrderStatus.ACCEPTED,
        "PENDING_CANCEL": OrderStatus.ACCEPTED,
        "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
        "FILLED": OrderStatus.FILLED,
        "CANCELED": OrderStatus.CANCELLED,
        "REJECTED": OrderStatus.REJECTED,
        "EXPIRED": OrderStatus.EXPIRED,
        "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,
    }
)
_READS_TOO = "enableFixReadOnly"
_NEEDED = ("enableSpotAndMarginTrading", "enableWithdrawals")
_TYPES = MappingProxyType(
    {
        OrderType.MARKET: "MARKET",
        OrderType.LIMIT: "LIMIT",
        OrderType.STOP: "STOP_LOSS",
        OrderType.STOP_LIMIT: "STOP_LOSS_LIMIT",
    }
)


class Binance(FeesWithAccount):
    """See ``Dialect``. A filter is told in the words of Binance's own refusal, with the numbers behind it."""

    most_skew = 5.0
    sample_credentials: Mapping[str, str] = MappingProxyType({"apiKey": "sample", "secret": "sample"})

    def time(self, ask: Ask) -> float:
        """Return Binance's time."""
        return seconds(int(ask("publicGetTime")["serverTime"]) / 1_000)

    def account(self, ask: Ask) -> Account:
        """Return the type of the account and its commission rates."""
        found = ask("privateGetAccount")
        rates = table(found.get("commissionRates") or {})
        fees = Fees(basis_points(rates["maker"]), basis_points(rates["taker"])) if rates else None
        fault = "" if found["canTrade"] is True else "Binance has stopped trading in this account"
        return Account(f"a {str(found['accountType']).lower()} account", fault, fees)

    def permissions(self, ask: Ask) -> HealthCheck:
        """Look at the restrictions of the key."""
        found = table(ask("sapiGetAccountApiRestrictions"))
        told = {
            name: value
            for name, value in found.items()
            if name.startswith(("enable", "permits")) and name != _READS_TOO
        }
        return rights_told("Binance", told, reading="enableReading", needed=_NEEDED)

    def balances(self, ask: Ask) -> Mapping[str, Decimal]:
        """Return free and locked balances together."""
        found = objects(ask("privateGetAccount")["balances"])
        return {str(each["asset"]): WIDE.add(exact(each["free"]), exact(each["locked"])) for each in found}

    def open_orders(self, ask: Ask) -> list[VenueOrder]:
        """Return the open orders of all symbols."""
        return [_order(each) for each in objects(ask("privateGetOpenOrders"))]

    def find(
        self,
        ask: Ask,
        market: str,
        client_order_id: str,
        created_at: int,  # noqa: ARG002 - the name alone leads to it
    ) -> VenueOrder | None:
        """Look for an order by its ``origClientOrderId``."""
        try:
            return _order(ask("privateGetOrder", {"symbol": market, "origClientOrderId": client_order_id}))
        except UnknownOrderError:
            return None

    def name_of(self, client_order_id: str) -> str:
        """Return the client order id as it is: Binance takes up to 36 letters, digits and ``-``."""
        return client_order_id

    def rules(self, market: Raw) -> Rules:
        """Return the steps from the raw filters."""
        filters = _filters(market)
        notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or {}
        return Rules(
            tick=_positive(filters.get("PRICE_FILTER", {}).get("tickSize")),
            lot=_positive(filters.get("LOT_SIZE", {}).get("stepSize")),
            min_notional=_positive(notional.get("minNotional")),
        )

    def order_call(self, draft: Draft, name: str) -> OrderCall | None:
        """Return the call: stop orders are Binance's stop-loss orders, and only resting ones have a time in force."""
        return call_of(draft, {"newClientOrderId": name})

    def refusals(self, market: Raw, draft: Draft) -> list[str]:
        """Check an order against the raw filters."""
        found = no_day_orders("-1115 Invalid timeInForce", "Binance", draft)
        kind = _TYPES[draft.order_type]
        if kind not in market["info"].get("orderTypes", ()):
            found.append(f"-1116 Invalid orderType: {market['symbol']} takes no {kind}")
        filters = _filters(market)
        return [
            *found,
            *(f"-1013 Filter failure: {text}" for text in _failures(filters, draft, self.rules(market).lot)),
        ]

    def code_of(self, body: Any) -> tuple[str, str]:
        """Return ``code`` and ``msg``."""
        if isinstance(body, dict) and isinstance(body.get("code"), int | str) and "msg" in body:
            code = str(body["code"])
            return ("", "") if code in ("0", "200") else (code, str(body["msg"]))
        return "", ""


def _failures(filters: Mapping[str, Raw], draft: Draft, lot: Decimal | None) -> list[str]:
    found: list[str] = []
    sizes = ("LOT_SIZE", "MARKET_LOT_SIZE") if draft.order_type is OrderType.MARKET else ("LOT_SIZE",)
    for name in sizes:
        limits = filters.get(name, {})
        found += below(name, "quantity", draft.quantity, limits.get("minQty"))
        found += above(name, "quantity", draft.quantity, limits.get("maxQty"))
        found += _off_step(name, draft.quantity, limits.get("stepSize"))
    limits = filters.get("PRICE_FILTER", {})
    for price in draft.prices:
        found += below("PRICE_FILTER", "price", price, limits.get("minPrice"))
        found += above("PRICE_FILTER", "price", price, limits.get("maxPrice"))
    market = not draft.order_type.has_limit
    for name, at_market in (("NOTIONAL", "applyMinToMarket"), ("MIN_NOTIONAL", "applyToMarket")):
        limits = filters.get(name, {})
        if not market or limits.get(at_market, True):
            found += too_cheap(name, draft, limits.get("minNotional"), lot)
    limits = filters.get("NOTIONAL", {})
    if not market or limits.get("applyMaxToMarket", True):
        found += above("NOTIONAL", "value", draft.value, limits.get("maxNotional"))
    return found


def _off_step(name: str, quantity: Decimal, step: object) -> list[str]:
    size = _positive(step)
    if size is None or WIDE.remainder(quantity, size) == 0:
        return []
    return [f"{name}: quantity {plain(quantity)} is no multiple of {plain(size)}"]


def _filters(market: Raw) -> dict[str, Raw]:
    return {each["filterType"]: each for each in market["info"].get("filters", ())}


def _positive(value: object) -> Decimal | None:
    """Return a step; ``None`` for 0, with which Binance says that there is none."""
    return None if value is None or exact(value) == 0 else exact(value)


def _order(found: Raw) -> VenueOrder:
    filled = exact(found["executedQty"])
    return VenueOrder(
        client_order_id=str(found["clientOrderId"]),
        venue_order_id=str(found["orderId"]),
        market=str(found["symbol"]),
        side=side_of(found["side"]),
        quantity=exact(found["origQty"]),
        filled=filled,
        status=standing_of(_STATUS, found["status"], filled),
    )
