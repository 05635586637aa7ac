"""The parts at work. What the venue does is set by the test, in ``VENUE``."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import attrs

from logos.domain.errors import LogosError
from logos.domain.events import Accepted, Cancelled, Fill, Previewed, Unknown
from logos.domain.orders import FLAT, LONG, Liquidity
from logos.session.outside import HealthCheck, MarketTerms, OutsideOrder, Standing, Survey, Verdict
from logos.testing.keeper import Keeper, Trouble
from logos.testing.kept_broker import KeptBroker


@attrs.define
class Venue:
    """What every broker of these parts finds."""

    checks: tuple[HealthCheck, ...] = (HealthCheck(name="key", verdict=Verdict.OK, text="valid"),)
    terms: dict[str, MarketTerms] = attrs.field(factory=dict)
    orders: tuple = ()
    positions: tuple = ()
    silent: Callable[[str], bool] = lambda _what: False
    dies_at: int = 0
    submits: Callable[[object], None] = lambda _intent: None
    trouble: Callable[[str], Trouble] = lambda _request: Trouble.NONE
    step: Callable[[str], None] = lambda _moment: None
    renames: Callable[[str], str] = str
    said: list = attrs.field(factory=list)

    def ask(self, what: str) -> None:
        self.said.append(what)
        if self.silent(what):
            raise LogosError("the venue does not answer")


VENUE = Venue()


class Killed(BaseException):
    """The program is gone."""


class SteppingKeeper(Keeper):
    """Tells of the moments around each change of its file: the program may die at any of them."""

    def _write(self, book) -> None:
        VENUE.step("before the venue")
        super()._write(book)
        VENUE.step("after the venue")


class Shown:
    """Fills market orders whole at the next open; fills ``OutsideBroker`` in dry-run."""

    venue = "shown:file"

    def __init__(self, context) -> None:
        self._record = context.venue_record
        self._symbols = context.symbols
        self._orders = {}
        self._unsettled = {}
        self._unwanted = {}

    def submit(self, order, account):
        intent = order.intent
        VENUE.submits(intent)
        if intent.order_id == VENUE.dies_at:
            raise Killed
        if self._record is not None:
            text = intent.instrument.quantity_text(intent.quantity)
            outcome = "would accept" if intent.quantity % 2 else 'filter failure: "LOT, SIZE"'
            request = {
                "method": "POST",
                "url": self._record["url"],
                "body": {"id": intent.client_order_id, "qty": text},
            }
            yield Previewed(intent.order_id, request, outcome)
        self._orders[intent.order_id] = order
        yield Accepted(intent.order_id)

    def recover(self, order, account):
        VENUE.said.append("recover")
        try:
            VENUE.ask("find")
        except LogosError as error:
            self._unsettled[order.intent.order_id] = order
            yield Unknown(order.intent.order_id, str(error))
            return
        yield from self.submit(order, account)

    def cancel(self, order, reason):
        number = order.intent.order_id
        if number in self._unsettled:
            if number in self._unwanted or VENUE.silent("find"):
                self._unwanted.setdefault(number, reason)
                return
            del self._unsettled[number]
            yield Cancelled(number, reason)
        elif self._orders.pop(number, None) is not None:
            yield Cancelled(number, reason)

    def match(self, bars, account):
        for number, order in sorted(self._unsettled.items()):
            if not VENUE.silent("find"):
                del self._unsettled[number]
                if number in self._unwanted:
                    yield Cancelled(number, self._unwanted.pop(number))
                else:
                    yield from self.submit(order, account)
        opens = {bar.symbol: bar for bar in bars.bars}
        for number, order in sorted(self._orders.items()):
            intent = order.intent
            bar = opens.get(intent.instrument.symbol)
            if bar is not None and bar.timestamp >= intent.created_at:
                del self._orders[number]
                value = account.value(intent.instrument, bar.open, intent.quantity)
                yield Fill(number, bar.timestamp, intent.quantity, bar.open, Liquidity.TAKER, value, 0)

    def affordable(self, intent, account):
        return intent.quantity

    def terms(self):
        return None

    def snapshot(self):
        unwanted = [list(wish) for wish in sorted(self._unwanted.items())]
        return {"unsettled": sorted(self._unsettled), "unwanted": unwanted, "working": sorted(self._orders)}

    def restore(self, state, orders):
        self._unsettled = {number: orders[number] for number in state["unsettled"]}
        self._unwanted = dict(state["unwanted"])
        self._orders = {number: orders[number] for number in state["working"]}

    def survey(self):
        VENUE.ask("survey")
        return Survey(
            venue=self.venue, checks=VENUE.checks, terms=VENUE.terms, record={"url": "https://shown.test/order"}
        )

    def standing(self):
        VENUE.ask("standing")
        return Standing(keeper="paper", orders=VENUE.orders + self._own(), positions=VENUE.positions)

    def _own(self):
        return tuple(
            OutsideOrder(
                place="paper",
                client_order_id=order.intent.client_order_id,
                symbol=order.intent.instrument.symbol,
                side=order.intent.side,
                quantity=Decimal(order.intent.instrument.quantity_text(order.intent.quantity)),
                filled=Decimal(0),
                status=order.status,
            )
            for order in self._orders.values()
        )

    def find(self, intent):
        VENUE.ask("find")

    def name_outside(self, client_order_id):
        return VENUE.renames(client_order_id)

    def close(self):
        VENUE.said.append("close")


def open_shown(config, context):
    return Shown(context)


class Kept(KeptBroker):
    """As the double, but for what the test wants surveyed."""

    def survey(self):
        VENUE.ask("survey")
        return attrs.evolve(super().survey(), checks=VENUE.checks)


def open_kept(config, context):
    return Kept(SteppingKeeper(context.workspace / config.file, VENUE.trouble), context)


class Coins:
    """Wants to be in or out by the bar's own digits."""

    lookback = 1

    def __init__(self, config, context) -> None:
        self._of = config.of

    def on_bar(self, bar):
        return LONG if (bar.close // 3 + bar.timestamp // 60) % self._of else FLAT
