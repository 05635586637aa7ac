"""A method over history: weights from the past alone, held until the next rebalance, and what they then returned."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.constraints.keeping import TOLERANCE, violation
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.constraints.projection import nearest_of_sum
from logos.portfolio.errors import PortfolioError
from logos.portfolio.records import Method, Window
from logos.portfolio.risk_models.model import RiskModel


@attrs.frozen(kw_only=True, eq=False)
class WalkForward:
    """What a method did over history, before any cost.

    Attributes
    ----------
    symbols:
        N names; the columns of ``weights`` and ``held``.
    rebalances:
        R rows of the window, ascending: each is the first that its weights are held over.
    weights:
        Shape (R, N): the weights of each rebalance.
    held:
        Shape (R, N): the weights just before it, as prices moved them; zero before the first.
    returns:
        Shape (T - first rebalance,): the portfolio's simple return of each row from the first rebalance on.
    """

    symbols: tuple[str, ...]
    rebalances: tuple[int, ...]
    weights: Matrix
    held: Matrix
    returns: Vector

    @property
    def turnover(self) -> Vector:
        """Shape (R,): what each rebalance bought and sold together, as a share of equity."""
        traded: Vector = np.abs(self.weights - self.held).sum(axis=1)
        return traded


def walk_forward(
    window: Window,
    *,
    method: Method,
    risk_model: RiskModel,
    rebalances: Sequence[int],
    lookback: int,
    limits: Limits | None = None,
) -> WalkForward:
    """Return what a method's weights earn when each is found from the rows before it and held from there on.

    The estimate of a rebalance at row t is handed the rows t - lookback to t - 1: nothing at or after t can reach it.
    Between rebalances nothing is traded: weights drift with prices, what is not invested earns nothing, and a missing
    return counts as none.

    Parameters
    ----------
    window:
        Returns of T periods. Every symbol takes part in every rebalance.
    rebalances:
        Rows, ascending, from ``lookback`` to T; one at T gives the weights for what comes next.
    lookback:
        Rows of each estimate.
    limits:
        What the weights keep, with ``held`` as the weights then are. Where a method does not keep them by itself, the
        nearest weights that do are taken, as an allocator does. Turnover does not bind while nothing is held. Without
        limits a method is told long-only and fully invested, and its weights are taken as they are.

    Raises
    ------
    InfeasibleError
        Where no weights keep the limits at a rebalance: unlike an allocator it gives up nothing.
    PortfolioError
        For rebalances out of order or range, and where short positions lose the whole portfolio.
    """
    rows = _checked(window, rebalances, lookback)
    told = limits or _long_only(window.symbols)
    moves = np.nan_to_num(window.returns)
    weights, held = np.empty((2, len(rows), len(window.symbols)))
    before, earned = np.zeros(len(window.symbols)), []
    for place, (row, after) in enumerate(zip(rows, (*rows[1:], len(window.returns)), strict=True)):
        past = attrs.evolve(window, returns=window.returns[row - lookback : row])
        allowed = attrs.evolve(told, held=before, turnover=told.turnover if before.any() else None)
        held[place] = before
        found = method.allocate(past, risk_model.estimate(past), allowed).weights
        weights[place] = found if limits is None else _kept(found, allowed)
        returns, before = hold(weights[place], moves[row:after])
        earned.append(returns)
    return WalkForward(
        symbols=window.symbols, rebalances=rows, weights=weights, held=held, returns=np.concatenate(earned)
    )


def hold(weights: Vector, returns: Matrix) -> tuple[Vector, Vector]:
    """Return what weights earn in each period while nothing is traded, and what they have become at the end.

    Parameters
    ----------
    weights:
        Shape (N,): shares of equity; what is missing to one is cash.
    returns:
        Shape (L, N): simple returns, none missing.

    Raises
    ------
    PortfolioError
        Where nothing is left of the portfolio.
    """
    positions = weights * np.cumprod(1.0 + returns, axis=0)
    equity = np.concatenate([[1.0], 1.0 - weights.sum() + positions.sum(axis=1)])
    if equity.min() <= 0:
        raise PortfolioError(
            f"Nothing is left of the portfolio {int(np.argmax(equity <= 0))} periods after a rebalance",
            hint="Lower the gross exposure, or rebalance more often",
        )
    ends = positions[-1] / equity[-1] if len(returns) else weights
    return equity[1:] / equity[:-1] - 1.0, ends


def _kept(weights: Vector, limits: Limits) -> Vector:
    """Return weights that keep their limits; those of a method that keeps them by itself stay as they are."""
    return weights if violation(weights, limits) <= TOLERANCE else nearest_of_sum(weights, limits)


def _checked(window: Window, rebalances: Sequence[int], lookback: int) -> tuple[int, ...]:
    rows = tuple(int(row) for row in rebalances)
    periods = len(window.returns)
    if not rows or list(rows) != sorted(set(rows)) or rows[0] < lookback or rows[-1] > periods:
        raise PortfolioError(
            f"The rebalances must be rows from {lookback} (the lookback) to {periods}, ascending, at least one",
            hint="Give more history, or take a shorter lookback",
        )
    return rows


def _long_only(symbols: tuple[str, ...]) -> Limits:
    count = len(symbols)
    return Limits(symbols=symbols, lower=np.zeros(count), upper=np.ones(count), total=(1.0, 1.0), held=np.zeros(count))
