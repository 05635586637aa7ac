"""A session with a recorder in front of every part: what each answers goes into a trace, and nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from logos.assembly.build import Assembly
from logos.backtest.leaks.trace import Event, Trace, Values
from logos.config.records import SessionConfig
from logos.domain.bars import Bar, Slice
from logos.domain.events import BrokerEvent, Cause, Fill
from logos.domain.instruments import Instrument
from logos.domain.orders import Order, OrderIntent, Signal
from logos.ledger.books import AccountRow, Holding
from logos.session.guarding import GuardRail
from logos.session.machine import SessionParts
from logos.session.pairs import PairState
from logos.session.rebalancing import (
    BookLimit,
    BookPositionManager,
    Held,
    PairChange,
    PriceWatcher,
    Rebalance,
    RebalancingAllocator,
)
from logos.session.records import Decision, Rebalanced
from logos.session.schedule import Schedule
from logos.session.seats import (
    AccountView,
    Allocator,
    Broker,
    Pair,
    PairSignal,
    PositionManager,
    SessionView,
    State,
    Target,
)


@attrs.define
class Tape:
    """A trace under way, and the clock that its events are stamped with."""

    config: SessionConfig
    trace: Trace = attrs.field(factory=Trace)
    clock: int = 0

    def note(self, kind: str, part: str, subject: str, *values: int | str | None) -> None:
        """Write an answer down."""
        self.trace.events.append(Event(self.clock, kind, part, subject, values))


def seated(assembly: Assembly, tape: Tape, *, backwards: bool = False) -> SessionParts:
    """Return the parts of an assembly with a recorder in front of each.

    Parameters
    ----------
    backwards:
        Whether the allocator is shown the signals of a slice in the opposite order.
    """
    parts = assembly.parts
    for state in parts.pairs:
        state.on_bar = _recorded(state, tape)
    return attrs.evolve(
        parts,
        broker=RecordedBroker(parts.broker, tape),
        allocator=_recorded_allocator(parts.allocator, tape, backwards=backwards),
        position_manager=_recorded_manager(parts.position_manager, tape),
        guards=RecordedRail(parts.guards, tape),
    )


def pair_text(pair: Pair) -> str:
    """Return how a pair is called, such as ``trend on SPY``."""
    return f"{pair.strategy} on {pair.symbol}"


def strategy_text(pair: Pair) -> str:
    """Return how a pair's strategy is called, such as ``strategy trend on SPY``."""
    return f"strategy {pair.strategy} on {pair.symbol}"


def values_of(signal: Signal | None) -> Values:
    """Return a strategy's answer as a trace keeps it."""
    if signal is None:
        return ()
    if signal.limit_price is None and signal.stop_price is None:
        return (signal.value, signal.order_type, None, None, signal.time_in_force)
    return (signal.value, signal.order_type, signal.limit_price, signal.stop_price, signal.time_in_force)


def _recorded(state: PairState, tape: Tape) -> Callable[[Bar], Signal | None]:
    answers = tape.trace.signals.setdefault(strategy_text(state.pair), [])
    on_bar = state.strategy.on_bar

    def recorded(bar: Bar) -> Signal | None:
        signal = on_bar(bar)
        answers.append((tape.clock, values_of(signal)))
        return signal

    return recorded


def _recorded_allocator(allocator: Allocator, tape: Tape, *, backwards: bool) -> Allocator:
    if isinstance(allocator, RebalancingAllocator):
        return RecordedRebalancing(allocator, tape, backwards=backwards)
    if isinstance(allocator, PriceWatcher):
        return RecordedWatchingAllocator(allocator, tape, backwards=backwards)
    return RecordedAllocator(allocator, tape, backwards=backwards)


def _recorded_manager(manager: PositionManager, tape: Tape) -> PositionManager:
    if isinstance(manager, BookPositionManager | PriceWatcher):
        return RecordedBookManager(manager, tape)
    return RecordedManager(manager, tape)


class RecordedRail(GuardRail):
    """The guards of a session; what each objects to is written down."""

    def __init__(self, rail: GuardRail, tape: Tape) -> None:
        super().__init__(rail.entries)
        self._tape = tape

    def judge(self, intent: OrderIntent, session: SessionView) -> list[Cause]:
        """Return why an order must not go out."""
        causes = super().judge(intent, session)
        for cause in causes:
            self._tape.note("veto", f"guard {cause.guard}", _order_text(intent), cause.reason)
        return causes

    def inspect(self, session: SessionView) -> list[Cause]:
        """Return why the session must halt."""
        causes = super().inspect(session)
        for cause in causes:
            self._tape.note("halt", f"guard {cause.guard}", "", cause.reason)
        return causes


class RecordedAllocator:
    """An allocator; its targets are written down, and whether it looked at the account."""

    def __init__(self, allocator: Allocator, tape: Tape, *, backwards: bool) -> None:
        self._allocator = allocator
        self._tape = tape
        self._part = f"allocator {tape.config.allocator.name}"
        self._backwards = backwards

    def targets(self, changed: Sequence[PairSignal], account: AccountView) -> Sequence[Target]:
        """Return one target for each signal, in the same order."""
        view = _WatchedAccount(account, self._tape.trace)
        if self._backwards:
            targets = list(self._allocator.targets(list(reversed(changed)), view))[::-1]
        else:
            targets = list(self._allocator.targets(changed, view))
        self._note(changed, targets)
        return targets

    def _note(self, changed: Sequence[PairSignal], targets: Sequence[Target]) -> None:
        for one, target in zip(changed, targets, strict=False):
            weight, units = target.weight, target.quantity
            self._tape.note(
                "target",
                self._part,
                pair_text(one.pair),
                one.signal.value,
                None if weight is None else str(weight),
                None if units is None else str(units),
            )


class RecordedWatchingAllocator(RecordedAllocator):
    """An allocator that keeps prices, or could: they are passed on where it does."""

    @property
    def lookback(self) -> int:
        """How many bars of each symbol decide; none where it keeps no prices."""
        return self._allocator.lookback if isinstance(self._allocator, PriceWatcher) else 0

    def watch(self, bars: Sequence[Bar]) -> None:
        """See bars."""
        if isinstance(self._allocator, PriceWatcher):
            self._allocator.watch(bars)


class RecordedRebalancing(RecordedWatchingAllocator):
    """An allocator with a schedule, or one that could have one."""

    _allocator: RebalancingAllocator

    @property
    def schedule(self) -> Schedule | None:
        """When it sets all targets anew."""
        return self._allocator.schedule

    @property
    def ready(self) -> bool:
        """Whether it has seen enough to decide."""
        return self._allocator.ready

    def rebalance(self, signals: Sequence[PairSignal], account: AccountView) -> Rebalance:
        """Return targets for the last signals of all pairs that have spoken."""
        view = _WatchedAccount(account, self._tape.trace)
        if self._backwards:
            found = self._allocator.rebalance(list(reversed(signals)), view)
            found = attrs.evolve(found, targets=list(found.targets)[::-1])
        else:
            found = self._allocator.rebalance(signals, view)
        self._note(signals, found.targets)
        return found

    def snapshot(self) -> State:
        """Return the weights in force."""
        return self._allocator.snapshot()

    def restore(self, state: State) -> None:
        """Take back a snapshot."""
        self._allocator.restore(state)


class _WatchedAccount:
    """An account view that tells a trace when it is looked at."""

    def __init__(self, account: AccountView, trace: Trace) -> None:
        self._account = account
        self._trace = trace

    @property
    def starting_cash(self) -> int:
        """Cash at the session's start: the same in every run, so that looking at it is no matter."""
        return self._account.starting_cash

    @property
    def cash(self) -> int:
        """Cash now."""
        return self._looked().cash

    @property
    def equity(self) -> int:
        """Cash and the market value of all positions."""
        return self._looked().equity

    def position(self, symbol: str) -> int:
        """Return the signed position in lots."""
        return self._looked().position(symbol)

    def mark(self, symbol: str) -> int | None:
        """Return the last close in ticks."""
        return self._looked().mark(symbol)

    def value(self, instrument: Instrument, price: int, lots: int) -> int | None:
        """Return price times quantity in the account's currency."""
        return self._looked().value(instrument, price, lots)

    def _looked(self) -> AccountView:
        self._trace.reads_account = True
        return self._account


class RecordedManager:
    """A position manager; the differences that it names are written down."""

    def __init__(self, manager: PositionManager, tape: Tape) -> None:
        self._manager = manager
        self._tape = tape
        self._part = f"position manager {tape.config.position_manager.name}"

    def difference(self, pair: Pair, target: int, position: int, account: AccountView) -> int | Held:
        """Return the signed lots to trade."""
        lots = self._manager.difference(pair, target, position, account)
        self._note(pair, lots)
        return lots

    def _note(self, pair: Pair, answer: int | Held) -> None:
        values = (answer.code, answer.detail) if isinstance(answer, Held) else (answer,)
        self._tape.note("difference", self._part, pair_text(pair), *values)


class RecordedBookManager(RecordedManager):
    """A position manager that looks at a whole rebalance, or keeps prices; what it cannot do, it is spared."""

    def differences(
        self, changes: Sequence[PairChange], account: AccountView, limits: Sequence[BookLimit]
    ) -> Sequence[int | Held]:
        """Return what to trade of each pair, in the same order."""
        if not isinstance(self._manager, BookPositionManager):
            return [self.difference(change.pair, change.target, change.position, account) for change in changes]
        answers = self._manager.differences(changes, account, limits)
        for change, answer in zip(changes, answers, strict=False):
            self._note(change.pair, answer)
        return answers

    @property
    def lookback(self) -> int:
        """How many bars of each symbol decide; none where it keeps no prices."""
        return self._manager.lookback if isinstance(self._manager, PriceWatcher) else 0

    def watch(self, bars: Sequence[Bar]) -> None:
        """See bars."""
        if isinstance(self._manager, PriceWatcher):
            self._manager.watch(bars)


class RecordedBroker:
    """A broker; what it says can be paid is written down. Its events reach the trace through the session."""

    def __init__(self, broker: Broker, tape: Tape) -> None:
        self._broker = broker
        self._tape = tape
        self._part = broker_text(tape.config)

    def submit(self, order: Order, account: AccountView) -> Iterator[BrokerEvent]:
        """Take a new order."""
        return self._broker.submit(order, account)

    def cancel(self, order: Order, reason: str) -> Iterator[BrokerEvent]:
        """Stop a working order."""
        return self._broker.cancel(order, reason)

    def match(self, bars: Slice, account: AccountView) -> Iterator[BrokerEvent]:
        """Match the working orders against a slice."""
        return self._broker.match(bars, account)

    def affordable(self, intent: OrderIntent, account: AccountView) -> int:
        """Return how many lots of a buying intent can be paid now."""
        lots = self._broker.affordable(intent, account)
        self._tape.note("affordable", self._part, _order_text(intent), lots)
        return lots

    def snapshot(self) -> State:
        """Return what the broker keeps across a restart."""
        return self._broker.snapshot()

    def restore(self, state: State, orders: Mapping[int, Order]) -> None:
        """Take back a snapshot."""
        self._broker.restore(state, orders)


def broker_text(config: SessionConfig) -> str:
    """Return how the broker is called where it answers; its fills are called ``fills of broker paper``."""
    return f"broker {config.broker.name}"


class TraceRecorder:
    """The session's recorder: it keeps everything in the trace."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._broker = broker_text(tape.config)
        self._fills = f"fills of {self._broker}"
        self.account: Callable[[AccountRow], None] = self._account

    def _account(self, row: AccountRow) -> None:
        self._tape.trace.events.append(Event(row[0], "account", "the account", "", row[1:]))

    def decided(self, decision: Decision) -> None:
        """Record a decision."""
        values = (
            decision.signal,
            decision.weight,
            decision.quantity,
            decision.outcome,
            decision.order_id,
            decision.code,
            decision.detail,
        )
        self._tape.note("decision", "the orders", pair_text(decision.pair), *values)

    def rebalanced(self, rebalanced: Rebalanced) -> None:
        """Hear of a rebalance; its targets are written down already."""

    def weights(self, rebalanced: Rebalanced, held: Mapping[str, int]) -> None:
        """Hear of what a rebalance came to; it follows from the fills."""

    def intended(self, order: Order) -> None:
        """Record an order before anybody has seen it."""
        intent = order.intent
        values = (
            intent.side,
            intent.order_type,
            intent.time_in_force,
            intent.quantity,
            intent.limit_price,
            intent.stop_price,
            intent.decision_price,
            intent.note,
        )
        self._tape.note("order", "the orders", _order_text(intent), *values)

    def blocked(self, order: Order, causes: Sequence[Cause]) -> None:
        """Hear that guards have blocked an order; their vetoes are written down already."""

    def answered(self, clock: int, event: BrokerEvent) -> None:  # noqa: ARG002 - the tape has the clock
        """Record a broker's answer other than a fill."""
        reason = getattr(event, "reason", "")
        self._tape.note("answer", self._broker, f"order {event.order_id}", type(event).__name__, reason)

    def filled(self, clock: int, trade_id: int, order: Order, fill: Fill, realized: int) -> None:  # noqa: ARG002 - a seat
        """Record a fill."""
        values = (fill.timestamp, fill.quantity, fill.price, fill.liquidity, fill.value, fill.fee)
        self._tape.note("fill", self._fills, f"order {fill.order_id}", *values)

    def closed(self, order: Order) -> None:
        """Hear of an order in its final state; what ended it is written down already."""

    def position(self, clock: int, holding: Holding) -> None:
        """Hear of a position that has changed; it follows from the fills."""

    def halted(self, clock: int, causes: Sequence[Cause]) -> None:
        """Hear of a halt; its causes are written down already."""

    def ticked(self, clock: int) -> None:
        """Hear that the clock moved without a bar; a replay has no such ticks."""


def _order_text(intent: OrderIntent) -> str:
    return f"order {intent.order_id}"
