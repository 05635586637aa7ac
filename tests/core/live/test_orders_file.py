"""``orders.csv``: a row an order by number, in whatever order they end, and through any cut and resume."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.artifacts.rows import order_row
from logos.domain.errors import StorageError
from logos.domain.orders import Order, OrderIntent, OrderStatus, OrderType, Side, TimeInForce
from logos.live.disk import Disk
from logos.live.orders_file import OrdersFile
from logos.testing.bars import instrument

HEADER = b"order_id,...\n"
DEMO = instrument()


def order(number: int, status: OrderStatus = OrderStatus.ACCEPTED) -> Order:
    intent = OrderIntent(
        order_id=number,
        client_order_id=f"id-{number}",
        strategy="s",
        instrument=DEMO,
        side=Side.BUY,
        order_type=OrderType.MARKET,
        time_in_force=TimeInForce.GTC,
        quantity=100 + number,
        limit_price=None,
        stop_price=None,
        decision_price=10_000,
        created_at=60 * number,
        reduces=False,
    )
    return Order(intent=intent, status=status, updated_at=60 * number)


class Folder:
    """An ``orders.csv`` with the orders that it is told of."""

    def __init__(self, path) -> None:
        self.path = path
        self.path.write_bytes(HEADER)
        self.working: dict[int, Order] = {}
        self.ended: dict[int, Order] = {}
        self.file = self.open(len(HEADER), 1, {})

    def open(self, settled: int, next_id: int, waiting: dict[int, str]) -> OrdersFile:
        file = OrdersFile(Disk(), self.path, settled=settled, next_id=next_id, decimals=8)
        file.waiting = dict(waiting)
        return file

    def begin(self) -> None:
        number = len(self.working) + len(self.ended) + 1
        self.working[number] = order(number)

    def end(self, index: int) -> None:
        if self.working:
            number = sorted(self.working)[index % len(self.working)]
            self.ended[number] = self.working.pop(number)
            self.ended[number].status = OrderStatus.FILLED
            self.file.close_order(self.ended[number])

    def snapshot(self) -> None:
        self.file.snapshot(self.working)
        assert self.path.read_bytes() == HEADER + self.rows(*self.working, *self.ended)

    def crash(self) -> None:
        """Take a snapshot, lose what is written after it, and open the file again as a resumed session does."""
        self.snapshot()
        settled, next_id, waiting = self.file.settled, self.file.next_id, dict(self.file.waiting)
        self.file.close()
        Disk().cut(self.path, settled)
        self.file = self.open(settled, next_id, waiting)

    def rows(self, *numbers: int) -> bytes:
        found = {**self.working, **self.ended}
        return "".join(order_row(found[number], 8) for number in sorted(numbers)).encode()

    def check(self) -> None:
        """Whatever stands in the file at any time is whole rows, by number, with none left out."""
        content = self.path.read_bytes()
        assert content.startswith(HEADER)
        assert content.endswith(b"\n")
        numbers = [int(line.split(b",")[0]) for line in content[len(HEADER) :].splitlines()]
        assert numbers == list(range(1, len(numbers) + 1))


STEPS = st.lists(
    st.sampled_from(["begin", "begin", "flush", "snapshot", "crash"]) | st.integers(0, 9),
    max_size=30,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A file that every example writes anew."""
    return tmp_path_factory.mktemp("orders") / "orders.csv"


@given(STEPS)
def test_rows_stand_by_number_whatever_ends_first_and_whenever_it_is_cut(path, steps) -> None:
    folder = Folder(path)
    for step in steps:
        if isinstance(step, int):
            folder.end(step)
        elif step == "flush":
            folder.file.flush()
        else:
            getattr(folder, step)()
        folder.check()
    folder.snapshot()
    folder.file.close()


def test_rows_behind_an_open_order_wait_for_it(tmp_path) -> None:
    folder = Folder(tmp_path / "orders.csv")
    for _ in range(3):
        folder.begin()
    folder.end(2)
    folder.end(1)
    folder.file.flush()
    assert folder.path.read_bytes() == HEADER
    assert sorted(folder.file.waiting) == [2, 3]
    folder.end(0)
    folder.file.flush()
    assert folder.path.read_bytes() == HEADER + folder.rows(1, 2, 3)
    folder.file.close()


def test_a_snapshot_shows_working_orders_as_they_stand_and_settles_none_of_them(tmp_path) -> None:
    folder = Folder(tmp_path / "orders.csv")
    folder.begin()
    folder.begin()
    folder.end(1)
    settled = folder.file.settled
    folder.snapshot()
    assert folder.file.settled == settled == len(HEADER)
    folder.working[1] = attrs.evolve(folder.working[1], filled=5)
    folder.snapshot()
    folder.file.close()


class FullDisk(Disk):
    """Has no room for a file that is put in place whole, and knows which descriptors are open."""

    def __init__(self) -> None:
        self.open: list[int] = []

    def open_append(self, path):
        self.open.append(super().open_append(path))
        return self.open[-1]

    def close(self, descriptor) -> None:
        self.open.remove(descriptor)
        super().close(descriptor)

    def replace(self, path, data) -> None:
        raise StorageError(f"cannot write {path}: No space left on device")


def test_a_snapshot_that_finds_the_disk_full_leaves_rows_whole_and_the_file_can_be_closed(tmp_path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(HEADER)
    disk = FullDisk()
    file = OrdersFile(disk, path, settled=len(HEADER), next_id=1, decimals=8)
    ended = order(1, OrderStatus.FILLED)
    file.close_order(ended)
    with pytest.raises(StorageError):
        file.snapshot({2: order(2)})
    assert path.read_bytes() in {HEADER, HEADER + order_row(ended, 8).encode()}
    file.close()
    assert disk.open == []
