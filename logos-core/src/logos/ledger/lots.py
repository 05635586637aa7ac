"""FIFO lots of one symbol: what was bought first is sold first, each lot with the cost it was booked at."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from logos.domain.money import divide_half_even


class FifoLots:
    """The open lots of one symbol.

    A lot is ``[quantity, cost]``: whole lots of the instrument and minor units of money, both signed.
    A short lot has a negative quantity and a negative cost (what its sale brought in), so that unrealised
    profit is market value less cost on either side.
    """

    __slots__ = ("cost", "lots", "quantity")

    def __init__(self, lots: Iterable[tuple[int, int]] = ()) -> None:
        self.lots: deque[list[int]] = deque([quantity, cost] for quantity, cost in lots)
        self.quantity = sum(lot[0] for lot in self.lots)
        self.cost = sum(lot[1] for lot in self.lots)

    def trade(self, quantity: int, value: int) -> int:
        """Book a trade and return the realised profit or loss, before fees.

        Parameters
        ----------
        quantity:
            Signed lots; negative for a sale.
        value:
            What the trade is worth in minor units, never negative.

        A trade that closes more than is open is split: the closing part carries its share of the value, rounded half to
        even, and the rest opens a lot the other way.
        """
        signed_value = value if quantity > 0 else -value
        opening, opening_value, realized = quantity, signed_value, 0
        if self.quantity * quantity < 0:
            closing = min(abs(quantity), abs(self.quantity))
            closing_value = divide_half_even(signed_value * closing, abs(quantity))
            realized = -closing_value - self._take(closing)
            opening = quantity - closing if quantity > 0 else quantity + closing
            opening_value = signed_value - closing_value
        if opening:
            self.lots.append([opening, opening_value])
            self.cost += opening_value
        self.quantity += quantity
        return realized

    def _take(self, closing: int) -> int:
        """Take so many lots from the oldest on and return the cost they carried."""
        taken = 0
        while closing:
            lot = self.lots[0]
            size = abs(lot[0])
            if size <= closing:
                self.lots.popleft()
                taken += lot[1]
                closing -= size
            else:
                share = divide_half_even(lot[1] * closing, size)
                lot[0] += closing if lot[0] < 0 else -closing
                lot[1] -= share
                taken += share
                closing = 0
        self.cost -= taken
        return taken
