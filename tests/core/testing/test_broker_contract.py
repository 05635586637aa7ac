"""The brokers' contract passes an honest broker, and for each case fails one that breaks just that."""

from typing import ClassVar

import attrs
import pytest

from logos.domain.events import Accepted, Cancelled, Expired, Fill
from logos.domain.orders import Liquidity, OrderType, Side, TimeInForce
from logos.testing.brokers import BrokerContract

CAP = 100


class Honest:
    """Fills limit orders at their limit when the bar reaches it, everything else at the open, CAP lots a bar."""

    def __init__(self):
        self.orders = {}
        self.fills = 0

    def submit(self, order, account):
        self.orders[order.intent.order_id] = order
        yield Accepted(order.intent.order_id)

    def cancel(self, order, reason):
        del self.orders[order.intent.order_id]
        yield Cancelled(order.intent.order_id, reason)

    def match(self, bars, account):
        (bar,) = bars.bars
        for number, order in sorted(self.orders.items()):
            price = self.price(order.intent, bar)
            if price is not None:
                yield self.fill(order, bar, price, account)
                if order.remaining <= 0:
                    del self.orders[number]
                    continue
            if order.intent.time_in_force is TimeInForce.IOC:
                del self.orders[number]
                yield Expired(number, "ioc")

    def price(self, intent, bar):
        limit = intent.limit_price
        if limit is None:
            return bar.open
        reached = bar.low <= limit if intent.side is Side.BUY else bar.high >= limit
        return limit if reached else None

    def quantity(self, order):
        return min(order.remaining, CAP)

    def fill(self, order, bar, price, account):
        self.fills += 1
        quantity = self.quantity(order)
        value = account.value(bar.instrument, price, quantity)
        return Fill(order.intent.order_id, bar.timestamp, quantity, price, Liquidity.TAKER, value, self.fills)

    def affordable(self, intent, account):
        return intent.quantity

    def snapshot(self):
        return {"fills": self.fills}

    def restore(self, state, orders):
        self.fills = state["fills"]
        self.orders = dict(orders)


class FillsAtOnce(Honest):
    def submit(self, order, account):
        yield from super().submit(order, account)
        intent = order.intent
        if intent.order_type is OrderType.MARKET:
            value = account.value(intent.instrument, intent.decision_price, 1)
            yield Fill(intent.order_id, intent.created_at, 1, intent.decision_price, Liquidity.TAKER, value, 0)


class TakesInSilence(Honest):
    def submit(self, order, account):
        return iter([event for event in super().submit(order, account) if event.order_id != 12])


class Overfills(Honest):
    def quantity(self, order):
        return CAP + 70


class EndsTwice(Honest):
    ended = ()

    def cancel(self, order, reason):
        self.ended = (order.intent.order_id,)
        yield from super().cancel(order, reason)

    def match(self, bars, account):
        for number in self.ended:
            yield Expired(number, "again")
        self.ended = ()
        yield from super().match(bars, account)

    def snapshot(self):
        return {"fills": self.fills, "ended": list(self.ended)}

    def restore(self, state, orders):
        super().restore(state, orders)
        self.ended = tuple(state["ended"])


class ForgetsItsState(Honest):
    def restore(self, state, orders):
        self.orders = dict(orders)


class SnapshotsATuple(Honest):
    def snapshot(self):
        return {"fills": self.fills, "orders": (1, 2)}


class SharesItsCount(Honest):
    shared: ClassVar[list[int]] = [0]

    @property
    def fills(self):
        return self.shared[0]

    @fills.setter
    def fills(self, value):
        self.shared[0] = value


class IgnoresLimits(Honest):
    def price(self, intent, bar):
        return bar.open


class RoundsTwice(Honest):
    def fill(self, order, bar, price, account):
        fill = super().fill(order, bar, price, account)
        return attrs.evolve(fill, value=fill.value + 1)


def contract(broker):
    class Held(BrokerContract):
        def make_broker(self, context):
            return broker()

    return Held()


def test_honest_broker_passes_every_case():
    assert contract(Honest).failing() == {}


@pytest.mark.parametrize(
    ("broker", "case"),
    [
        (FillsAtOnce, "B-01"),
        (TakesInSilence, "B-01"),
        (Overfills, "B-02"),
        (EndsTwice, "B-03"),
        (ForgetsItsState, "B-04"),
        (SnapshotsATuple, "B-04"),
        (SharesItsCount, "B-05"),
        (IgnoresLimits, "B-06"),
        (RoundsTwice, "B-07"),
    ],
)
def test_wrong_broker_fails_its_case_alone(broker, case):
    faults = contract(broker).failing()
    assert list(faults) == [case]
    assert case in faults[case]
