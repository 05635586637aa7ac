"""The contract of brokers."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from logos.context.parts import PartContext
from logos.domain.bars import Slice
from logos.domain.events import Accepted, BrokerEvent, Cancelled, Expired, Fill, Rejected
from logos.domain.instruments import Instrument
from logos.domain.orders import OrderIntent, OrderType, Side, TimeInForce
from logos.session.seats import Broker
from logos.testing.bars import bars_of, instrument, slices_of, wave
from logos.testing.contexts import part_context
from logos.testing.contract import Contract, check_json, through_json
from logos.testing.desk import Desk
from logos.testing.guards import intent_of
from logos.testing.views import FakeAccount, session_of

_STEPS = 90


@attrs.frozen(kw_only=True)
class Round:
    """A slice, and what the session does after it: cancel orders, then send new ones."""

    bars: Slice
    cancels: tuple[int, ...]
    intents: tuple[OrderIntent, ...]


def sample_rounds(of: Instrument) -> list[Round]:
    """Return rounds with orders of every type and time in force, larger than a bar's volume, some cancelled early."""
    slices = slices_of(bars_of(of, wave(_STEPS), volume=400))
    rounds = []
    for index, bars in enumerate(slices):
        close = bars.bars[0].close
        intents = _orders(of, index, close, bars.clock) if index % 5 == 0 else ()
        # Two bars after an order of every second group, what is left of its first one is cancelled.
        cancels = (index - 2 + 1,) if index % 10 == 7 else ()
        rounds.append(Round(bars=bars, cancels=cancels, intents=intents))
    return rounds


def _orders(of: Instrument, index: int, close: int, clock: int) -> tuple[OrderIntent, ...]:
    """Return a limit, a market, a stop and a stop-limit order; the numbers of step ``index`` start at ``index + 1``."""
    buy = index // 5 % 3 != 2
    sign = 1 if buy else -1
    away = close - sign * 40
    beyond = close + sign * 40
    changes: list[tuple[OrderType, int | None, int | None, TimeInForce]] = [
        (OrderType.LIMIT, away, None, TimeInForce.GTC),
        (OrderType.MARKET, None, None, TimeInForce.IOC if index % 2 else TimeInForce.GTC),
        (OrderType.STOP, None, beyond, TimeInForce.GTC),
        (OrderType.STOP_LIMIT, beyond + sign * 15, beyond, TimeInForce.DAY),
    ]
    base = intent_of(of, sign * 300, close)
    return tuple(
        attrs.evolve(
            base,
            order_id=index + offset + 1,
            client_order_id=f"test-{index + offset + 1}",
            order_type=order_type,
            limit_price=limit,
            stop_price=stop,
            time_in_force=time_in_force,
            created_at=clock,
        )
        for offset, (order_type, limit, stop, time_in_force) in enumerate(changes)
    )


class BrokerContract(Contract):
    """What every broker must keep. Override ``make_broker``."""

    def make_broker(self, context: PartContext) -> Broker:
        """Return a new broker, each time with the same config."""
        raise NotImplementedError

    def instrument(self) -> Instrument:
        """Return the instrument that is traded."""
        return instrument()

    def rounds(self) -> Sequence[Round]:
        """Return the run; override it where a broker takes only some types of orders."""
        return sample_rounds(self.instrument())

    def test_b01_no_trade_before_acceptance(self) -> None:
        """Assert that an order is accepted or rejected at once, and trades in a later slice only."""
        answered: dict[int, type[BrokerEvent]] = {}
        desk = self._run()
        for step, event in desk.events:
            if step == "submit":
                assert isinstance(event, (Accepted, Rejected)), f"B-01: a new order is answered by {event}"
                assert event.order_id not in answered, f"B-01: order {event.order_id} is answered twice"
                answered[event.order_id] = type(event)
            else:
                taken = answered.get(event.order_id) is Accepted
                assert taken, f"B-01: {event}, although order {event.order_id} was not accepted"
        missing = sorted(set(desk.orders) - set(answered))
        assert not missing, f"B-01: orders {missing} were neither accepted nor rejected"

    def test_b02_no_trade_beyond_the_order(self) -> None:
        """Assert that fills are above zero, and never come to more than was ordered."""
        desk = self._run()
        filled = dict.fromkeys(desk.orders, 0)
        for fill in _fills(desk):
            assert fill.quantity > 0, f"B-02: a fill of {fill.quantity} lots"
            filled[fill.order_id] += fill.quantity
            ordered = desk.orders[fill.order_id].intent.quantity
            assert filled[fill.order_id] <= ordered, (
                f"B-02: order {fill.order_id} of {ordered} lots was filled with {filled[fill.order_id]}"
            )

    def test_b03_no_event_after_the_end(self) -> None:
        """Assert that a cancelled, expired or rejected order is never heard of again, and that a cancel cancels."""
        ended: dict[int, BrokerEvent] = {}
        desk = self._run()
        for step, event in desk.events:
            assert event.order_id not in ended, f"B-03: {event} comes after {ended.get(event.order_id)}"
            if step == "cancel":
                assert isinstance(event, Cancelled), f"B-03: a cancel is answered by {event}"
            if isinstance(event, (Cancelled, Expired, Rejected)):
                ended[event.order_id] = event
        for number in (number for one in self.rounds() for number in one.cancels):
            assert desk.orders[number].status.is_final, f"B-03: order {number} still works after its cancel"

    def test_b04_restart_goes_on_as_if_nothing_happened(self) -> None:
        """Assert that a broker restored between two bars trades like one that was never stopped."""
        rounds = self.rounds()
        whole = self._run().events
        for cut in range(1, len(rounds), 11):
            stopped = self._run(rounds[:cut])
            state = stopped.broker.snapshot()
            check_json(state, "B-04")
            orders = stopped.working()
            broker = self.make_broker(self._context())
            broker.restore(through_json(state), orders)
            desk = Desk(broker, stopped.account, {**stopped.orders, **orders})
            self._drive(desk, rounds[cut:])
            assert [*stopped.events, *desk.events] == whole, f"B-04: events differ after a restart at round {cut}"

    def test_b05_same_input_same_events(self) -> None:
        """Assert that two brokers side by side give the same events as one alone."""
        rounds = self.rounds()
        alone = self._run().events
        pair = [self._desk(), self._desk()]
        for one in rounds:
            for desk in pair:
                self._drive(desk, [one])
        for desk in pair:
            assert desk.events == alone, "B-05: events differ when a second broker runs beside the first"

    def test_b06_limits_are_kept(self) -> None:
        """Assert that no order trades at a worse price than its limit."""
        desk = self._run()
        for fill in _fills(desk):
            intent = desk.orders[fill.order_id].intent
            limit = intent.limit_price
            if limit is not None:
                kept = fill.price <= limit if intent.side is Side.BUY else fill.price >= limit
                assert kept, f"B-06: order {fill.order_id} with limit {limit} was filled at {fill.price}"

    def test_b07_values_are_exact(self) -> None:
        """Assert that a fill's value is price times quantity, rounded once, and its fee a whole number."""
        desk = self._run()
        fills = _fills(desk)
        assert fills, "B-07: no order was filled in the whole run"
        for fill in fills:
            exact = desk.account.value(self.instrument(), fill.price, fill.quantity)
            assert fill.value == exact, f"B-07: a fill says {fill.value}, and price times quantity is {exact}"
            assert isinstance(fill.fee, int), f"B-07: a fee is {fill.fee!r}, and must be whole minor units"

    def _context(self) -> PartContext:
        return part_context(self.instrument())

    def _desk(self) -> Desk:
        account: FakeAccount = session_of(self.instrument()).account
        return Desk(self.make_broker(self._context()), account)

    def _run(self, rounds: Sequence[Round] | None = None) -> Desk:
        desk = self._desk()
        self._drive(desk, self.rounds() if rounds is None else rounds)
        return desk

    @staticmethod
    def _drive(desk: Desk, rounds: Sequence[Round]) -> None:
        for one in rounds:
            desk.match(one.bars)
            for number in one.cancels:
                desk.cancel(number, "target_changed")
            for intent in one.intents:
                desk.submit(intent)


def _fills(desk: Desk) -> list[Fill]:
    return [event for _, event in desk.events if isinstance(event, Fill)]
