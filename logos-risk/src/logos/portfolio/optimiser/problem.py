"""Problems for an optimiser: what is to be least, and within which limits."""

from __future__ import annotations

import attrs
import numpy as np

from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.errors import PortfolioError


@attrs.frozen(kw_only=True, eq=False)
class Problem:
    """Minimise ``1/2 w'Qw + q'w + costs'|w - held|`` within limits.

    Attributes
    ----------
    quadratic:
        Q, shape (N, N): symmetric and positive definite, such as a covariance times a risk aversion.
    linear:
        q, shape (N,), such as expected returns with their sign turned.
    costs:
        Shape (N,): what trading costs, as a share of the traded value; 0 or more. ``None`` for nothing.
    """

    quadratic: Matrix
    linear: Vector
    limits: Limits
    costs: Vector | None = None

    def earned(self, weights: Vector) -> float:
        """Return ``-(q'w + costs'|w - held|)``: the expected return, less what trading costs."""
        costs = 0.0 if self.costs is None else float(self.costs @ np.abs(weights - self.limits.held))
        return -float(self.linear @ weights) - costs


@attrs.frozen(kw_only=True, eq=False)
class CappedRisk(Problem):
    """Minimise ``q'w + costs'|w - held|`` within limits, and with ``w'Qw`` no greater than ``volatility`` squared.

    Attributes
    ----------
    volatility:
        Above 0, in the units of the square root of ``quadratic``.
    """

    volatility: float


@attrs.frozen(kw_only=True, eq=False)
class BestRatio(Problem):
    """Maximise ``-(q'w + costs'|w - held|)`` over the square root of ``w'Qw``, within limits.

    The ratio is that of a return to its volatility. Some weights within the limits must have a return above 0. Where
    the limits leave the size of the position open, any size of the best direction is an answer.
    """


@attrs.frozen(kw_only=True, eq=False)
class Answer:
    """What a solver found, before it is held against the limits.

    Attributes
    ----------
    weights:
        Shape (N,).
    solver:
        Who found them, with the version where it is a library.
    notes:
        Whole sentences about what is not as it should be; mostly none.
    """

    weights: Vector
    solver: str
    notes: tuple[str, ...] = ()


class NoAnswerError(PortfolioError):
    """A solver that is not installed, failed, or stopped before it converged."""
