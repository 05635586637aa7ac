"""Systems of linear equations: dense while they are small, sparse where most of a large one is zero."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg.lapack import dgetrf, dgetrs

from logos.portfolio.arrays import Matrix, Vector

_SMALL = 300
"""Up to so many equations the dense factorisation is as fast, whatever is zero."""

_MOSTLY_ZERO = 0.25
"""The share of numbers that are not zero, up to which a large system is worth a sparse factorisation."""


def root_of(matrix: Matrix) -> Matrix:
    """Return R with ``R'R`` the matrix: triangular, since half the numbers make half the work."""
    try:
        return np.asarray(np.linalg.cholesky(matrix).T, dtype=np.float64)
    except np.linalg.LinAlgError:  # not positive definite by a rounding error
        values, vectors = np.linalg.eigh(matrix)
        return np.asarray(np.sqrt(values.clip(min=0.0))[:, np.newaxis] * vectors.T)


def solver_of(system: Matrix) -> Callable[[Vector], Vector]:
    """Factorise a square system once; what is returned solves it for one right side after another.

    A system that is singular gives numbers that are not finite, or large: whoever asks checks what came out.
    """
    if len(system) > _SMALL and np.count_nonzero(system) < _MOSTLY_ZERO * system.size:
        return _sparse(system)
    factors = dgetrf(system)[:2]

    def solve(right: Vector) -> Vector:
        return np.asarray(dgetrs(*factors, right)[0])

    return solve


def _sparse(system: Matrix) -> Callable[[Vector], Vector]:
    from scipy.sparse import csc_matrix  # noqa: PLC0415 - heavy, and few portfolios are so large
    from scipy.sparse.linalg import splu  # noqa: PLC0415

    try:
        factors = splu(csc_matrix(system), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    except RuntimeError:  # exactly singular
        return lambda right: np.full_like(right, np.nan)

    def solve(right: Vector) -> Vector:
        return np.asarray(factors.solve(right))

    return solve
