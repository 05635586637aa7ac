"""The method ``hrp``: hierarchical risk parity of Lopez de Prado (2016)."""

from __future__ import annotations

from functools import lru_cache

import attrs
import numpy as np
import numpy.typing as npt

from logos.domain.validating import one_of
from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.methods.clustering import distances, grow, weigh_by_name
from logos.portfolio.methods.trees import DISTANCES, LINKAGES
from logos.portfolio.records import Allocation, Estimate, Window

Places = npt.NDArray[np.intp]


@attrs.frozen
class HierarchicalRiskParity:
    """Halves the assets again and again, in an order where similar ones stand together, and splits by inverse variance.

    Three steps: a tree of the assets, the assets in its order, and from all of them down to each one a split between
    two neighbouring halves in inverse proportion to their variances, each half weighted by inverse variances within.
    No matrix is inverted, so it is at ease with covariances close to singular. Long-only.

    Parameters
    ----------
    linkage, distance:
        How the tree grows. ``single`` and ``paper`` are the paper's; PyPortfolioOpt and Riskfolio-Lib take the distance
        ``correlation``.
    """

    linkage: str = attrs.field(default="single", validator=one_of(*LINKAGES))
    distance: str = attrs.field(default="paper", validator=one_of(*DISTANCES))

    def allocate(self, window: Window, estimate: Estimate, limits: Limits) -> Allocation:
        """Return weights in the order of ``window.symbols``, which sum to ``limits.aim``."""
        return weigh_by_name(window, estimate, limits, self._weigh)

    def _weigh(self, related: Matrix, roots: Vector) -> Vector:
        count = len(roots)
        order = np.array(grow(distances(related, self.distance), self.linkage, count).order, dtype=np.intp)
        weights = np.empty(count)
        weights[order] = bisect(related[order[:, None], order], roots[order])
        return weights


@attrs.frozen(eq=False)
class _Level:
    """One halving of all stretches that are longer than one asset.

    Attributes
    ----------
    first:
        For each stretch before, the place of its first part after.
    lengths:
        For each stretch before, its parts: two, or one where it is a single asset.
    left, right:
        The places, after, of the halves.
    """

    first: Places
    lengths: Places
    left: Places
    right: Places


@lru_cache(maxsize=64)
def _levels(count: int) -> tuple[_Level, ...]:
    """Return the halvings of so many assets, from the whole down to single ones; the left half is the shorter."""
    sizes, levels = [count], []
    while max(sizes) > 1:
        parts = [(size // 2, size - size // 2) if size > 1 else (size,) for size in sizes]
        lengths = np.array([len(part) for part in parts], dtype=np.intp)
        first = np.cumsum(lengths) - lengths
        left = first[lengths == 2]
        levels.append(_Level(first, lengths, left, left + 1))
        sizes = [size for part in parts for size in part]
    return tuple(levels)


def bisect(related: Matrix, roots: Vector) -> Vector:
    """Return the weights of recursive bisection; they sum to one.

    Parameters
    ----------
    related:
        Shape (N, N): correlations in the order of the tree's leaves.
    roots:
        Shape (N,): volatilities in that order.
    """
    inverse = roots.min() / roots
    # The variance of a stretch weighted by inverse variances is the sum of its block over its squared precision. The
    # stretches of a level are unions of the next one's, so all blocks come from the bottom up, each entry read once.
    blocks, precision = related * inverse * inverse[:, None], inverse**2
    levels = _levels(len(roots))
    variances = []
    for level in reversed(levels):
        variances.append(np.maximum(np.diagonal(blocks), 0.0) / precision**2)
        precision = np.add.reduceat(precision, level.first)
        blocks = np.add.reduceat(np.add.reduceat(blocks, level.first, axis=0), level.first, axis=1)
    shares = np.ones(1)
    for level, variance in zip(levels, reversed(variances), strict=True):
        shares = np.repeat(shares, level.lengths)
        shares[level.left], shares[level.right] = _split(
            shares[level.left], variance[level.left], variance[level.right]
        )
    return shares


def _split(whole: Vector, left: Vector, right: Vector) -> tuple[Vector, Vector]:
    """Return the parts of wholes in inverse proportion to two risks; halves where neither side has any."""
    both = left + right
    part = whole * np.divide(right, both, out=np.full_like(both, 0.5), where=both > 0)
    return part, whole - part
