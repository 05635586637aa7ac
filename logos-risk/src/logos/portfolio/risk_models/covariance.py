"""Covariance of returns: of the sample, and with weights that fall with age. Per period, not annualised.

The functions take finite returns of shape (T, N), oldest first. NaN is one that is missing; every column has at least
one that is not. A covariance of two assets then rests on the periods in which both have one, so that the matrix need
not be positive definite (see ``repair``).
"""

from __future__ import annotations

import numpy as np

from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.errors import EstimationError


def sample_covariance(returns: Matrix) -> Matrix:
    """Return the sample covariance, ``sum((x - mean(x)) * (y - mean(y))) / (n - 1)``.

    With returns missing, n counts the periods that a pair has in common and the means are of these periods (Little and
    Rubin 2002, available-case analysis). A pair with fewer than two in common has a covariance of 0.

    Raises
    ------
    EstimationError
        For a single row.
    """
    require_two(returns)
    count, means = len(returns), returns.mean(axis=0)
    if _all_there(means):
        deviations = returns - means
        covariance: Matrix = deviations.T @ deviations
        covariance /= count - 1
        return covariance
    there, filled = filled_deviations(returns)
    common = there.T @ there
    sums = filled.T @ there  # of asset i over the periods that it has in common with j
    products = filled.T @ filled - sums * sums.T / np.maximum(common, 1.0)
    return np.where(common >= 2, products / np.maximum(common - 1.0, 1.0), 0.0)


def ewma_covariance(returns: Matrix, halflife: float) -> Matrix:
    """Return the exponentially weighted covariance around zero, ``sum(w * x * y) / sum(w)``.

    Weights are ``0.5 ** (age / halflife)``, age in periods, 0 for the last row. The mean is taken as zero, since over
    short times it is small beside its own error. Source: J.P. Morgan and Reuters 1996, RiskMetrics Technical Document,
    section 5.2, with their decay ``0.5 ** (1 / halflife)``.

    With returns missing, the sums go over the periods that a pair has in common; a pair with fewer than two has a
    covariance of 0.

    Parameters
    ----------
    returns:
        At least one row.
    halflife:
        Periods; above 0.
    """
    weights = decay(len(returns), halflife)
    if is_complete(returns):
        covariance: Matrix = _weighted_products(returns, weights)
        covariance /= weights.sum()
        return covariance
    there, filled = _filled(returns)
    enough = there.T @ there >= 2
    common = _weighted_products(there, weights)
    return np.divide(_weighted_products(filled, weights), common, out=np.zeros_like(common), where=enough)


def mean_returns(returns: Matrix, halflife: float | None = None) -> Vector:
    """Return the mean of each column, of the returns that are there.

    Parameters
    ----------
    returns:
        At least one return a column.
    halflife:
        With weights ``0.5 ** (age / halflife)``; ``None`` for equal ones.
    """
    if halflife is None:
        return _column_means(returns)
    weights = decay(len(returns), halflife)
    there, filled = _filled(returns)
    means: Vector = (weights @ filled) / (weights @ there)
    return means


def decay(count: int, halflife: float) -> Vector:
    """Return the weights of so many returns, oldest first, ``0.5 ** (age / halflife)``: the last one's is 1."""
    weights: Vector = np.exp2(np.arange(1 - count, 1) / halflife)
    return weights


def pairs_apart(returns: Matrix) -> list[tuple[int, int]]:
    """Return the pairs of columns that have fewer than two returns in common, whose covariance is taken as 0."""
    there, _ = _filled(returns)
    rows, columns = np.nonzero(np.triu(there.T @ there < 2, 1))
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def require_two(returns: Matrix) -> None:
    """Refuse fewer than two rows.

    Raises
    ------
    EstimationError
        With their number.
    """
    if len(returns) < 2:
        raise EstimationError(
            f"no covariance can be estimated from {len(returns)} return(s); at least 2 are needed",
            hint="Take a longer lookback, or begin the bars earlier",
        )


def is_complete(returns: Matrix) -> bool:
    """Return whether no return is missing or infinite."""
    return bool(np.isfinite(returns).all())


def filled_deviations(returns: Matrix) -> tuple[Matrix, Matrix]:
    """Return 1 where a return is there, else 0; and the deviations from each column's mean, 0 where there is none."""
    return _filled(returns - _column_means(returns))


def _column_means(returns: Matrix) -> Vector:
    means: Vector = returns.mean(axis=0)
    return means if _all_there(means) else np.nanmean(returns, axis=0)


def _all_there(means: Vector) -> bool:
    """Return whether no return is missing, by the means of the columns: far fewer numbers to look at."""
    return bool(np.isfinite(means).all())


def _filled(values: Matrix) -> tuple[Matrix, Matrix]:
    missing = np.isnan(values)
    return (~missing).astype(np.float64), np.where(missing, 0.0, values)


def _weighted_products(values: Matrix, weights: Vector) -> Matrix:
    # One factor on both sides keeps the product symmetric bit by bit.
    scaled = values * np.sqrt(weights)[:, None]
    products: Matrix = scaled.T @ scaled
    return products
