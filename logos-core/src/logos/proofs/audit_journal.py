"""The auditor's own reading of ``state.jsonl``: the chain of its lines, and what they tell of each order."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Container, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts.schemas import JOURNAL_FILE, STATE_FILE
from logos.proofs.audit_files import Place, read_lines

_SEALED = re.compile(rb'(.*),"hash":"([0-9a-f]{64})"\}\n', re.DOTALL)
_OPENING = re.compile(rb'\{"seq":([0-9]+),"ts":"([0-9TZ:-]{20})","type":"([a-z_]+)",')
_INTENT_FIELDS = ("strategy", "symbol", "side", "order_type", "time_in_force", "quantity")
_FILL_FIELDS = ("trade_id", "order_id", "timestamp", "quantity", "price", "liquidity", "fee", "realized_pnl", "value")
_DECISION_FIELDS = ("strategy", "symbol", "signal", None, "target_quantity", "outcome", "order_id", "reason_code")

Event = dict[str, Any]


@attrs.define(kw_only=True)
class OrderLife:
    """What became of one order: its intent and last event by the journal, its sums by ``trades.csv``.

    Attributes
    ----------
    note:
        What was told of it when it was made: ``orders.csv`` and ``decisions.csv`` both say it, the journal does not.
        ``None`` as long as it was not read.
    """

    number: int
    intent: dict[str, str]
    created_at: str
    updated_at: str
    status: str
    reason: str = ""
    venue_outcome: str = ""
    note: str | None = None
    journalled: Decimal = Decimal(0)
    quantity: Decimal = Decimal(0)
    product: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)


@attrs.define
class Story:
    """Everything in the journal that other files repeat.

    Attributes
    ----------
    first, last:
        The first event; the last one's clock, kind and status.
    fills:
        For each fill, in order: the session's clock, and the fields that ``trades.csv`` has too.
    decisions:
        For each decision, in order, the fields that ``decisions.csv`` has too; ``None`` for those that only it has.
    """

    first: Event = attrs.field(factory=dict)
    last: tuple[str, str, str] = ("", "", "")
    fills: list[tuple[str, dict[str, str]]] = attrs.field(factory=list)
    orders: dict[int, OrderLife] = attrs.field(factory=dict)
    decisions: list[tuple[str | None, ...]] = attrs.field(factory=list)

    def take(self, clock: str, kind: str, event: Event) -> None:
        """Take the next event."""
        self.first = self.first or event
        self.last = (clock, kind, str(event.get("status", "")))
        if kind == "decision":
            fields = (None if name is None else str(event.get(name, "")) for name in _DECISION_FIELDS)
            self.decisions.append((clock, *fields, None if "order_id" in event else event["detail"]))
        elif kind in {"intent", "blocked"}:
            reason = "; ".join(f"{cause['guard']}: {cause['reason']}" for cause in event.get("causes", ()))
            status = "new" if kind == "intent" else "blocked"
            intent = {name: event[name] for name in _INTENT_FIELDS}
            intent |= {name: event.get(name, "") for name in ("limit_price", "stop_price")}
            life = OrderLife(
                number=event["order_id"],
                intent=intent,
                created_at=clock,
                updated_at=clock,
                status=status,
                reason=reason,
            )
            if life.number != len(self.orders) + 1:
                raise ValueError(f"order {life.number} behind order {len(self.orders)}")
            self.orders[life.number] = life
        elif kind == "fill":
            self.fills.append((clock, {name: str(event[name]) for name in _FILL_FIELDS}))
            self._answer(clock, kind, event)
        elif kind == "venue_request":
            self.orders[event["order_id"]].venue_outcome = event["outcome"]
        elif kind in {"accepted", "rejected", "cancelled", "expired", "unknown"}:
            self._answer(clock, kind, event)

    def _answer(self, clock: str, kind: str, event: Event) -> None:
        life = self.orders[event["order_id"]]
        life.updated_at = clock
        if kind == "fill":
            life.journalled += Decimal(event["quantity"])
            life.status = "filled" if life.journalled == Decimal(life.intent["quantity"]) else "partially_filled"
        elif kind == "accepted":
            life.status = "partially_filled" if life.journalled else "accepted"
        else:
            life.status = kind
            life.reason = "" if kind == "unknown" else event["reason"]


def read_chain(
    folder: Path, state: dict[str, Any], slices: Container[str] | None = None
) -> Iterator[tuple[Place, str, str, Event]]:
    """Yield place, clock, kind and content of every line up to the snapshot's head, checking each line's seal.

    Parameters
    ----------
    slices:
        The clocks of the recorded slices of a polled feed; ``None`` where the feed is not polled. A timer may have
        ticked past the close of a bar that is still to come, so what happens at a tick does not bind later clocks.
    """
    digest, clock, number, ticked = "0" * 64, "", 0, ""
    for number, line in enumerate(read_lines(folder, JOURNAL_FILE, state["journal"].get("length")), start=1):
        place = Place(JOURNAL_FILE, number)
        sealed, opening = _SEALED.fullmatch(line), _OPENING.match(line)
        if sealed is None or opening is None:
            raise place.differs("", "a line that is torn or has no seal", "a whole line")
        before, digest = digest, hashlib.sha256(sealed[1]).hexdigest()
        place.check("hash", sealed[2].decode(), digest)
        try:
            event = json.loads(line)
        except ValueError as error:
            raise place.differs("", error, "JSON") from error
        place.check("seq", opening[1].decode(), str(number))
        place.check("prev", event.get("prev"), before)
        earlier, now = clock, opening[2].decode()
        if now < earlier:
            raise place.differs("ts", now, f"{earlier} or later")
        if opening[3] == b"tick":
            ticked = now
        elif opening[3] != b"session_started" and (slices is None or (now in slices and now != ticked)):
            clock = now
        yield place, now, opening[3].decode(), event
    Place(STATE_FILE).check("sequence", state["sequence"], number)
    Place(STATE_FILE).check("journal.head", state["journal"].get("head"), digest)
