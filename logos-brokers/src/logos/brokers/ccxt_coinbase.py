"""Coinbase Advanced Trade as CCXT asks it: ``/api/v3/brokerage``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
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
    above,
    below,
    exact,
    plain,
    rights,
    side_of,
    standing_of,
    too_cheap,
)
from logos.brokers.errors import UnclassifiedVenueError
from logos.domain.money import BASIS_POINTS
from logos.domain.orders import OrderIntent, OrderStatus, OrderType, Side, TimeInForce
from logos.session.outside import HealthCheck

_STATUS = MappingProxyType(
    {
        "PENDING": OrderStatus.ACCEPTED,
        "QUEUED": OrderStatus.ACCEPTED,
        "OPEN": OrderStatus.ACCEPTED,
        "EDIT_QUEUED": OrderStatus.ACCEPTED,
        "CANCEL_QUEUED": OrderStatus.ACCEPTED,
        "FILLED": OrderStatus.FILLED,
        "CANCELLED": OrderStatus.CANCELLED,
        "EXPIRED": OrderStatus.EXPIRED,
        "FAILED": OrderStatus.REJECTED,
    }
)
_EARLIER = 60
"""By how many seconds an order may be older at Coinbase than here: the clocks need not agree."""
_MOST_PAGES = 100


class Coinbase:
    """See ``Dialect``."""

    most_skew = 60.0
    sample_credentials: Mapping[str, str] = MappingProxyType({"token": "sample"})

    def time(self, ask: Ask) -> float:
        """Return Coinbase's time."""
        return float(ask("v2PublicGetTime")["data"]["epoch"])

    def account(self, ask: Ask) -> Account:
        """Return the account's fee tier and its rates."""
        tier = ask("v3PrivateGetBrokerageTransactionSummary").get("fee_tier") or {}
        rates = [tier.get("maker_fee_rate"), tier.get("taker_fee_rate")]
        fees = Fees(*(exact(exact(rate) * BASIS_POINTS) for rate in rates)) if all(rates) else None
        return Account(f"an account of the fee tier {tier.get('pricing_tier') or 'without a name'}", fees=fees)

    def permissions(self, ask: Ask) -> HealthCheck:
        """Look at the rights of the key."""
        found = ask("v3PrivateGetBrokerageKeyPermissions")
        given = [name for name in ("can_trade", "can_transfer") if found.get(name) is True]
        return rights("Coinbase", given, reads=found.get("can_view") is not False)

    def fees(self, ask: Ask, markets: Mapping[str, Raw]) -> Mapping[str, Fees]:  # noqa: ARG002 - the account tells them
        """Return nothing: the account tells them."""
        return {}

    def balances(self, ask: Ask) -> Mapping[str, Decimal]:
        """Return the balances, what is on hold included."""
        held: dict[str, Decimal] = {}
        for each in _pages(ask, "v3PrivateGetBrokerageAccounts", {"limit": "250"}, "accounts"):
            code = str(each["currency"])
            on_hold = (each.get("hold") or {}).get("value", 0)
            held[code] = held.get(code, Decimal(0)) + exact(each["available_balance"]["value"]) + exact(on_hold)
        return held

    def open_orders(self, ask: Ask) -> list[VenueOrder]:
        """Return the open orders of all products."""
        return [_order(each) for each in _orders(ask, {"order_status": "OPEN"})]

    def find(self, ask: Ask, market: str, client_order_id: str, created_at: int) -> VenueOrder | None:
        """Look through the orders of a product since shortly before one was decided: there is no query by its name."""
        since = datetime.fromtimestamp(created_at - _EARLIER, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for each in _orders(ask, {"product_ids": market, "start_date": since}):
            if each.get("client_order_id") == client_order_id:
                return _order(each)
        return None

    def name_of(self, intent: OrderIntent) -> str:
        """Return the client order id as it is."""
        return intent.client_order_id

    def rules(self, market: Raw) -> Rules:
        """Return the increments of a product."""
        info = market["info"]
        tick = info.get("price_increment") or info.get("quote_increment")
        return Rules(
            tick=exact(tick) if tick else None,
            lot=exact(info["base_increment"]) if info.get("base_increment") else None,
            min_notional=exact(info["quote_min_size"]) if info.get("quote_min_size") else None,
        )

    def order_call(self, draft: Draft, name: str) -> OrderCall | None:
        """Return the call; none for a time in force that CCXT would make another of.

        A market order to buy is sent by its value, which CCXT reckons from the price given.
        """
        params: dict[str, Any] = {"client_order_id": name}
        if draft.stop is not None:
            params["stopLossPrice"] = plain(draft.stop)
        if draft.order_type.has_limit and not _can_last(draft):
            return None
        if draft.order_type.has_limit:
            params["timeInForce"] = draft.time_in_force.upper()
            return OrderCall("limit", plain(draft.price), params)
        return OrderCall("market", plain(draft.market_price) if draft.side is Side.BUY else None, params)

    def refusals(self, market: Raw, draft: Draft) -> list[str]:
        """Check an order against the kinds that Coinbase has, and the sizes of the product."""
        found = []
        if draft.order_type is OrderType.STOP:
            found.append("UNSUPPORTED_ORDER_CONFIGURATION: Coinbase has no stop orders without a limit: use stop_limit")
        elif draft.order_type.has_limit and not _can_last(draft):
            found.append(
                f"UNSUPPORTED_ORDER_CONFIGURATION: Coinbase has no {draft.order_type} orders for "
                f"{draft.time_in_force}: use gtc"
            )
        info = market["info"]
        size = "PREVIEW_INVALID_BASE_SIZE_TOO_"
        value = "PREVIEW_INVALID_QUOTE_SIZE_TOO_"
        found += below(f"{size}SMALL", "quantity", draft.quantity, info.get("base_min_size"))
        found += above(f"{size}LARGE", "quantity", draft.quantity, info.get("base_max_size"))
        found += too_cheap(f"{value}SMALL", draft, info.get("quote_min_size"), self.rules(market).lot)
        found += above(f"{value}LARGE", "value", draft.value, info.get("quote_max_size"))
        return found

    def code_of(self, body: Any) -> tuple[str, str]:
        """Return the code from one of the forms that Coinbase has for errors."""
        if not isinstance(body, dict):
            return "", ""
        first = next(iter(body.get("errors") or ()), None)
        if isinstance(first, dict):
            return str(first.get("id", "")), str(first.get("message", ""))
        told = body.get("error_response") or body
        code = told.get("preview_failure_reason") or told.get("error") or ""
        text = told.get("message") or told.get("error_details") or told.get("error_description") or code
        return str(code), str(text)


def _can_last(draft: Draft) -> bool:
    """Whether Coinbase has a limit order for this time; CCXT would send one that lasts until cancelled instead."""
    if draft.order_type is OrderType.STOP_LIMIT:
        return draft.time_in_force is TimeInForce.GTC
    return draft.time_in_force is not TimeInForce.DAY


def _orders(ask: Ask, params: Mapping[str, Any]) -> Iterator[Raw]:
    return _pages(ask, "v3PrivateGetBrokerageOrdersHistoricalBatch", params, "orders")


def _pages(ask: Ask, name: str, params: Mapping[str, Any], key: str) -> Iterator[Raw]:
    cursor = ""
    for _ in range(_MOST_PAGES):
        found = ask(name, {**params, "cursor": cursor} if cursor else dict(params))
        yield from found.get(key) or ()
        cursor, before = str(found.get("cursor") or ""), cursor
        if not found.get("has_next") or cursor in ("", before):
            return
    raise UnclassifiedVenueError(
        "ccxt:coinbase", f"more than {_MOST_PAGES} pages of {key}: what is asked for is not among them"
    )


def _order(found: Raw) -> VenueOrder:
    filled = exact(found.get("filled_size") or 0)
    sizes = [each["base_size"] for each in (found.get("order_configuration") or {}).values() if each.get("base_size")]
    return VenueOrder(
        client_order_id=str(found.get("client_order_id") or ""),
        venue_order_id=str(found["order_id"]),
        market=str(found["product_id"]),
        side=side_of(found["side"]),
        quantity=exact(sizes[0]) if sizes else filled,
        filled=filled,
        status=standing_of(_STATUS, found["status"], filled),
    )
