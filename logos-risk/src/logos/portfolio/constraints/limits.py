"""The limits of one rebalance as arrays: what a set of constraints comes to for given symbols and holdings."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

import attrs

from logos.portfolio.arrays import Vector


@attrs.frozen(kw_only=True, eq=False)
class Group:
    """A cap on the sum of some weights, such as a sector's.

    Attributes
    ----------
    name:
        As the config writes it, such as ``constraints.sectors.energy``.
    members:
        Places in the order of the symbols, ascending.
    lower, upper:
        Bounds of the sum, as shares of equity.
    """

    name: str
    members: tuple[int, ...]
    lower: float
    upper: float


@attrs.frozen(kw_only=True, eq=False)
class Bound:
    """A key of the config that bounds weights one by one, such as ``max_weight``, or their sum.

    Attributes
    ----------
    name:
        As the config writes it, such as ``constraints.max_weight`` or ``constraints.weights.AAPL.min``.
    members:
        The places it bounds, each by itself; ``None`` for all.
    told:
        How the config says its number where that is no share of equity; mostly empty.
    """

    name: str
    members: tuple[int, ...] | None = None
    lower: float = -inf
    upper: float = inf
    told: str = ""


@attrs.frozen(kw_only=True, eq=False)
class Limits:
    """Everything that weights have to keep. Every number is a share of equity.

    Attributes
    ----------
    lower, upper:
        Shape (N,): bounds of each weight, the tightest of all that hold, and finite. Long-only is a lower bound of 0.
    total:
        Least and greatest sum of the weights (net exposure); equal ends for a sum that is given.
    gross:
        Greatest sum of absolute weights; ``None`` for none.
    turnover:
        Greatest sum of absolute changes from ``held``, purchases and sales together; ``None`` for none.
    held:
        Shape (N,): the weights before the rebalance.
    elsewhere:
        The absolute weight held in other symbols, which is sold: ``turnover`` is what that leaves of the allowance, and
        below 0 where it leaves nothing.
    invest:
        What weights aim to sum to that are all longs and left free by ``total``, see ``aim``.
    taken:
        By the name of a constraint, what is held of symbols that cannot be traded now: ``total``, ``gross`` and the
        groups are what that leaves. A group with less than nothing left keeps it so: shorts may make up for it.
    bounds, totals:
        Where ``lower`` and ``upper``, and where ``total`` comes from: what names a conflict. May be left out.
    """

    symbols: tuple[str, ...]
    lower: Vector
    upper: Vector
    total: tuple[float, float]
    held: Vector
    gross: float | None = None
    turnover: float | None = None
    groups: tuple[Group, ...] = ()
    elsewhere: float = 0.0
    invest: float = inf
    taken: Mapping[str, float] = attrs.field(factory=dict)
    bounds: tuple[Bound, ...] = ()
    totals: tuple[Bound, ...] = ()

    @property
    def aim(self) -> float:
        """The sum at which a method aims that neither shorts nor borrows: ``invest``, moved into ``total``; never < 0.

        Weights of that sum which the other limits allow need not exist.
        """
        return max(min(max(self.invest, self.total[0]), self.total[1]), 0.0)
