"""Asks Alpaca through alpaca-py's own client.

alpaca-py repeats every request that is answered with 429 or 504, orders too, after a sleep of its own, whatever
``Retry-After`` says. That is off here; reads alone are repeated, and as late as Alpaca asks for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

import requests

from logos.brokers.alpaca_errors import Answer, error_of, unreadable
from logos.brokers.alpaca_library import (
    AssetClass,
    AssetStatus,
    GetAssetsRequest,
    GetOrdersRequest,
    QueryOrderStatus,
    Sort,
    client_through,
)
from logos.brokers.alpaca_reads import READS, SHARE_NAME
from logos.brokers.asking_again import ask_again, retry_after
from logos.brokers.errors import UnknownMarketError, UnknownOrderError, readable
from logos.brokers.transport import ReadOnlyTransport
from logos.context.clock import Clock
from logos.domain.times import parse_duration

ORDERS_A_PAGE = 500


class AlpacaReader:
    """Asks Alpaca, and gives what it says as JSON values.

    Parameters
    ----------
    venue:
        The broker and the venue for messages.
    address:
        Where Alpaca is.
    timeout:
        A duration such as ``10s``.
    key, secret:
        The credentials, revealed.
    """

    def __init__(self, venue: str, *, address: str, timeout: str, key: str, secret: str, clock: Clock) -> None:
        self._venue = venue
        self._clock = clock
        self._secrets: Collection[str] = (key, secret)
        self._transport = ReadOnlyTransport(
            venue, bases=(address,), reads=READS, timeout=parse_duration(timeout), monotonic=clock.monotonic
        )
        self.client = client_through(self._transport, address=address, key=key, secret=secret)
        self.client._session.hooks["response"].append(self._judge)  # noqa: SLF001 - it has no argument for it

    def clock(self) -> dict[str, Any]:
        """Return Alpaca's clock, and whether the market is open."""
        return self._object(self.client.get_clock)

    def account(self) -> dict[str, Any]:
        """Return the account."""
        return self._object(self.client.get_account)

    def asset(self, name: str) -> dict[str, Any]:
        """Return a share.

        Raises
        ------
        UnknownMarketError
            Where Alpaca has none of that name.
        """
        if not re.fullmatch(SHARE_NAME, name):
            raise UnknownMarketError(self._venue, f"{name!r} is no name that a share can have")
        return self._object(partial(self.client.get_asset, name))

    def assets(self, kind: str) -> list[dict[str, Any]]:
        """Return every active asset of a kind, ``us_equity`` or ``crypto``."""
        wanted = GetAssetsRequest(status=AssetStatus.ACTIVE, asset_class=AssetClass(kind))
        return self._list(partial(self.client.get_all_assets, wanted))

    def order(self, client_order_id: str) -> dict[str, Any] | None:
        """Return an order by the name that its owner gave it; ``None`` only where Alpaca says that there is none."""
        try:
            return self._object(partial(self.client.get_order_by_client_id, client_order_id))
        except UnknownOrderError:
            return None

    def open_orders(self) -> Iterator[dict[str, Any]]:
        """Yield every open order, oldest first."""
        seen: set[str] = set()
        after = None
        while True:
            wanted = GetOrdersRequest(
                status=QueryOrderStatus.OPEN, limit=ORDERS_A_PAGE, direction=Sort.ASC, nested=False, after=after
            )
            page = self._list(partial(self.client.get_orders, wanted))
            new = [order for order in page if str(order.get("id")) not in seen]
            yield from new
            if len(page) < ORDERS_A_PAGE or not new:
                return
            seen.update(str(order.get("id")) for order in new)
            after = new[-1].get("submitted_at")

    def positions(self) -> list[dict[str, Any]]:
        """Return every position."""
        return self._list(self.client.get_all_positions)

    def close(self) -> None:
        """Let go of the connection."""
        self.client._session.close()  # noqa: SLF001 - it has no method for it

    def _object(self, call: Callable[[], Any]) -> dict[str, Any]:
        value = self._asked(call)
        if not isinstance(value, dict):
            raise unreadable(self._venue, Answer(status=200, body=json.dumps(value)), self._secrets)
        return value

    def _asked(self, call: Callable[[], Any]) -> Any:
        with readable(self._venue):
            return ask_again(call, self._clock)

    def _list(self, call: Callable[[], Any]) -> list[dict[str, Any]]:
        """Return a list of objects; only an empty list says that there is nothing."""
        value = self._asked(call)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise unreadable(self._venue, Answer(status=200, body=json.dumps(value)), self._secrets)
        return value

    def _judge(self, response: requests.Response, **_options: Any) -> None:
        """Raise what an answer means, before alpaca-py looks at it."""
        answer = Answer(
            status=response.status_code,
            body=response.content.decode("utf-8", "replace"),
            retry_after=retry_after(response.headers),
        )
        if answer.status >= 300:
            raise error_of(self._venue, answer, self._secrets)
        if not _is_json(answer.body):
            raise unreadable(self._venue, answer, self._secrets)


def _is_json(body: str) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True
