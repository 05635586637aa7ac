"""The objective over one or two parameters: what the heat map shows, before it is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from logos.backtest.sweep.candidates import Candidate
from logos.backtest.sweep.plateau import Plateau
from logos.backtest.sweep.request import SweepRequest, less_is_better
from logos.backtest.sweep.space import Axis

Place = tuple[int, int]
"""Row and column."""
Side = tuple[tuple[float, float], tuple[float, float]]
"""Two values across, and two down."""


@attrs.frozen(kw_only=True, eq=False)
class Surface:
    """A grid of values, with what stands out on it.

    Attributes
    ----------
    across, down:
        The parameters of columns and rows; ``down`` is ``None`` where one parameter varies only.
    values:
        A row for each value of ``down``; NaN where a combination was refused, not tried, or is not defined.
    peak, centre:
        Where the peak lies, and the recommended trial; ``None`` where it is not on this grid.
    plateau:
        The cells of the recommended trial's neighbourhood.
    fixed:
        What the other parameters are held at, as a sentence; empty where there are none.
    note:
        Which trial the others are held at, and where the peak lies where it is not to be seen; empty as above.
    """

    objective: str
    across: Axis
    down: Axis | None
    values: npt.NDArray[np.float64]
    peak: Place | None
    centre: Place | None
    plateau: tuple[Place, ...]
    fixed: str
    note: str

    @property
    def less_is_better(self) -> bool:
        """Whether the least value is the best."""
        return less_is_better(self.objective)

    @property
    def subtitle(self) -> tuple[str, ...]:
        """What is shown, a line or two."""
        names = [axis.name for axis in (self.down, self.across) if axis is not None]
        text = f"{self.objective} over {' and '.join(names)}" + (" (less is better)" if self.less_is_better else "")
        held = ": ".join(one for one in (self.fixed and f"with {self.fixed}", self.note) if one)
        return (text, held) if held else (text,)

    @property
    def empty(self) -> tuple[Place, ...]:
        """The cells that have no value."""
        return tuple((row, column) for row, column in np.argwhere(np.isnan(self.values)).tolist())


def surface_of(request: SweepRequest, candidates: Sequence[Candidate], plateau: Plateau) -> Surface | None:
    """Return what to draw; ``None`` where no trial has a value.

    Of more than two parameters the two that move the objective most are shown, the others held at the values of the
    recommended trial, or of the peak where none is recommended.
    """
    centre = plateau.recommended or plateau.peak
    if centre is None:
        return None
    by_number = {one.number: one for one in candidates}
    shown = _shown(request, candidates, plateau)
    held = by_number[centre.trial].places
    rest = [index for index in range(len(request.axes)) if index not in shown]
    across, down = shown[-1], shown[0] if len(shown) == 2 else None
    rows = 1 if down is None else len(request.axes[down].values)
    values = np.full((rows, len(request.axes[across].values)), np.nan)

    def place(number: int) -> Place | None:
        places = by_number[number].places
        if any(places[index] != held[index] for index in rest):
            return None
        return (0 if down is None else places[down]), places[across]

    for standing in plateau.standings.values():
        where = place(standing.trial)
        if where is not None:
            values[where] = standing.value
    members = plateau.recommended.members if plateau.recommended is not None else ()
    return Surface(
        objective=request.objective,
        across=request.axes[across],
        down=None if down is None else request.axes[down],
        values=values,
        peak=None if plateau.peak is None else place(plateau.peak.trial),
        centre=None if plateau.recommended is None else place(plateau.recommended.trial),
        plateau=tuple(where for one in members if (where := place(one)) is not None),
        fixed=_fixed(request, rest, held),
        note=_note(request, rest, plateau, by_number),
    )


def borders(cells: Sequence[Place]) -> list[Side]:
    """Return the outline of cells: every side of one whose other side lies outside. A cell's centre is its place."""
    inside, found = set(cells), []
    for row, column in cells:
        x, y = column - 0.5, row - 0.5
        sides = {
            (row - 1, column): ((x, x + 1), (y, y)),
            (row + 1, column): ((x, x + 1), (y + 1, y + 1)),
            (row, column - 1): ((x, x), (y, y + 1)),
            (row, column + 1): ((x + 1, x + 1), (y, y + 1)),
        }
        found += [side for neighbour, side in sides.items() if neighbour not in inside]
    return found


def label(value: object) -> str:
    """Return a value of a parameter as an axis shows it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(request: SweepRequest, candidates: Sequence[Candidate], plateau: Plateau) -> list[int]:
    """Return the one or two parameters to show, in the order of the request."""
    varied = [index for index, axis in enumerate(request.axes) if len(axis.values) > 1] or [0]
    if len(varied) <= 2:
        return varied
    known = [one for one in candidates if one.number in plateau.standings]
    values = np.asarray([plateau.standings[one.number].value for one in known])
    ranked = sorted(varied, key=lambda index: (-_influence([one.places[index] for one in known], values), index))
    return sorted(ranked[:2])


def _influence(places: Sequence[int], values: npt.NDArray[np.float64]) -> float:
    """Return the variance of the objective that one parameter explains by itself: that of its means, by share."""
    column = np.asarray(places)
    overall = float(values.mean())
    parts = [values[column == place] for place in np.unique(column)]
    return sum(len(part) * (float(part.mean()) - overall) ** 2 for part in parts) / len(values)


def _note(request: SweepRequest, rest: Sequence[int], plateau: Plateau, by_number: Mapping[int, Candidate]) -> str:
    """Say which trial the slice goes through, and that the peak lies outside of it, where it does."""
    if not any(len(request.axes[index].values) > 1 for index in rest):
        return ""
    if plateau.recommended is None or plateau.peak is None:
        return "the slice through the peak"
    through, peak = by_number[plateau.recommended.trial].places, by_number[plateau.peak.trial].places
    off = [index for index in rest if peak[index] != through[index]]
    text = "the slice through the recommended trial"
    return f"{text}; the peak lies outside, at {_fixed(request, off, peak)}" if off else text


def _fixed(request: SweepRequest, rest: Sequence[int], held: Sequence[int]) -> str:
    axes = [(request.axes[index], held[index]) for index in rest]
    return ", ".join(f"{axis.name} = {label(axis.values[place])}" for axis, place in axes)
