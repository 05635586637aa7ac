"""Limits beside positions that cannot be traded: what those use up, and what is left to the other weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from logos.portfolio.constraints.conflicts import relaxed
from logos.portfolio.constraints.keeping import TOLERANCE
from logos.portfolio.constraints.limits import Bound, Group, Limits
from logos.portfolio.constraints.rules import bounds_of, numbers_of
from logos.portfolio.errors import InfeasibleError

_ALLOCATED_ONLY = "constraints.min_weight"
"""It bounds symbols that are allocated to, which one that is not traded is not."""


def relaxed_beside(limits: Limits, count: int) -> tuple[Limits, tuple[str, ...]]:
    """Return limits of the first weights that these can keep, and whole sentences about what was given up.

    The other weights stay as they are held. They count toward the sum, gross exposure and groups, and not toward
    turnover. A limit that they break by themselves leaves the others nothing, and is named.

    Parameters
    ----------
    limits:
        Those of all weights together.
    count:
        How many of the symbols can be traded; they come first.

    Raises
    ------
    InfeasibleError
        See ``relaxed``.
    """
    if count == len(limits.symbols):
        return relaxed(limits)
    left = _left(limits, count)
    groups = [group for group in limits.groups if not any(place < count for place in group.members)]
    try:
        kept, given_up = relaxed(left)
    except InfeasibleError:
        # Not even shorts of the others bring these groups back.
        groups = list(limits.groups)
        kept, given_up = relaxed(attrs.evolve(left, groups=tuple(_with_nothing_less(left.groups))))
    return kept, (*_broken(limits, count, groups), *given_up)


def _left(limits: Limits, count: int) -> Limits:
    """Return what is left to the first weights where the others stay as they are held."""
    fixed = limits.held[count:]
    taken = float(fixed.sum())
    total = (limits.total[0] - taken, limits.total[1] - taken)
    gross = None if limits.gross is None else max(limits.gross - float(np.abs(fixed).sum()), 0.0)
    most = max(total[1], 0.0) if gross is None else gross
    return attrs.evolve(
        limits,
        symbols=limits.symbols[:count],
        lower=np.maximum(limits.lower[:count], -most),
        upper=np.minimum(limits.upper[:count], most),
        held=limits.held[:count],
        total=total,
        invest=limits.invest - taken,
        totals=tuple(attrs.evolve(one, lower=one.lower - taken, upper=one.upper - taken) for one in limits.totals),
        gross=gross,
        groups=tuple(_groups_left(limits, count)),
        bounds=tuple(_bounds_left(limits, count)),
        taken={
            **dict.fromkeys((one.name for one in limits.totals), taken),
            **{group.name: _held_in(limits, group, count) for group in limits.groups},
            "constraints.gross": 0.0 if gross is None or limits.gross is None else limits.gross - gross,
        },
    )


def _groups_left(limits: Limits, count: int) -> Iterator[Group]:
    for group in limits.groups:
        members = tuple(place for place in group.members if place < count)
        taken = _held_in(limits, group, count)
        if members:
            yield attrs.evolve(group, members=members, lower=group.lower - taken, upper=group.upper - taken)


def _bounds_left(limits: Limits, count: int) -> Iterator[Bound]:
    for bound in bounds_of(limits):
        members = bound.members if bound.members is None else tuple(one for one in bound.members if one < count)
        if members is None or members:
            yield attrs.evolve(bound, members=members)


def _with_nothing_less(groups: Sequence[Group]) -> Iterator[Group]:
    for group in groups:
        yield attrs.evolve(group, lower=min(group.lower, 0.0), upper=max(group.upper, 0.0))


def _held_in(limits: Limits, group: Group, count: int) -> float:
    return float(sum(limits.held[place] for place in group.members if place >= count))


def _broken(limits: Limits, count: int, groups: Sequence[Group]) -> Iterator[str]:
    """Yield what the weights that stay break by themselves, some groups among it."""
    numbers = numbers_of(limits)
    fixed = range(count, len(limits.symbols))
    found: dict[str, float] = {}
    for bound in bounds_of(limits):
        for place in fixed if bound.members is None else [one for one in bound.members if one >= count]:
            if bound.name != _ALLOCATED_ONLY and _outside(float(limits.held[place]), bound.lower, bound.upper):
                found.setdefault(bound.name, float(limits.held[place]))
    for group in groups:
        if _outside(share := _held_in(limits, group, count), group.lower, group.upper):
            found[group.name] = share
    gross = float(np.abs(limits.held[count:]).sum())
    if limits.gross is not None and _outside(gross, 0.0, limits.gross):
        found["constraints.gross"] = gross
    if found:
        told = (f"{name} {numbers[name]}" if name in numbers else name for name in found)
        names = ", ".join(f"{limit} ({share:.6g} is held)" for limit, share in zip(told, found.values(), strict=True))
        yield f"Cannot be kept while {', '.join(limits.symbols[count:])} cannot be traded: {names}."


def _outside(value: float, least: float, most: float) -> bool:
    return not least - TOLERANCE <= value <= most + TOLERANCE
