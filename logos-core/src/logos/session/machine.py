"""The session itself: a pure state machine. A slice of bars goes in; events and rows come out through the recorder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

import attrs

from logos.context.parts import AccountSettings
from logos.data.calendars import MarketCalendar
from logos.domain.bars import Bar, Slice
from logos.domain.errors import PartFailedError, part_at_work
from logos.domain.events import Cause
from logos.domain.instruments import Instrument
from logos.domain.orders import Order, Signal
from logos.domain.times import SECONDS_A_DAY, time_text
from logos.ledger.books import AccountRow, Books, EquityRow
from logos.session.desk import OrderDesk
from logos.session.guarding import GuardRail
from logos.session.order_intent import Quantised, Refusal, Translator
from logos.session.pairs import PairState
from logos.session.rebalancer import WATCHING, Rebalancer, rebalancer_of, watchers_of
from logos.session.rebalancing import BookLimit, BookPositionManager, Held, PairChange
from logos.session.records import Decision, Outcome, Recorder
from logos.session.seats import Allocator, Broker, PairSignal, PositionManager, Target
from logos.session.working import WorkingOrders

_NO_WEIGHTS = Refusal(
    "no_weights_yet", "the allocator has not seen enough bars for its first rebalance: the signal waits for it"
)


@attrs.define(kw_only=True)
class Counts:
    """How much a session has seen and done."""

    slices: int = 0
    bars: int = 0
    orders: int = 0
    fills: int = 0
    blocked: int = 0
    rejected: int = 0
    decisions: int = 0


@attrs.frozen(kw_only=True)
class SessionParts:
    """What a session is assembled from."""

    settings: AccountSettings
    interval: int
    instruments: Mapping[str, Instrument]
    books: Books
    broker: Broker
    pairs: Sequence[PairState]
    allocator: Allocator
    position_manager: PositionManager
    guards: GuardRail
    calendar: Callable[[Instrument], MarketCalendar]


class Session:
    """One trading session. ``advance`` it slice by slice; it is its own ``SessionView``.

    Parameters
    ----------
    session_id:
        Names the session in client order ids.
    parts:
        What it trades with.
    recorder:
        Hears everything that happens.
    clock:
        Where the clock stands before the first slice.
    equity_only:
        Whether the recorder is told clock and equity after each slice, instead of the whole account row.

    Attributes
    ----------
    sliced_at:
        The clock of the last slice with bars; a timer tick may have moved the clock on since.
    rebalancer:
        Asks the allocator for all targets on its schedule; ``None`` where it has none.
    """

    def __init__(
        self, *, session_id: str, parts: SessionParts, recorder: Recorder, clock: int, equity_only: bool = False
    ) -> None:
        self.clock = clock
        self.day = clock // SECONDS_A_DAY
        self.started_at = clock
        self.sliced_at = clock
        self.bars: tuple[Bar, ...] = ()
        self.account = parts.books
        self.counts = Counts()
        self.causes: tuple[Cause, ...] = ()
        self.symbols = tuple(sorted(parts.instruments))
        self.parts = parts
        self.pairs = tuple(sorted(parts.pairs, key=lambda state: (state.pair.symbol, state.pair.strategy)))
        self._recorder = recorder
        self._interval = parts.interval
        self._guards = parts.guards
        self._pairs_of = {
            instrument: tuple(state for state in self.pairs if state.instrument is instrument)
            for instrument in parts.instruments.values()
        }
        self.orders = WorkingOrders()
        self.desk = OrderDesk(self, recorder, self.orders)
        self.rebalancer = rebalancer_of(parts, self.pairs)
        self._watchers = watchers_of(parts)
        self._working = self.orders.by_id
        self._moved = self.desk.moved
        self._inspect = parts.guards.inspect
        self._record_row = recorder.account
        self._row: Callable[[int], AccountRow | EquityRow] = (
            parts.books.equity_row if equity_only else parts.books.account_row
        )
        self._translator = Translator(
            session_id=session_id,
            settings=parts.settings,
            books=parts.books,
            broker=parts.broker,
            working=self.orders,
            next_order_id=self.desk.next_order_id,
        )

    # -- what guards see -------------------------------------------------------------------------------------------

    def instrument(self, symbol: str) -> Instrument:
        """Return the instrument of a session symbol."""
        return self.parts.instruments[symbol]

    def working(self, symbol: str) -> tuple[int, int]:
        """Return the lots that working orders may still buy and sell, both not negative."""
        return self.orders.sides(symbol)

    def last_close(self, symbol: str) -> int | None:
        """Return the close time of the symbol's last bar, or ``None`` before the first."""
        marked_at = self.account.holding(symbol).marked_at
        return None if marked_at is None else marked_at + self._interval

    def calendar(self, symbol: str) -> MarketCalendar:
        """Return the symbol's trading calendar."""
        return self.parts.calendar(self.parts.instruments[symbol])

    # -- one slice -------------------------------------------------------------------------------------------------

    def advance(self, bars: Slice, kill: str = "") -> bool:
        """Take one slice, in the one order of work; return whether the session goes on.

        Parameters
        ----------
        bars:
            The slice; without bars it is a timer tick, at which only guards and expiries speak.
        kill:
            Why the runner wants a halt at this slice; empty where it does not.
        """
        self._match_and_mark(bars)
        causes = self._inspect(self)
        if causes or kill or self.account.equity <= 0:
            self._halt(causes, kill)
            return False
        changed: list[tuple[PairState, Signal]] | None = None
        retries: list[PairState] | None = None
        pairs_of = self._pairs_of
        state: PairState | None = None
        try:
            for bar in bars[1]:
                for state in pairs_of[bar[0]]:
                    signal = state.on_bar(bar)
                    if signal is not None and signal.value != state.value:
                        changed = [*(changed or ()), (state, signal)]
                    elif state.retry:
                        retries = [*(retries or ()), state]
        except Exception as error:
            raise PartFailedError.of(_strategy(state), error) from error
        if changed or retries or self.rebalancer is not None:
            self._act(changed or (), retries or ())
        return True

    def _match_and_mark(self, bars: Slice) -> None:
        clock, these = bars
        self.clock = clock
        self.bars = these
        self.day = (clock - self._interval) // SECONDS_A_DAY
        if self._working:
            self.desk.match(bars)
        if not these:
            self._recorder.ticked(clock)
            if self._moved:
                self.desk.record_moves(clock)
            return
        counts = self.counts
        if not counts.slices:
            self.started_at = clock
        elif clock <= self.sliced_at:
            found = ValueError(f"a slice that closes at {time_text(clock)} after one at {time_text(self.sliced_at)}")
            raise PartFailedError.of("the feed", found)
        self.sliced_at = clock
        counts.slices += 1
        counts.bars += len(these)
        books = self.account
        books.mark_to_market(these)
        if self._moved:
            self.desk.record_moves(clock)
        self._record_row(self._row(clock))
        if self._watchers:
            self._show_watchers(these)
        if self.rebalancer is not None and self.rebalancer.pending is not None:
            self._show_weights(self.rebalancer)

    def _show_watchers(self, bars: Sequence[Bar]) -> None:
        with part_at_work(WATCHING):
            for watcher in self._watchers:
                watcher.watch(bars)

    def _show_weights(self, rebalancer: Rebalancer) -> None:
        """Record what the orders of the last rebalance came to."""
        if rebalancer.pending is not None:
            self._recorder.weights(rebalancer.pending, rebalancer.held())
            rebalancer.pending = None

    @property
    def sees_every_slice(self) -> bool:
        """Whether no slice may be passed over: a part keeps prices, or all targets may fall due."""
        return bool(self._watchers) or self.rebalancer is not None

    def pass_over(self, last: Slice, *, first: int, slices: int, bars: int, marks: Iterable[Bar], highest: int) -> None:
        """Move on over slices in which no order worked and no signal changed: only prices have moved.

        Parameters
        ----------
        last:
            The last of the slices.
        first:
            The clock of the first of them.
        slices, bars:
            How many slices, and bars in them.
        marks:
            The last bar in them of every symbol that has one.
        highest:
            The highest equity at any of them, in minor units.
        """
        if not self.counts.slices:
            self.started_at = first
        self.clock = self.sliced_at = last.clock
        self.bars = last.bars
        self.day = (last.clock - self._interval) // SECONDS_A_DAY
        self.counts.slices += slices
        self.counts.bars += bars
        books = self.account
        books.mark_to_market(marks)
        books.peak = max(books.peak, highest)

    # -- from signals to orders ------------------------------------------------------------------------------------

    def _act(self, changed: Sequence[tuple[PairState, Signal]], retries: Sequence[PairState]) -> None:
        """Set the targets of changed signals, or of all pairs where that is due, and trade."""
        rebalancer, clock = self.rebalancer, self.clock
        if rebalancer is not None and self.bars and rebalancer.is_due(clock):
            self._rebalance(rebalancer, changed, clock)
            return
        if changed:
            self._decide(changed, clock)
        for state in retries:
            self._trade_difference(state, clock)

    def _decide(self, changed: Sequence[tuple[PairState, Signal]], clock: int) -> None:
        signals = [PairSignal(pair=state.pair, instrument=state.instrument, signal=signal) for state, signal in changed]
        for (state, signal), target in zip(changed, self._targets(signals), strict=True):
            begins = state.value is None
            quantised = self._set_target(state, signal, target, "target changed")
            if begins and not quantised.lots and not quantised.code:
                if self.rebalancer is not None and signal.value and not self.rebalancer.has_begun:
                    self._refuse(state, clock, _NO_WEIGHTS, Outcome.REFUSED)
                continue
            self._trade_difference(state, clock, quantised.code)

    def _rebalance(self, rebalancer: Rebalancer, changed: Sequence[tuple[PairState, Signal]], clock: int) -> None:
        """Set the targets of all pairs that have spoken anew: what reduces is ordered before what increases."""
        fresh = {state.pair: signal for state, signal in changed}
        spoken = [state for state in self.pairs if state.pair in fresh or state.value is not None]
        signals = [
            PairSignal(pair=state.pair, instrument=state.instrument, signal=fresh.get(state.pair) or _at_market(state))
            for state in spoken
        ]
        wanted = rebalancer.ask(signals, clock)
        weights: dict[str, int] = {}
        asked: list[tuple[PairState, str]] = []
        for state, one, target in zip(spoken, signals, wanted.targets, strict=True):
            begins = state.value is None
            quantised = self._set_target(state, one.signal, target, "rebalanced")
            weights[state.pair.symbol] = weights.get(state.pair.symbol, 0) + (quantised.weight or 0)
            if not begins or quantised.lots or quantised.code:
                asked.append((state, quantised.code))
        self._recorder.rebalanced(rebalancer.keep(wanted, weights, clock))
        differences = self._differences([state for state, _ in asked], wanted.limits)
        book = zip(asked, differences, strict=True)
        for (state, code), difference in sorted(book, key=lambda one: abs(one[0][0].target) >= abs(one[0][0].position)):
            self._trade(state, clock, difference, code, rebalances=True)

    def _differences(self, states: Sequence[PairState], limits: Sequence[BookLimit]) -> Sequence[int | Held]:
        """Return what to trade of each pair of a rebalance; a manager that can is shown all of them at once."""
        manager = self.parts.position_manager
        if not isinstance(manager, BookPositionManager):
            return [self._difference(state) for state in states]
        with part_at_work("the position manager"):
            changes = [PairChange(state.pair, state.target, state.position) for state in states]
            answers = manager.differences(changes, self.account, limits)
            if len(answers) != len(changes):
                raise ValueError(f"{len(answers)} differences for {len(changes)} pairs")
            return [_checked(answer) for answer in answers]

    def _difference(self, state: PairState) -> int | Held:
        with part_at_work("the position manager"):
            manager = self.parts.position_manager
            return _checked(manager.difference(state.pair, state.target, state.position, self.account))

    def _set_target(self, state: PairState, signal: Signal, target: Target, why: str) -> Quantised:
        """Give a pair its target; what works for it is cancelled."""
        state.signal = signal
        state.value = signal.value
        quantised = self._translator.quantise(target, state.instrument)
        state.weight = quantised.weight
        state.target = quantised.lots
        state.note = quantised.note
        state.refused = ""
        state.retry = False
        self.desk.cancel_pair(state, why)
        return quantised

    def _targets(self, signals: Sequence[PairSignal]) -> Sequence[Target]:
        with part_at_work("the allocator"):
            targets = self.parts.allocator.targets(signals, self.account)
            if [target.pair for target in targets] != [one.pair for one in signals]:
                raise ValueError(f"{len(targets)} targets for {len(signals)} signals, or in another order")
            for target in targets:
                if (target.weight is None) == (target.quantity is None):
                    raise ValueError("a target names a weight or a quantity, not both and not neither")
                if not isinstance(target.weight if target.quantity is None else target.quantity, int | Fraction):
                    raise TypeError(f"a target is no Fraction: {target}")
        return targets

    def _trade_difference(self, state: PairState, clock: int, code: str = "") -> None:
        """Order what a pair lacks to its target, and record the decision."""
        self._trade(state, clock, self._difference(state), code)

    def _trade(
        self, state: PairState, clock: int, difference: int | Held, code: str = "", *, rebalances: bool = False
    ) -> None:
        if isinstance(difference, Held):
            state.retry = False
            self._refuse(state, clock, Refusal(difference.code, difference.detail), Outcome.UNCHANGED)
            return
        if not difference:
            state.retry = False
            self._refuse(state, clock, self._nothing_to_do(state, code), Outcome.REFUSED if code else Outcome.UNCHANGED)
            return
        intent = self._translator.intent(state, difference, clock, rebalances=rebalances)
        if isinstance(intent, Refusal):
            state.retry = self._nearer_to_zero(state, difference)
            self._refuse(state, clock, intent, Outcome.REFUSED)
            return
        order = Order(intent=intent, updated_at=clock, reason=intent.note)
        causes = self._guards.judge(intent, self)
        if causes:
            state.retry = intent.reduces
            if state.refused != _names(causes):
                self.desk.block(order, causes)
            refusal = Refusal(_names(causes), "; ".join(f"{cause.guard}: {cause.reason}" for cause in causes))
            self._refuse(state, clock, refusal, Outcome.BLOCKED)
            return
        state.retry = False
        state.refused = ""
        self._record(state, clock, Outcome.ORDERED, Refusal("", intent.note), intent.order_id)
        self.desk.send(order, state)
        self._guards.ordered(intent, self)

    def _nearer_to_zero(self, state: PairState, difference: int) -> bool:
        position = self.account.position(state.pair.symbol)
        return position * difference < 0 and abs(difference) <= abs(position)

    def _nothing_to_do(self, state: PairState, code: str) -> Refusal:
        if code:
            return Refusal(code, state.note)
        text = state.instrument.quantity_text
        return Refusal("at_target", f"position {text(state.position)} is the target {text(state.target)} already")

    def _refuse(self, state: PairState, clock: int, refusal: Refusal, outcome: Outcome) -> None:
        if refusal.code == state.refused:
            return
        state.refused = refusal.code
        self._record(state, clock, outcome, refusal, None)

    def _record(self, state: PairState, clock: int, outcome: Outcome, refusal: Refusal, order_id: int | None) -> None:
        self.counts.decisions += 1
        self._recorder.decided(
            Decision(
                clock=clock,
                pair=state.pair,
                instrument=state.instrument,
                signal=state.value or 0,
                weight=state.weight,
                quantity=state.target,
                outcome=outcome,
                order_id=order_id,
                code=refusal.code,
                detail=refusal.detail,
            )
        )

    # -- halt and end ----------------------------------------------------------------------------------------------

    def halt_before_start(self, reason: str) -> None:
        """Halt before the first bar, as when the kill file is there already."""
        self._halt([], reason)

    def _halt(self, causes: list[Cause], kill: str) -> None:
        if self.account.equity <= 0 and not any(cause.guard == "account" for cause in causes):
            causes = [*causes, Cause(guard="account", reason="equity is at or below zero", at=self.clock)]
        if kill:
            causes = self._guards.with_kill(causes, kill, self.clock)
        self.causes = tuple(causes)
        self._recorder.halted(self.clock, self.causes)
        self.desk.cancel_all("halted")

    def order_closing(self) -> None:
        """Order market orders that close every position: ``session.flatten`` after a halt."""
        for state in self.pairs:
            if state.position:
                intent = self._translator.closing_intent(state, self.clock)
                order = Order(intent=intent, updated_at=self.clock, reason=intent.note)
                self.desk.send(order, state)

    def advance_closing(self, bars: Slice) -> bool:
        """Take a slice after the halt: closing orders fill, rows are written, no strategy is called.

        Returns whether a position is still open.
        """
        self._match_and_mark(bars)
        return any(state.position for state in self.pairs)

    def finish(self, reason: str) -> None:
        """Cancel what still works, as at the end of the data."""
        self.desk.cancel_all(reason)
        if self.rebalancer is not None:
            self._show_weights(self.rebalancer)

    # -- restart ---------------------------------------------------------------------------------------------------

    def warm_up(self, state: PairState, bars: Sequence[Bar]) -> int | None:
        """Feed a pair's strategy the bars before a restart; return the value of its last signal there."""
        value: int | None = None
        for bar in bars:
            signal = state.on_bar(bar)
            value = None if signal is None else signal.value
        return value


def _strategy(state: PairState | None) -> str:
    return "a strategy" if state is None else f"strategy {state.pair.strategy} on {state.pair.symbol}"


def _checked(answer: int | Held) -> int | Held:
    if type(answer) is not int and not isinstance(answer, Held):
        raise TypeError(f"it answered {answer!r} instead of whole lots or Held")
    return answer


def _at_market(state: PairState) -> Signal:
    """Return a pair's last signal as a market order: the prices that it named are of another time."""
    assert state.value is not None
    return Signal(state.value)


def _names(causes: Sequence[Cause]) -> str:
    return "+".join(dict.fromkeys(cause.guard for cause in causes))
