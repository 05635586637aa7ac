"""Risk models: from a window of returns to the mean and covariance of a year."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import attrs
import numpy as np

from logos.portfolio.arrays import Matrix
from logos.portfolio.errors import EstimationError
from logos.portfolio.prices.returns import Flags, constant_columns
from logos.portfolio.records import Estimate, Window
from logos.portfolio.risk_models.config import (
    COMMON,
    CONSTANT_CORRELATION,
    EWMA,
    IDENTITY,
    LEDOIT_WOLF,
    SAMPLE,
    SINGLE_FACTOR,
    RiskModelConfig,
)
from logos.portfolio.risk_models.covariance import (
    ewma_covariance,
    is_complete,
    mean_returns,
    pairs_apart,
    require_two,
    sample_covariance,
)
from logos.portfolio.risk_models.repair import LEAST_EIGENVALUE, nearest_positive_definite
from logos.portfolio.risk_models.shrinkage import ledoit_wolf

_NAMED = 5

_TARGET_ALONE = {
    target: f"Ledoit-Wolf's intensity is 1: the covariance is that of the target {target} alone, with {what}. "
    "The returns are too few or too uneven to tell more."
    for target, what in {
        IDENTITY: "the same variance for every symbol and no correlations",
        CONSTANT_CORRELATION: "one correlation for every pair of symbols",
        SINGLE_FACTOR: "the correlations that one factor leaves",
    }.items()
}
"""What is to be said where nothing but the target of the shrinkage is left."""


class RiskModel(Protocol):
    """A way to estimate risk from returns."""

    def estimate(self, window: Window) -> Estimate:
        """Return the annual mean and covariance of a window's symbols, in their order.

        Mean and covariance of a year are those of a period times ``window.periods_per_year``: returns are taken as
        independent in time, and nothing is compounded. Where each symbol has periods P of its own, the covariance of
        two is multiplied by ``sqrt(P_i * P_j)``, so that variances are times ``P_i`` and correlations stay.

        Raises
        ------
        EstimationError
            Where the returns do not define them: no symbol, fewer than two usable returns, an infinite return, a
            symbol without two returns, or one whose returns are all equal (see ``returns.without_constant``).
        """


def build_risk_model(config: RiskModelConfig) -> RiskModel:
    """Return the risk model that a config describes.

    With ``missing: common`` it rests on the rows in which no return is missing; with ``pairwise`` on all rows.
    """
    return _Estimator(config, _covariances(config))


def _covariances(config: RiskModelConfig) -> Callable[[Matrix], tuple[Matrix, tuple[str, ...]]]:
    """Return what makes a covariance of a period of returns, with what is to be said of it."""
    halflife, target = float(config.halflife), config.target
    return {
        SAMPLE: lambda returns: (sample_covariance(returns), ()),
        EWMA: lambda returns: (ewma_covariance(returns, halflife), ()),
        LEDOIT_WOLF: lambda returns: _shrunk(returns, target),
    }[config.model]


def _shrunk(returns: Matrix, target: str) -> tuple[Matrix, tuple[str, ...]]:
    made = ledoit_wolf(returns, target=target)
    # The one correlation of a pair is the sample's: there is nothing to draw nearer.
    same = target == CONSTANT_CORRELATION and returns.shape[1] <= 2
    return made.covariance, (_TARGET_ALONE[target],) if made.intensity >= 1.0 and not same else ()


@attrs.frozen
class _Estimator:
    config: RiskModelConfig
    covariance_of: Callable[[Matrix], tuple[Matrix, tuple[str, ...]]]

    def estimate(self, window: Window) -> Estimate:
        returns, notes = _usable(window, self.config.missing)
        halflife = float(self.config.halflife) if self.config.mean == EWMA else None
        year = window.periods_per_year
        mean = mean_returns(returns, halflife) * year
        if isinstance(year, np.ndarray):
            # Before the covariance: Ledoit and Wolf's targets take means over symbols, of what has to be alike.
            returns, year = returns * np.sqrt(year), 1.0
        of_period, said = self.covariance_of(returns)
        covariance, notes = of_period * year, (*notes, *said)
        repaired = nearest_positive_definite(covariance)
        if repaired is not covariance:
            notes = (*notes, _repair_note(returns))
        return Estimate(symbols=window.symbols, mean=mean, covariance=repaired, observations=len(returns), notes=notes)


def _usable(window: Window, missing: str) -> tuple[Matrix, tuple[str, ...]]:
    """Return the rows that an estimate rests on, and what is to be said of them."""
    returns, notes = window.returns, tuple[str, ...]()
    if not window.symbols:
        raise EstimationError("no symbol has returns to estimate risk from", hint="Begin the bars earlier")
    if not is_complete(returns):
        _require_finite(window)
        if missing == COMMON:
            returns = returns[~np.isnan(returns).any(axis=1)]
        else:
            notes = _pair_notes(window)
    require_two(returns)
    _require_movement(window.symbols, returns)
    return returns, notes


def _require_finite(window: Window) -> None:
    infinite: Flags = np.logical_or.reduce(np.isinf(window.returns), axis=0)
    if infinite.any():
        raise EstimationError(
            f"there are infinite returns of {_named(window.symbols, infinite)}",
            hint="Check the prices: one of them is 0",
        )


def _require_movement(symbols: tuple[str, ...], returns: Matrix) -> None:
    still = constant_columns(returns)
    if still.any():
        raise EstimationError(
            f"{_named(symbols, still)} has not moved in {len(returns)} returns, and a risk of 0 cannot be used",
            hint="Leave it out of the portfolio, or take a longer lookback",
        )


def _pair_notes(window: Window) -> tuple[str, ...]:
    apart = pairs_apart(window.returns)
    if not apart:
        return ()
    first, second = (window.symbols[place] for place in apart[0])
    more = f" and {len(apart) - 1} more pairs" if len(apart) > 1 else ""
    return (f"{first} and {second}{more} have fewer than 2 returns in common: their covariance is taken as 0.",)


def _repair_note(returns: Matrix) -> str:
    count, size = returns.shape
    return (
        f"The covariance of {size} symbols from {count} returns was not positive definite: eigenvalues of its "
        f"correlations below {LEAST_EIGENVALUE:g} were raised, and the variances kept."
    )


def _named(symbols: tuple[str, ...], chosen: Flags) -> str:
    names = [symbol for symbol, flag in zip(symbols, chosen.tolist(), strict=True) if flag]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
