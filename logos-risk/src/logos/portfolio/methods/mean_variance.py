"""The method ``mean_variance``: least variance, best Sharpe ratio, best return at a volatility, or best utility.

Markowitz, "Portfolio Selection", The Journal of Finance 7 (1952). Every limit is part of the problem, so that the
weights are the best of those that keep them, and not the best ones cut down afterwards.
"""

from __future__ import annotations

from math import sqrt

import attrs
import numpy as np

from logos.domain.errors import InputError
from logos.domain.validating import one_of
from logos.portfolio.arrays import Vector
from logos.portfolio.constraints.keeping import TOLERANCE, violation
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.methods.objectives import (
    MAX_SHARPE,
    MIN_VARIANCE,
    OBJECTIVES,
    TARGET_VOLATILITY,
    UTILITY,
    require_target,
)
from logos.portfolio.optimiser.choosing import solve
from logos.portfolio.optimiser.names import CLARABEL, SOLVERS
from logos.portfolio.optimiser.problem import BestRatio, CappedRisk, Problem
from logos.portfolio.optimiser.standard_form import standard_form
from logos.portfolio.records import Allocation, Estimate, Window

_NO_RETURN = 1e-10
"""An expected return a year that is not worth the name: no Sharpe ratio is made of it."""

_EXACT = 1e-13
"""By how much rounding alone may break a limit: weights that break it by less are taken to keep it."""

_BINDS = 0.99
"""The share of a target that is reached where it binds, with room for what a solver leaves over."""

_BISECTIONS = 60
"""Halvings of an interval, after which it is narrower than the precision of a float; as many doublings before."""


@attrs.frozen(kw_only=True)
class MeanVariance:
    """Weights that are best by the mean and the covariance of returns, both a year.

    What is not invested earns the risk-free rate, so that only returns above it count: with expected returns m, the
    weights w earn ``(m - risk_free)'w - costs * |w - held|``.

    Parameters
    ----------
    objective:
        ``min_variance``; ``max_sharpe``, what is earned over the volatility; ``target_volatility``, the most that is
        earned with at most that volatility; or ``utility``, what is earned less ``risk_aversion / 2`` times the
        variance.
    risk_aversion:
        Above 0; of ``utility``, and of ``min_variance`` where trading costs, since it says what variance is worth.
        The other objectives pass it over.
    target_volatility:
        Of a year, above 0; only ``target_volatility`` needs it, and the other objectives pass it over.
    risk_free:
        The return of a year that needs no risk; ``min_variance`` passes it over.
    solver:
        ``clarabel``, ``cvxpy`` or ``heuristic``, which also takes the place of one that has no answer.
    costs:
        What trading costs, as a share of the traded value; 0 or more. It is paid once and weighed against the
        expected return of a year.
    """

    objective: str = attrs.field(default=MIN_VARIANCE, validator=one_of(*OBJECTIVES))
    risk_aversion: float = 5.0
    target_volatility: float | None = None
    risk_free: float = 0.0
    solver: str = attrs.field(default=CLARABEL, validator=one_of(*SOLVERS))
    costs: float = 0.0

    def __attrs_post_init__(self) -> None:
        if not self.risk_aversion > 0:
            raise InputError(f"risk_aversion is {self.risk_aversion}, and must be above 0", hint="1 to 20 are usual")
        if not self.costs >= 0:
            raise InputError(
                f"costs is {self.costs}, and must be 0 or more", hint="Write 0.001 for a tenth of a percent"
            )
        if self.target_volatility is not None and not self.target_volatility > 0:
            raise InputError(
                f"target_volatility is {self.target_volatility}, and must be above 0",
                hint="Write 0.10 for ten percent a year",
            )
        require_target(self.objective, self.target_volatility)

    def allocate(self, window: Window, estimate: Estimate, limits: Limits) -> Allocation:
        """Return the best weights that keep the limits, in the order of ``window.symbols``.

        Where the objective cannot be had, the weights of least variance take its place, whatever it costs to get
        there, and a note says why: no weights within the limits are expected to earn more than the risk-free rate
        after costs, or all are more volatile than the target.

        Raises
        ------
        InfeasibleError
            No weights keep the limits.
        """
        del window
        if self.objective == MAX_SHARPE:
            return self._max_sharpe(estimate, limits)
        if self.objective == TARGET_VOLATILITY and self.target_volatility is not None:
            return self._at_volatility(estimate, limits, self.target_volatility)
        if self.objective == UTILITY:
            problem = Problem(
                quadratic=self.risk_aversion * estimate.covariance,
                linear=self._losses(estimate),
                limits=limits,
                costs=self._costs(limits),
            )
            return solve(problem, self.solver)
        return self._least_variance(estimate, limits, self._costs(limits))

    def _least_variance(self, estimate: Estimate, limits: Limits, costs: Vector | None) -> Allocation:
        """Return the weights of least variance; with costs, of the least sum of what variance and trading cost."""
        problem = Problem(
            quadratic=self.risk_aversion * estimate.covariance,
            linear=np.zeros(len(estimate.mean)),
            limits=limits,
            costs=costs,
        )
        best = solve(problem, self.solver)
        if np.abs(best.weights).max(initial=0.0) > TOLERANCE or not _may_hold(limits):
            return best
        note = (
            f"The least variance within a sum of weights from {limits.total[0]:g} to {limits.total[1]:g} is that of "
            "holding nothing. Give constraints.net a min above 0, or name another objective."
        )
        return attrs.evolve(best, notes=(note, *best.notes))

    def _max_sharpe(self, estimate: Estimate, limits: Limits) -> Allocation:
        problem = BestRatio(
            quadratic=estimate.covariance, linear=self._losses(estimate), limits=limits, costs=self._costs(limits)
        )
        highest, failure = _highest_return(problem)
        if highest <= _NO_RETURN:
            least = self._least_variance(estimate, limits, costs=None)
            after = " after the costs of trading" if self.costs else ""
            note = failure or (
                f"No weights within the limits are expected to earn more{after} than the risk-free rate, "
                f"{self.risk_free:g} a year on what they invest, so max_sharpe took those of least variance."
            )
            return attrs.evolve(least, notes=(note, *least.notes))
        best = solve(problem, self.solver)
        return attrs.evolve(best, weights=best.weights if self.costs else _fullest(best.weights, limits))

    def _at_volatility(self, estimate: Estimate, limits: Limits, target: float) -> Allocation:
        # What trading costs says which of the weights under the target are best, not whether there are any.
        least = self._least_variance(estimate, limits, costs=None)
        volatility = sqrt(least.weights @ estimate.covariance @ least.weights)
        if volatility >= target:
            note = (
                f"The least volatility within the limits is {volatility:.4g} a year, not below the target of "
                f"{target:g}, so target_volatility took the weights of least variance."
            )
            return attrs.evolve(least, notes=(note, *least.notes))
        problem = CappedRisk(
            quadratic=estimate.covariance,
            linear=self._losses(estimate),
            limits=limits,
            costs=self._costs(limits),
            volatility=target,
        )
        best = solve(problem, self.solver)
        volatility = sqrt(best.weights @ estimate.covariance @ best.weights)
        if volatility >= _BINDS * target:
            return best
        note = (
            f"The target_volatility of {target:g} a year bounds nothing: the weights that are expected to earn most "
            f"have {volatility:.4g}."
        )
        return attrs.evolve(best, notes=(note, *best.notes))

    def _losses(self, estimate: Estimate) -> Vector:
        return np.asarray(self.risk_free - estimate.mean, dtype=np.float64)

    def _costs(self, limits: Limits) -> Vector | None:
        return np.full(len(limits.held), self.costs) if self.costs else None


def _may_hold(limits: Limits) -> bool:
    """Return whether single weights and their sum leave room for a position."""
    shorts = bool((limits.lower < 0).any())
    return shorts or (limits.total[1] > 0 and bool((limits.upper > 0).any()))


def _highest_return(problem: Problem) -> tuple[float, str]:
    """Return the greatest expected return of any weights within the limits; minus infinity where there are none.

    With it comes a whole sentence about why nobody knows, where the solver fails; mostly it is empty.
    """
    from scipy.optimize import linprog  # noqa: PLC0415 - heavy, and only one objective needs it

    form = standard_form(problem)
    found = linprog(
        form.linear,
        A_ub=form.below,
        b_ub=form.at_most,
        A_eq=form.equal,
        b_eq=form.equal_to,
        bounds=(None, None),
    )
    if found.status == 3:  # unbounded, since so are the weights
        return np.inf, ""
    if found.status == 2:  # no weights keep the limits
        return -np.inf, ""
    if found.status != 0:
        return -np.inf, (
            "HiGHS could not decide whether any weights within the limits are expected to earn more than the risk-free "
            f"rate ({found.message.rstrip('.')}), so max_sharpe took those of least variance."
        )
    return problem.earned(form.weights(found.x)), ""


def _fullest(weights: Vector, limits: Limits) -> Vector:
    """Return the largest multiple of weights that keeps the limits: a Sharpe ratio does not say how much to invest."""
    if limits.total[0] == limits.total[1]:
        return weights
    kept = max(violation(weights, limits), _EXACT)
    low, high = 1.0, 2.0
    while high < 2.0**_BISECTIONS and violation(high * weights, limits) <= kept:
        low, high = high, 2 * high
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if violation(middle * weights, limits) <= kept else (low, middle)
    return low * weights
