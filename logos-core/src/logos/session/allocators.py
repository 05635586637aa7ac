"""The core's allocators: what a changed signal wants its pair to hold.

A target depends on its own signal alone, never on the other signals of the slice or on their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from logos.context.parts import PartContext
from logos.domain.money import RATIO_ONE
from logos.session.allocator_config import EqualWeightConfig, FixedQuantityConfig
from logos.session.seats import AccountView, PairSignal, Target


class EqualWeight:
    """Every configured pair, active or not, has the same share of equity; its signal says how much of it is used.

    Parameters
    ----------
    share:
        What one pair has at full signal, as a fraction of equity.
    """

    def __init__(self, share: Fraction) -> None:
        self._unit = share / RATIO_ONE

    def targets(self, changed: Sequence[PairSignal], account: AccountView) -> Sequence[Target]:  # noqa: ARG002 - a seat
        """Return a share of equity for each changed signal, in the same order."""
        return [Target(pair=each.pair, weight=self._unit * each.signal.value) for each in changed]


class FixedQuantity:
    """Every pair holds the same number of units at full signal.

    Parameters
    ----------
    quantity:
        Units of the instrument, not lots.
    """

    def __init__(self, quantity: Fraction) -> None:
        self._unit = quantity / RATIO_ONE

    def targets(self, changed: Sequence[PairSignal], account: AccountView) -> Sequence[Target]:  # noqa: ARG002 - a seat
        """Return a quantity in units for each changed signal, in the same order."""
        return [Target(pair=each.pair, quantity=self._unit * each.signal.value) for each in changed]


def equal_weight(config: EqualWeightConfig, context: PartContext) -> EqualWeight:
    """Build the ``equal_weight`` allocator."""
    return EqualWeight(Fraction(config.invest) / context.pairs)


def fixed_quantity(config: FixedQuantityConfig, context: PartContext) -> FixedQuantity:  # noqa: ARG001 - a factory
    """Build the ``fixed_quantity`` allocator."""
    return FixedQuantity(Fraction(config.quantity))
