"""What is known of one symbol: which bars there are, which are settled, and what the venue says of them later."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from math import ceil

import attrs

from logos.data.calendars import MarketCalendar
from logos.domain.bars import Bar
from logos.domain.instruments import Instrument
from logos.feeds.candles import CandleReader
from logos.feeds.page_reading import DroppedCandle, Reading, is_open, read_page, repeated
from logos.feeds.retrying import Answer
from logos.feeds.rules import CLOSED_EVERY, Rules

_RECENT_LAGS = 9


@attrs.define(kw_only=True, eq=False)
class Taken:
    """What an answer brought.

    Attributes
    ----------
    bars:
        New bars in order, forward-filled ones among them.
    revisions:
        Bars that were taken already, each with what the venue says now.
    dropped:
        Candles that are no bars, or not yet; each is told once.
    off_tick:
        A price of each new bar that had to be rounded.
    gaps:
        Open times of intervals that had no bar when it was due, though the market was open.
    filled:
        Open times of the new bars that are such intervals' after all.
    """

    bars: list[Bar] = attrs.field(factory=list)
    revisions: list[tuple[Bar, Bar]] = attrs.field(factory=list)
    dropped: list[DroppedCandle] = attrs.field(factory=list)
    off_tick: list[str] = attrs.field(factory=list)
    gaps: list[int] = attrs.field(factory=list)
    filled: set[int] = attrs.field(factory=set)


@attrs.define(eq=False)
class _Known:
    """A bar that was taken, whether it counts as delivered, and each other form of it that the venue has sent."""

    bar: Bar
    delivered: bool
    told: set[Bar] = attrs.field(factory=set)


class SymbolTrack:
    """Follows one symbol from its first wanted bar on.

    An interval is *settled* when its bar is there, or when it is known that there is none: two rounds of
    polling in a row bring a later candle and not this one, so that one answer with a hole in it, or of another shape,
    loses nothing; or the newest candle stayed the same, and this one missing,
    for as long as ``poll_every`` and as the venue has lagged lately; or the market is closed by its calendar.

    Parameters
    ----------
    first:
        Open time of the first bar that is wanted. Earlier ones are only looked at.
    """

    def __init__(self, instrument: Instrument, rules: Rules, calendar: MarketCalendar, first: int) -> None:
        self._rules = rules
        self._interval = rules.interval
        self._calendar = calendar
        self._reader = CandleReader(instrument, rules.interval)
        self.first = first
        self.settled = first - rules.interval
        self.asked_at: int | None = None
        self._known: dict[int, _Known] = {}
        self._missing_since: dict[int, int] = {}
        self._without: set[int] = set()
        self._round = 0
        self._doubted: dict[int, int] = {}
        self._said: set[tuple[int, str]] = set()
        self._newest = 0
        self._oldest = self.begin_of_request()
        self._lags: deque[int] = deque(maxlen=_RECENT_LAGS)

    # -- when to ask, and for what ---------------------------------------------------------------------------------

    def due(self, now: int, venue_behind: float) -> int:
        """Return the wall time of the next request.

        Parameters
        ----------
        venue_behind:
            By how many seconds the venue's clock runs behind the machine's.
        """
        if self.asked_at is None:
            return now
        asked_at = min(self.asked_at, now)  # the machine's clock may have been put back
        slot = self.settled + self._interval
        wait = ceil(venue_behind) + self._rules.poll_delay
        gently = asked_at + CLOSED_EVERY
        while not self.is_open(slot):
            if slot + self._interval + wait >= gently:
                return gently
            slot += self._interval
        closes = slot + self._interval + wait
        if asked_at >= closes:
            return asked_at + self._rules.poll_every
        # A venue that once told a wrong time is asked again all the same: only an answer can put it right.
        return min(closes, max(asked_at, slot) + self._interval + self._rules.poll_delay + self._rules.poll_every)

    def begin_of_request(self) -> int:
        """Return the open time to ask from: the first interval that is not settled, less the overlap."""
        return self.settled + (1 - self._rules.overlap) * self._interval

    def is_open(self, slot: int) -> bool:
        """Return whether the market is open at any moment of an interval."""
        return is_open(self._calendar, slot, self._interval)

    def pass_closed(self, now: int) -> None:
        """Settle what has passed of a closed market: nobody need be asked whether it had bars."""
        slot = self.settled + self._interval
        while slot + self._interval <= now and not self.is_open(slot):
            self.settled = slot
            slot += self._interval

    def pass_over(self, slot: int) -> Taken:
        """Settle everything before an interval: the venue has it no more. Return the gaps."""
        taken = Taken(
            gaps=[one for one in range(self.settled + self._interval, slot, self._interval) if self.is_open(one)]
        )
        self.settled = max(self.settled, slot - self._interval)
        return taken

    def has_settled(self, slot: int) -> bool:
        """Return whether everything up to an interval is settled."""
        return self.settled >= slot

    # -- what was answered -----------------------------------------------------------------------------------------

    def take(self, answer: Answer, covered_from: int) -> Taken:
        """Take in an answer.

        Parameters
        ----------
        covered_from:
            Open time from which this answer and those just before it reach without a hole.
        """
        taken = Taken()
        self._round += answer.since <= covered_from  # the first page of a round of polling
        reading = read_page(answer, self._reader)
        self._tell(reading, taken)
        stale = self._is_stale(answer, reading)
        for stamp in sorted(reading.bars):
            self._place(reading.bars[stamp], answer, taken)
        if covered_from <= self.settled + self._interval and not stale:
            last_final = int(answer.closed_by) // self._interval * self._interval - self._interval
            self._settle(reading.newest, min(last_final, answer.until - self._interval), answer.received_at, taken)
        taken.bars.sort(key=lambda bar: bar.timestamp)
        self._forget_old()
        return taken

    def remember(self, bars: Sequence[Bar]) -> None:
        """Take note of bars that were handed out as history, so that corrections of them are noticed."""
        for bar in bars[-self._rules.overlap :]:
            self._known.setdefault(bar.timestamp, _Known(bar, delivered=True))

    def came_late(self, bar: Bar) -> None:
        """Take note that a bar was left out, so that no correction of it is told either."""
        known = self._known.get(bar.timestamp)  # long after an outage it is let go of already
        if known is not None:
            known.delivered = False

    def _tell(self, reading: Reading, taken: Taken) -> None:
        """Tell of what is left out or rounded, once, however often it is asked for again."""
        for dropped in reading.dropped:
            if (dropped.at, dropped.reason) not in self._said:
                self._said.add((dropped.at, dropped.reason))
                taken.dropped.append(dropped)
        taken.off_tick += [text for stamp, text in reading.off_tick.items() if stamp not in self._known]

    def _is_stale(self, answer: Answer, reading: Reading) -> bool:
        """Return whether the answer lacks a candle that is known: an empty or an older one proves no absence."""
        known = max(
            (
                stamp
                for stamp, one in self._known.items()
                if answer.since <= stamp < answer.until and not one.bar.forward_filled
            ),
            default=None,
        )
        return known is not None and (reading.newest is None or reading.newest < known)

    def _place(self, bar: Bar, answer: Answer, taken: Taken) -> None:
        stamp = bar.timestamp
        known = self._known.get(stamp)
        if known is not None and known.delivered:
            if bar != known.bar and bar not in known.told:
                known.told.add(bar)
                taken.revisions.append((known.bar, bar))
            return
        if stamp < self._oldest:
            return  # nobody remembers whether it was taken
        self._known[stamp] = _Known(bar, delivered=stamp >= self.first)
        if stamp < self.first or known is not None:
            return
        taken.bars.append(bar)
        self._lags.append(answer.received_at - self._missing_since.get(stamp, answer.received_at))
        if stamp in self._without:
            self._without.discard(stamp)
            taken.filled.add(stamp)
        elif answer.received_at - stamp > 2 * self._interval + self._rules.poll_delay and self.is_open(stamp):
            taken.gaps.append(stamp)
            taken.filled.add(stamp)

    def _settle(self, newest: int | None, last: int, received_at: int, taken: Taken) -> None:
        """Settle what the answer proves, up to the last interval that it reaches over and that has passed."""
        if newest is not None and newest > self._newest:
            self._newest = newest
            self._missing_since.clear()
        proven = self.settled if newest is None else min(last, newest - self._interval)
        slot = self.settled + self._interval
        while slot <= last:
            there = slot in self._known or not self.is_open(slot)
            if not there and slot <= proven and self._doubted.get(slot, self._round) == self._round:
                for one in range(slot, proven + 1, self._interval):
                    self._doubted.setdefault(one, self._round)
                return
            if not there and slot > proven and not self._is_absent(slot, received_at):
                for later in range(slot, last + 1, self._interval):
                    self._missing_since.setdefault(later, received_at)
                return
            if slot not in self._known:
                self._miss(slot, taken)
            self.settled = slot
            slot += self._interval

    def _is_absent(self, slot: int, received_at: int) -> bool:
        """Return whether an interval has been missing for long enough, though nothing later is there to prove it."""
        since = self._missing_since.get(slot)
        return since is not None and received_at - since >= max(self._rules.poll_every, *self._lags, 0)

    def _miss(self, slot: int, taken: Taken) -> None:
        if not self.is_open(slot):
            return
        taken.gaps.append(slot)
        before = max((stamp for stamp in self._known if stamp < slot), default=None)
        if self._rules.forward_fill and before is not None:
            bar = repeated(self._known[before].bar, slot)
            self._known[slot] = _Known(bar, delivered=True)
            taken.bars.append(bar)
        else:
            self._without.add(slot)

    def _forget_old(self) -> None:
        """Let go of what lies before everything that will be asked for again, but for one bar to fill forward from."""
        oldest = self._oldest = self.begin_of_request()
        last = max((stamp for stamp in self._known if stamp <= oldest), default=oldest)
        self._known = {stamp: known for stamp, known in self._known.items() if stamp >= last}
        self._missing_since = {stamp: at for stamp, at in self._missing_since.items() if stamp > self.settled}
        self._without = {stamp for stamp in self._without if stamp >= oldest}
        self._doubted = {stamp: at for stamp, at in self._doubted.items() if stamp > self.settled}
        self._said = {(stamp, reason) for stamp, reason in self._said if stamp >= oldest}
