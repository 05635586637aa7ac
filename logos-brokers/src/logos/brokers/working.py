"""A working order with what the broker alone knows of it."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from logos.domain.errors import IntegrityError
from logos.domain.orders import Order, OrderType, Side, TimeInForce
from logos.session.seats import State


@attrs.define(kw_only=True, eq=False)
class Working:
    """An accepted order.

    Attributes
    ----------
    order:
        The session's order; only read here.
    triggered:
        Whether the stop price has been touched.
    maker:
        Whether the limit offers liquidity; ``None`` until the bar that decides it.
    expires_at:
        When a DAY order ends, in seconds since the epoch, UTC; ``None`` until its first bar, and for other orders.
    number, symbol, side, order_type, time_in_force, created_at, limit_price, stop_price:
        Copies of the intent's fields, which never change.
    """

    order: Order
    triggered: bool = False
    maker: bool | None = None
    expires_at: int | None = None
    number: int = attrs.field(init=False)
    symbol: str = attrs.field(init=False)
    side: Side = attrs.field(init=False)
    order_type: OrderType = attrs.field(init=False)
    time_in_force: TimeInForce = attrs.field(init=False)
    created_at: int = attrs.field(init=False)
    limit_price: int = attrs.field(init=False)
    stop_price: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        intent = self.order.intent
        self.number = intent.order_id
        self.symbol = intent.instrument.symbol
        self.side = intent.side
        self.order_type = intent.order_type
        self.time_in_force = intent.time_in_force
        self.created_at = intent.created_at
        # A price that the type does not have is never read; 0 spares every reader a test for None.
        self.limit_price = intent.limit_price or 0
        self.stop_price = intent.stop_price or 0

    def state(self) -> State:
        """Return what a restart needs beside the order itself, in integers; what is undecided is left out."""
        state: State = {"order_id": self.number, "triggered": int(self.triggered)}
        if self.maker is not None:
            state["maker"] = int(self.maker)
        if self.expires_at is not None:
            state["expires_at"] = self.expires_at
        return state


def restored(state: State, orders: Mapping[int, Order]) -> list[Working]:
    """Return the working orders of a snapshot, by number.

    Raises
    ------
    IntegrityError
        Where the snapshot and the session disagree on which orders work.
    """
    entries = {int(entry["order_id"]): entry for entry in state.get("working", [])}
    if entries.keys() != orders.keys():
        raise IntegrityError(
            f"the paper broker's snapshot has the working orders {sorted(entries)}, the session has {sorted(orders)}",
            hint="Resume from an undamaged session folder, or start a new session",
        )
    return [
        Working(
            order=orders[number],
            triggered=bool(entries[number]["triggered"]),
            maker=bool(entries[number]["maker"]) if "maker" in entries[number] else None,
            expires_at=entries[number].get("expires_at"),
        )
        for number in sorted(entries)
    ]
