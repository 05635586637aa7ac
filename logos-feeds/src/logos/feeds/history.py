"""A venue's past: the last bars before a moment, and all bars between two, page by page."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from logos.context.parts import PartContext
from logos.data.calendars import MarketCalendar
from logos.domain.bars import Bar
from logos.feeds.candles import CandleReader
from logos.feeds.errors import UnsupportedError
from logos.feeds.page_reading import Reading, is_open, off_tick_error, read_page, repeated
from logos.feeds.polling import next_page, tell_dropped
from logos.feeds.retrying import LONGEST_WAIT, Answer, Asker
from logos.feeds.rules import Rules

_EMPTY_PAGES = 3
"""How many pages in a row without a bar, the market open, mean that the venue's history begins later."""

_FURTHEST = 366 * 86_400
"""How long a market may be closed before nothing earlier is looked for, in seconds."""


@attrs.frozen(kw_only=True)
class History:
    """Loads history of any length. A bar is the very bar that polling would have brought."""

    asker: Asker
    context: PartContext
    rules: Rules

    async def last(self, symbol: str, count: int, until: int) -> list[Bar]:
        """Return the last ``count`` bars that closed at or before a moment, oldest first; fewer where that is all.

        Closed markets are passed over by their calendar. Gaps are filled forward where the config says so.

        Raises
        ------
        FeedError
            Where the venue does not answer.
        """
        interval = self.rules.interval
        end = until // interval * interval
        bars = await self._newest(symbol, count, end) if count > 0 else []
        empty = 0
        begin = bars[0].timestamp if bars else end - self._span(count)
        while len(bars) < count and empty < _EMPTY_PAGES:
            begin = self._open_end(symbol, begin)
            since = begin - self._span(count - len(bars))
            try:
                found, _ = await self._page(symbol, since, begin)
            except UnsupportedError:
                if not bars:
                    raise
                break  # so far back, the venue keeps nothing
            empty = 0 if found else empty + 1
            bars = self._joined(symbol, found, bars, end)
            begin = found[0].timestamp if found else since
        return bars[-count:] if count > 0 else []

    async def page(self, symbol: str, since: int, end: int) -> tuple[list[Bar], int | None]:
        """Return the final bars of one page that begins at ``since``, and where the next page begins, if there is one.

        Raises
        ------
        FeedError
            Where the venue does not answer.
        """
        until = min(end, since + self.asker.venue.page_candles * self.rules.interval)
        bars, answer = await self._page(symbol, since, until)
        return bars, next_page(answer, self.rules.interval)

    async def _newest(self, symbol: str, count: int, end: int) -> list[Bar]:
        """Return the newest page. A bar that has only just closed may not be published yet: it is asked for again."""
        end = self._open_end(symbol, end)
        since = end - self._span(count)
        bars, answer = await self._page(symbol, since, end)
        last = end - self.rules.interval
        just_closed = answer.received_at - end < self.rules.poll_delay + self.rules.poll_every
        if just_closed and (not bars or bars[-1].timestamp < last):
            await self.asker.waits.sleep(self.rules.poll_every)
            bars, _ = await self._page(symbol, since, end)
        return self._joined(symbol, bars, [], end)

    async def _page(self, symbol: str, since: int, until: int) -> tuple[list[Bar], Answer]:
        answer = await self.asker.ask(symbol, since, until, longest_wait=LONGEST_WAIT)
        instrument = self.context.instruments[symbol]
        reading = read_page(answer, CandleReader(instrument, self.rules.interval))
        if self._has_hole(symbol, answer, reading):
            # One answer with a hole in it proves nothing: a second one does, or fills it.
            answer = await self.asker.ask(symbol, since, until, longest_wait=LONGEST_WAIT)
            again = read_page(answer, CandleReader(instrument, self.rules.interval))
            again.bars = reading.bars | again.bars
            reading = again
        record = self.asker.telemetry[symbol]
        tell_dropped(self.context.log, record, symbol, reading.dropped)
        record.off_tick += len(reading.off_tick)
        if reading.off_tick and self.rules.refuse_off_tick:
            raise off_tick_error(self.asker.source, instrument, next(iter(reading.off_tick.values())))
        return [reading.bars[stamp] for stamp in sorted(reading.bars)], answer

    def _has_hole(self, symbol: str, answer: Answer, reading: Reading) -> bool:
        """Return whether a page lacks a bar of an interval that has passed and in which the market was open."""
        interval = self.rules.interval
        end = min(answer.until, int(answer.closed_by) // interval * interval)
        slots = range(-(-answer.since // interval) * interval, end, interval)
        if len(reading.bars) >= len(slots):
            return False
        return any(slot not in reading.bars and self._is_open(symbol, slot) for slot in slots)

    def _joined(self, symbol: str, earlier: Sequence[Bar], later: Sequence[Bar], end: int) -> list[Bar]:
        """Join two stretches of bars that reach up to ``end``; what is missing is filled forward if so wished."""
        if not self.rules.forward_fill or not earlier:
            return [*earlier, *later]
        joined: list[Bar] = []
        ends = [*(bar.timestamp for bar in earlier[1:]), later[0].timestamp if later else end]
        for bar, following in zip(earlier, ends, strict=True):
            gap = range(bar.timestamp + self.rules.interval, following, self.rules.interval)
            joined += [bar, *(repeated(bar, slot) for slot in gap if self._is_open(symbol, slot))]
        return [*joined, *later]

    def _span(self, count: int) -> int:
        """Return how many seconds to ask for, to get so many bars if none is missing."""
        return min(self.asker.venue.page_candles, count) * self.rules.interval

    def _open_end(self, symbol: str, end: int) -> int:
        """Return the end of the last interval before a moment in which the market was open."""
        slot = end - self.rules.interval
        while slot > end - _FURTHEST and not self._is_open(symbol, slot):
            slot -= self.rules.interval
        return slot + self.rules.interval

    def _is_open(self, symbol: str, slot: int) -> bool:
        calendar: MarketCalendar = self.context.calendar(self.context.instruments[symbol])
        return is_open(calendar, slot, self.rules.interval)
