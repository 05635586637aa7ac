"""Every request that may be sent to Alpaca: all of them read."""

from __future__ import annotations

from logos.brokers.read_requests import ReadRequest

SHARE_NAME = r"[A-Za-z0-9]+(\.[A-Za-z0-9]+)*"
"""What the name of a share looks like: it becomes part of an address."""

READS = (
    ReadRequest("GET", "/v2/clock"),
    ReadRequest("GET", "/v2/account"),
    ReadRequest("GET", "/v2/assets"),
    ReadRequest("GET", f"/v2/assets/{SHARE_NAME}"),
    ReadRequest("GET", "/v2/orders"),
    ReadRequest("GET", "/v2/orders:by_client_order_id"),
    ReadRequest("GET", "/v2/positions"),
)
