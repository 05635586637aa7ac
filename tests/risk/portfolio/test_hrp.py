"""HRP: the published example, recorded numbers, a plain recursion beside it, and permutations."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.domain.errors import InputError
from logos.portfolio.methods.hrp import HierarchicalRiskParity, bisect

LINKAGES = ("single", "average", "complete", "ward")
DISTANCES = ("paper", "correlation")


def test_the_published_example_comes_out_to_every_printed_digit(weights_of, shared_data):
    example = json.loads((shared_data / "reference" / "hrp_paper_example.json").read_text())
    found = weights_of(HierarchicalRiskParity(), example["inputs"]["covariance"])
    assert [round(100 * weight, 2) for weight in found.tolist()] == example["published_percent"]["HRP"]


@pytest.mark.parametrize(
    ("linkage", "distance", "library"),
    [
        ("single", "paper", "own (numpy, scipy), distance of distances as in the paper"),
        ("single", "correlation", "Riskfolio-Lib 7.4.0"),
        *((linkage, "correlation", "PyPortfolioOpt 1.6.0") for linkage in LINKAGES),
    ],
)
def test_weights_are_the_recorded_ones(weights_of, reference, linkage, distance, library):
    method = HierarchicalRiskParity(linkage=linkage, distance=distance)
    found = weights_of(method, reference.sample, reference.symbols)
    assert np.abs(found - reference.weights(f"hrp_{linkage}_linkage", library)).max() < 1e-9


def plainly(matrix):
    """Return the weights of recursive bisection as its definition says, one stretch at a time."""
    weights = np.ones(len(matrix))

    def variance(part):
        block = matrix[np.ix_(part, part)]
        inner = 1 / np.diag(block)
        inner /= inner.sum()
        return inner @ block @ inner

    def halve(part):
        if len(part) > 1:
            left, right = part[: len(part) // 2], part[len(part) // 2 :]
            share = 1 - variance(left) / (variance(left) + variance(right))
            weights[left] *= share
            weights[right] *= 1 - share
            halve(left)
            halve(right)

    halve(list(range(len(matrix))))
    return weights


def test_bisection_is_that_of_the_definition(covariances):
    for matrix in covariances(6, 500):
        roots = np.sqrt(np.diag(matrix))
        found = bisect(matrix / np.outer(roots, roots), roots)
        assert np.abs(found - plainly(matrix)).max() < 1e-12


@pytest.mark.parametrize("linkage", LINKAGES)
@pytest.mark.parametrize("distance", DISTANCES)
def test_weights_are_positive_and_sum_as_asked(weights_of, covariances, linkage, distance):
    for matrix in covariances(7, 500):
        found = weights_of.allocation(HierarchicalRiskParity(linkage, distance), matrix, invest=0.95)
        assert (found.weights > 0).all()
        assert abs(found.weights.sum() - 0.95) < 1e-12
        assert found.solver == "clustering"


@given(st.integers(0, 10_000), st.sampled_from(LINKAGES), st.sampled_from(DISTANCES), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_a_permutation_of_the_assets_permutes_the_weights(weights_of, covariances, seed, linkage, distance, shuffler):
    matrix = next(covariances(seed, 1))
    symbols = tuple(f"S{place:03d}" for place in range(len(matrix)))
    places = list(range(len(matrix)))
    shuffler.shuffle(places)
    method = HierarchicalRiskParity(linkage, distance)
    straight = weights_of(method, matrix, symbols)
    other = weights_of(method, matrix[np.ix_(places, places)], tuple(symbols[place] for place in places))
    assert other.tolist() == straight[places].tolist()


def test_it_permutes_them_where_all_distances_tie_too(weights_of):
    matrix, symbols = np.full((6, 6), 0.3) + 0.7 * np.eye(6), ("A", "B", "C", "D", "E", "F")
    matrix *= np.outer(np.arange(1, 7), np.arange(1, 7))
    places = [3, 0, 5, 1, 4, 2]
    straight = weights_of(HierarchicalRiskParity(), matrix, symbols)
    other = weights_of(HierarchicalRiskParity(), matrix[np.ix_(places, places)], tuple(symbols[at] for at in places))
    assert other.tolist() == straight[places].tolist()
    assert len(set(straight.tolist())) == 6


def test_the_scale_of_the_covariance_does_not_matter(weights_of, covariances):
    for matrix in covariances(8, 200):
        straight = weights_of(HierarchicalRiskParity(), matrix)
        # A power of two leaves every digit as it is.
        assert weights_of(HierarchicalRiskParity(), matrix * 2.0**20).tolist() == straight.tolist()


def test_one_asset_has_everything_and_two_have_inverse_variances(weights_of):
    assert weights_of(HierarchicalRiskParity(), [[0.04]], invest=0.95).tolist() == [0.95]
    found = weights_of(HierarchicalRiskParity(), [[0.04, 0.01], [0.01, 0.01]])
    assert found.tolist() == pytest.approx([0.2, 0.8])


def test_assets_that_move_as_one_share_their_part(weights_of):
    found = weights_of(HierarchicalRiskParity(), [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert np.isfinite(found).all()
    assert found.sum() == pytest.approx(1.0)
    # A pair without any risk takes all of it from the third, and opposite assets do no harm.
    hedged = weights_of(HierarchicalRiskParity(), [[1.0, -1.0], [-1.0, 1.0]])
    assert hedged.tolist() == [0.5, 0.5]


def test_unknown_words_are_refused():
    with pytest.raises(InputError, match="linkage is 'median'"):
        HierarchicalRiskParity(linkage="median")
    with pytest.raises(InputError, match="distance is 'euclid'"):
        HierarchicalRiskParity(distance="euclid")
