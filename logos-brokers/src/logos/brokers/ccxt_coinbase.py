"""Coinbase Advanced Trade as CCXT asks it: ``/api/v3/brokerage``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
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
    objects,
    plain,
    rights_told,
    seconds,
    side_of,
    standing_of,
    table,
    too_cheap,
)
from logos.brokers.errors import UnclassifiedVenueError
from logos.domain.orders import OrderStatus, OrderType, Side, TimeInForce
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
_RIGHTS = ("can_trade", "can_transfer", "can_view")
_MOST_PAGES = 100


class Coinbase(FeesWithAccount):
    """See ``Dialect``."""

    most_skew = 60.0
    sample_credentials: Mapping[str, str] = MappingProxyType({"token": "sample"})

    def time(self, ask: Ask) -> float:
        """Return Coinbase's time."""
        return seconds(ask("v2PublicGetTime")["data"]["epoch"])

    def account(self, ask: Ask) -> Account:
        """Return the account's fee tier and its rates."""
        tier = table(ask("v3PrivateGetBrokerageTransactionSummary")["fee_tier"])
        rates = [tier.get("maker_fee_rate"), tier.get("taker_fee_rate")]
        fees = Fees(*map(basis_points, rates)) if all(rates) else None
        return Account(f"an account of the fee tier {tier.get('pricing_tier') or 'without a name'}", fees=fees)

    def permissions(self, ask: Ask) -> HealthCheck:
        """Look at the rights of the key."""
        found = table(ask("v3PrivateGetBrokerageKeyPermissions"))
        told = {name: value for name, value in found.items() if name in _RIGHTS}
        return rights_told("Coinbase", told, reading="can_view", needed=_RIGHTS)

    def balances(self, ask: Ask) -> Mapping[str, Decimal]:
        """Return the balances, what is on hold included."""
        held: dict[str, Decimal] = {}
        for each in _pages(ask, "v3PrivateGetBrokerageAccounts", {"limit": "250"}, "accounts"):
            code = str(each["currency"])
            for part in (each["available_balance"], each.get("hold") or {"value": 0}):
                held[code] = WIDE.add(held.get(code, Decimal(0)), exact(part["value"]))
        return held

    def open_orders(self, ask: Ask) -> list[VenueOrder]:
        """Return the open orders of all products."""
        return [_order(each) for each in _orders(ask, {"order_status": "OPEN"})]

    def find(self, ask: Ask, market: str, client_order_id: str, created_at: int) -> VenueOrder | None:
        """Look through the orders of a product since shortly before one was decided: there is no query by its name."""
        since = datetime.fromtimestamp(created_at - EARLIER, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for each in _orders(ask, {"product_ids": market, "start_date": since}):
            if each["client_order_id"] == client_order_id:
                return _order(each)
        return None

    def name_of(self, client_order_id: str) -> str:
        """Return the client order id as it is."""
        return client_order_id

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
        if draft.order_type.has_limit and not _can_last(draft):
            return None
        call = call_of(draft, {"client_order_id": name})
        by_value = not draft.order_type.has_limit and draft.side is Side.BUY
        return call._replace(price=plain(draft.market_price)) if by_value else call

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
        listed = body.get("errors")
        if isinstance(listed, list) and listed and isinstance(listed[0], dict):
            return str(listed[0].get("id", "")), str(listed[0].get("message", ""))
        told = body["error_response"] if isinstance(body.get("error_response"), dict) else body
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
        yield from objects(found[key])
        if found["has_next"] is False:
            return
        cursor, before = str(found.get("cursor") or ""), cursor
        if cursor in ("", before):
            raise UnclassifiedVenueError(
                "ccxt:coinbase", f"there are more {key} than it tells: what is asked for may be among them"
            )
    raise UnclassifiedVenueError(
        "ccxt:coinbase", f"more than {_MOST_PAGES} pages of {key}: what is asked for is not among them"
    )


def _order(found: Raw) -> VenueOrder:
    filled = exact(found["filled_size"] or 0)
    sizes = [each["base_size"] for each in table(found["order_configuration"]).values() if each.get("base_size")]
    return VenueOrder(
        client_order_id=str(found.get("client_order_id") or ""),
        venue_order_id=str(found["order_id"]),
        market=str(found["product_id"]),
        side=side_of(found["side"]),
        quantity=exact(sizes[0]) if sizes else filled,
        filled=filled,
        status=standing_of(_STATUS, found["status"], filled),
    )
