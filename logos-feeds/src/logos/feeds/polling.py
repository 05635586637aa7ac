"""Polls a venue, each symbol in a task of its own, so that what hangs or fails for one touches no other."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Awaitable, Callable, Sequence

from logos.context.parts import Log, PartContext
from logos.domain.bars import Bar
from logos.domain.errors import LogosError, PartFailedError
from logos.domain.times import time_text
from logos.feeds.assembling import Assembler
from logos.feeds.circuit import Circuit, CircuitState
from logos.feeds.errors import PermanentError, TransientError, UnsupportedError
from logos.feeds.page_reading import UNFINISHED, DroppedCandle, off_tick_error
from logos.feeds.retrying import Answer, Asker
from logos.feeds.rules import Rules
from logos.feeds.symbol_track import SymbolTrack, Taken
from logos.feeds.telemetry import STOPPED, SymbolTelemetry
from logos.feeds.ticking import CatchUp, CaughtUp
from logos.feeds.waiting import PAUSE
from logos.session.polled import Delivery, Origin, Revision

Item = Delivery | Revision | LogosError | CaughtUp
"""What the poller hands to the session's side: a slice, a correction, what ended a task, or the end of catching up."""

_SUMMARY_EVERY = 60

_REFUSALS = 3
"""After how many refusals in a row a symbol that was answered before is polled no more."""


class Poller:
    """Follows the symbols of a session.

    Parameters
    ----------
    asker:
        Asks the venue.
    outbox:
        Where slices, corrections and failures go.
    """

    def __init__(self, asker: Asker, context: PartContext, rules: Rules, outbox: queue.SimpleQueue[Item]) -> None:
        self._asker = asker
        self._context = context
        self._clock = context.clock
        self._log = context.log
        self._rules = rules
        self._outbox = outbox
        self._telemetry = asker.telemetry
        self._circuits = {symbol: Circuit(rules.circuit_failures, rules.circuit_pause) for symbol in context.symbols}
        self._tracks: dict[str, SymbolTrack] = {}
        self._assembler = Assembler({}, rules, 0)
        self._revisions: list[Revision] = []
        self._failing: dict[str, float] = {}
        self._refusals: dict[str, int] = {}
        self._stopped: set[str] = set()
        self._answering_since = context.clock.monotonic()
        self._catch_up = CatchUp((), context.clock, rules)

    async def follow(self, first: int, handed_out: dict[str, Sequence[Bar]], catch_up: CatchUp) -> None:
        """Poll every symbol until cancelled.

        Parameters
        ----------
        first:
            Open time of the first bar that is wanted.
        handed_out:
            The history that the session has had, by symbol.
        catch_up:
            Is told how far the first round of polls has come.
        """
        self._catch_up = catch_up
        for symbol in self._context.symbols:
            instrument = self._context.instruments[symbol]
            calendar = self._context.calendar(instrument)
            bars = handed_out.get(symbol, ())
            # A venue that lags had not published the last bars when history was asked for: they come first.
            begin = min(first, bars[-1].timestamp + self._rules.interval) if bars else first
            self._tracks[symbol] = SymbolTrack(instrument, self._rules, calendar, begin)
            self._tracks[symbol].remember(bars)
        begins = min(track.first for track in self._tracks.values())
        self._assembler = Assembler(self._tracks, self._rules, begins - self._rules.interval)
        works: dict[str, Callable[[], Awaitable[None]]] = {
            f"the polling of {symbol}": lambda symbol=symbol: self._poll(symbol)  # type: ignore[misc]
            for symbol in self._tracks
        }
        works |= {"the assembling of slices": self._assemble, "the summary": self._summarise}
        await asyncio.gather(*(self._guarded(what, work) for what, work in works.items()))

    async def _guarded(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        """Let no task die in silence."""
        try:
            await work()
        except LogosError as error:
            self._outbox.put(error)
        except Exception as error:  # noqa: BLE001 -- handed on, and raised where the session runs
            self._outbox.put(PartFailedError.of(f"the feed {self._telemetry.source}, {what}", error))

    # -- one symbol ------------------------------------------------------------------------------------------------

    async def _poll(self, symbol: str) -> None:
        track = self._tracks[symbol]
        while True:
            await self._until_due(track)
            await self._until_allowed(symbol)
            try:
                await self._ask_for_all(symbol, track)
            except TransientError as error:
                self._count_failure(symbol, error)
            except PermanentError as error:
                self._catch_up.answered(symbol)
                if self._is_final(symbol, error):
                    self._stop(symbol, error)
                    return
            else:
                self._count_success(symbol)
            self._catch_up.answered(symbol)
            track.asked_at = self._clock.now()

    async def _until_due(self, track: SymbolTrack) -> None:
        while True:
            now = self._clock.now()
            track.pass_closed(now)
            due = track.due(now, self._telemetry.skew.behind)
            if due <= now:
                return
            await self._asker.waits.sleep(min(due - now, self._rules.interval))

    async def _until_allowed(self, symbol: str) -> None:
        circuit = self._circuits[symbol]
        while circuit.state(self._clock.monotonic()) is CircuitState.OPEN:
            assert circuit.next_attempt_at is not None  # it is open
            await self._asker.waits.sleep(circuit.next_attempt_at - self._clock.monotonic())
        self._telemetry[symbol].circuit = circuit.state(self._clock.monotonic()).value

    async def _ask_for_all(self, symbol: str, track: SymbolTrack) -> None:
        """Ask from the first interval that is not settled up to now, in as many pages as it takes."""
        interval = self._rules.interval
        now = max(self._clock.now(), int(self._clock.now() + (self._telemetry.skew.seconds or 0)))
        end = (now // interval + 1) * interval
        begin = track.begin_of_request()
        since: int | None = begin
        probing = self._circuits[symbol].state(self._clock.monotonic()) is CircuitState.HALF_OPEN
        while since is not None and since < end:
            until = min(end, since + self._asker.venue.page_candles * interval)
            try:
                answer = await self._asker.ask(symbol, since, until, retries=0 if probing else None)
            except UnsupportedError:
                since = begin = await self._kept_from(symbol, since, end)
                self._tell(symbol, track.pass_over(since))
                continue
            self._is_back(symbol)
            self._hand_on(symbol, answer, track.take(answer, begin))
            self._catch_up.heard()
            since = next_page(answer, interval)

    async def _kept_from(self, symbol: str, refused: int, end: int) -> int:
        """Return the first open time that a venue answers for, where it refuses an earlier one as too far back.

        Raises
        ------
        FeedError
            Where it refuses the newest one too: that is not for its age.
        """
        interval = self._rules.interval
        kept = end - interval
        await self._asker.ask(symbol, kept, end)
        while kept - refused > interval:
            middle = refused + (kept - refused) // 2 // interval * interval
            try:
                await self._asker.ask(symbol, middle, middle + interval)
            except UnsupportedError:
                refused = middle
            else:
                kept = middle
            self._catch_up.heard()
        return kept

    def _is_final(self, symbol: str, error: PermanentError) -> bool:
        """Return whether a refusal is to be believed: a venue that has answered so far may be wrong about it once."""
        self._refusals[symbol] = self._refusals.get(symbol, 0) + 1
        if isinstance(error, UnsupportedError) or self._refusals[symbol] >= _REFUSALS:
            return True
        self._failing.setdefault(symbol, self._clock.monotonic())
        self._log.warning("poll_refused", source=self._telemetry.source, symbol=symbol, error=str(error))
        return False

    def _is_back(self, symbol: str) -> None:
        """Take note of an answer. The first of a venue that had failed altogether gives the others their time too."""
        if len(self._failing) == len(self._tracks):
            self._answering_since = self._clock.monotonic()
        self._failing.pop(symbol, None)
        self._refusals.pop(symbol, None)

    def _excused(self) -> list[str]:
        """Return the symbols that have failed for longer than the patience, others having been answered meanwhile."""
        since = self._clock.monotonic() - self._rules.patience
        return [symbol for symbol, at in self._failing.items() if max(at, self._answering_since) < since]

    def _count_failure(self, symbol: str, error: TransientError) -> None:
        self._failing.setdefault(symbol, self._clock.monotonic())
        self._log.warning("poll_failed", source=self._telemetry.source, symbol=symbol, error=str(error))
        circuit = self._circuits[symbol]
        if circuit.failed(self._clock.monotonic()):
            self._telemetry[symbol].circuit = CircuitState.OPEN.value
            self._log.warning("circuit", symbol=symbol, state="open", pause_seconds=self._rules.circuit_pause)

    def _count_success(self, symbol: str) -> None:
        self._telemetry[symbol].trouble = ""
        self._telemetry[symbol].circuit = CircuitState.CLOSED.value
        if self._circuits[symbol].succeeded():
            self._log.warning("circuit", symbol=symbol, state="closed")

    def _stop(self, symbol: str, error: PermanentError) -> None:
        """Poll a symbol no more; whether the session can do without it is for its guards to say."""
        self._telemetry[symbol].trouble = STOPPED
        self._assembler.leave_out(symbol)
        self._log.error("symbol_stopped", source=self._telemetry.source, symbol=symbol, error=str(error))
        self._stopped.add(symbol)
        if len(self._stopped) == len(self._tracks):
            self._outbox.put(error)  # nothing is left that could bring a bar

    # -- what an answer brought ------------------------------------------------------------------------------------

    def _hand_on(self, symbol: str, answer: Answer, taken: Taken) -> None:
        if taken.off_tick and self._rules.refuse_off_tick:
            self._tell(symbol, taken)
            raise off_tick_error(self._telemetry.source, self._context.instruments[symbol], taken.off_tick[0])
        origin = Origin(source=self._telemetry.source, fetched_at=answer.received_at)
        for bar in taken.bars:
            if not self._assembler.add(bar, origin, self._clock.monotonic()):
                taken.filled.discard(bar.timestamp)
                self._tracks[symbol].came_late(bar)
                self._telemetry[symbol].dropped["late"] += 1
                self._log.warning(
                    "late_bar", symbol=symbol, bar=time_text(bar.timestamp), reason="the slice of its time has gone"
                )
        self._tell(symbol, taken)
        self._revisions += [Revision(delivered=old, revised=new, origin=origin) for old, new in taken.revisions]
        self._release()

    def _tell(self, symbol: str, taken: Taken) -> None:
        record = self._telemetry[symbol]
        record.off_tick += len(taken.off_tick)
        record.filled += len(taken.filled)
        tell_dropped(self._log, record, symbol, taken.dropped)
        if taken.gaps:
            record.gaps += len(taken.gaps)
            self._log.warning(
                "gap",
                symbol=symbol,
                first=time_text(taken.gaps[0]),
                last=time_text(taken.gaps[-1]),
                intervals=len(taken.gaps),
                filled=len(taken.filled),
            )

    # -- slices ----------------------------------------------------------------------------------------------------

    async def _assemble(self) -> None:
        """Hand over what patience has run out for, and what a market's closing has settled."""
        while True:
            now = self._clock.now()
            for track in self._tracks.values():
                track.pass_closed(now)
            self._release()
            if self._catch_up.ends(self._assembler.waits_until(self._catch_up.began)):
                self._outbox.put(CaughtUp())
            await asyncio.sleep(PAUSE)

    def _release(self) -> None:
        for one in self._assembler.ready(self._clock.monotonic(), self._excused()):
            for bar, origin in zip(one.delivery.slice.bars, one.delivery.origins, strict=True):
                record = self._telemetry[bar.symbol]
                record.last_bar = bar.timestamp
                record.received_at = origin.fetched_at
                record.bars += 1
                record.forward_filled += bar.forward_filled
            if one.missing:
                at = time_text(one.delivery.slice.clock)
                self._log.warning("slice_incomplete", clock=at, missing=list(one.missing))
            self._outbox.put(one.delivery)
        gone = [one for one in self._revisions if one.delivered.timestamp <= self._assembler.delivered]
        for revision in sorted(gone, key=lambda one: (one.delivered.symbol, one.delivered.timestamp)):
            self._revisions.remove(revision)
            self._telemetry[revision.delivered.symbol].revisions += 1
            self._log.warning("revision", **described(revision))
            self._outbox.put(revision)

    async def _summarise(self) -> None:
        while True:
            await self._asker.waits.sleep(max(_SUMMARY_EVERY, self._rules.interval))
            self._log.info("feed", **self._telemetry.as_object(self._clock.now()))


def next_page(answer: Answer, interval: int) -> int | None:
    """Return the open time that the page after an answer begins at; ``None`` where nothing further had closed by then.

    A venue may send fewer candles than fit between the two times: what lies behind its newest one is asked for again.
    What closes between two pages belongs to neither: it was unfinished in the first, and would lie before the second.
    """
    stamps = [one.timestamp for one in answer.page.candles if answer.since <= one.timestamp < answer.until]
    newest = max(stamps, default=answer.until) // interval * interval
    begin = min(answer.until, newest + interval)
    return begin if begin + interval <= answer.closed_by else None


def tell_dropped(log: Log, record: SymbolTelemetry, symbol: str, dropped: Sequence[DroppedCandle]) -> None:
    """Count candles that were left out, and log each but the unfinished ones, which every answer ends with."""
    for one in dropped:
        record.dropped[one.reason] += 1
        if one.reason != UNFINISHED:
            log.warning("candle_dropped", symbol=symbol, at=time_text(one.at), reason=one.reason, detail=one.detail)


def described(revision: Revision) -> dict[str, str]:
    """Return a revision as the log tells it."""
    bars = {"delivered": revision.delivered, "revised": revision.revised}
    texts = {}
    for name, bar in bars.items():
        prices = (bar.instrument.price_text(price) for price in (bar.open, bar.high, bar.low, bar.close))
        texts[name] = " ".join((*prices, bar.instrument.quantity_text(bar.volume)))
    delivered = revision.delivered
    return {"symbol": delivered.symbol, "bar": time_text(delivered.timestamp), **texts}
