"""What a worker does: runs a few trials on bars that it maps into its memory, and returns their records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from logos.backtest.sweep.evaluations import Evaluation
from logos.backtest.sweep.outcomes import record_of
from logos.backtest.trial import Trials
from logos.session.jobs import Job

Work = Callable[[list[Any]], list[dict[str, Any]]]

TARGET = "logos.backtest.sweep.work:open_work"
BARS_FOLDER = "bars"

_AT_HAND: dict[str, Trials] = {}


def lend(folder: Path, trials: Trials | None) -> None:
    """Let workers of this very process use trials that are open already; ``None`` takes them back."""
    if trials is None:
        _AT_HAND.pop(str(folder), None)
    else:
        _AT_HAND[str(folder)] = trials


def job_of(folder: Path, workspace: Path, config_yaml: str, engine: str) -> Job:
    """Return the job of a sweep.

    Parameters
    ----------
    folder:
        The sweep's folder.
    workspace:
        Where relative paths of the config start from.
    """
    shared = {"folder": str(folder), "workspace": str(workspace), "config": config_yaml, "engine": engine}
    return Job(target=TARGET, shared=shared)


def open_work(shared: Mapping[str, Any]) -> Work:
    """Return what runs the tasks of a sweep in this process."""
    trials = _AT_HAND.get(shared["folder"]) or _opened(shared)

    def work(task: list[Any]) -> list[dict[str, Any]]:
        evaluations = [Evaluation.from_task(one) for one in task]
        return [record_of(one, trials.run(one.values, one.window)) for one in evaluations]

    return work


def _opened(shared: Mapping[str, Any]) -> Trials:
    from logos.backtest.trials_engine import open_bars, open_trials  # noqa: PLC0415 -- loads the engines
    from logos.config.session import load_session_config  # noqa: PLC0415 -- only in a process of its own
    from logos.plugins.registry import load_registry  # noqa: PLC0415

    registry = load_registry()
    workspace = Path(shared["workspace"])
    config = load_session_config(shared["config"], registry, workspace=workspace, source="the sweep's config")
    bars = open_bars(Path(shared["folder"]) / BARS_FOLDER, config)
    return open_trials(config, workspace=workspace, registry=registry, bars=bars, engine=shared["engine"])
