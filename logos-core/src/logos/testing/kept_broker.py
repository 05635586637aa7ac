"""A broker over a venue in a file: what ``OutsideBroker`` asks for, without a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from logos.context.parts import PartContext
from logos.domain.bars import Slice
from logos.domain.events import Accepted, BrokerEvent, Cancelled, Fill, Rejected, Unknown
from logos.domain.orders import Liquidity, Order, OrderIntent, OrderStatus, Side
from logos.session.outside import (
    UNSETTLED,
    UNWANTED,
    HealthCheck,
    MarketTerms,
    OutsideOrder,
    OutsidePosition,
    Standing,
    Survey,
    Verdict,
)
from logos.session.seats import AccountView, State
from logos.testing.keeper import OPEN, VENUE, Entry, Keeper, KeeperSilentError, entry_of


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
        self._unwanted: dict[int, str] = {}

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
        """Cancel an order; one that may arrive yet, once it has. The next match tells what it has filled before."""
        number = order.intent.order_id
        if number not in self._orders:
            return
        if number in self._unsettled:
            self._unwanted.setdefault(number, reason)
            try:
                found = self._keeper.find(order.intent.client_order_id)
            except KeeperSilentError:
                return
            if found is None or not _same_terms(found, order.intent):
                return  # it may arrive yet
            self._unsettled.discard(number)
            reason = self._unwanted.pop(number)
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
                # Also where it is unwanted: a request that is still on its way finds its name taken by then.
                yield from self.submit(order, account)
            elif _same_terms(found, order.intent):
                self._unsettled.discard(number)
                yield self._taken(number, found)
            if number in self._unwanted and number not in self._unsettled:
                yield from self.cancel(order, self._unwanted.pop(number))
        for bar in bars.bars:
            self._keeper.trade(bar.symbol, bar.open)
        for number in sorted(set(self._orders) - self._unsettled):
            yield from self._news(self._orders[number], account, bars.clock)

    def affordable(self, intent: OrderIntent, account: AccountView) -> int:
        """Return the whole quantity while there is cash for it."""
        price = account.value(intent.instrument, intent.decision_price, intent.quantity)
        return intent.quantity if intent.side is Side.SELL or (price or 0) * 2 <= account.cash else 0

    def snapshot(self) -> State:
        """Return which orders are of unknown outcome, and which of these to cancel."""
        return {
            UNSETTLED: sorted(self._unsettled),
            UNWANTED: [list(wish) for wish in sorted(self._unwanted.items())],
        }

    def restore(self, state: State, orders: Mapping[int, Order]) -> None:
        """Take back the working orders."""
        self._orders = dict(orders)
        self._unsettled = set(state[UNSETTLED])
        self._unwanted = dict(state[UNWANTED])

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
            orders=tuple(map(_as_outside, (entry for entry in entries if entry["status"] in OPEN))),
            positions=tuple(
                OutsidePosition(place=VENUE, symbol=symbol, quantity=quantity)
                for symbol, quantity in sorted(positions.items())
            ),
        )

    def find(self, intent: OrderIntent) -> OutsideOrder | None:
        """Look for an order by its client order id."""
        found = self._keeper.find(intent.client_order_id)
        return None if found is None else _as_outside(found)

    def name_outside(self, client_order_id: str) -> str:
        """Return the name as it is."""
        return client_order_id

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
    own = entry_of(intent)
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
