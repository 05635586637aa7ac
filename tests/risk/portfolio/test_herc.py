"""HERC: the weights of two libraries, the number of clusters, and what holds for every covariance.

The constants were computed with Riskfolio-Lib 7.4.0 (``HCPortfolio(returns).optimization(model="HERC", rm="MV",
linkage=..., k=...)``) and skfolio 1.12.2 (``HierarchicalEqualRiskContribution`` with the variance and
``HierarchicalClustering(max_clusters=..., linkage_method=...)``) on the ten stocks of the reference. The two agree to
every digit below wherever the number of clusters is given. They differ in how they find the number.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.portfolio.methods.clustering import distances, grow
from logos.portfolio.methods.herc import HierarchicalEqualRiskContribution, number_of_clusters

RECORDED = {
    ("ward", 2): "0.077102229819 0.082037034164 0.111505680723 0.134121577684 0.122899102457 "
    "0.096490598053 0.087509087919 0.146165930211 0.018183213071 0.123985545901",
    ("ward", 3): "0.042584213292 0.142339912958 0.193470047402 0.074076481116 0.213238419996 "
    "0.073934313278 0.048332008993 0.111997208980 0.031549128905 0.068478265080",
    ("ward", 4): "0.066763887591 0.071811813179 0.140201955219 0.116137729830 0.107580770995 "
    "0.115914837898 0.075775330010 0.175590165762 0.022862709848 0.107360799667",
    ("ward", 10): "0.004184424102 0.113257524717 0.077302686015 0.029232549769 0.169670299226 "
    "0.174273641321 0.004749215911 0.263993274048 0.012605736333 0.150730648558",
    ("single", 3): "0.027018217868 0.025217233053 0.034275553306 0.046998978048 0.037777759036 "
    "0.075869544723 0.030664996439 0.114928737130 0.005589308857 0.601659671538",
    ("average", 4): "0.021222667542 0.019808003475 0.026923266226 0.036917449211 0.029674230344 "
    "0.057221695975 0.024087192863 0.086680594682 0.243411465525 0.454053434158",
    ("complete", 6): "0.001669246902 0.004500877099 0.006117643938 0.004565559348 0.006742732247 "
    "0.039878558316 0.001894553170 0.060408855259 0.385819652344 0.488402321377",
}


@pytest.mark.parametrize(("linkage", "clusters"), RECORDED)
def test_weights_are_those_of_riskfolio_and_skfolio(weights_of, reference, linkage, clusters):
    method = HierarchicalEqualRiskContribution(linkage=linkage, clusters=clusters)
    found = weights_of(method, reference.sample, reference.symbols)
    wanted = np.array([float(word) for word in RECORDED[linkage, clusters].split()])
    assert np.abs(found - wanted).max() < 1e-9


def test_one_cluster_is_the_inverse_variance_portfolio(weights_of, reference):
    found = weights_of(HierarchicalEqualRiskContribution(clusters=1), reference.sample, reference.symbols)
    assert np.abs(found - reference.weights("inverse_variance", "formula")).max() < 1e-9


def test_two_clusters_are_weighted_by_their_variances_by_hand(weights_of):
    matrix = np.diag([1.0, 1.0, 2.0]) + np.array([[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]])
    found = weights_of(HierarchicalEqualRiskContribution(clusters=2), matrix)
    # The pair has a variance of 0.75 and the third one of 2: the pair gets 2 / 2.75.
    assert found.tolist() == pytest.approx([1 / 2.75, 1 / 2.75, 0.75 / 2.75])


def blocks(*sizes):
    """Return correlations of 0.8 within blocks and 0.1 between them."""
    names = np.repeat(np.arange(len(sizes)), sizes)
    matrix = np.where(names[:, None] == names, 0.8, 0.1)
    np.fill_diagonal(matrix, 1.0)
    return matrix


@pytest.mark.parametrize("sizes", [(8, 8), (7, 8, 9), (6, 7, 8, 9), (8, 8, 8, 8, 8, 8)])
@pytest.mark.parametrize("distance", ["paper", "correlation"])
def test_the_number_of_clusters_is_that_of_the_blocks(sizes, distance):
    apart = distances(blocks(*sizes), distance)
    assert number_of_clusters(grow(apart, "ward", sum(sizes)), apart, 10) == len(sizes)


def test_the_number_of_clusters_is_bounded():
    apart = distances(blocks(8, 8, 8, 8, 8, 8), "correlation")
    assert number_of_clusters(grow(apart, "ward", 48), apart, 4) <= 4
    for count in (2, 3, 4):
        apart = distances(blocks(count), "correlation")
        assert number_of_clusters(grow(apart, "ward", count), apart, 10) == 2


def test_there_are_no_more_clusters_than_the_square_root_of_the_number_of_assets():
    apart = distances(blocks(2, 2, 2, 2, 2, 2, 2, 1), "correlation")
    assert number_of_clusters(grow(apart, "ward", 15), apart, 10) <= 3
    apart = distances(blocks(2, 2, 2, 3), "correlation")
    assert number_of_clusters(grow(apart, "ward", 9), apart, 10) <= 3


def test_the_number_that_is_found_is_the_one_that_is_used(weights_of):
    matrix = blocks(6, 7, 8)
    found = weights_of(HierarchicalEqualRiskContribution(), matrix)
    assert found.tolist() == weights_of(HierarchicalEqualRiskContribution(clusters=3), matrix).tolist()


@pytest.mark.parametrize("linkage", ["single", "average", "complete", "ward"])
@pytest.mark.parametrize("clusters", [None, 1, 3, 100])
def test_weights_are_positive_and_sum_as_asked(weights_of, covariances, linkage, clusters):
    for matrix in covariances(9, 200):
        method = HierarchicalEqualRiskContribution(linkage=linkage, clusters=clusters)
        found = weights_of.allocation(method, matrix, invest=0.95)
        assert (found.weights > 0).all()
        assert abs(found.weights.sum() - 0.95) < 1e-12
        assert found.solver == "clustering"


@given(st.integers(0, 10_000), st.sampled_from(["paper", "correlation"]), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_a_permutation_of_the_assets_permutes_the_weights(weights_of, covariances, seed, distance, shuffler):
    matrix = next(covariances(seed, 1))
    symbols = tuple(f"S{place:03d}" for place in range(len(matrix)))
    places = list(range(len(matrix)))
    shuffler.shuffle(places)
    method = HierarchicalEqualRiskContribution(distance=distance)
    straight = weights_of(method, matrix, symbols)
    other = weights_of(method, matrix[np.ix_(places, places)], tuple(symbols[place] for place in places))
    assert other.tolist() == straight[places].tolist()


def test_the_scale_of_the_covariance_does_not_matter(weights_of, covariances):
    for matrix in covariances(10, 200):
        straight = weights_of(HierarchicalEqualRiskContribution(), matrix)
        assert weights_of(HierarchicalEqualRiskContribution(), matrix * 2.0**20).tolist() == straight.tolist()


def test_few_assets_and_equal_ones(weights_of):
    method = HierarchicalEqualRiskContribution()
    assert weights_of(method, [[0.04]], invest=0.95).tolist() == [0.95]
    assert weights_of(method, [[0.04, 0.01], [0.01, 0.01]]).tolist() == pytest.approx([0.2, 0.8])
    assert weights_of(method, [[1.0, 1.0], [1.0, 1.0]]).tolist() == pytest.approx([0.5, 0.5])
    assert weights_of(method, [[1.0, -1.0], [-1.0, 1.0]]).tolist() == pytest.approx([0.5, 0.5])
