"""Freshness and telemetry: what a feed knows about its own work. Nothing in it decides anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import attrs

from logos.domain.times import time_text
from logos.feeds.circuit import CircuitState
from logos.feeds.errors import (
    DisconnectedError,
    FeedError,
    PermanentError,
    RateLimitedError,
    TimedOutError,
    UnreadableAnswerError,
    VenueDownError,
)
from logos.feeds.skew import ClockSkew

STOPPED = "stopped"

_WORDS: tuple[tuple[type[FeedError], str], ...] = (
    (TimedOutError, "timed out"),
    (DisconnectedError, "disconnected"),
    (RateLimitedError, "rate limited"),
    (VenueDownError, "venue down"),
    (UnreadableAnswerError, "unreadable answer"),
    (PermanentError, STOPPED),
)


def words_for(error: FeedError) -> str:
    """Return an error in a word or two."""
    return next((words for kind, words in _WORDS if isinstance(error, kind)), "failed")


@attrs.define(kw_only=True, eq=False)
class SymbolTelemetry:
    """One symbol's figures; the documentation of feeds says what each means.

    Attributes
    ----------
    last_bar:
        Open time of the last bar handed over; ``None`` before the first.
    received_at:
        Wall time at which the answer with it came.
    trouble:
        What fails now, in a word or two; empty while nothing does.
    attempt:
        The number of the retry that is under way or was the last, 0 where there was none.
    """

    last_bar: int | None = None
    received_at: int | None = None
    polls: int = 0
    retries: int = 0
    failures: int = 0
    bytes: int = 0
    bars: int = 0
    off_tick: int = 0
    forward_filled: int = 0
    gaps: int = 0
    filled: int = 0
    revisions: int = 0
    dropped: Counter[str] = attrs.field(factory=Counter)
    circuit: str = CircuitState.CLOSED.value
    trouble: str = ""
    attempt: int = 0

    def as_object(self, now: int, interval: int) -> dict[str, Any]:
        """Return the figures as JSON values."""
        closed_at = None if self.last_bar is None else self.last_bar + interval
        received_at = self.received_at
        return {
            "last_bar": _text(self.last_bar),
            "received_at": _text(received_at),
            "age": None if closed_at is None else now - closed_at,
            "lag": None if closed_at is None or received_at is None else received_at - closed_at,
            "polls": self.polls,
            "retries": self.retries,
            "failures": self.failures,
            "bytes": self.bytes,
            "bars": self.bars,
            "dropped": dict(sorted(self.dropped.copy().items())),
            "off_tick": self.off_tick,
            "gaps": self.gaps,
            "filled": self.filled,
            "forward_filled": self.forward_filled,
            "revisions": self.revisions,
            "circuit": self.circuit,
            "failing": self.trouble,
        }


class Telemetry:
    """The figures of all symbols.

    Parameters
    ----------
    source:
        The plugin and the venue.
    interval:
        Length of a bar in seconds.
    """

    def __init__(self, source: str, symbols: Iterable[str], interval: int) -> None:
        self.source = source
        self.skew = ClockSkew()
        self.symbols = {symbol: SymbolTelemetry() for symbol in sorted(symbols)}
        self._interval = interval

    def __getitem__(self, symbol: str) -> SymbolTelemetry:
        """Return a symbol's figures; a symbol that is loaded without being polled gets its own too."""
        return self.symbols.setdefault(symbol, SymbolTelemetry())

    def as_object(self, now: int) -> dict[str, Any]:
        """Return everything as JSON values, as ``state.json`` holds it."""
        skew = self.skew.seconds
        return {
            "source": self.source,
            "clock_skew": None if skew is None else round(skew, 3),
            "symbols": {symbol: one.as_object(now, self._interval) for symbol, one in sorted(self.symbols.items())},
        }

    def status(self, now: int) -> str:
        """Return how old the newest bar is, and what fails: ``ccxt:binance 3 s old, 1 failing (…)``."""
        opened = [one.last_bar for one in self.symbols.values() if one.last_bar is not None]
        age = f"{max(0, now - max(opened) - self._interval)} s old" if opened else "no bar yet"
        failing = [f"{symbol}: {_trouble(one)}" for symbol, one in sorted(self.symbols.items()) if one.trouble]
        if not failing:
            return f"{self.source} {age}"
        more = ", …" if len(failing) > 1 else ""
        return f"{self.source} {age}, {len(failing)} failing ({failing[0]}{more})"


def _trouble(one: SymbolTelemetry) -> str:
    if one.circuit != CircuitState.CLOSED.value:
        return f"{one.trouble}, circuit {one.circuit.replace('_', ' ')}"
    return f"{one.trouble}, retry {one.attempt}" if one.attempt else one.trouble


def _text(seconds: int | None) -> str | None:
    return None if seconds is None else time_text(seconds)
