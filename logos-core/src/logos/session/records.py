"""What a session says while it runs: decisions, and the recorder that hears everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import attrs

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


@attrs.frozen(kw_only=True)
class Rebalanced:
    """Targets that were set anew on a schedule. Ratios are in hundred-millionths.

    Attributes
    ----------
    clock:
        The clock of the decision.
    method:
        What found the weights.
    targets:
        By symbol, the share of equity that is wanted, signals counted; every symbol that the session trades.
    risk:
        By symbol, its share of the expected variance at full signals; empty where nothing is known.
    volatility:
        The expected volatility a year at full signals; ``None`` where nothing is known.
    notes:
        What was given up and why.
    """

    clock: int
    method: str
    targets: Mapping[str, int]
    risk: Mapping[str, int]
    volatility: int | None
    notes: tuple[str, ...]


class Recorder(Protocol):
    """Writes down what a session does, in the order in which it is told."""

    account: Callable[[Any], None]
    """Records the account after a slice, as ``AccountRow`` or ``EquityRow``. Called for every bar."""

    def decided(self, decision: Decision) -> None:
        """Record a decision."""

    def rebalanced(self, rebalanced: Rebalanced) -> None:
        """Record that all targets were set anew; the decisions follow."""

    def weights(self, rebalanced: Rebalanced, held: Mapping[str, int]) -> None:
        """Record what is held by symbol, in hundred-millionths of equity, after the slice that followed a rebalance."""

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
