"""What the dry-run broker asks of a venue's client, whichever library it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from logos.context.parts import PartContext
from logos.domain.errors import ResumeError
from logos.domain.orders import OrderIntent
from logos.session.outside import WOULD_ACCEPT as ACCEPTED
from logos.session.outside import OutsideOrder, OutsidePosition, Survey

WOULD_ACCEPT = ACCEPTED
"""What ``venue_outcome`` says of an order that keeps every rule of the venue that can be known beforehand."""


class Preview(NamedTuple):
    """What the venue would have been sent for an order, and what it would have said."""

    request: Mapping[str, Any]
    outcome: str


class VenueDesk(Protocol):
    """One venue, asked and never ordered.

    ``preview`` works without a connection, from the record that the desk was built with; everything else connects at
    its first use. No call waits longer than the config's time-out, but for retries of reads.
    """

    @property
    def name(self) -> str:
        """The broker and the venue, such as ``ccxt:binance``."""

    def survey(self) -> Survey:
        """Connect, check everything, and return what was found; failures are findings, not exceptions."""

    def preview(self, intent: OrderIntent, position: int) -> Preview:
        """Return what the venue would be sent for an order; the same for the same arguments and record, always.

        Parameters
        ----------
        position:
            What the session holds of the symbol when the order is submitted: signed lots.
        """

    def find(self, intent: OrderIntent) -> OutsideOrder | None:
        """Look for an order by its client order id; ``None`` where the venue has never seen it.

        Raises
        ------
        VenueError
            Where the venue cannot say.
        """

    def name_outside(self, client_order_id: str) -> str:
        """Return the name that the venue knows an order by; without a connection."""

    def open_orders(self) -> tuple[OutsideOrder, ...]:
        """Return all open orders of the account, whosever they are.

        Raises
        ------
        VenueError
            Where the venue cannot say.
        """

    def positions(self) -> tuple[OutsidePosition, ...]:
        """Return what the account holds, cash in the account's currency aside.

        Raises
        ------
        VenueError
            Where the venue cannot say.
        """

    def close(self) -> None:
        """Let go of the connection."""


def own_record(context: PartContext, **written: str) -> Mapping[str, Any]:
    """Return the record that a desk works by without a connection.

    Parameters
    ----------
    written:
        What a survey of this desk writes into its record: ``plugin="alpaca"``.

    Raises
    ------
    ResumeError
        Where there is none, or that of another venue.
    """
    record = context.venue_record or {}
    if any(record.get(name) != value for name, value in written.items()):
        raise ResumeError(
            f"the record of the venue's rules is not one of {' '.join(written.values())}",
            hint="Start a new session: its survey writes the record",
        )
    return record
