"""What can go wrong in this package."""

from __future__ import annotations

from logos.domain.errors import LogosError


class PortfolioError(LogosError):
    """The base of this package's errors."""


class EstimationError(PortfolioError):
    """Returns from which no risk can be estimated."""


class InfeasibleError(PortfolioError):
    """Constraints that no weights can keep together.

    Attributes
    ----------
    conflict:
        The smallest set of constraints, by their names in the config, that contradict each other.
    """

    def __init__(self, message: str, *, conflict: tuple[str, ...], hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.conflict = conflict
