"""The orders that can still trade, and how much they may still buy and sell of each symbol."""

from __future__ import annotations

from logos.domain.orders import Order, OrderStatus, Side


class WorkingOrders:
    """Orders that are not final, by number."""

    def __init__(self) -> None:
        self.by_id: dict[int, Order] = {}
        self._sides: dict[str, tuple[int, int]] = {}
        self._unknown: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many orders work."""
        return len(self.by_id)

    def add(self, order: Order) -> None:
        """Take in an order that goes to the broker."""
        self.by_id[order.intent.order_id] = order
        if order.status is OrderStatus.UNKNOWN:
            symbol = order.intent.instrument.symbol
            self._unknown[symbol] = self._unknown.get(symbol, 0) + 1
        self._shift(order, order.remaining)

    def filled(self, order: Order, quantity: int) -> None:
        """Hear that so many lots of an order have traded."""
        self._shift(order, -quantity)

    def remove(self, order: Order) -> None:
        """Drop an order that is final; what it has not filled no longer works."""
        del self.by_id[order.intent.order_id]
        remaining = order.remaining
        if remaining:
            self._shift(order, -remaining)

    def mark_unknown(self, order: Order, *, unknown: bool) -> None:
        """Note whether an order's outcome is unknown."""
        symbol = order.intent.instrument.symbol
        was = order.status is OrderStatus.UNKNOWN
        if was != unknown:
            self._unknown[symbol] = self._unknown.get(symbol, 0) + (1 if unknown else -1)

    def unknown(self, symbol: str) -> int:
        """Return how many orders of a symbol have an unknown outcome."""
        return self._unknown.get(symbol, 0)

    def sides(self, symbol: str) -> tuple[int, int]:
        """Return the lots that working orders may still buy and sell, both not negative."""
        return self._sides.get(symbol, (0, 0))

    def _shift(self, order: Order, lots: int) -> None:
        symbol = order.intent.instrument.symbol
        buys, sells = self._sides.get(symbol, (0, 0))
        if order.intent.side is Side.BUY:
            self._sides[symbol] = (buys + lots, sells)
        else:
            self._sides[symbol] = (buys, sells + lots)
