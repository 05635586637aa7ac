"""Instruments and bars for tests, made of plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from logos.domain.bars import Bar, Slice
from logos.domain.instruments import AssetClass, Instrument

START = 1_704_150_000
"""2024-01-01T23:00:00Z: an hour before a new day, so that a run of two hours sees one begin."""

MINUTE = 60


def instrument(
    symbol: str = "DEMO",
    *,
    asset_class: AssetClass = AssetClass.CRYPTO,
    tick: str = "0.01",
    lot: str = "0.01",
    currency: str = "USD",
    calendar: str | None = None,
) -> Instrument:
    """Return an instrument; the default one never closes."""
    return Instrument(
        symbol=symbol,
        asset_class=asset_class,
        tick=Decimal(tick),
        lot=Decimal(lot),
        currency=currency,
        calendar=calendar,
    )


def wave(count: int, *, middle: int = 10_000, swing: int = 1_500) -> list[int]:
    """Return closes in ticks that rise and fall around a middle, with small uneven steps and no randomness."""
    period = 61
    closes = []
    for index in range(count):
        phase = index % (2 * period)
        height = phase if phase <= period else 2 * period - phase
        closes.append(middle - swing + 2 * swing * height // period + index * index * 37 % 101 - 50)
    return closes


def bars_of(
    of: Instrument, closes: Sequence[int], *, start: int = START, interval: int = MINUTE, volume: int = 10_000
) -> list[Bar]:
    """Return bars with these closes in ticks, each opening at the close before it, one interval apart.

    Parameters
    ----------
    start:
        The first bar's open time, in seconds since the epoch, UTC.
    interval:
        Seconds.
    volume:
        Lots in every bar.
    """
    bars = []
    before = closes[0] if closes else 0
    for index, close in enumerate(closes):
        high, low = max(before, close) + 1, min(before, close) - 1
        bars.append(Bar(of, start + index * interval, before, high, low, close, volume))
        before = close
    return bars


def slices_of(bars: Sequence[Bar], *, interval: int = MINUTE) -> list[Slice]:
    """Return the slices of one or more symbols' bars, by time and then by symbol."""
    by_time: dict[int, list[Bar]] = {}
    for bar in sorted(bars, key=lambda bar: (bar.timestamp, bar.symbol)):
        by_time.setdefault(bar.timestamp, []).append(bar)
    return [Slice(time + interval, tuple(together)) for time, together in by_time.items()]
