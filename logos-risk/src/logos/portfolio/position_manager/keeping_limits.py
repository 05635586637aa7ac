"""Differences that were left alone and have to be traded after all, since the book would break a limit otherwise.

The targets of a rebalance keep all limits together. A book in which some of them were not traded need not: a position
that has grown above its cap stays there when selling it is not worth the cost.
"""

from __future__ import annotations

from collections.abc import Sequence

from logos.domain.money import RATIO_ONE
from logos.portfolio.position_manager.adjustment import BELOW_MIN_TRADE, Adjustment
from logos.session.rebalancing import BookLimit, Held


def within_limits(
    adjustments: Sequence[Adjustment], answers: Sequence[Held | None], limits: Sequence[BookLimit]
) -> list[Held | None]:
    """Return the answers with those released that keep the book from a limit, the greatest first.

    What is below ``min_trade`` stays untraded, and a limit that nothing else can keep stays broken.
    """
    found = list(answers)
    open_limits = list(limits)
    while open_limits:
        limit = open_limits[0]
        place = _next_to_trade(adjustments, found, limit)
        if place is None:
            open_limits.pop(0)
        else:
            found[place] = None
            open_limits = list(limits)  # what was traded may have broken another one
    return found


def _next_to_trade(adjustments: Sequence[Adjustment], answers: Sequence[Held | None], limit: BookLimit) -> int | None:
    """Return the greatest difference that brings the book nearer to a limit that it breaks."""
    total, equity = 0, 1
    for one, held in zip(adjustments, answers, strict=True):
        if one.symbol in limit.symbols:
            value = one.after if held is None else one.before
            total += abs(value) if limit.absolute else value
            equity = one.equity
    above = limit.most is not None and total * RATIO_ONE > limit.most * equity
    below = limit.least is not None and total * RATIO_ONE < limit.least * equity
    if not above and not below:
        return None
    eligible = [
        place
        for place, (one, held) in enumerate(zip(adjustments, answers, strict=True))
        if held is not None
        and held.code != BELOW_MIN_TRADE
        and one.symbol in limit.symbols
        and _moves(one, absolute=limit.absolute) * (1 if below else -1) > 0
    ]
    return max(eligible, key=lambda place: abs(_moves(adjustments[place], absolute=limit.absolute)), default=None)


def _moves(one: Adjustment, *, absolute: bool) -> int:
    return abs(one.after) - abs(one.before) if absolute else one.after - one.before
