"""How much of ``bars.csv`` a session has acted upon: the part that its snapshot vouches for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import attrs

from logos.domain.bars import Bar
from logos.live.record_rows import Group
from logos.live.recorded_bars import HEADER, History
from logos.session.seats import SymbolReport


@attrs.define(kw_only=True)
class SymbolBars:
    """The bars of one symbol since the session began, counted as a bar file's are."""

    first: int | None = None
    last: int | None = None
    bars: int = 0
    gaps: int = 0
    zero_volume: int = 0

    def add(self, bar: Bar, interval: int) -> None:
        """Count one more."""
        self.bars += 1
        self.first = bar.timestamp if self.first is None else self.first
        self.gaps += self.last is not None and bar.timestamp > self.last + interval
        self.zero_volume += bar.volume == 0
        self.last = bar.timestamp


class Taken:
    """Counts, and digests, what has been taken.

    Attributes
    ----------
    length:
        Bytes of the file.
    history, bars, forward_filled, ticks, revisions:
        How many of each; filled bars are among the bars.
    symbols:
        The bars by symbol.
    clock:
        Of the last slice with bars; ``None`` before the first.
    """

    def __init__(self, interval: int) -> None:
        self.clock: int | None = None
        self._interval = interval
        self._digest = hashlib.sha256(HEADER)
        self.length = len(HEADER)
        self.history = 0
        self.bars = 0
        self.forward_filled = 0
        self.ticks = 0
        self.revisions = 0
        self.symbols: dict[str, SymbolBars] = {}

    @property
    def digest(self) -> str:
        """The SHA-256 of the file up to here, in hexadecimal."""
        return self._digest.hexdigest()

    def add(self, content: History | Group) -> None:
        """Take one more."""
        self.length += len(content.raw)
        self._digest.update(content.raw)
        if isinstance(content, History):
            self.history += 1
        elif content.delivery is not None:
            bars = content.delivery.slice.bars
            if bars:
                self.clock = content.delivery.slice.clock
            self.bars += len(bars)
            self.ticks += not bars
            self.revisions += len(content.delivery.revisions)
            for bar in bars:
                self.forward_filled += bar.forward_filled
                self.symbols.setdefault(bar.symbol, SymbolBars()).add(bar, self._interval)

    def counts(self) -> dict[str, int]:
        """Return the counts by name."""
        return {name: getattr(self, name) for name in ("history", "bars", "forward_filled", "ticks", "revisions")}

    def reports(self, prepared: Sequence[SymbolReport]) -> tuple[SymbolReport, ...]:
        """Return what the feed reported at the start, with what has come since."""
        return tuple(attrs.evolve(report, **self._found(report.symbol)) for report in prepared)

    def _found(self, symbol: str) -> dict[str, Any]:
        return attrs.asdict(self.symbols.get(symbol, SymbolBars()))
