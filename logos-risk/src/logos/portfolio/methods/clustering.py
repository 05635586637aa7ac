"""A hierarchy of assets by their correlations: the tree that HRP and HERC go down."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np

from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.methods.scaling import correlation, volatilities
from logos.portfolio.records import Allocation, Estimate, Window


@attrs.frozen(eq=False)
class Tree:
    """A binary tree over N assets. Nodes 0 to N-1 are the assets; each later node joins two before it.

    Attributes
    ----------
    children:
        The two nodes that node N + i joins, closest first to be joined.
    members:
        The assets below each node, from left to right.
    """

    children: tuple[tuple[int, int], ...]
    members: tuple[list[int], ...]

    @property
    def order(self) -> list[int]:
        """The assets from left to right, so that similar ones stand together (quasi-diagonal order)."""
        return self.members[-1]


def by_name(symbols: tuple[str, ...]) -> list[int]:
    """Return the places of the symbols in ascending order of their names.

    A tree depends on the order of its input where distances tie, and in which of two branches stands left. From one
    order for all, a permutation of the assets permutes the weights.
    """
    return sorted(range(len(symbols)), key=symbols.__getitem__)


def weigh_by_name(
    window: Window, estimate: Estimate, limits: Limits, weigh: Callable[[Matrix, Vector], Vector]
) -> Allocation:
    """Return what a method finds for the symbols in the order of their names, in the order of ``window.symbols``.

    Parameters
    ----------
    limits:
        The weights sum to its ``aim``.
    weigh:
        From correlations and volatilities of two symbols at least, to weights that sum to one.
    """
    names = np.array(by_name(window.symbols), dtype=np.intp)
    roots = volatilities(estimate)[names]
    weights = np.ones(len(names))
    if len(names) > 1:
        weights[names] = weigh(correlation(estimate.covariance[names[:, None], names], roots), roots)
    return Allocation(weights=weights * limits.aim, solver="clustering")


def distances(related: Matrix, distance: str) -> Vector:
    """Return the distances of all pairs in scipy's condensed order.

    ``paper`` is the distance of distances of Lopez de Prado (2016, Building Diversified Portfolios that Outperform Out
    of Sample): two assets are close where they are equally far from all others.
    """
    from scipy.spatial.distance import pdist, squareform  # noqa: PLC0415 - scipy loads late

    apart = np.sqrt((1.0 - related) / 2.0)
    found: Vector = pdist(apart) if distance == "paper" else squareform(apart, checks=False)
    return found


def grow(apart: Vector, linkage: str, count: int) -> Tree:
    """Return the tree of ``count`` assets, two at least, from their condensed distances."""
    from scipy.cluster import hierarchy  # noqa: PLC0415 - scipy loads late

    merges = hierarchy.linkage(apart, linkage)[:, :2].astype(np.int64).tolist()
    members = [[place] for place in range(count)]
    for left, right in merges:
        members.append(members[left] + members[right])
    return Tree(tuple((left, right) for left, right in merges), tuple(members))
