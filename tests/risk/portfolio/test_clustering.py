"""The tree of assets: its distances, its order, and that names decide what distances leave open."""

from __future__ import annotations

import numpy as np
import pytest

from logos.portfolio.methods.clustering import by_name, distances, grow
from logos.portfolio.methods.scaling import correlation

PAIRED = np.array(
    [
        [1.0, 0.1, 0.9, 0.1],
        [0.1, 1.0, 0.1, 0.7],
        [0.9, 0.1, 1.0, 0.1],
        [0.1, 0.7, 0.1, 1.0],
    ]
)
"""Assets 0 and 2 are alike, and 1 and 3."""


def test_the_distance_of_two_correlations():
    found = distances(np.array([[1.0, -1.0, 0.5], [-1.0, 1.0, 1.0], [0.5, 1.0, 1.0]]), "correlation")
    assert found.tolist() == pytest.approx([1.0, 0.5, 0.0])


def test_the_distance_of_distances_is_euclidean_over_all_assets():
    columns = np.sqrt((1 - PAIRED) / 2)
    found = distances(PAIRED, "paper")
    assert found[0] == pytest.approx(np.sqrt(((columns[0] - columns[1]) ** 2).sum()))
    assert len(found) == 6


@pytest.mark.parametrize("linkage", ["single", "average", "complete", "ward"])
@pytest.mark.parametrize("distance", ["paper", "correlation"])
def test_like_assets_stand_together(linkage, distance):
    tree = grow(distances(PAIRED, distance), linkage, 4)
    assert tree.children == ((0, 2), (1, 3), (4, 5))
    assert tree.order == [0, 2, 1, 3]
    assert tree.members[5] == [1, 3]


def test_the_order_is_a_permutation_and_that_of_the_reference(reference):
    related = correlation(reference.sample, np.sqrt(np.diag(reference.sample)))
    tree = grow(distances(related, "correlation"), "single", 10)
    known = reference.content["results"]["hrp_single_linkage"]["PyPortfolioOpt 1.6.0"]["quasi_diagonal_order"]
    assert [reference.symbols[place] for place in tree.order] == known


def test_symbols_are_taken_in_the_order_of_their_names():
    assert by_name(("CCC", "AAA", "BBB")) == [1, 2, 0]
