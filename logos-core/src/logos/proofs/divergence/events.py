"""The journals of two runs, event by event, up to the first that differs."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import attrs

from logos.artifacts.schemas import JOURNAL_FILE
from logos.live.journal import read_chain
from logos.live.outside_notes import TOLD_FROM_OUTSIDE
from logos.proofs.divergence.sides import SESSION, Side

VENUE_REQUEST = "venue_request"
"""What an order would have been to the venue of a dry-run."""

UNKNOWN = "unknown"
"""That what became of an order is not known: its venue did not say."""

_CLIENT_ORDER_ID = "(client order id)"

CONTEXT = 2
"""How many equal events are told before the first that differs."""

_OF_ONE_RUN = ("seq", "ts", "type", "prev", "hash", "client_order_id", "session_id", "backtest_id")
"""What two equal runs may differ in, and what an event keeps elsewhere."""

_NOT_COMPARED = TOLD_FROM_OUTSIDE | {
    "session_started",
    "backtest_started",
    "session_finished",
    "tick",
    "bar_revised",
}
_OF_BOTH = frozenset(
    {"decision", "intent", "blocked", "accepted", "rejected", "cancelled", "expired", "unknown", "fill", "halted"}
)
"""What a backtest writes; where one is compared, everything else is of the other run alone."""

_AT_THE_END = frozenset({"end_of_data", "interrupted"})
"""Reasons of cancelled orders that only say that a run has ended."""

_NAME_MADE_OF_A_NAME = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b")
"""A UUID of version 5: what some venues are given for a client order id, from which it is worked out."""

_ENDS = frozenset({"rejected", "cancelled", "expired"})
_OF_ORDERS = frozenset({VENUE_REQUEST, "accepted", "rejected", "cancelled", "expired", "unknown", "fill"})


@attrs.frozen(kw_only=True)
class Event:
    """An event without what two equal runs may differ in.

    Attributes
    ----------
    at:
        The session's clock.
    fields:
        As in the journal; numbers of orders and fills count from the first that is compared.
    """

    at: str
    kind: str
    strategy: str
    symbol: str
    fields: Mapping[str, Any]

    @property
    def subject(self) -> tuple[str, ...]:
        """What it is about: two events of one subject are the same event with other values."""
        if self.kind in _OF_ORDERS:
            return (self.kind, str(self.fields.get("order_id")))
        return (self.kind, self.strategy, self.symbol)

    @property
    def blocks(self) -> bool:
        """Whether guards have stopped something."""
        return self.kind in {"blocked", "halted"} or self.fields.get("outcome") == "blocked"


@attrs.frozen(kw_only=True)
class EventDifference:
    """The first event that differs; ``None`` on the side that has none of the kind at that time.

    Attributes
    ----------
    field:
        What differs in it; empty where only one side has it.
    instead:
        What the side that does not have it did next at that time.
    others:
        The events of that time that follow, on either side.
    halted:
        Whether both runs were halted before.
    """

    at: str
    a: Event | None
    b: Event | None
    field: str
    instead: Event | None
    others: tuple[Event, ...]
    halted: bool

    @property
    def event(self) -> Event:
        """The event of either side."""
        found = self.a or self.b
        assert found is not None
        return found

    @property
    def one_sided(self) -> bool:
        """Whether only one side has it."""
        return self.a is None or self.b is None

    @property
    def of_guards(self) -> bool:
        """Whether guards stopped something on one side that they did not stop, or stopped otherwise, on the other."""
        sides = [event for event in (self.a, self.b) if event is not None]
        pair = (self.event.strategy, self.event.symbol)
        same = [event for event in self.others if (event.strategy, event.symbol) == pair or event.kind == "halted"]
        return any(event.blocks for event in (*sides, *same))


@attrs.define
class Equal:
    """Events that are equal on both sides: how many of each type, and the last of them."""

    counts: dict[str, int] = attrs.field(factory=dict)
    latest: deque[Event] = attrs.field(factory=lambda: deque(maxlen=CONTEXT))

    def add(self, event: Event) -> None:
        """Count one more."""
        self.counts[event.kind] = self.counts.get(event.kind, 0) + 1
        self.latest.append(event)


@attrs.define(kw_only=True)
class EventComparison:
    """How far two journals agree.

    Attributes
    ----------
    equal:
        The events before the first that differs.
    equal_before:
        Those of them before the clock at which bars or accounts differ.
    skipped:
        How many events of either side lie before the common part.
    """

    equal: Equal = attrs.field(factory=Equal)
    equal_before: Equal = attrs.field(factory=Equal)
    skipped: int = 0
    difference: EventDifference | None = None


@attrs.define
class _Order:
    """What an event behind an intent is about; ``left`` is what has not traded yet."""

    strategy: str
    symbol: str
    client: str
    left: Decimal


class _Reader:
    """Reads one side's events of the common part, and knows what each order is about.

    Parameters
    ----------
    first, last:
        Clocks of the common part.
    both:
        Whether both sides are sessions.
    """

    def __init__(self, side: Side, first: str, last: str, *, both: bool) -> None:
        self._side = side
        self._first = first
        self._last = last
        self._both = both
        self._orders: dict[int, _Order] = {}
        self._offsets = {"order_id": 0, "trade_id": 0}
        self.skipped = 0

    def events(self) -> Iterator[Event]:
        """Yield what is compared, in its order."""
        path = self._side.folder / JOURNAL_FILE
        for _head, raw in read_chain(path, until=self._side.journal_length):
            kind, at = raw["type"], raw["ts"]
            if kind in _NOT_COMPARED or (kind == "cancelled" and raw.get("reason") in _AT_THE_END):
                continue
            if at > self._last:  # no end: a bar may arrive when a tick has moved the clock past its close
                continue
            event = self._event(kind, at, raw)
            if at < self._first:
                self._skip(event)
            elif self._both or kind in _OF_BOTH:
                yield self._counted(event)

    def _skip(self, event: Event) -> None:
        self.skipped += 1
        for name in self._offsets:
            if event.kind in {"intent", "blocked", "fill"} and name in event.fields:
                self._offsets[name] = max(self._offsets[name], event.fields[name])

    def _counted(self, event: Event) -> Event:
        moved = {name: event.fields[name] - by for name, by in self._offsets.items() if by and name in event.fields}
        return attrs.evolve(event, fields={**event.fields, **moved}) if moved else event

    def _event(self, kind: str, at: str, raw: dict[str, Any]) -> Event:
        strategy, symbol = raw.get("strategy", ""), raw.get("symbol", "")
        order_id = raw.get("order_id")
        if kind == "intent":
            client = raw.get("client_order_id", "")
            self._orders[raw["order_id"]] = _Order(strategy, symbol, client, _decimal(raw.get("quantity")))
        elif kind in _OF_ORDERS and order_id in self._orders:
            order = self._orders[order_id]
            strategy, symbol = order.strategy, order.symbol
            order.left -= _decimal(raw.get("quantity")) if kind == "fill" else Decimal(0)
            if kind == VENUE_REQUEST and order.client:
                named = json.dumps(raw).replace(order.client, _CLIENT_ORDER_ID)
                raw = json.loads(_NAME_MADE_OF_A_NAME.sub(_CLIENT_ORDER_ID, named))
            if kind in _ENDS or order.left <= 0:
                del self._orders[order_id]
        fields = {name: value for name, value in raw.items() if name not in _OF_ONE_RUN}
        return Event(at=at, kind=kind, strategy=strategy, symbol=symbol, fields=fields)


def compare_events(a: Side, b: Side, first: str, last: str, *, before: str) -> EventComparison:
    """Compare two journals over the clocks that both runs have; memory does not grow with them.

    Parameters
    ----------
    before:
        The clock at which bars or accounts differ; empty where they do not.

    Raises
    ------
    IntegrityError
        Where a journal's chain is broken.
    """
    both = a.kind == b.kind == SESSION
    readers = [_Reader(side, first, last, both=both) for side in (a, b)]
    left, right = (reader.events() for reader in readers)
    found = EventComparison()
    halted = False
    while True:
        one, two = next(left, None), next(right, None)
        if one is None and two is None:
            break
        if one == two and one is not None:
            found.equal.add(one)
            if one.at < before:
                found.equal_before.add(one)
            halted = halted or one.kind == "halted"
            continue
        found.difference = _difference(one, two, left, right, halted=halted)
        break
    found.skipped = sum(reader.skipped for reader in readers)
    return found


def _difference(
    one: Event | None, two: Event | None, left: Iterator[Event], right: Iterator[Event], *, halted: bool
) -> EventDifference:
    """Say which event differs, looking at everything that either side has at that time."""
    at = min(event.at for event in (one, two) if event is not None)
    rests = (_rest(one, left, at), _rest(two, right, at))
    others = tuple(event for rest in rests for event in rest[1:])
    a, b = (rest[0] if rest else None for rest in rests)
    instead, names = None, list[str]()
    if a is not None and b is not None and a.subject == b.subject:
        names = [name for name in {**a.fields, **b.fields} if a.fields.get(name) != b.fields.get(name)]
    elif a is not None and b is not None and a.subject not in {event.subject for event in rests[1]}:
        instead, b = b, None
    elif a is not None and b is not None and b.subject not in {event.subject for event in rests[0]}:
        instead, a = a, None
    return EventDifference(
        at=at,
        a=a,
        b=b,
        field=names[0] if names else "",
        instead=instead,
        others=others if instead is None else (instead, *others),
        halted=halted,
    )


def _rest(first: Event | None, events: Iterator[Event], at: str) -> list[Event]:
    found = []
    event = first
    while event is not None and event.at == at:
        found.append(event)
        event = next(events, None)
    return found


def _decimal(text: Any) -> Decimal:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return Decimal(0)
