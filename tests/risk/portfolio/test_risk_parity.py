"""Risk parity: recorded numbers, equal contributions, budgets, and what happens where there is no answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.portfolio.errors import EstimationError, PortfolioError
from logos.portfolio.methods.risk_parity import RiskParity
from logos.portfolio.risk_models.contributions import risk_contributions

OWN = "coordinate descent (own, numpy)"


@pytest.mark.parametrize("covariance", ["sample", "ledoit_wolf"])
def test_weights_are_those_of_the_recorded_coordinate_descent(weights_of, reference, covariance):
    found = weights_of(RiskParity(), getattr(reference, covariance), reference.symbols)
    name = f"equal_risk_contribution_{covariance}"
    assert np.abs(found - reference.weights(name, OWN)).max() < 1e-8
    for library in ("skfolio 1.12.2", "Riskfolio-Lib 7.4.0"):
        assert np.abs(found - reference.weights(name, library)).max() < 1e-4


def test_contributions_are_equal_for_thousands_of_covariances(weights_of, covariances):
    for matrix in covariances(2, 3_000):
        found = weights_of.allocation(RiskParity(), matrix, invest=0.95)
        assert found.solver == "newton"
        assert abs(found.weights.sum() - 0.95) < 1e-12
        assert (found.weights > 0).all()
        assert np.abs(risk_contributions(found.weights, matrix) * len(matrix) - 1).max() < 1e-10


def test_contributions_are_the_budgets(weights_of, covariances):
    for matrix in covariances(3, 500):
        wanted = np.arange(1.0, len(matrix) + 1) ** 2
        method = RiskParity({f"S{place:03d}": budget for place, budget in enumerate(wanted)})
        found = risk_contributions(weights_of(method, matrix), matrix)
        assert np.abs(found / (wanted / wanted.sum()) - 1).max() < 1e-9


def test_symbols_without_a_budget_share_what_is_left():
    method = RiskParity({"AAA": 0.5, "GONE": 0.1})
    assert method.shares(("AAA", "BBB", "CCC")).tolist() == pytest.approx([5 / 9, 2 / 9, 2 / 9])
    assert method.shares(("AAA",)).tolist() == [1.0]
    assert RiskParity({"AAA": 3, "BBB": 1}).shares(("BBB", "AAA")).tolist() == [0.25, 0.75]


def test_budgets_that_leave_nothing_are_refused():
    with pytest.raises(PortfolioError, match="sum to 1, which leaves nothing for CCC"):
        RiskParity({"AAA": 0.5, "BBB": 0.5}).shares(("AAA", "BBB", "CCC"))
    tenths = {f"S{place}": 0.1 for place in range(10)}
    assert sum(tenths.values()) < 1  # by rounding alone
    with pytest.raises(PortfolioError, match="sum to 1, which leaves nothing for CCC"):
        RiskParity(tenths).shares((*tenths, "CCC"))


@pytest.mark.parametrize("budget", [0.0, -0.1, np.inf, np.nan])
def test_a_budget_that_is_none_is_refused(budget):
    with pytest.raises(PortfolioError, match="risk budget of BBB"):
        RiskParity({"AAA": 0.5, "BBB": budget})


def test_two_assets_of_any_correlation_have_inverse_volatilities(weights_of):
    for correlation in (-0.999, -0.5, 0.0, 0.5, 0.999, 1.0):
        shared = 0.2 * 0.1 * correlation
        found = weights_of(RiskParity(), [[0.04, shared], [shared, 0.01]])
        assert np.abs(found - [1 / 3, 2 / 3]).max() < 1e-9


def test_one_asset_has_everything(weights_of):
    assert weights_of(RiskParity(), [[0.04]], invest=0.95).tolist() == pytest.approx([0.95])


def test_two_equal_assets_beside_a_third_share_their_part(weights_of):
    matrix = np.array([[1.0, 1.0, 0.2], [1.0, 1.0, 0.2], [0.2, 0.2, 1.0]])
    found = weights_of(RiskParity(), matrix)
    assert found[0] == pytest.approx(found[1], rel=1e-12)
    assert np.abs(risk_contributions(found, matrix) - 1 / 3).max() < 1e-10


def test_no_weights_beat_a_covariance_without_risk(weights_of):
    with pytest.raises(EstimationError, match="Risk parity"):
        weights_of(RiskParity(), [[1.0, -1.0], [-1.0, 1.0]])


def test_a_matrix_that_is_no_covariance_is_refused(weights_of):
    # A third of each would have less than no risk.
    matrix = [[1.0, -0.9, -0.9], [-0.9, 1.0, -0.9], [-0.9, -0.9, 1.0]]
    with pytest.raises(EstimationError, match="not positive definite"):
        weights_of(RiskParity(), matrix)


def test_a_covariance_close_to_singular_gets_an_answer_to_a_millionth_and_a_note_where_digits_are_lost(weights_of):
    noted = 0
    generator = np.random.default_rng(4)  # noqa: TID251 - seeded examples
    for floor in (1e-3, 1e-5, 1e-7, 2e-8):  # the last is what the risk models repair to
        for _ in range(50):
            returns = generator.standard_normal((int(generator.integers(3, 15)), 20))
            matrix = np.corrcoef(returns.T) * (1 - floor) + np.eye(20) * floor
            found = weights_of.allocation(RiskParity(), matrix)
            error = np.abs(risk_contributions(found.weights, matrix) * 20 - 1).max()
            assert error < 1e-6
            assert found.notes or error < 1e-7
            noted += bool(found.notes)
    assert 0 < noted < 100


def test_a_covariance_that_rounding_leaves_no_digits_of_is_refused(weights_of):
    hedged = -1.0 + 1e-14
    with pytest.raises(EstimationError, match="did not converge"):
        weights_of(RiskParity(), [[1.0, hedged, 0.0], [hedged, 1.0, 1e-8], [0.0, 1e-8, 1.0]])


def test_five_hundred_assets_are_solved_to_the_same_digits(weights_of):
    generator = np.random.default_rng(5)  # noqa: TID251 - seeded examples
    factors = generator.standard_normal((500, 5))
    matrix = (factors @ factors.T + np.diag(generator.uniform(0.5, 2, 500))) * 1e-4
    found = weights_of(RiskParity(), matrix)
    assert np.abs(risk_contributions(found, matrix) * 500 - 1).max() < 1e-10


@given(st.integers(0, 10_000), st.floats(1e-6, 1e6), st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_neither_scale_nor_order_matters(weights_of, covariances, seed, scale, shuffler):
    matrix = next(covariances(seed, 1))
    places = list(range(len(matrix)))
    shuffler.shuffle(places)
    straight = weights_of(RiskParity(), matrix)
    other = weights_of(RiskParity(), matrix[np.ix_(places, places)] * scale)
    assert np.abs(other - straight[places]).max() < 1e-10
