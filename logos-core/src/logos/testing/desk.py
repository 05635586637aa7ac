"""The part of a session that a broker sees: it owns the orders and books the fills."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from logos.domain.bars import Slice
from logos.domain.events import Accepted, BrokerEvent, Cancelled, Expired, Fill, Rejected
from logos.domain.orders import Order, OrderIntent, OrderStatus
from logos.session.seats import Broker
from logos.testing.views import FakeAccount

_STATUS_AFTER = {
    Accepted: OrderStatus.ACCEPTED,
    Rejected: OrderStatus.REJECTED,
    Cancelled: OrderStatus.CANCELLED,
    Expired: OrderStatus.EXPIRED,
}


class Desk:
    """Drives a broker as a session does, and keeps every event with the step in which it came.

    Parameters
    ----------
    broker:
        The broker to drive.
    account:
        The account that the fills are booked to.
    orders:
        Orders that already work, for a broker that was restored.
    """

    def __init__(self, broker: Broker, account: FakeAccount, orders: Mapping[int, Order] | None = None) -> None:
        self.broker = broker
        self.account = account
        self.orders: dict[int, Order] = dict(orders or {})
        self.events: list[tuple[str, BrokerEvent]] = []

    def submit(self, intent: OrderIntent) -> None:
        """Send a new order."""
        order = Order(intent=intent, updated_at=intent.created_at)
        self.orders[intent.order_id] = order
        self._hear("submit", self.broker.submit(order, self.account))

    def cancel(self, order_id: int, reason: str) -> None:
        """Cancel an order, where it still works."""
        order = self.orders[order_id]
        if not order.status.is_final:
            self._hear("cancel", self.broker.cancel(order, reason))

    def match(self, bars: Slice) -> None:
        """Let the broker match a slice, and mark the account to it."""
        self._hear("match", self.broker.match(bars, self.account))
        for bar in bars.bars:
            self.account.marks[bar.symbol] = bar.close

    def working(self) -> dict[int, Order]:
        """Return copies of the orders that still work, as a restarted session has them."""
        return {number: attrs.evolve(order) for number, order in self.orders.items() if not order.status.is_final}

    def _hear(self, step: str, events: Iterable[BrokerEvent]) -> None:
        for event in events:
            self.events.append((step, event))
            order = self.orders[event.order_id]
            if isinstance(event, Fill):
                self._book(order, event)
            else:
                order.status = _STATUS_AFTER[type(event)]

    def _book(self, order: Order, fill: Fill) -> None:
        order.filled += fill.quantity
        order.filled_ticks += fill.quantity * fill.price
        order.fees += fill.fee
        order.status = OrderStatus.FILLED if order.remaining <= 0 else OrderStatus.PARTIALLY_FILLED
        signed = fill.quantity if order.intent.signed_quantity > 0 else -fill.quantity
        self.account.trade(order.intent.instrument.symbol, signed, fill.value, fill.fee)
