"""What the checks of one audit share: the folder, its snapshot and terms, and the books as far as they are rebuilt."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import attrs

from logos.artifacts.schemas import DRY_RUN_ORDER_COLUMNS, ORDERS_FILE, TABLES
from logos.proofs.audit_books import Books, Step, Terms
from logos.proofs.audit_files import DisagreementError, read_table
from logos.proofs.audit_journal import Story


class Marked(NamedTuple):
    """What a row of ``account.csv`` says of the positions' value."""

    line: int
    market_value: Decimal
    equity: Decimal
    gross: str


@attrs.define(kw_only=True)
class Case:
    """One audit under way.

    Attributes
    ----------
    steps:
        The books after each trade.
    marked:
        The account's rows at which a trade was booked, and the one at the snapshot's clock.
    peak, last_row:
        The highest equity so far, and the last row, of ``account.csv``.
    passed:
        The names of checks that agree, and ``books`` once every trade could be booked.
    count:
        How many records the present check has found to agree.
    first:
        The present check's first fault, where it went on behind it.
    """

    folder: Path
    state: dict[str, Any]
    terms: Terms
    books: Books
    peak: Decimal
    story: Story = attrs.field(factory=Story)
    steps: list[Step] = attrs.field(factory=list)
    marked: dict[str, Marked] = attrs.field(factory=dict)
    last_row: list[str] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)
    passed: set[str] = attrs.field(factory=set)
    count: int = 0
    first: DisagreementError | None = None

    @property
    def running(self) -> bool:
        """Whether the session had not stopped when the snapshot was taken."""
        return bool(self.state["status"] == "running")

    @property
    def dry_run(self) -> bool:
        """Whether the journal shows what a venue would have been sent; then the orders tell what it would have said."""
        return any(life.venue_outcome for life in self.story.orders.values())

    @property
    def ended(self) -> bool:
        """Whether the session has come to an end, so that its closing rows are written."""
        return self.state["status"] in {"completed", "halted"}

    def rows(self, name: str) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows of a table, counting them; of a running session those that its snapshot vouches for."""
        until = self.state["files"].get(name, 0) if self.running else None
        columns = DRY_RUN_ORDER_COLUMNS if name == ORDERS_FILE and self.dry_run else TABLES[name]
        for line, row in read_table(self.folder, name, until, columns):
            yield line, row
            self.count += 1
