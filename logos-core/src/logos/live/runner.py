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
from logos.live.pump import Items, Pumping
from logos.live.recorder import SessionRecorder
from logos.live.recording import Recording
from logos.live.snapshot import Identity, encode, snapshot
from logos.live.watch import Watch
from logos.session.machine import Session
from logos.session.polled import Delivery, PolledFeed
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
    """What a runner works with.

    Attributes
    ----------
    recording:
        Keeps what a polled feed hands over; ``None`` where the feed is not polled.
    pump:
        Keeps the session awake while a polled feed is silent.
    """

    session: Session
    feed: Feed
    recorder: SessionRecorder
    recording: Recording | None
    identity: Identity
    disk: Disk
    clock: Clock
    folder: Path
    watch: Watch
    interval: int
    flatten: bool
    cadence: Cadence
    progress: Callable[[Session], None]
    pump: Pumping


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
        watch, recording = self._parts.watch, self._parts.recording
        slices = self._slices(after)
        watch.look(self._session.clock)
        if watch.kill and after is None and recording is None:  # a session that goes on halts at its next slice
            self._session.halt_before_start(watch.kill)
            status = Status.HALTED
        else:
            with quiet_collector():
                status = self._loop(slices, watch)
        if status is Status.HALTED:
            status = self._after_halt(slices)
        elif status is Status.COMPLETED:
            self._session.finish("end_of_data")
        if recording is not None and status is not Status.PAUSED:
            recording.end(self._session.clock)
        return status

    def _slices(self, after: int | None) -> Iterator[Slice]:
        recording = self._parts.recording
        if recording is None:
            with part_at_work("the feed"):
                yield from self._parts.feed.slices(after)
            return
        yield from self._recorded(recording)
        if not recording.ended:
            yield from self._polled(recording, after)

    def _recorded(self, recording: Recording) -> Iterator[Slice]:
        """Yield again what was recorded behind the snapshot: its own kills count there, and none of now."""
        watch = self._parts.watch
        for group in recording.again():
            watch.kill = group.kill
            if group.delivery is not None:
                yield group.delivery.slice
        watch.kill = ""

    def _polled(self, recording: Recording, after: int | None) -> Iterator[Slice]:
        """Yield a polled feed's slices from where the session stands; each is recorded first."""
        feed, watch = self._parts.feed, self._parts.watch
        taken = self._session.sliced_at
        if isinstance(feed, PolledFeed):
            items: Items = feed.deliveries(taken)
        else:
            items = feed.slices(taken if recording.taken.bars else after)
        for item in self._awake(items) if watch.hears else _named(items):
            yield recording.accept(item, "" if self._session.causes else watch.kill)

    def _awake(self, items: Items) -> Items:
        """Yield what a polled feed hands over; while nothing comes, obey the kill file by a tick, end on a pause."""
        watch = self._parts.watch
        watch.look(self._session.clock)
        if watch.kill and not self._session.causes:
            yield Slice(self._session.clock, ())
        for item in () if watch.pause else self._parts.pump(items):
            if item is not None:
                if not (item.slice if isinstance(item, Delivery) else item).bars:
                    watch.look(self._session.clock)
                yield item
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
            now = monotonic()
            if now >= due:
                self._keep(now)
                due = self._flush_due
            if watch.pause and not self._replaying():
                return Status.PAUSED
        return Status.PAUSED if watch.pause and not self._ended() else Status.COMPLETED

    def _ended(self) -> bool:
        """Return whether the record says that the session had come to its end before it was interrupted."""
        return self._parts.recording is not None and self._parts.recording.ended

    def _replaying(self) -> bool:
        """Return whether recorded slices are still to be taken again: a pause waits for them."""
        return self._parts.recording is not None and self._parts.recording.replaying

    def _keep(self, now: float) -> None:
        """Hand over what was collected, look for the kill file, and take a snapshot where one is due."""
        parts = self._parts
        if parts.recording is not None:
            parts.recording.flush()
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
                if self._replaying():
                    continue
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
        if parts.recording is not None:
            parts.recording.sync()
        parts.recorder.sync(self._session.orders.by_id)
        feed = parts.feed.snapshot()
        return snapshot(parts.identity, self._session, parts.recorder, feed, status.value, parts.recording)


def _named(items: Items) -> Items:
    """Yield what a feed hands over; whatever it raises names the feed."""
    while True:
        with part_at_work("the feed"):
            item = next(items, None)
        if item is None:
            return
        yield item


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
