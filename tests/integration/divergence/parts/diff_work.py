"""The parts themselves. What ``MOOD`` holds stands for another state of their code."""

from __future__ import annotations

import json
from typing import ClassVar

import attrs

from logos.brokers.paper import PaperBroker
from logos.domain.bars import Bar, ForwardFilledBar, Slice
from logos.domain.events import Fill, Liquidity
from logos.domain.orders import OrderType, Signal, TimeInForce
from logos.session.polled import Delivery, Origin, Revision
from logos.session.seats import Guard, SymbolReport

MOOD: dict[str, int] = {}
VALUES = (0, 100_000_000, 50_000_000, 100_000_000, -100_000_000, 25_000_000)
TYPES = (OrderType.LIMIT, OrderType.MARKET, OrderType.STOP, OrderType.MARKET, OrderType.LIMIT)
HOLD = 5 * 60


class Moody:
    """Signals by the time of day alone, held for some bars; the other way round at the bar ``MOOD`` names."""

    lookback = 1

    def __init__(self, config, context):
        self._salt = config.salt

    def on_bar(self, bar):
        throw = (bar.timestamp // HOLD * 7919 + sum(map(ord, bar.symbol)) * 31 + self._salt * 17) % 9973
        value = VALUES[throw % len(VALUES)]
        kind = TYPES[throw // 7 % len(TYPES)]
        away = 1 + throw // 11 % 9
        if bar.timestamp == MOOD.get("signal_at"):
            value = 75_000_000
        limit = bar.close - away if kind.has_limit else None
        stop = bar.close + away if kind.has_stop else None
        return Signal(value, kind, limit, stop, TimeInForce.GTC)


class Worn(PaperBroker):
    """One of its fills has another fee, price or liquidity than the paper broker's would have."""

    def __init__(self, config, context):
        super().__init__(config, context)
        self._fills = 0

    def match(self, bars, account):
        for event in super().match(bars, account):
            if isinstance(event, Fill):
                self._fills += 1
                if self._fills == MOOD.get("fill"):
                    yield self._otherwise(event)
                    continue
            yield event

    def _otherwise(self, fill):
        how = MOOD["how"]
        if how == 0:
            return attrs.evolve(fill, fee=fill.fee + 1)
        if how == 1:
            return attrs.evolve(fill, price=fill.price + 1, value=fill.value + 1_000 * fill.quantity)
        other = Liquidity.MAKER if fill.liquidity is Liquidity.TAKER else Liquidity.TAKER
        return attrs.evolve(fill, liquidity=other)


class Picky(Guard):
    """Blocks the one order that its config names, or ``MOOD``."""

    def __init__(self, config, context):
        self._order = config.order

    def judge(self, intent, session):
        if intent.order_id not in {self._order, MOOD.get("block")}:
            return None
        return f"order {intent.order_id} is not liked; wait for the next"

    def snapshot(self):
        return {}

    def restore(self, state):
        pass


class Told:
    """A polled feed that plays ``told.json``: ``history`` and ``slices``, each a list of rows as a venue sent them."""

    polled = True
    shared: ClassVar[str] = "told.json"

    def __init__(self, config, context):
        self._context = context

    def _told(self):
        return json.loads((self._context.workspace / self.shared).read_text())

    def prepare(self):
        return [SymbolReport(symbol=symbol, source="told:test") for symbol in sorted(self._context.symbols)]

    def _bar(self, row):
        instrument = self._context.instruments[row["symbol"]]
        kind = ForwardFilledBar if row.get("forward_filled") else Bar
        return kind(instrument, row["opened"], *row["values"])

    def _origin(self, row):
        late = row.get("late", 2)
        return Origin(source="told:test", fetched_at=row["opened"] + 60 + late, final=row.get("final", True))

    def history(self, symbol, count, until):
        rows = [row for row in self._told()["history"] if row["symbol"] == symbol and row["opened"] + 60 <= until]
        return [self._bar(row) for row in rows][-count:]

    def deliveries(self, after):
        told = self._told()
        for one in told["slices"]:
            clock = one["clock"]
            if after is not None and clock <= after:
                continue
            revisions = tuple(
                Revision(
                    delivered=self._bar(old),
                    revised=self._bar(new),
                    origin=Origin(source="told:test", fetched_at=clock + 3),
                )
                for old, new in one.get("revisions", ())
            )
            bars = tuple(self._bar(row) for row in one["bars"])
            origins = tuple(self._origin(row) for row in one["bars"])
            yield Delivery(slice=Slice(clock, bars), origins=origins, revisions=revisions)
            if one.get("kill"):
                path = self._context.workspace / "runs/live/KILL"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()

    def slices(self, after):
        for delivery in self.deliveries(after):
            yield delivery.slice

    def quarantined(self):
        return iter(())

    def digest(self):
        return "00" * 32

    def status(self):
        return "told"

    def snapshot(self):
        return {}

    def close(self):
        pass
