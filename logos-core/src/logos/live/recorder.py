"""Writes down what a session does: the journal, and the rows of every table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from logos.artifacts import schemas
from logos.artifacts.columns import AccountColumns
from logos.artifacts.rows import decision_row, position_row, quarantine_row, trade_row
from logos.domain.events import BrokerEvent, Cause, Fill
from logos.domain.instruments import Instrument
from logos.domain.money import RATIO_DECIMALS, text_of
from logos.domain.orders import Order
from logos.domain.times import time_text
from logos.ledger.books import AccountRow, Books, Holding
from logos.live.appending import Appender
from logos.live.disk import Disk
from logos.live.journal import Head, Journal
from logos.live.orders_file import OrdersFile
from logos.live.tally import Tally, add
from logos.session.records import Decision
from logos.session.seats import QuarantinedRow

_GROWING = (schemas.TRADES_FILE, schemas.POSITIONS_FILE, schemas.ACCOUNT_FILE, schemas.DECISIONS_FILE)
Observer = Callable[[BrokerEvent], None]


class SessionRecorder:
    """The recorder of a session with a folder.

    Parameters
    ----------
    offsets:
        How long each growing file is; they are opened there.
    head:
        Where the journal stands.
    observe:
        Hears every broker event after it was recorded.
    """

    def __init__(  # noqa: PLR0913 -- each is one thing that a restart brings back
        self,
        *,
        disk: Disk,
        folder: Path,
        books: Books,
        offsets: dict[str, int],
        head: Head,
        next_order_id: int,
        tally: Tally,
        observe: Observer,
    ) -> None:
        self.tally = tally
        self._books = books
        self._decimals = books.decimals
        self._columns = AccountColumns(books.decimals)
        self._account_rows: list[AccountRow] = []
        # A bound method of the list: this runs for every bar, and the rows become text in blocks.
        self.account: Callable[[AccountRow], None] = self._account_rows.append
        self._observe = observe
        self._files = {name: Appender(disk, folder / name, offsets[name]) for name in _GROWING}
        self._trades = self._files[schemas.TRADES_FILE]
        self._positions = self._files[schemas.POSITIONS_FILE]
        self._account = self._files[schemas.ACCOUNT_FILE]
        self._decisions = self._files[schemas.DECISIONS_FILE]
        self.journal_file = Appender(disk, folder / schemas.JOURNAL_FILE, head.length)
        self.journal = Journal(self.journal_file, head)
        self.orders = OrdersFile(
            disk,
            folder / schemas.ORDERS_FILE,
            settled=offsets[schemas.ORDERS_FILE],
            next_id=next_order_id,
            decimals=books.decimals,
        )

    # -- what the session tells ------------------------------------------------------------------------------------

    def decided(self, decision: Decision) -> None:
        """Record a decision."""
        if decision.code:
            add(self.tally.codes, decision.code)
        row = decision_row(
            decision.clock,
            decision.pair.strategy,
            decision.instrument,
            signal=decision.signal,
            target_weight=decision.weight,
            target_quantity=decision.quantity,
            outcome=decision.outcome.value,
            order_id=decision.order_id,
            reason_code=decision.code,
            detail=decision.detail,
        )
        self._decisions.add(row.encode())
        values: dict[str, Any] = {
            "strategy": decision.pair.strategy,
            "symbol": decision.pair.symbol,
            "signal": text_of(decision.signal, RATIO_DECIMALS),
            "target_quantity": decision.instrument.quantity_text(decision.quantity),
            "outcome": decision.outcome.value,
        }
        if decision.order_id is None:
            values |= {"reason_code": decision.code, "detail": decision.detail}
        else:
            values["order_id"] = decision.order_id
        self.journal.append(decision.clock, "decision", values)

    def intended(self, order: Order) -> None:
        """Record an order before anybody has seen it."""
        self.journal.append(order.intent.created_at, "intent", intent_values(order))

    def blocked(self, order: Order, causes: Sequence[Cause]) -> None:
        """Record that guards have blocked an order."""
        for cause in causes:
            add(self.tally.guard_blocks, cause.guard)
            self.tally.guard_examples.setdefault(cause.guard, cause.reason)
        reasons = [{"guard": cause.guard, "reason": cause.reason} for cause in causes]
        self.journal.append(order.intent.created_at, "blocked", {**intent_values(order), "causes": reasons})

    def answered(self, clock: int, event: BrokerEvent) -> None:
        """Record a broker's answer other than a fill."""
        values: dict[str, Any] = {"order_id": event.order_id}
        reason = getattr(event, "reason", None)
        if reason is not None:
            values["reason"] = reason
        self.journal.append(clock, type(event).__name__.lower(), values)
        self._observe(event)

    def filled(self, clock: int, trade_id: int, order: Order, fill: Fill, realized: int) -> None:
        """Record a fill, already booked."""
        instrument = order.intent.instrument
        add(self.tally.fills, instrument.symbol)
        conversion = self._conversion_text(instrument)
        row = trade_row(
            trade_id,
            fill.order_id,
            fill,
            instrument,
            order.intent.side,
            realized,
            self._decimals,
            conversion,
        )
        self._trades.add(row.encode())
        decimals = self._decimals
        values = {
            "trade_id": trade_id,
            "order_id": fill.order_id,
            "timestamp": time_text(fill.timestamp),
            "quantity": instrument.quantity_text(fill.quantity),
            "price": instrument.price_text(fill.price),
            "liquidity": fill.liquidity.value,
            "value": text_of(fill.value, decimals),
            "fee": text_of(fill.fee, decimals),
            "realized_pnl": text_of(realized, decimals),
        }
        self.journal.append(clock, "fill", values)
        self._observe(fill)

    def closed(self, order: Order) -> None:
        """Record an order in its final state."""
        add(self.tally.statuses, order.status.value)
        self.orders.close_order(order)

    def position(self, clock: int, holding: Holding) -> None:
        """Record a position that has changed."""
        self._positions.add(self.position_text(clock, holding).encode())

    def halted(self, clock: int, causes: Sequence[Cause]) -> None:
        """Record that guards have halted the session."""
        reasons = [{"guard": cause.guard, "reason": cause.reason} for cause in causes]
        self.journal.append(clock, "halted", {"causes": reasons})

    def ticked(self, clock: int) -> None:
        """Record that the clock moved without a bar."""
        self.journal.append(clock, "tick", {})

    # -- what the runner tells -------------------------------------------------------------------------------------

    def position_text(self, clock: int, holding: Holding) -> str:
        """Return a row of ``positions.csv``."""
        return position_row(
            clock,
            holding.instrument,
            holding.lots.quantity,
            cost=holding.lots.cost,
            mark_price=holding.mark,
            market_value=holding.market_value,
            realized=holding.realized,
            decimals=self._decimals,
            converted=holding.valuation.conversion is not None,
        )

    def add_positions(self, rows: str) -> None:
        """Write rows behind ``positions.csv``, as at the end."""
        self._positions.add(rows.encode())

    def flush(self) -> None:
        """Hand everything collected to the operating system."""
        self._encode_account()
        for file in self._files.values():
            file.flush()
        self.orders.flush()
        self.journal_file.flush()

    def sync(self, working: dict[int, Order]) -> None:
        """Hand everything over, show every order, and wait until it would survive a power cut."""
        self._encode_account()
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

    def _encode_account(self) -> None:
        rows = self._account_rows
        if rows:
            self._account.add(self._columns.encode(rows))
            self.tally.max_drawdown = max(self.tally.max_drawdown, *(row[7] for row in rows))
            rows.clear()

    def _conversion_text(self, instrument: Instrument) -> str:
        conversion = self._books.holding(instrument.symbol).valuation.conversion
        price = self._books.conversion_price(instrument.symbol)
        return "" if conversion is None or price is None else conversion.instrument.price_text(price)


def intent_values(order: Order) -> dict[str, Any]:
    """Return an order's intent as the journal and the snapshot write it."""
    intent = order.intent
    instrument = intent.instrument
    prices = {"limit_price": intent.limit_price, "stop_price": intent.stop_price}
    return {
        "order_id": intent.order_id,
        "client_order_id": intent.client_order_id,
        "strategy": intent.strategy,
        "symbol": instrument.symbol,
        "side": intent.side.value,
        "order_type": intent.order_type.value,
        "time_in_force": intent.time_in_force.value,
        "quantity": instrument.quantity_text(intent.quantity),
        **{name: instrument.price_text(price) for name, price in prices.items() if price is not None},
        "decision_price": instrument.price_text(intent.decision_price),
    }


def empty_tables(quarantined: Sequence[QuarantinedRow]) -> dict[str, bytes]:
    """Return every table of a session that has not begun: its header, and the rows that did not become bars."""
    tables = {name: schemas.header(columns).encode() for name, columns in schemas.TABLES.items()}
    rows = (quarantine_row(row.symbol, row.file, row.line, row.reason, row.row) for row in quarantined)
    tables[schemas.QUARANTINE_FILE] += "".join(rows).encode()
    return tables
