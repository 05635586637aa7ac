"""What a recorded session was told by its broker's venue, played again: without a connection and without a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import attrs

from logos.artifacts import schemas
from logos.assembly.build import Assembly
from logos.domain.bars import Slice
from logos.domain.errors import BrokenInvariantError
from logos.domain.events import BrokerEvent, Cancelled, Unknown
from logos.domain.orders import Order, OrderIntent, OrderStatus
from logos.domain.times import parse_time
from logos.live.journal import Line, read_chain
from logos.live.outside_notes import TOLD_FROM_OUTSIDE
from logos.live.setup import RecordedVenue
from logos.live.venue_file import read_venue_file
from logos.live.watch import Watch
from logos.session.outside import UNSETTLED, UNWANTED, OutsideBroker, OutsideOrder, Standing, Survey
from logos.session.seats import AccountView, FillTerms, State

_NOT_FIELDS = frozenset({"seq", "ts", "type", "prev", "hash"})


@attrs.frozen(kw_only=True)
class Doubt:
    """An order of unknown outcome: what was said of it, when it was settled, and whether by its end.

    ``settled_at`` is the session's clock, ``None`` where it never was.
    """

    reason: str
    settled_at: int | None = None
    cancelled: bool = False


@attrs.frozen(kw_only=True)
class VenueScript:
    """What a session's folder says came from its broker's venue.

    Attributes
    ----------
    recorded:
        The survey, and the lines of the journal that came from the venue alone.
    doubts:
        The orders of unknown outcome by number.
    """

    recorded: RecordedVenue
    doubts: Mapping[int, Doubt]

    def seat(self, assembly: Assembly, _watch: Watch) -> Assembly:
        """Put a broker that asks nobody in an assembly's seat."""
        broker = assembly.parts.broker
        if not isinstance(broker, OutsideBroker):
            raise BrokenInvariantError(f"a session with {schemas.VENUE_FILE} has a broker that is nowhere outside")
        parts = attrs.evolve(assembly.parts, broker=ScriptedBroker(broker, self.doubts))
        return attrs.evolve(assembly, parts=parts)


def venue_script_of(folder: Path, state: Mapping[str, Any]) -> VenueScript | None:
    """Read from a session's folder what its venue said; ``None`` where its broker works within the process.

    Raises
    ------
    IntegrityError
        Where the journal's chain is broken, or ``venue.json`` is not as it was written.
    """
    events = read_chain(folder / schemas.JOURNAL_FILE, until=state["journal"]["length"])
    _, first = next(events)
    file = read_venue_file(folder, first)
    if file is None:
        return None
    lines: dict[int, Line] = {}
    doubts: dict[int, Doubt] = {}
    for _, event in events:
        clock, kind = parse_time(event["ts"]), event["type"]
        if kind in TOLD_FROM_OUTSIDE:
            values = {name: value for name, value in event.items() if name not in _NOT_FIELDS}
            lines[event["seq"]] = Line(clock, kind, values)
        elif kind == "unknown":
            doubts[event["order_id"]] = Doubt(reason=event["reason"])
        elif event.get("order_id") in doubts and doubts[event["order_id"]].settled_at is None:
            doubt = doubts[event["order_id"]]
            doubts[event["order_id"]] = attrs.evolve(doubt, settled_at=clock, cancelled=kind == "cancelled")
    return VenueScript(recorded=RecordedVenue(file=file, lines=lines), doubts=doubts)


class ScriptedBroker:
    """A broker outside that asks nobody: orders that were of unknown outcome are so again, and as long.

    Parameters
    ----------
    broker:
        Built from the recorded survey; shows requests and fills orders.
    doubts:
        The orders of unknown outcome by number.
    """

    def __init__(self, broker: OutsideBroker, doubts: Mapping[int, Doubt]) -> None:
        self._broker = broker
        self._doubts = doubts
        self._held: dict[int, Order] = {}
        self._unwanted: dict[int, str] = {}
        self._clock = 0

    # -- the seat --------------------------------------------------------------------------------------------------

    def submit(self, order: Order, account: AccountView) -> Iterator[BrokerEvent]:
        """Take an order, or say of it what was said then."""
        number = order.intent.order_id
        doubt = self._doubts.get(number)
        if doubt is None:
            yield from self._broker.submit(order, account)
            return
        self._held[number] = order
        self._clock = max(self._clock, order.intent.created_at)
        yield Unknown(number, doubt.reason)

    def recover(self, order: Order, account: AccountView) -> Iterator[BrokerEvent]:
        """Take an order that was written down before a restart: in a replay nobody has it yet."""
        return self.submit(order, account)

    def cancel(self, order: Order, reason: str) -> Iterator[BrokerEvent]:
        """Stop an order; one of unknown outcome only where that was possible at once, and else when it was settled."""
        number = order.intent.order_id
        if number not in self._held:
            yield from self._broker.cancel(order, reason)
            return
        doubt = self._doubts[number]
        if number in self._unwanted:
            return
        if doubt.cancelled and doubt.settled_at == self._clock:
            del self._held[number]
            yield Cancelled(number, reason)
        else:
            self._unwanted[number] = reason

    def match(self, bars: Slice, account: AccountView) -> Iterator[BrokerEvent]:
        """Settle what was settled at this clock, then match."""
        self._clock = bars.clock
        for number, order in sorted(self._held.items()):
            doubt = self._doubts[number]
            if doubt.settled_at != bars.clock or (doubt.cancelled and number not in self._unwanted):
                continue
            del self._held[number]
            reason = self._unwanted.pop(number, None)
            if doubt.cancelled and reason is not None:
                yield Cancelled(number, reason)
                continue
            yield from self._broker.submit(order, account)
            if reason is not None:
                yield from self._broker.cancel(order, reason)
        yield from self._broker.match(bars, account)

    def affordable(self, intent: OrderIntent, account: AccountView) -> int:
        """Return what the broker answers."""
        return self._broker.affordable(intent, account)

    def terms(self) -> FillTerms | None:
        """Return nothing: every order is shown."""
        return None

    def snapshot(self) -> State:
        """Return the broker's snapshot with the orders of unknown outcome in it."""
        state = self._broker.snapshot()
        if not self._held:
            return state
        unwanted = dict(state.get(UNWANTED, ())) | self._unwanted
        return {
            **state,
            UNSETTLED: sorted({*state.get(UNSETTLED, ()), *self._held}),
            UNWANTED: [list(wish) for wish in sorted(unwanted.items())],
        }

    def restore(self, state: State, orders: Mapping[int, Order]) -> None:
        """Take back a snapshot."""
        unknown = {number: order for number, order in orders.items() if order.status is OrderStatus.UNKNOWN}
        self._held = {number: order for number, order in unknown.items() if number in self._doubts}
        wishes = dict(state.get(UNWANTED, ()))
        self._unwanted = {number: reason for number, reason in wishes.items() if number in self._held}
        others = {number: order for number, order in orders.items() if number not in self._held}
        if self._held:
            left = [number for number in state[UNSETTLED] if number not in self._held]
            state = {**state, UNSETTLED: left, UNWANTED: [list(wish) for wish in wishes.items() if wish[0] in left]}
        self._broker.restore(state, others)

    # -- what is outside -------------------------------------------------------------------------------------------

    @property
    def venue(self) -> str:
        """The venue's name."""
        return self._broker.venue

    def survey(self) -> Survey:
        """Refuse: a replay connects to nothing."""
        self._refuse()

    def standing(self) -> Standing:
        """Refuse: a replay connects to nothing."""
        self._refuse()

    def find(self, intent: OrderIntent) -> OutsideOrder | None:  # noqa: ARG002 - as every broker outside
        """Refuse: a replay connects to nothing."""
        self._refuse()

    def name_outside(self, client_order_id: str) -> str:
        """Return the name that the venue would know an order by."""
        return self._broker.name_outside(client_order_id)

    def close(self) -> None:
        """Let go of what was never connected."""
        self._broker.close()

    def _refuse(self) -> NoReturn:
        raise BrokenInvariantError(f"a replay was about to ask {self._broker.venue}")
