"""The seats of feeds that ask a venue: what they hand over, and what is asked of them beside ``seats.Feed``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import attrs

from logos.domain.bars import Bar, Slice
from logos.session.seats import Feed


@attrs.frozen(kw_only=True)
class Origin:
    """Where a polled bar comes from.

    Attributes
    ----------
    source:
        The plugin and the venue, such as ``ccxt:binance``.
    fetched_at:
        When its answer was received: wall time in seconds since the epoch, UTC.
    final:
        Whether the bar had closed by the venue's own clock when it was fetched, so that it should not change any more.
    """

    source: str
    fetched_at: int
    final: bool = True


@attrs.frozen(kw_only=True)
class Revision:
    """A venue's later correction of a bar that was delivered already. It is recorded, and changes nothing."""

    delivered: Bar
    revised: Bar
    origin: Origin


@attrs.frozen(kw_only=True)
class Delivery:
    """What a polled feed hands over at a time.

    Attributes
    ----------
    slice:
        The bars; none for a timer tick.
    origins:
        Where each bar comes from, in the order of the bars.
    revisions:
        Corrections that were heard of since the last delivery, by symbol and time.
    """

    slice: Slice
    origins: tuple[Origin, ...] = ()
    revisions: tuple[Revision, ...] = ()


@runtime_checkable
class PolledFeed(Feed, Protocol):
    """A feed that asks a venue for bars as time passes.

    Building it opens no connection: a recorded session is replayed without its venue. ``prepare`` is the first to ask,
    and refuses a symbol that the venue does not know. ``history`` asks the venue, and returns final bars only.
    """

    def deliveries(self, after: int | None) -> Iterator[Delivery]:
        """Yield what ``slices`` yields, with where it comes from.

        ``after`` is the clock of the last bars that were taken. Bars since then that have closed come first, as the
        venue's history has them; ``None`` begins with the first bar that closes later than now.
        """

    def status(self) -> str:
        """Return in a few words how fresh the data are and what fails, for the line that shows a session's progress."""


@runtime_checkable
class HistoryFeed(Protocol):
    """A feed that can load history of any length, page by page: for a cache of bar files."""

    def bars_between(self, symbol: str, start: int, end: int) -> Iterator[Sequence[Bar]]:
        """Yield the final bars that open from ``start`` up to, not including, ``end``: a page at a time, oldest first.

        Times are seconds since the epoch, UTC. No bar comes twice; minutes that the venue has no bar for are left out.
        """

    def close(self) -> None:
        """Release what the feed holds open."""
