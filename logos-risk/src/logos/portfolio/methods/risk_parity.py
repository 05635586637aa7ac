"""The method ``risk_parity``: each asset contributes its budget to the portfolio's risk."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np

from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.errors import EstimationError, PortfolioError
from logos.portfolio.methods.scaling import correlation, volatilities
from logos.portfolio.records import Allocation, Estimate, Window

GOAL = 1e-12
"""Largest relative error of a risk contribution at which the iteration stops."""
TOLD = 1e-8
"""One above this is told in a note."""
ACCEPTED = 1e-4
"""One above this is no answer. In between, the covariance is close to singular and rounding allows no better."""
STEPS = 200
"""Steps of Newton's method before it is given up; some ten are usual."""
PATIENCE = 3
"""Steps without half the error, after which it is rounding that stops them."""
STEP_HALVINGS = 60
"""How often a step is halved at most, after which it changes no float any more."""
SUFFICIENT = 1e-4
"""Share of the decrease promised by the slope that a step has to bring (Armijo's rule)."""
ROUNDING = 1e-9
"""By how much a sum of budgets may be off 1 and count as 1."""


def _valid(budgets: Mapping[str, float]) -> dict[str, float]:
    for name, budget in sorted(budgets.items()):
        if not 0 < budget < np.inf:
            raise PortfolioError(
                f"The risk budget of {name} is {budget}; it must be a number above zero",
                hint="Leave a symbol out of the session if it is to bear no risk",
            )
    return dict(budgets)


@attrs.frozen
class RiskParity:
    """Equal risk contribution, or contributions in the proportion of budgets. Long-only.

    The weights are the normalised minimum of ``x'C x / 2 - sum(b_i log x_i)``, which is strictly convex, so they are
    unique (Spinu 2013, An Algorithm for Computing Risk Parity Weights).

    Parameters
    ----------
    budgets:
        Shares of the risk by symbol, above zero. Where some symbols have none, they must sum to less than 1, and the
        others share equally what is left. Symbols that take no part yet are passed over, so that what remains is
        scaled to sum to 1: where every symbol has a budget only their proportions count here, while the config of the
        allocator asks for a sum of 1.
    """

    budgets: Mapping[str, float] = attrs.field(factory=dict, converter=_valid)

    def allocate(self, window: Window, estimate: Estimate, limits: Limits) -> Allocation:
        """Return weights in the order of ``window.symbols``, which sum to ``limits.aim``.

        Raises
        ------
        EstimationError
            Where the covariance leaves no such weights, or none that floats can find.
        """
        roots = volatilities(estimate)
        scaled, error = solve(correlation(estimate.covariance, roots), self.shares(window.symbols))
        weights = scaled * (roots.min() / roots)
        note = f"Risk contributions are off their budgets by up to {error:.0e}: the covariance is close to singular."
        return Allocation(
            weights=weights * (limits.aim / weights.sum()), solver="newton", notes=(note,) if error > TOLD else ()
        )

    def shares(self, symbols: tuple[str, ...]) -> Vector:
        """Return the budgets of some symbols; they sum to one.

        Raises
        ------
        PortfolioError
            Where the budgets leave nothing to the symbols that have none.
        """
        others = [name for name in symbols if name not in self.budgets]
        left = 1.0 - sum(self.budgets.values())
        if others and left <= ROUNDING:
            raise PortfolioError(
                f"The risk budgets sum to {1.0 - left:.10g}, which leaves nothing for {', '.join(others)}",
                hint="Give these symbols a budget too, or let the budgets sum to less than 1",
            )
        rest = left / len(others) if others else 0.0
        found = np.array([self.budgets.get(name, rest) for name in symbols])
        shares: Vector = found / found.sum()
        return shares


def solve(matrix: Matrix, budgets: Vector) -> tuple[Vector, float]:
    """Return the x above zero at which ``x_i (C x)_i = b_i``, by Newton's method with halved steps, and its error.

    The error is the largest ``|x_i (C x)_i / b_i - 1|``.

    Parameters
    ----------
    matrix:
        Shape (N, N): a correlation matrix. A covariance would do, but volatilities far apart cost digits.
    budgets:
        Shape (N,), above zero.

    Raises
    ------
    EstimationError
        Where the matrix is not positive definite, or so close to singular that rounding hides the answer.
    """
    roots = np.sqrt(budgets)
    x: Vector = roots / np.sqrt(max(roots @ matrix @ roots, np.finfo(float).tiny) / budgets.sum())
    found, least, waited = x, np.inf, 0
    for _ in range(STEPS):
        slope = matrix @ x
        error = float(np.abs(x * slope / budgets - 1.0).max())
        # Near the minimum each step squares the error, until rounding stops it.
        waited = 0 if error < least / 2 else waited + 1
        if error < least:
            found, least = x, error
        if least <= GOAL or (least <= ACCEPTED and waited >= PATIENCE):
            return found, least
        x = _step(matrix, budgets, x, slope)
    raise EstimationError(
        f"Risk parity did not converge: after {STEPS} steps a risk contribution is off by {least:.0e} of its budget",
        hint="The covariance is close to singular: take a longer lookback or the risk model ledoit_wolf",
    )


def _step(matrix: Matrix, budgets: Vector, x: Vector, slope: Vector) -> Vector:
    """Return the next x: Newton's step, halved until it stays positive and the objective falls enough."""
    from scipy.linalg.lapack import dposv  # noqa: PLC0415 - scipy loads late

    gradient = slope - budgets / x
    hessian = matrix.copy()
    hessian.flat[:: len(x) + 1] += budgets / x**2
    _, direction, failed = dposv(hessian, -gradient, overwrite_a=True)
    promised = float(-gradient @ direction)
    if failed or not promised >= 0:
        raise EstimationError(
            "Risk parity has no answer: the covariance is not positive definite",
            hint="Take a risk model that repairs it, such as ledoit_wolf, or a longer lookback",
        )
    relative, along = direction / x, matrix @ direction
    first, second = float(slope @ direction), float(direction @ along)
    size = 1.0
    for _ in range(STEP_HALVINGS):
        if size * relative.min() > -1.0:
            # The change of the objective, without the difference of two large numbers.
            change = size * first + size**2 * second / 2 - float(budgets @ np.log1p(size * relative))
            if change <= -SUFFICIENT * size * promised or promised < np.finfo(float).eps:
                break
        size /= 2
    stepped: Vector = x + size * direction
    return stepped
