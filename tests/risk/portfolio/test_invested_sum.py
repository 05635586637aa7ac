"""What methods without shorts sum to: ``invest``, moved into the bounds of the sum, beside what cannot be traded."""

from decimal import Decimal

import attrs
import numpy as np
import pytest

from logos.portfolio.constraints.config import Bounds, ConstraintsConfig
from logos.portfolio.constraints.fixing import relaxed_beside
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.constraints.resolving import limits_of
from logos.portfolio.methods.herc import HierarchicalEqualRiskContribution
from logos.portfolio.methods.hrp import HierarchicalRiskParity
from logos.portfolio.methods.inverse_volatility import InverseVolatility
from logos.portfolio.methods.risk_parity import RiskParity
from logos.portfolio.records import Estimate, Window
from logos.testing.bars import instrument

SYMBOLS = ("AAA", "BBB", "CCC")
METHODS = [HierarchicalRiskParity(), HierarchicalEqualRiskContribution(), RiskParity(), InverseVolatility()]


def limits(*, held=(0.0, 0.0, 0.0), invest=0.95, **constraints):
    """Return the limits of three coins."""
    return limits_of(
        ConstraintsConfig(**constraints),
        symbols=SYMBOLS,
        instruments={symbol: instrument(symbol) for symbol in SYMBOLS},
        held=np.array(held),
        equity=1e5,
        invest=invest,
    )


def shorts(least, most, gross="1.5"):
    """Return constraints that allow shorts and bound the sum."""
    bounds = Bounds(min=None if least is None else Decimal(least), max=None if most is None else Decimal(most))
    return {"long_only": False, "gross": Decimal(gross), "net": bounds}


def weights(method, given):
    count = len(given.symbols)
    covariance = np.diag([0.01, 0.04, 0.09][:count]) + 0.001
    estimate = Estimate(symbols=given.symbols, mean=np.zeros(count), covariance=covariance, observations=9)
    window = Window(symbols=given.symbols, returns=np.zeros((2, count)), periods_per_year=252.0)
    return method.allocate(window, estimate, given).weights


@pytest.mark.parametrize("method", METHODS, ids=lambda method: type(method).__name__)
@pytest.mark.parametrize(
    ("constraints", "expected"),
    [
        ({}, 0.95),
        ({"net": Bounds(min=Decimal("0.2"), max=Decimal("0.4"))}, 0.4),
        (shorts("-1", None), 0.95),  # neither margin nor gross exposure is a reason to borrow
        (shorts("-1", "0.5"), 0.5),
        (shorts("1.2", "1.4"), 1.2),
    ],
)
def test_the_sum_is_what_is_to_be_invested_moved_into_net(method, constraints, expected):
    found = weights(method, limits(**constraints))
    assert found.sum() == pytest.approx(expected, abs=1e-12)
    assert found.min() > 0


@pytest.mark.parametrize("method", METHODS, ids=lambda method: type(method).__name__)
def test_what_cannot_be_traded_is_a_part_of_what_is_invested(method):
    left, _ = relaxed_beside(limits(held=(0.1, 0.1, 0.3), **shorts("-1", None)), 2)
    assert weights(method, left).sum() == pytest.approx(0.65)
    left, _ = relaxed_beside(limits(held=(0.1, 0.1, 1.2), **shorts("-1", None)), 2)
    assert weights(method, left).tolist() == [0, 0]  # more than all is invested already: it does not go short for it


def test_limits_that_say_nothing_of_what_to_invest_are_used_up():
    given = Limits(symbols=SYMBOLS, lower=np.zeros(3), upper=np.ones(3), total=(0.2, 0.8), held=np.zeros(3))
    assert given.aim == 0.8
    assert attrs.evolve(given, invest=0.5).aim == 0.5
    assert attrs.evolve(given, total=(-0.5, -0.2)).aim == 0
