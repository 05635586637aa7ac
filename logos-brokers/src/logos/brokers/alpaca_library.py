"""What is used of alpaca-py, imported in one place: importing it warns of a module that it uses and is deprecated."""

from __future__ import annotations

import warnings

from logos.brokers.transport import ReadOnlyTransport, read_only_session
from logos.context.secrets import MASK

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "websockets.legacy is deprecated", DeprecationWarning)
    import alpaca
    from alpaca.common.enums import Sort
    from alpaca.trading.client import TradingClient
    from alpaca.trading.enums import AssetClass, AssetStatus, OrderSide, QueryOrderStatus, TimeInForce
    from alpaca.trading.requests import (
        GetAssetsRequest,
        GetOrdersRequest,
        LimitOrderRequest,
        MarketOrderRequest,
        OrderRequest,
        StopLimitOrderRequest,
        StopOrderRequest,
    )

VERSION = str(alpaca.__version__)

__all__ = [
    "VERSION",
    "AssetClass",
    "AssetStatus",
    "GetAssetsRequest",
    "GetOrdersRequest",
    "LimitOrderRequest",
    "MarketOrderRequest",
    "OrderRequest",
    "OrderSide",
    "QueryOrderStatus",
    "Sort",
    "StopLimitOrderRequest",
    "StopOrderRequest",
    "TimeInForce",
    "TradingClient",
    "client_through",
]


def client_through(transport: ReadOnlyTransport, *, address: str, key: str = MASK, secret: str = MASK) -> TradingClient:
    """Return a client that sends through a transport alone, repeats nothing, and gives JSON values as they came."""
    client = TradingClient(key, secret, raw_data=True, url_override=address)
    client._session.close()  # noqa: SLF001 - the library has no argument for any of these
    client._session = read_only_session(transport)  # noqa: SLF001
    client._retry = 0  # noqa: SLF001
    return client
