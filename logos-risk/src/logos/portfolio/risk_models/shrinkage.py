"""Ledoit and Wolf's linear shrinkage of a sample covariance towards a target with few parameters, in closed form.

The estimate is ``(1 - a) * S + a * F`` with the sample covariance S and the target F. The intensity a estimates the
one with the least expected squared error, ``sum(pi - rho) / sum((F - S) ** 2)``, cut to 0..1: pi is the variance of an
entry of S, rho its covariance with the same entry of F. For returns that are independent in time both are moments of
products of deviations, so that there is nothing to choose.

Sources: Ledoit and Wolf 2004, A well-conditioned estimator for large-dimensional covariance matrices, Journal of
Multivariate Analysis 88 (identity); 2004, Honey, I shrunk the sample covariance matrix, Journal of Portfolio Management
30 (constant correlation); 2003, Improved estimation of the covariance matrix of stock returns, Journal of Empirical
Finance 10 (single factor).

With returns missing (NaN), deviations are from each asset's own mean, and the moments of a pair are over the periods
that both have, their number in place of T: the same formulas where nothing is missing. A pair with fewer than two in
common has a sample covariance of 0, which adds nothing to the error that is estimated.
"""

from __future__ import annotations

import attrs
import numpy as np

from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.errors import EstimationError
from logos.portfolio.risk_models.config import CONSTANT_CORRELATION, IDENTITY, SINGLE_FACTOR
from logos.portfolio.risk_models.covariance import filled_deviations, is_complete, require_two

_STILL = 1e-12
"""A variance of the factor below this share of the mean variance is the rounding of floats."""


@attrs.frozen(kw_only=True, eq=False)
class Shrunk:
    """A covariance, and how it came about.

    Attributes
    ----------
    covariance:
        Shape (N, N), per period.
    intensity:
        The weight of the target, 0 to 1.
    """

    covariance: Matrix
    intensity: float


@attrs.frozen(eq=False)
class _Moments:
    """Deviations ``x`` (T, N), 0 where missing; how many a pair has in common, and their mean products ``s``.

    ``assets`` counts those that have a return, by period (T, 1); at least 1, so that it divides.
    """

    x: Matrix
    n: float | Matrix
    s: Matrix
    assets: float | Matrix

    @property
    def variances(self) -> Vector:
        return self.s.diagonal()

    def mean_products(self, one: Matrix, other: Matrix) -> Matrix:
        products: Matrix = one.T @ other
        products /= self.n
        return products


def ledoit_wolf(returns: Matrix, *, target: str = IDENTITY) -> Shrunk:
    """Return the shrunk covariance of returns, per period.

    The sample covariance divides by T with ``identity`` and ``single_factor``, as their papers do, and by T - 1 with
    ``constant_correlation``.

    Parameters
    ----------
    returns:
        Shape (T, N), at least two rows; NaN where one is missing.
    target:
        ``identity``: the mean variance on the diagonal. ``constant_correlation``: the variances of the sample, and the
        mean of its correlations. ``single_factor``: the variances of the sample, and the covariances that follow from
        each asset's slope on the equally weighted mean of all that have a return.

    Raises
    ------
    EstimationError
        For a single row, and with ``constant_correlation`` for an asset without variance.
    """
    require_two(returns)
    return _TARGETS[target](_moments(returns))


def _moments(returns: Matrix) -> _Moments:
    if is_complete(returns):
        x = returns - returns.mean(axis=0)
        count, assets = float(x.shape[0]), float(x.shape[1])
        return _Moments(x, count, x.T @ x / count, assets)
    there, x = filled_deviations(returns)
    n: Matrix = there.T @ there
    n[n < 2.0] = np.inf  # so that all moments of such a pair are 0
    return _Moments(x, n, x.T @ x / n, np.maximum(there.sum(axis=1, keepdims=True), 1.0))


def _towards_identity(moments: _Moments) -> Shrunk:
    sample = moments.s
    size = len(sample)
    level = float(moments.variances.mean())
    distance = sample.copy()
    distance.flat[:: size + 1] -= level
    intensity = _intensity(_error_of_sample(moments), distance)
    covariance = (1.0 - intensity) * sample
    covariance.flat[:: size + 1] += intensity * level
    return Shrunk(covariance=covariance, intensity=intensity)


def _error_of_sample(moments: _Moments) -> float:
    """Return the sum of the variances of the sample covariance's entries."""
    squares = moments.x * moments.x
    if isinstance(moments.n, float):
        # The sum over all pairs is a square of sums, so that no (N, N) product is needed.
        lengths = squares.sum(axis=1)
        return (float(lengths @ lengths) / moments.n - float(np.vdot(moments.s, moments.s))) / moments.n
    entries = moments.mean_products(squares, squares) - moments.s * moments.s
    return float((entries / moments.n).sum())


def _towards_constant_correlation(moments: _Moments) -> Shrunk:
    products, n = moments.s, moments.n
    size = len(products)
    sample = products / (1.0 - 1.0 / n)
    deviations = np.sqrt(sample.diagonal())
    if not deviations.all():
        raise EstimationError(
            f"{np.count_nonzero(deviations == 0)} of {size} assets have equal returns throughout, and no correlation",
            hint="Leave them out, or write target: identity",
        )
    scale = np.outer(deviations, deviations)
    mean_correlation = ((sample / scale).sum() - size) / max(size * (size - 1), 1)
    aim = _with_diagonal(mean_correlation * scale, sample)
    squares = moments.x * moments.x
    variance = moments.mean_products(squares, squares) - 2.0 * products * sample + sample * sample
    # The covariance of the variance of asset i with its covariance with asset j.
    own = sample.diagonal()[:, None]
    mixed = moments.mean_products(squares * moments.x, moments.x)
    mixed += (own - products.diagonal()[:, None]) * sample - own * products
    shared = mean_correlation * mixed * (deviations[None, :] / deviations[:, None])
    np.fill_diagonal(shared, variance.diagonal())
    return _shrunk(sample, aim, float(((variance - shared) / n).sum()))


def _towards_single_factor(moments: _Moments) -> Shrunk:
    sample, x = moments.s, moments.x
    market = x.sum(axis=1, keepdims=True) / moments.assets
    spread = float(np.vdot(market, market)) / len(x)
    if spread <= _STILL * float(moments.variances.mean()):
        # The assets offset one another: the mean explains nothing, and the target keeps the variances alone.
        return _shrunk(sample, np.diag(sample.diagonal()), _error_of_sample(moments) - _error_of_diagonal(moments))
    squares = x * x
    moved = x * market
    slopes = _diagonal_means(moved, moments)
    aim = _with_diagonal(np.outer(slopes, slopes) / spread, sample)
    variance = moments.mean_products(squares, squares) - sample * sample
    first = (moments.mean_products(squares, moved) - slopes[:, None] * sample) * slopes[None, :]
    second = (moments.mean_products(moved, moved) - spread * sample) * np.outer(slopes, slopes)
    shared = 2.0 * first / spread - second / spread**2
    np.fill_diagonal(shared, variance.diagonal())
    return _shrunk(sample, aim, float(((variance - shared) / moments.n).sum()))


def _error_of_diagonal(moments: _Moments) -> float:
    squares = moments.x * moments.x
    own = moments.n if isinstance(moments.n, float) else moments.n.diagonal()
    return float((((squares * squares).sum(axis=0) / own - moments.variances**2) / own).sum())


def _diagonal_means(values: Matrix, moments: _Moments) -> Vector:
    own = moments.n if isinstance(moments.n, float) else moments.n.diagonal()
    means: Vector = values.sum(axis=0) / own
    return means


def _with_diagonal(matrix: Matrix, of: Matrix) -> Matrix:
    np.fill_diagonal(matrix, of.diagonal())
    return matrix


def _shrunk(sample: Matrix, aim: Matrix, error: float) -> Shrunk:
    intensity = _intensity(error, sample - aim)
    return Shrunk(covariance=intensity * aim + (1.0 - intensity) * sample, intensity=intensity)


def _intensity(error: float, distance: Matrix) -> float:
    squared = float(np.vdot(distance, distance))
    # Where the sample is the target already, as with a single asset, there is nothing to shrink.
    return min(max(error / squared, 0.0), 1.0) if squared > 0.0 else 0.0


_TARGETS = {
    IDENTITY: _towards_identity,
    CONSTANT_CORRELATION: _towards_constant_correlation,
    SINGLE_FACTOR: _towards_single_factor,
}
