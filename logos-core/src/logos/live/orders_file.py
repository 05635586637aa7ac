"""``orders.csv``: a row an order, by number, though orders end in another order than they began.

The file grows by the rows of orders that are final and have no open order before them. Rows behind an order that still
works stand at the end of the file only after a snapshot, which rewrites that tail whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from logos.artifacts.rows import order_row
from logos.domain.orders import Order
from logos.live.appending import Appender
from logos.live.disk import Disk


class OrdersFile:
    """Writes ``orders.csv``.

    Attributes
    ----------
    waiting:
        Rows of final orders that have an open order before them, by number.
    next_id:
        The number of the first order that has no settled row yet.
    row:
        Makes an order's row, given the decimals of the account's currency.
    """

    def __init__(self, disk: Disk, path: Path, *, settled: int, next_id: int, decimals: int) -> None:
        self._disk = disk
        self._path = path
        self._decimals = decimals
        self.row: Callable[[Order, int], str] = order_row
        self._appender = Appender(disk, path, settled)
        self.waiting: dict[int, str] = {}
        self.next_id = next_id
        self._tail = False

    @property
    def settled(self) -> int:
        """How many bytes of the file will never change."""
        return self._appender.length + self._appender.pending

    def close_order(self, order: Order) -> None:
        """Take the row of an order in its final state."""
        self.waiting[order.intent.order_id] = self.row(order, self._decimals)
        while (row := self.waiting.pop(self.next_id, None)) is not None:
            self._appender.add(row.encode())
            self.next_id += 1

    def flush(self) -> None:
        """Hand settled rows to the operating system, unless a tail stands behind them."""
        if not self._tail:
            self._appender.flush()

    def snapshot(self, working: Mapping[int, Order]) -> None:
        """Write the file so that it shows every order, working ones with where they stand now."""
        rows = dict(self.waiting)
        for order_id, order in working.items():
            rows[order_id] = self.row(order, self._decimals)
        if not rows and not self._tail:
            self._appender.sync()
            return
        kept = self._path.read_bytes()[: self._appender.length] + self._appender.collected()
        tail = "".join(rows[order_id] for order_id in sorted(rows)).encode()
        self._disk.replace(self._path, kept + tail)
        replaced, self._appender = self._appender, Appender(self._disk, self._path, len(kept))
        replaced.close()
        self._tail = bool(rows)

    def close(self) -> None:
        """Close the file."""
        self._appender.close()
