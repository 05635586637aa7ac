"""Runs a recorded session again from its own folder, and compares every artifact."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import attrs

from logos.artifacts import schemas
from logos.artifacts.readers import read_state
from logos.assembly.build import Assembly
from logos.config.session import load_session_config
from logos.domain.errors import ConfigError, IntegrityError
from logos.domain.times import parse_time
from logos.live.folder import unended
from logos.live.launch import start
from logos.live.rerun import RECORD
from logos.live.resume import resume
from logos.live.runner import Status
from logos.live.setup import Outcome, Setup, plugins_of
from logos.live.watch import Watch
from logos.plugins.offers import READY, Offer
from logos.plugins.registry import Registry
from logos.proofs.comparing import Difference, compare
from logos.proofs.script import ScriptedWatch, script_of, scripted
from logos.proofs.script_venue import venue_script_of
from logos.proofs.tape import Tape, TapeWatch


@attrs.frozen(kw_only=True)
class ReplayReport:
    """What came of running a session again.

    Attributes
    ----------
    outcome:
        How the new run stands.
    differences:
        The first difference of every file that differs, the earliest first; none where all agree.
    notes:
        What explains a difference: other plugin versions, other bars.
    """

    session_id: str
    outcome: Outcome
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]


@attrs.frozen
class RecordedClock:
    """The machine's clock, but for the wall time, which is that of the recorded start."""

    started_at: int
    clock: object

    def now(self) -> int:
        """Return the recorded start."""
        return self.started_at

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return self.clock.monotonic()  # type: ignore[attr-defined, no-any-return]

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.clock.sleep(seconds)  # type: ignore[attr-defined]


class WithoutLibraries(Registry):
    """A registry in which a feed can be named whose library is not installed: nobody builds it.

    Parameters
    ----------
    registry:
        What is installed.
    """

    def __init__(self, registry: Registry) -> None:
        vars(self).update(vars(registry))

    def find(self, kind: str, name: str) -> Offer:
        """Return an offer by its name."""
        for offer in self.offers(kind) if kind == "feed" else ():
            if name in {offer.name, offer.qualified} and offer.status.startswith("needs "):
                return attrs.evolve(offer, status=READY, fault="", mend="")
        return super().find(kind, name)


def verify(setup: Setup, folder: Path) -> ReplayReport:
    """Run a session again in a folder of its own and compare; a polled session on what was recorded of its feed.

    Parameters
    ----------
    setup:
        The surroundings; relative paths of the config start from its workspace.
    folder:
        The recorded session.

    Raises
    ------
    InputError
        Where the session is still running.
    DataError
        Where its bars are gone.
    IntegrityError
        Where its journal, its config or what was recorded of its feed is damaged.
    """
    state = read_state(folder)
    if state["status"] == Status.RUNNING:
        raise unended(folder)
    path = folder / schemas.CONFIG_FILE
    registry = WithoutLibraries(setup.registry) if RECORD in state else setup.registry
    try:
        config = load_session_config(path, registry, workspace=setup.workspace, default_seed=state["seed"])
    except ConfigError as error:
        hint = "It was damaged after it was written, or a plugin that it names is gone: restore it, or install that"
        raise IntegrityError(
            f"{path.name} of session {folder.name} cannot be used", hint=hint, problems=error.problems
        ) from error
    script = script_of(folder, state)
    watch: Watch = ScriptedWatch(script)
    venue = venue_script_of(folder, state)
    tape: Tape | None = None
    if RECORD in state:
        watch = tape_watch = TapeWatch()
        tape = Tape(folder, state, config, tape_watch)
    wrap = behind(setup.wrap, scripted if tape is None else tape.seat)
    if venue is not None:
        wrap = behind(wrap, venue.seat)
    with tempfile.TemporaryDirectory(prefix="logos-replay-") as scratch:
        again = attrs.evolve(
            setup,
            registry=registry,
            output=Path(scratch),
            clock=RecordedClock(parse_time(state["started_at"]), setup.clock),
            watch=lambda _workspace, _files: watch,
            wrap=wrap,
            venue=None if venue is None else venue.recorded,
            feed=tape,
            observers=setup.registry.observers.silenced(),
        )
        outcome = start(again, config, session_id=state["session_id"])
        replayed = again.sessions / outcome.session_id
        for _ in range(script.halts):
            outcome = resume(again, replayed, clear_halt=True)
        new = read_state(replayed)
        return ReplayReport(
            session_id=state["session_id"],
            outcome=outcome,
            differences=tuple(compare(folder, replayed)),
            notes=tuple(_notes(state, new, plugins_of(config))),
        )


Wrap = Callable[[Assembly, Watch], Assembly]


def behind(first: Wrap, then: Wrap) -> Wrap:
    """Return what wraps an assembly as the session's own set-up did, and then as a replay does."""
    return lambda assembly, watch: then(first(assembly, watch), watch)


def _notes(old: dict[str, object], new: dict[str, object], plugins: list[dict[str, str]]) -> list[str]:
    notes = []
    if old["plugins"] != plugins:
        notes.append("the plugins' versions are not those that the session ran with")
    if old["data_digest"] != new["data_digest"]:
        notes.append("the bars are not those that the session ran on")
    if old["config_digest"] != new["config_digest"]:
        notes.append("the config is not the one that the session ran with")
    return notes
