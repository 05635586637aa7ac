"""What is told of a session's broker's venue: at its end, and in its log while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from logos.artifacts import schemas
from logos.artifacts.reconciliation_md import FindingLine, grouped_findings
from logos.artifacts.venue_md import AtVenue
from logos.context.parts import Log
from logos.domain.events import BrokerEvent, Previewed, Unknown
from logos.domain.orders import OrderStatus
from logos.live.figures import at_venue
from logos.live.outside_session import Outside
from logos.live.tally import Tally
from logos.session.machine import Session


def session_at_venue(outside: Outside, session: Session, tally: Tally) -> AtVenue:
    """Return how a session stands with its broker's venue."""
    orders = ((order.intent.client_order_id, order.status) for _, order in sorted(session.orders.by_id.items()))
    return at_venue(outside.file.found.venue, tally, orders, dry_run=outside.dry_run)


def state_at_venue(folder: Path, state: Mapping[str, Any]) -> AtVenue | None:
    """Return how a session stood with its broker's venue, from its snapshot; ``None`` where it had none."""
    compared = state.get("outside", {}).get("reconciliations")
    if not compared:
        return None
    orders = ((order["client_order_id"], order["status"]) for order in state["orders"])
    with (folder / schemas.ORDERS_FILE).open("rb") as file:
        dry_run = file.readline() == schemas.header(schemas.DRY_RUN_ORDER_COLUMNS).encode()
    return at_venue(compared[-1]["venue"], Tally.restored(state["tally"]), orders, dry_run=dry_run)


def log_reconciled(outside: Outside, log: Log) -> None:
    """Write the last comparison with what stands outside into the session's log: equal findings in one line."""
    if not outside.notes.reconciliations:
        return
    last = outside.notes.reconciliations[-1]
    log.info("reconciled", venue=last["venue"], counts=last["counts"])
    for same in grouped_findings([FindingLine(**finding) for finding in last["findings"]]):
        log.warning(
            "reconciliation_finding",
            outcome=same[0].outcome,
            place=same[0].place,
            number=len(same),
            first=same[0].client_order_id or same[0].symbol,
            last=same[-1].client_order_id or same[-1].symbol,
            found=same[0].text,
        )


class UnknownOrders:
    """Writes into the session's log when what became of an order is not known, and when it is settled.

    Parameters
    ----------
    session:
        Its orders of unknown outcome are settled still.
    """

    def __init__(self, session: Session, log: Log) -> None:
        self._session = session
        self._log = log
        self._waiting: set[int] = set()

    def begin(self) -> None:
        """Take note of the orders that are of unknown outcome when the session goes on."""
        orders = self._session.orders.by_id
        self._waiting = {number for number, order in orders.items() if order.status is OrderStatus.UNKNOWN}

    def heard(self, event: BrokerEvent) -> None:
        """Hear what the broker says of an order."""
        waiting, number = self._waiting, event.order_id
        if isinstance(event, Unknown):
            waiting.add(number)
            order = self._session.orders.by_id.get(number)
            name = "" if order is None else order.intent.client_order_id
            self._log.warning("order_unknown", order_id=number, client_order_id=name, reason=event.reason)
        elif number in waiting and not isinstance(event, Previewed):
            waiting.discard(number)
            self._log.info("order_settled", order_id=number, became=type(event).__name__.lower())
