"""The fixture ``venues``: exchanges and Yahoo on loopback, for the real client libraries to ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from . import faults, market
from .alpaca import Alpaca
from .exchanges import Binance, Coinbase, Kraken
from .server import VenueServer
from .yahoo import Yahoo


class HandClock:
    """A venue's time that moves when the test says so. Calling it tells the time."""

    def __init__(self, now: float) -> None:
        self.time = float(now)

    def __call__(self) -> float:
        return self.time

    def advance(self, seconds: float) -> float:
        """Let time pass, and return the new time."""
        self.time += seconds
        return self.time


class Venues:
    """Starts venues, and hands out what tests of feeds need besides; whatever it started ends with the test."""

    start = 1_767_571_200
    """2026-01-05T00:00:00Z, a Monday: where candles begin unless a test says otherwise."""

    kinds = faults.KINDS
    Clock = HandClock

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request
        self._started: list[VenueServer] = []

    def binance(self, clock: Callable[[], float] | None = None) -> Binance:
        """Start a Binance; see ``clock``."""
        return self._start(Binance, clock)

    def kraken(self, clock: Callable[[], float] | None = None) -> Kraken:
        """Start a Kraken."""
        return self._start(Kraken, clock)

    def coinbase(self, clock: Callable[[], float] | None = None) -> Coinbase:
        """Start a Coinbase."""
        return self._start(Coinbase, clock)

    def yahoo(self, clock: Callable[[], float] | None = None) -> Yahoo:
        """Start a Yahoo."""
        return self._start(Yahoo, clock)

    def alpaca(self, clock: Callable[[], float] | None = None) -> Alpaca:
        """Start an Alpaca."""
        return self._start(Alpaca, clock)

    def clock(self, now: float | None = None) -> HandClock:
        """Return a clock that the test moves: ``clock.advance(60)``. It begins an hour after ``start``."""
        return HandClock(self.start + 3_600 if now is None else now)

    def walk(self, symbol: str, count: int = 120, start: int | None = None, **options: Any) -> Sequence[market.Row]:
        """Return made-up candles to serve. Options: ``interval``, ``seed``, ``price`` and ``volume`` to begin with."""
        return market.walk(symbol, self.start if start is None else start, count, **options)

    def recorded(self, name: str) -> Any:
        """Return a recorded payload such as ``binance/klines``; skips the test where they are not here."""
        folder = self._request.getfixturevalue("shared_data") / "venues"
        return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))

    def close(self) -> None:
        """Stop everything that was started."""
        while self._started:
            self._started.pop().close()

    def _start(self, kind: type[Any], clock: Callable[[], float] | None) -> Any:
        venue = kind(clock or self.clock())
        self._started.append(venue)
        return venue


@pytest.fixture
def venues(request: pytest.FixtureRequest) -> Iterator[Venues]:
    """Return what starts venues on loopback: ``venue = venues.binance(clock)``."""
    started = Venues(request)
    yield started
    started.close()
