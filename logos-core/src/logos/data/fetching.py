"""``logos data fetch``: history from a feed into a cache, so that it can be interrupted and gone on with.

What a cache holds of a symbol is one stretch of time: it grows at its end, and at its beginning in pieces that are
written whole and join what is there. So a program that is killed never leaves a hole behind, and the same bars are
there in the end, in the same bytes. A hole in what the venue sent stays, and is counted; it is asked for again where
that is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import attrs
import numpy as np

from logos.data.bar_files import interval_text
from logos.data.cache.bars import StoredBars, ascending, joined, stored
from logos.data.cache.store import CachedSymbol
from logos.data.holes import grouped, missing_times
from logos.domain.errors import BrokenInvariantError, LogosError
from logos.session.polled import HistoryFeed

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

PAGES = 20
"""After how many pages what has come is written."""
PIECE = 20_000
"""How many intervals are fetched at a time before what is there."""
_NOTHING: Integers = np.empty(0, np.int64)


@attrs.frozen(kw_only=True)
class Fetched:
    """What a fetch did for one symbol.

    Attributes
    ----------
    start, end:
        What was asked for: bars that open from ``start`` up to, not including, ``end``.
    pages:
        How many pages with bars the venue sent.
    added:
        How many bars are new in the cache.
    kept:
        How many bars were there already before.
    replaced:
        How many had other values before.
    total:
        How many bars the file holds now.
    first, last:
        Open times of the first and the last bar of the file; ``None`` where there is none.
    missing:
        How many intervals of what was asked for have no bar between the first and the last of the file, though the
        market was open.
    first_missing:
        The open time of the first of them; ``None`` where there is none.
    file:
        The file's path; empty where there is none.
    seconds:
        Length of a bar.
    """

    symbol: str
    asset_class: str
    interval: str
    start: int
    end: int
    pages: int
    added: int
    kept: int
    replaced: int
    total: int
    first: int | None
    last: int | None
    missing: int
    first_missing: int | None
    file: str
    seconds: int

    @property
    def until(self) -> int | None:
        """The close of the last bar of the file; ``None`` where there is none."""
        return None if self.last is None else self.last + self.seconds

    @property
    def end_reached(self) -> bool:
        """Whether there are bars up to the end that was asked for."""
        return self.until is not None and self.until >= self.end


@attrs.define(eq=False, kw_only=True)
class Fetch:
    """Fetches one symbol.

    Parameters
    ----------
    feed:
        Whom to ask.
    target:
        Where the bars go.
    form:
        The form of a new file, as for `CachedSymbol.write`.
    again:
        Whether what is in the cache is fetched again, and gives way where it differs.
    progress:
        Told how many seconds of history are done, and how many there are.
    pages:
        After how many pages what has come is written.
    holes:
        Whether the intervals that are missing within what is there are asked for again.
    calendar:
        The market's calendar: what lies outside of it is no hole. ``None`` for a market that never closes.

    Attributes
    ----------
    added:
        How many bars are new in the cache so far.
    """

    feed: HistoryFeed
    target: CachedSymbol
    form: str = ""
    again: bool = False
    progress: Callable[[int, int], None] = lambda _done, _total: None
    pages: int = PAGES
    holes: bool = False
    calendar: str | None = None
    _pages_seen: int = attrs.field(default=0, init=False)
    added: int = attrs.field(default=0, init=False)
    _replaced: int = attrs.field(default=0, init=False)

    def run(self, start: int, end: int) -> Fetched:
        """Fetch what is missing between two times; what comes before an error or an interrupt is kept.

        Parameters
        ----------
        start, end:
            Seconds since the epoch, UTC, on the grid of the interval.

        Raises
        ------
        LogosError
            What the feed raises, or where the cache cannot be read or written.
        """
        before = self.target.bars()
        earlier, later = self._missing(before, start, end)
        lacking = self._lacking(before, start, end) if self.holes and not self.again else _NOTHING
        groups = list(grouped(lacking, self.target.interval))
        total = sum(until - since for since, until in (earlier, later, *groups))
        done = 0
        for since, until in (*self._pieces(earlier), later):
            self._stretch(since, until, whole=(since, until) != later, done=done, total=total)
            done += until - since
            self.progress(done, total)
        self._fill(groups, lacking, done, total)
        bars = self.target.bars()
        missing = self._lacking(bars, start, end)
        file = self.target.file()
        return Fetched(
            symbol=self.target.symbol,
            asset_class=self.target.asset_class,
            interval=interval_text(self.target.interval),
            start=start,
            end=end,
            pages=self._pages_seen,
            added=self.added,
            kept=len(before),
            replaced=self._replaced,
            total=len(bars),
            first=int(bars.timestamp[0]) if len(bars) else None,
            last=int(bars.timestamp[-1]) if len(bars) else None,
            missing=len(missing),
            first_missing=int(missing[0]) if len(missing) else None,
            file="" if file is None else str(file),
            seconds=self.target.interval,
        )

    def _lacking(self, bars: StoredBars, start: int, end: int) -> Integers:
        return missing_times(bars.timestamp, self.target.interval, start, end, self.calendar)

    def _fill(self, groups: list[tuple[int, int]], lacking: Integers, done: int, total: int) -> None:
        """Ask for holes again. Only what is missing is taken: what is there stays as it is."""
        held: list[StoredBars] = []
        try:
            for since, until in groups:
                last = since - self.target.interval
                for page in self.feed.bars_between(self.target.symbol, since, until):
                    bars = stored(page)
                    if not len(bars):
                        continue
                    self._check(bars, last, until)
                    last = int(bars.timestamp[-1])
                    self._pages_seen += 1
                    new = bars.take(np.isin(bars.timestamp, lacking))
                    held += [new] if len(new) else []
                if len(held) >= self.pages:
                    self._write(held)
                done += until - since
                self.progress(done, total)
        finally:
            self._write(held)

    def _missing(self, there: StoredBars, start: int, end: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return what is missing before the bars that are there, and behind them; without a hole in between."""
        if self.again or not len(there):
            return (start, start), (start, max(start, end))
        first, following = int(there.timestamp[0]), int(there.timestamp[-1]) + self.target.interval
        return (min(start, first), first), (following, max(following, end))

    def _pieces(self, earlier: tuple[int, int]) -> Iterator[tuple[int, int]]:
        """Cut what comes before into pieces, the latest first."""
        since, until = earlier
        while until > since:
            begin = max(since, until - PIECE * self.target.interval)
            yield begin, until
            until = begin

    def _stretch(self, since: int, until: int, *, whole: bool, done: int, total: int) -> None:
        """Fetch a stretch of time.

        Parameters
        ----------
        whole:
            Whether a part of it is of no use, because it would not join what is there.
        """
        held: list[StoredBars] = []
        last = since - self.target.interval
        try:
            for page in self.feed.bars_between(self.target.symbol, since, until) if until > since else ():
                bars = stored(page)
                if not len(bars):
                    continue
                self._check(bars, last, until)
                last = int(bars.timestamp[-1])
                held.append(bars)
                self._pages_seen += 1
                if len(held) >= self.pages and not whole:
                    self._write(held)
                self.progress(done + last + self.target.interval - since, total)
        except (LogosError, KeyboardInterrupt):
            if not whole:
                self._write(held)
            raise
        self._write(held)

    def _write(self, held: list[StoredBars]) -> None:
        """Write what has come, and forget it."""
        if not held:
            return
        written = self.target.write(joined(held), form=self.form, replacing=self.again)
        held.clear()
        self.added += written.added
        self._replaced += written.replaced

    def _check(self, bars: StoredBars, last: int, until: int) -> None:
        """Refuse what a feed must not do: a cache would keep it."""
        stamps = bars.timestamp
        if not ascending(stamps) or stamps[0] <= last or stamps[-1] >= until or (stamps % self.target.interval).any():
            raise BrokenInvariantError(
                f"the feed gave bars of {self.target.symbol} twice, out of order, or not those that were asked for",
                hint="Report it to the authors of the feed; what came before is kept",
            )
