"""Paper sessions on bars that the real CCXT polls from an exchange on loopback, in compressed time."""

from __future__ import annotations

import csv
import functools
import json

import pytest

from logos.domain.times import parse_time

SYMBOLS = ("AAA-USD", "BBB-USD", "CCC-USD")
BARS = 300


def feed_of(venue, symbols=SYMBOLS, **config):
    """Return the feed's section. The time-out is that of the machine times the clock's speed."""
    names = {symbol: symbol.replace("-USD", "/USDT") for symbol in symbols}
    return {
        "plugin": "ccxt",
        "exchange": "binance",
        "symbols": list(symbols),
        "venue_symbols": names,
        "base_url": venue.url,
        **config,
    }


@pytest.fixture
def exchange(venues, fast_clock):
    """Return a function that starts an exchange and the clock of its world, a second after a minute has begun."""

    def make(speed: float, symbols=SYMBOLS, count: int = BARS):
        clock = fast_clock(venues.start + 7_201, speed)
        venue = venues.binance(clock)
        for number, symbol in enumerate(symbols):
            name = symbol.replace("-USD", "/USDT")
            venue.serve(name, venues.walk(name, 120 + count, seed=number))
        return venue, clock

    return make


def bars_of(folder):
    """Return the bars of a session's record, and how often each stands there."""
    with (folder / "bars.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "bar"]
    keys = ("symbol", "timestamp", "open", "high", "low", "close", "volume", "sha256")
    return [tuple(row[key] for key in keys) for row in rows]


def test_a_fifth_of_all_polls_failing_changes_not_one_bar_and_no_byte_of_an_artifact(stage, exchange) -> None:
    found = []
    for name, share in (("quiet", 0.0), ("rough", 0.2)):
        one = stage(name)
        venue, clock = exchange(2_000)
        if share:
            one.begun = functools.partial(venue.plan, share, seed=11)
        feed = feed_of(venue, timeout="30m", patience="6h", circuit_pause="3m")
        outcome = one.run({"feed": feed}, clock, bars=BARS)
        assert (outcome.status, outcome.bars) == ("paused", BARS * len(SYMBOLS))
        assert outcome.fills > 100
        failed = [request for request in venue.asked() if request.fault]
        figures = json.loads((one.folder() / "state.json").read_text())["feed"]["symbols"]
        assert len(failed) >= 0.7 * share * len(venue.asked())
        assert sum(symbol["failures"] for symbol in figures.values()) >= 0.5 * len(failed)  # aiohttp hides resets
        bars = bars_of(one.folder())
        assert len(bars) == len(set(bars)) == BARS * len(SYMBOLS)
        found.append((bars, one.tables()))
    assert found[0] == found[1]


def test_a_stalled_venue_halts_the_session_within_the_threshold_and_a_second(stage, exchange) -> None:
    one, symbols = stage(), ("AAA-USD", "BBB-USD")
    venue, clock = exchange(20, symbols)

    def stall(session) -> None:
        if session.counts.slices >= 2:
            venue.stall()

    one.look = stall
    guards = [{"plugin": "stale_data", "after": "2m"}]
    feed = feed_of(venue, symbols, timeout="30s", poll_every="5s")
    outcome = one.run({"feed": feed, "guards": guards}, clock)
    assert (outcome.status, outcome.exit_code) == ("halted", 3)
    (cause,) = outcome.causes
    closes = max(parse_time(row[1]) for row in bars_of(one.folder())) + 60
    assert cause.guard == "stale_data"
    assert 0 < cause.at - closes - 120 <= 1


def test_the_kill_file_is_obeyed_within_a_second_while_every_poll_hangs(stage, exchange, fast_clock) -> None:
    one, symbols = stage(), ("AAA-USD",)
    venue, clock = exchange(20, symbols)
    killed = []

    def kill(session) -> None:
        if session.counts.slices >= 1 and not killed:
            venue.misbehave("timeout", times=None)
            asked = len(venue.asked())
            venue.wait_for(asked + 1)
            file = one.workspace / "runs" / "live" / "KILL"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
            killed.append(clock.machine())

    one.look = kill
    outcome = one.run({"feed": feed_of(venue, symbols, timeout="1h")}, clock)
    ended = clock.machine()
    assert [cause.guard for cause in outcome.causes] == ["kill_switch"]
    # One second to halt, as much again to close what hangs, and room for a machine that has other work to do.
    assert ended - killed[0] < 5
    assert (one.folder() / "session.md").is_file()


def test_a_resumed_session_first_takes_what_closed_in_the_meantime(stage, exchange) -> None:
    one, symbols = stage(), ("AAA-USD", "BBB-USD")
    venue, clock = exchange(1_000, symbols)
    sections = {"feed": feed_of(venue, symbols, timeout="30m", patience="6h")}
    one.run(sections, clock, bars=20)
    before = bars_of(one.folder())
    clock.slow()
    clock.skip(45 * 60)
    outcome = one.resume(clock, bars=100)
    assert outcome.bars == 200
    bars = bars_of(one.folder())
    assert bars[: len(before)] == before
    stamps = [parse_time(row[1]) for row in bars if row[0] == "AAA-USD"]
    assert stamps == list(range(stamps[0], stamps[0] + 100 * 60, 60))
    assert stamps == [parse_time(row[1]) for row in bars if row[0] == "BBB-USD"]


def test_a_symbol_that_the_venue_does_not_know_refuses_the_start(stage, exchange) -> None:
    from logos.feeds.errors import UnknownSymbolError  # noqa: PLC0415 -- a sibling that only these tests need

    one = stage()
    venue, clock = exchange(1, ("AAA-USD",))
    with pytest.raises(UnknownSymbolError) as refusal:
        one.run({"feed": feed_of(venue, ("AAA-USD", "BBB-USD"))}, clock)
    assert refusal.value.exit_code == 2
    assert "BBB/USDT" in str(refusal.value)
    assert not one.folder().exists()
