"""The core's allocators: what a changed signal wants its pair to hold.

A target depends on its own signal alone, never on the other signals of the slice or on their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from logos.context.parts import PartContext
from logos.domain.money import RATIO_ONE
from logos.session.allocator_config import EqualWeightConfig, FixedQuantityConfig
from logos.session.rebalancing import Rebalance
from logos.session.schedule import Schedule, schedule_for
from logos.session.seats import AccountView, Pair, PairSignal, State, Target

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

    Parameters
    ----------
    schedule:
        When.
    """

    def __init__(self, share: Fraction, schedule: Schedule) -> None:
        super().__init__(share)
        self.schedule = schedule
        self.ready = True

    def rebalance(self, signals: Sequence[PairSignal], account: AccountView) -> Rebalance:
        """Return the same share of today's equity for every pair, times its signal."""
        return Rebalance(targets=self.targets(signals, account), method="equal_weight")

    def snapshot(self) -> State:
        """Return nothing: the shares never change."""
        return {}

    def restore(self, state: State) -> None:
        """Take back nothing."""


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
    return EqualWeight(share) if schedule is None else RebalancedEqualWeight(share, schedule)


def fixed_quantity(config: FixedQuantityConfig, context: PartContext) -> FixedQuantity:  # noqa: ARG001 - a factory
    """Build the ``fixed_quantity`` allocator."""
    return FixedQuantity(Fraction(config.quantity))
