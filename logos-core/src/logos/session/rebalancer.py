"""When a session sets all its targets anew, and the record of what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import attrs

from logos.domain.bars import Bar
from logos.domain.errors import part_at_work
from logos.domain.money import RATIO_ONE, divide_half_even
from logos.domain.times import parse_time, time_text
from logos.ledger.books import Books
from logos.session.pairs import PairState
from logos.session.rebalancing import PriceWatcher, Rebalance, RebalancingAllocator
from logos.session.records import Rebalanced
from logos.session.schedule import Schedule
from logos.session.seats import Allocator, PairSignal, State, Target

if TYPE_CHECKING:
    from logos.session.machine import SessionParts


WATCHING = "the allocator or the position manager, which watch prices,"
"""How a part is called that fails while it is shown prices."""

_NEVER_DECIDED = (
    "the allocator was never ready for its first rebalance: no weights were set, and nothing was traded. Shorten its "
    "look-back or the history that it asks for, or give it more bars"
)


def schedule_of(allocator: Allocator) -> Schedule | None:
    """Return when an allocator wants to set all targets anew; ``None`` where it never does."""
    return allocator.schedule if isinstance(allocator, RebalancingAllocator) else None


def rebalancer_of(parts: SessionParts, pairs: Iterable[PairState]) -> Rebalancer | None:
    """Return what asks a session's allocator on its schedule; ``None`` where it has none."""
    allocator = parts.allocator
    if isinstance(allocator, RebalancingAllocator) and allocator.schedule is not None:
        return Rebalancer(allocator, allocator.schedule, pairs, parts.books)
    return None


def never_decided(rebalancer: Rebalancer | None) -> tuple[str, ...]:
    """Return the warning at the end of a session whose allocator has a schedule and never set a weight."""
    if rebalancer is None or rebalancer.has_begun:
        return ()
    return (_NEVER_DECIDED,)


def watchers_of(parts: SessionParts) -> tuple[PriceWatcher, ...]:
    """Return the parts that need prices from before they are asked."""
    seats = (parts.allocator, parts.position_manager)
    return tuple(part for part in seats if isinstance(part, PriceWatcher))


def warm_watchers(
    watchers: Iterable[PriceWatcher], symbols: Iterable[str], history: Callable[[str, int], Sequence[Bar]]
) -> None:
    """Show parts the bars from before a session, as far as they look back.

    Parameters
    ----------
    history:
        Returns the last bars of a symbol, so many at most, oldest first.
    """
    for symbol in symbols:
        for watcher in watchers:
            lookback = watcher.lookback
            bars = history(symbol, lookback) if lookback else ()
            with part_at_work(WATCHING):
                watcher.watch(bars)


class Rebalancer:
    """Asks a session's allocator for all targets when they are due.

    Parameters
    ----------
    allocator:
        The session's, which has a schedule.
    schedule:
        Its schedule.
    pairs:
        The session's, by symbol and strategy.

    Attributes
    ----------
    next_at:
        When targets are set anew next, in seconds since the epoch, UTC; ``None`` before the first time, which comes
        as soon as the allocator is ready.
    pending:
        The last rebalance, until a slice has shown what its orders came to.
    """

    def __init__(
        self, allocator: RebalancingAllocator, schedule: Schedule, pairs: Iterable[PairState], books: Books
    ) -> None:
        self._allocator = allocator
        self._schedule = schedule
        self._books = books
        self._pairs = {state.pair: state for state in pairs}
        self._symbols = tuple(sorted({pair.symbol for pair in self._pairs}))
        self.next_at: int | None = None
        self.pending: Rebalanced | None = None

    @property
    def has_begun(self) -> bool:
        """Whether there was a first rebalance."""
        return self.next_at is not None

    def is_due(self, clock: int) -> bool:
        """Return whether targets are to be set anew at a slice."""
        return (self.next_at is None or clock >= self.next_at) and self._allocator.ready

    def ask(self, signals: Sequence[PairSignal], clock: int) -> Rebalance:
        """Return what the allocator wants of all pairs that have spoken, and count it as done."""
        with part_at_work("the allocator"):
            wanted = self._allocator.rebalance(signals, self._books)
            _check(wanted, signals)
        self.next_at = self._schedule.next_after(clock)
        if not wanted.untraded:
            return wanted
        kept = [self._kept(target, one, wanted) for target, one in zip(wanted.targets, signals, strict=True)]
        return attrs.evolve(wanted, targets=kept)

    def _kept(self, target: Target, signal: PairSignal, wanted: Rebalance) -> Target:
        """Return what a pair holds as its target where it cannot be traded, unless its signal wants it closed."""
        if signal.pair.symbol not in wanted.untraded or not signal.signal.value:
            return target
        state = self._pairs[signal.pair]
        return Target(pair=signal.pair, quantity=state.position / state.instrument.lots_a_unit)

    def keep(self, wanted: Rebalance, weights: Mapping[str, int], clock: int) -> Rebalanced:
        """Return the record of a rebalance, and keep it until a slice shows what its orders came to.

        Parameters
        ----------
        weights:
            The targets by symbol, in hundred-millionths of equity.
        """
        held = self.held() if wanted.untraded else {}
        targets = {
            symbol: held[symbol] if symbol in wanted.untraded else weights.get(symbol, 0) for symbol in self._symbols
        }
        risk = {symbol: wanted.risk[symbol] for symbol in self._symbols if symbol in wanted.risk}
        self.pending = Rebalanced(
            clock=clock,
            method=wanted.method,
            targets=targets,
            risk=risk,
            volatility=wanted.volatility,
            notes=wanted.notes,
        )
        return self.pending

    def held(self) -> dict[str, int]:
        """Return what is held of each symbol now, in hundred-millionths of equity."""
        equity = self._books.equity
        if equity <= 0:
            return dict.fromkeys(self._symbols, 0)
        values = {symbol: self._books.holding(symbol).market_value for symbol in self._symbols}
        return {symbol: divide_half_even(value * RATIO_ONE, equity) for symbol, value in values.items()}

    def snapshot(self) -> State:
        """Return what a restart needs besides prices."""
        pending = self.pending
        return {
            "next_at": None if self.next_at is None else time_text(self.next_at),
            "allocator": self._allocator.snapshot(),
            "pending": None if pending is None else attrs.asdict(pending) | {"clock": time_text(pending.clock)},
        }

    def restore(self, state: State) -> None:
        """Take back a snapshot."""
        pending = state["pending"]
        self.next_at = None if state["next_at"] is None else parse_time(state["next_at"])
        self._allocator.restore(state["allocator"])
        self.pending = None
        if pending is not None:
            kept = pending | {"clock": parse_time(pending["clock"]), "notes": tuple(pending["notes"])}
            self.pending = Rebalanced(**kept)


def _check(wanted: Rebalance, signals: Sequence[PairSignal]) -> None:
    if not isinstance(wanted, Rebalance):
        raise TypeError(f"it answered {wanted!r} instead of a Rebalance")
    ratios = [*wanted.risk.values(), *([] if wanted.volatility is None else [wanted.volatility])]
    if any(type(ratio) is not int for ratio in ratios):
        raise TypeError("risk and volatility are whole hundred-millionths")
    if [target.pair for target in wanted.targets] != [one.pair for one in signals]:
        raise ValueError(f"{len(wanted.targets)} targets for {len(signals)} signals, or in another order")
    if not all(isinstance(target.weight, int | Fraction) and target.quantity is None for target in wanted.targets):
        raise TypeError("a target of a rebalance is a weight, a Fraction, and no quantity")
