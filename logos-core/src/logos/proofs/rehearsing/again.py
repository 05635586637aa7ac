"""Runs a recorded session again with a disk that may kill it, from wherever an earlier attempt has left it."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import attrs

from logos import paths
from logos.artifacts import schemas
from logos.artifacts.readers import read_state
from logos.config.records import SessionConfig
from logos.config.session import load_session_config
from logos.domain.times import parse_time
from logos.live.journal import read_chain
from logos.live.launch import start
from logos.live.record_rows import Group
from logos.live.rerun import RECORD
from logos.live.resume import resume
from logos.live.runner import Cadence, Status
from logos.live.setup import Setup
from logos.live.watch import Watch
from logos.plugins.registry import Registry
from logos.proofs.rehearsing.killing import KillingDisk
from logos.proofs.rehearsing.recorded_venue import AnsweringVenue
from logos.proofs.replaying import WithoutLibraries, Wrap, behind
from logos.proofs.script import Script, ScriptedWatch, script_of, scripted
from logos.proofs.script_venue import venue_script_of
from logos.proofs.tape import Tape, TapeWatch

_FLUSHES = 100
_SNAPSHOTS = 25
"""About how often a session hands its rows over, and is made safe, whatever its length."""


@attrs.frozen(kw_only=True)
class Task:
    """One attempt at a session.

    Attributes
    ----------
    workspace:
        Where relative paths of the config start from; only read.
    source:
        The recorded session; only read.
    output:
        What is written lies below it; the session too, as an earlier attempt has left it.
    kill_at:
        The durable operation in which the attempt dies; 0 for none.
    """

    workspace: str
    source: str
    output: str
    kill_at: int = 0


class CountingClock:
    """Stands at the recorded start; elapsed time grows by one with every look, so that each attempt does the same."""

    def __init__(self, started_at: int) -> None:
        self._started_at = started_at
        self._elapsed = 0

    def now(self) -> int:
        """Return the recorded start."""
        return self._started_at

    def monotonic(self) -> float:
        """Return how often this was asked."""
        self._elapsed += 1
        return float(self._elapsed)

    def sleep(self, seconds: float) -> None:
        """Return at once."""


class RestOfTape(Tape):
    """A tape that begins behind what an attempt has recorded already.

    Parameters
    ----------
    recorded:
        How many bytes the attempt's ``bars.csv`` has: as far as it goes, it is the recorded session's.
    """

    def __init__(
        self, folder: Path, state: dict[str, Any], config: SessionConfig, watch: TapeWatch, *, recorded: int
    ) -> None:
        super().__init__(folder, state, config, watch)
        self._groups = (group for group, end in self._groups_with_ends() if end > recorded)
        self._runs = sum(group.ends for group, end in self._groups_with_ends() if end <= recorded)
        self._played = self._runs

    def _groups_with_ends(self) -> Generator[tuple[Group, int], None, None]:
        for content, end in self._entries():
            if isinstance(content, Group):
                yield content, end


def attempt(task: Task, registry: Registry) -> int:
    """Run a session, or go on with it, to the end that was recorded; return how many durable operations that took."""
    source = Path(task.source)
    state = read_state(source)
    disk = KillingDisk(task.kill_at)
    folder = paths.sessions_dir(Path(task.output)) / state["session_id"]
    _clear_unborn(folder)
    polled = RECORD in state
    found = WithoutLibraries(registry) if polled else registry
    workspace = Path(task.workspace)
    config = load_session_config(source / schemas.CONFIG_FILE, found, workspace=workspace, default_seed=state["seed"])
    script = script_of(source, state)
    watch, tape = _outside(source, state, config, script, folder)
    wrap: Wrap = scripted if tape is None else tape.seat
    script_of_venue = venue_script_of(source, state)
    venue = None if script_of_venue is None else AnsweringVenue(script_of_venue)
    if venue is not None:
        wrap = behind(wrap, venue.seat)
    slices = state["counts"]["slices"]
    setup = Setup(
        workspace=workspace,
        registry=found,
        output=Path(task.output),
        clock=CountingClock(parse_time(state["started_at"])),
        disk=disk,
        cadence=Cadence(flush=1 + slices // _FLUSHES, snapshot=5 + slices // _SNAPSHOTS),
        watch=lambda _workspace, _files: watch,
        wrap=wrap,
        venue=None if venue is None else venue.recorded,
        feed=tape,
        observers=registry.observers.silenced(),
    )
    if not folder.exists():
        start(setup, config, session_id=state["session_id"])
    for clear_halt in _steps(folder, state["status"], script.halts):
        resume(setup, folder, clear_halt=clear_halt)
    return disk.count


def _clear_unborn(folder: Path) -> None:
    """Remove what an attempt left that died before its folder had its name: no session ever began there."""
    shutil.rmtree(folder.with_name(f".{folder.name}.new"), ignore_errors=True)


def _outside(
    source: Path, state: dict[str, Any], config: SessionConfig, script: Script, folder: Path
) -> tuple[Watch, Tape | None]:
    """Return what the recorded session heard from outside, without what an attempt has heard of it by its snapshot."""
    if RECORD in state:
        watch = TapeWatch()
        record = folder / schemas.BARS_FILE
        recorded = record.stat().st_size if record.exists() else 0
        return watch, RestOfTape(source, state, config, watch, recorded=recorded)
    if folder.exists():
        heard = script_of(folder, read_state(folder)).kills
        kills = {clock: reasons[len(heard.get(clock, ())) :] for clock, reasons in script.kills.items()}
        script = attrs.evolve(script, kills=kills)
    return ScriptedWatch(script), None


def _steps(folder: Path, final: str, halts: int) -> Iterator[bool]:
    """Yield for each resume that is needed whether it clears a halt."""
    while True:
        state = read_state(folder)
        status = state["status"]
        halted = status == Status.HALTED
        if status == Status.COMPLETED or (halted and _cleared(folder, state) >= halts):
            return
        if status == Status.PAUSED and final == Status.PAUSED:
            return
        yield halted


def _cleared(folder: Path, state: dict[str, Any]) -> int:
    chain = read_chain(folder / schemas.JOURNAL_FILE, until=state["journal"]["length"])
    return sum(event["type"] == "halt_cleared" for _head, event in chain)
