"""The contract of brokers outside passes the double of the kit, and for each case fails one that breaks just that."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import attrs
import pytest

from logos.domain.bars import Bar, Slice
from logos.domain.events import Accepted, Cancelled, Unknown
from logos.domain.orders import Order
from logos.session.outside import HealthCheck, Verdict
from logos.testing.bars import instrument
from logos.testing.contexts import part_context
from logos.testing.contract import through_json
from logos.testing.guards import intent_of
from logos.testing.keeper import Keeper, Trouble
from logos.testing.kept_broker import KeptBroker
from logos.testing.outside import OutsideBrokerContract, Placed
from logos.testing.views import FakeAccount


class Kept(OutsideBrokerContract):
    """The double at a venue that stands for one case."""

    kind: ClassVar[type] = KeptBroker
    folder: Path
    mute = False

    def open_broker(self, context):
        def trouble(request):
            return Trouble.LOST_ANSWER if self.mute and request == "find" else Trouble.NONE

        keeper = Keeper(self.folder / "keeper.json", trouble)
        return Placed(broker=self.kind(keeper, context), placed=lambda: keeper.requests)

    def silence(self):
        self.mute = True

    def secrets(self):
        return ("hunter2",)


class TestKept(Kept):
    @pytest.fixture(autouse=True)
    def venue(self, tmp_path):
        self.folder = tmp_path


class Nameless(KeptBroker):
    venue = ""


class Talkative(KeptBroker):
    def survey(self):
        check = HealthCheck(name="key", verdict=Verdict.OK, text="the key is hunter2")
        return attrs.evolve(super().survey(), checks=(check,))


class Resending(KeptBroker):
    def recover(self, order, account):
        yield from self.submit(order, account)


class Forgetting(KeptBroker):
    def recover(self, order, account):
        yield Unknown(order.intent.order_id, "who knows")


class Hopeful(KeptBroker):
    def recover(self, order, account):
        for event in super().recover(order, account):
            yield Accepted(event.order_id) if isinstance(event, Unknown) else event


class Secretive(KeptBroker):
    def standing(self):
        return attrs.evolve(super().standing(), orders=())


class Once(KeptBroker):
    closed = False

    def close(self):
        assert not self.closed, "closed twice"
        self.closed = True


@pytest.mark.parametrize(
    ("kind", "case"),
    [
        (Nameless, "O-01"),
        (Talkative, "O-02"),
        (Resending, "O-03"),
        (Forgetting, "O-04"),
        (Hopeful, "O-05"),
        (Secretive, "O-06"),
        (Once, "O-07"),
    ],
)
def test_a_broker_that_breaks_a_rule_fails_its_case(kind, case, tmp_path) -> None:
    failing = {}
    for number, (name, method) in enumerate(Kept.cases().items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        contract = type("Broken", (Kept,), {"kind": kind, "folder": folder})()
        try:
            getattr(contract, method)()
        except AssertionError as error:
            failing[name] = str(error)
    assert case in failing
    assert failing[case].startswith((case, "closed twice"))


def test_an_order_that_is_cancelled_while_it_is_unknown_never_trades_at_the_double(tmp_path) -> None:
    symbol = instrument()
    account = FakeAccount(instruments={})
    for lost in (Trouble.LOST_REQUEST, Trouble.LOST_ANSWER, Trouble.LATE):
        troubles = {"place": lost, "find": Trouble.LOST_ANSWER}
        path = tmp_path / f"{lost}.json"
        keeper = Keeper(path, lambda request, troubles=troubles: troubles.get(request, Trouble.NONE))
        broker = KeptBroker(keeper, part_context(symbol))
        order = Order(intent=intent_of(symbol, 100, 10_000), updated_at=0)
        assert [type(one) for one in broker.submit(order, account)] == [Unknown]
        assert list(broker.cancel(order, "target changed")) == []
        state = through_json(broker.snapshot())
        assert state == {"unsettled": [1], "unwanted": [[1, "target changed"]]}
        broker = KeptBroker(keeper, part_context(symbol))
        broker.restore(state, {1: order})
        troubles.clear()
        bars = Slice(60, (Bar(symbol, 0, 10_000, 10_000, 10_000, 10_000, 500),))
        events = [event for _ in range(3) for event in broker.match(bars, account)]
        assert [type(one) for one in events] == [Accepted, Cancelled], lost
        assert events[-1].reason == "target changed"
        assert [(one["status"], one["filled"]) for one in keeper.entries] == [("cancelled", "0")], lost
        assert broker.snapshot() == {"unsettled": [], "unwanted": []}
