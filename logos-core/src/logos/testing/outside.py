"""Brokers outside this process: a venue in a file that outlives every crash, a broker over it, and the contract."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs

from logos.context.parts import PartContext
from logos.domain.bars import Slice
from logos.domain.errors import LogosError
from logos.domain.events import Accepted, BrokerEvent, Cancelled, Fill, Previewed, Rejected, Unknown
from logos.domain.instruments import Instrument
from logos.domain.orders import Liquidity, Order, OrderIntent, OrderStatus, Side
from logos.session.outside import (
    HealthCheck,
    MarketTerms,
    OutsideBroker,
    OutsideOrder,
    OutsidePosition,
    Standing,
    Survey,
    Verdict,
)
from logos.session.seats import AccountView, State
from logos.testing.bars import instrument
from logos.testing.contexts import part_context
from logos.testing.contract import Contract, check_json, through_json
from logos.testing.guards import intent_of
from logos.testing.views import FakeAccount

VENUE = "kept:file"

Entry = dict[str, Any]


class Trouble(StrEnum):
    """What becomes of one request to the venue."""

    NONE = "none"
    LOST_REQUEST = "lost request"
    LOST_ANSWER = "lost answer"
    LATE = "late"
    """It arrives with the request after the next; the caller hears of a time-out."""
    REFUSED = "refused"


class KeeperSilentError(LogosError):
    """The venue did not answer."""


class Keeper:
    """A venue whose orders stand in a file: it knows what it was told, whoever dies.

    It takes a client order id once, as venues do. Its methods are requests of a session's broker; whatever else happens
    at a venue is done with ``tamper``.

    Parameters
    ----------
    path:
        The file; made where it is not there.
    trouble:
        Says what becomes of each request, given its name: ``place``, ``find`` or ``cancel``.
    """

    def __init__(self, path: Path, trouble: Callable[[str], Trouble] = lambda _request: Trouble.NONE) -> None:
        self._path = path
        self._trouble = trouble
        if not path.exists():
            self._write({"orders": [], "late": [], "requests": 0})

    @property
    def book(self) -> dict[str, Any]:
        """The whole book: ``orders``, requests that are ``late``, and how many ``requests`` there were."""
        return self._read()

    @property
    def entries(self) -> list[Entry]:
        """Every order that ever stood there, oldest first."""
        entries: list[Entry] = self._read()["orders"]
        return entries

    @property
    def requests(self) -> int:
        """How many orders were asked to be placed."""
        return int(self._read()["requests"])

    def place(self, intent: OrderIntent) -> str:
        """Place an order; return the status it has then.

        Raises
        ------
        KeeperSilentError
            Where no answer came. The order may stand there all the same, or come to stand there later.
        """
        book = self._arrived()
        book["requests"] += 1
        entry = _entry(intent)
        trouble = self._trouble("place")
        if trouble is Trouble.LATE:
            book["late"].append({"after": 2, "entry": entry})
        elif trouble is not Trouble.LOST_REQUEST:
            if trouble is Trouble.REFUSED:
                entry["status"] = OrderStatus.REJECTED.value
            _take(book, entry)
        self._write(book)
        if trouble in {Trouble.LATE, Trouble.LOST_REQUEST, Trouble.LOST_ANSWER}:
            raise KeeperSilentError(f"{VENUE} did not answer in time")
        return str(_found(book, intent.client_order_id)["status"])

    def find(self, client_order_id: str) -> Entry | None:
        """Look for an order.

        Raises
        ------
        KeeperSilentError
            Where no answer came.
        """
        book = self._arrived()
        self._write(book)
        if self._trouble("find") is not Trouble.NONE:
            raise KeeperSilentError(f"{VENUE} did not answer in time")
        return next((one for one in book["orders"] if one["client_order_id"] == client_order_id), None)

    def cancel(self, client_order_id: str) -> Decimal:
        """Cancel an order, if it is open; return how much of it is filled."""
        book, filled = self._read(), Decimal(0)
        for entry in book["orders"]:
            if entry["client_order_id"] == client_order_id:
                filled = Decimal(entry["filled"])
                if entry["status"] in _OPEN:
                    entry["status"] = OrderStatus.CANCELLED.value
        self._write(book)
        return filled

    def trade(self, symbol: str, price: int) -> None:
        """Fill whatever is open in a symbol, at a price in ticks."""
        book = self._read()
        for entry in book["orders"]:
            if entry["symbol"] == symbol and entry["status"] in _OPEN:
                _fill(entry, Decimal(entry["quantity"]) - Decimal(entry["filled"]), price)
        self._write(book)

    def tamper(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Let something happen at the venue that no session asked for; ``change`` is given the whole book."""
        book = self._read()
        change(book)
        self._write(book)

    def _arrived(self) -> dict[str, Any]:
        """Return the book, with the late requests in it whose time has come."""
        book = self._read()
        for late in book["late"]:
            late["after"] -= 1
            if not late["after"]:
                _take(book, late["entry"])
        book["late"] = [late for late in book["late"] if late["after"]]
        return book

    def _read(self) -> dict[str, Any]:
        book: dict[str, Any] = json.loads(self._path.read_bytes())
        return book

    def _write(self, book: dict[str, Any]) -> None:
        temporary = self._path.with_name(f".{self._path.name}.new")
        temporary.write_text(json.dumps(book))
        temporary.replace(self._path)


_OPEN = (OrderStatus.ACCEPTED.value, OrderStatus.PARTIALLY_FILLED.value)


def _entry(intent: OrderIntent) -> Entry:
    return {
        "client_order_id": intent.client_order_id,
        "symbol": intent.instrument.symbol,
        "side": intent.side.value,
        "quantity": intent.instrument.quantity_text(intent.quantity),
        "filled": "0",
        "status": OrderStatus.ACCEPTED.value,
        "trades": [],
    }


def _take(book: dict[str, Any], entry: Entry) -> None:
    if all(one["client_order_id"] != entry["client_order_id"] for one in book["orders"]):
        book["orders"].append(entry)


def _found(book: Mapping[str, Any], client_order_id: str) -> Entry:
    entry: Entry = next(one for one in book["orders"] if one["client_order_id"] == client_order_id)
    return entry


def _fill(entry: Entry, quantity: Decimal, price: int | None) -> None:
    filled = Decimal(entry["filled"]) + quantity
    whole = filled == Decimal(entry["quantity"])
    entry["filled"] = str(filled)
    entry["status"] = (OrderStatus.FILLED if whole else OrderStatus.PARTIALLY_FILLED).value
    entry["trades"].append({"quantity": str(quantity), "price": price})


def filled_away(entry: Entry, quantity: Decimal, price: int | None) -> None:
    """Fill so many units of an order in a keeper's book; ``None`` for a price that the venue does not tell."""
    _fill(entry, quantity, price)


class KeptBroker:
    """A broker over a keeper: fills ``logos.session.outside.OutsideBroker`` without fees, at each bar's open.

    Parameters
    ----------
    keeper:
        The venue.
    context:
        As every part's.
    with_positions:
        Whether the keeper tells what it holds.
    """

    def __init__(self, keeper: Keeper, context: PartContext, *, with_positions: bool = True) -> None:
        self._keeper = keeper
        self._context = context
        self._with_positions = with_positions
        self._orders: dict[int, Order] = {}
        self._unsettled: set[int] = set()

    # -- the seat --------------------------------------------------------------------------------------------------

    def submit(self, order: Order, account: AccountView) -> Iterator[BrokerEvent]:  # noqa: ARG002 - as every broker
        """Place an order."""
        number = order.intent.order_id
        self._orders[number] = order
        try:
            status = self._keeper.place(order.intent)
        except KeeperSilentError as error:
            self._unsettled.add(number)
            yield Unknown(number, str(error))
            return
        self._unsettled.discard(number)
        if status == OrderStatus.REJECTED:
            del self._orders[number]
            yield Rejected(number, f"{VENUE} refused it")
        else:
            yield Accepted(number)

    def recover(self, order: Order, account: AccountView) -> Iterator[BrokerEvent]:
        """Look for an order first, and place it only where it was never seen."""
        number = order.intent.order_id
        self._orders[number] = order
        try:
            found = self._keeper.find(order.intent.client_order_id)
        except KeeperSilentError as error:
            self._unsettled.add(number)
            yield Unknown(number, str(error))
            return
        if found is None:
            yield from self.submit(order, account)
        elif _same_terms(found, order.intent):
            self._unsettled.discard(number)
            yield self._taken(number, found)
        else:
            self._unsettled.add(number)
            yield Unknown(number, f"{VENUE} has an order of that name with other terms")

    def cancel(self, order: Order, reason: str) -> Iterator[BrokerEvent]:
        """Cancel an order, unless nobody knows whether it is there; the next match tells what it has filled before."""
        number = order.intent.order_id
        if number not in self._orders:
            return
        if number in self._unsettled:
            try:
                found = self._keeper.find(order.intent.client_order_id)
            except KeeperSilentError:
                return
            if found is None or not _same_terms(found, order.intent):
                return  # it may arrive yet
            self._unsettled.discard(number)
        intent = order.intent
        if self._keeper.cancel(intent.client_order_id) == order.filled * intent.instrument.lot:
            del self._orders[number]
            yield Cancelled(number, reason)

    def match(self, bars: Slice, account: AccountView) -> Iterator[BrokerEvent]:
        """Settle what can be settled, let the keeper trade, and tell what is new."""
        for number in sorted(self._unsettled):
            order = self._orders[number]
            try:
                found = self._keeper.find(order.intent.client_order_id)
            except KeeperSilentError:
                continue
            if found is None:
                yield from self.submit(order, account)
            elif _same_terms(found, order.intent):
                self._unsettled.discard(number)
                yield self._taken(number, found)
        for bar in bars.bars:
            self._keeper.trade(bar.symbol, bar.open)
        for number in sorted(set(self._orders) - self._unsettled):
            yield from self._news(self._orders[number], account, bars.clock)

    def affordable(self, intent: OrderIntent, account: AccountView) -> int:
        """Return the whole quantity while there is cash for it."""
        price = account.value(intent.instrument, intent.decision_price, intent.quantity)
        return intent.quantity if intent.side is Side.SELL or (price or 0) * 2 <= account.cash else 0

    def snapshot(self) -> State:
        """Return which orders are of unknown outcome."""
        return {"unsettled": sorted(self._unsettled)}

    def restore(self, state: State, orders: Mapping[int, Order]) -> None:
        """Take back the working orders."""
        self._orders = dict(orders)
        self._unsettled = set(state["unsettled"])

    # -- what is outside -------------------------------------------------------------------------------------------

    @property
    def venue(self) -> str:
        """The keeper's name."""
        return VENUE

    def survey(self) -> Survey:
        """Return a sound survey."""
        terms = {
            symbol: MarketTerms(symbol=symbol, market=symbol.replace("-", "/")) for symbol in self._context.symbols
        }
        check = HealthCheck(name="reachable", verdict=Verdict.OK, text="the file is there")
        return Survey(venue=VENUE, checks=(check,), terms=terms, record={"symbols": sorted(terms)})

    def standing(self) -> Standing:
        """Return the open orders, and every position that was ever traded."""
        entries = self._keeper.entries
        positions: dict[str, Decimal] = {}
        for entry in entries if self._with_positions else ():
            signed = Decimal(entry["filled"]) * (1 if entry["side"] == Side.BUY else -1)
            positions[entry["symbol"]] = positions.get(entry["symbol"], Decimal(0)) + signed
        return Standing(
            keeper=VENUE,
            orders=tuple(map(_as_outside, (entry for entry in entries if entry["status"] in _OPEN))),
            positions=tuple(
                OutsidePosition(place=VENUE, symbol=symbol, quantity=quantity)
                for symbol, quantity in sorted(positions.items())
            ),
        )

    def find(self, intent: OrderIntent) -> OutsideOrder | None:
        """Look for an order by its client order id."""
        found = self._keeper.find(intent.client_order_id)
        return None if found is None else _as_outside(found)

    def close(self) -> None:
        """Do nothing: the file stays."""

    # -- news ------------------------------------------------------------------------------------------------------

    def _taken(self, number: int, found: Entry) -> BrokerEvent:
        """Answer for an order that was found there; its fills are told by the next match."""
        if found["status"] == OrderStatus.REJECTED:
            del self._orders[number]
            return Rejected(number, f"{VENUE} refused it")
        return Accepted(number)

    def _news(self, order: Order, account: AccountView, clock: int) -> Iterator[BrokerEvent]:
        """Tell what has become of an order since the session last heard of it."""
        intent = order.intent
        found = next((one for one in self._keeper.entries if one["client_order_id"] == intent.client_order_id), None)
        if found is None:
            del self._orders[intent.order_id]
            yield Cancelled(intent.order_id, f"{VENUE} has never seen it")
            return
        told = order.filled
        for trade in found["trades"]:
            lots = intent.instrument.lots_of(Decimal(trade["quantity"]))
            if told >= lots:
                told -= lots
                continue
            yield self._as_fill(intent, lots - told, trade["price"], account, clock)
            told = 0
        if order.status is OrderStatus.FILLED:
            del self._orders[intent.order_id]
        elif found["status"] == OrderStatus.CANCELLED:
            del self._orders[intent.order_id]
            yield Cancelled(intent.order_id, f"cancelled at {VENUE}")

    @staticmethod
    def _as_fill(intent: OrderIntent, lots: int, price: int, account: AccountView, clock: int) -> Fill:
        return Fill(
            order_id=intent.order_id,
            timestamp=clock,
            quantity=lots,
            price=price,
            liquidity=Liquidity.TAKER,
            value=account.value(intent.instrument, price, lots) or 0,
            fee=0,
        )


def _same_terms(found: Entry, intent: OrderIntent) -> bool:
    own = _entry(intent)
    return all(found[name] == own[name] for name in ("symbol", "side")) and (
        Decimal(found["quantity"]) == Decimal(own["quantity"])
    )


def _as_outside(entry: Entry) -> OutsideOrder:
    return OutsideOrder(
        place=VENUE,
        client_order_id=entry["client_order_id"],
        symbol=entry["symbol"],
        side=Side(entry["side"]),
        quantity=Decimal(entry["quantity"]),
        filled=Decimal(entry["filled"]),
        status=OrderStatus(entry["status"]),
        priced=all(trade["price"] is not None for trade in entry["trades"]),
    )


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
        intent = attrs.evolve(intent, order_id=number, client_order_id=f"lg-{number:024x}")
        return Order(intent=intent, updated_at=intent.created_at)

    @staticmethod
    def _account() -> AccountView:
        return FakeAccount(instruments={})
