"""What weights come to: whose risk the portfolio's is, and how concentrated they are."""

from __future__ import annotations

import numpy as np

from logos.portfolio.arrays import Matrix, Vector


def volatility(weights: Vector, covariance: Matrix) -> float:
    """Return the volatility of a portfolio, in the covariance's unit of time."""
    return float(np.sqrt(max(float(weights @ covariance @ weights), 0.0)))


def risk_contributions(weights: Vector, covariance: Matrix) -> Vector:
    """Return each asset's share of the portfolio's variance; they sum to one.

    The share of asset i is ``w_i (C w)_i / w'C w`` (Euler's decomposition of the volatility, which is homogeneous of
    degree one in the weights). A hedge has a negative share. All are zero where the portfolio has no risk.

    Parameters
    ----------
    weights:
        Shape (N,), of any sum.
    covariance:
        Shape (N, N).
    """
    parts = weights * (covariance @ weights)
    whole = parts.sum()
    return parts / whole if whole > 0 else np.zeros_like(parts)


def herfindahl(weights: Vector) -> float:
    """Return the Herfindahl index: the sum of squared shares of the gross exposure.

    It lies between 1/N, where all N are of equal size, and 1, where one holds everything; it is 0 where nothing is
    held. One over it is the number of assets of equal size that would be as concentrated.
    """
    gross = np.abs(weights)
    whole = gross.sum()
    return float(np.square(gross / whole).sum()) if whole > 0 else 0.0
