"""The feed that polls: fills the seats ``PolledFeed`` and ``HistoryFeed`` over any venue."""

from __future__ import annotations

import concurrent.futures
import hashlib
import queue
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from logos.context.parts import PartContext
from logos.domain.bars import Bar, Slice
from logos.domain.errors import LogosError, PartFailedError
from logos.feeds.config import PollingConfig
from logos.feeds.history import History
from logos.feeds.loop_thread import LoopClosedError, LoopThread
from logos.feeds.polling import Item, Poller
from logos.feeds.retrying import Asker
from logos.feeds.rules import Rules
from logos.feeds.telemetry import Telemetry
from logos.feeds.ticking import CatchUp, CaughtUp, Ticks
from logos.feeds.venue import Venue
from logos.feeds.waiting import PAUSE, Waits
from logos.session.polled import Delivery, Revision
from logos.session.seats import QuarantinedRow, State, SymbolReport


class VenueFeed:
    """Polls a venue for the bars of a session's symbols.

    Nothing is loaded or connected before ``prepare``, or before history is asked for.

    Parameters
    ----------
    source:
        The plugin and the venue, such as ``ccxt:binance``.
    connect:
        Imports the client library and makes the venue.
    """

    polled = True

    def __init__(
        self, config: PollingConfig, context: PartContext, *, source: str, connect: Callable[[], Venue]
    ) -> None:
        self._context = context
        self._rules = Rules.of(config, context.interval)
        self._source = source
        self._connect = connect
        self._telemetry = Telemetry(source, context.symbols, context.interval)
        self._outbox: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._handed_out: dict[str, Sequence[Bar]] = {}
        self._known_until: int | None = None
        self._line: _Line | None = None
        self._closed = False

    def prepare(self) -> Sequence[SymbolReport]:
        """Connect, and let the venue confirm every symbol and the interval.

        Raises
        ------
        FeedError
            Where it does not.
        """
        self._opened()
        return [self._report(symbol) for symbol in self._context.symbols]

    def quarantined(self) -> Iterator[QuarantinedRow]:
        """Yield nothing: no row is known before the session runs."""
        return iter(())

    def digest(self) -> str:
        """Return the digest of no bars: what a polled session was given is told by its own record."""
        return hashlib.sha256(b"").hexdigest()

    def slices(self, after: int | None) -> Iterator[Slice]:
        """Yield the slices of ``deliveries``."""
        for delivery in self.deliveries(after):
            yield delivery.slice

    def deliveries(self, after: int | None) -> Iterator[Delivery]:
        """Yield slices as they are complete, and a tick once a second while none is.

        What closed since ``after`` goes first. No tick goes before each symbol was asked for it and has answered or
        failed, unless nothing at all comes for longer than the time-out.

        Parameters
        ----------
        after:
            The clock of the last bars that were taken. ``None`` begins with the first bar that closes later than now,
            or later than the history that was asked for last.

        Raises
        ------
        LogosError
            Where a part of the feed fails in a way that it is not made for.
        """
        if self._closed:
            return
        line = self._opened()
        catch_up = CatchUp(self._context.symbols, self._context.clock, self._rules)
        following = line.thread.start(line.poller.follow(self._first(after), dict(self._handed_out), catch_up))
        following.add_done_callback(self._tell_end)
        ticks = Ticks(self._context.clock, after or 0, None if after is None else catch_up)
        revisions = list[Revision]()
        while not self._closed:
            item = self._next_item()
            if isinstance(item, LogosError):
                raise item
            if isinstance(item, Revision):
                revisions.append(item)
                continue
            if isinstance(item, CaughtUp):
                ticks.release()
                continue
            delivery = item or ticks.due()
            if delivery is None:
                continue
            ticks.handed_over(delivery)
            yield attrs.evolve(delivery, revisions=tuple(revisions))
            revisions.clear()

    def history(self, symbol: str, count: int, until: int) -> Sequence[Bar]:
        """Return the last ``count`` final bars that closed at or before ``until``, oldest first.

        Raises
        ------
        FeedError
            Where the venue does not answer.
        """
        line = self._opened()
        bars = line.thread.call(line.history.last(symbol, count, until))
        if bars:
            self._handed_out[symbol] = bars[-self._rules.overlap :]
        self._known_until = max(until, self._known_until or until)
        return bars

    def bars_between(self, symbol: str, start: int, end: int) -> Iterator[Sequence[Bar]]:
        """Yield the final bars that open from ``start`` up to, not including, ``end``: a page at a time, oldest first.

        Raises
        ------
        FeedError
            Where the venue does not answer.
        """
        line = self._opened()
        since: int | None = -(-start // self._rules.interval) * self._rules.interval
        while since is not None and since < end:
            bars, since = line.thread.call(line.history.page(symbol, since, end))
            if bars:
                yield bars

    def snapshot(self) -> State:
        """Return freshness and telemetry."""
        return self._telemetry.as_object(self._context.clock.now())

    def status(self) -> str:
        """Return in a few words how fresh the data are, and what fails."""
        return self._telemetry.status(self._context.clock.now())

    def close(self) -> None:
        """End everything for good within a second or two, whatever hangs."""
        self._closed = True
        line, self._line = self._line, None
        if line is not None:
            line.thread.close(line.venue.close())

    def _next_item(self) -> Item | None:
        try:
            return self._outbox.get(timeout=PAUSE)
        except queue.Empty:
            return None

    def _tell_end(self, work: concurrent.futures.Future[Any]) -> None:
        """Tell the session's side what ended a task that should never end."""
        if not work.cancelled() and (error := work.exception()) is not None:
            failure = error if isinstance(error, LogosError) else PartFailedError.of(f"the feed {self._source}", error)
            self._outbox.put(failure)

    def _first(self, after: int | None) -> int:
        """Return the open time of the first bar that is wanted."""
        begin = after
        if begin is None:
            begin = self._context.clock.now() if self._known_until is None else self._known_until
        return begin // self._rules.interval * self._rules.interval

    def _opened(self) -> _Line:
        if self._closed:
            raise LoopClosedError(f"{self._source} was closed already")
        if self._line is None:
            line = self._built()
            try:
                line.thread.call(line.asker.open())
            except BaseException:
                line.thread.close(line.venue.close())
                raise
            self._line = line
        return self._line

    def _built(self) -> _Line:
        context = self._context
        venue, waits = self._connect(), Waits(context.clock)
        asker = Asker(
            source=self._source,
            venue=venue,
            clock=context.clock,
            log=context.log,
            seed=context.seed,
            rules=self._rules,
            waits=waits,
            telemetry=self._telemetry,
        )
        thread = LoopThread(context.log)
        thread.start(waits.keep()).add_done_callback(self._tell_end)
        return _Line(
            thread=thread,
            venue=venue,
            asker=asker,
            history=History(asker=asker, context=context, rules=self._rules),
            poller=Poller(asker, context, self._rules, self._outbox),
        )

    def _report(self, symbol: str) -> SymbolReport:
        has_volume = self._context.instruments[symbol].has_volume
        notes = () if has_volume else ("The asset class reports no volume: fills have no volume cap.",)
        return SymbolReport(symbol=symbol, source=self._source, notes=notes)


@attrs.frozen(kw_only=True)
class _Line:
    """A connection to a venue, and those who work on it."""

    thread: LoopThread
    venue: Venue
    asker: Asker
    history: History
    poller: Poller
