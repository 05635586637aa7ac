"""The contract of feeds that poll a venue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from logos.data.bar_digest import bar_digest
from logos.session.polled import Delivery, PolledFeed
from logos.testing.contract import Contract

_WINDOWS = (1, 3, 7)


class PolledFeedContract(Contract):
    """What every polled feed must keep. Override ``make_feed``, ``symbols`` and ``until``.

    The venue behind it must have at least ten bars of every symbol that closed by ``until``, and go on from there.

    Attributes
    ----------
    interval:
        The interval that the feed was made for, in seconds.
    deliveries:
        How many deliveries, timer ticks among them, are looked at.
    """

    interval: int = 60
    deliveries: int = 40

    def make_feed(self) -> PolledFeed:
        """Return a new feed that nobody has prepared yet."""
        raise NotImplementedError

    def symbols(self) -> tuple[str, ...]:
        """Return the symbols that the feed was made for, in name order."""
        raise NotImplementedError

    def until(self) -> int:
        """Return a clock in seconds since the epoch, UTC: the venue has bars up to it, and more come behind it."""
        raise NotImplementedError

    def test_p01_it_is_a_polled_feed(self) -> None:
        """Assert that every method of the seat is there, and that a feed nobody has prepared can be closed."""
        feed = self.make_feed()
        assert isinstance(feed, PolledFeed), "P-01: a method of logos.session.seats.PolledFeed is missing"
        assert feed.polled is True, "P-01: polled is not True"
        feed.close()

    def test_p02_each_symbol_is_reported(self) -> None:
        """Assert that ``prepare`` reports every symbol once, in name order, with its source."""
        feed = self.make_feed()
        try:
            reports = feed.prepare()
        finally:
            feed.close()
        assert [report.symbol for report in reports] == list(self.symbols()), "P-02: not one report for each symbol"
        assert all(report.source for report in reports), "P-02: a report names no source"

    def test_p03_history_is_the_same_in_any_window(self) -> None:
        """Assert that history is ascending, ends in time, and that a bar is the same however many are asked for."""
        until = self.until()
        with self._prepared() as feed:
            for symbol in self.symbols():
                seen: dict[int, str] = {}
                for count in _WINDOWS:
                    bars = feed.history(symbol, count, until)
                    times = [bar.timestamp for bar in bars]
                    assert len(bars) == count, f"P-03: {len(bars)} bars of {symbol} instead of {count}"
                    assert times == sorted(set(times)), f"P-03: history of {symbol} is not ascending: {times}"
                    assert times[-1] + self.interval <= until, f"P-03: a bar of {symbol} closes after {until}"
                    assert {bar.symbol for bar in bars} == {symbol}, "P-03: bars of another symbol"
                    for bar in bars:
                        digest = bar_digest(bar, self.interval)
                        assert seen.setdefault(bar.timestamp, digest) == digest, (
                            f"P-03: the bar of {symbol} at {bar.timestamp} is another one in a window of {count}"
                        )

    def test_p04_deliveries_are_whole_slices_in_order(self) -> None:
        """Assert that bars come once, in slices of one time, in order, each with where it comes from."""
        after = self.until()
        for delivery in self._deliveries(after):
            clock, bars = delivery.slice
            assert len(delivery.origins) == len(bars), f"P-04: {len(delivery.origins)} origins for {len(bars)} bars"
            if not bars:
                continue
            assert clock > after, f"P-04: a slice that closes at {clock} after {after}"
            after = clock
            names = [bar.symbol for bar in bars]
            assert names == sorted(set(names)), f"P-04: symbols are not in name order, each once: {names}"
            opened = {bar.timestamp for bar in bars}
            assert opened == {clock - self.interval}, f"P-04: the slice of {clock} has bars that opened at {opened}"
            assert all(origin.source for origin in delivery.origins), "P-04: an origin names no source"

    def test_p05_what_was_taken_does_not_come_again(self) -> None:
        """Assert that a feed asked from a later clock goes on behind it, with the very bars of the first time."""
        first = {one.slice.clock: one.slice.bars for one in self._deliveries(self.until()) if one.slice.bars}
        assert len(first) > 1, f"P-05: no two slices among {self.deliveries} deliveries"
        after = min(first)
        again = [one.slice for one in self._deliveries(after) if one.slice.bars]
        assert again, "P-05: nothing came a second time"
        assert again[0].clock == sorted(first)[1], f"P-05: after {after} came {again[0].clock}"
        for clock, bars in again:
            digests = [bar_digest(bar, self.interval) for bar in bars]
            known = [bar_digest(bar, self.interval) for bar in first.get(clock, bars)]
            assert digests == known, f"P-05: the slice of {clock} came again with other bars"

    def test_p06_telemetry_is_json_and_the_status_a_line(self) -> None:
        """Assert that the snapshot survives JSON, and that the status fits on the progress line."""
        with self._prepared() as feed:
            state = feed.snapshot()
            back = json.loads(json.dumps(state, allow_nan=False))
            status = feed.status()
        assert back == state, "P-06: the snapshot comes back from JSON changed"
        assert isinstance(status, str), "P-06: the status is no text"
        assert "\n" not in status, "P-06: the status has more than one line"

    @contextmanager
    def _prepared(self) -> Iterator[PolledFeed]:
        feed = self.make_feed()
        try:
            feed.prepare()
            yield feed
        finally:
            feed.close()

    def _deliveries(self, after: int) -> list[Delivery]:
        with self._prepared() as feed:
            return list(islice(feed.deliveries(after), self.deliveries))
