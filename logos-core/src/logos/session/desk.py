"""The order desk: sends orders to the broker, applies its answers, books the fills, and has all of it recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import attrs

from logos.context.redaction import redact, redact_text
from logos.domain.bars import Slice
from logos.domain.errors import BrokenInvariantError, LogosError, PartFailedError
from logos.domain.events import Accepted, BrokerEvent, Cancelled, Cause, Expired, Fill, Previewed, Rejected, Unknown
from logos.domain.orders import Order, OrderStatus, Side
from logos.session.outside import OutsideBroker
from logos.session.pairs import PairState
from logos.session.records import Recorder
from logos.session.working import WorkingOrders

if TYPE_CHECKING:
    from logos.session.machine import Session

_FINAL_BY_EVENT = {
    Rejected: OrderStatus.REJECTED,
    Cancelled: OrderStatus.CANCELLED,
    Expired: OrderStatus.EXPIRED,
}


class OrderDesk:
    """Everything that touches an order after it was decided.

    Attributes
    ----------
    moved:
        The symbols whose position has changed since the last ``record_moves``.
    recorded:
        The clock of the last ``record_moves``, and the symbols that it recorded.
    written_ahead:
        Client order ids whose intents were on the disk before a restart, and may have reached the broker outside.
    """

    def __init__(self, session: Session, recorder: Recorder, working: WorkingOrders) -> None:
        self._session = session
        self._recorder = recorder
        self._working = working
        self._broker = session.parts.broker
        self._books = session.parts.books
        self._guards = session.parts.guards
        self._owners: dict[int, PairState] = {}
        self.last_order_id = 0
        self.last_trade_id = 0
        self.moved: set[str] = set()
        self.recorded: tuple[int, tuple[str, ...]] = (0, ())
        self.written_ahead: set[str] = set()

    def next_order_id(self) -> int:
        """Return the number that the next recorded order will have."""
        return self.last_order_id + 1

    def send(self, order: Order, state: PairState) -> None:
        """Record an order's intent, and hand it to the broker."""
        self._number(order)
        self._session.counts.orders += 1
        self._recorder.intended(order)
        self._working.add(order)
        state.orders.append(order.intent.order_id)
        self._owners[order.intent.order_id] = state
        self._apply(self._way_out(order), order, self._books)

    def block(self, order: Order, causes: Sequence[Cause]) -> None:
        """Record an order that guards have blocked; the broker never sees it."""
        self._number(order)
        counts = self._session.counts
        counts.orders += 1
        counts.blocked += 1
        order.status = OrderStatus.BLOCKED
        order.reason = "; ".join(f"{cause.guard}: {cause.reason}" for cause in causes)
        self._recorder.blocked(order, causes)
        self._recorder.closed(order)

    def adopt(self, order: Order, state: PairState) -> None:
        """Take back a working order after a restart."""
        self._working.add(order)
        self._owners[order.intent.order_id] = state

    def cancel_pair(self, state: PairState, reason: str) -> None:
        """Cancel a pair's working orders, effective at once."""
        for order_id in list(state.orders):
            order = self._working.by_id.get(order_id)
            if order is not None:
                self._apply(self._broker.cancel, order, reason)

    def cancel_all(self, reason: str) -> None:
        """Cancel every working order, in order of number."""
        for order_id in sorted(self._working.by_id):
            self._apply(self._broker.cancel, self._working.by_id[order_id], reason)

    def match(self, bars: Slice) -> None:
        """Let the broker match the working orders against a slice."""
        self._apply(self._broker.match, bars, self._books)

    def record_moves(self, clock: int) -> None:
        """Record every position that has changed, in name order."""
        symbols = tuple(sorted(self.moved))
        for symbol in symbols:
            self._recorder.position(clock, self._books.holding(symbol))
        self.recorded = (clock, symbols)
        self.moved.clear()

    def recorded_at(self, clock: int) -> tuple[str, ...]:
        """Return the symbols whose position was recorded at a clock, if it is the last at which any was."""
        return self.recorded[1] if self.recorded[0] == clock else ()

    def _way_out(self, order: Order) -> Callable[..., Iterable[BrokerEvent]]:
        """Return what hands an order to the broker: one that may be there already is looked for first."""
        name = order.intent.client_order_id
        if name not in self.written_ahead:
            return self._broker.submit
        broker = self._broker
        if not isinstance(broker, OutsideBroker):
            raise BrokenInvariantError(f"order {name} was written ahead for a broker that nothing can be asked of")
        self.written_ahead.remove(name)
        return broker.recover

    def _number(self, order: Order) -> None:
        if order.intent.order_id != self.next_order_id():
            raise BrokenInvariantError(
                f"order {order.intent.order_id} was to be recorded as number {self.next_order_id()}"
            )
        self.last_order_id = order.intent.order_id

    def _apply(self, ask: Callable[..., Iterable[BrokerEvent]], *arguments: object) -> None:
        """Apply what the broker says, event by event; what goes wrong while it speaks is its failure, not ours."""
        session, working, answered = self._session, self._working.by_id, self._guards.answered
        speaks = True
        try:
            for event in ask(*arguments):
                speaks = False
                order = working.get(event.order_id) or _unheard_of(event)
                order.updated_at = session.clock
                if type(event) is Fill:
                    self._fill(order, event)
                else:
                    self._answer(order, _shown(event))
                answered(event, session)
                speaks = True
        except LogosError:
            raise
        except Exception as error:
            if speaks:
                raise PartFailedError.of("the broker", error) from error
            raise

    def _fill(self, order: Order, fill: Fill) -> None:
        intent = order.intent
        quantity, before = fill.quantity, order.remaining
        if not 0 < quantity <= before:
            raise BrokenInvariantError(
                f"the broker filled {quantity} lots of order {intent.order_id}, which has {before} left"
            )
        remaining = before - quantity
        signed = quantity if intent.side is Side.BUY else -quantity
        realized = self._books.book(intent.instrument, signed, fill.value, fill.fee)
        self._working.filled(order, quantity)
        order.filled += quantity
        order.filled_ticks += quantity * fill.price
        order.fees += fill.fee
        state = self._owners[intent.order_id]
        state.position += signed
        self.last_trade_id += 1
        self._session.counts.fills += 1
        self.moved.add(intent.instrument.symbol)
        if order.status is OrderStatus.UNKNOWN:
            self._working.mark_unknown(order, unknown=False)
        order.status = OrderStatus.PARTIALLY_FILLED if remaining else OrderStatus.FILLED
        if not remaining:
            self._release(order)
        self._recorder.filled(self._session.clock, self.last_trade_id, order, fill, realized)
        if not remaining:
            self._recorder.closed(order)

    def _answer(self, order: Order, event: BrokerEvent) -> None:
        if type(event) is Previewed:
            order.venue_outcome = event.outcome
            self._recorder.answered(self._session.clock, event)
            return
        final = _FINAL_BY_EVENT.get(type(event))
        accepted = type(event) is Accepted
        self._working.mark_unknown(order, unknown=final is None and not accepted)
        if accepted:
            order.status = OrderStatus.PARTIALLY_FILLED if order.filled else OrderStatus.ACCEPTED
        elif final is None:
            order.status = OrderStatus.UNKNOWN
        else:
            if final is OrderStatus.REJECTED:
                self._session.counts.rejected += 1
            order.status = final
            order.reason = _joined(order.reason, event.reason)  # type: ignore[union-attr]
            self._release(order)
        self._recorder.answered(self._session.clock, event)
        if final is not None:
            self._recorder.closed(order)

    def _release(self, order: Order) -> None:
        """Let go of an order that is final, before anybody hears of it."""
        self._working.remove(order)
        self._owners.pop(order.intent.order_id).orders.remove(order.intent.order_id)


def _unheard_of(event: BrokerEvent) -> Order:
    raise BrokenInvariantError(f"the broker speaks of order {event.order_id}, which does not work")


def _shown(event: BrokerEvent) -> BrokerEvent:
    """Return an event without what a broker outside may have put into its words; they stand in every artifact."""
    if isinstance(event, Previewed):
        return Previewed(event.order_id, redact(event.request), redact_text(event.outcome))
    if isinstance(event, Rejected | Cancelled | Expired | Unknown):
        told = redact_text(event.reason)
        return event if told == event.reason else attrs.evolve(event, reason=told)
    return event


def _joined(note: str, reason: str) -> str:
    return f"{note}; {reason}" if note else reason
