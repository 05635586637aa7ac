"""A venue in a file, which outlives every crash: it loses, delays and refuses requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from logos.domain.errors import LogosError
from logos.domain.orders import OrderIntent, OrderStatus

VENUE = "kept:file"
OPEN = (OrderStatus.ACCEPTED.value, OrderStatus.PARTIALLY_FILLED.value)
"""What an order is called that can still be filled."""

Entry = dict[str, Any]


class Trouble(StrEnum):
    """What becomes of one request to the venue."""

    NONE = "none"
    LOST_REQUEST = "lost request"
    LOST_ANSWER = "lost answer"
    LATE = "late"
    """It arrives with the request after the next; the caller hears of a time-out."""
    REFUSED = "refused"


class KeeperSilentError(LogosError):
    """The venue did not answer."""


class Keeper:
    """A venue whose orders stand in a file: it knows what it was told, whoever dies.

    It takes a client order id once, as venues do. Its methods are requests of a session's broker; whatever else happens
    at a venue is done with ``tamper``.

    Parameters
    ----------
    path:
        The file; made where it is not there.
    trouble:
        Says what becomes of each request, given its name: ``place``, ``find`` or ``cancel``.
    """

    def __init__(self, path: Path, trouble: Callable[[str], Trouble] = lambda _request: Trouble.NONE) -> None:
        self._path = path
        self._trouble = trouble
        if not path.exists():
            self._write({"orders": [], "late": [], "requests": 0})

    @property
    def book(self) -> dict[str, Any]:
        """The whole book: ``orders``, requests that are ``late``, and how many ``requests`` there were."""
        return self._read()

    @property
    def entries(self) -> list[Entry]:
        """Every order that ever stood there, oldest first."""
        entries: list[Entry] = self._read()["orders"]
        return entries

    @property
    def requests(self) -> int:
        """How many orders were asked to be placed."""
        return int(self._read()["requests"])

    def place(self, intent: OrderIntent) -> str:
        """Place an order; return the status it has then.

        Raises
        ------
        KeeperSilentError
            Where no answer came. The order may stand there all the same, or come to stand there later.
        """
        book = self._arrived()
        book["requests"] += 1
        entry = entry_of(intent)
        trouble = self._trouble("place")
        if trouble is Trouble.LATE:
            book["late"].append({"after": 2, "entry": entry})
        elif trouble is not Trouble.LOST_REQUEST:
            if trouble is Trouble.REFUSED:
                entry["status"] = OrderStatus.REJECTED.value
            _take(book, entry)
        self._write(book)
        if trouble in {Trouble.LATE, Trouble.LOST_REQUEST, Trouble.LOST_ANSWER}:
            raise KeeperSilentError(f"{VENUE} did not answer in time")
        return str(_found(book, intent.client_order_id)["status"])

    def find(self, client_order_id: str) -> Entry | None:
        """Look for an order.

        Raises
        ------
        KeeperSilentError
            Where no answer came.
        """
        book = self._arrived()
        self._write(book)
        if self._trouble("find") is not Trouble.NONE:
            raise KeeperSilentError(f"{VENUE} did not answer in time")
        return next((one for one in book["orders"] if one["client_order_id"] == client_order_id), None)

    def cancel(self, client_order_id: str) -> Decimal:
        """Cancel an order, if it is open; return how much of it is filled."""
        book, filled = self._read(), Decimal(0)
        for entry in book["orders"]:
            if entry["client_order_id"] == client_order_id:
                filled = Decimal(entry["filled"])
                if entry["status"] in OPEN:
                    entry["status"] = OrderStatus.CANCELLED.value
        self._write(book)
        return filled

    def trade(self, symbol: str, price: int) -> None:
        """Fill whatever is open in a symbol, at a price in ticks."""
        book = self._read()
        for entry in book["orders"]:
            if entry["symbol"] == symbol and entry["status"] in OPEN:
                filled_away(entry, Decimal(entry["quantity"]) - Decimal(entry["filled"]), price)
        self._write(book)

    def tamper(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Let something happen at the venue that no session asked for; ``change`` is given the whole book."""
        book = self._read()
        change(book)
        self._write(book)

    def _arrived(self) -> dict[str, Any]:
        """Return the book, with the late requests in it whose time has come."""
        book = self._read()
        for late in book["late"]:
            late["after"] -= 1
            if not late["after"]:
                _take(book, late["entry"])
        book["late"] = [late for late in book["late"] if late["after"]]
        return book

    def _read(self) -> dict[str, Any]:
        book: dict[str, Any] = json.loads(self._path.read_bytes())
        return book

    def _write(self, book: dict[str, Any]) -> None:
        temporary = self._path.with_name(f".{self._path.name}.new")
        temporary.write_text(json.dumps(book))
        temporary.replace(self._path)


def entry_of(intent: OrderIntent) -> Entry:
    """Return an order as a keeper's book has it once it was placed."""
    return {
        "client_order_id": intent.client_order_id,
        "symbol": intent.instrument.symbol,
        "side": intent.side.value,
        "quantity": intent.instrument.quantity_text(intent.quantity),
        "filled": "0",
        "status": OrderStatus.ACCEPTED.value,
        "trades": [],
    }


def _take(book: dict[str, Any], entry: Entry) -> None:
    if all(one["client_order_id"] != entry["client_order_id"] for one in book["orders"]):
        book["orders"].append(entry)


def _found(book: Mapping[str, Any], client_order_id: str) -> Entry:
    entry: Entry = next(one for one in book["orders"] if one["client_order_id"] == client_order_id)
    return entry


def filled_away(entry: Entry, quantity: Decimal, price: int | None) -> None:
    """Fill so many units of an order in a keeper's book; ``None`` for a price that the venue does not tell."""
    filled = Decimal(entry["filled"]) + quantity
    whole = filled == Decimal(entry["quantity"])
    entry["filled"] = str(filled)
    entry["status"] = (OrderStatus.FILLED if whole else OrderStatus.PARTIALLY_FILLED).value
    entry["trades"].append({"quantity": str(quantity), "price": price})
