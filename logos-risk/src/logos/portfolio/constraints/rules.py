"""Every constraint behind some limits by its name in the config: what it adds to a linear program, and its number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import inf

import numpy as np

from logos.portfolio.arrays import Vector
from logos.portfolio.constraints.limits import Bound, Limits
from logos.portfolio.constraints.linear_programs import Program

Rule = Callable[[Program], None]


def program_of(limits: Limits, rules: Iterable[Rule]) -> Program:
    """Return a linear program of some rules."""
    program = Program(limits.lower.size)
    for rule in rules:
        rule(program)
    return program


def rules_of(limits: Limits) -> dict[str, Rule]:
    """Return every constraint by its name, in the order in which a conflict lists them."""
    everything = range(limits.lower.size)
    parts: dict[str, list[Rule]] = {}
    for bound in bounds_of(limits):
        places = everything if bound.members is None else bound.members
        parts.setdefault(bound.name, []).append(_each(places, bound))
    for total in _totals_of(limits):
        parts.setdefault(total.name, []).append(_sum(everything, total.lower, total.upper))
    for group in limits.groups:
        parts.setdefault(group.name, []).append(_sum(group.members, group.lower, group.upper))
    for name, around, most in (
        ("constraints.gross", np.zeros(limits.lower.size), limits.gross),
        ("constraints.turnover", limits.held, limits.turnover),
    ):
        if most is not None:
            parts.setdefault(name, []).append(_distance(around, most))
    return {name: _all(rules) for name, rules in parts.items()}


def _each(places: Sequence[int], bound: Bound) -> Rule:
    return lambda program: program.tighten(places, bound.lower, bound.upper)


def _sum(places: Sequence[int], least: float, most: float) -> Rule:
    return lambda program: program.total(places, least, most)


def _distance(around: Vector, most: float) -> Rule:
    return lambda program: program.total(program.absolute(around), -inf, most)


def _all(rules: Sequence[Rule]) -> Rule:
    def applied(program: Program) -> None:
        for rule in rules:
            rule(program)

    return applied


def numbers_of(limits: Limits) -> dict[str, str]:
    """Return what the config says at each name, where it is a number."""
    found: dict[str, float] = {}
    ends = [(one.name, one.lower, one.upper) for one in (*bounds_of(limits), *_totals_of(limits))]
    for name, lower, upper in (*ends, *((group.name, group.lower, group.upper) for group in limits.groups)):
        found.setdefault(name, upper if upper < inf else lower)
    if limits.gross is not None:
        found["constraints.gross"] = limits.gross
    if limits.turnover is not None:
        found["constraints.turnover"] = limits.turnover + limits.elsewhere
    found.pop("constraints.long_only", None)
    taken = limits.taken
    texts = {name: f"{value + taken.get(name, 0.0):.6g}" for name, value in found.items()}
    for name in texts:
        if taken.get(name):
            texts[name] += f" (of which {taken[name]:.6g} is held and cannot be traded)"
    for one in bounds_of(limits):
        if one.told:
            texts[one.name] = f"{one.told} ({texts[one.name]} of equity)"
    return texts


def bounds_of(limits: Limits) -> tuple[Bound, ...]:
    """Return where the bounds of single weights come from."""
    if limits.bounds:
        return limits.bounds
    return tuple(
        Bound(name=f"constraints.weights.{symbol}.{key}", members=(place,), lower=lower, upper=upper)
        for place, symbol in enumerate(limits.symbols)
        for key, lower, upper in (
            ("min", float(limits.lower[place]), inf),
            ("max", -inf, float(limits.upper[place])),
        )
    )


def _totals_of(limits: Limits) -> tuple[Bound, ...]:
    least, most = limits.total
    if limits.totals:
        return limits.totals
    if least == most:
        return (Bound(name="invest", lower=least, upper=most),)
    return (Bound(name="constraints.net.min", lower=least), Bound(name="constraints.net.max", upper=most))
