"""Return and risk of one account: growth, volatility, Sharpe, Sortino, drawdown, Calmar, tails.

Returns are simple, one a day, as fractions. A measure that the numbers do not define is ``None``, never 0, NaN or
infinite. The risk-free rate is 0 throughout. A series with a NaN or an infinite value is refused.
"""

from __future__ import annotations

import math
from decimal import Context, Decimal
from statistics import NormalDist

import numpy as np

from logos.domain.errors import InputError
from logos.metrics.series import (
    Numbers,
    deviations,
    exact_sum,
    finite,
    mean,
    moment,
    quantile,
    quotient,
    series_of,
    standard_deviation,
)

# The power is computed in decimals and rounded to a float at the end: the C library's own differs between machines.
_WIDE = Context(prec=40, Emax=999_999_999, Emin=-999_999_999, traps=[])


def total_return(returns: Numbers) -> float:
    """Return what the whole time made: the product of ``1 + r``, less 1.

    Source: Bacon 2008. 0 without a return.
    """
    factors: list[float] = (1.0 + series_of(returns, "returns")).tolist()
    return math.prod(factors) - 1.0


def cagr(growth: float, *, days: int, periods: int) -> float | None:
    """Return the compound annual growth rate, ``growth ** (periods / days) - 1``.

    Source: Bacon 2008, the geometric annual return; years are days with a value over days a year.

    Parameters
    ----------
    growth:
        Equity at the end over equity at the start. -1 is the answer at 0 or below: nothing is left.
    days:
        Number of daily returns. Without one there is no time, and no rate: ``None``.
    periods:
        Days a year.

    Raises
    ------
    InputError
        Where growth is NaN or infinite.
    """
    if not math.isfinite(growth):
        raise InputError(f"growth is {growth}, and must be a finite number", hint="Mend where the value comes from")
    if days < 1:
        return None
    if growth <= 0:
        return -1.0
    years_inverse = _WIDE.divide(Decimal(periods), Decimal(days))
    return finite(float(_WIDE.subtract(_WIDE.power(Decimal(growth), years_inverse), Decimal(1))))


def volatility(returns: Numbers, *, periods: int) -> float | None:
    """Return the annualised standard deviation, ``std(r, ddof=1) * sqrt(periods)``.

    Source: Bacon 2008. ``None`` for fewer than two returns; 0 where all are equal.
    """
    spread = standard_deviation(series_of(returns, "returns"))
    return None if spread is None else spread * math.sqrt(periods)


def sharpe(returns: Numbers, *, periods: int) -> float | None:
    """Return the annualised Sharpe ratio, ``mean(r) / std(r, ddof=1) * sqrt(periods)``.

    Source: Sharpe, *The Sharpe Ratio*, Journal of Portfolio Management 21(1), 1994. ``None`` for fewer than two
    returns, and where all are equal. With ``periods=1`` it is the ratio of one day, which the measures of
    :mod:`logos.metrics.overfitting` take.
    """
    column = series_of(returns, "returns")
    ratio = quotient(mean(column), standard_deviation(column))
    return None if ratio is None else ratio * math.sqrt(periods)


def downside_deviation(returns: Numbers, *, periods: int) -> float | None:
    """Return the annualised downside deviation against 0, ``sqrt(sum(min(r, 0)**2) / n) * sqrt(periods)``.

    Source: Sortino and van der Meer, *Downside Risk*, Journal of Portfolio Management 17(4), 1991; the days without a
    loss count in ``n``. ``None`` for fewer than two returns; 0 where no day lost.
    """
    column = series_of(returns, "returns")
    if column.size < 2:
        return None
    losses = np.minimum(column, 0.0)
    return math.sqrt(exact_sum(losses * losses) / column.size) * math.sqrt(periods)


def sortino(returns: Numbers, *, periods: int) -> float | None:
    """Return the Sortino ratio, ``mean(r) * periods`` over the annualised downside deviation.

    Source: Sortino and Price, *Performance Measurement in a Downside Risk Framework*, Journal of Investing 3(3), 1994.
    ``None`` for fewer than two returns, and where no day lost.
    """
    column = series_of(returns, "returns")
    average = mean(column)
    return quotient(None if average is None else average * periods, downside_deviation(column, periods=periods))


def calmar(growth_rate: float | None, drawdown: float) -> float | None:
    """Return the Calmar ratio: the compound annual growth rate over the deepest drawdown.

    Source: Young, *Calmar Ratio: A Smoother Tool*, Futures 20(1), 1991; over the whole time, not the last 36 months.
    ``None`` where there is no rate, or no drawdown.
    """
    return quotient(growth_rate, drawdown)


def skewness(returns: Numbers) -> float | None:
    """Return the skewness of the returns as a population, ``m3 / m2**1.5``; 0 for a normal distribution.

    Source: Joanes and Gill, *Comparing Measures of Sample Skewness and Kurtosis*, The Statistician 47(1), 1998, ``g1``.
    ``None`` for fewer than two returns, and where all are equal.
    """
    apart = deviations(series_of(returns, "returns"))
    if apart.size < 2:
        return None
    second = moment(apart, 2)
    return quotient(moment(apart, 3), second * math.sqrt(second))


def kurtosis(returns: Numbers) -> float | None:
    """Return the kurtosis of the returns as a population, ``m4 / m2**2``: 3, not 0, for a normal distribution.

    Source: Joanes and Gill 1998, ``g2 + 3``. ``None`` for fewer than two returns, and where all are equal.
    """
    apart = deviations(series_of(returns, "returns"))
    if apart.size < 2:
        return None
    second = moment(apart, 2)
    return quotient(moment(apart, 4), second * second)


def value_at_risk(returns: Numbers, *, confidence: float = 0.95) -> float | None:
    """Return the loss of a day that a share ``confidence`` of the days stay below; positive for a loss.

    The empirical quantile of the returns at ``1 - confidence``, linear between neighbours, with its sign turned.
    Source: Jorion, *Value at Risk*, 3rd ed. 2006 (historical simulation). ``None`` without a return.
    """
    bound = quantile(series_of(returns, "returns"), 1.0 - _share(confidence))
    return None if bound is None else 0.0 - bound


def normal_value_at_risk(returns: Numbers, *, confidence: float = 0.95) -> float | None:
    """Return the value at risk if returns were normal, ``-(mean + std * z)``, ``z`` the quantile at ``1 - confidence``.

    Source: Jorion 2006 (delta-normal). ``None`` for fewer than two returns.
    """
    column = series_of(returns, "returns")
    average, spread = mean(column), standard_deviation(column)
    if average is None or spread is None:
        return None
    return 0.0 - (average + spread * NormalDist().inv_cdf(1.0 - _share(confidence)))


def expected_shortfall(returns: Numbers, *, confidence: float = 0.95) -> float | None:
    """Return the mean loss of the days at least as bad as the empirical value at risk; positive for a loss.

    Source: Acerbi and Tasche, *On the Coherence of Expected Shortfall*, Journal of Banking and Finance 26(7), 2002.
    ``None`` without a return.
    """
    column = series_of(returns, "returns")
    bound = quantile(column, 1.0 - _share(confidence))
    average = None if bound is None else mean(column[column <= bound])
    return None if average is None else 0.0 - average


def normal_expected_shortfall(returns: Numbers, *, confidence: float = 0.95) -> float | None:
    """Return the expected shortfall if returns were normal, ``std * phi(z) / (1 - confidence) - mean``.

    ``z`` is the normal quantile at ``1 - confidence`` and ``phi`` the density. Source: McNeil, Frey and Embrechts,
    *Quantitative Risk Management*, 2005. ``None`` for fewer than two returns.
    """
    column = series_of(returns, "returns")
    average, spread = mean(column), standard_deviation(column)
    if average is None or spread is None:
        return None
    tail = 1.0 - _share(confidence)
    normal = NormalDist()
    return spread * normal.pdf(normal.inv_cdf(tail)) / tail - average


def tail_ratio(returns: Numbers) -> float | None:
    """Return how far the best days reach against the worst, ``abs(q95) / abs(q05)`` of the empirical quantiles.

    Source: the definition of the Python library empyrical. ``None`` without a return, and where the lower one is 0.
    """
    column = series_of(returns, "returns")
    high, low = quantile(column, 0.95), quantile(column, 0.05)
    return None if high is None or low is None else quotient(abs(high), abs(low))


def _share(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}, and must lie between 0 and 1", hint="Write 0.95 for 95 %")
    return confidence
