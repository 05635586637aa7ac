"""What a backtest is run with, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

from logos.backtest.course import COMPLETED, HALTED, INTERRUPTED
from logos.context.clock import Clock, SystemClock
from logos.domain.events import Cause
from logos.live.disk import Disk
from logos.plugins.registry import Registry
from logos.session.seats import Feed

EXIT_CODES = {COMPLETED: 0, HALTED: 3, INTERRUPTED: 130}

_NOTHING_KEPT = "Nothing of this run was kept: mend the disk and run it again"


@attrs.frozen(kw_only=True)
class Progress:
    """Where a running backtest stands. Times in seconds since the epoch, UTC; money in minor units.

    Attributes
    ----------
    clock:
        The session's clock.
    total_bars:
        How many bars the data has; fewer are run where a window is set.
    """

    clock: int
    bars: int
    total_bars: int
    orders: int
    fills: int
    equity: int
    peak: int
    decimals: int
    currency: str


def _quiet(_value: Any) -> None:
    pass


@attrs.frozen(kw_only=True)
class BacktestSetup:
    """The surroundings of a backtest.

    Attributes
    ----------
    workspace:
        Where relative paths in a config start from.
    output:
        Where ``runs`` and ``logos/logs`` are written; the workspace where it is ``None``.
    progress:
        Called now and then while it runs.
    tell:
        Called with whole sentences for the operator before it runs.
    feed:
        A feed to take instead of building the one that the config names.
    """

    workspace: Path
    registry: Registry
    output: Path | None = None
    clock: Clock = attrs.field(factory=SystemClock)
    disk: Disk = attrs.field(factory=lambda: Disk(hint=_NOTHING_KEPT))
    progress: Callable[[Progress], None] = _quiet
    tell: Callable[[str], None] = _quiet
    feed: Feed | None = None

    @property
    def root(self) -> Path:
        """The folder that everything written lies below."""
        return self.workspace if self.output is None else self.output


@attrs.frozen(kw_only=True)
class BacktestOutcome:
    """What came of a backtest.

    Attributes
    ----------
    path:
        The folder relative to the workspace.
    engine, engine_note:
        The engine that ran, and why no quicker one did.
    metrics:
        What ``metrics.json`` says.
    seconds:
        How long the bars took: signals and session, without start, reading ahead and closing.
    peak_memory:
        The most memory that the process had, in bytes.
    warnings:
        What went wrong without a halt, as sentences without their full stop.
    """

    backtest_id: str
    path: str
    folder: Path
    status: str
    exit_code: int
    causes: tuple[Cause, ...]
    engine: str
    engine_note: str
    metrics: dict[str, Any]
    seconds: float
    bars_a_second: int
    peak_memory: int
    warnings: tuple[str, ...] = ()
