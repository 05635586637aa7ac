"""The surroundings of a sweep, and how it stands in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts import schemas
from logos.backtest.resources import Stopwatch
from logos.backtest.trial import Trials
from logos.config.records import SessionConfig
from logos.context.clock import Clock, SystemClock
from logos.domain.columns import BarColumns
from logos.live.disk import Disk
from logos.plugins.registry import Registry

_SEE_FILE = f", see {schemas.QUARANTINE_FILE}"
EXIT_INTERRUPTED = 130
_COMPILING = ("auto", "kernel")
INLINE = "inline"

Found = tuple[Mapping[str, BarColumns], str, Sequence[str]]
"""All bars of a config by symbol, their digest, and what the feed found out about them, in whole sentences."""

Opener = Callable[[SessionConfig, Mapping[str, BarColumns], str], Trials]


def _silent(_done: int, _planned: int) -> None:
    pass


def _quiet(_text: str) -> None:
    pass


@attrs.frozen(kw_only=True)
class SweepSetup:
    """What a sweep runs with, besides its config.

    Attributes
    ----------
    workspace:
        Where relative paths in a config start from, and ``runs`` is written.
    executor, workers, address:
        Where the trials run: the name of an executor, and what it is built with; ``None`` where it decides.
    plots:
        Whether the heat map is drawn.
    progress:
        Called with how many evaluations are done and how many there will be, about.
    tell:
        Called with whole sentences for the person who waits.
    reader, opener:
        Give the bars of a config with what is known of them, and its trials; those of the backtest's engines.
    """

    workspace: Path
    registry: Registry
    executor: str = INLINE
    workers: int | None = None
    address: str | None = None
    plots: bool = True
    clock: Clock = attrs.field(factory=SystemClock)
    disk: Disk = attrs.field(factory=Disk)
    progress: Callable[[int, int], None] = _silent
    tell: Callable[[str], None] = _quiet
    reader: Callable[[SessionConfig], Found] | None = None
    opener: Opener | None = None

    @property
    def root(self) -> Path:
        """The folder that everything written lies below."""
        return self.workspace

    def bars_of(self, config: SessionConfig) -> Found:
        """Return all bars of a config's feed, and what is known of them."""
        if self.reader is not None:
            return self.reader(config)
        from logos.backtest.trials_engine import load_bars  # noqa: PLC0415 -- loads the engines

        bars, digest, notes = load_bars(config, workspace=self.workspace, registry=self.registry)
        # A sweep has no such file of its own.
        return bars, digest, [note.replace(_SEE_FILE, "; logos backtest writes them down") for note in notes]

    def trials_of(self, config: SessionConfig, bars: Mapping[str, BarColumns], engine: str) -> Trials:
        """Return what runs trials of a config in this process."""
        if self.opener is not None:
            return self.opener(config, bars, engine)
        from logos.backtest.trials_engine import open_trials  # noqa: PLC0415 -- loads the engines

        return open_trials(config, workspace=self.workspace, registry=self.registry, bars=bars, engine=engine)

    def kernel_notice(self, engine: str) -> str:
        """Return what to say before the kernel is used for the first time; empty where that is over, or never comes."""
        if self.opener is not None or engine not in _COMPILING:
            return ""
        from logos.backtest.kernel.compiled import first_use_notice  # noqa: PLC0415 -- loads the kernel's parts

        return first_use_notice()

    def save_bars(self, bars: Mapping[str, BarColumns], folder: Path) -> None:
        """Write bars where workers map them into their memory."""
        from logos.backtest.trials_engine import save_bars  # noqa: PLC0415 -- loads the engines

        partial = folder.with_name(f".{folder.name}.new")
        save_bars(bars, partial)
        self.disk.rename_folder(partial, folder)


@attrs.frozen(kw_only=True)
class SweepOutcome:
    """How a sweep stands when the program lets go of it.

    Attributes
    ----------
    root:
        The workspace.
    summary:
        What ``summary.json`` holds.
    watch:
        What this run of it has cost.
    """

    folder: Path
    root: Path
    summary: Mapping[str, Any]
    watch: Stopwatch

    @property
    def path(self) -> str:
        """The folder, from the workspace on."""
        return self.folder.relative_to(self.root).as_posix()

    @property
    def exit_code(self) -> int:
        """0, or 130 where it was interrupted."""
        return 0 if self.summary["status"] == "completed" else EXIT_INTERRUPTED
