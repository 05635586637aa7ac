"""The bars from before a polled session, asked for once, recorded, and heard by the strategies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from logos.context.parts import Log
from logos.domain.bars import Bar
from logos.domain.errors import PartFailedError, part_at_work
from logos.domain.times import time_text
from logos.session.machine import SessionParts
from logos.session.polled import Origin, PolledFeed
from logos.session.rebalancer import warm_watchers, watchers_of
from logos.session.seats import Feed, SymbolReport


def lookbacks(parts: SessionParts) -> dict[str, int]:
    """Return how many bars the parts of a session look back at most, by traded symbol in name order."""
    least = max((watcher.lookback for watcher in watchers_of(parts)), default=0)
    found: dict[str, int] = {}
    for state in parts.pairs:
        found[state.pair.symbol] = max(found.get(state.pair.symbol, least), state.strategy.lookback)
    return dict(sorted(found.items()))


def ask_history(
    feed: Feed, wanted: Mapping[str, int], until: int, interval: int, reports: Sequence[SymbolReport], log: Log
) -> list[tuple[Bar, Origin]]:
    """Ask a feed for the bars that fill the strategies' look-back.

    Parameters
    ----------
    wanted:
        How many bars of each symbol; at most so many are returned.
    until:
        The session's first clock: bars that close later are delivered.

    Raises
    ------
    LogosError
        What the feed raises; ``PartFailedError`` for anything not of this tree, or for bars that were not asked for.
    """
    if not isinstance(feed, PolledFeed):
        return []
    sources = {report.symbol: report.source for report in reports}
    found = []
    for symbol, count in wanted.items():
        with part_at_work("the feed"):
            bars = list(feed.history(symbol, count, until))[-count:] if count else []
        _check(symbol, bars, until - interval)
        if len(bars) < count:
            log.warning("short_history", symbol=symbol, wanted=count, found=len(bars))
        origin = Origin(source=sources.get(symbol, "history"), fetched_at=until)
        found += [(bar, origin) for bar in bars]
    return found


def _check(symbol: str, bars: Sequence[Bar], latest: int) -> None:
    times = [bar.timestamp for bar in bars]
    fault = ""
    if any(bar.symbol != symbol for bar in bars):
        fault = f"asked for the history of {symbol}, it returned bars of another symbol"
    elif any(later <= earlier for earlier, later in pairwise(times)):
        fault = f"its history of {symbol} is not in ascending order"
    elif times and times[-1] > latest:
        fault = f"its history of {symbol} up to a bar opened at {time_text(latest)} holds {time_text(times[-1])}"
    if fault:
        raise PartFailedError.of("the feed", ValueError(fault))


def hear_history(parts: SessionParts, history: Sequence[Bar]) -> None:
    """Let the parts hear the bars from before a session; what strategies say to them is not acted upon."""
    own: dict[str, list[Bar]] = {}
    for bar in history:
        own.setdefault(bar.symbol, []).append(bar)

    def last(symbol: str, count: int) -> Sequence[Bar]:
        return own.get(symbol, [])[-count:] if count else ()

    for state in parts.pairs:
        symbol = state.pair.symbol
        with part_at_work(f"strategy {state.pair.strategy} on {symbol}"):
            for bar in last(symbol, state.strategy.lookback):
                state.on_bar(bar)
    warm_watchers(watchers_of(parts), sorted({state.pair.symbol for state in parts.pairs}), last)
