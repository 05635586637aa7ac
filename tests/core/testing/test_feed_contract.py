"""The contract of polled feeds: an honest one passes, and each fault is found by its case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from logos.domain.bars import Bar, Slice
from logos.session.polled import Delivery, Origin
from logos.session.seats import QuarantinedRow, State, SymbolReport
from logos.testing.bars import MINUTE, START, bars_of, instrument, wave
from logos.testing.feeds import PolledFeedContract

SYMBOLS = ("ALT", "DEMO")
BARS = {symbol: bars_of(instrument(symbol), wave(60)) for symbol in SYMBOLS}
NOW = START + 30 * MINUTE


class Honest:
    """Polls a list."""

    polled = True

    def prepare(self) -> Sequence[SymbolReport]:
        return [SymbolReport(symbol=symbol, source="list") for symbol in SYMBOLS]

    def quarantined(self) -> Iterator[QuarantinedRow]:
        return iter(())

    def digest(self) -> str:
        return ""

    def slices(self, after: int | None) -> Iterator[Slice]:
        return (one.slice for one in self.deliveries(after))

    def deliveries(self, after: int | None) -> Iterator[Delivery]:
        for bars in zip(*BARS.values(), strict=True):
            clock = bars[0].timestamp + MINUTE
            if clock > (after or 0):
                yield Delivery(slice=Slice(clock + 3, ()))
                yield self.delivery(clock, bars)

    def delivery(self, clock: int, bars: tuple[Bar, ...]) -> Delivery:
        return Delivery(slice=Slice(clock, bars), origins=(Origin(source="list", fetched_at=clock),) * len(bars))

    def history(self, symbol: str, count: int, until: int) -> Sequence[Bar]:
        return [bar for bar in BARS[symbol] if bar.timestamp + MINUTE <= until][-count:]

    def snapshot(self) -> State:
        return {"symbols": {"DEMO": {"lag": 0.5}}}

    def status(self) -> str:
        return "all fresh"

    def close(self) -> None:
        pass


class NotPolled(Honest):
    polled = False


class Forgetful(Honest):
    def prepare(self):
        return super().prepare()[:1]


class Late(Honest):
    def history(self, symbol, count, until):
        return super().history(symbol, count, until + MINUTE)


class Wavering(Honest):
    def history(self, symbol, count, until):
        return [bar._replace(volume=count) for bar in super().history(symbol, count, until)]


class Anonymous(Honest):
    def delivery(self, clock, bars):
        return Delivery(slice=Slice(clock, bars))


class Disorderly(Honest):
    def delivery(self, clock, bars):
        return super().delivery(clock, bars[::-1])


class Again(Honest):
    def deliveries(self, after):
        return super().deliveries(min(after, NOW))


class Talkative(Honest):
    def status(self):
        return "one\ntwo"


def contract(feed: type[Honest]) -> PolledFeedContract:
    class TestFeed(PolledFeedContract):
        def make_feed(self):
            return feed()

        def symbols(self):
            return SYMBOLS

        def until(self):
            return NOW

    return TestFeed()


@pytest.mark.parametrize(
    ("feed", "cases"),
    [
        (Honest, []),
        (NotPolled, ["P-01"]),
        (Forgetful, ["P-02"]),
        (Late, ["P-03"]),
        (Wavering, ["P-03"]),
        (Anonymous, ["P-04"]),
        (Disorderly, ["P-04"]),
        (Again, ["P-05"]),
        (Talkative, ["P-06"]),
    ],
)
def test_each_fault_is_found_by_its_case(feed, cases) -> None:
    assert list(contract(feed).failing()) == cases
