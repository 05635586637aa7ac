"""From the bars of each symbol to slices of all, in strictly ascending time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import attrs

from logos.domain.bars import Bar, Slice
from logos.feeds.rules import Rules
from logos.feeds.symbol_track import SymbolTrack
from logos.session.polled import Delivery, Origin


@attrs.frozen(kw_only=True)
class Assembled:
    """A slice that can be handed over.

    Attributes
    ----------
    missing:
        The symbols that were not waited for any longer.
    """

    delivery: Delivery
    missing: tuple[str, ...]


class Assembler:
    """Keeps bars until their slice is complete.

    A slice is complete when every symbol has settled its interval. Where one does not, the slice waits for it until
    ``patience`` after its first bar came, and not at all once the symbol has failed for as long as that. An interval
    without any bar makes no slice.

    Parameters
    ----------
    tracks:
        What is known of each symbol.
    delivered:
        Open time of the last slice that the session has had.
    """

    def __init__(self, tracks: Mapping[str, SymbolTrack], rules: Rules, delivered: int) -> None:
        self._tracks = dict(sorted(tracks.items()))
        self._rules = rules
        self._waiting: dict[int, dict[str, tuple[Bar, Origin]]] = {}
        self._since: dict[int, float] = {}
        self.delivered = delivered

    def add(self, bar: Bar, origin: Origin, now: float) -> bool:
        """Keep a bar; return ``False`` where its slice has gone already.

        Parameters
        ----------
        now:
            The monotonic clock.
        """
        slot = bar.timestamp
        if slot <= self.delivered:
            return False
        self._waiting.setdefault(slot, {})[bar.symbol] = (bar, origin)
        self._since.setdefault(slot, now)
        return True

    def leave_out(self, symbol: str) -> None:
        """Wait for a symbol no more; bars of it that are here already still go."""
        self._tracks.pop(symbol, None)

    def waits_until(self, closed_by: int) -> float | None:
        """Return up to when a slice that had closed by a moment waits, on the monotonic clock; ``None`` without one."""
        slots = (slot for slot in self._waiting if slot + self._rules.interval <= closed_by)
        return max((self._since[slot] + self._rules.patience for slot in slots), default=None)

    def ready(self, now: float, excused: Collection[str] = ()) -> Iterator[Assembled]:
        """Yield every slice that can go now, in order.

        Parameters
        ----------
        excused:
            Symbols that have failed for so long that nobody waits for them.
        """
        for slot in sorted(self._waiting):
            missing = tuple(symbol for symbol, track in self._tracks.items() if not track.has_settled(slot))
            if any(symbol not in excused for symbol in missing) and now < self._since[slot] + self._rules.patience:
                return
            rows = [row for _, row in sorted(self._waiting.pop(slot).items())]
            del self._since[slot]
            self.delivered = slot
            bars = Slice(slot + self._rules.interval, tuple(bar for bar, _ in rows))
            absent = tuple(symbol for symbol in missing if symbol not in {bar.symbol for bar in bars.bars})
            yield Assembled(delivery=Delivery(slice=bars, origins=tuple(origin for _, origin in rows)), missing=absent)
