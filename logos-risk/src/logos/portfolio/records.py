"""What goes through an allocation: a window of returns, an estimate of risk, and the weights that come out."""

from __future__ import annotations

from typing import Protocol

import attrs

from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.constraints.limits import Limits


@attrs.frozen(kw_only=True, eq=False)
class Window:
    """The returns that an estimate is made from.

    Attributes
    ----------
    symbols:
        N names; the columns of ``returns``.
    returns:
        Shape (T, N), oldest first: simple returns of one period each, NaN where a symbol has none.
    periods_per_year:
        How many such returns a year has: what annualises. Shape (N,) where that differs from symbol to symbol, as where
        one has no close in many periods and a return of it spans several.
    """

    symbols: tuple[str, ...]
    returns: Matrix
    periods_per_year: float | Vector


@attrs.frozen(kw_only=True, eq=False)
class Estimate:
    """What a risk model says of a window. All of it is annualised.

    Attributes
    ----------
    mean:
        Shape (N,): arithmetic mean return a year.
    covariance:
        Shape (N, N): covariance of returns a year; symmetric and positive definite.
    observations:
        How many periods it rests on.
    notes:
        Whole sentences about what was repaired or left out; mostly none.
    """

    symbols: tuple[str, ...]
    mean: Vector
    covariance: Matrix
    observations: int
    notes: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, eq=False)
class Allocation:
    """Weights, and how they were found.

    Attributes
    ----------
    weights:
        Shape (N,): signed shares of equity.
    solver:
        What found them, with its version where it is a library: ``closed form``, ``newton``, ``clarabel 0.11.1``,
        ``heuristic``.
    notes:
        Whole sentences about what was given up, such as a solver that is not installed; mostly none.
    """

    weights: Vector
    solver: str
    notes: tuple[str, ...] = ()


class Method(Protocol):
    """A way to turn risk into weights. Its weights sum to ``limits.aim`` where it knows no shorts.

    Equal input gives equal weights, bit by bit, and a permutation of the assets permutes the weights.
    """

    def allocate(self, window: Window, estimate: Estimate, limits: Limits) -> Allocation:
        """Return weights in the order of ``window.symbols``.

        A method that does not optimise may leave limits broken: the allocator then takes the nearest weights that
        keep them.
        """
