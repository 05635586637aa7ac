"""The exchanges that ``ccxt`` can stand beside: for each its address, and every request that may be sent there."""

from __future__ import annotations

from types import MappingProxyType

import attrs

from logos.brokers.read_requests import ReadRequest


@attrs.frozen(kw_only=True)
class ExchangeReads:
    """What may be asked of an exchange.

    Attributes
    ----------
    base:
        The only address that is asked, unless the config names another in its place.
    reads:
        What may be asked there. Kraken reads with ``POST`` whatever needs a key.
    """

    base: str
    reads: tuple[ReadRequest, ...]


READS = MappingProxyType(
    {
        "binance": ExchangeReads(
            base="https://api.binance.com",
            reads=(
                ReadRequest("GET", "/api/v3/(time|exchangeInfo|account|order|openOrders)"),
                ReadRequest("GET", "/sapi/v1/account/apiRestrictions"),
            ),
        ),
        "coinbase": ExchangeReads(
            base="https://api.coinbase.com",
            reads=(
                ReadRequest("GET", "/v2/time"),
                ReadRequest("GET", "/api/v3/brokerage/market/products"),
                ReadRequest("GET", "/api/v3/brokerage/(accounts|key_permissions|transaction_summary)"),
                ReadRequest("GET", "/api/v3/brokerage/orders/historical/batch"),
            ),
        ),
        "kraken": ExchangeReads(
            base="https://api.kraken.com",
            reads=(
                ReadRequest("GET", "/0/public/(Time|AssetPairs)"),
                ReadRequest("POST", "/0/private/(BalanceEx|OpenOrders|ClosedOrders|TradeVolume|GetApiKeyInfo)"),
            ),
        ),
    }
)
"""By the exchange's id in CCXT. Whatever is not in here raises before a connection is opened."""
