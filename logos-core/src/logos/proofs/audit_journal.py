"""The auditor's own reading of ``state.jsonl``: the chain of its lines, and what they tell of each order."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts.schemas import JOURNAL_FILE, STATE_FILE
from logos.proofs.audit_files import Place, Snapshot, read_lines

_SEALED = re.compile(rb'(.*),"hash":"([0-9a-f]{64})"\}\n', re.DOTALL)
_OPENING = re.compile(rb'\{"seq":([0-9]+),"ts":"([0-9TZ:-]{20})","type":"([a-z_]+)",')
_FILL_FIELDS = ("order_id", "timestamp", "quantity", "price", "liquidity", "fee", "realized_pnl", "value")


@attrs.define(kw_only=True)
class OrderLife:
    """What became of one order: its intent and last event by the journal, its sums by ``trades.csv``."""

    intent: dict[str, Any]
    created_at: str
    updated_at: str
    status: str = "new"
    reason: str = ""
    journalled: Decimal = Decimal(0)
    quantity: Decimal = Decimal(0)
    product: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)


@attrs.define
class Story:
    """Everything in the journal that the tables repeat.

    Attributes
    ----------
    fills:
        For each fill, in order: the session's clock, and the fields that ``trades.csv`` has too.
    decisions:
        For each decision, in order, the fields that ``decisions.csv`` has too; ``None`` for those it lacks here.
    """

    first: dict[str, Any] = attrs.field(factory=dict)
    last: tuple[str, str, str] = ("", "", "")
    fills: list[tuple[str, dict[str, str]]] = attrs.field(factory=list)
    orders: dict[int, OrderLife] = attrs.field(factory=dict)
    decisions: list[tuple[str | None, ...]] = attrs.field(factory=list)

    def take(self, clock: str, kind: str, event: dict[str, Any]) -> None:
        """Take the next event."""
        self.first = self.first or event
        self.last = (clock, kind, str(event.get("status", "")))
        if kind == "decision":
            known = ("strategy", "symbol", "signal", None, "target_quantity", "outcome", "order_id", "reason_code")
            row = [None if name is None else str(event.get(name, "")) for name in known]
            self.decisions.append((clock, *row, None if "order_id" in event else event["detail"]))
        elif kind in {"intent", "blocked"}:
            causes = "; ".join(f"{cause['guard']}: {cause['reason']}" for cause in event.get("causes", ()))
            life = OrderLife(intent=event, created_at=clock, updated_at=clock, reason=causes)
            life.status = "blocked" if kind == "blocked" else "new"
            if self.orders.setdefault(event["order_id"], life) is not life or event["order_id"] != len(self.orders):
                raise ValueError(f"order {event['order_id']} is not number {len(self.orders) + 1}")
        elif kind == "fill":
            self.fills.append((clock, {"trade_id": str(event["trade_id"])} | {n: str(event[n]) for n in _FILL_FIELDS}))
            self._answer(clock, kind, event)
        elif kind in {"accepted", "rejected", "cancelled", "expired", "unknown"}:
            self._answer(clock, kind, event)

    def _answer(self, clock: str, kind: str, event: dict[str, Any]) -> None:
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


def read_chain(folder: Path, snapshot: Snapshot) -> Iterator[tuple[Place, str, str, dict[str, Any]]]:
    """Yield place, clock, kind and content of every line that the snapshot vouches for, checking each line's seal."""
    digest, clock, length, number = "0" * 64, "", 0, 0
    for line in read_lines(folder, JOURNAL_FILE):
        if length >= snapshot.length:
            break
        number += 1
        length += len(line)
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
        if opening[2].decode() < clock:
            raise place.differs("ts", opening[2].decode(), f"{clock} or later")
        clock = opening[2].decode()
        yield place, clock, opening[3].decode(), event
    state = Place(STATE_FILE)
    state.check("sequence", snapshot.sequence, number)
    state.check("journal.length", snapshot.length, length)
    state.check("journal.head", snapshot.head, digest)


def tail_of(folder: Path, snapshot: Snapshot) -> int:
    """Return how many bytes the journal has behind the snapshot's head."""
    return max(0, (folder / JOURNAL_FILE).stat().st_size - snapshot.length)
