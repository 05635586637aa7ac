"""What a sweep was asked to do."""

from __future__ import annotations

from typing import Any

import attrs

from logos.backtest.sweep.space import Axis
from logos.config.problems import nearest, shortened
from logos.domain.errors import InputError

GRID = "grid"
RANDOM = "random"
HALVING = "halving"
METHODS = (GRID, RANDOM, HALVING)
ENGINES = ("auto", "kernel", "jumping", "streaming")
MOST_TRIALS = 1_000_000

_HIGHER = ("sharpe", "sortino", "calmar", "total_return", "cagr", "profit_factor", "win_rate")
_LOWER = ("max_drawdown", "volatility")
OBJECTIVES = (*_HIGHER, *_LOWER)
"""The measures that a sweep may be judged by."""


def less_is_better(objective: str) -> bool:
    """Return whether the least value of an objective is the best."""
    return objective in _LOWER


def rising(objective: str, value: float) -> float:
    """Return a value of an objective so that more is better."""
    return -value if less_is_better(objective) else value


@attrs.frozen(kw_only=True)
class SweepRequest:
    """What a sweep does, its config aside.

    Attributes
    ----------
    trials:
        How many combinations to draw; ``None`` for all of them.
    objective:
        The measure by which trials are judged.
    walk_forward:
        How many splits; 0 for one run over all bars.
    anchored:
        Whether every training window begins at the start of the bars.
    engine:
        Which engine runs the trials.
    """

    axes: tuple[Axis, ...]
    method: str = GRID
    trials: int | None = None
    objective: str = "sharpe"
    walk_forward: int = 0
    anchored: bool = False
    engine: str = "auto"

    @property
    def size(self) -> int:
        """How many combinations there are."""
        size = 1
        for axis in self.axes:
            size *= len(axis.values)
        return size

    def check(self) -> None:
        """Refuse what cannot be done.

        Raises
        ------
        InputError
            With what to ask for instead.
        """
        choices = (
            ("method", self.method, METHODS),
            ("objective", self.objective, OBJECTIVES),
            ("engine", self.engine, ENGINES),
        )
        for what, value, known in choices:
            if value not in known:
                raise InputError(f"there is no {what} {shortened(value)!r}", hint=nearest(value, known))
        if self.method == RANDOM and self.trials is None:
            raise InputError("a random sweep needs a number of trials", hint="Add --trials 100")
        if self.method == GRID and self.trials is not None:
            raise InputError("a grid tries every combination", hint="Leave out --trials, or take --method random")
        if self.trials is not None and self.trials < 1:
            raise InputError(f"--trials is {self.trials}, and must be at least 1")
        if self.walk_forward < 0 or self.walk_forward == 1:
            raise InputError(f"--walk-forward is {self.walk_forward}, and must be at least 2", hint="Take 4 or so")
        if self.anchored and not self.walk_forward:
            raise InputError("--anchored goes with --walk-forward", hint="Add --walk-forward 4")
        count = self.size if self.trials is None else min(self.trials, self.size)
        if count > MOST_TRIALS:
            raise InputError(
                f"the parameters have {self.size:,} combinations, more than {MOST_TRIALS:,}",
                hint="Take larger steps, or --method random --trials 1000",
            )

    def as_object(self) -> dict[str, Any]:
        """Return it as ``sweep.json`` keeps it."""
        values = {name: getattr(self, name) for name in ("method", "trials", "objective", "walk_forward", "anchored")}
        return {"params": [axis.as_object() for axis in self.axes], **values, "engine": self.engine}

    @classmethod
    def from_object(cls, value: dict[str, Any]) -> SweepRequest:
        """Take it back."""
        names = ("method", "trials", "objective", "walk_forward", "anchored", "engine")
        axes = tuple(Axis.from_object(axis) for axis in value["params"])
        return cls(axes=axes, **{name: value[name] for name in names})
