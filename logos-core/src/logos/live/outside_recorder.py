"""The recorder of a session whose broker works with something outside this process."""

from __future__ import annotations

from collections.abc import Callable

from logos.artifacts.rows import dry_run_order_row
from logos.domain.events import BrokerEvent, Previewed
from logos.domain.orders import Order
from logos.live.appending import Appender
from logos.live.event_recorder import RecorderParts
from logos.live.journal import Head, Journal, Line
from logos.live.outside_notes import OutsideNotes
from logos.live.recorder import SessionRecorder


class OutsideRecorder(SessionRecorder):
    """Makes every intent safe before the broker hears of it, and writes down what a venue would have been sent.

    Parameters
    ----------
    parts:
        What every recorder works with.
    notes:
        What is known of the venue.
    dry_run:
        Whether ``orders.csv`` says what the venue would have said.
    journal:
        Opens the journal.
    durable:
        Whether intents are to outlive a power cut: not where a session is played again, which reaches no venue.
    """

    outside: OutsideNotes

    def __init__(
        self,
        parts: RecorderParts,
        *,
        notes: OutsideNotes,
        dry_run: bool,
        journal: Callable[[Appender, Head], Journal],
        durable: bool,
    ) -> None:
        super().__init__(parts)
        self.outside = notes
        self.journal = journal(self.journal_file, parts.head)
        self._durable = durable
        if dry_run:
            self.orders.row = dry_run_order_row

    def intended(self, order: Order) -> None:
        """Record an order, and wait until that would survive a power cut: the broker is called next."""
        super().intended(order)
        if self._durable:
            self.journal_file.sync()

    def answered(self, clock: int, event: BrokerEvent) -> None:
        """Record a broker's answer other than a fill."""
        if not isinstance(event, Previewed):
            super().answered(clock, event)
            return
        values = {"order_id": event.order_id, "request": event.request, "outcome": event.outcome}
        self.journal.append(clock, "venue_request", values)
        self.tally.venue.add(event.order_id, event.outcome)
        self._observe(event)

    def tell(self, line: Line) -> None:
        """Record what came from the venue."""
        self.journal.append(*line)
        self.outside.hear(line)
