"""The objectives of ``mean_variance`` and the keys that each needs. Imports nothing heavy: listing plugins reads it."""

from __future__ import annotations

from decimal import Decimal

from logos.domain.errors import InputError

MIN_VARIANCE, MAX_SHARPE, TARGET_VOLATILITY, UTILITY = "min_variance", "max_sharpe", "target_volatility", "utility"
OBJECTIVES = (MIN_VARIANCE, MAX_SHARPE, TARGET_VOLATILITY, UTILITY)


def require_target(objective: str, target: Decimal | float | None) -> None:
    """Refuse the objective ``target_volatility`` without a volatility a year.

    Raises
    ------
    InputError
        It is missing.
    """
    if objective == TARGET_VOLATILITY and target is None:
        raise InputError(
            "objective is target_volatility, and target_volatility is missing",
            hint='Add target_volatility: "0.10" for ten percent a year',
        )
