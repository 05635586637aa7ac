"""Runs a drill through the same door as ``logos trade``, in this process, and judges what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import attrs

from logos.config.session import load_session_config
from logos.context.clock import Clock
from logos.domain.errors import LogosError
from logos.live.launch import start
from logos.live.resume import resume
from logos.live.runner import Cadence
from logos.live.setup import Setup
from logos.plugins.registry import Registry
from logos.proofs.rehearsing.faults import PausingWatch, kill_after, put_kill_file, wrapping
from logos.proofs.rehearsing.observing import log_excerpt, observe, reasons
from logos.proofs.rehearsing.records import FAIL, INTERRUPTED, PASS, Drill, Facts, Result
from logos.proofs.rehearsing.stage import CONFIG, lay


def run_drill(drill: Drill, folder: Path, registry: Registry, clock: Clock) -> Result:
    """Lay out a drill's workspace, run its session, and compare what is found with what was expected.

    Parameters
    ----------
    folder:
        The workspace to make.
    """
    lay(drill, folder)
    kill_file = folder / drill.kill_file
    pausing = partial(PausingWatch, pause_after=drill.faults.pause_after)
    setup = Setup(
        workspace=folder,
        registry=registry,
        clock=clock,
        cadence=Cadence(flush=0),
        wrap=wrapping(drill.faults),
        progress=kill_after(drill.faults.kill_after, kill_file),
        observers=registry.observers.silenced(),
    )
    if drill.faults.kill_first:
        put_kill_file(kill_file)
    try:
        config = load_session_config(folder / CONFIG, registry, workspace=folder)
        outcome = start(attrs.evolve(setup, watch=pausing), config)
        session = setup.sessions / outcome.session_id
        before: Facts = {}
        if drill.faults.pause_after is not None:
            before = {INTERRUPTED: f"{outcome.status}, exit {outcome.exit_code}"}
            outcome = resume(setup, session)
        happened = {**before, **observe(setup, session, outcome.exit_code)}
    except LogosError as error:
        return judged(drill, {"error": f"{type(error).__name__}: {error}"}, None)
    return judged(drill, happened, session)


def judged(drill: Drill, happened: Facts, session: Path | None, note: str = "") -> Result:
    """Return the result of a drill: it passes where every expected fact is found."""
    return Result(
        name=drill.name,
        guard=drill.guard,
        limit=drill.limit,
        what=drill.what,
        verdict=PASS if agree(drill.expected, happened) else FAIL,
        expected=drill.expected,
        happened=happened,
        folder=session,
        reasons=() if session is None else reasons(session),
        log=() if session is None else log_excerpt(session),
        note=note,
    )


def agree(expected: Mapping[str, str], happened: Mapping[str, str]) -> bool:
    """Return whether every expected fact was found as expected."""
    return all(happened.get(name) == text for name, text in expected.items())
