"""Positive definite covariances: how it is decided that one is, and what is done with one that is not."""

from __future__ import annotations

import numpy as np

from logos.portfolio.arrays import Matrix

LEAST_EIGENVALUE = 1e-8
"""The least eigenvalue that the correlation matrix of a positive definite covariance has; their mean is 1."""

_BLENDED = 2.0 * LEAST_EIGENVALUE  # twice, so that a repaired matrix passes whatever the rounding


def is_positive_definite(covariance: Matrix) -> bool:
    """Return whether the correlations have no eigenvalue below ``LEAST_EIGENVALUE``, so that it can be inverted.

    Parameters
    ----------
    covariance:
        Symmetric, with variances above 0.
    """
    correlation = _correlation(covariance)
    correlation.flat[:: len(correlation) + 1] -= LEAST_EIGENVALUE
    try:
        np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError:
        return False
    return True


def nearest_positive_definite(covariance: Matrix) -> Matrix:
    """Return a positive definite covariance near a symmetric one, with the same variances bit by bit.

    Negative eigenvalues of the correlation matrix are set to 0, its diagonal is scaled back to 1 (Rebonato and Jaeckel
    1999, spectral decomposition), and ``2 * LEAST_EIGENVALUE`` of the identity matrix is mixed in. A covariance that is
    positive definite is returned as it is.

    Parameters
    ----------
    covariance:
        Symmetric, with variances above 0.
    """
    if is_positive_definite(covariance):
        return covariance
    values, vectors = np.linalg.eigh(_correlation(covariance))
    roots = vectors * np.sqrt(np.maximum(values, 0.0))
    roots /= np.sqrt((roots * roots).sum(axis=1))[:, None]
    deviations = np.sqrt(covariance.diagonal())
    nearest: Matrix = roots @ roots.T
    nearest *= (1.0 - _BLENDED) * np.outer(deviations, deviations)
    np.fill_diagonal(nearest, covariance.diagonal())
    return nearest


def _correlation(covariance: Matrix) -> Matrix:
    inverse = 1.0 / np.sqrt(covariance.diagonal())
    correlation: Matrix = covariance * np.outer(inverse, inverse)
    return correlation
