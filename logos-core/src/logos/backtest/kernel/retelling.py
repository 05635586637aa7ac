"""What a compiled run has done, told to a recorder as a session would have told it: the same events in the same order.

Only a run whose tables tell the whole story is told again: every signal became one order for all that it asked for,
so that no decision needs a reason. Any other run is the session's own.
"""

from __future__ import annotations

from collections.abc import Sequence

from logos.backtest.kernel import layout
from logos.backtest.kernel.terms import KernelTerms
from logos.domain.events import Accepted, BrokerEvent, Cancelled, Fill
from logos.domain.money import RATIO_ONE, divide_half_even
from logos.domain.orders import Liquidity, Order, OrderIntent, OrderStatus, OrderType, Side, Signal, TimeInForce
from logos.live.event_recorder import EventRecorder
from logos.session.machine import SessionParts
from logos.session.order_intent import client_order_id
from logos.session.records import Decision, Outcome
from logos.session.seats import PairSignal

_GROUP = 2_048
"""After how many orders what was collected is handed over."""


class Retelling:
    """Tells a recorder the orders and fills of a run, from its first slice on.

    Parameters
    ----------
    terms:
        What is fixed of the config.
    parts:
        The session's parts, untouched by any run.
    session_id:
        Names the session in client order ids.
    recorder:
        Hears everything that happens.
    """

    def __init__(self, terms: KernelTerms, *, parts: SessionParts, session_id: str, recorder: EventRecorder) -> None:
        self._parts = parts
        self._session_id = session_id
        self._recorder = recorder
        self._pairs = terms.pairs
        self._instruments = [terms.instruments[pair.symbol] for pair in terms.pairs]
        self._interval = terms.interval
        self._held = [0] * len(terms.pairs)
        self._working: list[Order | None] = [None] * len(terms.pairs)
        self._weights: dict[tuple[int, int], int | None] = {}
        self._orders = 0
        self._trades = 0

    def tell(self, orders: Sequence[list[int]], fills: Sequence[list[int]]) -> None:
        """Tell what has happened since the last time: rows of the loop's tables ``orders`` and ``fills``."""
        told = 0
        for order in orders:
            # Within a slice, working orders are filled before signals become new ones.
            while told < len(fills) and fills[told][layout.AT_CLOCK] <= order[layout.AT_CLOCK]:
                self._tell_fill(fills[told])
                told += 1
            self._tell_order(order)
            if not self._orders % _GROUP:
                self._recorder.flush()
        for fill in fills[told:]:
            self._tell_fill(fill)

    def end(self, clock: int, reason: str = "end_of_data") -> None:
        """Tell that the run has ended at a clock: what still works is cancelled, by number."""
        numbers = {order.intent.order_id: place for place, order in enumerate(self._working) if order is not None}
        for number in sorted(numbers):
            self._cancel(numbers[number], clock, reason)

    def _tell_order(self, row: list[int]) -> None:
        """Tell what a changed signal brings: the end of the pair's last order, the decision, the order, its answer."""
        clock, place, quantity, price, reduces, signal = row
        pair, instrument = self._pairs[place], self._instruments[place]
        self._orders = number = self._orders + 1
        self._cancel(place, clock, "target changed")
        decision = Decision(
            clock=clock,
            pair=pair,
            instrument=instrument,
            signal=signal,
            weight=self._weight(place, signal),
            quantity=self._held[place] + quantity,
            outcome=Outcome.ORDERED,
            order_id=number,
        )
        intent = OrderIntent(
            order_id=number,
            client_order_id=client_order_id(self._session_id, pair.strategy, number),
            strategy=pair.strategy,
            instrument=instrument,
            side=Side.BUY if quantity > 0 else Side.SELL,
            order_type=OrderType.MARKET,
            time_in_force=TimeInForce.GTC,
            quantity=abs(quantity),
            limit_price=None,
            stop_price=None,
            decision_price=price,
            created_at=clock,
            reduces=bool(reduces),
        )
        order = self._working[place] = Order(intent=intent, updated_at=clock)
        self._recorder.decided(decision)
        self._recorder.intended(order)
        order.status = OrderStatus.ACCEPTED
        self._recorder.answered(clock, Accepted(number))

    def _tell_fill(self, row: list[int]) -> None:
        clock, place, quantity, price, reference, value, fee, realized, number = row
        order = self._working[place]
        assert order is not None
        lots = abs(quantity)
        self._held[place] += quantity
        self._trades += 1
        order.updated_at = clock
        order.filled += lots
        order.filled_ticks += lots * price
        order.fees += fee
        done = not order.remaining
        order.status = OrderStatus.FILLED if done else OrderStatus.PARTIALLY_FILLED
        event = Fill(number, clock - self._interval, lots, price, Liquidity.TAKER, value, fee, reference)
        self._recorder.filled(clock, self._trades, order, event, realized)
        if done:
            self._working[place] = None
            self._recorder.closed(order)

    def _cancel(self, place: int, clock: int, reason: str) -> None:
        """Tell the end of a pair's working order, where it has one."""
        order = self._working[place]
        if order is None:
            return
        event: BrokerEvent = Cancelled(order.intent.order_id, reason)
        self._working[place] = None
        order.updated_at, order.status, order.reason = clock, OrderStatus.CANCELLED, reason
        self._recorder.answered(clock, event)
        self._recorder.closed(order)

    def _weight(self, place: int, value: int) -> int | None:
        """Return the share of equity, in hundred-millionths, that the allocator gives a signal; the first asks it."""
        if (place, value) not in self._weights:
            signal = PairSignal(pair=self._pairs[place], instrument=self._instruments[place], signal=Signal(value))
            (target,) = self._parts.allocator.targets([signal], self._parts.books)
            weight = target.weight
            self._weights[place, value] = (
                None if weight is None else divide_half_even(weight.numerator * RATIO_ONE, weight.denominator)
            )
        return self._weights[place, value]
