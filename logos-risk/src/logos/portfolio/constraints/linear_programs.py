"""Linear programs over weights: whether any keep some limits, and how far one limit can be kept beside the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

import numpy as np

from logos.portfolio.arrays import Vector
from logos.portfolio.errors import PortfolioError

_TOLERANCE = 1e-10

_NODES = 200
"""How many branches a search for whole numbers looks at: an end that is the same on every machine, as no time is."""


_Row = tuple[Sequence[int], Sequence[float], float, float]
"""Places of columns, a factor for each, and the least and the greatest of their weighted sum."""


class Program:
    """A linear program that is put together row by row. Its first columns are the weights.

    Parameters
    ----------
    count:
        How many weights there are.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._least, self._most = [-inf] * count, [inf] * count
        self._rows: list[_Row] = []

    def column(self, least: float, most: float) -> int:
        """Add a column and return its place."""
        self._least.append(least)
        self._most.append(most)
        return len(self._least) - 1

    def tighten(self, places: Sequence[int], least: float, most: float) -> None:
        """Bound columns one by one, beside the bounds that they have."""
        for place in places:
            self._least[place] = max(self._least[place], least)
            self._most[place] = min(self._most[place], most)

    def row(self, places: Sequence[int], factors: Sequence[float], least: float, most: float) -> None:
        """Bound a weighted sum of columns."""
        self._rows.append((places, factors, least, most))

    def total(self, places: Sequence[int], least: float, most: float) -> None:
        """Bound a sum of columns."""
        self.row(places, [1.0] * len(places), least, most)

    def absolute(self, around: Vector) -> list[int]:
        """Add a column for each weight that is at least its distance from a value, and return their places."""
        places = []
        for weight, value in enumerate(around.tolist()):
            place = self.column(0.0, inf)
            self.row((place, weight), (1.0, -1.0), -value, inf)
            self.row((place, weight), (1.0, 1.0), value, inf)
            places.append(place)
        return places

    def minimised(self, costs: Mapping[int, float]) -> Vector | None:
        """Return the columns at the least cost, to a tolerance of 1e-10 a row; ``None`` where the rows contradict.

        Raises
        ------
        PortfolioError
            Where the solver comes to no result.
        """
        from scipy.optimize import linprog  # noqa: PLC0415 - slow to load, and needed only where limits conflict

        least, most = np.array(self._least), np.array(self._most)
        if not least.size:
            return least if all(row[2] <= 0 <= row[3] for row in self._rows) else None
        if bool((least > most + _TOLERANCE).any()):
            return None
        upper = [row for row in self._rows if row[3] < inf]
        lower = [row for row in self._rows if row[2] > -inf]
        found = linprog(
            self._cost(costs),
            A_ub=self._matrix([*((1.0, row) for row in upper), *((-1.0, row) for row in lower)]),
            b_ub=[row[3] for row in upper] + [-row[2] for row in lower],
            bounds=np.column_stack([least, np.maximum(least, most)]),
            method="highs-ds",
            options={"primal_feasibility_tolerance": _TOLERANCE, "dual_feasibility_tolerance": _TOLERANCE},
        )
        if found.status not in (0, 2):
            raise PortfolioError(f"HiGHS could not decide whether any weights keep the constraints: {found.message}")
        return None if found.status == 2 else np.asarray(found.x, dtype=np.float64)

    def minimised_whole(self, costs: Mapping[int, float], whole: Sequence[int]) -> Vector | None:
        """Return the columns at the least cost, some of them whole numbers; ``None`` where none were found.

        The search ends after a number of branches, with the best that it has seen. Its tolerance of 1e-6 a row suits
        small numbers.
        """
        from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - slow to load, and seldom needed

        least, most = np.array(self._least), np.array(self._most)
        if bool((least > most).any()):
            return None
        integrality = np.zeros(least.size)
        integrality[list(whole)] = 1
        found = milp(
            self._cost(costs),
            integrality=integrality,
            bounds=Bounds(least, most),
            constraints=LinearConstraint(
                self._matrix([(1.0, row) for row in self._rows]),
                [row[2] for row in self._rows],
                [row[3] for row in self._rows],
            ),
            options={"mip_rel_gap": 0.0, "node_limit": _NODES},
        )
        return None if found.x is None else np.asarray(found.x, dtype=np.float64)

    def _cost(self, costs: Mapping[int, float]) -> Vector:
        cost = np.zeros(len(self._least))
        cost[list(costs)] = list(costs.values())
        return cost

    def _matrix(self, rows: Sequence[tuple[float, _Row]]) -> Any:
        """Return rows, each times a sign, as a sparse matrix."""
        from scipy.sparse import csr_array  # noqa: PLC0415 - slow to load, and needed only where limits conflict

        entries = [
            (number, place, sign * factor)
            for number, (sign, (places, factors, _, _)) in enumerate(rows)
            for place, factor in zip(places, factors, strict=True)
        ]
        numbers, places, factors = zip(*entries, strict=True) if entries else ((), (), ())
        return csr_array((factors, (numbers, places)), shape=(len(rows), len(self._least)))
