"""The session's open orders and positions against what stands outside: pure, so that every case can be tried.

Each finding has one outcome, and each outcome either lets the session go on or stops it before it does anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs

from logos.domain.errors import ResumeError
from logos.domain.orders import Order, OrderIntent, OrderStatus, Side
from logos.session.outside import OutsideOrder, OutsidePosition, Standing


class Outcome(StrEnum):
    """What came of comparing one order or one position."""

    MATCHED = "matched"
    AHEAD = "ahead"
    UNSETTLED = "unsettled"
    ENDED = "ended"
    NEVER_SEEN = "never seen"
    NOT_SAID = "not said"
    WRITTEN_AHEAD = "written ahead"
    FOREIGN = "foreign"
    MISPLACED = "misplaced"
    UNPRICED = "unpriced"
    BEHIND = "behind"
    DIFFERS = "differs"
    DOUBLED = "doubled"
    POSITION_MATCHED = "position matched"
    POSITION_FOREIGN = "position foreign"
    POSITION_NOT_JUDGED = "position not judged"
    POSITION_DIFFERS = "position differs"


STOPS = frozenset(
    {
        Outcome.MISPLACED,
        Outcome.UNPRICED,
        Outcome.BEHIND,
        Outcome.DIFFERS,
        Outcome.DOUBLED,
        Outcome.POSITION_DIFFERS,
    }
)
"""Outcomes with which a session neither starts nor goes on: nobody here can tell which side is right."""

_QUIET = frozenset({Outcome.MATCHED, Outcome.POSITION_MATCHED})


class ReconciliationError(ResumeError):
    """What stands outside contradicts the session; its problems are the findings."""


class NotSaid:
    """In place of an answer: the keeper could not be asked, and why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


Answer = OutsideOrder | NotSaid | None
"""What the keeper says of one order when it is asked by its client order id; ``None``: it has never seen it."""


@attrs.frozen(kw_only=True)
class Finding:
    """One order or position, and what came of comparing it.

    Attributes
    ----------
    name:
        The client order id of an order, or the venue's id of one that has none; empty for a position.
    text:
        What was found, with the numbers.
    """

    outcome: Outcome
    place: str
    symbol: str
    name: str = ""
    text: str

    @property
    def stops(self) -> bool:
        """Whether the session does not go on with it."""
        return self.outcome in STOPS

    def values(self) -> dict[str, str]:
        """Return the finding as the journal tells it."""
        return {
            "outcome": self.outcome.value,
            "place": self.place,
            "symbol": self.symbol,
            "client_order_id": self.name,
            "text": self.text,
        }


@attrs.frozen(kw_only=True)
class Own:
    """What a session holds itself to have outside.

    Attributes
    ----------
    orders:
        Its working orders.
    written:
        Intents that were on the disk before a restart and are not decided again yet: each may be outside. Several may
        have one name, of which one at most is.
    positions:
        In units, by symbol, every symbol of the session.
    named:
        Tells the client order id, of those that this session has given or may have given, by which an order outside was
        named; empty where it is none of them.
    begins:
        Whether the session has not begun: then it has nothing outside.
    """

    orders: Sequence[Order]
    written: Sequence[OrderIntent] = ()
    positions: Mapping[str, Decimal]
    named: Callable[[str], str]
    begins: bool = False

    def in_own_names(self, standing: Standing) -> Standing:
        """Return what stands outside, by this session's own client order ids where a venue has another form of one."""

        def renamed(one: OutsideOrder) -> OutsideOrder:
            own = self.named(one.client_order_id) if one.client_order_id else ""
            return attrs.evolve(one, client_order_id=own) if own else one

        return attrs.evolve(standing, orders=tuple(map(renamed, standing.orders)))


def to_ask(own: Own, standing: Standing) -> tuple[OrderIntent, ...]:
    """Return what the keeper does not have open, and is to be asked for by its client order id."""
    there = {one.client_order_id for one in standing.orders if one.place == standing.keeper}
    intents = (*(order.intent for order in own.orders), *(same[-1] for same in _by_name(own.written)))
    return tuple(intent for intent in intents if intent.client_order_id not in there)


def answers_in_turn(own: Own, standing: Standing, ask: Callable[[OrderIntent], Answer]) -> dict[str, Answer]:
    """Return what the keeper says of each order that it does not have open, by client order id.

    An answer that does not come takes as long as the config allows, and a crash may have left many intents. So once one
    has not been answered, no more is asked about intents that were only written down: each is looked for again where it
    is decided again. The session's working orders are asked for in any case, since what they have become may stop it.
    """
    working = {order.intent.client_order_id for order in own.orders}
    answers: dict[str, Answer] = {}
    silent = ""
    for intent in to_ask(own, standing):
        name = intent.client_order_id
        if silent and name not in working:
            answers[name] = NotSaid(f"not asked for, since the venue has not said what became of {silent}")
            continue
        answers[name] = ask(intent)
        if isinstance(answers[name], NotSaid):
            silent = name
    return answers


def reconcile(own: Own, standing: Standing, answers: Mapping[str, Answer]) -> tuple[Finding, ...]:
    """Compare what a session holds itself to have with what stands outside.

    Parameters
    ----------
    answers:
        What the keeper said of each order that it was asked for, by client order id.

    Returns
    -------
    A finding for each order and position on either side, the session's own first.
    """
    return (
        *_own_orders(own, standing, answers),
        *_written(own, standing, answers),
        *_other_orders(own, standing),
        *_positions(own, standing, answers),
    )


def told(findings: Sequence[Finding], venue: str, keeper: str) -> dict[str, Any]:
    """Return findings as the values of a journal event: how many of each outcome, and each that is no match."""
    counts = Counter(finding.outcome.value for finding in findings)
    return {
        "venue": venue,
        "keeper": keeper,
        "counts": dict(sorted(counts.items())),
        "findings": [finding.values() for finding in findings if finding.outcome not in _QUIET],
    }


def _own_orders(own: Own, standing: Standing, answers: Mapping[str, Answer]) -> Iterator[Finding]:
    for order in own.orders:
        for found in _judged(order, standing, answers):
            yield _unsettled(order, found) if order.status is OrderStatus.UNKNOWN else found


def _unsettled(order: Order, found: Finding) -> Finding:
    """Return what is found of an order of unknown outcome: its broker asks for it until it is settled."""
    if found.outcome in {Outcome.MATCHED, Outcome.AHEAD, Outcome.MISPLACED, Outcome.DOUBLED}:
        return found
    return _finding(Outcome.UNSETTLED, order.intent, found.place, f"what became of it is asked for: {found.text}")


def _written(own: Own, standing: Standing, answers: Mapping[str, Answer]) -> Iterator[Finding]:
    """Yield what is found of each intent that was written down: it is looked for again where it is decided again."""
    for intents in _by_name(own.written):
        tries = [
            tuple(_judged(Order(intent=intent, updated_at=intent.created_at), standing, answers)) for intent in intents
        ]
        best = next((one for one in tries if not any(found.stops for found in one)), tries[-1])
        for found in best:
            text = f"written down before a restart: {found.text}"
            yield found if found.stops else _finding(Outcome.WRITTEN_AHEAD, intents[-1], found.place, text)


def _by_name(intents: Sequence[OrderIntent]) -> Iterable[Sequence[OrderIntent]]:
    named: dict[str, list[OrderIntent]] = {}
    for intent in intents:
        named.setdefault(intent.client_order_id, []).append(intent)
    return named.values()


def _judged(order: Order, standing: Standing, answers: Mapping[str, Answer]) -> Iterator[Finding]:
    """Yield what is found of one order at its keeper, and of others that have its name."""
    name = order.intent.client_order_id
    found = [one for one in standing.orders if one.client_order_id == name]
    kept = [one for one in found if one.place == standing.keeper]
    misplaced = [_misplaced(one) for one in found if one.place != standing.keeper]
    yield from misplaced
    if len(kept) > 1:
        text = f"{len(kept)} open orders have this name there: all but one were never sent by this session"
        yield _finding(Outcome.DOUBLED, order.intent, standing.keeper, text)
    elif kept:
        yield _compared(order, kept[0])
    else:
        asked = _asked(order, standing.keeper, answers.get(name))
        if asked not in misplaced:  # the keeper is asked at the venue too, where the same order was found
            yield asked


def _compared(order: Order, found: OutsideOrder) -> Finding:
    """Compare an order with the one that has its name at the keeper."""
    intent = order.intent
    units = intent.instrument.lot
    quantity, filled = intent.quantity * units, order.filled * units
    place = found.place
    faults = [
        f"{what} {there} there and {here} here"
        for what, there, here in (
            ("symbol", found.symbol, intent.instrument.symbol),
            ("side", found.side.value, intent.side.value),
            ("quantity", _text(found.quantity), _text(quantity)),
        )
        if there != here
    ]
    if faults:
        return _finding(Outcome.DIFFERS, order.intent, place, "; ".join(faults))
    if found.filled < filled:
        text = f"{_text(found.filled)} of {_text(quantity)} filled there, and {_text(filled)} by the journal"
        return _finding(Outcome.BEHIND, order.intent, place, text)
    if found.filled == filled:
        text = f"{found.status}, {_text(filled)} of {_text(quantity)} filled"
        return _finding(Outcome.MATCHED, order.intent, place, text)
    more = f"{_text(found.filled)} of {_text(quantity)} filled there, and {_text(filled)} by the journal"
    if not found.priced or found.filled > quantity or (found.filled / units) % 1:
        return _finding(
            Outcome.UNPRICED, order.intent, place, f"{more}; the price or the fee of the difference is not known"
        )
    return _finding(Outcome.AHEAD, order.intent, place, f"{more}: the difference is booked at the next bar")


def _asked(order: Order, place: str, answer: Answer) -> Finding:
    """Judge an order that the keeper does not have open by what it says of it."""
    if isinstance(answer, NotSaid):
        return _finding(
            Outcome.NOT_SAID, order.intent, place, f"not open there, and nothing more is known: {answer.reason}"
        )
    if answer is None:
        return _finding(Outcome.NEVER_SEEN, order.intent, place, "it was never seen there")
    if answer.place != place:
        return _misplaced(answer)
    compared = _compared(order, answer)
    if compared.outcome in STOPS:
        return compared
    text = f"{answer.status} there, {_text(answer.filled)} of {_text(answer.quantity)} filled"
    return _finding(Outcome.ENDED, order.intent, place, text)


def _other_orders(own: Own, standing: Standing) -> Iterator[Finding]:
    intents = (*(order.intent for order in own.orders), *own.written)
    known = {intent.client_order_id for intent in intents}
    for one in standing.orders:
        if one.client_order_id in known:
            continue
        if one.client_order_id and own.named(one.client_order_id):
            yield _misplaced(one)
        else:
            yield Finding(
                outcome=Outcome.FOREIGN,
                place=one.place,
                symbol=one.symbol,
                name=one.client_order_id or one.venue_order_id,
                text=f"{one.side} {_text(one.quantity)}, {one.status}: not of this session, and left alone",
            )


def _misplaced(one: OutsideOrder) -> Finding:
    number = f", number {one.venue_order_id}" if one.venue_order_id else ""
    return Finding(
        outcome=Outcome.MISPLACED,
        place=one.place,
        symbol=one.symbol,
        name=one.client_order_id,
        text=f"{one.side} {_text(one.quantity)}, {one.status}{number}: it has a name of this session, which has no "
        "order there",
    )


def _positions(own: Own, standing: Standing, answers: Mapping[str, Answer]) -> Iterator[Finding]:
    kept: dict[str, Decimal] = {}
    for one in standing.positions:
        if one.place == standing.keeper and one.symbol in own.positions:
            kept[one.symbol] = kept.get(one.symbol, Decimal(0)) + one.quantity
        else:
            yield _foreign(one)
    if not any(one.place == standing.keeper for one in standing.positions):
        return
    away = _filled_away(own, standing, answers)
    doubtful = any(isinstance(answer, NotSaid) for answer in answers.values())
    for symbol, quantity in sorted(own.positions.items()):
        expected, found = quantity + away.get(symbol, Decimal(0)), kept.get(symbol, Decimal(0))
        text = f"{_text(found)} there, and {_text(expected)} by the journal"
        outcome = Outcome.POSITION_MATCHED
        if expected != found and doubtful:
            outcome, text = Outcome.POSITION_NOT_JUDGED, f"{text}, but for what is not known of its orders"
        elif expected != found:
            outcome = Outcome.POSITION_DIFFERS
            if own.begins:
                text = f"{_text(found)} there before the session has begun: it could not be told from what it buys"
        yield Finding(outcome=outcome, place=standing.keeper, symbol=symbol, text=text)


def _filled_away(own: Own, standing: Standing, answers: Mapping[str, Answer]) -> dict[str, Decimal]:
    """Return how far the keeper's fills of own orders are ahead of the journal, in signed units by symbol."""
    there = {one.client_order_id: one for one in standing.orders if one.place == standing.keeper}
    known: list[tuple[OrderIntent, int]] = [(order.intent, order.filled) for order in own.orders]
    known += [(intents[-1], 0) for intents in _by_name(own.written)]
    away: dict[str, Decimal] = {}
    for intent, filled in known:
        found = there.get(intent.client_order_id, answers.get(intent.client_order_id))
        if isinstance(found, OutsideOrder) and found.place == standing.keeper:
            booked = filled * intent.instrument.lot
            changes = ((found.symbol, found.side, found.filled), (intent.instrument.symbol, intent.side, -booked))
            for symbol, side, quantity in changes:
                signed = quantity if side is Side.BUY else -quantity
                away[symbol] = away.get(symbol, Decimal(0)) + signed
    return away


def _foreign(one: OutsidePosition) -> Finding:
    text = f"{_text(one.quantity)} held there: not of this session, and left alone"
    return Finding(outcome=Outcome.POSITION_FOREIGN, place=one.place, symbol=one.symbol, text=text)


def _finding(outcome: Outcome, intent: OrderIntent, place: str, text: str) -> Finding:
    return Finding(
        outcome=outcome, place=place, symbol=intent.instrument.symbol, name=intent.client_order_id, text=text
    )


def _text(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"
