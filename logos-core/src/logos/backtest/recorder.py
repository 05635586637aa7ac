"""What a backtest writes down: the events as a session does, and sums instead of rows for every slice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, Unpack

from logos.backtest.accumulating import Accumulator
from logos.domain.events import BrokerEvent, Cause, Fill
from logos.domain.orders import Order
from logos.ledger.books import Books, Holding
from logos.live.disk import Disk
from logos.live.event_recorder import EventRecorder, RecorderParts
from logos.live.journal import Head
from logos.live.tally import Tally
from logos.session.machine import Counts
from logos.session.records import Decision, Rebalanced


def _unheard(_event: BrokerEvent) -> None:
    """Nobody observes a backtest."""


def _unneeded(_row: Any) -> None:
    """Pass over the account: equity is taken as columns."""


class MemoryRecorder:
    """Keeps sums and nothing else: for trials of a sweep, and for the benchmark.

    Parameters
    ----------
    books:
        The run's account.

    Attributes
    ----------
    counts:
        The session's, once there is one.
    """

    def __init__(self, books: Books) -> None:
        self.accumulator = Accumulator(books)
        self.counts = Counts()
        self.account: Callable[[Any], None] = _unneeded

    def decided(self, decision: Decision) -> None:
        """Pass over a decision."""

    def rebalanced(self, rebalanced: Rebalanced) -> None:
        """Pass over a rebalance; its decisions follow."""

    def weights(self, rebalanced: Rebalanced, held: Mapping[str, int]) -> None:
        """Pass over weights."""

    def intended(self, order: Order) -> None:
        """Count an order."""
        self.accumulator.ordered(order)

    def blocked(self, order: Order, causes: Sequence[Cause]) -> None:
        """Pass over a blocked order; the session counts them."""

    def answered(self, clock: int, event: BrokerEvent) -> None:
        """Pass over an answer."""

    def filled(self, clock: int, trade_id: int, order: Order, fill: Fill, realized: int) -> None:  # noqa: ARG002 - a seat
        """Add up a fill."""
        self.accumulator.filled(order, fill, self.counts.slices)

    def closed(self, order: Order) -> None:
        """Pass over an order's end."""

    def position(self, clock: int, holding: Holding) -> None:
        """Pass over a position."""

    def halted(self, clock: int, causes: Sequence[Cause]) -> None:
        """Pass over a halt; the session keeps its causes."""

    def ticked(self, clock: int) -> None:
        """Pass over a tick."""

    def flush(self) -> None:
        """Write nothing."""


class FolderState(TypedDict):
    """Where a recorder of a run's folder goes on.

    ``offsets`` says how long each table is, which has its header already; ``head``, where the journal stands.
    """

    disk: Disk
    folder: Path
    books: Books
    offsets: dict[str, int]
    head: Head


class LogRecorder(EventRecorder):
    """Writes decisions, trades, orders and the journal into a run's folder."""

    def __init__(self, **state: Unpack[FolderState]) -> None:
        super().__init__(RecorderParts(**state, next_order_id=1, tally=Tally(), observe=_unheard))


class FolderRecorder(LogRecorder):
    """Writes the same, and keeps sums of the rest while the session runs."""

    def __init__(self, **state: Unpack[FolderState]) -> None:
        super().__init__(**state)
        self.accumulator = Accumulator(state["books"])
        self.counts = Counts()
        self.account: Callable[[Any], None] = _unneeded

    def intended(self, order: Order) -> None:
        """Record an order before anybody has seen it."""
        self.accumulator.ordered(order)
        super().intended(order)

    def filled(self, clock: int, trade_id: int, order: Order, fill: Fill, realized: int) -> None:
        """Record a fill, already booked."""
        self.accumulator.filled(order, fill, self.counts.slices)
        super().filled(clock, trade_id, order, fill, realized)

    def position(self, clock: int, holding: Holding) -> None:
        """Pass over a position: a backtest has no table of them."""
