"""The contract of every broker outside this process."""

from __future__ import annotations

import json
from collections.abc import Callable

import attrs

from logos.context.parts import PartContext
from logos.domain.events import Accepted, Previewed, Rejected, Unknown
from logos.domain.instruments import Instrument
from logos.domain.orders import Order
from logos.session.order_intent import CLIENT_ORDER_PREFIX
from logos.session.outside import OutsideBroker
from logos.session.seats import AccountView
from logos.testing.bars import instrument
from logos.testing.contexts import part_context
from logos.testing.contract import Contract, check_json, through_json
from logos.testing.guards import intent_of
from logos.testing.views import FakeAccount


@attrs.frozen(kw_only=True)
class Placed:
    """A broker outside to be tested, and how many orders its venue was asked to place so far."""

    broker: OutsideBroker
    placed: Callable[[], int]


class OutsideBrokerContract(Contract):
    """What every broker outside must keep besides the contract of brokers. Override ``open_broker``.

    The venue stands for the whole case: each call of ``open_broker`` is a restart of the program beside it.
    """

    def open_broker(self, context: PartContext) -> Placed:
        """Return a new broker at the same venue."""
        raise NotImplementedError

    def instrument(self) -> Instrument:
        """Return the instrument that is traded."""
        return instrument()

    def secrets(self) -> tuple[str, ...]:
        """Return the secrets that the broker was given."""
        return ()

    def silence(self) -> None:
        """Let the venue stop answering; where it cannot, the case is passed over."""
        raise NotImplementedError

    def test_o01_fills_the_seat(self) -> None:
        """Assert that the broker fills ``OutsideBroker``, and names its venue."""
        opened = self._open()
        assert isinstance(opened.broker, OutsideBroker), "O-01: it does not fill OutsideBroker"
        assert opened.broker.venue, "O-01: its venue has no name"

    def test_o02_survey_is_whole_and_without_secrets(self) -> None:
        """Assert that a survey can be made twice, survives JSON, and tells no secret."""
        broker = self._open().broker
        first, again = broker.survey(), broker.survey()
        assert first.checks, "O-02: it looks at nothing"
        assert first.venue == broker.venue, "O-02: the survey is of another venue"
        assert first.terms == again.terms, "O-02: the terms differ from one survey to the next"
        check_json(dict(first.record), "O-02")
        text = json.dumps(dict(first.record)) + "".join(f"{one.name} {one.text} {one.hint}" for one in first.checks)
        told = [secret for secret in self.secrets() if secret in text]
        assert not told, "O-02: the survey tells a secret"

    def test_o03_recovered_order_is_there_once(self) -> None:
        """Assert that an order that reached the venue before a crash is not placed again."""
        opened = self._open()
        order = self._order(1)
        list(opened.broker.submit(order, self._account()))
        before = opened.placed()
        again = self._open()
        events = list(again.broker.recover(self._order(1), self._account()))
        assert events, "O-03: a recovered order is not answered"
        assert again.placed() == before, "O-03: the order was placed again"

    def test_o04_order_that_was_never_seen_is_placed(self) -> None:
        """Assert that an order that did not reach the venue before a crash is placed once."""
        opened = self._open()
        before = opened.placed()
        events = [one for one in opened.broker.recover(self._order(1), self._account()) if type(one) is not Previewed]
        assert events, "O-04: a recovered order is not answered"
        assert isinstance(events[0], (Accepted, Rejected)), f"O-04: the order is answered by {events[0]}"
        assert opened.placed() - before <= 1, "O-04: the order was placed more than once"

    def test_o05_order_is_unknown_while_the_venue_cannot_say(self) -> None:
        """Assert that an order stays unknown, and is not placed, where the venue does not answer."""
        opened = self._open()
        before = opened.placed()
        try:
            self.silence()
        except NotImplementedError:
            return
        events = list(opened.broker.recover(self._order(1), self._account()))
        assert [type(one) for one in events] == [Unknown], f"O-05: the order is answered by {events}"
        assert opened.placed() == before, "O-05: the order was placed"
        state = opened.broker.snapshot()
        check_json(state, "O-05")
        assert through_json(state).get("unsettled") == [1], "O-05: the snapshot does not name it under 'unsettled'"

    def test_o06_standing_tells_an_order_that_works(self) -> None:
        """Assert that what works stands there under its client order id, and can be found by it."""
        opened = self._open()
        order = self._order(1)
        list(opened.broker.submit(order, self._account()))
        standing = opened.broker.standing()
        name = order.intent.client_order_id
        own = [one for one in standing.orders if one.place == standing.keeper and one.client_order_id == name]
        assert len(own) == 1, f"O-06: {len(own)} open orders have its name"
        found = opened.broker.find(order.intent)
        assert found is not None, "O-06: the order cannot be found by its client order id"
        assert (found.symbol, found.side, found.quantity) == (own[0].symbol, own[0].side, own[0].quantity), (
            "O-06: found and standing differ"
        )

    def test_o07_closing_repeats(self) -> None:
        """Assert that a broker can be let go of twice, and before it was ever connected."""
        broker = self._open().broker
        broker.close()
        broker.close()

    def _open(self) -> Placed:
        return self.open_broker(part_context(self.instrument()))

    def _order(self, number: int) -> Order:
        intent = intent_of(self.instrument(), 100, 10_000)
        intent = attrs.evolve(intent, order_id=number, client_order_id=f"{CLIENT_ORDER_PREFIX}{number:024x}")
        return Order(intent=intent, updated_at=intent.created_at)

    @staticmethod
    def _account() -> AccountView:
        return FakeAccount(instruments={})
