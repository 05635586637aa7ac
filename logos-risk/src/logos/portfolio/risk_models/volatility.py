"""Volatility of returns a year. Returns have shape (T, N), oldest first; NaN is one that is missing."""

from __future__ import annotations

import numpy as np

from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.errors import EstimationError
from logos.portfolio.risk_models.covariance import decay, filled_deviations


def realised_volatility(returns: Matrix, periods_per_year: float) -> Vector:
    """Return each asset's realised volatility, ``sqrt(P * sum((x - mean(x)) ** 2) / (n - 1))``.

    Parameters
    ----------
    returns:
        At least two that are not NaN in every column.
    periods_per_year:
        P; the variance of a year is P times that of a period where returns are independent in time.

    Raises
    ------
    EstimationError
        For a column with fewer than two.
    """
    _require(returns, 2)
    there, deviations = filled_deviations(returns)
    squares = (deviations * deviations).sum(axis=0)
    volatility: Vector = np.sqrt(periods_per_year * squares / (there.sum(axis=0) - 1.0))
    return volatility


def ewma_volatility(returns: Matrix, halflife: float, periods_per_year: float) -> Vector:
    """Return each asset's exponentially weighted volatility around zero, ``sqrt(P * sum(w * x ** 2) / sum(w))``.

    The weights are those of ``ewma_covariance``.

    Parameters
    ----------
    returns:
        At least one that is not NaN in every column.
    halflife:
        Periods; above 0.
    periods_per_year:
        P.

    Raises
    ------
    EstimationError
        For a column without one.
    """
    _require(returns, 1)
    weights = decay(len(returns), halflife)
    missing = np.isnan(returns)
    squares = np.where(missing, 0.0, returns * returns)
    volatility: Vector = np.sqrt(periods_per_year * (weights @ squares) / (weights @ (1.0 - missing)))
    return volatility


def _require(returns: Matrix, least: int) -> None:
    counts = (~np.isnan(returns)).sum(axis=0)
    if (counts < least).any():
        raise EstimationError(
            f"column {int(np.argmin(counts))} has {counts.min()} return(s), and its volatility needs {least}",
            hint="Leave the asset out until it has more",
        )
