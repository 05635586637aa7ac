"""What is used of alpaca-py, imported in one place: importing it warns of a module that it uses and is deprecated."""

from __future__ import annotations

import warnings

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
]
