"""The keys of the allocator ``mean_variance``. Imports nothing heavy: listing plugins reads it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import attrs

from logos.domain.errors import InputError, Problem
from logos.domain.validating import one_of
from logos.portfolio.allocator.config import AllocatorConfig
from logos.portfolio.allocator.remarks import may_be_empty
from logos.portfolio.methods.objectives import (
    MAX_SHARPE,
    MIN_VARIANCE,
    OBJECTIVES,
    TARGET_VOLATILITY,
    UTILITY,
    require_target,
)
from logos.portfolio.optimiser.names import CLARABEL, HEURISTIC, SOLVERS
from logos.portfolio.validating import above_zero, below_one, within_one

if TYPE_CHECKING:
    from logos.session.outlook import Outlook

_ABOVE_ZERO = above_zero('Write a decimal such as "0.1"')

_LOOKED_AT_BY = {
    "risk_aversion": (UTILITY,),
    "target_volatility": (TARGET_VOLATILITY,),
    "risk_free": (MAX_SHARPE, TARGET_VOLATILITY, UTILITY),
}
"""The objectives that look at a key, without the one that does so only where trading costs."""


def _looked_at(instance: MeanVarianceConfig, attribute: attrs.Attribute[Any], value: Decimal | None) -> None:
    """Refuse a value that changes nothing; the default passes, since a resolved config writes all defaults."""
    key, objective, objectives = attribute.name, instance.objective, _LOOKED_AT_BY[attribute.name]
    if value == attribute.default or objective in objectives or objective not in OBJECTIVES:
        return
    remedy = f"Remove {key}, or write objective: {' or '.join(objectives)}"
    if key == "risk_aversion" and objective == MIN_VARIANCE:
        if instance.costs:
            return
        remedy += "; with costs above 0, min_variance takes it too"
    raise InputError(f"{key} is {value}, and objective {objective} does not look at it", hint=remedy)


@attrs.frozen(kw_only=True)
class MeanVarianceConfig(AllocatorConfig):
    """The config of ``mean_variance``.

    Attributes
    ----------
    objective:
        ``min_variance``; ``max_sharpe``; ``target_volatility``, the greatest mean return at that volatility; or
        ``utility``, mean return less half the risk aversion times the variance. A key that is not the default and that
        the objective does not look at is refused.
    risk_aversion:
        Of ``utility``, and of ``min_variance`` where ``costs`` is not 0: what variance is worth; above 0.
    target_volatility:
        Of ``target_volatility``: a year, as a share of equity.
    risk_free:
        Of every objective but ``min_variance``: the return a year that needs no risk. What is not invested earns it.
    costs:
        What trading costs, as a share of the traded value: paid once, and weighed against the mean return of a year.
    solver:
        What finds the weights: ``clarabel``, ``cvxpy`` or ``heuristic``, which also takes the place of the others where
        they are not installed or find no answer.
    """

    objective: str = attrs.field(default=MIN_VARIANCE, validator=one_of(*OBJECTIVES))
    risk_aversion: Decimal = attrs.field(default=Decimal(5), validator=[_ABOVE_ZERO, _looked_at])
    target_volatility: Decimal | None = attrs.field(default=None, validator=[_ABOVE_ZERO, _looked_at])
    risk_free: Decimal = attrs.field(
        default=Decimal(0), validator=[within_one('It is a share a year: "0.02" is two percent'), _looked_at]
    )
    costs: Decimal = attrs.field(
        default=Decimal(0), validator=below_one('It is a share of what is traded: "0.001" is ten basis points')
    )
    solver: str = attrs.field(default=CLARABEL, validator=one_of(*SOLVERS))

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        require_target(self.objective, self.target_volatility)

    @property
    def looks_at_means(self) -> bool:
        """Whether the weights depend on the mean returns."""
        return self.objective != MIN_VARIANCE

    def remarks(self, outlook: Outlook) -> Iterator[Problem]:
        """Yield what every allocator has to say, and what is odd about the objective and the solver."""
        yield from super().remarks(outlook)
        if self.target_volatility is not None and self.target_volatility >= 1:
            yield Problem(
                path="target_volatility",
                message=f"it is {self.target_volatility:f}, which is {self.target_volatility * 100:,f} % a year",
                hint='It is a share of equity: "0.12" is twelve percent',
            )
        if self.objective == MIN_VARIANCE and may_be_empty(self.constraints):
            yield Problem(
                path="constraints.net",
                message="the weights may sum to 0, and the least variance is that of holding nothing",
                hint='Give net a min above 0, such as min: "0.5", or name another objective',
            )
        if self.solver != HEURISTIC and find_spec(self.solver) is None:
            yield Problem(
                path="solver",
                message=f"{self.solver} is not installed: the heuristic takes its place",
                hint="Install it: pip install 'logos-risk[convex]'; or write solver: heuristic",
            )
