"""A session continued from its folder: checked, cut back to its snapshot, rebuilt, then run on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from logos.artifacts import schemas
from logos.artifacts.readers import read_state
from logos.assembly.build import assemble
from logos.config.records import SessionConfig
from logos.config.session import load_session_config
from logos.domain.errors import IntegrityError, ResumeError
from logos.domain.events import Cause
from logos.domain.times import parse_time
from logos.live.folder import hold, open_log
from logos.live.journal import Head, read_chain
from logos.live.late_log import LateLog
from logos.live.runner import Status
from logos.live.setup import Outcome, Setup, plugins_of, warnings_of
from logos.live.snapshot import Identity, restore
from logos.live.stage import Position, Stage, open_stage, outcome_of_state, relative
from logos.live.tally import Tally

_UNFINISHED = (".*.new", "plots/*.partial")
"""Temporary names under which files are written before they are put in place."""


def resume(setup: Setup, folder: Path, *, clear_halt: bool = False, config: SessionConfig | None = None) -> Outcome:
    """Continue a session, to the same bytes as if it had never stopped.

    Parameters
    ----------
    folder:
        The session's folder.
    clear_halt:
        Whether a halt is forgiven.
    config:
        A config given beside the session's own; it must resolve to the same.

    Raises
    ------
    ResumeError
        Where it cannot be continued: another program runs it, it was halted, or its config, plugins or data
        have changed.
    IntegrityError
        Where its journal or its snapshot is damaged.
    """
    with hold(folder):
        state = read_state(folder)
        if state["status"] == Status.COMPLETED:
            return _ended(setup, folder, state)
        if state["status"] == Status.HALTED and not clear_halt:
            causes = "; ".join(f"{cause['guard']}: {cause['reason']}" for cause in state["halt_causes"])
            raise ResumeError(
                f"session {folder.name} was halted: {causes}",
                hint=f"Mend the cause, then: logos trade --resume {folder.name} --clear-halt",
            )
        own = load_session_config(
            folder / schemas.CONFIG_FILE, setup.registry, workspace=setup.workspace, default_seed=state["seed"]
        )
        head = _check(folder, state, own, config)
        with open_log(setup, folder, folder.name) as log:
            return _continue(setup, folder, state, own, head, log, clear_halt=clear_halt)


def _ended(setup: Setup, folder: Path, state: dict[str, Any]) -> Outcome:
    causes = tuple(
        Cause(guard=cause["guard"], reason=cause["reason"], at=parse_time(cause["at"]))
        for cause in state["halt_causes"]
    )
    return outcome_of_state(state, relative(folder, setup.root), causes)


def _check(folder: Path, state: dict[str, Any], own: SessionConfig, given: SessionConfig | None) -> Head:
    """Refuse a session whose config, plugins or journal have changed; return the journal's head at the snapshot."""
    if own.digest != state["config_digest"]:
        raise ResumeError(
            f"{schemas.CONFIG_FILE} of session {folder.name} has changed since the session began",
            hint="Restore it, or start a new session with the changed config",
        )
    if given is not None and given.digest != own.digest:
        raise ResumeError(
            f"the config given does not resolve to that of session {folder.name}",
            hint="Leave --config out, or start a new session",
        )
    plugins = plugins_of(own)
    if plugins != state["plugins"]:
        raise ResumeError(
            f"plugins have changed since session {folder.name} began: {_drift(state['plugins'], plugins)}",
            hint="Install the versions that the session began with, or start a new session",
        )
    return _check_journal(folder, state)


def _drift(before: list[dict[str, str]], now: list[dict[str, str]]) -> str:
    def lines(plugins: list[dict[str, str]]) -> dict[tuple[str, str], str]:
        return {(one["kind"], one["name"]): f"{one['distribution']} {one['version']}" for one in plugins}

    old, new = lines(before), lines(now)
    return ", ".join(
        f"{kind} {name} was {old.get((kind, name), 'absent')} and is {new.get((kind, name), 'absent')}"
        for kind, name in sorted({*old, *new})
        if old.get((kind, name)) != new.get((kind, name))
    )


def _check_journal(folder: Path, state: dict[str, Any]) -> Head:
    """Verify the journal up to the snapshot: only what lies behind it may be torn."""
    path = folder / schemas.JOURNAL_FILE
    wanted = Head(state["sequence"], state["journal"]["length"], state["journal"]["head"])
    head = Head()
    for head, _event in read_chain(path, until=wanted.length):  # noqa: B007 -- the last head is what counts
        pass
    if head != wanted:
        raise IntegrityError(
            f"{path.name} ends at line {head.sequence}, and {schemas.STATE_FILE} was written at line {wanted.sequence}",
            hint="One of both was replaced: restore the session's folder from a copy",
        )
    return head


def _continue(
    setup: Setup,
    folder: Path,
    state: dict[str, Any],
    config: SessionConfig,
    head: Head,
    log: Any,
    *,
    clear_halt: bool,
) -> Outcome:
    late = LateLog()
    late.bind(log)
    assembly = assemble(config, workspace=setup.workspace, clock=setup.clock, log=late)
    watch = setup.watch(setup.workspace, assembly.kill_files)
    assembly = setup.wrap(assembly, watch)
    reports = assembly.feed.prepare()
    identity = Identity(
        session_id=state["session_id"],
        name=state["name"],
        seed=state["seed"],
        config_digest=state["config_digest"],
        data_digest=assembly.feed.digest(),
        plugins=state["plugins"],
        started_at=state["started_at"],
    )
    if identity.data_digest != state["data_digest"]:
        raise ResumeError(
            f"the bars of session {folder.name} have changed since it began",
            hint="Restore the files of its feed, or start a new session",
        )
    _cut_back(setup, folder, state)
    position = Position(
        clock=parse_time(state["clock"]),
        offsets=state["files"],
        head=head,
        next_order_id=state["next_settled_order_id"],
        tally=Tally.restored(state["tally"]),
    )
    stage = Stage(
        setup=setup,
        config=config,
        assembly=assembly,
        identity=identity,
        folder=folder,
        reports=reports,
        warnings=warnings_of(config, setup.registry),
        watch=watch,
        log=late,
    )
    play = open_stage(stage, position)
    restore(play.session, play.recorder, state)
    play.warm_up()
    late.info("session_resumed", at=state["clock"], sequence=state["sequence"])
    if clear_halt and state["status"] == Status.HALTED:
        play.clear_halt()
    return play.run(position.clock if play.session.counts.slices else None)


def _cut_back(setup: Setup, folder: Path, state: dict[str, Any]) -> None:
    """Cut every growing file back to where it was at the snapshot, and clear away what a crash left half written.

    Raises
    ------
    IntegrityError
        Where a file is shorter than that.
    """
    lengths = {**state["files"], schemas.JOURNAL_FILE: state["journal"]["length"]}
    for name, length in sorted(lengths.items()):
        path = folder / name
        size = path.stat().st_size if path.exists() else -1
        if size < length:
            raise IntegrityError(
                f"{name} has {max(size, 0)} bytes, and had {length} when {schemas.STATE_FILE} was written",
                hint="Restore the session's folder from a copy",
            )
        if size > length:
            setup.disk.cut(path, length)
    for pattern in _UNFINISHED:
        for path in sorted(folder.glob(pattern)):
            setup.disk.remove(path)
