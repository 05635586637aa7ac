"""A rehearsal: every drill of a config, run one after the other in a folder of its own, and the report of it."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

from logos import paths
from logos.config.records import SessionConfig
from logos.context.clock import Clock
from logos.domain.errors import StorageError
from logos.domain.times import time_text
from logos.live.disk import Disk
from logos.live.stage import relative
from logos.plugins.registry import Registry
from logos.proofs.rehearsing.planning import ALL, Step, plan
from logos.proofs.rehearsing.records import FAIL, NOT_REHEARSED, PASS, Drill, Result
from logos.proofs.rehearsing.running import run_drill
from logos.proofs.rehearsing.stage import HINT
from logos.proofs.rehearsing.stops import Stop, run_stop

Progress = Callable[[int, int, str], None]
"""Told how many of how many drills are done, and which is next."""


@attrs.frozen(kw_only=True)
class Report:
    """What came of a rehearsal.

    Attributes
    ----------
    folder:
        Where it lies; each session in a workspace of its own in it.
    root:
        What paths are told relative to.
    source:
        What was rehearsed: the path of a config, or that it was the default.
    began:
        Wall time, ISO-8601 UTC.
    versions:
        What ran, by distribution.
    """

    folder: Path
    root: Path
    source: str
    config_digest: str
    seed: int
    began: str
    versions: dict[str, str]
    results: tuple[Result, ...]

    @property
    def passed(self) -> bool:
        """Whether everything was rehearsed, and happened as expected."""
        return not any(result.verdict in {FAIL, NOT_REHEARSED} for result in self.results)

    def count(self, verdict: str) -> int:
        """Return how many results have a verdict."""
        return sum(result.verdict == verdict for result in self.results)

    def as_object(self) -> dict[str, Any]:
        """Return the report as ``rehearsal.json`` and ``--json`` have it."""
        return {
            "passed": self.passed,
            "path": relative(self.folder, self.root),
            "config": self.source,
            "config_digest": self.config_digest,
            "seed": self.seed,
            "began": self.began,
            "versions": self.versions,
            "counts": {name: self.count(name) for name in (PASS, FAIL, NOT_REHEARSED)},
            "rehearsals": [self._told(result) for result in self.results],
        }

    def _told(self, result: Result) -> dict[str, Any]:
        told = attrs.asdict(result, filter=lambda field, _value: field.name != "folder")
        session = None if result.folder is None else result.folder.relative_to(self.folder).as_posix()
        return {**told, "reasons": list(result.reasons), "log": list(result.log), "session": session}


def rehearse(  # noqa: PLR0913 -- each is something that a user chooses or a machine gives
    config: SessionConfig,
    *,
    registry: Registry,
    workspace: Path,
    clock: Clock,
    source: str,
    only: str = ALL,
    modes: bool = False,
    progress: Progress = lambda _done, _total, _text: None,
) -> Report:
    """Run every drill that a config needs, and return what came of each.

    Parameters
    ----------
    workspace:
        The rehearsal's folder is made under its ``runs/rehearsals``. Nothing else of it is read or written.
    source:
        What the report calls the config.
    only:
        The guard to rehearse, or ``all``.
    modes:
        Whether ``stale_data`` is rehearsed in both of its modes.

    Raises
    ------
    InputError
        Where there is no such guard.
    StorageError
        Where the folder cannot be made.
    """
    steps = plan(config, registry, only=only, modes=modes)
    began = clock.now()
    folder = new_folder(workspace, time_text(began))
    results = []
    for number, step in enumerate(steps):
        progress(number, len(steps), _name(step))
        results.append(_take(step, folder, registry, clock))
    return Report(
        folder=folder,
        root=workspace,
        source=source,
        config_digest=config.digest,
        seed=config.session.seed,
        began=time_text(began),
        versions=versions_of(config, registry),
        results=tuple(results),
    )


def new_folder(workspace: Path, began: str, suffix: str = "") -> Path:
    """Make the folder of a rehearsal, named after the time at which it began, and return it."""
    stem = began.translate(str.maketrans("T", "-", ":-Z")) + suffix
    parent, disk = paths.runs_dir(workspace) / "rehearsals", Disk(hint=HINT)
    for number in range(1, 1_000):
        folder = parent / (stem if number == 1 else f"{stem}-{number}")
        if disk.claim_folder(folder):
            return folder
    raise StorageError(f"{parent} holds a thousand rehearsals of {stem}", hint="Remove some")


def versions_of(config: SessionConfig, registry: Registry) -> dict[str, str]:
    """Return the versions of what acts in a rehearsal, by name."""
    offers = [*config.parts, *registry.offers("guard"), registry.find("feed", "scripted")]
    found = {offer.distribution: offer.version for offer in offers}
    return {**dict(sorted(found.items())), "python": platform.python_version()}


def _name(step: Step) -> str:
    return step.drill.name if isinstance(step, Stop) else step.name


def _take(step: Step, folder: Path, registry: Registry, clock: Clock) -> Result:
    if isinstance(step, Drill):
        return run_drill(step, folder / step.slug, registry, clock)
    if isinstance(step, Stop):
        return run_stop(step, folder / step.drill.slug, registry, clock)
    return step
