"""A problem as matrices: absolute values become variables of their own, a ratio becomes a quadratic programme."""

from __future__ import annotations

import attrs
import numpy as np

from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.optimiser.problem import BestRatio, CappedRisk, Problem


@attrs.frozen(kw_only=True, eq=False)
class StandardForm:
    """Minimise ``1/2 x'Px + q'x`` where ``E x = e`` and ``G x <= g``.

    The first N variables are the weights; then come bounds of absolute values, one an asset that needs it.

    Attributes
    ----------
    capped:
        ``x'Px`` is to be at most 1, and is no part of the objective.
    scaled:
        The last variable is a scale that multiplies every limit: the weights are the first N divided by it.
    """

    assets: int
    quadratic: Matrix
    linear: Vector
    equal: Matrix
    equal_to: Vector
    below: Matrix
    at_most: Vector
    capped: bool = False
    scaled: bool = False

    def weights(self, variables: Vector) -> Vector:
        """Return the weights that a solution stands for; not finite where there are none."""
        weights = variables[: self.assets]
        if not self.scaled:
            return weights
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(weights / variables[-1])


def standard_form(problem: Problem) -> StandardForm:
    """Return a problem as matrices, scaled so that the least objective is of the order of 1.

    A limit that others imply is left out, since an optimiser is slower and less exact with it: an upper bound that
    the sum of the weights can not let an asset reach, and a cap on the gross exposure of a long-only portfolio that
    may not be invested further anyway.
    """
    rows = _Rows(problem)
    equal, equal_to, below, at_most = rows.arrays()
    linear, constant = rows.objective(problem)
    scale = _scale(problem)
    quadratic = np.zeros((rows.size, rows.size))
    quadratic[: rows.assets, : rows.assets] = problem.quadratic * scale
    strength = float(np.abs(linear).max(initial=0.0)) or 1.0
    form = StandardForm(
        assets=rows.assets,
        quadratic=quadratic,
        linear=linear / strength if isinstance(problem, CappedRisk) else linear * scale,
        equal=equal,
        equal_to=equal_to,
        below=below,
        at_most=at_most,
        capped=isinstance(problem, CappedRisk),
    )
    if isinstance(problem, BestRatio):
        return _ratio(form, np.append(linear, constant) / strength)
    return form


def _scale(problem: Problem) -> float:
    """Return what the quadratic part is multiplied by."""
    if isinstance(problem, CappedRisk):
        return 1 / problem.volatility**2
    # The variance of equal weights in uncorrelated assets becomes 1.
    variance = float(np.diagonal(problem.quadratic).mean()) / len(problem.linear)
    return 1 / variance if variance > 0 else 1.0


def _ratio(form: StandardForm, losses: Vector) -> StandardForm:
    """Return the fractional programme turned convex (Charnes and Cooper 1962, Schaible 1974).

    With ``y = scale * x``, the ratio is greatest where the variance of ``y`` is least among those whose return is 1.
    Every limit on ``x`` is one on ``y`` with its bound multiplied by the scale.
    """
    size = len(form.linear) + 1
    scale_is_positive = np.zeros(size)
    scale_is_positive[-1] = -1.0
    quadratic = np.zeros((size, size))
    quadratic[:-1, :-1] = form.quadratic
    below = np.column_stack([form.below, -form.at_most])
    # "At least 1" is as good as "1", since a greater return could be scaled down, and keeps trading costs convex.
    return StandardForm(
        assets=form.assets,
        quadratic=quadratic,
        linear=np.zeros(size),
        equal=np.column_stack([form.equal, -form.equal_to]),
        equal_to=np.zeros(len(form.equal)),
        below=np.vstack([below, losses, scale_is_positive]),
        at_most=np.concatenate([np.zeros(len(form.below)), [-1.0, 0.0]]),
        scaled=True,
    )


class _Rows:
    """The limits of a problem, row by row."""

    def __init__(self, problem: Problem) -> None:
        limits = problem.limits
        self.limits = limits
        self.assets = len(limits.lower)
        costly = problem.costs is not None and bool(problem.costs.any())
        nothing = np.zeros(self.assets)
        self._gross = _Absolute(nothing, limits, self.assets, used=_gross_binds(limits))
        self._change = _Absolute(limits.held, limits, self._gross.end, used=limits.turnover is not None or costly)
        self.size = self._change.end

    def objective(self, problem: Problem) -> tuple[Vector, float]:
        """Return what multiplies each variable in the loss, and what is added to it."""
        linear = np.zeros(self.size)
        linear[: self.assets] = problem.linear
        if problem.costs is None or not self._change.used:
            return linear, 0.0
        row, constant = self._change.row(self.size, problem.costs)
        return linear + row, constant

    def arrays(self) -> tuple[Matrix, Vector, Matrix, Vector]:
        """Return ``E``, ``e``, ``G`` and ``g``."""
        sums, least, greatest = self._sums()
        box, low, high = np.eye(self.assets, self.size), self.limits.lower, self._upper()
        same = self.limits.lower == self.limits.upper
        given = least == greatest
        equal = np.concatenate([sums[given], box[same]])
        equal_to = np.concatenate([least[given], low[same]])
        bounded_below, bounded_above = ~same & np.isfinite(low), ~same & np.isfinite(high)
        from_below, from_above = ~given & np.isfinite(least), ~given & np.isfinite(greatest)
        below = [-box[bounded_below], box[bounded_above], -sums[from_below], sums[from_above]]
        at_most = [-low[bounded_below], high[bounded_above], -least[from_below], greatest[from_above]]
        for absolute, bound in ((self._gross, self.limits.gross), (self._change, self.limits.turnover)):
            if absolute.used:
                absolute.add_to(below, at_most, self.size, bound)
        return equal, equal_to, np.concatenate(below), np.concatenate(at_most)

    def _sums(self) -> tuple[Matrix, Vector, Vector]:
        limits = self.limits
        sums = np.zeros((1 + len(limits.groups), self.size))
        sums[0, : self.assets] = 1.0
        for row, group in enumerate(limits.groups, start=1):
            sums[row, list(group.members)] = 1.0
        least = np.array([limits.total[0], *(group.lower for group in limits.groups)])
        greatest = np.array([limits.total[1], *(group.upper for group in limits.groups)])
        return sums, least, greatest

    def _upper(self) -> Vector:
        """Return the upper bounds, infinite where the sum of the weights implies them."""
        lower, upper = self.limits.lower, self.limits.upper
        reachable = self.limits.total[1] - (lower.sum() - lower) if np.isfinite(lower).all() else np.inf
        return np.where(upper < reachable, upper, np.inf)


class _Absolute:
    """The sum of ``|w - centre|``: linear where the bounds settle the sign, else by a variable that bounds it."""

    def __init__(self, centre: Vector, limits: Limits, start: int, *, used: bool) -> None:
        self.used = used
        self._centre = centre
        self._sign = np.where(limits.lower >= centre, 1.0, np.where(limits.upper <= centre, -1.0, 0.0))
        self._open = np.flatnonzero(self._sign == 0) if used else np.zeros(0, dtype=np.intp)
        self._variables = start + np.arange(len(self._open))
        self.end = start + len(self._open)

    def row(self, size: int, factors: Vector) -> tuple[Vector, float]:
        """Return what multiplies each variable in ``factors'|w - centre|``, and what is added to it."""
        row = np.zeros(size)
        row[: len(factors)] = self._sign * factors
        row[self._variables] = factors[self._open]
        return row, -float((self._sign * factors) @ self._centre)

    def add_to(self, below: list[Matrix], at_most: list[Vector], size: int, bound: float | None) -> None:
        """Append the rows that tie the variables to the weights, and the bound of the sum if there is one."""
        ties = np.zeros((2 * len(self._open), size))
        up, down = np.arange(0, len(ties), 2), np.arange(1, len(ties), 2)
        ties[up, self._open], ties[down, self._open] = 1.0, -1.0
        ties[up, self._variables] = ties[down, self._variables] = -1.0
        centre = self._centre[self._open]
        below.append(ties)
        at_most.append(np.column_stack([centre, -centre]).ravel())
        if bound is not None:
            row, constant = self.row(size, np.ones(len(self._sign)))
            below.append(row[np.newaxis])
            at_most.append(np.array([bound - constant]))


def _gross_binds(limits: Limits) -> bool:
    if limits.gross is None:
        return False
    return not (bool((limits.lower >= 0).all()) and limits.gross >= limits.total[1])
