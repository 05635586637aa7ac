"""The keys of every allocator of this package. Imports nothing heavy: listing plugins reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import attrs

from logos.domain.errors import InputError, Problem
from logos.domain.validating import one_of
from logos.portfolio.allocator.remarks import currency_remarks, history_remarks, may_be_empty, sector_remarks
from logos.portfolio.constraints.config import ConstraintsConfig
from logos.portfolio.risk_models.config import RiskModelConfig
from logos.portfolio.validating import above_zero, at_least, below_one, finite, interval_text
from logos.session.schedule import Rebalancing

if TYPE_CHECKING:
    from logos.session.outlook import Outlook


_ABOVE_ZERO = above_zero('Write a decimal such as "0.1"')
_RETURNS = at_least(2, "Write a whole number such as 252: one return has no variance")
_LINKAGES = ("single", "average", "complete", "ward")


def _share(_instance: object, attribute: attrs.Attribute[Any], value: Decimal) -> None:
    if not value.is_finite() or not 0 < value <= 1:
        raise InputError(
            f"{attribute.name} is {value}, and must be above 0 and at most 1",
            hint='It is a share of equity; "0.95" leaves room for fees',
        )


def _scheduled(_instance: object, attribute: attrs.Attribute[Any], value: Rebalancing) -> None:
    if value is Rebalancing.NEVER:
        raise InputError(
            f"{attribute.name} is never, and then no weight would ever be set",
            hint="year_end is the rarest: the first weights come as soon as there is enough history",
        )


def _budgets(_instance: object, attribute: attrs.Attribute[Any], value: Mapping[str, Decimal]) -> None:
    for symbol, budget in value.items():
        if not budget.is_finite() or budget <= 0:
            raise InputError(
                f"{attribute.name}: that of {symbol} is {budget}, and must be above 0",
                hint='It is a share of the risk: "0.4" is two fifths. Leave a symbol out to give it none',
            )


@attrs.frozen(kw_only=True)
class AllocatorConfig:
    """The keys that every allocator of this package has.

    Attributes
    ----------
    invest:
        The share of equity that the weights of a long-only portfolio sum to, above 0 and at most 1.
    rebalance:
        When all weights are set anew: every_bar, day_end, week_end, month_end, quarter_end or year_end.
    calendar:
        Whose sessions end those days, weeks and months, such as XNYS. By default the one that the traded symbols
        name; UTC days where they name none, or several.
    interval:
        The period of one return, such as 1d; a multiple of the session's interval.
    lookback:
        How many returns the estimate rests on, at least 2.
    min_history:
        A symbol with fewer returns than this gets no weight yet; at least 2, at most lookback. By default a quarter
        of lookback.
    risk_model:
        How mean and covariance are estimated, from returns in each symbol's own quote currency.
    constraints:
        What the weights have to keep.
    """

    invest: Decimal = attrs.field(default=Decimal("0.95"), validator=_share)
    rebalance: Rebalancing = attrs.field(default=Rebalancing.MONTH_END, validator=_scheduled)
    calendar: str | None = None
    interval: str = attrs.field(default="1d", validator=interval_text)
    lookback: int = attrs.field(default=252, validator=_RETURNS)
    min_history: int | None = attrs.field(default=None, validator=_RETURNS)
    risk_model: RiskModelConfig = attrs.field(factory=RiskModelConfig)
    constraints: ConstraintsConfig = attrs.field(factory=ConstraintsConfig)

    def __attrs_post_init__(self) -> None:
        if self.min_history is not None and self.min_history > self.lookback:
            raise InputError(
                f"min_history is {self.min_history}, and lookback {self.lookback}: no symbol could ever get a weight",
                hint="Make min_history smaller, or lookback longer",
            )

    @property
    def least_history(self) -> int:
        """How many returns a symbol needs before it gets a weight."""
        return max(2, self.lookback // 4) if self.min_history is None else self.min_history

    def remarks(self, outlook: Outlook) -> Iterator[Problem]:
        """Yield what the constraints and the estimate leave out, and that there are too few bars for either."""
        yield from sector_remarks(outlook, self.constraints)
        yield from currency_remarks(outlook)
        yield from history_remarks(outlook, self.interval, self.lookback, self.least_history)


@attrs.frozen(kw_only=True)
class InverseVolatilityConfig(AllocatorConfig):
    """The config of ``inverse_volatility``: the keys that all allocators have."""


@attrs.frozen(kw_only=True)
class RiskParityConfig(AllocatorConfig):
    """The config of ``risk_parity``.

    Attributes
    ----------
    budgets:
        By symbol, the share of the risk that it shall contribute. Where every symbol has one, only their proportions
        count; else they must sum to less than 1, and the others share equally what is left.
    """

    budgets: Mapping[str, Decimal] = attrs.field(factory=dict, validator=_budgets)


@attrs.frozen(kw_only=True)
class HrpConfig(AllocatorConfig):
    """The config of ``hrp``.

    Attributes
    ----------
    linkage:
        How the distance between two clusters follows from that of their members.
    distance:
        Between two symbols: ``correlation``, or ``paper``, the distance of those distances, as published.
    """

    linkage: str = attrs.field(default="single", validator=one_of(*_LINKAGES))
    distance: str = attrs.field(default="paper", validator=one_of("paper", "correlation"))


@attrs.frozen(kw_only=True)
class HercConfig(AllocatorConfig):
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

    linkage: str = attrs.field(default="ward", validator=one_of(*_LINKAGES))
    distance: str = attrs.field(default="correlation", validator=one_of("correlation", "paper"))
    clusters: int | None = attrs.field(
        default=None,
        validator=at_least(1, "Write a whole number such as 4, or leave it out: the data then says how many"),
    )

    def remarks(self, outlook: Outlook) -> Iterator[Problem]:
        """Yield what every allocator has to say, and that there are more clusters than symbols."""
        yield from super().remarks(outlook)
        count = len(outlook.context.traded)
        if self.clusters is not None and self.clusters > count:
            yield Problem(
                path="clusters",
                message=f"it is {self.clusters:,}, and {count:,} symbols are traded: each is a cluster of its own",
                hint="Lower it, or leave it out: the data then says how many",
            )


@attrs.frozen(kw_only=True)
class MeanVarianceConfig(AllocatorConfig):
    """The config of ``mean_variance``.

    Attributes
    ----------
    objective:
        ``min_variance``; ``max_sharpe``; ``target_volatility``, the greatest mean return at that volatility; or
        ``utility``, mean return less half the risk aversion times the variance.
    risk_aversion:
        Of ``utility``, and of ``min_variance`` where ``costs`` is not 0: what variance is worth; above 0.
    target_volatility:
        Of ``target_volatility``: a year, as a share of equity.
    risk_free:
        The return a year that needs no risk: what is not invested earns it.
    costs:
        What trading costs, as a share of the traded value: paid once, and weighed against the mean return of a year.
    solver:
        What finds the weights: ``clarabel``, ``cvxpy`` or ``heuristic``, which also takes the place of the others where
        they are not installed or find no answer.
    """

    objective: str = attrs.field(
        default="min_variance", validator=one_of("min_variance", "max_sharpe", "target_volatility", "utility")
    )
    risk_aversion: Decimal = attrs.field(default=Decimal(5), validator=_ABOVE_ZERO)
    target_volatility: Decimal | None = attrs.field(default=None, validator=_ABOVE_ZERO)
    risk_free: Decimal = attrs.field(default=Decimal(0), validator=finite('Write a decimal such as "0.02"'))
    costs: Decimal = attrs.field(
        default=Decimal(0), validator=below_one('It is a share of what is traded: "0.001" is ten basis points')
    )
    solver: str = attrs.field(default="clarabel", validator=one_of("clarabel", "cvxpy", "heuristic"))

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.objective == "target_volatility" and self.target_volatility is None:
            raise InputError(
                "objective is target_volatility, and target_volatility is missing",
                hint='Add target_volatility: "0.10" for ten percent a year',
            )

    def remarks(self, outlook: Outlook) -> Iterator[Problem]:
        """Yield what every allocator has to say, that nothing is best, and that a library of the solver is missing."""
        yield from super().remarks(outlook)
        if self.objective == "min_variance" and may_be_empty(self.constraints):
            yield Problem(
                path="constraints.net",
                message="the weights may sum to 0, and the least variance is that of holding nothing",
                hint='Give net a min above 0, such as min: "0.5", or name another objective',
            )
        if self.solver != "heuristic" and find_spec(self.solver) is None:
            yield Problem(
                path="solver",
                message=f"{self.solver} is not installed: the heuristic takes its place",
                hint="Install it: pip install 'logos-risk[convex]'; or write solver: heuristic",
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
