"""From a venue's answer to the finished bars in it."""

from __future__ import annotations

import attrs

from logos.data.calendars import MarketCalendar
from logos.domain.bars import Bar, ForwardFilledBar
from logos.domain.instruments import Instrument
from logos.feeds.candles import BadCandleError, CandleReader
from logos.feeds.errors import UnsupportedError
from logos.feeds.retrying import Answer
from logos.feeds.venue import Candle

UNFINISHED = "unfinished"
DUPLICATE = "duplicate"


@attrs.frozen(kw_only=True)
class DroppedCandle:
    """A candle that is no bar, or not yet.

    Attributes
    ----------
    at:
        Its open time in seconds since the epoch, UTC.
    reason:
        One word, for counting.
    detail:
        The numbers.
    """

    at: int
    reason: str
    detail: str


@attrs.define(kw_only=True, eq=False)
class Reading:
    """What an answer holds.

    Attributes
    ----------
    bars:
        The finished bars, by open time.
    newest:
        Open time of the newest candle on the grid, finished or not; ``None`` where there is none.
    off_tick:
        For each bar with a price that was rounded: its open time, and the price.
    """

    bars: dict[int, Bar] = attrs.field(factory=dict)
    newest: int | None = None
    dropped: list[DroppedCandle] = attrs.field(factory=list)
    off_tick: dict[int, str] = attrs.field(factory=dict)

    def drop(self, at: int, reason: str, detail: str) -> None:
        """Take note of a candle that is left out."""
        self.dropped.append(DroppedCandle(at=at, reason=reason, detail=detail))


def read_page(answer: Answer, reader: CandleReader) -> Reading:
    """Read the candles between the two times that were asked for.

    A bar is final when its interval had passed by the venue's clock and by the machine's. Of several candles of one
    time the last one counts.
    """
    reading = Reading()
    for candle in answer.page.candles:
        if not answer.since <= candle.timestamp < answer.until:
            continue
        if candle.timestamp % reader.interval == 0:
            reading.newest = max(candle.timestamp, reading.newest or candle.timestamp)
        if candle.timestamp + reader.interval > answer.closed_by:
            reading.drop(candle.timestamp, UNFINISHED, "its interval has not passed by the venue's clock and ours")
        else:
            _read(candle, reader, reading)
    return reading


def _read(candle: Candle, reader: CandleReader, reading: Reading) -> None:
    stamp = candle.timestamp
    try:
        bar, rounded = reader.read(candle)
    except BadCandleError as error:
        reading.drop(stamp, error.reason, str(error))
        return
    if stamp in reading.bars:
        reading.drop(stamp, DUPLICATE, "the answer holds another candle of this time, and the last one counts")
    reading.bars[stamp] = bar
    if rounded:
        reading.off_tick[stamp] = rounded


def repeated(before: Bar, slot: int) -> Bar:
    """Return the forward-filled bar of an interval: the close before it, and no volume."""
    close = before.close
    return ForwardFilledBar(before.instrument, slot, close, close, close, close, 0)


def is_open(calendar: MarketCalendar, slot: int, interval: int) -> bool:
    """Return whether a market is open at any moment of an interval that begins at ``slot``."""
    if calendar.is_open(slot):
        return True
    opened = calendar.latest_opening(slot + interval - 1)
    return opened is not None and opened >= slot


def off_tick_error(source: str, instrument: Instrument, price: str) -> UnsupportedError:
    """Return the refusal of a price between two ticks."""
    return UnsupportedError(
        source,
        f"{instrument.symbol} has a price off its tick {instrument.tick}: {price}",
        hint="Set off_tick: round, or give the instrument the venue's tick",
    )
