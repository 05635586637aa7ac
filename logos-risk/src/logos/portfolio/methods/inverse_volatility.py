"""The method ``inverse_volatility``: each weight is proportional to one over its volatility."""

from __future__ import annotations

import attrs

from logos.portfolio.constraints.limits import Limits
from logos.portfolio.methods.scaling import volatilities
from logos.portfolio.records import Allocation, Estimate, Window


@attrs.frozen
class InverseVolatility:
    """Gives each asset the same volatility, and looks at no correlation.

    It is the portfolio of equal risk contributions where all pairs of assets are equally correlated.
    """

    def allocate(self, window: Window, estimate: Estimate, limits: Limits) -> Allocation:
        """Return weights in the order of ``window.symbols``, which sum to ``limits.aim``."""
        del window
        roots = volatilities(estimate)
        shares = roots.min() / roots
        return Allocation(weights=shares * (limits.aim / shares.sum()), solver="closed form")
