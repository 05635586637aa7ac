"""What the tests of feeds share: clocks that run fast or stand, the surroundings of a part, and a scripted venue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from logos.context.clock import SystemClock
from logos.context.parts import AccountSettings, PartContext
from logos.context.seed import Seed
from logos.data.calendars import AlwaysOpen, calendar_for
from logos.domain.instruments import AssetClass, Instrument
from logos.feeds.config import PollingConfig
from logos.feeds.polled_feed import VenueFeed
from logos.feeds.venue import Candle, Page

START = 1_767_571_200
"""2026-01-05T00:00:00Z, a Monday."""

HANG = "hang"
"""In the place of an error: a scripted venue that gives no answer."""


class FastClock:
    """A clock that runs so many times as fast as the machine's.

    Parameters
    ----------
    waits:
        Whether it keeps the machine's pace until it is hurried: a feed is to begin with the same bar however long it
        takes to be made.
    """

    def __init__(self, now: float, speed: float, *, waits: bool = False) -> None:
        self._machine = SystemClock()
        self._course = (0.0, self._machine.monotonic(), 1.0 if waits else speed)
        self._start = now
        self._fast = speed

    @property
    def speed(self) -> float:
        """How fast it runs now."""
        return self._course[2]

    def hurry(self) -> None:
        """Run fast from now on."""
        machine = self._machine.monotonic()
        elapsed, since, before = self._course
        # One assignment, so that no other thread sees half of it.
        self._course = (elapsed + (machine - since) * before, machine, self._fast)

    def time(self) -> float:
        """Return the wall time with its fraction, as a venue in the same world sees it."""
        return self._start + self.monotonic()

    def now(self) -> int:
        return int(self.time())

    def monotonic(self) -> float:
        elapsed, since, speed = self._course
        return elapsed + (self._machine.monotonic() - since) * speed

    def sleep(self, seconds: float) -> None:
        self._machine.sleep(seconds / self.speed)


class HeardLog:
    """A log that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def _keep(self, level: str) -> Callable[..., None]:
        return lambda event, **values: self.lines.append((level, event, values))

    def __getattr__(self, level: str) -> Callable[..., None]:
        return self._keep(level)

    def events(self, event: str) -> list[dict[str, Any]]:
        return [values for _, name, values in self.lines if name == event]


def crypto(symbol: str, **fields: Any) -> Instrument:
    """Return a coin with two decimals."""
    values = {"asset_class": AssetClass.CRYPTO, "tick": Decimal("0.01"), "lot": Decimal("0.001"), "currency": "USD"}
    return Instrument(symbol=symbol, **(values | fields))


def part_context(
    instruments: Mapping[str, Instrument], clock: Any, *, interval: int = 60, log: Any = None, workspace: Path = Path()
) -> PartContext:
    """Return the surroundings of a feed of these symbols."""
    return PartContext(
        clock=clock,
        log=log or HeardLog(),
        workspace=workspace,
        seed=Seed(7),
        interval=interval,
        instruments=instruments,
        symbols=tuple(sorted(instruments)),
        pairs=len(instruments),
        account=AccountSettings(currency="USD", cash=10**13, decimals=8, margin=False, conversions={}),
        calendar=calendar_for,
    )


class ScriptedVenue:
    """A venue in memory: knows every minute's candle, and does wrong what it is told to."""

    name = "scripted"

    def __init__(self, clock: FastClock, interval: int = 60) -> None:
        self.clock = clock
        self.interval = interval
        self.page_candles = 100
        self.asked: list[tuple[str, int, int, float]] = []
        self.troubles: dict[str, list[Any]] = {}
        self.always: dict[str, Any] = {}
        self.absent: set[tuple[str, int]] = set()
        self.changed: dict[tuple[str, int], Candle] = {}
        self.spoil: Callable[[str, list[Candle]], list[Candle]] = lambda _symbol, candles: candles
        self.skew = 0.0
        self.tells_time = True
        self.opened = 0
        self.closed = 0
        self.open_troubles: list[Any] = []

    async def open(self) -> None:
        self.opened += 1
        if self.open_troubles:
            self.clock.hurry()
            await self._trouble(self.open_troubles.pop(0))

    async def candles(self, symbol: str, since: int, until: int) -> Page:
        self.clock.hurry()
        now = self.clock.time() + self.skew
        self.asked.append((symbol, since, until, now))
        trouble = self.always.get(symbol) or (self.troubles.get(symbol) or [None]).pop(0)
        if trouble is not None:
            await self._trouble(trouble)
        stamps = range(since, min(until, int(now) + 1), self.interval)
        there = [stamp for stamp in stamps if (symbol, stamp) not in self.absent][: self.page_candles]
        candles = [self.changed.get((symbol, stamp)) or candle(symbol, stamp) for stamp in there]
        return Page(
            candles=tuple(self.spoil(symbol, candles)),
            size=100,
            venue_time=float(int(now)) if self.tells_time else None,
        )

    async def close(self) -> None:
        self.closed += 1

    async def _trouble(self, trouble: Any) -> None:
        if trouble == HANG:
            await asyncio.sleep(3_600)
        raise trouble


def candle(symbol: str, stamp: int, **fields: Any) -> Candle:
    """Return the candle that every venue has for a minute: its prices follow from symbol and time."""
    middle = 10_000 + (stamp // 60 * 37 + len(symbol) * 11 + ord(symbol[0])) % 503
    texts = {"open": middle - 3, "high": middle + 9, "low": middle - 9, "close": middle}
    values = {name: f"{ticks // 100}.{ticks % 100:02}" for name, ticks in texts.items()}
    return Candle(timestamp=stamp, **(values | {"volume": "1.5"} | fields))


@pytest.fixture(scope="session")
def start() -> int:
    return START


@pytest.fixture(scope="session")
def fast_clock() -> type[FastClock]:
    return FastClock


@pytest.fixture
def heard_log() -> HeardLog:
    return HeardLog()


@pytest.fixture(scope="session")
def make_instrument() -> Callable[..., Instrument]:
    return crypto


@pytest.fixture(scope="session")
def make_context() -> Callable[..., PartContext]:
    return part_context


@pytest.fixture(scope="session")
def make_candle() -> Callable[..., Candle]:
    return candle


@pytest.fixture(scope="session")
def hang() -> str:
    return HANG


@pytest.fixture(scope="session")
def always_open() -> AlwaysOpen:
    return AlwaysOpen()


@attrs.define
class Scripted:
    """A feed over a scripted venue, and both their clocks."""

    feed: VenueFeed
    venue: ScriptedVenue
    clock: FastClock
    log: HeardLog

    def take(self, count: int, after: int | None = None, most_ticks: int = 2_000) -> tuple[list[Any], list[Any]]:
        """Return the first deliveries with bars, and all revisions up to then."""
        slices, revisions = [], []
        for delivery in self.feed.deliveries(after):
            revisions += delivery.revisions
            if delivery.slice.bars:
                slices.append(delivery.slice)
            most_ticks -= 1
            if len(slices) == count:
                break
            assert most_ticks, (self.feed.snapshot(), self.log.lines[-20:])
        return slices, revisions


@pytest.fixture
def scripted(heard_log: HeardLog) -> Iterator[Callable[..., Scripted]]:
    """Return a function that makes a feed over a scripted venue; whatever it made is closed in the end."""
    made: list[VenueFeed] = []

    def make(
        *symbols: str,
        at: float = START + 30,
        speed: float = 300,
        interval: int = 60,
        instruments: Any = None,
        **config: Any,
    ) -> Scripted:
        clock = FastClock(at, speed, waits=True)
        known = instruments or {symbol: crypto(symbol) for symbol in symbols}
        context = part_context(known, clock, interval=interval, log=heard_log)
        venue = ScriptedVenue(clock, interval)
        feed = VenueFeed(PollingConfig(**config), context, source="test:scripted", connect=lambda: venue)
        made.append(feed)
        first = feed._first

        def begun(after: int | None) -> int:
            moment = first(after)
            clock.hurry()  # where it begins is settled
            return moment

        feed._first = begun  # type: ignore[method-assign]
        return Scripted(feed, venue, clock, heard_log)

    yield make
    for feed in made:
        feed.close()
