"""What a market looks like at a moment: the candles that have opened by then, the last one unfinished."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple


class Row(NamedTuple):
    """One candle; the timestamp is its open time in seconds since the epoch, UTC."""

    timestamp: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal

    @property
    def texts(self) -> tuple[str, str, str, str, str]:
        """Open, high, low, close and volume as plain decimals."""
        return (f"{self.open:f}", f"{self.high:f}", f"{self.low:f}", f"{self.close:f}", f"{self.volume:f}")


def number(*parts: object) -> int:
    """Return 64 bits that depend on the parts alone."""
    text = "|".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def row_of(bar: object) -> Row:
    """Return a row of a ``Bar`` of Logos, or of a sequence ``(timestamp, open, high, low, close, volume)``."""
    if isinstance(bar, Row):
        return bar
    of = getattr(bar, "instrument", None)
    if of is not None:
        prices = (of.price_text(price) for price in (bar.open, bar.high, bar.low, bar.close))
        return Row(bar.timestamp, *map(Decimal, prices), Decimal(of.quantity_text(bar.volume)))
    timestamp, *texts = bar
    return Row(int(timestamp), *(Decimal(str(text)) for text in texts))


def walk(
    symbol: str,
    start: int,
    count: int,
    *,
    interval: int = 60,
    price: str = "100.00",
    volume: str = "1.0000",
    seed: int = 1,
) -> list[Row]:
    """Return candles that wander, each opening at the close before it; the same arguments wander alike.

    Prices have the decimals of ``price``, volumes those of ``volume``.
    """
    step = Decimal(1).scaleb(Decimal(price).as_tuple().exponent)
    lot = Decimal(1).scaleb(Decimal(volume).as_tuple().exponent)
    wide = max(int(Decimal(price) / step) // 1_000, 3)
    rows, before = [], Decimal(price)
    for index in range(count):
        draw = number(seed, symbol, index)
        close = max(before + (draw % (2 * wide + 1) - wide) * step, 10 * step)
        high = max(before, close) + (draw >> 20) % wide * step
        low = max(min(before, close) - (draw >> 32) % wide * step, step)
        traded = (1 + (draw >> 44) % 1_000) * lot
        rows.append(Row(start + index * interval, before, high, low, close, traded))
        before = close
    return rows


def together(rows: Iterable[Row], interval: int) -> Iterator[Row]:
    """Yield longer candles made of shorter ones."""
    group: list[Row] = []
    for row in rows:
        if group and row.timestamp // interval != group[0].timestamp // interval:
            yield _joined(group, interval)
            group = []
        group.append(row)
    if group:
        yield _joined(group, interval)


def _joined(group: list[Row], interval: int) -> Row:
    return Row(
        group[0].timestamp // interval * interval,
        group[0].open,
        max(row.high for row in group),
        min(row.low for row in group),
        group[-1].close,
        sum((row.volume for row in group), Decimal(0)),
    )


def unfinished(row: Row, done: Decimal) -> Row:
    """Return a candle as it stands when the share ``done`` of its time has passed."""

    def part(whole: Decimal, like: Decimal) -> Decimal:
        return (whole * done).quantize(Decimal(1).scaleb(like.as_tuple().exponent))

    close = row.open + part(row.close - row.open, row.close)
    top, bottom = max(row.open, close), min(row.open, close)
    return Row(
        row.timestamp,
        row.open,
        min(row.high, top + part(row.high - max(row.open, row.close), row.high)),
        max(row.low, bottom - part(min(row.open, row.close) - row.low, row.low)),
        close,
        part(row.volume, row.volume),
    )


class Market:
    """The candles of one symbol, and what becomes of them in time."""

    def __init__(self, rows: Iterable[Row], interval: int) -> None:
        self.interval = interval
        self.rows = {row.timestamp: row for row in rows}
        self.revisions: list[tuple[float, int, dict[str, Decimal]]] = []
        self.lost: dict[int, float] = {}
        self.frozen_at: float | None = None
        self.lag = 0.0

    def revise(self, timestamp: int, at: float, **changes: object) -> None:
        """From the moment ``at`` on, a candle reads differently."""
        self.revisions.append((at, timestamp, {name: Decimal(str(value)) for name, value in changes.items()}))

    def lose(self, timestamp: int, until: float) -> None:
        """Leave a candle out of every answer before the moment ``until``."""
        self.lost[timestamp] = until

    def candles(self, now: float, interval: int) -> list[Row]:
        """Return what has opened by ``now``, oldest first; the last one is unfinished."""
        moment = now if self.frozen_at is None else min(now, self.frozen_at)
        seen = [self._at(row, moment) for row in self.rows.values() if row.timestamp <= moment - self.lag]
        seen = [row for row in seen if now >= self.lost.get(row.timestamp, now)]
        return list(together(seen, interval)) if interval != self.interval else seen

    def _at(self, row: Row, moment: float) -> Row:
        for since, timestamp, changes in self.revisions:
            if timestamp == row.timestamp and since <= moment:
                row = row._replace(**changes)
        passed = moment - row.timestamp
        if passed >= self.interval:
            return row
        return unfinished(row, Decimal(int(passed * 1_000)) / (self.interval * 1_000))
