"""Constraints that contradict each other: which they are, and what is given up where an allocation must go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor, inf

import attrs
import numpy as np

from logos.portfolio.arrays import Vector
from logos.portfolio.constraints.keeping import violation
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.constraints.multipliers import settled
from logos.portfolio.constraints.rules import bounds_of, numbers_of, program_of, rules_of
from logos.portfolio.errors import InfeasibleError

_FEASIBLE = 1e-9
_STEP = 1e-8
"""What is given up is rounded to hundred-millionths and one more, so that the rest can be kept with room."""

REMEDY = "Loosen one of them: give up any one, and the others can be kept"


def feasible(limits: Limits) -> bool:
    """Return whether any weights keep all limits."""
    if limits.lower.size and bool((limits.lower <= limits.upper).all()):
        # What is held, or the weights nearest to it, mostly keeps them: quicker to find than by a linear program.
        start = limits.held
        if violation(start, limits) <= _FEASIBLE or violation(settled(start, limits), limits) <= _FEASIBLE:
            return True
    return program_of(limits, rules_of(limits).values()).minimised({}) is not None


def conflict(limits: Limits) -> tuple[str, ...]:
    """Return constraints, by their names in the config, that contradict each other; none where weights keep all.

    The set is irreducible: without any one of them, the others of the set can be kept. Where there are several such
    sets it is one of them, always the same.
    """
    if feasible(limits):
        return ()
    rules = rules_of(limits)

    def possible(names: Sequence[str]) -> bool:
        return program_of(limits, [rules[name] for name in names]).minimised({}) is not None

    found = _irreducible(possible, [], added=False, names=list(rules))
    return tuple(name for name in rules if name in found)


def refusal(limits: Limits) -> InfeasibleError:
    """Return the error that names the conflict of infeasible limits, with the numbers of the config."""
    names = conflict(limits)
    return InfeasibleError(f"no weights can keep {_listed(limits, names)}", conflict=names, hint=REMEDY)


def least_change(weights: Vector, limits: Limits) -> Vector | None:
    """Return weights that keep all limits with the least sum of absolute changes; ``None`` where there are none."""
    program = program_of(limits, rules_of(limits).values())
    found = program.minimised(dict.fromkeys(program.absolute(weights), 1.0))
    return None if found is None else found[: weights.size]


def nearest_total(limits: Limits, asked: float) -> tuple[float, float] | None:
    """Return bounds around the sum nearest to one asked for that weights can have; ``None`` where there are none."""
    program = program_of(limits, rules_of(limits).values())
    distance = program.column(0.0, inf)
    everything = range(limits.lower.size)
    program.row((*everything, distance), (*[1.0] * len(everything), 1.0), asked, inf)
    program.row((*everything, distance), (*[1.0] * len(everything), -1.0), -inf, asked)
    found = program.minimised({distance: 1.0})
    if found is None:
        return None
    total = float(found[: limits.lower.size].sum())
    return max(limits.total[0], total - _STEP), min(limits.total[1], total + _STEP)


def _irreducible(
    possible: Callable[[Sequence[str]], bool], base: list[str], *, added: bool, names: list[str]
) -> list[str]:
    """Return the names that make a base impossible, none in vain.

    This is QuickXplain: U. Junker, "Preferred explanations and relaxations for over-constrained problems", AAAI 2004.
    """
    if added and not possible(base):
        return []
    if len(names) == 1:
        return names
    first, second = names[: len(names) // 2], names[len(names) // 2 :]
    late = _irreducible(possible, base + first, added=True, names=second)
    early = _irreducible(possible, base + late, added=bool(late), names=first)
    return early + late


def relaxed(limits: Limits) -> tuple[Limits, tuple[str, ...]]:
    """Return limits that weights can keep, and what was given up: one note of whole sentences, none where nothing was.

    Three things are given up, in this order and each only as far as it must be:

    1. ``turnover`` is raised to the least that has to be traded.
    2. Minimum weights (and shorts that are prescribed) are all lowered by the same factor.
    3. The sum of the weights comes nearer to 0: more stays in cash.

    Long-only, gross exposure and all caps are never given up.

    Raises
    ------
    InfeasibleError
        Where the others contradict each other by themselves, as a group with a prescribed minimum can.
    """
    if feasible(limits):
        return limits, ()
    free = attrs.evolve(limits, turnover=None)
    bare = _scaled(free, 0.0)
    notes: list[str] = []
    names = conflict(limits)
    if not feasible(free):
        total = limits.total if feasible(bare) else _reachable(bare)
        if total is None:
            raise refusal(limits)
        free, told = _with_minimums(_with_total(free, total), _with_total(bare, total))
        notes += [*told, *_total_note(limits, total)]
    done, told = _with_turnover(limits, free)
    if len(names) > 1:
        told = (f"No weights can keep {_listed(limits, names)}.", *told)
    return done, (" ".join((*told, *notes)),)


def _with_turnover(limits: Limits, free: Limits) -> tuple[Limits, tuple[str, ...]]:
    """Put the turnover back, raised where it must be."""
    if limits.turnover is None:
        return free, ()
    kept = attrs.evolve(free, turnover=limits.turnover)
    if feasible(kept):
        return kept, ()
    program = program_of(free, rules_of(free).values())
    changes = program.absolute(free.held)
    found = program.minimised(dict.fromkeys(changes, 1.0))
    assert found is not None  # these limits were found to be feasible
    least = (ceil(float(found[changes].sum()) / _STEP) + 1) * _STEP
    note = (
        f"constraints.turnover {limits.turnover + limits.elsewhere:.6g} cannot be kept: "
        f"at least {least + limits.elsewhere:.6g} of equity must be traded, which is allowed this time."
    )
    return attrs.evolve(free, turnover=least), (note,)


def _with_minimums(asked: Limits, bare: Limits) -> tuple[Limits, tuple[str, ...]]:
    """Put the minimum weights back, lowered by one factor where they must be."""
    if feasible(asked):
        return asked, ()
    lower, upper = np.maximum(asked.lower, 0.0), np.minimum(asked.upper, 0.0)
    program = program_of(bare, rules_of(bare).values())
    share = program.column(0.0, 1.0)
    for place in np.flatnonzero((lower > 0) | (upper < 0)).tolist():
        program.row((place, share), (1.0, -float(lower[place])), 0.0 if lower[place] > 0 else -np.inf, np.inf)
        if upper[place] < 0:
            program.row((place, share), (1.0, -float(upper[place])), -np.inf, 0.0)
    found = program.minimised({share: -1.0})
    assert found is not None  # with a share of 0 it is the bare limits, which were found to be feasible
    factor = max(0.0, (floor(float(found[share]) / _STEP) - 1) * _STEP)
    note = f"The minimum weights cannot be kept: each is lowered to {factor:.6g} of itself this time."
    return _scaled(asked, factor), (note,)


def _reachable(bare: Limits) -> tuple[float, float] | None:
    """Return the total nearest to the one asked for that weights can reach; ``None`` where they reach none."""
    open_ended = attrs.evolve(bare, total=(-np.inf, np.inf), totals=())
    program = program_of(open_ended, rules_of(open_ended).values())
    sign = 1.0 if bare.total[0] > 0 else -1.0
    found = program.minimised(dict.fromkeys(range(bare.lower.size), -sign))
    if found is None:
        return None
    sum_of = abs(float(found[: bare.lower.size].sum()))
    total = sign * max(0.0, (floor(sum_of / _STEP) - 1) * _STEP)
    return total, total


def _total_note(limits: Limits, total: tuple[float, float]) -> tuple[str, ...]:
    if total == limits.total:
        return ()
    asked = limits.total[0] if limits.total[0] > 0 else limits.total[1]
    taken = limits.taken.get(limits.totals[0].name, 0.0) if limits.totals else 0.0
    asked, found = asked + taken, total[0] + taken
    return (f"A sum of {asked:.6g} of all weights cannot be reached: it is {found:.6g} this time, the rest cash.",)


def _with_total(limits: Limits, total: tuple[float, float]) -> Limits:
    return attrs.evolve(limits, total=total, totals=limits.totals if total == limits.total else ())


def _scaled(limits: Limits, factor: float) -> Limits:
    """Return the limits with every bound that prescribes a position times a factor."""
    low, high = limits.lower, limits.upper
    bounds = tuple(
        attrs.evolve(
            one,
            lower=one.lower * factor if one.lower > 0 else one.lower,
            upper=one.upper * factor if one.upper < 0 else one.upper,
        )
        for one in bounds_of(limits)
    )
    return attrs.evolve(
        limits,
        lower=np.where(low > 0, low * factor, low),
        upper=np.where(high < 0, high * factor, high),
        bounds=bounds,
    )


def _listed(limits: Limits, names: Sequence[str]) -> str:
    """Return names with their numbers, joined as in a sentence."""
    numbers = numbers_of(limits)
    texts = [f"{name} {numbers[name]}" if name in numbers else name for name in names]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]} together"
