"""The scripted feed: bars from files as a polled feed hands them over, ticks while it is silent, and a poll that hangs.

A rehearsal needs a feed that falls silent when it is told to. Everything behind the seat is as with a venue: bars are
recorded before they are acted upon, the kill file is obeyed in silence, a resume asks for what has closed since.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from logos.context.parts import PartContext
from logos.data.replay import ReplayFeed
from logos.data.replay_config import ReplayConfig
from logos.data.scripted_config import ScriptedConfig
from logos.domain.bars import Bar, Slice
from logos.domain.times import parse_duration, parse_time
from logos.session.polled import Delivery, Origin
from logos.session.seats import QuarantinedRow, State, SymbolReport

_POLL = 0.1
"""Seconds of a hanging poll after which the feed looks whether it was closed."""


def open_scripted(config: ScriptedConfig, context: PartContext) -> ScriptedFeed:
    """Build the scripted feed of a session.

    Raises
    ------
    DataError
        Where a symbol has no bar file, or several.
    """
    return ScriptedFeed(config, context)


class ScriptedFeed:
    """Plays bar files as a polled feed; fills the seat ``logos.session.polled.PolledFeed``.

    The session's clock begins at the open of the first bar, and bars say that they were fetched when they closed, so
    that two runs record the same bytes.
    """

    polled = True

    def __init__(self, config: ScriptedConfig, context: PartContext) -> None:
        self._config = config
        self._pause = float(config.pause)
        self._tick = parse_duration(config.tick)
        self._hang_at = parse_time(config.hang_at) if config.hang_at else None
        self._clock = context.clock
        self._files = ReplayFeed(ReplayConfig(path=config.path), context)
        self._closed = False

    def prepare(self) -> Sequence[SymbolReport]:
        """Read every file once; return one report a symbol, in name order.

        Raises
        ------
        DataError
            With file and line of what cannot be used.
        """
        return [
            SymbolReport(symbol=one.symbol, source=self._source(one.symbol), first=one.first)
            for one in self._files.prepare()
        ]

    def _source(self, symbol: str) -> str:
        return f"scripted:{self._config.path}/{symbol}"

    def quarantined(self) -> Iterator[QuarantinedRow]:
        """Yield nothing: a row that is not right refuses the file."""
        return iter(())

    def digest(self) -> str:
        """Return the SHA-256 of symbols and bars."""
        return self._files.digest()

    def slices(self, after: int | None) -> Iterator[Slice]:
        """Yield what ``deliveries`` yields, without where it comes from."""
        for delivery in self.deliveries(after):
            yield delivery.slice

    def deliveries(self, after: int | None) -> Iterator[Delivery]:
        """Yield the slices whose clock is later than ``after``, then the ticks; hang behind one of them, or all."""
        clock = after or 0
        for bars in self._files.slices(after):  # its files close when it is let go of: in the thread that reads them
            if self._waited(self._pause):
                return
            clock = bars.clock
            origins = tuple(Origin(source=self._source(bar.symbol), fetched_at=clock) for bar in bars.bars)
            yield Delivery(slice=bars, origins=origins)
            if clock == self._hang_at and self._waited(self._config.hang):
                return
        for number in range(1, self._config.ticks + 1):
            if self._waited(self._pause):
                return
            yield Delivery(slice=Slice(clock + number * self._tick, ()))
        if self._hang_at is None:
            self._waited(self._config.hang)

    def _waited(self, seconds: float) -> bool:
        """Wait; return whether the feed was closed meanwhile."""
        ends = self._clock.monotonic() + seconds
        while not self._closed and (left := ends - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left, _POLL))
        return self._closed

    def history(self, symbol: str, count: int, until: int) -> Sequence[Bar]:
        """Return the last ``count`` bars of a symbol that closed at or before ``until``, oldest first."""
        return self._files.history(symbol, count, until)

    def status(self) -> str:
        """Say what is played."""
        return f"played from {self._config.path}"

    def snapshot(self) -> State:
        """Return nothing: there is no venue to tell of."""
        return {}

    def close(self) -> None:
        """End a wait that is under way."""
        self._closed = True
