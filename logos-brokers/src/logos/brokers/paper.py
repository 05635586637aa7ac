"""The paper broker: takes the session's orders and answers with fills against the bars it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from logos.brokers.cash import CashRules
from logos.brokers.costs import Costs
from logos.brokers.fill_rules import AT_OPEN, WITHIN
from logos.brokers.matching import Matcher, PlannedFill, in_turn
from logos.brokers.paper_config import TOUCH, PaperConfig
from logos.brokers.working import Working, restored
from logos.context.parts import PartContext
from logos.domain.bars import Bar, Slice
from logos.domain.errors import BrokenInvariantError, InputError
from logos.domain.events import Accepted, BrokerEvent, Cancelled, Expired, Fill, Rejected
from logos.domain.orders import Order, OrderIntent, Side, TimeInForce, check_prices
from logos.domain.times import time_text
from logos.session.seats import AccountView, FillTerms, State


def open_paper(config: PaperConfig, context: PartContext) -> PaperBroker:
    """Build the paper broker of a session."""
    uncapped = [symbol for symbol in context.symbols if not context.instruments[symbol].has_volume]
    if uncapped:
        context.log.info("paper_volume_uncapped", symbols=uncapped, reason="the asset class reports no volume")
    return PaperBroker(config, context)


class PaperBroker:
    """Fills orders against bars; fills the seat ``logos.session.seats.Broker``.

    An order decided at a clock ``t`` can fill from its symbol's first bar that opens at ``t`` or later, whether or not
    anything traded on that bar. The same orders, bars and seed give the same events.
    """

    def __init__(self, config: PaperConfig, context: PartContext) -> None:
        costs = Costs(config, context.seed)
        self._costs = costs
        self._margin = context.account.margin
        self._cash = CashRules(costs, context.account)
        self._interval = context.interval
        self._matcher = Matcher(
            costs=costs,
            context=context,
            share=Fraction(config.max_volume_share),
            touch=config.limit_fill == TOUCH,
        )
        self._working: dict[int, Working] = {}

    def submit(self, order: Order, account: AccountView) -> Iterator[BrokerEvent]:
        """Take a new order: ``Accepted``, or ``Rejected`` with what would have to change."""
        intent = order.intent
        if intent.order_id in self._working:
            raise BrokenInvariantError(f"order {intent.order_id} is working already and was submitted again")
        refusal = self._refusal(intent, account)
        if refusal is not None:
            return iter((Rejected(intent.order_id, refusal),))
        self._working[intent.order_id] = Working(order=order)
        return iter((Accepted(intent.order_id),))

    def cancel(self, order: Order, reason: str) -> Iterator[BrokerEvent]:
        """Stop a working order at once; nothing happens to one that does not work any more."""
        if self._working.pop(order.intent.order_id, None) is None:
            return iter(())
        return iter((Cancelled(order.intent.order_id, reason),))

    def match(self, bars: Slice, account: AccountView) -> Iterator[BrokerEvent]:
        """Match the working orders against a slice.

        DAY orders that have run out expire first; then come the fills at the open, the fills within the bar, and the
        end of IOC orders that have had their bar.
        """
        if not self._working:
            return iter(())
        return self._match(bars, account)

    def affordable(self, intent: OrderIntent, account: AccountView) -> int:
        """Return how many lots of a buying intent can be paid now; all of any other, and on a margin account."""
        if self._margin or intent.side is Side.SELL:
            return intent.quantity
        return self._cash.affordable(intent, self._cash.free(intent, self._working.values(), account), account)

    def terms(self) -> FillTerms | None:
        """Return how market orders fill, as plain numbers; ``None`` where slippage is drawn."""
        return self._costs.terms(self._matcher.share)

    def orders(self) -> list[Order]:
        """Return the working orders, by number."""
        return [self._working[number].order for number in sorted(self._working)]

    def snapshot(self) -> State:
        """Return what is known of the working orders beside themselves, by number."""
        return {"working": [self._working[number].state() for number in sorted(self._working)]}

    def restore(self, state: State, orders: Mapping[int, Order]) -> None:
        """Take back a snapshot; ``orders`` must be the very orders that worked when it was taken."""
        self._working = {working.number: working for working in restored(state, orders)}

    def _refusal(self, intent: OrderIntent, account: AccountView) -> str | None:
        instrument = intent.instrument
        if intent.quantity <= 0:
            return f"quantity is {intent.quantity} lots, and must be above 0"
        try:
            check_prices(intent.order_type, intent.limit_price, intent.stop_price)
        except InputError as error:
            return str(error)
        if account.value(instrument, self._cash.reference_price(intent), intent.quantity) is None:
            return (
                f"no conversion of {instrument.currency} yet: its conversion symbol has had no bar, so "
                f"{instrument.symbol} has no value in the account's currency: order after that bar"
            )
        if self._margin:
            return None
        return self._cash.refusal(intent, self._working.values(), account)

    def _match(self, bars: Slice, account: AccountView) -> Iterator[BrokerEvent]:
        yield from self._expire(bars.clock - self._interval)
        plans: list[PlannedFill] = []
        immediate: list[tuple[Working, Bar]] = []
        orders_of = self._orders_by_symbol()
        for bar in bars.bars:
            waiting = orders_of.get(bar.instrument.symbol)
            if waiting is None:
                continue
            orders = [each for each in waiting if each.created_at <= bar.timestamp]
            plans += self._matcher.plan(orders, bar)
            immediate += [(each, bar) for each in orders if each.time_in_force is TimeInForce.IOC]
        if len(plans) == 1:  # as mostly: there is no turn to find
            yield from self._fill(plans[0], account)
        else:
            for phase in (AT_OPEN, WITHIN) if plans else ():
                for plan in in_turn([each for each in plans if each.phase == phase], account):
                    yield from self._fill(plan, account)
        for working, bar in sorted(immediate, key=lambda pair: pair[0].number) if immediate else ():
            yield from self._end_immediate(working, bar)

    def _orders_by_symbol(self) -> dict[str, list[Working]]:
        found: dict[str, list[Working]] = {}
        for number in sorted(self._working):
            each = self._working[number]
            found.setdefault(each.symbol, []).append(each)
        return found

    def _expire(self, open_time: int) -> Iterator[BrokerEvent]:
        due = [each for each in self._working.values() if each.expires_at is not None and each.expires_at <= open_time]
        for working in sorted(due, key=lambda each: each.number):
            del self._working[working.number]
            yield Expired(working.number, f"day: ended at {_end(working)} with {_unfilled(working)}")

    def _fill(self, plan: PlannedFill, account: AccountView) -> Iterator[BrokerEvent]:
        working = plan.working
        if working.number not in self._working:
            return  # the session cancelled it while this slice was being matched
        quantity, cut = self._cut(plan, account)
        if quantity:
            instrument = working.order.intent.instrument
            value = account.value(instrument, plan.price, quantity)
            if value is None:
                raise BrokenInvariantError(f"order {working.number} of {instrument.symbol} has lost its value")
            fee = self._costs.fee(value, plan.liquidity)
            if quantity == working.order.remaining:
                del self._working[working.number]
            yield Fill(
                working.number,
                plan.timestamp,
                quantity,
                plan.price,
                plan.liquidity,
                value,
                fee,
                plan.reference_price,
            )
        if cut is not None:
            del self._working[working.number]
            yield Cancelled(working.number, cut)

    def _cut(self, plan: PlannedFill, account: AccountView) -> tuple[int, str | None]:
        """Return the lots that a cash account can settle, and why they are fewer than planned."""
        working, wanted = plan.working, plan.quantity
        if self._margin:
            return wanted, None
        if working.side is Side.SELL:
            position = account.position(working.symbol)
            if wanted <= position:
                return wanted, None
            return max(0, position), self._cash.position_cut(working, position)
        quantity = self._cash.payable(working, plan.price, wanted, plan.liquidity, account)
        if quantity == wanted:
            return wanted, None
        return quantity, self._cash.cash_cut(working, plan.price, wanted, plan.liquidity, account)

    def _end_immediate(self, working: Working, bar: Bar) -> Iterator[BrokerEvent]:
        if self._working.pop(working.number, None) is None:
            return
        at = time_text(bar.timestamp)
        yield Cancelled(working.number, f"ioc: {_unfilled(working)} on its only bar, which opened at {at}")


def _end(working: Working) -> str:
    return "" if working.expires_at is None else time_text(working.expires_at)


def _unfilled(working: Working) -> str:
    text = working.order.intent.instrument.quantity_text
    return f"{text(working.order.remaining)} of {text(working.order.intent.quantity)} unfilled"
