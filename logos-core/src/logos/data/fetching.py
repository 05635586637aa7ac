"""``logos data fetch``: history from a feed into a cache, so that it can be interrupted and gone on with.

What a cache holds of a symbol is one stretch of time: it grows at its end, and at its beginning in pieces that are
written whole and join what is there. So a program that is killed never leaves a hole behind, and the same bars are
there in the end, in the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

from logos.data.bar_files import interval_text
from logos.data.cache.bars import StoredBars, ascending, joined, stored
from logos.data.cache.store import CachedSymbol
from logos.domain.errors import BrokenInvariantError, LogosError
from logos.session.seats import HistoryFeed

PAGES = 20
"""After how many pages what has come is written."""
PIECE = 20_000
"""How many intervals are fetched at a time before what is there."""


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
    file:
        The file's path; empty where there is none.
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
    file: str


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
        total = sum(until - since for since, until in (earlier, later))
        done = 0
        for since, until in (*self._pieces(earlier), later):
            self._stretch(since, until, whole=(since, until) != later, done=done, total=total)
            done += until - since
            self.progress(done, total)
        bars = self.target.bars()
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
            file="" if file is None else str(file),
        )

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
