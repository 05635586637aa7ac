"""The combinations of values that a sweep tries: all of them, or as many as are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import attrs

from logos.backtest.sweep.request import SweepRequest
from logos.backtest.sweep.space import Axis, Value
from logos.context.seed import Seed


@attrs.frozen
class Candidate:
    """One combination.

    Attributes
    ----------
    number:
        From 1, in the order of the grid: the last parameter moves first.
    places:
        Which value each axis has, counted from 0.
    """

    number: int
    places: tuple[int, ...]

    def values(self, axes: Sequence[Axis]) -> dict[str, Value]:
        """Return the values by their path in the resolved config."""
        return {axis.path: axis.values[place] for axis, place in zip(axes, self.places, strict=True)}


def candidates_of(request: SweepRequest, seed: Seed) -> tuple[Candidate, ...]:
    """Return the combinations that a sweep tries, in the order of the grid.

    Drawn ones depend on the seed and the number asked for alone, and none is drawn twice.
    """
    size = request.size
    if request.trials is None or request.trials >= size:
        chosen: Sequence[int] = range(size)
    else:
        chosen = sorted(_drawn(seed, size, request.trials))
    return tuple(
        Candidate(number, _places(index, [len(axis.values) for axis in request.axes]))
        for number, index in enumerate(chosen, start=1)
    )


def _drawn(seed: Seed, size: int, wanted: int) -> set[int]:
    """Draw so many different whole numbers below ``size``."""
    if wanted * 2 > size:  # what is left out is the smaller set to draw
        return set(range(size)) - _drawn(seed, size, size - wanted) if wanted < size else set(range(size))
    drawn: set[int] = set()
    for turn in count():
        if len(drawn) == wanted:
            break
        drawn.add(seed.number("sweep", turn) % size)
    return drawn


def _places(index: int, lengths: Sequence[int]) -> tuple[int, ...]:
    places = []
    for length in reversed(lengths):
        index, place = divmod(index, length)
        places.append(place)
    return tuple(reversed(places))
