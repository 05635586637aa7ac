"""The keys of the allocators that do not optimise. Imports nothing heavy: listing plugins reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs

from logos.domain.errors import InputError, Problem
from logos.domain.validating import one_of
from logos.portfolio.allocator.config import AllocatorConfig
from logos.portfolio.methods.trees import DISTANCES, LINKAGES
from logos.portfolio.validating import at_least

if TYPE_CHECKING:
    from logos.session.outlook import Outlook


@attrs.frozen(kw_only=True)
class LongConfig(AllocatorConfig):
    """The keys of the allocators whose method finds no shorts and borrows nothing: those that all allocators have.

    Their weights sum to ``invest``, moved into ``constraints.net`` where that leaves it out.
    """

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        net = self.constraints.net
        if net is not None and net.max is not None and net.max <= 0:
            raise InputError(
                f"constraints.net.max is {net.max}, and this allocator finds no shorts: its weights sum to more than 0",
                hint=f'Write a max above 0, such as max: "{self.invest}", or allocate by mean_variance, '
                "which can sell short",
            )


@attrs.frozen(kw_only=True)
class InverseVolatilityConfig(LongConfig):
    """The config of ``inverse_volatility``: the keys that all allocators have."""


@attrs.frozen(kw_only=True)
class RiskParityConfig(LongConfig):
    """The config of ``risk_parity``.

    Attributes
    ----------
    budgets:
        By symbol, the share of the risk that it shall contribute, above 0. Where every symbol has one they must sum
        to 1; else to less than 1, and the others share equally what is left.
    """

    budgets: Mapping[str, Decimal] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class HrpConfig(LongConfig):
    """The config of ``hrp``.

    Attributes
    ----------
    linkage:
        How the distance between two clusters follows from that of their members.
    distance:
        Between two symbols: ``correlation``, or ``paper``, the distance of those distances, as published.
    """

    linkage: str = attrs.field(default="single", validator=one_of(*LINKAGES))
    distance: str = attrs.field(default="paper", validator=one_of(*DISTANCES))


@attrs.frozen(kw_only=True)
class HercConfig(LongConfig):
    """The config of ``herc``.

    Attributes
    ----------
    linkage:
        How the distance between two clusters follows from that of their members.
    distance:
        Between two symbols: ``correlation``, or ``paper``, the distance of those distances.
    clusters:
        Into how many clusters the tree is cut; by default the gap statistic says.
    """

    linkage: str = attrs.field(default="ward", validator=one_of(*LINKAGES))
    distance: str = attrs.field(default="correlation", validator=one_of(*DISTANCES))
    clusters: int | None = attrs.field(
        default=None,
        validator=at_least(1, "Write a whole number such as 4, or leave it out: the data then says how many"),
    )

    def remarks(self, outlook: Outlook) -> Iterator[Problem]:
        """Yield what every allocator has to say, and that there are more clusters than symbols."""
        yield from super().remarks(outlook)
        count = len(outlook.context.traded)
        if self.clusters is not None and self.clusters > count:
            traded = "1 symbol is" if count == 1 else f"{count:,} symbols are"
            yield Problem(
                path="clusters",
                message=f"it is {self.clusters:,}, and {traded} traded: each is a cluster of its own",
                hint="Lower it, or leave it out: the data then says how many",
            )


@attrs.frozen(kw_only=True)
class SkfolioConfig(AllocatorConfig):
    """The config of ``skfolio``.

    Attributes
    ----------
    estimator:
        A class of skfolio.optimization, such as MeanRisk, HierarchicalRiskParity or RiskBudgeting.
    params:
        Its parameters. An enumeration's member is named by its name or its value.
    """

    estimator: str
    params: Mapping[str, Any] = attrs.field(factory=dict)
