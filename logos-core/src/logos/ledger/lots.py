"""FIFO lots of one symbol: what was bought first is sold first, each lot with the cost it was booked at."""

from __future__ import annotations

from collections.abc import Iterable

from logos.ledger.rules import trade_lots

_TIDY = 64


class FifoLots:
    """The open lots of one symbol.

    Attributes
    ----------
    quantity:
        The signed position: the sum of the lots' sizes.
    cost:
        The sum of the lots' costs, in minor units.
    """

    __slots__ = ("_costs", "_head", "_sizes", "_tail", "cost", "quantity")

    def __init__(self, lots: Iterable[tuple[int, int]] = ()) -> None:
        open_lots = list(lots)
        self._sizes = [quantity for quantity, _ in open_lots]
        self._costs = [cost for _, cost in open_lots]
        self._head, self._tail = 0, len(open_lots)
        self.quantity = sum(self._sizes)
        self.cost = sum(self._costs)

    @property
    def lots(self) -> list[list[int]]:
        """The open lots, oldest first: ``[quantity, cost]``, whole lots and minor units of money, both signed.

        A short lot has a negative quantity and a negative cost (what its sale brought in), so that unrealised
        profit is market value less cost on either side.
        """
        places = range(self._head, self._tail)
        return [[self._sizes[place], self._costs[place]] for place in places]

    def trade(self, quantity: int, value: int) -> int:
        """Book a trade and return the realised profit or loss, before fees.

        Parameters
        ----------
        quantity:
            Signed lots; negative for a sale.
        value:
            What the trade is worth in minor units, never negative.
        """
        if self._tail == len(self._sizes):
            self._make_room()
        self._head, self._tail, realized, more = trade_lots(
            self._sizes, self._costs, self._head, self._tail, self.quantity, quantity, value
        )
        self.cost += more
        self.quantity += quantity
        if not self.quantity:
            self._head = self._tail = 0
        return realized

    def _make_room(self) -> None:
        """Give up the places of closed lots where they are many, and add one at the end."""
        head = self._head
        if head > _TIDY and 2 * head > self._tail:
            del self._sizes[:head], self._costs[:head]
            self._head, self._tail = 0, self._tail - head
        self._sizes.append(0)
        self._costs.append(0)
