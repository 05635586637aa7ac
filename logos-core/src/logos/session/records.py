"""What a session says while it runs: decisions, and the recorder that hears everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from logos.domain.events import BrokerEvent, Cause, Fill
from logos.domain.instruments import Instrument
from logos.domain.orders import Order
from logos.ledger.books import Holding
from logos.session.seats import Pair


class Outcome(StrEnum):
    """What became of a signal that changed a target."""

    ORDERED = "ordered"
    BLOCKED = "blocked"
    REFUSED = "refused"
    UNCHANGED = "unchanged"


class Decision(NamedTuple):
    """One answer to a signal: exactly one order, or exactly one reason.

    Attributes
    ----------
    signal:
        Hundred-millionths.
    weight:
        Target share of equity in hundred-millionths; ``None`` where the allocator asked for a quantity.
    quantity:
        Target position in signed lots.
    order_id:
        The order, where there is one.
    code:
        The reason in one word, or the names of the guards that spoke; empty for an order.
    detail:
        The numbers and the remedy; may be empty for an order.
    """

    clock: int
    pair: Pair
    instrument: Instrument
    signal: int
    weight: int | None
    quantity: int
    outcome: Outcome
    order_id: int | None = None
    code: str = ""
    detail: str = ""


class Recorder(Protocol):
    """Writes down what a session does, in the order in which it is told."""

    account: Callable[[Any], None]
    """Records the account after a slice, as ``AccountRow`` or ``EquityRow``. Called for every bar."""

    def decided(self, decision: Decision) -> None:
        """Record a decision."""

    def intended(self, order: Order) -> None:
        """Record an order before anybody has seen it."""

    def blocked(self, order: Order, causes: Sequence[Cause]) -> None:
        """Record that guards have blocked an order."""

    def answered(self, clock: int, event: BrokerEvent) -> None:
        """Record a broker's answer other than a fill."""

    def filled(self, clock: int, trade_id: int, order: Order, fill: Fill, realized: int) -> None:
        """Record a fill, already booked."""

    def closed(self, order: Order) -> None:
        """Record an order in its final state."""

    def position(self, clock: int, holding: Holding) -> None:
        """Record a position that has changed."""

    def halted(self, clock: int, causes: Sequence[Cause]) -> None:
        """Record that guards have halted the session."""

    def ticked(self, clock: int) -> None:
        """Record that the clock moved without a bar."""
