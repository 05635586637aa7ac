"""The seats of parts that keep prices, or set all targets anew on a schedule: protocols without behaviour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import attrs

from logos.domain.bars import Bar
from logos.session.schedule import Schedule
from logos.session.seats import AccountView, Allocator, Pair, PairSignal, PositionManager, State, Target


@runtime_checkable
class PriceWatcher(Protocol):
    """An allocator or a position manager that needs prices from before it is asked.

    What it knows is a function of the last ``lookback`` bars of each symbol and of nothing else: a resumed session
    rebuilds it from them.
    """

    @property
    def lookback(self) -> int:
        """How many bars of each symbol decide, the current one included."""

    def watch(self, bars: Sequence[Bar]) -> None:
        """See bars: those of a slice before anything is asked at it, or one symbol's from before the session.

        The bars of each symbol come in ascending order of time, each once.
        """


@attrs.frozen(kw_only=True)
class BookLimit:
    """A bound on the sum of what is held of some symbols. Ratios of equity are in hundred-millionths.

    Attributes
    ----------
    symbols:
        One for a bound on a single position.
    least, most:
        ``None`` for no bound.
    absolute:
        Whether absolute values are summed: gross exposure.
    """

    symbols: frozenset[str]
    least: int | None = None
    most: int | None = None
    absolute: bool = False


@attrs.frozen(kw_only=True)
class Rebalance:
    """What an allocator wants of all pairs at a scheduled time. Ratios are in hundred-millionths.

    Attributes
    ----------
    targets:
        One for each signal that was shown, in the same order.
    method:
        What found the weights, for the record: ``hrp``, ``mean_variance by clarabel 0.11.1``.
    risk:
        By symbol, the share of the expected variance of the target weights; they sum to one. Empty where the
        allocator has no model of risk.
    volatility:
        The expected volatility a year of the target weights as a share of equity; ``None`` without a model.
    notes:
        Whole sentences for the log and the record: what was given up and why. Mostly none.
    limits:
        What the targets keep together, and the book should keep too if some of them are not traded.
    untraded:
        Symbols that are held and cannot be traded now. Their pairs keep what they hold, whatever their targets are;
        a pair whose signal is 0 does not.
    """

    targets: Sequence[Target]
    method: str
    risk: Mapping[str, int] = attrs.field(factory=dict)
    volatility: int | None = None
    notes: tuple[str, ...] = ()
    limits: tuple[BookLimit, ...] = ()
    untraded: frozenset[str] = frozenset()


@runtime_checkable
class RebalancingAllocator(Allocator, Protocol):
    """An allocator that sets the targets of all its pairs anew on a schedule.

    Between two rebalances ``targets`` answers for changed signals, with the weights in force.
    """

    @property
    def schedule(self) -> Schedule | None:
        """When it wants to set all targets anew; ``None`` where it never does, as by its config."""

    @property
    def ready(self) -> bool:
        """Whether it has seen enough to decide. The first rebalance comes as soon as it has."""

    def rebalance(self, signals: Sequence[PairSignal], account: AccountView) -> Rebalance:
        """Return targets for the last signals of all pairs that have spoken; only asked where it is ready.

        Parameters
        ----------
        signals:
            By symbol and strategy.
        """

    def snapshot(self) -> State:
        """Return the weights in force: what it keeps across a restart besides prices."""

    def restore(self, state: State) -> None:
        """Take back a snapshot."""


@attrs.frozen
class PairChange:
    """What a rebalance asks of one pair: its target and its position, in signed lots."""

    pair: Pair
    target: int
    position: int


@runtime_checkable
class BookPositionManager(PositionManager, Protocol):
    """A position manager that looks at all pairs of a rebalance at once; otherwise it is asked pair by pair."""

    def differences(
        self, changes: Sequence[PairChange], account: AccountView, limits: Sequence[BookLimit]
    ) -> Sequence[int | Held]:
        """Return what to trade of each pair, in the same order: signed lots, or why nothing.

        Parameters
        ----------
        changes:
            By symbol and strategy.
        limits:
            What the allocator's targets keep together.
        """


@attrs.frozen
class Held:
    """A position manager's answer that nothing is to be traded now although the target is elsewhere.

    Attributes
    ----------
    code:
        The reason in one word, such as ``inside_band``.
    detail:
        The numbers and the remedy.
    """

    code: str
    detail: str
