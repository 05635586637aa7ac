"""The core's allocators: what a changed signal wants its pair to hold.

A target depends on its own signal alone, never on the other signals of the slice or on their order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

from logos.context.parts import PartContext
from logos.domain.bars import Bar
from logos.domain.instruments import Instrument
from logos.domain.money import RATIO_ONE
from logos.session.allocator_config import EqualWeightConfig, FixedQuantityConfig
from logos.session.rebalancing import Rebalance
from logos.session.schedule import Schedule, schedule_for
from logos.session.seats import AccountView, Pair, PairSignal, State, Target
from logos.session.untraded import since_text, untraded

_KEPT = 1024
"""Most strategies have two or three signals, so most targets have been worked out before."""


class EqualWeight:
    """Every configured pair, active or not, has the same share of equity; its signal says how much of it is used.

    Parameters
    ----------
    share:
        What one pair has at full signal, as a fraction of equity.
    """

    def __init__(self, share: Fraction) -> None:
        self._unit = share / RATIO_ONE
        self._target = lru_cache(maxsize=_KEPT)(self._new_target)

    def targets(self, changed: Sequence[PairSignal], account: AccountView) -> Sequence[Target]:  # noqa: ARG002 - a seat
        """Return a share of equity for each changed signal, in the same order."""
        return [self._target(each.pair, each.signal.value) for each in changed]

    def _new_target(self, pair: Pair, value: int) -> Target:
        return Target(pair=pair, weight=self._unit * value)


class RebalancedEqualWeight(EqualWeight):
    """The same shares, set anew on a schedule.

    What is held of a symbol that cannot be traded stays as it is, and the pairs of the others share equally what it
    leaves of the whole.

    Parameters
    ----------
    schedule:
        When.
    traded:
        How many pairs each symbol has.
    instruments:
        The traded ones, by symbol.
    interval:
        Seconds that a bar covers.
    """

    lookback = 1
    """The last bar of each symbol says whether it is still traded."""

    def __init__(
        self,
        share: Fraction,
        schedule: Schedule,
        *,
        traded: Mapping[str, int],
        instruments: Mapping[str, Instrument],
        interval: int,
    ) -> None:
        super().__init__(share)
        self.schedule = schedule
        self.ready = True
        self._share = share
        self._traded = traded
        self._instruments = instruments
        self._interval = interval
        self._last: dict[str, int] = {}
        self._shares: dict[str, Fraction] = {}  # of one pair of each symbol; empty where all are alike

    def watch(self, bars: Sequence[Bar]) -> None:
        """See bars; those of symbols that are not traded are passed over."""
        for bar in bars:
            if bar.symbol in self._traded:
                self._last[bar.symbol] = bar.timestamp

    def targets(self, changed: Sequence[PairSignal], account: AccountView) -> Sequence[Target]:
        """Return a share of equity for each changed signal, in the same order, by the shares in force."""
        if not self._shares:
            return super().targets(changed, account)
        return [
            Target(pair=each.pair, weight=self._shares[each.pair.symbol] * each.signal.value / RATIO_ONE)
            for each in changed
        ]

    def rebalance(self, signals: Sequence[PairSignal], account: AccountView) -> Rebalance:
        """Return the same share of today's equity for every pair that can be traded, times its signal."""
        without = untraded(self._last, self._interval, self._instruments)
        held = {symbol: last for symbol, last in without.items() if account.position(symbol)}
        self._shares = self._spread(held, account) if held and account.equity > 0 else {}
        note = (
            f"Held and not traded, without a close: {since_text(held)}. "
            "It stays as it is, and the others share what it leaves; equity counts it at that close."
        )
        return Rebalance(
            targets=self.targets(signals, account),
            method="equal_weight",
            notes=(note,) if held else (),
            untraded=frozenset(held),
        )

    def _spread(self, held: Collection[str], account: AccountView) -> dict[str, Fraction]:
        """Return the share of one pair of each symbol; what is held of some cannot be traded and is left out of it.

        Shares never sum to more than the whole, also once the held ones are traded again before the next rebalance.
        """
        stays = {symbol: _held_share(self._instruments[symbol], account) for symbol in held}
        others = [symbol for symbol in self._traded if symbol not in stays]
        pairs = sum(self._traded.values())
        left = max(self._share * pairs - sum(stays.values()), Fraction(0))
        one = left / max(sum(self._traded[symbol] for symbol in others), 1)
        kept = {symbol: min(self._share, share / self._traded[symbol]) for symbol, share in stays.items()}
        return dict.fromkeys(others, one) | kept

    def snapshot(self) -> State:
        """Return the shares in force where they are not all alike, as exact fractions in text, by symbol."""
        return {"shares": {symbol: str(share) for symbol, share in sorted(self._shares.items())}}

    def restore(self, state: State) -> None:
        """Take back a snapshot."""
        self._shares = {symbol: Fraction(share) for symbol, share in state["shares"].items()}


def _held_share(instrument: Instrument, account: AccountView) -> Fraction:
    """Return what a position is worth as a share of equity, without its sign; 0 where nothing says what it is."""
    mark = account.mark(instrument.symbol)
    value = None if mark is None else account.value(instrument, mark, account.position(instrument.symbol))
    return Fraction(abs(value or 0), account.equity)


class FixedQuantity:
    """Every pair holds the same number of units at full signal.

    Parameters
    ----------
    quantity:
        Units of the instrument, not lots.
    """

    def __init__(self, quantity: Fraction) -> None:
        self._unit = quantity / RATIO_ONE
        self._target = lru_cache(maxsize=_KEPT)(self._new_target)

    def targets(self, changed: Sequence[PairSignal], account: AccountView) -> Sequence[Target]:  # noqa: ARG002 - a seat
        """Return a quantity in units for each changed signal, in the same order."""
        return [self._target(each.pair, each.signal.value) for each in changed]

    def _new_target(self, pair: Pair, value: int) -> Target:
        return Target(pair=pair, quantity=self._unit * value)


def equal_weight(config: EqualWeightConfig, context: PartContext) -> EqualWeight:
    """Build the ``equal_weight`` allocator."""
    share = Fraction(config.invest) / context.pairs
    schedule = schedule_for(config.rebalance, config.calendar, context)
    if schedule is None:
        return EqualWeight(share)
    instruments = {symbol: context.instruments[symbol] for symbol in context.traded}
    return RebalancedEqualWeight(
        share, schedule, traded=context.traded, instruments=instruments, interval=context.interval
    )


def fixed_quantity(config: FixedQuantityConfig, context: PartContext) -> FixedQuantity:  # noqa: ARG001 - a factory
    """Build the ``fixed_quantity`` allocator."""
    return FixedQuantity(Fraction(config.quantity))
