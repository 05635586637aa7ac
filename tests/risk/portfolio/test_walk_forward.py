"""Walk-forward: no look-ahead, weights that drift with prices, and returns by hand."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.portfolio.constraints.limits import Limits
from logos.portfolio.constraints.projection import nearest
from logos.portfolio.errors import InfeasibleError, PortfolioError
from logos.portfolio.methods.herc import HierarchicalEqualRiskContribution
from logos.portfolio.methods.hrp import HierarchicalRiskParity
from logos.portfolio.methods.inverse_volatility import InverseVolatility
from logos.portfolio.methods.risk_parity import RiskParity
from logos.portfolio.records import Allocation, Estimate, Window
from logos.portfolio.walk_forward import hold, walk_forward

SYMBOLS = ("AAA", "BBB", "CCC")


class Sample:
    """The sample covariance."""

    def estimate(self, window):
        return Estimate(
            symbols=window.symbols,
            mean=window.returns.mean(axis=0),
            covariance=np.cov(window.returns.T),
            observations=len(window.returns),
        )


class Unit:
    """Every covariance is the unit matrix."""

    def estimate(self, window):
        count = len(window.symbols)
        return Estimate(symbols=window.symbols, mean=np.zeros(count), covariance=np.eye(count), observations=1)


@attrs.define
class Fixed:
    """Gives the same weights each time, and keeps what it was given."""

    weights: list[float]
    seen: list[tuple[Window, Limits]] = attrs.field(factory=list)

    def allocate(self, window, estimate, limits):
        self.seen.append((window, limits))
        return Allocation(weights=np.array(self.weights), solver="closed form")


def window(rows=40, seed=11):
    generator = np.random.default_rng(seed)  # noqa: TID251 - seeded examples
    returns = generator.normal(0, [0.01, 0.02, 0.03], (rows, 3))
    return Window(symbols=SYMBOLS, returns=returns, periods_per_year=252.0)


METHODS = [InverseVolatility(), RiskParity(), HierarchicalRiskParity(), HierarchicalEqualRiskContribution()]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: type(method).__name__)
@given(st.integers(20, 40), st.integers(0, 39), st.floats(-0.5, 0.5))
@settings(max_examples=30)
def test_what_comes_at_or_after_a_rebalance_never_changes_its_weights(method, row, changed, value):
    straight, returns = window(), window().returns.copy()
    returns[changed] = value
    given_ = {"method": method, "risk_model": Sample(), "rebalances": [row], "lookback": 20}
    before = walk_forward(straight, **given_).weights
    after = walk_forward(attrs.evolve(straight, returns=returns), **given_).weights
    if changed >= row or changed < row - 20:
        assert after.tolist() == before.tolist()
    elif abs(value) > 0.1:
        assert after.tolist() != before.tolist()


def test_each_rebalance_is_that_of_its_own_window(weights_of):
    data = window()
    found = walk_forward(data, method=RiskParity(), risk_model=Sample(), rebalances=[20, 25, 40], lookback=20)
    assert found.rebalances == (20, 25, 40)
    for place, row in enumerate(found.rebalances):
        alone = weights_of(RiskParity(), np.cov(data.returns[row - 20 : row].T), SYMBOLS)
        assert found.weights[place].tolist() == alone.tolist()
    assert found.returns.shape == (20,)


def test_returns_and_drift_are_those_by_hand():
    returns = np.array([[0.0, 0.0, 0.0], [0.1, 0.0, -0.1], [0.1, np.nan, 0.0], [0.0, 0.2, 0.0]])
    data = Window(symbols=SYMBOLS, returns=returns, periods_per_year=252.0)
    method = Fixed([0.5, 0.2, 0.2])
    found = walk_forward(data, method=method, risk_model=Unit(), rebalances=[1, 3], lookback=1)
    # A hundred: 50, 20, 20 and 10 in cash. Then 55, 20, 18: 103. Then 60.5, 20, 18: 108.5. Then anew, and 0.2 * 0.2.
    assert found.returns.tolist() == pytest.approx([0.03, 5.5 / 103, 0.04])
    assert found.held.tolist() == [[0, 0, 0], pytest.approx([60.5 / 108.5, 20 / 108.5, 18 / 108.5])]
    assert found.turnover.tolist() == pytest.approx([0.9, (60.5 - 54.25 + 21.7 - 20 + 21.7 - 18) / 108.5])
    assert [len(seen.returns) for seen, _ in method.seen] == [1, 1]
    assert [limits.held.tolist() for _, limits in method.seen] == found.held.tolist()


def test_the_given_limits_are_kept_but_for_what_is_held():
    method = Fixed([0.9, 0.0, 0.0])
    limits = Limits(
        symbols=SYMBOLS, lower=np.zeros(3), upper=np.full(3, 0.4), total=(0.9, 0.9), held=np.ones(3), turnover=0.1
    )
    found = walk_forward(window(), method=method, risk_model=Sample(), rebalances=[20, 30], lookback=20, limits=limits)
    assert [seen.held.tolist() for _, seen in method.seen] == found.held.tolist()
    assert found.held[0].tolist() == [0, 0, 0]
    # Nothing is held yet, and turnover does not bind: the nearest weights to all in one symbol.
    assert [seen.turnover for _, seen in method.seen] == [None, 0.1]
    assert found.weights[0].tolist() == pytest.approx([0.4, 0.25, 0.25])
    assert found.turnover[1] <= 0.1 + 1e-8


@pytest.mark.parametrize("method", METHODS, ids=lambda method: type(method).__name__)
def test_methods_that_do_not_optimise_keep_the_limits_as_an_allocator_does(method):
    limits = Limits(symbols=SYMBOLS, lower=np.zeros(3), upper=np.full(3, 0.4), total=(1.0, 1.0), held=np.zeros(3))
    given_ = {"method": method, "risk_model": Sample(), "rebalances": [20, 30], "lookback": 20}
    free, kept = walk_forward(window(), **given_), walk_forward(window(), **given_, limits=limits)
    assert free.weights.max() > 0.5
    assert kept.weights.max() <= 0.4 + 1e-8
    assert kept.weights.sum(axis=1).tolist() == pytest.approx([1.0, 1.0])
    for before, after in zip(free.weights, kept.weights, strict=True):
        assert after.tolist() == pytest.approx(nearest(before, limits).tolist())


def test_limits_that_no_weights_can_keep_are_named():
    limits = Limits(symbols=SYMBOLS, lower=np.zeros(3), upper=np.full(3, 0.2), total=(1.0, 1.0), held=np.zeros(3))
    with pytest.raises(InfeasibleError, match="no weights can keep"):
        walk_forward(window(), method=RiskParity(), risk_model=Sample(), rebalances=[20], lookback=20, limits=limits)


def test_nothing_is_traded_over_no_periods():
    earned, ends = hold(np.array([0.3, 0.7]), np.empty((0, 2)))
    assert (earned.tolist(), ends.tolist()) == ([], [0.3, 0.7])


def test_a_short_position_may_cost_everything_and_that_is_told():
    with pytest.raises(PortfolioError, match="Nothing is left of the portfolio 2 periods after"):
        hold(np.array([-1.0]), np.array([[0.5], [0.5]]))


@pytest.mark.parametrize("rows", [[], [19], [41], [30, 25], [25, 25]])
def test_rebalances_that_have_no_past_or_no_order_are_refused(rows):
    with pytest.raises(PortfolioError, match="rows from 20"):
        walk_forward(window(), method=Fixed([1, 0, 0]), risk_model=Sample(), rebalances=rows, lookback=20)
