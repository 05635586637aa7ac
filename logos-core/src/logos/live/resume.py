"""A session continued from its folder: checked, cut back to its snapshot, rebuilt, then run on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts import schemas
from logos.artifacts.readers import read_state
from logos.assembly.build import Assembly, assemble, part_context
from logos.assembly.surroundings import refuse_unfit
from logos.config.records import SessionConfig
from logos.config.session import load_session_config
from logos.domain.bars import Bar
from logos.domain.errors import ResumeError
from logos.domain.events import Cause
from logos.domain.times import parse_time, time_text
from logos.live.folder import hold, open_log
from logos.live.journal import Line
from logos.live.late_log import LateLog
from logos.live.launch import released
from logos.live.outside_recorder import OutsideRecorder
from logos.live.outside_session import Outside, reconcile_again, reopen, survey_again
from logos.live.outside_told import log_reconciled, state_at_venue
from logos.live.rerun import Rerun, read_rerun
from logos.live.runner import Status
from logos.live.setup import Outcome, Setup, warnings_of
from logos.live.snapshot import Identity, check_seal, encode, restore, snapshot
from logos.live.stage import Play, Position, Stage, open_stage, outcome_of_state, relative
from logos.live.tally import Tally
from logos.live.unchanged import Record, check, check_files, lengths
from logos.live.warming import lookbacks
from logos.live.watch import Watch
from logos.live.written_ahead import keep_ahead, read_ahead
from logos.session.rebalancer import warm_watchers, watchers_of

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
        check_seal(folder / schemas.STATE_FILE)
        if state["status"] == Status.COMPLETED:
            return _ended(setup, folder, state)
        if state["status"] == Status.HALTED and not clear_halt:
            causes = "; ".join(f"{cause['guard']}: {cause['reason']}" for cause in state["halt_causes"])
            raise ResumeError(
                f"session {folder.name} was halted: {causes}",
                hint=f"Mend the cause, then: logos trade --resume {folder.name} --clear-halt",
            )
        check_files(folder, state)
        own = load_session_config(
            folder / schemas.CONFIG_FILE, setup.registry, workspace=setup.workspace, default_seed=state["seed"]
        )
        record = check(folder, state, own, config)
        with open_log(setup, folder, folder.name) as log:
            return _continue(setup, folder, state, own, record, log)


def _ended(setup: Setup, folder: Path, state: dict[str, Any]) -> Outcome:
    causes = tuple(
        Cause(guard=cause["guard"], reason=cause["reason"], at=parse_time(cause["at"]))
        for cause in state["halt_causes"]
    )
    return outcome_of_state(state, relative(folder, setup.root), causes, state_at_venue(folder, state))


def _continue(
    setup: Setup,
    folder: Path,
    state: dict[str, Any],
    config: SessionConfig,
    record: Record,
    log: Any,
) -> Outcome:
    late = LateLog(setup.tell)
    late.bind(log)
    outside = reopen(setup, config, folder, state, record.first)
    if outside is not None and setup.venue is None:
        refuse_unfit(config, part_context(config, workspace=setup.workspace, clock=setup.clock, log=late), "go on")
    assembly = assemble(
        config,
        workspace=setup.workspace,
        clock=setup.clock,
        log=late,
        feed=setup.feed,
        venue_record=None if outside is None else outside.record,
    )
    watch = setup.watch(setup.workspace, assembly.kill_files)
    if state["status"] == Status.HALTED:
        _refuse_kill(folder, watch, parse_time(state["clock"]))
    assembly = setup.wrap(assembly, watch)
    rerun = read_rerun(folder, state, config, lookbacks(assembly.parts))
    kept = _Kept(folder=folder, state=state, config=config, record=record, rerun=rerun, outside=outside)
    with released(assembly):
        return _run_on(setup, kept, assembly, watch, late)


@attrs.frozen(kw_only=True)
class _Kept:
    """What a session has left behind, checked."""

    folder: Path
    state: dict[str, Any]
    config: SessionConfig
    record: Record
    rerun: Rerun | None
    outside: Outside | None


def _run_on(setup: Setup, kept: _Kept, assembly: Assembly, watch: Watch, late: LateLog) -> Outcome:
    folder, state, config, rerun, outside = kept.folder, kept.state, kept.config, kept.rerun, kept.outside
    lines: list[Line] = []
    if outside is not None:
        read_ahead(outside, folder, kept.record.head)
        lines = survey_again(outside, assembly, config, setup, parse_time(state["clock"]))
    reports = assembly.feed.prepare()
    identity = Identity(
        session_id=state["session_id"],
        name=state["name"],
        seed=state["seed"],
        config_digest=state["config_digest"],
        data_digest=assembly.feed.digest() if rerun is None else state["data_digest"],
        plugins=state["plugins"],
        started_at=state["started_at"],
    )
    if identity.data_digest != state["data_digest"]:
        raise ResumeError(
            f"the bars of session {folder.name} have changed since it began",
            hint="Restore the files of its feed, or start a new session",
        )
    position = Position(
        clock=parse_time(state["clock"]),
        offsets=state["files"],
        head=kept.record.head,
        next_order_id=state["next_settled_order_id"],
        tally=Tally.restored(state["tally"]),
        recorded=None if rerun is None else rerun.recorded,
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
        outside=outside,
    )
    late.runs()
    with watch.signals():
        play = open_stage(stage, position)
        try:
            _set_up(play, kept, lines)
        except BaseException:  # an interrupt too: its files are open
            play.close()
            raise
        return play.run(play.session.sliced_at if play.session.counts.slices else None)


def _set_up(play: Play, kept: _Kept, lines: list[Line]) -> None:
    """Bring a session to where its snapshot stands, as it stands outside, and let it run again.

    Whatever keeps it from going on is found before anything in its folder is changed.
    """
    state, outside, stage = kept.state, kept.outside, play.stage
    restore(play.session, play.recorder, state)
    _warm_up(play, kept.record.unheard, kept.rerun)
    if outside is not None:
        lines += reconcile_again(outside, play.session, stage.config, stage.identity.session_id)
        keep_ahead(stage.setup, kept.folder, state, outside)
    _cut_back(stage.setup, kept.folder, state, kept.rerun)
    if outside is not None:
        _tell_outside(play, outside, lines)
    stage.log.info("session_resumed", at=state["clock"], sequence=state["sequence"])
    if state["status"] == Status.HALTED:
        play.clear_halt()
    if state["status"] != Status.RUNNING or outside is not None:
        _mark_running(play, state["feed"])


def _tell_outside(play: Play, outside: Outside, lines: Sequence[Line]) -> None:
    """Have the journal tell what the venue's survey and the comparison with what stands there have found."""
    stage, recorder = play.stage, play.recorder
    assert isinstance(recorder, OutsideRecorder)
    for line in lines:
        recorder.tell(line)
    if lines:
        log_reconciled(outside, stage.log)
    for warning in outside.notes.warnings:
        stage.log.warning("notice", message=warning)
        stage.setup.tell(warning)


def _refuse_kill(folder: Path, watch: Watch, clock: int) -> None:
    """Refuse to forgive a halt while a kill file would halt the session again at once."""
    watch.look(clock)
    if watch.kill:
        raise ResumeError(
            f"session {folder.name} cannot go on: {watch.kill}",
            hint=f"Remove it, then: logos trade --resume {folder.name} --clear-halt",
        )


def _warm_up(play: Play, unheard: int | None, rerun: Rerun | None) -> None:
    """Rebuild the strategies, and the parts that keep prices, from the bars before the restart.

    The bars at which a session was halted were kept from its strategies. Where such a bar is the last one, a strategy
    may now say something new: that is decided at the next bar, as any other change of a signal.

    Raises
    ------
    ResumeError
        Where a strategy says something else than it did: it depends on more than its look-back.
    """
    stage, clock = play.stage, play.session.sliced_at
    if not play.session.counts.slices and rerun is None:
        return

    def history(symbol: str, count: int) -> Sequence[Bar]:
        if rerun is None:
            return stage.assembly.feed.history(symbol, count, clock)
        return rerun.history(symbol, count)

    symbols = sorted({state.pair.symbol for state in play.session.pairs})
    warm_watchers(watchers_of(play.session.parts), symbols, history)
    for state in play.session.pairs:
        symbol, lookback = state.pair.symbol, state.strategy.lookback
        bars = history(symbol, lookback)
        value = play.session.warm_up(state, bars)
        heard = not bars or unheard is None or bars[-1].timestamp + stage.config.interval > unheard
        if rerun is not None and symbol not in rerun.recorded.taken.symbols:
            continue  # only bars from before the session, whose signals nobody has acted upon
        if heard and value is not None and value != state.value:
            raise ResumeError(
                f"strategy {state.pair.strategy} on {state.pair.symbol} said {state.value} at {time_text(clock)} "
                f"and says {value} when rebuilt from its last {state.strategy.lookback} bars",
                hint="It depends on more than its look-back: see logos strategies check",
            )


def _mark_running(play: Play, feed: dict[str, Any]) -> None:
    """Make safe that the session runs again: after a crash it must not stand halted or paused as before."""
    play.recorder.sync(play.session.orders.by_id)
    state = snapshot(play.stage.identity, play.session, play.recorder, feed, Status.RUNNING.value, play.recording)
    play.stage.setup.disk.replace(play.stage.folder / schemas.STATE_FILE, encode(state))


def _cut_back(setup: Setup, folder: Path, state: dict[str, Any], rerun: Rerun | None) -> None:
    """Cut every growing file back to where it was at the snapshot, and clear away what a crash left half written.

    Of what was recorded of a polled feed only a torn end is cut off: the rest is taken again.
    """
    kept = {} if rerun is None else {schemas.BARS_FILE: rerun.recorded.length}
    for name, length in {**lengths(state), **kept}.items():
        if (folder / name).stat().st_size > length:
            setup.disk.cut(folder / name, length)
    for pattern in _UNFINISHED:
        for path in sorted(folder.glob(pattern)):
            setup.disk.remove(path)
