"""The plateau: how a trial stands among its neighbours, so that a lucky peak is not taken for a good place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from logos.backtest.sweep.candidates import Candidate
from logos.backtest.sweep.request import RANDOM, SweepRequest, rising

_REACH_OF_DRAWS = 0.1
"""Drawn trials lie apart: neighbours may be as far as this share of each parameter's values."""


@attrs.frozen(kw_only=True)
class Standing:
    """A trial among those whose values lie next to its own, itself included.

    Attributes
    ----------
    value:
        Its own objective.
    neighbours:
        How many others there are with an objective.
    mean, least:
        The mean of the objective over all of them, and the worst of them.
    members:
        The numbers of the trials, itself included, ascending.
    """

    trial: int
    value: float
    neighbours: int
    mean: float
    least: float
    members: tuple[int, ...]


@attrs.frozen(kw_only=True)
class Plateau:
    """What a sweep recommends, and what it does not.

    Attributes
    ----------
    standings:
        By trial; a trial without an objective has none.
    peak:
        The trial with the best objective; the first of equal ones. ``None`` where no trial has one.
    recommended:
        The trial whose neighbourhood is best on average; ``None`` where no trial has enough neighbours.
    excess:
        How far the peak lies above the mean of its neighbours, in the objective's units; ``None`` without neighbours.
    ranking:
        Every trial with enough neighbours, the best neighbourhood first.
    """

    standings: Mapping[int, Standing]
    peak: Standing | None
    recommended: Standing | None
    excess: float | None

    ranking: tuple[Standing, ...]


def plateau_of(request: SweepRequest, candidates: Sequence[Candidate], scores: Mapping[int, float]) -> Plateau:
    """Look at every trial's neighbours.

    Neighbours differ by at most one step in every numeric parameter and by nothing in all others. A trial is ranked
    where it has more than half as many neighbours as the best-placed one, so that a trial in a corner of the grid, or
    of refused combinations, does not win for want of company.

    Parameters
    ----------
    scores:
        The objective by trial; trials that are not there, refused or undefined, are nobody's neighbours.
    """
    known = [one for one in candidates if one.number in scores]
    values = np.asarray([rising(request.objective, scores[one.number]) for one in known])
    places = np.asarray([one.places for one in known], dtype=np.int64).reshape(len(known), len(request.axes))
    reach = np.asarray([_reach(request, index) for index in range(len(request.axes))], dtype=np.int64)
    standings = {}
    for index, one in enumerate(known):
        near = (np.abs(places - places[index]) <= reach).all(axis=1)
        around = values[near]
        members = tuple(known[place].number for place in np.flatnonzero(near).tolist())
        standings[one.number] = Standing(
            trial=one.number,
            value=scores[one.number],
            neighbours=len(members) - 1,
            mean=rising(request.objective, float(around.mean())),
            least=rising(request.objective, float(around.min())),
            members=members,
        )
    return _judged(request.objective, standings)


def _judged(objective: str, standings: Mapping[int, Standing]) -> Plateau:
    by_value = sorted(standings.values(), key=lambda one: (-rising(objective, one.value), one.trial))
    most = max((one.neighbours for one in by_value), default=0)
    enough = [one for one in by_value if one.neighbours and one.neighbours * 2 > most]
    ranking = sorted(enough, key=lambda one: (-rising(objective, one.mean), -rising(objective, one.least), one.trial))
    peak = by_value[0] if by_value else None
    return Plateau(
        standings=standings,
        peak=peak,
        recommended=ranking[0] if ranking else None,
        excess=_excess(objective, peak),
        ranking=tuple(ranking),
    )


def _excess(objective: str, peak: Standing | None) -> float | None:
    if peak is None or not peak.neighbours:
        return None
    others = (rising(objective, peak.mean) * (peak.neighbours + 1) - rising(objective, peak.value)) / peak.neighbours
    return rising(objective, peak.value) - others


def _reach(request: SweepRequest, index: int) -> int:
    axis = request.axes[index]
    if not axis.is_ordered:
        return 0
    return max(1, round(len(axis.values) * _REACH_OF_DRAWS)) if request.method == RANDOM else 1
