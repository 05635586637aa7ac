"""Sessions with a broker that really sends: they die anywhere, and the venue loses, delays, fills, changes, doubles.

None ends with a duplicate, and none with an order that nobody tells of.
"""

from __future__ import annotations

import copy
import csv
import json
from collections import Counter
from decimal import Decimal

import attrs
import pytest

from logos.context.seed import Seed
from logos.live.disk import Disk
from logos.live.reconcile import ReconciliationError
from logos.testing.keeper import Keeper, Trouble, filled_away

SAMPLE = 40
WHOLE = 10_000
BARS = 12
OPEN = ("accepted", "partially_filled")


@attrs.define
class Fate:
    """Everything that happens in one run, drawn from its seed."""

    seed: Seed
    asked: int = 0

    def draw(self, of: int, *what: int | str) -> int:
        return self.seed.number(*what) % of

    def trouble(self, request: str) -> Trouble:
        self.asked += 1
        throw = self.draw(10, "trouble", self.asked)
        if request == "find":
            return Trouble.LOST_ANSWER if throw < 3 else Trouble.NONE
        found = (Trouble.LOST_REQUEST, Trouble.LOST_ANSWER, Trouble.LATE, Trouble.REFUSED)
        return found[throw] if throw < len(found) else Trouble.NONE


def _own(book, fate, *statuses):
    entries = [one for one in book["orders"] if one["client_order_id"].startswith("lg-") and one["status"] in statuses]
    return entries[fate.draw(len(entries), "which", fate.asked)] if entries else None


def _with_open(change):
    def tamper(book, fate):
        entry = _own(book, fate, *OPEN)
        if entry is not None:
            change(book, entry)
        return entry is not None

    return tamper


def _stranger(book, _fate):
    book["orders"].append(
        {
            "client_order_id": "somebody-else",
            "symbol": "ZZZ",
            "side": "buy",
            "quantity": "1",
            "filled": "0",
            "status": "accepted",
            "trades": [],
        }
    )
    return True


def _change(_book, entry):
    entry["quantity"] = str(Decimal(entry["quantity"]) + 1)


TAMPERS = {
    "nothing": lambda _book, _fate: False,
    "filled in part": _with_open(lambda _book, entry: filled_away(entry, Decimal("0.001"), 9_999)),
    "filled whole": _with_open(
        lambda _book, entry: filled_away(entry, Decimal(entry["quantity"]) - Decimal(entry["filled"]), 9_999)
    ),
    "cancelled": _with_open(lambda _book, entry: entry.update(status="cancelled")),
    "foreign": _stranger,
    "forgotten": _with_open(lambda book, entry: book["orders"].remove(entry)),
    "changed": _with_open(_change),
    "doubled": _with_open(lambda book, entry: book["orders"].append(copy.deepcopy(entry))),
    "filled at no price": _with_open(lambda _book, entry: filled_away(entry, Decimal("0.001"), None)),
}
STOPPING = {"changed", "doubled", "filled at no price"}


class Mortal(Disk):
    """A disk under a program that dies at one of its operations, or at one of the venue's."""

    def __init__(self, house, left: int) -> None:
        super().__init__()
        self._house = house
        self._left = left
        house.work.VENUE.step = self.step

    def step(self, _moment: str) -> None:
        self._left -= 1
        if self._left < 0:
            raise self._house.work.Killed

    def _explained(self, action, path):
        self.step(action)
        return super()._explained(action, path)


def live_through(house, seed: int) -> Counter:
    """Run a session through its fate to its end, and check what must hold then. Return what has happened in it."""
    fate = Fate(Seed(seed))
    house.lay(broker="kept", count=BARS, session={"name": "out", "seed": seed})
    house.work.VENUE.trouble = fate.trouble
    keeper = Keeper(house.workspace / "keeper.json")
    seen: Counter = Counter()
    stopped_by, before = "", keeper.book
    for life in range(6):
        last = life == 5
        disk = Mortal(house, 10**9 if last else 30 + fate.draw(120, "life", life))
        try:
            if (house.folder / "state.json").exists():
                house.resume(disk=disk)
            else:
                house.start(disk=disk)
            break
        except ReconciliationError as error:
            if stopped_by not in STOPPING:
                pytest.fail(f"seed {seed}: stopped by {stopped_by or 'nothing'}: {error.problems}")
            seen["stopped"] += 1
            keeper.tamper(lambda book, kept=before: book.update(kept))
            stopped_by = ""
            continue
        except house.work.Killed:
            seen["died"] += 1
        before = keeper.book
        name = sorted(TAMPERS)[fate.draw(len(TAMPERS), "tamper", life)]
        if last or (life == 4 and name in STOPPING):
            name = "nothing"
        applied = []
        keeper.tamper(lambda book, what=name, done=applied: done.append(TAMPERS[what](book, fate)))
        stopped_by = name if applied[0] else ""
        seen[f"tampered: {stopped_by}"] += 1
    else:
        house.resume()
    check(house, keeper, seed, seen)
    return seen


def check(house, keeper: Keeper, seed: int, seen: Counter) -> None:
    journal = [json.loads(line) for line in (house.folder / "state.jsonl").read_text().splitlines()]
    names = {one["order_id"]: one["client_order_id"] for one in journal if one["type"] == "intent"}
    lost = {one["client_order_id"] for one in journal if one["type"] == "lost_intent"}
    with (house.folder / "orders.csv").open(newline="") as file:
        orders = {names[int(row["order_id"])]: row for row in csv.DictReader(file)}
    summary = (house.folder / "session.md").read_text()
    own = [entry for entry in keeper.entries if entry["client_order_id"].startswith("lg-")]
    doubled = [name for name, count in Counter(one["client_order_id"] for one in own).items() if count > 1]
    tampered = {what for what in seen if what.startswith("tampered: ")}
    assert not doubled or "tampered: doubled" in tampered, f"seed {seed}: {doubled} stand there twice"
    for entry in own:
        name = entry["client_order_id"]
        order = orders.get(name)
        if order is None:
            assert name in lost, f"seed {seed}: nobody tells of {name}, which stands there"
        elif order["status"] in {"unknown", "accepted", "partially_filled"}:
            assert name in summary, f"seed {seed}: nobody tells that {name} has not ended"
        elif order["status"] != "cancelled" or "tampered: cancelled" not in tampered:
            assert Decimal(order["filled_quantity"]) == Decimal(entry["filled"]), f"seed {seed}: {order} is {entry}"
        seen[f"order {order['status'] if order else 'lost'}"] += 1
    there = {entry["client_order_id"] for entry in own}
    for name, order in orders.items():
        if order["status"] in {"accepted", "partially_filled", "filled"}:
            assert name in there or "tampered: forgotten" in tampered, f"seed {seed}: {name} is lost"


def test_a_sample_of_lives_ends_without_a_duplicate_or_a_lost_order(make_house) -> None:
    seen: Counter = Counter()
    for seed in range(SAMPLE):
        seen += live_through(make_house(), seed)

    assert seen["died"] > SAMPLE, seen
    assert seen["stopped"] > 0
    missing = [what for what in TAMPERS if what != "nothing" and not seen[f"tampered: {what}"]]
    assert not missing, f"the sample has no case of {missing}"


@pytest.mark.long
def test_ten_thousand_lives_end_without_a_duplicate_or_a_lost_order(make_house) -> None:
    for seed in range(WHOLE):
        live_through(make_house(), seed)
