"""Asking a venue: a time-out for each request, and retries with backoff where asking again can help."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import attrs
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_exponential
from tenacity.wait import wait_base

from logos.context.clock import Clock
from logos.context.parts import Log
from logos.context.seed import Seed
from logos.domain.times import time_text
from logos.feeds.errors import FeedError, RateLimitedError, TimedOutError, TransientError
from logos.feeds.rules import FIRST_BACKOFF, LONGEST_BACKOFF, Rules
from logos.feeds.telemetry import Telemetry, words_for
from logos.feeds.venue import Page, Venue
from logos.feeds.waiting import Waits

_Result = TypeVar("_Result")
_NOTABLE_SKEW = 5.0

LONGEST_WAIT = 60.0
"""Seconds that somebody who waits for an answer is kept waiting because the venue asks for it. Polling has no limit."""

AT_ONCE = 6
"""How many requests may be under way together. A client library that keeps a rate limit lets them wait for each other,
and that wait counts as time without an answer: with more, a slow limit would look like a hanging venue."""


@attrs.frozen(kw_only=True)
class Answer:
    """A page, and the clocks when it came.

    Attributes
    ----------
    since, until:
        The open times that were asked for; the second is not among them.
    received_at:
        The machine's wall time at which it was there.
    closed_by:
        What had closed by this time is final: the earlier of the venue's clock and the machine's, when it was asked
        rather than when it answered. An answer that was made up just before a close may arrive, and be dated, after it.
    """

    page: Page
    since: int
    until: int
    received_at: int
    closed_by: float


class SeededBackoff(wait_base):
    """Exponential backoff with jitter from the session's seed: half of it fixed, half of it drawn.

    Parameters
    ----------
    names:
        What the draws are for, such as ``("feed", "BTC-USD")``.
    """

    def __init__(self, seed: Seed, *names: str) -> None:
        self._seed = seed
        self._names = names
        self._drawn = 0
        self._full = wait_exponential(multiplier=FIRST_BACKOFF, max=LONGEST_BACKOFF)

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the seconds to wait; at least what the venue asked for."""
        self._drawn += 1
        share = self._seed.number(*self._names, self._drawn) / 2**64
        wait = self._full(retry_state) * (1 + share) / 2
        error = retry_state.outcome.exception() if retry_state.outcome else None
        asked = error.retry_after if isinstance(error, RateLimitedError) else None
        return max(wait, asked or 0.0)


@attrs.define(kw_only=True, eq=False)
class Asker:
    """Asks one venue for all symbols.

    Attributes
    ----------
    source:
        The plugin and the venue, for errors.
    """

    source: str
    venue: Venue
    clock: Clock
    log: Log
    seed: Seed
    rules: Rules
    waits: Waits
    telemetry: Telemetry
    _backoffs: dict[str, SeededBackoff] = attrs.field(factory=dict, init=False)
    _turns: asyncio.Semaphore = attrs.field(factory=lambda: asyncio.Semaphore(AT_ONCE), init=False)
    _silent_until: float = attrs.field(default=0.0, init=False)
    _skewed: bool = attrs.field(default=False, init=False)

    async def open(self) -> None:
        """Open the venue.

        Raises
        ------
        FeedError
            Where it cannot be opened; at once where asking again cannot help, or not for longer than a minute.
        """

        async def work() -> None:
            await self._timed(self.venue.open(), "opening the venue")

        await self._with_retries("", work, self.rules.retries, LONGEST_WAIT)

    async def ask(
        self, symbol: str, since: int, until: int, *, retries: int | None = None, longest_wait: float = math.inf
    ) -> Answer:
        """Ask for a symbol's candles, as often as it takes.

        Parameters
        ----------
        retries:
            How often to repeat a request that failed; as the config says where it is ``None``.
        longest_wait:
            From how many seconds on a venue that asks to be left alone is not waited for.

        Raises
        ------
        FeedError
            The last failure, with how often and how long it was tried where that was more than once.
        """

        async def work() -> Answer:
            return await self._once(symbol, since, until)

        return await self._with_retries(symbol, work, self.rules.retries if retries is None else retries, longest_wait)

    async def _with_retries(
        self, symbol: str, work: Callable[[], Awaitable[_Result]], retries: int, longest_wait: float
    ) -> _Result:
        began, tried = self.clock.monotonic(), 0

        async def heeding() -> _Result:
            nonlocal tried
            await self.waits.sleep(self._silent_until - self.clock.monotonic())
            tried += 1
            try:
                async with self._turns:
                    return await work()
            except FeedError as error:
                self._failed(symbol, error)
                raise

        retrying = AsyncRetrying(
            sleep=self.waits.sleep,
            stop=stop_after_attempt(retries + 1),
            wait=self._backoffs.setdefault(symbol, SeededBackoff(self.seed, "feed", symbol)),
            retry=retry_if_exception(lambda error: _may_pass(error, longest_wait)),
            before_sleep=lambda state: self._retried(symbol, state),
            reraise=True,
        )
        try:
            result: _Result = await retrying(heeding)
        except TransientError as error:
            _tell_effort(error, tried, self.clock.monotonic() - began)
            raise
        if symbol:
            self.telemetry[symbol].attempt = 0
        return result

    async def _once(self, symbol: str, since: int, until: int) -> Answer:
        record = self.telemetry[symbol]
        record.polls += 1
        sent_at = self.clock.now()
        page = await self._timed(self.venue.candles(symbol, since, until), f"{symbol} from {time_text(since)}")
        received_at = self.clock.now()
        record.bytes += page.size
        self._heard(page.venue_time, sent_at, received_at)
        closed_by = sent_at - self.telemetry.skew.behind
        if page.venue_time is not None:
            closed_by = min(closed_by, page.venue_time)
        self.log.debug("poll", symbol=symbol, since=time_text(since), candles=len(page.candles), bytes=page.size)
        return Answer(page=page, since=since, until=until, received_at=received_at, closed_by=closed_by)

    async def _timed(self, work: Coroutine[Any, Any, _Result], what: str) -> _Result:
        try:
            return await self.waits.within(self.rules.timeout, work)
        except TimeoutError as error:
            raise TimedOutError(self.source, f"no answer within {self.rules.timeout} s ({what})") from error

    def _heard(self, venue_time: float | None, sent_at: int, received_at: int) -> None:
        if venue_time is None:
            return
        skew = self.telemetry.skew
        skew.heard(venue_time, sent_at, received_at)
        notable = abs(skew.seconds or 0.0) >= _NOTABLE_SKEW
        if notable and not self._skewed:
            self.log.warning("clock_skew", source=self.source, seconds=skew.seconds)
        self._skewed = notable

    def _failed(self, symbol: str, error: FeedError) -> None:
        if isinstance(error, RateLimitedError) and error.retry_after:
            # The venue counts requests, not symbols: the others would only prolong it.
            self._silent_until = max(self._silent_until, self.clock.monotonic() + error.retry_after)
        if symbol:
            record = self.telemetry[symbol]
            record.failures += 1
            record.trouble = words_for(error)

    def _retried(self, symbol: str, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if symbol:
            self.telemetry[symbol].retries += 1
            self.telemetry[symbol].attempt = state.attempt_number
        self.log.warning(
            "poll_retried",
            source=self.source,
            symbol=symbol,
            retry=state.attempt_number,
            after_seconds=round(state.upcoming_sleep, 3),
            error=str(error),
        )


def _may_pass(error: BaseException, longest_wait: float) -> bool:
    """Return whether to ask again after an error."""
    asked = error.retry_after if isinstance(error, RateLimitedError) else None
    return isinstance(error, TransientError) and (asked or 0.0) <= longest_wait


def _tell_effort(error: TransientError, tried: int, seconds: float) -> None:
    """Let an error say what was done about it, and what the venue wants."""
    told = [f"asked {tried} times in {seconds:.0f} s"] if tried > 1 else []
    if isinstance(error, RateLimitedError) and error.retry_after:
        told.append(f"the venue wants to be left alone for {error.retry_after:.0f} s")
    if told:
        error.message = f"{error.message} ({'; '.join(told)})"
