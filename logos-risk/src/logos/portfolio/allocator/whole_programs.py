"""The whole hundred-millionths next to some weights that keep the limits of a rebalance together."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, inf, isfinite

import attrs
import numpy as np

from logos.domain.money import RATIO_ONE
from logos.portfolio.arrays import Vector
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.constraints.linear_programs import Program

_NOISE = 1e-4
"""Units: by how much the floats of sums and limits are off at most."""

_GIVEN_SUM = 1e3
_ANY_LIMIT = 1e6
"""What a unit costs by which a given sum, or else every limit, gives way: more than all steps that avoid it."""

_FROM_NOTHING = 4.0
"""What a step costs of a weight that rounds to 0, beside 1 for every other: it is taken last."""


def nearest_units(weights: Vector, limits: Limits) -> Vector | None:
    """Return whole units near some weights that keep every limit to one unit, and a given sum to none.

    Of all such units they are those with the least sum of distances from the weights. ``None`` where there are none
    within as many units of each weight as there are weights.
    """
    return _UnitProgram.of(weights, limits).units(loose=False)


def closest_units(weights: Vector, limits: Limits) -> Vector | None:
    """Return whole units near some weights that break limits least where none keep them all.

    A given sum gives way first, by as few units as possible; then all limits do, by as few units as possible.
    """
    return _UnitProgram.of(weights, limits).units(loose=True)


@attrs.frozen(kw_only=True, eq=False)
class _UnitProgram:
    """Weights as whole units, to be counted in steps from those just below: small numbers, which HiGHS has exact.

    Symbols stand in the order of their names, so that a permutation of them permutes the answer.

    Attributes
    ----------
    order:
        The places of the symbols in that order.
    base:
        The whole units just below each weight.
    rest:
        What each weight has beyond them.
    """

    limits: Limits
    order: tuple[int, ...]
    base: Vector
    rest: Vector

    @classmethod
    def of(cls, weights: Vector, limits: Limits) -> _UnitProgram:
        order = tuple(sorted(range(len(limits.symbols)), key=lambda place: limits.symbols[place]))
        exact = weights[list(order)] * RATIO_ONE
        base = np.floor(exact)
        return cls(limits=limits, order=order, base=base, rest=exact - base)

    @property
    def reach(self) -> int:
        """How many steps a weight goes at most: the roundings of all others can come to as many."""
        return len(self.order)

    def units(self, *, loose: bool) -> Vector | None:
        program = Program(len(self.order))
        for place in range(len(self.order)):
            program.tighten((place,), *self._steps(place))
        slack = program.column(0.0, inf if loose else 0.0)
        astray = program.column(0.0, inf if loose else 0.0)
        self._add_sums(program, slack, astray)
        self._add_distances(program, slack)
        costs = {slack: _ANY_LIMIT, astray: _GIVEN_SUM}
        for place, column in enumerate(program.absolute(self.rest)):
            costs[column] = 1.0 if round(self.base[place] + self.rest[place]) else _FROM_NOTHING
        found = program.minimised_whole(costs, [*range(len(self.order)), slack, astray])
        if found is None:
            return None
        units = np.empty(len(self.order))
        units[list(self.order)] = self.base + np.rint(found[: len(self.order)])
        return units + 0.0

    def _steps(self, place: int) -> tuple[float, float]:
        """Return between which steps one weight keeps its bounds to a unit."""
        symbol, base = self.order[place], float(self.base[place])
        least, most = float(self.limits.lower[symbol]), float(self.limits.upper[symbol])
        return max(-self.reach, _at_least(least) - base), min(self.reach + 1, _at_most(most) - base)

    def _add_sums(self, program: Program, slack: int, astray: int) -> None:
        """Bound the sum of all weights, and those of groups."""
        everything = range(len(self.order))
        least, most = self.limits.total
        if least == most and isfinite(least):
            given = round(least * RATIO_ONE) - float(self.base.sum())
            ones = [1.0] * len(everything)
            program.row((*everything, slack, astray), (*ones, 1.0, 1.0), given, inf)
            program.row((*everything, slack, astray), (*ones, -1.0, -1.0), -inf, given)
        else:
            self._add_sum(program, slack, everything, least, most)
        named = {symbol: place for place, symbol in enumerate(self.order)}
        for group in self.limits.groups:
            places = sorted(named[member] for member in group.members)
            self._add_sum(program, slack, places, group.lower, group.upper)

    def _add_sum(self, program: Program, slack: int, places: Sequence[int], least: float, most: float) -> None:
        start, ones = float(self.base[list(places)].sum()), [1.0] * len(places)
        program.row((*places, slack), (*ones, 1.0), _at_least(least) - start, inf)
        program.row((*places, slack), (*ones, -1.0), -inf, _at_most(most) - start)

    def _add_distances(self, program: Program, slack: int) -> None:
        """Bound gross exposure and turnover."""
        held = self.limits.held[list(self.order)] * RATIO_ONE
        for around, most in ((np.zeros_like(held), self.limits.gross), (held, self.limits.turnover)):
            if most is not None:
                self._add_distance(program, slack, self.base - around, most)

    def _add_distance(self, program: Program, slack: int, start: Vector, most: float) -> None:
        """Bound the sum of the absolute values of the steps and where they start from."""
        places, factors = [slack], [-1.0]
        constant = 0.0
        for place, value in enumerate(start.tolist()):
            if abs(value) > self.reach + 1:  # no step changes the sign
                sign = 1.0 if value > 0 else -1.0
                places.append(place)
                factors.append(sign)
                constant += abs(value)
            else:
                column = program.column(0.0, inf)
                program.row((column, place), (1.0, -1.0), value, inf)
                program.row((column, place), (1.0, 1.0), -value, inf)
                places.append(column)
                factors.append(1.0)
        program.row(places, factors, -inf, most * RATIO_ONE + 1 + _NOISE - constant)


def _at_least(share: float) -> float:
    """Return the least whole units that keep a bound to one unit."""
    return ceil(share * RATIO_ONE - 1 - _NOISE) if isfinite(share) else share


def _at_most(share: float) -> float:
    """Return the greatest whole units that keep a bound to one unit."""
    return floor(share * RATIO_ONE + 1 + _NOISE) if isfinite(share) else share
