"""Volatilities and correlations of an estimate: what every method here begins with."""

from __future__ import annotations

import numpy as np

from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.errors import EstimationError
from logos.portfolio.records import Estimate


def volatilities(estimate: Estimate) -> Vector:
    """Return each symbol's volatility, in the estimate's unit of time.

    Raises
    ------
    EstimationError
        Where there is no symbol, a covariance is no number, or a variance is not above zero.
    """
    if not estimate.symbols:
        raise EstimationError(
            "There is no symbol to weigh",
            hint="Give the symbols more history, or ask for less with lookback and min_history",
        )
    variances = np.diagonal(estimate.covariance)
    usable = variances > 0
    if not (usable.all() and np.isfinite(estimate.covariance).all()):
        finite = np.isfinite(estimate.covariance).all(axis=1)
        names = [name for name, good in zip(estimate.symbols, usable & finite, strict=True) if not good]
        raise EstimationError(
            f"The covariance of {', '.join(names)} is no use: a variance must be above zero and every entry a number",
            hint="A price that never moved has no risk to weigh. Leave the symbol out, or give it more history",
        )
    roots: Vector = np.sqrt(variances)
    return roots


def correlation(covariance: Matrix, roots: Vector) -> Matrix:
    """Return the correlations of a covariance, with ones on the diagonal and none beyond one.

    Parameters
    ----------
    covariance:
        Shape (N, N).
    roots:
        Shape (N,): the volatilities.
    """
    # Twice a division: the product of two volatilities could leave the range of a float.
    found = covariance / roots / roots[:, None]
    np.clip(found, -1.0, 1.0, out=found)
    np.fill_diagonal(found, 1.0)
    return found
