"""The dry-run broker: shows what a venue would be sent, and lets the paper broker fill it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from logos.brokers.errors import VenueError
from logos.brokers.paper import PaperBroker
from logos.brokers.venue import VenueDesk
from logos.domain.bars import Slice
from logos.domain.errors import BrokenInvariantError
from logos.domain.events import BrokerEvent, Cancelled, Previewed, Unknown
from logos.domain.orders import Order, OrderIntent
from logos.session.outside import UNSETTLED, UNWANTED, OutsideOrder, Standing, Survey
from logos.session.seats import AccountView, FillTerms, State

PAPER = "paper"
"""The place that keeps a dry-run session's own orders and positions."""

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
"""How long to wait before a venue is asked again about an order of unknown outcome: doubled each time, seconds."""


class DryRunBroker:
    """A venue's rules with the paper broker's fills; fills ``logos.session.outside.OutsideBroker``.

    No order reaches the venue. Every order is first made into the request that the venue would get (``Previewed``);
    the paper broker then takes it, whatever the venue would have said, so that the session goes on.

    Parameters
    ----------
    paper:
        Fills the orders.
    desk:
        The venue.
    previews:
        Whether there is a record of the venue's rules to make requests by. A backtest has none.
    monotonic:
        Seconds that only ever grow.
    """

    def __init__(self, paper: PaperBroker, desk: VenueDesk, *, previews: bool, monotonic: Callable[[], float]) -> None:
        self._paper = paper
        self._desk = desk
        self._previews = previews
        self._monotonic = monotonic
        self._unsettled: dict[int, Order] = {}
        self._unwanted: dict[int, str] = {}
        self._wait = FIRST_WAIT
        self._ask_at = 0.0

    # -- the seat --------------------------------------------------------------------------------------------------

    def submit(self, order: Order, account: AccountView) -> Iterator[BrokerEvent]:
        """Show what the venue would be sent, then let the paper broker take the order."""
        if self._previews:
            preview = self._desk.preview(order.intent, account.position(order.intent.instrument.symbol))
            yield Previewed(order.intent.order_id, preview.request, preview.outcome)
        yield from self._paper.submit(order, account)

    def recover(self, order: Order, account: AccountView) -> Iterator[BrokerEvent]:
        """Ask the venue for an order that may have been sent before a restart, though nothing here can send one."""
        silence = self._silence(order)
        if silence:
            self._unsettled[order.intent.order_id] = order
            yield Unknown(order.intent.order_id, silence)
            return
        yield from self.submit(order, account)

    def cancel(self, order: Order, reason: str) -> Iterator[BrokerEvent]:
        """Stop a working order. One of unknown outcome ends once the venue says that it does not have it.

        Where it cannot say so now, the wish is kept, and ``match`` alone asks again.
        """
        number = order.intent.order_id
        if number not in self._unsettled:
            yield from self._paper.cancel(order, reason)
        elif number in self._unwanted:
            return
        elif not self._silence(order):
            del self._unsettled[number]
            yield Cancelled(number, reason)
        else:
            self._unwanted[number] = reason

    def match(self, bars: Slice, account: AccountView) -> Iterator[BrokerEvent]:
        """Settle what can be settled of unknown orders, then match the others against the slice."""
        if self._unsettled and self._monotonic() >= self._ask_at:
            yield from self._settle(account)
        yield from self._paper.match(bars, account)

    def affordable(self, intent: OrderIntent, account: AccountView) -> int:
        """Return how many lots of a buying intent can be paid now."""
        return self._paper.affordable(intent, account)

    def terms(self) -> FillTerms | None:
        """Return how market orders fill, as plain numbers, where nothing has to be shown of them."""
        return None if self._previews else self._paper.terms()

    def snapshot(self) -> State:
        """Return the paper broker's snapshot, which orders are of unknown outcome, and which of these to cancel."""
        return {
            "paper": self._paper.snapshot(),
            UNSETTLED: sorted(self._unsettled),
            UNWANTED: [list(wish) for wish in sorted(self._unwanted.items())],
        }

    def restore(self, state: State, orders: Mapping[int, Order]) -> None:
        """Take back a snapshot."""
        self._unsettled = {number: orders[number] for number in state[UNSETTLED]}
        self._unwanted = dict(state[UNWANTED])
        settled = {number: order for number, order in orders.items() if number not in self._unsettled}
        self._paper.restore(state["paper"], settled)

    # -- what is outside -------------------------------------------------------------------------------------------

    @property
    def venue(self) -> str:
        """The broker and the venue, such as ``ccxt:binance``."""
        return self._desk.name

    def survey(self) -> Survey:
        """Connect to the venue and look at everything."""
        return self._desk.survey()

    def standing(self) -> Standing:
        """Return the paper broker's working orders, and what the venue's account holds besides.

        Raises
        ------
        VenueError
            Where the venue cannot be asked.
        """
        own = (OutsideOrder.of(order, PAPER) for order in self._paper.orders())
        return Standing(keeper=PAPER, orders=(*own, *self._desk.open_orders()), positions=self._desk.positions())

    def find(self, intent: OrderIntent) -> OutsideOrder | None:
        """Return a working order of the paper broker, or else one that the venue has under that name."""
        own = (order for order in self._paper.orders() if order.intent.order_id == intent.order_id)
        order = next(own, None)
        return self._desk.find(intent) if order is None else OutsideOrder.of(order, PAPER)

    def name_outside(self, client_order_id: str) -> str:
        """Return the name that the venue would know an order by."""
        return self._desk.name_outside(client_order_id)

    def close(self) -> None:
        """Let go of the connection."""
        self._desk.close()

    # -- unknown outcomes ------------------------------------------------------------------------------------------

    def _silence(self, order: Order) -> str:
        """Return why the venue does not say whether it has an order; empty where it says that it has not.

        A venue that has just failed to answer is not asked again at once: each question may take as long as the
        config allows, and a restart may have many orders to ask for.
        """
        if self._monotonic() < self._ask_at:
            return f"{self._desk.name} has not answered about another order, and is asked again later"
        try:
            self._refuse_sent(self._desk.find(order.intent))
        except VenueError as error:
            self._ask_later()
            return str(error)
        return ""

    def _settle(self, account: AccountView) -> Iterator[BrokerEvent]:
        for number, order in sorted(self._unsettled.items()):
            if self._silence(order):
                return
            del self._unsettled[number]
            reason = self._unwanted.pop(number, None)
            if reason is None:
                yield from self.submit(order, account)
            else:
                yield Cancelled(number, reason)
        self._wait = FIRST_WAIT

    def _refuse_sent(self, found: OutsideOrder | None) -> None:
        if found is not None:
            raise BrokenInvariantError(
                f"order {found.client_order_id} of this dry-run session is at {self._desk.name}, {found.status}: "
                "nothing here can have sent it",
                hint="Look at the account, and end whatever else trades there in this session's name",
            )

    def _ask_later(self) -> None:
        self._ask_at = self._monotonic() + self._wait
        self._wait = min(2 * self._wait, LONGEST_WAIT)
