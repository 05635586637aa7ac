"""One trial of a sweep: the same config with other values, over a part of the same bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import attrs

from logos.backtest.records import RunTotals


@attrs.frozen(kw_only=True)
class Window:
    """A part of the bars: those that open at ``start`` or later and before ``end``; ``None`` for an open end.

    Seconds since the epoch, UTC. Strategies see the bars before it, as far as they look back, and trade on none.
    """

    start: int | None = None
    end: int | None = None


@attrs.frozen(kw_only=True)
class TrialOutcome:
    """What came of a trial.

    Attributes
    ----------
    engine:
        ``kernel``, ``jumping`` or ``streaming``; empty where the trial was refused.
    refusal:
        Why the values make no config, such as a fast average longer than the slow one; empty where they do.
    totals:
        ``None`` where the trial was refused.
    note:
        Why a quicker engine could not run; may be empty.
    """

    engine: str
    refusal: str = ""
    totals: RunTotals | None = None
    note: str = ""


class Trials(Protocol):
    """Runs trials of one config on one set of bars, as many as are asked for."""

    def run(self, values: Mapping[str, Any], window: Window) -> TrialOutcome:
        """Run one trial.

        Parameters
        ----------
        values:
            By the path in the resolved config, such as ``strategies.trend.params.fast`` or ``allocator.invest``.
        window:
            The part of the bars to trade on.
        """
