"""The method ``herc``: hierarchical equal risk contribution of Raffinot (2018)."""

from __future__ import annotations

from math import isqrt

import attrs
import numpy as np

from logos.domain.validating import one_of
from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.methods.clustering import Tree, distances, grow, weigh_by_name
from logos.portfolio.methods.trees import DISTANCES, LINKAGES
from logos.portfolio.records import Allocation, Estimate, Window

MOST_CLUSTERS = 10
"""The most clusters that are tried where the data say how many there are."""


@attrs.frozen
class HierarchicalEqualRiskContribution:
    """Splits equally by risk down the tree to a few clusters, and by inverse variance within each. Long-only.

    The risk of a branch is the sum of the variances of its clusters, each weighted by inverse variances within. Unlike
    HRP it follows the tree's own branches, and it stops at clusters that the data tell apart.

    Parameters
    ----------
    linkage, distance:
        How the tree grows. Raffinot takes Ward's linkage on a multiple of the distance ``correlation``, which is the
        Euclidean distance between standardised returns, as Ward's rule presumes.
    clusters:
        How many, or all assets where there are fewer; ``None`` finds the number, 10 at most, by the two-order
        difference of the gap statistic (Yue, Wang and Wei 2009), which needs no random reference.
    """

    linkage: str = attrs.field(default="ward", validator=one_of(*LINKAGES))
    distance: str = attrs.field(default="correlation", validator=one_of(*DISTANCES))
    clusters: int | None = attrs.field(default=None, validator=attrs.validators.optional(attrs.validators.ge(1)))

    def allocate(self, window: Window, estimate: Estimate, limits: Limits) -> Allocation:
        """Return weights in the order of ``window.symbols``, which sum to ``limits.aim``."""
        return weigh_by_name(window, estimate, limits, self._weigh)

    def _weigh(self, related: Matrix, roots: Vector) -> Vector:
        count = len(roots)
        apart = distances(related, self.distance)
        tree = grow(apart, self.linkage, count)
        clusters = self.clusters or number_of_clusters(tree, apart, MOST_CLUSTERS)
        return descend(tree, related, roots, min(clusters, count))


def number_of_clusters(tree: Tree, apart: Vector, greatest: int) -> int:
    """Return the number of clusters at which the dispersion within them stops falling most sharply, two at least.

    The dispersion of k clusters is ``W_k = sum(D_i / 2 n_i)`` with ``D_i`` the sum of the distances between all ordered
    pairs of the ``n_i`` members. The number is the k of the greatest ``W_(k-1) - 2 W_k + W_(k+1)``, the least such k
    where several tie, and no greater than the square root of the number of assets: with few assets a cluster, the
    dispersion bends most sharply where the clusters are single assets.

    Parameters
    ----------
    apart:
        The condensed distances that the tree grew from.
    greatest:
        The most clusters, two at least.
    """
    from scipy.spatial.distance import squareform  # noqa: PLC0415 - scipy loads late

    count = len(tree.order)
    if count == 2:
        return 2
    order = np.array(tree.order, dtype=np.intp)
    square = squareform(apart, checks=False)[order[:, None], order]
    starts = {2 * count - 2: 0}
    dispersion = [_dispersion(square, 0, count)]
    # Undo the last joins one by one; the members of each node are a stretch of the order.
    most = max(2, min(greatest, isqrt(count)))
    for node in range(2 * count - 2, 2 * count - 2 - most, -1):
        left, right = tree.children[node - count]
        start, half, length = starts[node], len(tree.members[left]), len(tree.members[node])
        starts[left], starts[right] = start, start + half
        parts = _dispersion(square, start, half) + _dispersion(square, start + half, length - half)
        dispersion.append(dispersion[-1] - _dispersion(square, start, length) + parts)
    return int(np.argmax(np.diff(dispersion, 2))) + 2


def _dispersion(square: Matrix, start: int, length: int) -> float:
    return float(square[start : start + length, start : start + length].sum()) / (2 * length)


def descend(tree: Tree, related: Matrix, roots: Vector, clusters: int) -> Vector:
    """Return the weights of so many clusters; they sum to one.

    Parameters
    ----------
    related:
        Shape (N, N): correlations.
    roots:
        Shape (N,): volatilities.
    clusters:
        From 1 to N.
    """
    count = len(roots)
    inverse = roots.min() / roots
    blocks, precision = related * inverse * inverse[:, None], inverse**2
    root = 2 * count - 2
    split = range(root, root - clusters + 1, -1)
    ends = sorted({child for node in split for child in tree.children[node - count]} - set(split)) or [root]
    risk = {}
    for node in ends:
        below = np.array(tree.members[node], dtype=np.intp)
        risk[node] = max(float(blocks[below[:, None], below].sum()), 0.0) / float(precision[below].sum()) ** 2
    for node in reversed(split):
        left, right = tree.children[node - count]
        risk[node] = risk[left] + risk[right]
    share = {root: 1.0}
    for node in split:
        left, right = tree.children[node - count]
        share[left] = share[node] * (risk[right] / risk[node] if risk[node] > 0 else 0.5)
        share[right] = share[node] - share[left]
    weights = np.empty(count)
    for node in ends:
        below = np.array(tree.members[node], dtype=np.intp)
        weights[below] = precision[below] * (share[node] / precision[below].sum())
    return weights
