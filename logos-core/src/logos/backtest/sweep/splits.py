"""Which parts of the bars trials run on: the whole, walk-forward splits, and the growing parts of halving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np

from logos.backtest.trial import Window
from logos.domain.columns import BarColumns
from logos.domain.errors import InputError
from logos.domain.times import SECONDS_A_DAY

if TYPE_CHECKING:
    import numpy.typing as npt

TRAIN_PARTS = 3
"""How many times longer a training window is than the test window behind it, where it rolls."""

ETA = 3
"""Halving keeps one of so many, on a part so many times longer."""

LEAST_SPLITS = 2
"""Fewer are no walk-forward."""

_LEAST_UNITS = 2
"""A window of fewer trading days has no spread, hence no Sharpe ratio."""

_LEAST_DAYS = 5
"""Halving judges nobody on fewer trading days, where there are that many."""


@attrs.frozen(kw_only=True)
class Split:
    """A training window and the window behind it; without walk-forward the whole, and no test.

    Attributes
    ----------
    number:
        From 1.
    """

    number: int
    train: Window
    test: Window | None = None


class Timeline:
    """The moments at which the bars may be cut: the beginnings of trading days, or where days are few, any bar.

    Parameters
    ----------
    bars:
        By symbol.
    window:
        The part that the config trades on.
    least:
        How many cuts are needed.
    """

    def __init__(self, bars: Mapping[str, BarColumns], window: Window, least: int) -> None:
        self.window = window
        stamps = np.unique(np.concatenate([_inside(columns.timestamp, window) for columns in bars.values()]))
        days = np.unique(stamps // SECONDS_A_DAY) * SECONDS_A_DAY
        self.by_day = len(days) >= least
        self.cuts: Sequence[int] = (days if self.by_day else stamps).tolist()

    def between(self, first: int, stop: int) -> Window:
        """Return the window of the units from ``first`` up to, not including, ``stop``."""
        return Window(
            start=self.window.start if first == 0 else self.cuts[first],
            end=self.window.end if stop >= len(self.cuts) else self.cuts[stop],
        )


def splits_of(bars: Mapping[str, BarColumns], window: Window, count: int, *, anchored: bool) -> tuple[Split, ...]:
    """Return the splits of a sweep.

    The bars are cut into ``count + 3`` parts of as many trading days each, at least two; of as many bars where there
    are too few days for two splits. Split *i* is tested on part ``i + 3``, and
    trained on the three parts before it, or where anchored, on all parts before it.

    Parameters
    ----------
    count:
        How many splits; 0 for one that is the whole.

    Raises
    ------
    InputError
        Where there are too few bars for so many.
    """
    if count == 0:
        return (Split(number=1, train=window),)
    parts = count + TRAIN_PARTS
    timeline = Timeline(bars, window, (LEAST_SPLITS + TRAIN_PARTS) * _LEAST_UNITS)
    units = len(timeline.cuts)
    if units < parts * _LEAST_UNITS:
        most = units // _LEAST_UNITS - TRAIN_PARTS
        unit = "trading days" if timeline.by_day else "bars"
        raise InputError(
            f"{units} {unit} cannot be cut into {parts} parts of at least {_LEAST_UNITS} for {count} walk-forward "
            "splits",
            hint=f"The most that fit: --walk-forward {most}"
            if most >= LEAST_SPLITS
            else "Take more bars: there are too few for any number of splits",
        )
    edges = [units * part // parts for part in range(parts + 1)]
    return tuple(
        Split(
            number=index + 1,
            train=timeline.between(0 if anchored else edges[index], edges[index + TRAIN_PARTS]),
            test=timeline.between(edges[index + TRAIN_PARTS], edges[index + TRAIN_PARTS + 1]),
        )
        for index in range(count)
    )


def rungs_of(bars: Mapping[str, BarColumns], train: Window, candidates: int) -> tuple[Window, ...]:
    """Return the windows of successive halving: growing parts of the training window, all from its start.

    Each is three times as long as the one before, and the last is the whole. There are as many as the number of
    candidates can be cut to a third, and no shorter ones than five trading days.

    References
    ----------
    Jamieson, Talwalkar: Non-stochastic Best Arm Identification and Hyperparameter Optimization. AISTATS 2016.
    """
    timeline = Timeline(bars, train, _LEAST_DAYS)
    units = len(timeline.cuts)
    steps = 0
    while ETA ** (steps + 1) <= candidates and units // ETA ** (steps + 1) >= _LEAST_DAYS:
        steps += 1
    return tuple(timeline.between(0, max(1, units // ETA ** (steps - step))) for step in range(steps + 1))


def _inside(stamps: npt.NDArray[np.int64], window: Window) -> npt.NDArray[np.int64]:
    first = 0 if window.start is None else int(np.searchsorted(stamps, window.start, side="left"))
    stop = len(stamps) if window.end is None else int(np.searchsorted(stamps, window.end, side="left"))
    return stamps[first:stop]
