"""An interior-point method for quadratic programmes in dense arrays (Mehrotra 1992), with a fixed number of steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import attrs
import numpy as np
import numpy.typing as npt

from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.optimiser.linear_systems import solver_of
from logos.portfolio.optimiser.standard_form import StandardForm

TOLERANCE = 1e-9
"""Of every residual and of the mean product of slack and multiplier; the objective is of the order of 1."""

_REGULAR = 1e-12
"""What is added to the system's diagonal, since limits may say the same thing twice."""

_SMALL = 20_000
"""Up to so many numbers a matrix is multiplied as it is, whatever is zero."""

_ROOM = 0.01
"""How far above 0 the slacks and multipliers are to start, so that the first step is no short one."""

_BACK_OFF = 0.99
"""The share of the way to the nearest limit that a step goes at most."""


class Point(NamedTuple):
    """A point of the path to an optimum.

    Attributes
    ----------
    variables:
        Of the standard form.
    equal, below:
        Multipliers of its equalities and inequalities; the latter are above 0.
    slack:
        What an inequality leaves; above 0.
    """

    variables: Vector
    equal: Vector
    below: Vector
    slack: Vector

    def moved(self, step: Point, length: float) -> Point:
        """Return the point that lies in a direction."""
        return Point(*(here + length * change for here, change in zip(self, step, strict=True)))

    @property
    def gap(self) -> float:
        """The mean product of slack and multiplier: 0 at an optimum."""
        return float(self.slack @ self.below) / max(1, len(self.slack))


@attrs.frozen(kw_only=True, eq=False)
class Path:
    """Where the steps ended.

    Attributes
    ----------
    active:
        Which inequalities bind, as far as can be told.
    """

    variables: Vector
    active: npt.NDArray[np.bool_]
    converged: bool


def follow(form: StandardForm, steps: int) -> Path:
    """Go from a point outside the limits to an optimum, as long as the steps last; a cap on the risk is left out."""
    point = _start(form)
    converged = False
    for _ in range(steps):
        missed = _missed(form, point)
        scale = max(1.0, float(np.abs(form.linear).max(initial=0.0)), float(np.abs(point.below).max(initial=0.0)))
        residuals = (np.abs(part).max(initial=0.0) for part in (missed[0] / scale, *missed[1:]))
        converged = max(point.gap, *residuals) <= TOLERANCE
        if converged:
            break
        with np.errstate(all="ignore"):  # a step that leads nowhere is not finite, and is asked for that
            further = _stepped(form, point, missed)
        if not all(np.isfinite(part).all() for part in further):
            break
        point = further
    return Path(variables=point.variables, active=point.below > point.slack, converged=converged)


def _missed(form: StandardForm, point: Point) -> tuple[Vector, Vector, Vector]:
    """Return by how much a point misses each of the conditions that are linear."""
    slope = form.quadratic @ point.variables + form.linear
    return (
        slope + point.equal @ form.equal + point.below @ form.below,
        form.equal @ point.variables - form.equal_to,
        form.below @ point.variables + point.slack - form.at_most,
    )


def _start(form: StandardForm) -> Point:
    """Return the optimum if every limit were a soft one, with slacks and multipliers pushed above 0."""
    size = len(form.linear)
    inverse = _inverse(form, np.ones(len(form.below)))
    with np.errstate(all="ignore"):
        found = inverse(np.concatenate([form.at_most @ form.below - form.linear, form.equal_to]))
        slack = form.at_most - form.below @ found[:size]
    return Point(found[:size], found[size:], below=_above_zero(-slack), slack=_above_zero(slack))


def _above_zero(numbers: Vector) -> Vector:
    least = numbers.min(initial=1.0)
    return numbers if least > _ROOM else np.asarray(numbers + (1.0 - least))


def _inverse(form: StandardForm, weight: Vector) -> Callable[[Vector], Vector]:
    """Factorise what a direction solves, where each inequality has a weight."""
    size, equalities = len(form.linear), len(form.equal)
    system = np.zeros((size + equalities, size + equalities))
    system[:size, :size] = form.quadratic + _weighted(form.below, weight)
    system[:size, size:] = form.equal.T
    system[size:, :size] = form.equal
    system[np.diag_indices(size + equalities)] += np.repeat([_REGULAR, -_REGULAR], [size, equalities])
    return solver_of(system)


def _stepped(form: StandardForm, point: Point, missed: tuple[Vector, Vector, Vector]) -> Point:
    """Return the next point: where the conditions lead, corrected by what that prediction leaves out."""
    size = len(point.variables)
    weight = point.below / point.slack
    inverse = _inverse(form, weight)

    def direction(products: Vector) -> Point:
        push = weight * missed[2] - products / point.slack
        aim = np.concatenate([-missed[0] - push @ form.below, -missed[1]])
        found = inverse(aim)
        change = form.below @ found[:size]
        return Point(found[:size], found[size:], weight * change + push, -missed[2] - change)

    products = point.slack * point.below
    ahead = direction(products)
    reached = point.moved(ahead, _length(point, ahead))
    centring = (reached.gap / point.gap) ** 3 if len(products) else 0.0
    step = direction(products + ahead.slack * ahead.below - centring * point.gap)
    return point.moved(step, _BACK_OFF * _length(point, step))


def _length(point: Point, step: Point) -> float:
    """Return how far a step may go, at most all the way, before a slack or a multiplier is 0."""
    length = 1.0
    for here, change in ((point.slack, step.slack), (point.below, step.below)):
        falls = change < 0
        length = min(length, float((-here[falls] / change[falls]).min(initial=1.0)))
    return length


def _weighted(rows: Matrix, weight: Vector) -> Matrix:
    """Return ``rows' diag(weight) rows``; most rows bound one variable or two."""
    if rows.size <= _SMALL:
        return np.asarray((rows.T * weight) @ rows)
    from scipy.sparse import csr_matrix, diags  # noqa: PLC0415 - heavy, and few portfolios are so large

    sparse = csr_matrix(rows)
    return np.asarray((sparse.T @ diags(weight) @ sparse).toarray())
