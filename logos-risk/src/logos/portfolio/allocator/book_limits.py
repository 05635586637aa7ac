"""The limits of one rebalance as the session's book is to keep them: whole hundred-millionths of equity."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor, isfinite

from logos.domain.money import RATIO_ONE
from logos.portfolio.constraints.limits import Limits
from logos.session.rebalancing import BookLimit


def book_limits(limits: Limits) -> Iterator[BookLimit]:
    """Yield what a book has to keep: bounds of single weights, groups, gross exposure, and a range of the sum.

    A sum that is given is no limit of the book: how far it may stray is the position manager's affair. Nor is
    turnover, which trading less never breaks. A bound is rounded outward by one unit, so that weights that were
    rounded to whole units keep it.
    """
    for symbol, lower, upper in zip(limits.symbols, limits.lower.tolist(), limits.upper.tolist(), strict=True):
        yield _limit((symbol,), lower, upper)
    for group in limits.groups:
        yield _limit([limits.symbols[place] for place in group.members], group.lower, group.upper)
    if limits.total[0] < limits.total[1]:
        yield _limit(limits.symbols, *limits.total)
    if limits.gross is not None:
        most = ceil(limits.gross * RATIO_ONE) + 1
        yield BookLimit(symbols=frozenset(limits.symbols), most=most, absolute=True)


def _limit(symbols: tuple[str, ...] | list[str], lower: float, upper: float) -> BookLimit:
    return BookLimit(
        symbols=frozenset(symbols),
        least=floor(lower * RATIO_ONE) - 1 if isfinite(lower) else None,
        most=ceil(upper * RATIO_ONE) + 1 if isfinite(upper) else None,
    )
