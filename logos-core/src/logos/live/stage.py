"""A session on the stage: its folder opened, its parts seated, ready to run; and how it leaves."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts import schemas
from logos.artifacts.session_md import render
from logos.artifacts.summary import SessionSummary
from logos.artifacts.venue_md import AtVenue
from logos.assembly.build import Assembly
from logos.config.records import SessionConfig
from logos.context.parts import Log
from logos.domain.errors import StorageError
from logos.domain.events import BrokerEvent
from logos.domain.money import text_of
from logos.domain.times import time_text
from logos.live.event_recorder import RecorderParts
from logos.live.figures import Ending, summarise, with_feed
from logos.live.journal import Head
from logos.live.outside_recorder import OutsideRecorder
from logos.live.outside_session import Outside, warnings_at_end, with_outside
from logos.live.outside_told import UnknownOrders, session_at_venue
from logos.live.recorder import SessionRecorder
from logos.live.recording import Recorded, Recording
from logos.live.runner import Runner, RunnerParts, Status
from logos.live.setup import EXIT_DONE, EXIT_STOPPED, Outcome, Setup, told_cause
from logos.live.snapshot import Identity, encode
from logos.live.tally import Tally, add
from logos.live.watch import Watch
from logos.live.written_ahead import tell_lost
from logos.plugins.observers import Observers
from logos.session.machine import Session
from logos.session.rebalancer import never_decided
from logos.session.seats import SymbolReport


@attrs.frozen(kw_only=True)
class Position:
    """Where a session's files stand when it is opened.

    Attributes
    ----------
    recorded:
        What was recorded of a polled feed; ``None`` where the feed is not polled.
    """

    clock: int
    offsets: dict[str, int]
    head: Head
    next_order_id: int
    tally: Tally
    recorded: Recorded | None = None


@attrs.frozen(kw_only=True)
class Stage:
    """What a session is opened with.

    Attributes
    ----------
    reports:
        What the feed has found out about its data.
    warnings:
        What an operator must be told, again at the end.
    outside:
        What the broker has outside this process; ``None`` where it has nothing there.
    """

    setup: Setup
    config: SessionConfig
    assembly: Assembly
    identity: Identity
    folder: Path
    reports: Sequence[SymbolReport]
    warnings: tuple[str, ...]
    watch: Watch
    log: Log
    outside: Outside | None = None


@attrs.frozen(kw_only=True)
class Play:
    """A session opened in its folder, ready to run."""

    stage: Stage
    session: Session
    recorder: SessionRecorder
    recording: Recording | None
    observers: Observers
    unknown: UnknownOrders | None = None

    def clear_halt(self) -> None:
        """Forgive the halt: each guard starts anew from here, and the journal says so."""
        at, causes = time_text(self.session.clock), self.session.causes
        self.session.causes = ()
        cleared = self.session.parts.guards.clear_halt(self.session)
        told = self.recorder.tally.cleared
        told.extend(f"{at}: halted by {cause.guard}: {cause.reason}. Cleared" for cause in causes)
        for cause in causes:
            add(self.recorder.tally.forgiven, cause.guard)
        told.extend(f"{at}: {guard}: {text}" for guard, text in cleared)
        changes = [{"guard": guard, "change": text} for guard, text in cleared]
        self.recorder.journal.append(self.session.clock, "halt_cleared", {"changes": changes})

    def run(self, after: int | None) -> Outcome:
        """Run the session from a clock on, write what belongs to its end, and say how it stands."""
        stage = self.stage
        self._load_plotting()
        runner = Runner(self._runner_parts())
        if self.unknown is not None:
            self.unknown.begin()
        try:
            self.observers.emit("logos_session_started", session=self.session)
            status = runner.run(after)
            self._tell_halt(status)
            self._conclude(runner, status)
        except Exception as error:
            lines = traceback.format_exception(error)
            stage.log.error("session_broken", error=str(error), traceback="".join(lines))  # noqa: TRY400 -- raised on
            raise
        finally:
            self.close()
            stage.assembly.feed.close()
        outcome = self._outcome(status)
        stage.log.info("session_stopped", status=status.value, equity=outcome.equity, bars=outcome.bars)
        self.observers.emit("logos_session_finished", session=self.session, outcome=outcome.as_object())
        for plugin, count in self.observers.failures.items():
            stage.setup.tell(f"Observer {plugin} failed {count} times: {schemas.LOG_FILE} says how")
        return outcome

    def close(self) -> None:
        """Close the session's files."""
        if self.recording is not None:
            self.recording.close()
        self.recorder.close()

    def _runner_parts(self) -> RunnerParts:
        return RunnerParts(
            session=self.session,
            feed=self.stage.assembly.feed,
            recorder=self.recorder,
            recording=self.recording,
            identity=self.stage.identity,
            disk=self.stage.setup.disk,
            clock=self.stage.setup.clock,
            folder=self.stage.folder,
            watch=self.stage.watch,
            interval=self.stage.config.interval,
            flatten=self.stage.config.session.flatten,
            cadence=self.stage.setup.cadence,
            progress=self.stage.setup.progress,
            pump=self.stage.setup.pump,
        )

    def _load_plotting(self) -> None:
        """Load the plotting library before the first bar: a halt has one second to leave everything written."""
        from logos.artifacts import plots  # noqa: F401, PLC0415

    def _tell_halt(self, status: Status) -> None:
        if status is Status.HALTED:
            causes = [told_cause(cause) for cause in self.session.causes]
            self.stage.log.warning("session_halted", causes=causes)
            self.observers.emit("logos_session_halted", session=self.session, causes=causes)

    def _conclude(self, runner: Runner, status: Status) -> SessionSummary:
        """Write the closing bundle; ``state.json`` comes last, so that a crash before it is resumed as a crash."""
        ended = status in (Status.COMPLETED, Status.HALTED)
        if self.stage.outside is not None and isinstance(self.recorder, OutsideRecorder):
            tell_lost(self.stage.outside, self.session, self.recorder, self.stage.log, ended=ended)
        if ended:
            self.recorder.journal.append(self.session.clock, "session_finished", {"status": status.value})
        state = runner.state(status)
        if ended:
            self.recorder.add_positions(self._closing_positions())
            self.recorder.flush()
        identity, reports = self.stage.identity, self.stage.reports
        if self.recording is not None:
            identity = attrs.evolve(identity, data_digest=self.recording.taken.digest)
            reports = self.recording.reports()
        summary = summarise(identity, self.session, self.recorder, reports, self._ending(status))
        if self.recording is not None:
            summary = with_feed(summary, self.recording.taken, self.stage.config.interval, state["feed"])
        if self.stage.outside is not None:
            summary = attrs.evolve(with_outside(summary, self.stage.outside), at_venue=self._at_venue())
        self._draw()
        self.stage.setup.disk.replace(self.stage.folder / schemas.SUMMARY_FILE, render(summary).encode())
        self.stage.setup.disk.replace(self.stage.folder / schemas.STATE_FILE, encode(state))
        return summary

    def _closing_positions(self) -> str:
        """Return a row for every held symbol that has none at this clock yet."""
        clock = self.session.clock
        return "".join(
            self.recorder.position_text(clock, holding)
            for holding in self.session.account.holdings()
            if holding.lots.quantity and holding.instrument.symbol not in self.session.desk.recorded_at(clock)
        )

    def _draw(self) -> None:
        from logos.artifacts.plots import draw_equity  # noqa: PLC0415

        try:
            draw_equity(
                self.stage.folder / schemas.ACCOUNT_FILE,
                self.stage.folder / schemas.EQUITY_PLOT_FILE,
                title=self.stage.config.session.name,
                currency=self.stage.config.account.currency,
            )
        except OSError as error:
            raise StorageError(
                f"cannot write {schemas.EQUITY_PLOT_FILE}: {error.strerror or error}",
                hint="Mend the disk and resume the session",
            ) from error

    def _ending(self, status: Status) -> Ending:
        return Ending(
            status=status.value,
            exit_code=exit_code(status.value),
            path=relative(self.stage.folder, self.stage.setup.root),
            ended_at=time_text(self.stage.setup.clock.now()),
            warnings=(*self.stage.warnings, *self._outside_warnings(status)),
            guards=tuple(self.stage.config.resolved["guards"]),
        )

    def _outside_warnings(self, status: Status) -> Sequence[str]:
        outside = self.stage.outside
        ended = status in (Status.COMPLETED, Status.HALTED)
        return () if outside is None else tuple(warnings_at_end(outside, self.session, ended=ended))

    def _at_venue(self) -> AtVenue | None:
        outside = self.stage.outside
        return None if outside is None else session_at_venue(outside, self.session, self.recorder.tally)

    def _outcome(self, status: Status) -> Outcome:
        books, counts = self.session.account, self.session.counts
        return Outcome(
            session_id=self.stage.identity.session_id,
            path=relative(self.stage.folder, self.stage.setup.root),
            status=status.value,
            exit_code=exit_code(status.value),
            causes=self.session.causes,
            currency=books.currency,
            starting_cash=text_of(books.starting_cash, books.decimals),
            bars=counts.bars,
            orders=counts.orders,
            fills=counts.fills,
            blocked=counts.blocked,
            equity=text_of(books.equity, books.decimals),
            realized_pnl=text_of(books.realized, books.decimals),
            unrealized_pnl=text_of(books.unrealized, books.decimals),
            fees=text_of(books.fees, books.decimals),
            at_venue=self._at_venue(),
            warnings=never_decided(self.session.rebalancer) if counts.slices and status is not Status.PAUSED else (),
        )


def exit_code(status: str) -> int:
    """Return what the program ends with for a session's status."""
    return EXIT_DONE if status == Status.COMPLETED else EXIT_STOPPED


def relative(path: Path, workspace: Path) -> str:
    """Return a path as it is printed: relative to the workspace where it lies in it."""
    return path.relative_to(workspace).as_posix() if path.is_relative_to(workspace) else path.as_posix()


def open_stage(stage: Stage, position: Position) -> Play:
    """Open a session's files where they stand, and seat its parts."""
    session_of: list[Session] = []
    unknown_of: list[UnknownOrders] = []

    def report(plugin: str, hook: str, error: Exception) -> None:
        stage.log.error("observer_failed", plugin=plugin, hook=hook, error=f"{type(error).__name__}: {error}")

    observers = stage.setup.observers.reporting_to(report)

    def observe(event: BrokerEvent) -> None:
        if unknown_of:
            unknown_of[0].heard(event)
        observers.emit("logos_order_event", session=session_of[0], event=event)

    parts = stage.assembly.parts
    recorded = RecorderParts(
        disk=stage.setup.disk,
        folder=stage.folder,
        books=parts.books,
        offsets=position.offsets,
        head=position.head,
        next_order_id=position.next_order_id,
        tally=position.tally,
        observe=observe,
    )
    recorder = SessionRecorder(recorded) if stage.outside is None else stage.outside.recorder(recorded)
    session = Session(session_id=stage.identity.session_id, parts=parts, recorder=recorder, clock=position.clock)
    session_of.append(session)
    if stage.outside is not None:
        unknown_of.append(UnknownOrders(session, stage.log))
    recording = None
    if position.recorded is not None:
        recording = Recording(
            disk=stage.setup.disk,
            folder=stage.folder,
            interval=stage.config.interval,
            instruments=stage.config.instruments,
            recorded=position.recorded,
            source=stage.config.feed.plugin,
            now=stage.setup.clock.now,
            journal=recorder.journal,
            log=stage.log,
        )
    return Play(
        stage=stage,
        session=session,
        recorder=recorder,
        recording=recording,
        observers=observers,
        unknown=unknown_of[0] if unknown_of else None,
    )


def outcome_of_state(state: dict[str, Any], path: str, causes: tuple[Any, ...], at_venue: AtVenue | None) -> Outcome:
    """Return the outcome of a session that is not run again, from its snapshot."""
    account, counts = state["account"], state["counts"]
    return Outcome(
        session_id=state["session_id"],
        path=path,
        status=state["status"],
        exit_code=exit_code(state["status"]),
        causes=causes,
        currency=account["currency"],
        starting_cash=account["starting_cash"],
        bars=counts["bars"],
        orders=counts["orders"],
        fills=counts["fills"],
        blocked=counts["blocked"],
        equity=account["equity"],
        realized_pnl=account["realized_pnl"],
        unrealized_pnl=account["unrealized_pnl"],
        fees=account["fees"],
        at_venue=at_venue,
    )
