"""Writes down what a session does: its events, and what becomes of the account and the positions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from logos.artifacts import schemas
from logos.artifacts.columns import account_columns
from logos.artifacts.rows import position_row, quarantine_row
from logos.domain.orders import Order
from logos.ledger.books import AccountRow, Holding
from logos.live.event_lines import intent_fields
from logos.live.event_recorder import EventRecorder, RecorderParts
from logos.live.outside_notes import OutsideNotes
from logos.session.seats import QuarantinedRow


class SessionRecorder(EventRecorder):
    """The recorder of a session with a folder; its parameter is that of an ``EventRecorder``.

    Attributes
    ----------
    outside:
        What is known of the broker's venue; ``None`` where the broker works within this process.
    """

    growing: ClassVar[tuple[str, ...]] = (
        schemas.TRADES_FILE,
        schemas.POSITIONS_FILE,
        schemas.ACCOUNT_FILE,
        schemas.DECISIONS_FILE,
    )
    outside: OutsideNotes | None = None

    def __init__(self, parts: RecorderParts) -> None:
        super().__init__(parts)
        self._positions = self._files[schemas.POSITIONS_FILE]
        self._account = self._files[schemas.ACCOUNT_FILE]
        self._columns = account_columns(self._decimals)
        self._account_rows: list[AccountRow] = []
        # A bound method of the list: this runs for every bar, and the rows become text in blocks.
        self.account: Callable[[AccountRow], None] = self._account_rows.append

    def position(self, clock: int, holding: Holding) -> None:
        """Record a position that has changed."""
        self._positions.add(self.position_text(clock, holding).encode())

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
        super().flush()

    def sync(self, working: Mapping[int, Order]) -> None:
        """Hand everything over, show every order, and wait until it would survive a power cut."""
        self._encode_account()
        super().sync(working)

    def _encode_account(self) -> None:
        rows = self._account_rows
        if rows:
            self._account.add(self._columns.encode(rows))
            self.tally.max_drawdown = max(self.tally.max_drawdown, *(row[7] for row in rows))
            rows.clear()


def intent_values(order: Order) -> dict[str, Any]:
    """Return an order's intent as the snapshot keeps it: the very fields of the journal."""
    values: dict[str, Any] = json.loads(f"{{{intent_fields(order)}}}")
    return values


def empty_tables(quarantined: Sequence[QuarantinedRow]) -> dict[str, bytes]:
    """Return every table of a session that has not begun: its header, and the rows that did not become bars."""
    tables = {name: schemas.header(columns).encode() for name, columns in schemas.TABLES.items()}
    rows = (quarantine_row(row.symbol, row.file, row.line, row.reason, row.row) for row in quarantined)
    tables[schemas.QUARANTINE_FILE] += "".join(rows).encode()
    return tables
