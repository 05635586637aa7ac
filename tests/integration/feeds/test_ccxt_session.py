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


def test_a_stalled_venue_halts_the_session_within_the_threshold_and_a_second(stage, exchange, delay) -> None:
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
    assert 0 < cause.at - closes - 120 <= 1 + clock.speed * delay()


def test_the_kill_file_is_obeyed_within_a_second_while_every_poll_hangs(stage, exchange, delay) -> None:
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
    # One second to halt, as much again to close what hangs, and as much to write what a session leaves.
    assert ended - killed[0] < 3 + delay()
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


STALE = [{"plugin": "stale_data", "after": "2m"}]


def last_close(folder):
    return max(parse_time(row[1]) for row in bars_of(folder)) + 60


def test_a_long_pause_is_no_stale_data_where_the_venue_has_what_closed_meanwhile(stage, exchange) -> None:
    one, symbols = stage(), ("AAA-USD", "BBB-USD")
    venue, clock = exchange(20, symbols)
    sections = {"feed": feed_of(venue, symbols, timeout="1m"), "guards": STALE}
    assert one.run(sections, clock, bars=3).status == "paused"
    clock.slow()
    clock.skip(8 * 60)
    outcome = one.resume(clock, bars=12)
    assert (outcome.status, outcome.causes) == ("paused", ())
    stamps = sorted({parse_time(row[1]) for row in bars_of(one.folder())})
    assert stamps == list(range(stamps[0], stamps[-1] + 60, 60))
    assert len(stamps) >= 9


def test_a_halt_by_a_stall_is_forgiven_for_good_once_the_venue_goes_on(stage, exchange) -> None:
    one, symbols = stage(), ("AAA-USD", "BBB-USD")
    venue, clock = exchange(20, symbols)

    def stall(session) -> None:
        if session.counts.slices >= 2:
            venue.stall()

    one.look = stall
    sections = {"feed": feed_of(venue, symbols, timeout="1m"), "guards": STALE}
    assert one.run(sections, clock).status == "halted"
    one.look = lambda _session: None
    venue.resume()
    clock.slow()
    clock.skip(20 * 60)
    outcome = one.resume(clock, bars=24, clear_halt=True)
    assert (outcome.status, outcome.causes) == ("paused", ())
    stamps = sorted({parse_time(row[1]) for row in bars_of(one.folder())})
    assert stamps == list(range(stamps[0], stamps[-1] + 60, 60))
    assert len(stamps) >= 20


@pytest.mark.parametrize("trouble", ["timeout", "unavailable_503", "rate_limited"])
def test_a_venue_that_is_dead_after_a_pause_halts_the_session_all_the_same(stage, exchange, trouble, delay) -> None:
    one, symbols = stage(), ("AAA-USD", "BBB-USD")
    venue, clock = exchange(20, symbols)
    sections = {"feed": feed_of(venue, symbols, timeout="20s"), "guards": STALE}
    assert one.run(sections, clock, bars=2).status == "paused"
    clock.slow()
    clock.skip(8 * 60)
    venue.misbehave(trouble, times=None, retry_after="3600")
    began = clock.now()
    outcome = one.resume(clock)
    (cause,) = outcome.causes
    assert cause.guard == "stale_data"
    # The time-out and the grace, and what passes on the fast clock while the session is built and looks around.
    assert 0 <= cause.at - began <= 120 + 1 + clock.speed * delay()


def test_the_kill_file_is_obeyed_while_a_resumed_session_waits_for_its_first_answer(stage, exchange) -> None:
    one, symbols = stage(), ("AAA-USD",)
    venue, clock = exchange(20, symbols)
    sections = {"feed": feed_of(venue, symbols, timeout="1h"), "guards": [*STALE, {"plugin": "kill_switch"}]}
    assert one.run(sections, clock, bars=2).status == "paused"
    clock.slow()
    clock.skip(8 * 60)
    venue.misbehave("timeout", times=None)
    asked = len(venue.asked())

    def kill(_session) -> None:
        if len(venue.asked()) > asked:
            file = one.workspace / "runs" / "live" / "KILL"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()

    one.look = kill
    outcome = one.resume(clock)
    assert [cause.guard for cause in outcome.causes] == ["kill_switch"]


def test_a_venue_that_wants_to_be_left_alone_for_long_ends_the_start_and_says_so(stage, exchange) -> None:
    from logos.feeds.errors import RateLimitedError  # noqa: PLC0415 -- a sibling that only these tests need

    one, symbols = stage(), ("AAA-USD",)
    venue, clock = exchange(1, symbols)
    venue.misbehave("rate_limited", times=None, path="/api", retry_after="3600")
    with pytest.raises(RateLimitedError, match="left alone for 3600 s") as refusal:
        one.run({"feed": feed_of(venue, symbols)}, clock)
    assert refusal.value.exit_code == 1
    assert not one.folder().exists()


def test_the_operator_hears_what_a_start_waits_for(stage, exchange) -> None:
    from logos.feeds.errors import VenueDownError  # noqa: PLC0415 -- a sibling that only these tests need

    one, symbols = stage(), ("AAA-USD",)
    venue, clock = exchange(1, symbols)
    venue.misbehave("unavailable_503", times=None, path="/api")
    with pytest.raises(VenueDownError, match=r"asked 3 times in \d+ s"):
        one.run({"feed": feed_of(venue, symbols, retries=2)}, clock)
    assert len(one.told) == 2
    assert all("trying again in" in text and "ccxt:binance" in text for text in one.told)


def test_the_summary_tells_what_the_feed_counted_and_its_last_slice_of_bars(stage, exchange) -> None:
    one, symbols = stage(), ("AAA-USD",)
    venue, clock = exchange(1_000, symbols)
    one.run({"feed": feed_of(venue, symbols, timeout="30m", patience="6h")}, clock, bars=20)
    state = json.loads((one.folder() / "state.json").read_text())
    text = (one.folder() / "session.md").read_text(encoding="utf-8")
    assert state["sliced_at"] in next(line for line in text.splitlines() if line.startswith("| Last slice"))
    figures = state["feed"]["symbols"]["AAA-USD"]
    cells = [
        cell.strip()
        for cell in next(line for line in text.splitlines() if "| AAA-USD" in line and "ccxt" in line).split("|")
    ]
    assert cells[6:8] == [f"{figures['off_tick']:,}", f"{figures['gaps']:,}"]
    assert "since the session was last started or resumed" in text


def test_a_symbol_that_the_venue_does_not_know_refuses_the_start(stage, exchange) -> None:
    from logos.feeds.errors import UnknownSymbolError  # noqa: PLC0415 -- a sibling that only these tests need

    one = stage()
    venue, clock = exchange(1, ("AAA-USD",))
    with pytest.raises(UnknownSymbolError) as refusal:
        one.run({"feed": feed_of(venue, ("AAA-USD", "BBB-USD"))}, clock)
    assert refusal.value.exit_code == 2
    assert "BBB/USDT" in str(refusal.value)
    assert not one.folder().exists()


def test_answers_with_holes_in_them_lose_no_bar(stage, exchange) -> None:
    one, symbols = stage(), ("AAA-USD", "BBB-USD")
    venue, clock = exchange(1_000, symbols)
    one.begun = functools.partial(
        venue.plan, 0.2, seed=5, kinds=["empty", "gap", "duplicates", "disorder", "backwards"]
    )
    outcome = one.run({"feed": feed_of(venue, symbols, timeout="30m", patience="6h")}, clock, bars=100)
    assert outcome.bars >= 200
    assert sum(bool(request.fault) for request in venue.asked()) >= 20
    for symbol in symbols:
        stamps = [parse_time(row[1]) for row in bars_of(one.folder()) if row[0] == symbol]
        assert stamps == list(range(stamps[0], stamps[0] + outcome.bars // 2 * 60, 60))


def test_a_symbol_that_was_away_for_long_comes_back_and_ends_no_session(stage, exchange) -> None:
    one, symbols = stage(), ("AAA-USD", "BBB-USD")
    venue, clock = exchange(300, symbols)

    def trouble(session) -> None:
        if session.counts.slices == 2:
            venue.misbehave("error_500", times=None, symbol="BBB/USDT")
        elif session.counts.slices >= 16:
            venue.behave()

    one.look = trouble
    feed = feed_of(venue, symbols, timeout="10m", patience="2m", retries=1, circuit_failures=2, circuit_pause="1m")
    outcome = one.run({"feed": feed}, clock, bars=40)
    assert outcome.status == "paused"
    of = {symbol: [parse_time(row[1]) for row in bars_of(one.folder()) if row[0] == symbol] for symbol in symbols}
    assert len(of["AAA-USD"]) >= 40
    assert of["BBB-USD"][-1] == of["AAA-USD"][-1]
    assert 10 <= len(of["BBB-USD"]) < len(of["AAA-USD"])
