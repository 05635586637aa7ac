"""An account against a benchmark, day by day.

Both columns hold the simple returns of the same days. The risk-free rate is 0. An answer that the numbers do not
define is ``None``; columns of different lengths, NaN and infinite values are refused.
"""

from __future__ import annotations

import math

from logos.metrics.series import (
    Numbers,
    Series,
    deviations,
    exact_sum,
    mean,
    paired,
    quotient,
    standard_deviation,
)

_WHAT = "returns of account and benchmark"


def covariance(first: Series, second: Series) -> float | None:
    """Return the sample covariance, divided by ``n - 1``; ``None`` for fewer than two pairs."""
    if first.size < 2:
        return None
    return exact_sum(deviations(first) * deviations(second)) / (first.size - 1)


def beta(returns: Numbers, benchmark: Numbers) -> float | None:
    """Return how much of the benchmark's moves the account makes, ``cov(r, b) / var(b)``, both with ``ddof=1``.

    Source: Sharpe, *Capital Asset Prices*, Journal of Finance 19(3), 1964. ``None`` for fewer than two days, and where
    the benchmark has no variance.
    """
    account, market = paired(returns, benchmark, _WHAT)
    return quotient(covariance(account, market), covariance(market, market))


def alpha(returns: Numbers, benchmark: Numbers, *, periods: int) -> float | None:
    """Return the annualised return that beta does not explain, ``(mean(r) - beta * mean(b)) * periods``.

    Source: Jensen, *The Performance of Mutual Funds*, Journal of Finance 23(2), 1968; annualised by the sum, as the
    Sharpe ratio is, not compounded. ``None`` where beta is.
    """
    account, market = paired(returns, benchmark, _WHAT)
    slope, mine, theirs = beta(account, market), mean(account), mean(market)
    if slope is None or mine is None or theirs is None:
        return None
    return (mine - slope * theirs) * periods


def correlation(returns: Numbers, benchmark: Numbers) -> float | None:
    """Return the correlation of the two columns, ``cov(r, b) / (std(r) * std(b))``, between -1 and 1.

    Source: Pearson 1895. ``None`` for fewer than two days, and where one of them has no variance.
    """
    account, market = paired(returns, benchmark, _WHAT)
    mine, theirs = standard_deviation(account), standard_deviation(market)
    if mine is None or theirs is None:
        return None
    together = quotient(covariance(account, market), mine * theirs)
    return None if together is None else max(-1.0, min(1.0, together))


def tracking_error(returns: Numbers, benchmark: Numbers, *, periods: int) -> float | None:
    """Return the annualised standard deviation of the daily differences, ``std(r - b, ddof=1) * sqrt(periods)``.

    Source: Grinold and Kahn, *Active Portfolio Management*, 2nd ed. 1999, chapter 5. ``None`` for fewer than two days.
    """
    account, market = paired(returns, benchmark, _WHAT)
    spread = standard_deviation(account - market)
    return None if spread is None else spread * math.sqrt(periods)


def information_ratio(returns: Numbers, benchmark: Numbers, *, periods: int) -> float | None:
    """Return the annualised mean of the daily differences over the tracking error.

    Source: Grinold and Kahn 1999, chapter 5. ``None`` for fewer than two days, and where all differences are equal.
    """
    account, market = paired(returns, benchmark, _WHAT)
    active = account - market
    ratio = quotient(mean(active), standard_deviation(active))
    return None if ratio is None else ratio * math.sqrt(periods)


def excess_return(growth: float, benchmark_growth: float) -> float:
    """Return how much more of the start the account made than the benchmark: the difference of the total returns.

    Source: Bacon 2008, the arithmetic excess return.
    """
    return growth - benchmark_growth
