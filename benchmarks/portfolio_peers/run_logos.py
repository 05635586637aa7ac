"""Logos: its own methods on the sample covariance."""

import importlib.metadata
from typing import Any

import numpy as np
from job import LOOKBACK, Way, rebalances, run

from logos.portfolio.constraints.limits import Limits
from logos.portfolio.methods.hrp import HierarchicalRiskParity
from logos.portfolio.methods.inverse_volatility import InverseVolatility
from logos.portfolio.methods.mean_variance import MeanVariance
from logos.portfolio.methods.risk_parity import RiskParity
from logos.portfolio.records import Method, Window
from logos.portfolio.risk_models.config import RiskModelConfig
from logos.portfolio.risk_models.model import build_risk_model
from logos.portfolio.walk_forward import walk_forward

SAMPLE = build_risk_model(RiskModelConfig(model="sample"))
METHODS: dict[str, dict[str, Method]] = {
    "hrp": {
        "distance: paper": HierarchicalRiskParity(),
        "distance: correlation": HierarchicalRiskParity(distance="correlation"),
    },
    "risk_parity": {"newton": RiskParity()},
    "min_variance": {
        "clarabel": MeanVariance(objective="min_variance"),
        "heuristic": MeanVariance(objective="min_variance", solver="heuristic"),
    },
    "inverse_volatility": {"closed form": InverseVolatility()},
}


def window(returns: Any) -> Window:
    """Return the window that a method is given."""
    return Window(
        symbols=tuple(f"S{place:03d}" for place in range(returns.shape[1])), returns=returns, periods_per_year=252.0
    )


def allocation(method: Method) -> Way:
    """Return what estimates and weighs once."""

    def allocate(returns: Any) -> Any:
        given, zeros = window(returns), np.zeros(returns.shape[1])
        limits = Limits(symbols=given.symbols, lower=zeros, upper=zeros + 1, total=(1.0, 1.0), held=zeros)
        return method.allocate(given, SAMPLE.estimate(given), limits).weights

    return allocate


def walk(method: Method) -> Way:
    """Return what walks forward, the portfolio's returns included."""

    def go(returns: Any) -> Any:
        rows = rebalances(len(returns))
        found = walk_forward(window(returns), method=method, risk_model=SAMPLE, rebalances=rows, lookback=LOOKBACK)
        return found.weights

    return go


def main() -> None:
    """Run everything."""
    single = {name: METHODS[name] for name in ("hrp", "risk_parity")}
    run(
        importlib.metadata.version("logos-risk"),
        {name: {way: allocation(method) for way, method in ways.items()} for name, ways in single.items()},
        {name: {way: walk(method) for way, method in ways.items()} for name, ways in METHODS.items()},
        lambda returns: returns,
    )


main()
