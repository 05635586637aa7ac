"""A new session: parts built, data looked at, folder made whole, then run."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from logos import paths
from logos.artifacts import schemas
from logos.assembly.build import Assembly, assemble, part_context
from logos.assembly.surroundings import refuse_kill_files, refuse_unfit
from logos.config.records import SessionConfig
from logos.context.redaction import redact_text
from logos.domain.errors import ResumeError
from logos.domain.times import time_text
from logos.live.appending import Appender
from logos.live.folder import hold, open_log
from logos.live.journal import Head, Journal
from logos.live.late_log import LateLog
from logos.live.outside_session import Outside, begin, enter
from logos.live.outside_told import log_reconciled
from logos.live.record_rows import history_row
from logos.live.recorded_bars import HEADER, History
from logos.live.recorder import empty_tables
from logos.live.recording import Recorded
from logos.live.runner import Status
from logos.live.setup import Outcome, Setup, plugins_of, warnings_of
from logos.live.snapshot import Identity, encode, snapshot
from logos.live.stage import Position, Stage, open_stage
from logos.live.taken import Taken
from logos.live.tally import Tally
from logos.live.warming import ask_history, hear_history, lookbacks
from logos.live.watch import Watch
from logos.session.outside import OutsideBroker
from logos.session.rebalancer import schedule_of
from logos.session.seats import SymbolReport


def start(setup: Setup, config: SessionConfig, *, session_id: str = "") -> Outcome:
    """Run a new session.

    Parameters
    ----------
    session_id:
        The session's name where it is given, as by a replay; else a new one.

    Raises
    ------
    ConfigError, DataError
        Where a part cannot be built or its data cannot be used. No folder is left behind then.
    ResumeError
        Where another program has resumed the session before it began here.
    StorageError
        Where a file cannot be written. Once its folder has its final name, the session can be resumed.
    """
    log = LateLog(setup.tell)
    if setup.feed is None and setup.venue is None:  # else a recorded session is played again
        context = part_context(config, workspace=setup.workspace, clock=setup.clock, log=log)
        refuse_unfit(config, context)
    config, outside = enter(setup, config, log)
    assembly = assemble(
        config,
        workspace=setup.workspace,
        clock=setup.clock,
        log=log,
        feed=setup.feed,
        venue_record=None if outside is None else outside.record,
    )
    watch = setup.watch(setup.workspace, assembly.kill_files)
    if watch.hears:
        refuse_kill_files(setup.workspace, assembly.kill_files, config.guards)
    assembly = setup.wrap(assembly, watch)
    with released(assembly):
        return _start(setup, config, assembly, outside, watch, log, session_id)


@contextmanager
def released(assembly: Assembly) -> Iterator[None]:
    """Let go of a broker's venue, and of a polled feed where a session does not come to close it itself.

    A polled feed works from ``prepare`` on.
    """
    broker = assembly.parts.broker
    try:
        yield
    except BaseException:  # an interrupt too: the feed's thread would go on
        if assembly.feed.polled:
            assembly.feed.close()
        raise
    finally:
        if isinstance(broker, OutsideBroker):
            broker.close()


def _start(
    setup: Setup,
    config: SessionConfig,
    assembly: Assembly,
    outside: Outside | None,
    watch: Watch,
    log: LateLog,
    session_id: str,
) -> Outcome:
    reports = assembly.feed.prepare()
    now = setup.clock.now()
    clock = _first_clock(reports, now)
    opening, recorded = _opening(config, assembly, reports, clock, log)
    hear_history(assembly.parts, [one.bar for one in opening])
    partial, identity = _claim(setup, config, assembly, session_id, now)
    if recorded is not None:
        identity.data_digest = recorded.taken.digest
    folder = setup.sessions / identity.session_id
    stage = Stage(
        setup=setup,
        config=config,
        assembly=assembly,
        identity=identity,
        folder=folder,
        reports=reports,
        warnings=warnings_of(config, setup.registry),
        watch=watch,
        log=log,
        outside=outside,
    )
    with watch.signals():
        try:
            position = _lay_out(attrs.evolve(stage, folder=partial), clock, opening, recorded)
            setup.disk.rename_folder(partial, folder)
        except BaseException:  # an interrupt too: what has no final name yet is not to be found later
            shutil.rmtree(partial, ignore_errors=True)
            raise
        setup.disk.point(paths.latest_session(setup.root), f"sessions/{folder.name}")
        with hold(folder), open_log(setup, folder, identity.session_id) as session_log:
            _refuse_taken(folder, position)
            log.bind(session_log)
            log.runs()
            _report(stage)
            return open_stage(stage, position).run(None)


def _opening(
    config: SessionConfig, assembly: Assembly, reports: Sequence[SymbolReport], clock: int, log: LateLog
) -> tuple[list[History], Recorded | None]:
    """Return the bars from before a polled session, and its record that begins with them."""
    if not assembly.feed.polled:
        return [], None
    wanted = lookbacks(assembly.parts)
    bars = ask_history(assembly.feed, wanted, clock, config.interval, reports, log)
    opening = [History(bar, origin, history_row(bar, origin, clock, config.interval)) for bar, origin in bars]
    taken = Taken(config.interval)
    for one in opening:
        taken.add(one)
    return opening, Recorded(taken=taken, length=taken.length, reports=reports)


def _refuse_taken(folder: Path, position: Position) -> None:
    """Refuse a session that another program has resumed since its folder took its name."""
    lengths = {**position.offsets, schemas.JOURNAL_FILE: position.head.length}
    if any((folder / name).stat().st_size != length for name, length in lengths.items()):
        raise ResumeError(
            f"session {folder.name} was resumed by another program before it began here",
            hint="See how it stands with: logos sessions list",
        )


def _claim(setup: Setup, config: SessionConfig, assembly: Assembly, session_id: str, now: int) -> tuple[Path, Identity]:
    """Reserve a session id by making the folder under its first, hidden name."""
    stamp = time_text(now).translate(str.maketrans("T", "-", ":-Z"))
    stem = session_id or f"{stamp}-{config.session.name}"
    name, number = stem, 1
    while not _is_free(setup, name):
        number += 1
        name = f"{stem}-{number}"
    identity = Identity(
        session_id=name,
        name=config.session.name,
        seed=config.session.seed,
        config_digest=config.digest,
        data_digest=assembly.feed.digest(),
        plugins=plugins_of(config),
        started_at=time_text(now),
    )
    return _partial(setup, name), identity


def _is_free(setup: Setup, name: str) -> bool:
    return not (setup.sessions / name).exists() and setup.disk.claim_folder(_partial(setup, name))


def _partial(setup: Setup, name: str) -> Path:
    return setup.sessions / f".{name}.new"


def _lay_out(stage: Stage, clock: int, opening: Sequence[History], recorded: Recorded | None) -> Position:
    """Write everything that a session needs to be resumed, before its first bar."""
    disk, folder = stage.setup.disk, stage.folder
    disk.make_folder(folder / "logs")
    disk.make_folder(folder / "plots")
    outside = stage.outside
    tables = empty_tables(list(stage.assembly.feed.quarantined()))
    if outside is not None:
        disk.replace(folder / schemas.VENUE_FILE, outside.file.content)
        if outside.dry_run:
            tables[schemas.ORDERS_FILE] = schemas.header(schemas.DRY_RUN_ORDER_COLUMNS).encode()
    if schedule_of(stage.assembly.parts.allocator) is not None:
        tables[schemas.WEIGHTS_FILE] = schemas.header(schemas.WEIGHT_COLUMNS).encode()
    offsets = {name: len(content) for name, content in tables.items() if name != schemas.QUARANTINE_FILE}
    for name, content in tables.items():
        disk.replace(folder / name, content)
    disk.replace(folder / schemas.CONFIG_FILE, stage.config.to_yaml().encode())
    if recorded is not None:
        disk.replace(folder / schemas.BARS_FILE, HEADER + b"".join(one.raw for one in opening))
        offsets[schemas.BARS_FILE] = recorded.length
    position = Position(
        clock=clock,
        offsets=offsets,
        head=_first_line(stage, clock),
        next_order_id=1,
        tally=Tally(),
        recorded=recorded,
    )
    play = open_stage(stage, position)
    try:
        feed = stage.assembly.feed.snapshot()
        state = snapshot(stage.identity, play.session, play.recorder, feed, Status.RUNNING.value, play.recording)
        disk.replace(folder / schemas.STATE_FILE, encode(state))
    finally:
        play.close()
    return position


def _first_clock(reports: Sequence[SymbolReport], now: int) -> int:
    """Return where the clock stands before the first slice: at the open of the first bar, or now for a polled feed."""
    firsts = [report.first for report in reports if report.first is not None]
    return min(firsts) if firsts else now


def _first_line(stage: Stage, clock: int) -> Head:
    identity = stage.identity
    file = Appender(stage.setup.disk, stage.folder / schemas.JOURNAL_FILE, 0)
    outside = stage.outside
    journal = Journal(file, Head()) if outside is None else outside.journal(file, Head())
    values = {
        "session_id": identity.session_id,
        "name": identity.name,
        "seed": identity.seed,
        "config_digest": identity.config_digest,
        "config_sha256": hashlib.sha256(stage.config.to_yaml().encode()).hexdigest(),
        "data_digest": identity.data_digest,
        "plugins": identity.plugins,
    }
    if outside is not None:
        values[schemas.VENUE_DIGEST] = outside.file.digest
    journal.append(clock, "session_started", values)
    if outside is not None:
        for line in begin(outside, stage.assembly, stage.config, identity.session_id, clock):
            journal.append(*line)
            outside.notes.hear(line)
    head = journal.head
    file.sync()
    file.close()
    return head


def _report(stage: Stage) -> None:
    """Say what acts in the session and what was found in its data, to the operator and to the log."""
    parts = ", ".join(f"{part['kind']} {part['name']}" for part in stage.identity.plugins)
    stage.log.info("session_started", plugins=stage.identity.plugins, seed=stage.identity.seed)
    stage.setup.tell(f"Acting: {parts}")
    told = () if stage.outside is None else stage.outside.notes.warnings
    if stage.outside is not None:
        log_reconciled(stage.outside, stage.log)
    for warning in (*stage.warnings, *told, *data_notes(stage.reports)):
        stage.log.warning("notice", message=warning)
        stage.setup.tell(warning)


def data_notes(reports: Sequence[SymbolReport]) -> list[str]:
    """Return what was found out about the data, a sentence for all the symbols that it is true of."""
    symbols_of: dict[str, list[str]] = {}
    for report in reports:
        for note in report.notes:
            symbols_of.setdefault(note, []).append(report.symbol)
        if report.quarantined:
            note = f"{report.quarantined:,} rows quarantined, see {schemas.QUARANTINE_FILE}"
            symbols_of.setdefault(note, []).append(report.symbol)
    return [f"{', '.join(symbols)}: {redact_text(note)}" for note, symbols in symbols_of.items()]
