"""The loop: carries slices from the feed to the session, and keeps what happened safe."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts import schemas
from logos.context.clock import Clock
from logos.domain.bars import Slice
from logos.domain.errors import part_at_work
from logos.live.disk import Disk
from logos.live.pump import Pump
from logos.live.recorder import SessionRecorder
from logos.live.snapshot import Identity, encode, snapshot
from logos.live.watch import Watch
from logos.session.machine import Session
from logos.session.seats import Feed

CLOSING_INTERVALS = 2
"""How many intervals a polled session waits for bars that fill its closing orders."""


GARBAGE_THRESHOLD = 50_000
"""How many new objects wake the garbage collector while bars pass; rows wait in their thousands to become text."""


class Status(StrEnum):
    """How a session stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    HALTED = "halted"
    PAUSED = "paused"


@attrs.frozen(kw_only=True)
class Cadence:
    """How often what happened is made safe, in seconds of elapsed time."""

    flush: float = 0.05
    snapshot: float = 2.0


@attrs.frozen(kw_only=True)
class RunnerParts:
    """What a runner works with."""

    session: Session
    feed: Feed
    recorder: SessionRecorder
    identity: Identity
    disk: Disk
    clock: Clock
    folder: Path
    watch: Watch
    interval: int
    flatten: bool
    cadence: Cadence
    progress: Callable[[Session], None]


class Runner:
    """Runs a session to its end, its halt or its pause.

    Parameters
    ----------
    parts:
        What it works with.
    """

    def __init__(self, parts: RunnerParts) -> None:
        self._parts = parts
        self._session = parts.session
        self._monotonic = parts.clock.monotonic
        self._patience_ends = math.inf
        self._flush_due = self._monotonic() + parts.cadence.flush
        self._snapshot_due = self._monotonic() + parts.cadence.snapshot

    def run(self, after: int | None) -> Status:
        """Take every slice later than ``after``; return how the session stands then.

        What the session has done is on disk, but for the closing bundle, which ``finish`` writes.
        """
        watch = self._parts.watch
        slices = self._slices(after)
        watch.look(self._session.clock)
        if watch.kill and after is None:  # a session that goes on halts at its next slice
            self._session.halt_before_start(watch.kill)
            status = Status.HALTED
        else:
            with quiet_collector():
                status = self._loop(slices, watch)
        if status is Status.HALTED:
            return self._after_halt(slices)
        if status is Status.COMPLETED:
            self._session.finish("end_of_data")
        return status

    def _slices(self, after: int | None) -> Iterator[Slice]:
        slices = self._parts.feed.slices(after)
        if self._parts.feed.polled and self._parts.watch.hears:
            yield from self._awake(Pump(slices))
        else:
            with part_at_work("the feed"):
                yield from slices

    def _awake(self, pump: Pump) -> Iterator[Slice]:
        """Yield a polled feed's slices; while none comes, obey the kill file by a tick, and end on a pause."""
        watch = self._parts.watch
        for bars in pump:
            if bars is not None:
                if not bars.bars:
                    watch.look(self._session.clock)
                yield bars
                continue
            self._keep(self._monotonic())
            if watch.pause:
                return
            if watch.kill or self._monotonic() >= self._patience_ends:
                yield Slice(self._session.clock, ())

    def _loop(self, slices: Iterator[Slice], watch: Watch) -> Status:
        advance = self._session.advance
        monotonic = self._monotonic
        due = self._flush_due
        for bars in slices:
            if not advance(bars, watch.kill):
                return Status.HALTED
            if watch.pause:
                return Status.PAUSED
            now = monotonic()
            if now >= due:
                self._keep(now)
                due = self._flush_due
        return Status.PAUSED if watch.pause else Status.COMPLETED

    def _keep(self, now: float) -> None:
        """Hand over what was collected, look for the kill file, and take a snapshot where one is due."""
        parts = self._parts
        parts.recorder.flush()
        parts.watch.look(self._session.clock)
        if now >= self._snapshot_due:
            self.write_snapshot(Status.RUNNING)
            self._snapshot_due = self._monotonic() + parts.cadence.snapshot
        parts.progress(self._session)
        self._flush_due = self._monotonic() + parts.cadence.flush

    def _after_halt(self, slices: Iterator[Slice]) -> Status:
        session = self._session
        if self._parts.flatten and any(state.position for state in session.pairs):
            session.order_closing()
            patience = session.clock + CLOSING_INTERVALS * self._parts.interval
            self._patience_ends = self._monotonic() + CLOSING_INTERVALS * self._parts.interval
            for bars in slices:
                still_open = session.advance_closing(bars)
                if not self._parts.feed.polled or not still_open or bars.clock >= patience:
                    break
                if self._parts.watch.pause or self._monotonic() >= self._patience_ends:
                    break
            session.finish("halted")
        return Status.HALTED

    def write_snapshot(self, status: Status) -> dict[str, Any]:
        """Make everything safe and replace ``state.json``; return what it says."""
        state = self.state(status)
        self._parts.disk.replace(self._parts.folder / schemas.STATE_FILE, encode(state))
        return state

    def state(self, status: Status) -> dict[str, Any]:
        """Make everything safe and return the session as JSON values."""
        parts = self._parts
        parts.recorder.sync(self._session.orders.by_id)
        return snapshot(parts.identity, self._session, parts.recorder, parts.feed.snapshot(), status.value)


@contextmanager
def quiet_collector() -> Iterator[None]:
    """Keep the garbage collector from looking at what is there for good, again and again, while bars pass."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
