"""Writes down the events of a run: the journal, and the rows of decisions, orders and trades."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

import attrs

from logos.artifacts import schemas
from logos.artifacts.rows import decision_row, fill_texts, ratio_text, trade_row, weight_row
from logos.domain.events import BrokerEvent, Cause, Fill
from logos.domain.instruments import Instrument
from logos.domain.orders import Order
from logos.domain.times import time_text
from logos.ledger.books import Books
from logos.live.appending import Appender
from logos.live.disk import Disk
from logos.live.event_lines import answer_fields, decision_fields, fill_fields, intent_fields
from logos.live.journal import Head, Journal, fields_of
from logos.live.orders_file import OrdersFile
from logos.live.tally import Tally, add, spoke
from logos.session.records import Decision, Rebalanced

Observer = Callable[[BrokerEvent], None]


@attrs.frozen(kw_only=True)
class RecorderParts:
    """What a recorder works with, each something that a restart brings back.

    Attributes
    ----------
    offsets:
        How long each growing file is; they are opened there.
    head:
        Where the journal stands.
    observe:
        Hears every broker event after it was recorded.
    """

    disk: Disk
    folder: Path
    books: Books
    offsets: Mapping[str, int]
    head: Head
    next_order_id: int
    tally: Tally
    observe: Observer


class EventRecorder:
    """The part of a recorder that is the same for every run with a folder. What happens to the account is not.

    Parameters
    ----------
    parts:
        What it works with.

    Attributes
    ----------
    growing:
        The files besides orders and journal to which rows are added, in the order in which they are handed over;
        ``weights.csv`` is one more where it was laid out.
    """

    growing: ClassVar[tuple[str, ...]] = (schemas.TRADES_FILE, schemas.DECISIONS_FILE)

    def __init__(self, parts: RecorderParts) -> None:
        disk, folder, offsets, head = parts.disk, parts.folder, parts.offsets, parts.head
        self.tally = parts.tally
        self._books = parts.books
        self._decimals = parts.books.decimals
        self._observe = parts.observe
        names = [*self.growing, *(name for name in (schemas.WEIGHTS_FILE,) if name in offsets)]
        self._files = {name: Appender(disk, folder / name, offsets[name]) for name in names}
        self._trades = self._files[schemas.TRADES_FILE]
        self._decisions = self._files[schemas.DECISIONS_FILE]
        self.journal_file = Appender(disk, folder / schemas.JOURNAL_FILE, head.length)
        self.journal = Journal(self.journal_file, head)
        self.orders = OrdersFile(
            disk,
            folder / schemas.ORDERS_FILE,
            settled=offsets[schemas.ORDERS_FILE],
            next_id=parts.next_order_id,
            decimals=self._decimals,
        )

    # -- what the session tells ------------------------------------------------------------------------------------

    def decided(self, decision: Decision) -> None:
        """Record a decision."""
        add(self.tally.outcomes, decision.outcome.value)
        if decision.code:
            add(self.tally.codes, decision.code)
        row = decision_row(
            decision.clock,
            decision.pair.strategy,
            decision.instrument,
            signal=decision.signal,
            target_weight=decision.weight,
            target_quantity=decision.quantity,
            outcome=decision.outcome,
            order_id=decision.order_id,
            reason_code=decision.code,
            detail=decision.detail,
        )
        self._decisions.add(row.encode())
        self.journal.append_fields(decision.clock, "decision", decision_fields(decision))

    def rebalanced(self, rebalanced: Rebalanced) -> None:
        """Record that all targets were set anew; the decisions follow."""
        self.tally.rebalanced(rebalanced.method, rebalanced.notes, rebalanced.clock)
        volatility = rebalanced.volatility
        values = {
            "method": rebalanced.method,
            "targets": {symbol: ratio_text(weight) for symbol, weight in rebalanced.targets.items()},
            "risk": {symbol: ratio_text(share) for symbol, share in rebalanced.risk.items()},
            "volatility": None if volatility is None else ratio_text(volatility),
            "notes": list(rebalanced.notes),
        }
        self.journal.append(rebalanced.clock, "rebalanced", values)

    def weights(self, rebalanced: Rebalanced, held: Mapping[str, int]) -> None:
        """Record what the orders of a rebalance came to."""
        self.tally.last_weights = {
            "at": time_text(rebalanced.clock),
            "symbols": {
                symbol: [target, held[symbol], rebalanced.risk.get(symbol)]
                for symbol, target in rebalanced.targets.items()
            },
        }
        rows = (
            weight_row(rebalanced.clock, symbol, target, held[symbol], rebalanced.risk.get(symbol))
            for symbol, target in rebalanced.targets.items()
        )
        self._files[schemas.WEIGHTS_FILE].add("".join(rows).encode())

    def intended(self, order: Order) -> None:
        """Record an order before anybody has seen it."""
        self.journal.append_fields(order.intent.created_at, "intent", intent_fields(order))

    def blocked(self, order: Order, causes: Sequence[Cause]) -> None:
        """Record that guards have blocked an order."""
        for cause in causes:
            spoke(self.tally.blocks, cause.guard, cause.at, order.intent.order_id, cause.reason)
        fields = f"{intent_fields(order)},{_causes(causes)}"
        self.journal.append_fields(order.intent.created_at, "blocked", fields)

    def answered(self, clock: int, event: BrokerEvent) -> None:
        """Record a broker's answer other than a fill."""
        self.journal.append_fields(clock, type(event).__name__.lower(), answer_fields(event))
        self._observe(event)

    def filled(self, clock: int, trade_id: int, order: Order, fill: Fill, realized: int) -> None:
        """Record a fill, already booked."""
        intent = order.intent
        instrument = intent.instrument
        add(self.tally.fills, instrument.symbol)
        texts = fill_texts(fill, instrument, realized, self._decimals)
        row = trade_row(trade_id, fill.order_id, texts, instrument.symbol, intent.side, self._conversion(instrument))
        self._trades.add(row.encode())
        self.journal.append_fields(clock, "fill", fill_fields(trade_id, fill.order_id, texts))
        self._observe(fill)

    def closed(self, order: Order) -> None:
        """Record an order in its final state."""
        add(self.tally.statuses, order.status.value)
        if 0 < order.filled < order.intent.quantity:
            add(self.tally.cut_short, order.status.value)
        self.orders.close_order(order)

    def halted(self, clock: int, causes: Sequence[Cause]) -> None:
        """Record that guards have halted the session."""
        for cause in causes:
            spoke(self.tally.halts, cause.guard, cause.at, 0, cause.reason)
        self.journal.append_fields(clock, "halted", _causes(causes))

    def ticked(self, clock: int) -> None:
        """Record that the clock moved without a bar."""
        self.journal.append(clock, "tick", {})

    # -- what the runner tells -------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Hand everything collected to the operating system."""
        for file in self._files.values():
            file.flush()
        self.orders.flush()
        self.journal_file.flush()

    def sync(self, working: Mapping[int, Order]) -> None:
        """Hand everything over, show every order, and wait until it would survive a power cut."""
        for file in self._files.values():
            file.sync()
        self.orders.snapshot(working)
        self.journal_file.sync()

    def offsets(self) -> dict[str, int]:
        """Return how long each growing file is, by name."""
        lengths = {name: file.length for name, file in self._files.items()}
        lengths[schemas.ORDERS_FILE] = self.orders.settled
        return dict(sorted(lengths.items()))

    def close(self) -> None:
        """Close the files."""
        with ExitStack() as closing:
            closing.callback(self.orders.close)
            for file in (*self._files.values(), self.journal_file):
                closing.callback(file.close)

    def _conversion(self, instrument: Instrument) -> str:
        """Return the conversion's price that a fill was valued with; empty in the account's own currency."""
        conversion = self._books.holding(instrument.symbol).valuation.conversion
        if conversion is None:
            return ""
        price = self._books.conversion_price(instrument.symbol)
        return "" if price is None else conversion.instrument.price_text(price)


def _causes(causes: Sequence[Cause]) -> str:
    return fields_of({"causes": [{"guard": cause.guard, "reason": cause.reason} for cause in causes]})
