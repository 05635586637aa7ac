"""From an answer that is nearly right to one that is right to rounding: the limits that bind, met exactly.

An interior-point method ends a little inside the limits, by an amount that depends on the order of the assets. Once
it is known which limits bind, the answer is that of one system of linear equations.
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.optimiser.linear_systems import solver_of
from logos.portfolio.optimiser.standard_form import StandardForm

_ROUNDS = 20
"""How often the set of limits that bind is corrected before the answer is left as it was."""

_REGULAR = 1e-9
"""What is added to the system's diagonal, so that limits which bind twice over don't make it singular."""

_REFINEMENTS = 5
"""Steps of iterative refinement, which take out what the regularisation put in."""

_EXACT = 1e-10
"""By how much a condition of the optimum may be missed, in units of the standard form: of the order of 1."""

_UNDER_THE_CAP = 1.0 - 1e-6
"""A squared risk below which the cap, 1, is said not to bind."""


def exact(form: StandardForm, near: Vector, active: npt.NDArray[np.bool_]) -> Vector | None:
    """Return the solution where some limits bind, corrected until it meets every condition of an optimum.

    Parameters
    ----------
    near:
        An answer close to the solution.
    active:
        For each row of ``form.below``, whether it binds.

    Returns
    -------
    variables:
        ``None`` where no set of limits leads to an optimum.
    """
    if form.capped and near @ form.quadratic @ near < _UNDER_THE_CAP:
        return _under_the_cap(form, near, active)
    for _ in range(_ROUNDS):
        system = _System(form, near, active)
        solved = system.on_the_cap() if form.capped else system.optimum()
        if solved is None:
            return None
        variables, multipliers = solved
        slack = form.at_most - form.below @ variables
        wrong = np.where(active, multipliers < -_EXACT, slack < -_EXACT)
        if not wrong.any():
            return variables if slack.min(initial=0.0) >= -_EXACT else None
        active = active ^ wrong
    return None


def _under_the_cap(form: StandardForm, near: Vector, active: npt.NDArray[np.bool_]) -> Vector | None:
    """Return the best return of all, which is a corner of the limits, where it does not reach the cap."""
    corner = exact(attrs.evolve(form, quadratic=np.zeros_like(form.quadratic), capped=False), near, active)
    return None if corner is None or corner @ form.quadratic @ corner > 1.0 else corner


class _System:
    """The conditions of an optimum with equality constraints: linear equations of variables and multipliers."""

    def __init__(self, form: StandardForm, near: Vector, active: npt.NDArray[np.bool_]) -> None:
        self._form = form
        self._near = near
        self._active = active
        self._rows = np.concatenate([form.equal, form.below[active]])
        self._bounds = np.concatenate([form.equal_to, form.at_most[active]])
        size, rows = len(near), len(self._rows)
        matrix = np.zeros((size + rows, size + rows))
        matrix[:size, :size] = form.quadratic
        matrix[size:, :size] = self._rows
        matrix[:size, size:] = self._rows.T
        self._matrix: Matrix = matrix
        regular = matrix.copy()
        regular[np.diag_indices(size + rows)] += np.concatenate([np.full(size, _REGULAR), np.full(rows, -_REGULAR)])
        self._inverse = solver_of(regular)

    def optimum(self) -> tuple[Vector, Vector] | None:
        """Return the variables, and the multiplier of every row of ``below``."""
        solved = self._solve(self._near, self._form.linear, self._bounds)
        if solved is None:
            return None
        return solved[0], self._spread(solved[1])

    def on_the_cap(self) -> tuple[Vector, Vector] | None:
        """Return the same where ``x'Px`` is 1: the two parts of the solution depend on the price of risk by a factor.

        With price p of risk, the solution is ``least + gain / p``, where ``least`` has the least risk on the active
        limits and ``gain`` is the best change that keeps them. The two don't covary, so that p follows from the cap.
        """
        quadratic = self._form.quadratic
        least = self._solve(self._near, np.zeros_like(self._form.linear), self._bounds)
        gain = self._solve(np.zeros_like(self._near), self._form.linear, np.zeros_like(self._bounds))
        if least is None or gain is None:
            return None
        left = 1.0 - float(least[0] @ quadratic @ least[0])
        spread = float(gain[0] @ quadratic @ gain[0])
        if left <= 0 or spread <= 0:
            return None
        step = float(np.sqrt(left / spread))
        return least[0] + step * gain[0], self._spread(least[1] + step * gain[1])

    def _solve(self, near: Vector, linear: Vector, bounds: Vector) -> tuple[Vector, Vector] | None:
        size = len(near)
        aim = np.concatenate([-linear, bounds])
        found = np.concatenate([near, np.zeros(len(bounds))])
        with np.errstate(all="ignore"):  # what is not finite misses the aim too
            for _ in range(_REFINEMENTS):
                found = found + self._inverse(aim - self._matrix @ found)
            missed = np.abs(aim - self._matrix @ found)
        if not missed.max(initial=0.0) <= _EXACT:
            return None
        return found[:size], found[size:]

    def _spread(self, multipliers: Vector) -> Vector:
        every = np.zeros(len(self._active))
        every[self._active] = multipliers[len(self._form.equal) :]
        return every
