"""The request that Alpaca would get for an order: made by alpaca-py itself, and stopped at the transport."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from logos.brokers.alpaca_library import (
    LimitOrderRequest,
    MarketOrderRequest,
    OrderRequest,
    OrderSide,
    StopLimitOrderRequest,
    StopOrderRequest,
    TimeInForce,
    client_through,
)
from logos.brokers.alpaca_rules import Asset, violations
from logos.brokers.transport import captured, closed_transport
from logos.brokers.venue import WOULD_ACCEPT, Preview
from logos.domain.errors import InputError
from logos.domain.orders import OrderIntent, OrderType

_MODELS: Mapping[OrderType, Callable[..., OrderRequest]] = {
    OrderType.MARKET: MarketOrderRequest,
    OrderType.LIMIT: LimitOrderRequest,
    OrderType.STOP: StopOrderRequest,
    OrderType.STOP_LIMIT: StopLimitOrderRequest,
}


class ExactRequest:
    """A request of alpaca-py's with its numbers as the texts that they were: the library makes floats of them.

    Parameters
    ----------
    intent:
        The order.
    market:
        Alpaca's name of the symbol.
    """

    def __init__(self, intent: OrderIntent, market: str) -> None:
        exact = exact_numbers(intent)
        self._exact = exact
        self._request = _MODELS[intent.order_type](
            symbol=market,
            side=OrderSide(intent.side.value),
            time_in_force=TimeInForce(intent.time_in_force.value),
            client_order_id=intent.client_order_id,
            **{name: float(text) for name, text in exact.items()},  # as the library wants it, to be checked by it
        )

    def to_request_fields(self) -> dict[str, Any]:
        """Return the fields of the request's body."""
        return {**self._request.to_request_fields(), **self._exact}


def exact_numbers(intent: OrderIntent) -> dict[str, str]:
    """Return the quantity and the prices of an order by Alpaca's names, as decimal texts without needless zeros."""
    instrument = intent.instrument
    numbers = {"qty": instrument.quantity_text(intent.quantity)}
    if intent.limit_price is not None:
        numbers["limit_price"] = instrument.price_text(intent.limit_price)
    if intent.stop_price is not None:
        numbers["stop_price"] = instrument.price_text(intent.stop_price)
    return {name: text.rstrip("0").rstrip(".") if "." in text else text for name, text in numbers.items()}


class AlpacaPreviewer:
    """Shows orders as Alpaca would get them. It holds no key, and its transport lets nothing through.

    Parameters
    ----------
    venue:
        The broker and the venue for messages.
    address:
        Where Alpaca is.
    assets:
        By symbol, what Alpaca says of it.
    shorting:
        Whether the account may sell short.
    """

    def __init__(self, venue: str, *, address: str, assets: Mapping[str, Asset], shorting: bool) -> None:
        self._assets = assets
        self._shorting = shorting
        self._client = client_through(closed_transport(venue), address=address)

    def preview(self, intent: OrderIntent, position: int) -> Preview:
        """Return what Alpaca would be sent for an order, and what it would say where the session holds so many lots."""
        symbol = intent.instrument.symbol
        asset = self._assets.get(symbol)
        if asset is None:
            raise InputError(
                f"{symbol} is not among the assets of the record", hint="Start a new session with this symbol in it"
            )
        order: Any = ExactRequest(intent, asset.symbol)
        request = captured(lambda: self._client.submit_order(order))
        broken = violations(asset, intent, position, shorting=self._shorting)
        return Preview(request, "; ".join(map(str, broken)) or WOULD_ACCEPT)
