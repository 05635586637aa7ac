"""How much of a Sharpe ratio is luck: of one record, and of the best of many trials.

All Sharpe ratios here are of one period (a day), not annualised: divide an annual one by the root of the periods a
year, and a variance of annual ones by the periods a year. Kurtosis is 3 for a normal distribution.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from logos.domain.errors import InputError
from logos.metrics.ratios import kurtosis, sharpe, skewness
from logos.metrics.series import Numbers, series_of, standard_deviation

_NORMAL = NormalDist()
_EULER_MASCHERONI = 0.5772156649015329


def probabilistic_sharpe_ratio(
    ratio: float,
    threshold: float,
    *,
    periods: int,
    skew: float = 0.0,
    kurt: float = 3.0,
) -> float | None:
    """Return the probability that the true Sharpe ratio lies above a threshold, given a record.

    ``Phi((SR - SR*) * sqrt(T - 1) / sqrt(1 - skew * SR + (kurt - 1) / 4 * SR**2))``

    Source: Bailey and Lopez de Prado, *The Sharpe Ratio Efficient Frontier*, Journal of Risk 15(2), 2012.

    Parameters
    ----------
    ratio, threshold:
        The ratio observed, and the one to exceed; of one period.
    periods:
        How many returns the record has. ``None`` is the answer below two.
    skew, kurt:
        Of the returns. ``None`` is the answer where they leave the variance of the estimate not above 0.
    """
    _finite(ratio=ratio, threshold=threshold, skew=skew, kurt=kurt)
    variance = _estimate_variance(ratio, skew, kurt)
    if periods < 2 or variance <= 0:
        return None
    return _NORMAL.cdf((ratio - threshold) * math.sqrt(periods - 1) / math.sqrt(variance))


def minimum_track_record(
    ratio: float,
    threshold: float,
    *,
    skew: float = 0.0,
    kurt: float = 3.0,
    confidence: float = 0.95,
) -> float | None:
    """Return how many returns a record needs before its ratio lies above the threshold with that confidence.

    ``1 + (1 - skew * SR + (kurt - 1) / 4 * SR**2) * (z / (SR - SR*))**2``, with ``z`` the normal quantile of the
    confidence.

    Source: Bailey and Lopez de Prado 2012. ``None`` where the ratio does not exceed the threshold, for then no record
    is long enough, and where the variance of the estimate is not above 0.

    Raises
    ------
    InputError
        Where the confidence lies outside 0.5 to 1, or a number is NaN or infinite.
    """
    _finite(ratio=ratio, threshold=threshold, skew=skew, kurt=kurt)
    if not 0.5 <= confidence < 1:
        raise InputError(f"confidence is {confidence}, and must be 0.5 or more and below 1", hint="Write 0.95 for 95 %")
    variance = _estimate_variance(ratio, skew, kurt)
    if ratio <= threshold or variance <= 0:
        return None
    root = _NORMAL.inv_cdf(confidence) / (ratio - threshold)
    return 1.0 + variance * root * root


def expected_maximum_sharpe(trials: int, variance: float) -> float:
    """Return the Sharpe ratio to expect of the best of so many trials where none has any skill.

    ``sqrt(V) * ((1 - g) * z(1 - 1 / N) + g * z(1 - 1 / (N * e)))``, with ``g`` the Euler-Mascheroni constant and ``z``
    the normal quantile.

    Source: Bailey and Lopez de Prado, *The Deflated Sharpe Ratio*, Journal of Portfolio Management 40(5), 2014.
    0 for one trial, which selects nothing, and where the trials do not differ.

    Parameters
    ----------
    trials:
        How many were really made, at least 1. The formula takes them as independent; trials that resemble one another
        count for fewer, so that the answer errs on the side of caution.
    variance:
        Of the trials' ratios of one period, not below 0.

    Raises
    ------
    InputError
        Where there is no trial, or the variance is negative, NaN or infinite.
    """
    _finite(variance=variance)
    if trials < 1 or variance < 0:
        raise InputError(
            f"there are {trials} trials with a variance of {variance}; at least 1 and not below 0 are possible",
            hint="Count every trial that was made, and pass the variance of their Sharpe ratios",
        )
    if trials == 1:
        return 0.0
    # The complements stay exact where the shares themselves would round to 1.
    first = -_NORMAL.inv_cdf(1.0 / trials)
    second = -_NORMAL.inv_cdf(1.0 / (trials * math.e))
    return math.sqrt(variance) * ((1.0 - _EULER_MASCHERONI) * first + _EULER_MASCHERONI * second)


def variance_of_ratios(ratios: Numbers) -> float:
    """Return the sample variance (``ddof=1``) of the trials' Sharpe ratios; 0 for fewer than two.

    Trials whose ratio is undefined are left out by the caller; they still count as trials.
    """
    spread = standard_deviation(series_of(ratios, "Sharpe ratios of the trials"))
    return 0.0 if spread is None else spread * spread


def deflated_sharpe_ratio(returns: Numbers, *, trials: int, variance: float) -> float | None:
    """Return the probability that the best of many trials has a true Sharpe ratio above what luck alone gives.

    :func:`probabilistic_sharpe_ratio` of the record against :func:`expected_maximum_sharpe`, with the skewness and
    kurtosis of its own returns. Above 0.95 the choice is unlikely to be luck.

    Source: Bailey and Lopez de Prado 2014. ``None`` where the record has no Sharpe ratio: fewer than two returns, or
    all of them equal.

    Parameters
    ----------
    returns:
        Of the chosen trial, one a day.
    trials, variance:
        As for :func:`expected_maximum_sharpe`.
    """
    threshold = expected_maximum_sharpe(trials, variance)
    column = series_of(returns, "returns")
    ratio, skew, kurt = sharpe(column, periods=1), skewness(column), kurtosis(column)
    if ratio is None or skew is None or kurt is None:
        return None
    return probabilistic_sharpe_ratio(ratio, threshold, periods=column.size, skew=skew, kurt=kurt)


def _estimate_variance(ratio: float, skew: float, kurt: float) -> float:
    return 1.0 - skew * ratio + (kurt - 1.0) / 4.0 * ratio * ratio


def _finite(**numbers: float) -> None:
    for name, value in numbers.items():
        if not math.isfinite(value):
            raise InputError(f"{name} is {value}, and must be a finite number", hint="Mend where the value comes from")
