"""What a lesson works with: a workspace of its own, and the core's own functions to run things in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts import readers, schemas
from logos.backtest.running import run_backtest
from logos.backtest.setup import BacktestOutcome, BacktestSetup
from logos.backtest.sweep.request import SweepRequest
from logos.backtest.sweep.runner import run_sweep
from logos.backtest.sweep.setup import SweepOutcome, SweepSetup
from logos.backtest.sweep.space import read_axes
from logos.config.records import SessionConfig
from logos.config.session import load_session_config
from logos.context.clock import Clock
from logos.live import launch
from logos.live import resume as resuming
from logos.live.disk import Disk
from logos.live.journal import read_chain
from logos.live.setup import Outcome, Setup
from logos.plugins.registry import Registry
from logos.ui.lessons.transcript import Transcript

ENGINE = "jumping"
"""One engine for every machine: which is the quickest depends on what is installed, and so would a note about it."""


@attrs.frozen(kw_only=True)
class Classroom:
    """One lesson under way.

    Attributes
    ----------
    workspace:
        Its own: nothing outside of it is written but the transcript, the glossary and the plots.
    plots:
        The folder for pictures.
    glossary:
        For each term that was used, where in this lesson it can be seen.
    step:
        Called with what is done next.
    """

    workspace: Path
    plots: Path
    registry: Registry
    clock: Clock
    disk: Disk
    transcript: Transcript
    step: Callable[[str], None]
    glossary: dict[str, str] = attrs.field(factory=dict)

    def config(self, name: str, text: str) -> SessionConfig:
        """Write a config into the workspace, as ``configs/NAME.yaml``, and read it."""
        folder = self.workspace / "configs"
        self.disk.make_folder(folder)
        path = folder / f"{name}.yaml"
        self.disk.replace(path, text.strip().encode() + b"\n")
        return load_session_config(path, self.registry, workspace=self.workspace)

    def setup(self, **changes: Any) -> Setup:
        """Return the surroundings of a session. Observers of the user's own sessions hear nothing of it."""
        plain = Setup(
            workspace=self.workspace,
            registry=self.registry,
            clock=self.clock,
            disk=self.disk,
            observers=self.registry.observers.silenced(),
        )
        return attrs.evolve(plain, **changes)

    def session(self, config: SessionConfig, **changes: Any) -> tuple[Outcome, Path]:
        """Run a session that is called as its config is; return how it stands, and its folder."""
        return self._ended(launch.start(self.setup(**changes), config, session_id=config.session.name))

    def resume(self, folder: Path, **changes: Any) -> tuple[Outcome, Path]:
        """Go on with a session whose halt is forgiven."""
        return self._ended(resuming.resume(self.setup(**changes), folder, clear_halt=True))

    def backtest(self, config: SessionConfig) -> BacktestOutcome:
        """Run a backtest."""
        setup = BacktestSetup(workspace=self.workspace, registry=self.registry, clock=self.clock, disk=self.disk)
        outcome = run_backtest(setup, config, engine=ENGINE)
        _go_on(interrupted=outcome.status == "interrupted")
        return outcome

    def sweep(self, config: SessionConfig, params: Sequence[str]) -> SweepOutcome:
        """Run a grid."""
        setup = SweepSetup(
            workspace=self.workspace, registry=self.registry, clock=self.clock, disk=self.disk, plots=False
        )
        outcome = run_sweep(setup, config, SweepRequest(axes=read_axes(params, config), engine=ENGINE))
        _go_on(interrupted=outcome.summary["status"] != "completed")
        return outcome

    def _ended(self, outcome: Outcome) -> tuple[Outcome, Path]:
        _go_on(interrupted=outcome.status == "paused")
        return outcome, self.workspace / outcome.path


def _go_on(*, interrupted: bool) -> None:
    """Let an interrupt that a run has heard, and obeyed, end the lesson too."""
    if interrupted:
        raise KeyboardInterrupt


def rows_of(folder: Path, table: str) -> list[dict[str, str]]:
    """Return the rows of a session's table, such as ``orders.csv``."""
    columns = {
        schemas.ORDERS_FILE: schemas.ORDER_COLUMNS,
        schemas.TRADES_FILE: schemas.TRADE_COLUMNS,
        schemas.DECISIONS_FILE: schemas.DECISION_COLUMNS,
    }
    return list(readers.read_csv_rows(folder / table, columns[table]))


def events_of(folder: Path, *kinds: str) -> Iterator[dict[str, Any]]:
    """Yield the events of a session's journal of some kinds, its chain checked on the way."""
    for _head, event in read_chain(folder / schemas.JOURNAL_FILE):
        if event["type"] in kinds:
            yield event


def section_of(text: str, heading: str) -> str:
    """Return a section of a Markdown text by its heading, without it."""
    after = text.partition(f"\n## {heading}\n")[2]
    return after.partition("\n## ")[0].strip()
