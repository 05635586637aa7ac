"""PyPortfolioOpt: HRP and minimum variance in a loop; it has no risk parity and no walk-forward."""

import importlib.metadata
from typing import Any

import pandas as pd
from job import loop, run
from pypfopt import EfficientFrontier, HRPOpt


def hrp(returns: Any) -> Any:
    """Return the weights of single linkage, the default."""
    return list(HRPOpt(returns).optimize().values())


def min_variance(returns: Any) -> Any:
    """Return long-only weights of least variance, for returns annualised as its own estimator does."""
    return list(EfficientFrontier(None, returns.cov() * 252).min_volatility().values())


def frame(returns: Any) -> Any:
    """Return the table that it takes."""
    return pd.DataFrame(returns, columns=[f"S{place:03d}" for place in range(returns.shape[1])])


run(
    importlib.metadata.version("pyportfolioopt"),
    {"hrp": {"HRPOpt": hrp}},
    {"hrp": {"HRPOpt, a loop": loop(hrp)}, "min_variance": {"EfficientFrontier, a loop": loop(min_variance)}},
    frame,
)
