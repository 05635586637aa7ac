"""Riskfolio-Lib: HRP, risk parity and minimum variance in a loop; it has no walk-forward."""

import importlib.metadata
from typing import Any

import pandas as pd
import riskfolio
from job import loop, run


def hrp(returns: Any) -> Any:
    """Return the weights of single linkage, leaves as the tree has them."""
    portfolio = riskfolio.HCPortfolio(returns=returns)
    found = portfolio.optimization(model="HRP", codependence="pearson", rm="MV", linkage="single", leaf_order=False)
    return found["weights"].to_numpy()


def risk_parity(returns: Any) -> Any:
    """Return weights of equal risk contribution."""
    portfolio = riskfolio.Portfolio(returns=returns)
    portfolio.assets_stats(method_mu="hist", method_cov="hist")
    return portfolio.rp_optimization(model="Classic", rm="MV", hist=True)["weights"].to_numpy()


def min_variance(returns: Any) -> Any:
    """Return long-only weights of least variance."""
    portfolio = riskfolio.Portfolio(returns=returns)
    portfolio.assets_stats(method_mu="hist", method_cov="hist")
    return portfolio.optimization(model="Classic", rm="MV", obj="MinRisk", hist=True)["weights"].to_numpy()


def frame(returns: Any) -> Any:
    """Return the table that it takes."""
    return pd.DataFrame(returns, columns=[f"S{place:03d}" for place in range(returns.shape[1])])


WAYS = {"hrp": hrp, "risk_parity": risk_parity, "min_variance": min_variance}
run(
    importlib.metadata.version("riskfolio-lib"),
    {name: {"one call": WAYS[name]} for name in ("hrp", "risk_parity")},
    {name: {"a loop": loop(way)} for name, way in WAYS.items()},
    frame,
)
