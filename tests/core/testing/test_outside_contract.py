"""The contract of brokers outside passes the double of the kit, and for each case fails one that breaks just that."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import attrs
import pytest

from logos.domain.events import Accepted, Unknown
from logos.session.outside import HealthCheck, Verdict
from logos.testing.outside import Keeper, KeptBroker, OutsideBrokerContract, Placed, Trouble


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
