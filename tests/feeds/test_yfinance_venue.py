"""The real yfinance against Yahoo on loopback: what it parses, its odd rows, and what each failure becomes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest

from logos.domain.instruments import AssetClass
from logos.feeds import errors
from logos.feeds.yfinance_venue import YfinanceVenue

DAY = 86_400
MINUTE = 60
CLASSES = {
    "BTC-USD": AssetClass.CRYPTO,
    "ETH-USD": AssetClass.CRYPTO,
    "EUR-USD": AssetClass.FOREX,
    "AAPL": AssetClass.EQUITY,
    "NAB.AX": AssetClass.EQUITY,
}


@pytest.fixture
def use(tmp_path: Path):
    """Return what opens a venue, lets ``work`` use it, and closes it; it returns what work returns."""

    def use(server, work, *, symbols=("BTC-USD",), interval=MINUTE, timeout=10.0, names=None, **options):
        async def main():
            venue = YfinanceVenue(
                symbols={symbol: (names or {}).get(symbol, symbol) for symbol in symbols},
                asset_classes=CLASSES,
                interval=interval,
                cache_folder=tmp_path / "yfinance",
                base_url=server.url,
                timeout=timeout,
                **options,
            )
            try:
                await venue.open()
                return await work(venue)
            finally:
                await venue.close()

        return asyncio.run(main())

    return use


@pytest.fixture
def clock(venues):
    clock = venues.clock()
    clock.advance(30)
    return clock


@pytest.fixture
def yahoo(venues, clock):
    server = venues.yahoo(clock)
    server.serve("BTC-USD", venues.walk("BTC-USD", volume="100"))
    server.serve("ETH-USD", venues.walk("ETH-USD", volume="100"))
    return server


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def prices(candle) -> list[float]:
    return [float(text) for text in (candle.open, candle.high, candle.low, candle.close)]


def test_candles_arrive_as_the_shortest_texts_of_yahoos_doubles(yahoo, venues, clock, use) -> None:
    rows = venues.walk("BTC-USD", volume="100")
    since, until = venues.start + 50 * MINUTE, venues.start + 61 * MINUTE
    page = use(yahoo, lambda venue: venue.candles("BTC-USD", since, until))

    assert [candle.timestamp for candle in page.candles] == [row.timestamp for row in rows[50:61]]
    for candle, row in zip(page.candles[:10], rows[50:], strict=False):
        for text, price in zip((candle.open, candle.high, candle.low, candle.close), row.texts, strict=False):
            assert text == repr(float(text))
            assert round(float(text), 2) == float(price)
    assert page.size > 500
    assert page.venue_time == clock()
    assert len(yahoo.asked("BTC-USD")) == 1
    assert yahoo.asked("BTC-USD")[0].query["interval"] == "1m"


def test_recorded_charts_parse_to_their_own_figures(venues, use) -> None:
    server = venues.yahoo()
    recorded = {name: venues.recorded(f"yahoo/chart_{name}") for name in ("AAPL", "BTC-USD")}
    for name, chart in recorded.items():
        server.answer(f"{server.root}{name}", chart)
    since, until = seconds("2020-01-01"), seconds("2020-01-04")

    async def work(venue):
        return {name: await venue.candles(name, since, until) for name in recorded}

    pages = use(server, work, symbols=tuple(recorded), interval=DAY)
    days = [seconds(f"2020-01-0{day}") for day in (1, 2, 3)]
    assert [candle.timestamp for candle in pages["BTC-USD"].candles] == days
    # The day's bar of a share is stamped with its session's open, and belongs to midnight of that day.
    assert [candle.timestamp for candle in pages["AAPL"].candles] == days[1:2]
    for name, page in pages.items():
        quote = recorded[name]["chart"]["result"][0]["indicators"]["quote"][0]
        for index, candle in enumerate(page.candles):
            assert prices(candle) == [quote[part][index] for part in ("open", "high", "low", "close")]
            assert candle.volume == str(quote["volume"][index])


def test_a_delisted_symbol_is_unknown_at_the_start(venues, use) -> None:
    server = venues.yahoo()
    server.answer(f"{server.root}WSKT.JK", venues.recorded("yahoo/error_404_delisted"), 404)
    with pytest.raises(errors.UnknownSymbolError, match=r"WSKT.JK \(for AAPL\)") as caught:
        use(server, None, symbols=("AAPL",), names={"AAPL": "WSKT.JK"})
    assert "venue_symbols: {AAPL:" in caught.value.hint
    assert len(server.asked(path=server.root)) == 1


def test_rows_that_come_double_or_shuffled_come_once_and_in_order(yahoo, venues, use) -> None:
    async def work(venue):
        right = await venue.candles("BTC-USD", venues.start, venues.start + 20 * MINUTE)
        for kind in ("duplicates", "disorder"):
            yahoo.misbehave(kind)
            assert (await venue.candles("BTC-USD", venues.start, venues.start + 20 * MINUTE)).candles == right.candles
        return len(right.candles)

    assert use(yahoo, work) == 20


def test_rows_of_nulls_are_left_out(yahoo, venues, use) -> None:
    yahoo.null("BTC-USD", venues.start + 11 * MINUTE)
    since = venues.start + 10 * MINUTE
    page = use(yahoo, lambda venue: venue.candles("BTC-USD", since, since + 3 * MINUTE))
    assert [(candle.timestamp - since) // MINUTE for candle in page.candles] == [0, 2]


def test_the_row_of_the_live_price_makes_no_bar_of_its_own(yahoo, venues, use) -> None:
    yahoo.live_row = True
    since = venues.start + 58 * MINUTE
    page = use(yahoo, lambda venue: venue.candles("BTC-USD", since, since + 3 * MINUTE))
    assert len(yahoo.asked("BTC-USD")) == 1
    assert [(candle.timestamp - since) / MINUTE for candle in page.candles] == [0, 1, 2]


def test_the_last_minute_of_a_day_is_there_where_the_market_never_closes(venues, use) -> None:
    clock = venues.clock(venues.start + DAY + 600)
    server = venues.yahoo(clock)
    server.serve("BTC-USD", venues.walk("BTC-USD", count=1_450))
    midnight = venues.start + DAY
    page = use(server, lambda venue: venue.candles("BTC-USD", midnight - 120, midnight + 120))
    assert [candle.timestamp - midnight for candle in page.candles] == [-120, -60, 0, 60]


@pytest.mark.parametrize("day", ["2025-11-01", "2025-11-03", "2026-03-06", "2026-03-09"])
def test_bars_stand_right_on_both_sides_of_a_change_of_the_clocks(venues, use, day) -> None:
    # New York opens at 13:30Z in summer and at 14:30Z in winter.
    opens = seconds(day) + (13 if day in ("2025-11-01", "2026-03-09") else 14) * 3_600 + 1_800
    server = venues.yahoo(venues.clock(opens + 3_600))
    rows = venues.walk("AAPL", count=30, start=opens)
    server.serve("AAPL", rows, zone="America/New_York", kind="EQUITY")
    page = use(server, lambda venue: venue.candles("AAPL", opens, opens + 1_800), symbols=("AAPL",))
    assert [candle.timestamp for candle in page.candles] == [row.timestamp for row in rows]


def test_bars_of_shares_outside_the_regular_hours_are_not_asked_for(venues, use) -> None:
    opens = seconds("2026-01-06") + 14 * 3_600 + 1_800
    server = venues.yahoo(venues.clock(opens + 3_600))
    rows = venues.walk("AAPL", count=60, start=opens - 1_800)
    server.serve("AAPL", rows, zone="America/New_York", kind="EQUITY")
    page = use(server, lambda venue: venue.candles("AAPL", opens - 1_800, opens + 1_800), symbols=("AAPL",))
    assert [candle.timestamp for candle in page.candles] == [row.timestamp for row in rows[30:]]
    assert [request.query["includePrePost"] for request in server.asked("AAPL")] == ["false"]


def test_a_day_that_opens_on_the_utc_day_before_is_its_own_day(venues, use) -> None:
    # Sydney opens at 10:00, which is 23:00Z of the day before in summer.
    first = seconds("2026-01-05") + 23 * 3_600
    server = venues.yahoo(venues.clock(first + 5 * DAY))
    server.serve("NAB.AX", venues.walk("NAB.AX", 3, first, interval=DAY), DAY, zone="Australia/Sydney", kind="EQUITY")
    since = seconds("2026-01-06")
    page = use(server, lambda venue: venue.candles("NAB.AX", since, since + 2 * DAY), symbols=("NAB.AX",), interval=DAY)
    assert [candle.timestamp for candle in page.candles] == [since, since + DAY]


def test_a_correction_is_seen_though_the_same_window_was_asked_for_before(yahoo, venues, use) -> None:
    since = venues.start

    async def work(venue):
        before = await venue.candles("BTC-USD", since, since + MINUTE)
        yahoo.revise("BTC-USD", since, close="100.5", high="200")
        return before, await venue.candles("BTC-USD", since, since + MINUTE)

    before, after = use(yahoo, work)
    assert before.candles[0].close != after.candles[0].close == "100.5"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("reset", errors.DisconnectedError),
        ("rate_limited", errors.RateLimitedError),
        ("banned", errors.RateLimitedError),
        ("error_500", errors.VenueDownError),
        ("unavailable_503", errors.VenueDownError),
        ("truncated", errors.UnreadableAnswerError),
        ("html", errors.UnreadableAnswerError),
    ],
)
def test_each_failure_has_its_class_and_costs_one_request(yahoo, venues, use, kind, expected) -> None:
    yahoo.misbehave(kind, retry_after="7")

    async def work(venue):
        with pytest.raises(errors.FeedError) as caught:
            await venue.candles("BTC-USD", venues.start, venues.start + 5 * MINUTE)
        return caught.value, await venue.candles("BTC-USD", venues.start, venues.start + 5 * MINUTE)

    error, page = use(yahoo, work)
    assert type(error) is expected
    assert isinstance(error, errors.TransientError)
    assert error.venue == "yfinance:yahoo"
    assert getattr(error, "retry_after", 7.0) == 7.0
    assert len(page.candles) == 5
    assert [request.fault for request in yahoo.asked()] == [kind, None]


@pytest.mark.parametrize("kind", ["timeout", "trickle"])
def test_an_answer_that_does_not_come_is_given_up(yahoo, venues, use, kind) -> None:
    async def work(venue):
        yahoo.misbehave(kind, pause=0.2)
        with pytest.raises(errors.TimedOutError):
            await venue.candles("BTC-USD", venues.start, venues.start + MINUTE)

    use(yahoo, work, timeout=1.0)
    assert len(yahoo.asked()) == 1


def test_a_refused_connection_is_a_disconnection_and_ends_with_the_venues_return(yahoo, venues, use) -> None:
    async def work(venue):
        yahoo.go_down()
        with pytest.raises(errors.DisconnectedError):
            await venue.candles("BTC-USD", venues.start, venues.start + MINUTE)
        yahoo.come_up()
        return await venue.candles("BTC-USD", venues.start, venues.start + MINUTE)

    assert len(use(yahoo, work).candles) == 1


def test_a_span_without_bars_is_an_empty_answer_and_no_delisting(yahoo, venues, use) -> None:
    for minute in range(20, 30):
        yahoo.lose("BTC-USD", venues.start + minute * MINUTE)

    async def work(venue):
        silent = await venue.candles("BTC-USD", venues.start + 20 * MINUTE, venues.start + 30 * MINUTE)
        before = await venue.candles("BTC-USD", venues.start - 600, venues.start)
        return silent, before

    silent, before = use(yahoo, work)
    assert silent.candles == before.candles == ()
    assert silent.size > 0


def test_what_lies_too_far_back_is_said_with_the_limits(yahoo, venues, use) -> None:
    async def work(venue):
        with pytest.raises(errors.UnsupportedError, match="within the last 30 days") as caught:
            await venue.candles("BTC-USD", venues.start - 40 * DAY, venues.start - 40 * DAY + 600)
        return caught.value, venue.page_candles

    error, page_candles = use(yahoo, work)
    assert "1m bars for 30 days" in error.hint
    assert page_candles == 7 * 1_440


def test_a_crumb_that_is_not_accepted_is_no_wrong_key(yahoo, venues, use) -> None:
    async def work(venue):
        refusal = {"finance": {"result": None, "error": {"code": "Unauthorized", "description": "Invalid Crumb"}}}
        yahoo.answer(f"{yahoo.root}BTC-USD", refusal, 401)
        with pytest.raises(errors.VenueDownError, match="crumb"):
            await venue.candles("BTC-USD", venues.start, venues.start + MINUTE)

    use(yahoo, work)


def test_an_interval_that_yahoo_lacks_names_those_it_has(yahoo, use) -> None:
    with pytest.raises(errors.UnsupportedError, match="no candles of 14400 s") as caught:
        use(yahoo, None, interval=4 * 3_600)
    assert caught.value.hint == "It has 1m, 2m, 5m, 15m, 30m, 1h, 1d"
    assert yahoo.requests == []


def test_half_hours_are_made_of_quarters_by_yfinance(yahoo, venues, use) -> None:
    page = use(yahoo, lambda venue: venue.candles("BTC-USD", venues.start, venues.start + 3_600), interval=1_800)
    assert [candle.timestamp - venues.start for candle in page.candles] == [0, 1_800]
    assert yahoo.asked("BTC-USD")[0].query["interval"] == "15m"


def test_one_symbol_that_hangs_holds_no_other_up_and_can_be_cancelled(yahoo, venues, use) -> None:
    yahoo.misbehave("timeout", times=None, symbol="BTC-USD")

    async def work(venue):
        hung = asyncio.ensure_future(venue.candles("BTC-USD", venues.start, venues.start + MINUTE))
        for _ in range(3):
            assert (await venue.candles("ETH-USD", venues.start, venues.start + MINUTE)).candles
        assert not hung.done()
        hung.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hung
        yahoo.behave()
        return await venue.candles("BTC-USD", venues.start, venues.start + MINUTE)

    assert len(use(yahoo, work, symbols=("BTC-USD", "ETH-USD"), timeout=60).candles) == 1


def test_calls_that_hang_do_not_pile_up_without_end(yahoo, venues, use) -> None:
    async def work(venue):
        yahoo.misbehave("timeout", times=None)
        hung = [asyncio.ensure_future(venue.candles("BTC-USD", venues.start, venues.start + 60)) for _ in range(16)]
        await asyncio.sleep(0)
        with pytest.raises(errors.TimedOutError, match="16 calls hang"):
            await venue.candles("BTC-USD", venues.start, venues.start + 60)
        yahoo.behave()
        return await asyncio.gather(*hung, return_exceptions=True)

    assert len(use(yahoo, work, timeout=60)) == 16


def test_each_symbol_is_asked_for_by_the_name_that_it_is_given(venues, clock, use) -> None:
    server = venues.yahoo(clock)
    for name in ("EURUSD=X", "BTC-USD", "AAPL.MX"):
        server.serve(name, venues.walk(name))

    async def work(venue):
        for symbol in ("EUR-USD", "BTC-USD", "AAPL"):
            await venue.candles(symbol, venues.start, venues.start + MINUTE)

    use(server, work, symbols=("EUR-USD", "BTC-USD", "AAPL"), names={"AAPL": "AAPL.MX", "EUR-USD": "EURUSD=X"})
    assert [request.symbol for request in server.asked()] == ["EURUSD=X", "BTC-USD", "AAPL.MX"]


def test_warnings_of_others_are_still_heard_after_a_poll(yahoo, venues, use) -> None:
    heard = list(warnings.filters)
    use(yahoo, lambda venue: venue.candles("BTC-USD", venues.start, venues.start + MINUTE))
    # What the library itself warns of is not heard, and nothing else has changed.
    assert [one for one in warnings.filters if "yfinance" not in str(one[3])] == heard


PROGRAM = """
import asyncio, sys
from pathlib import Path
from logos.domain.instruments import AssetClass
from logos.feeds.yfinance_venue import YfinanceVenue

async def main():
    venue = YfinanceVenue(
        symbols={"BTC-USD": "BTC-USD", "ETH-USD": "ETH-USD"},
        asset_classes={"BTC-USD": AssetClass.CRYPTO, "ETH-USD": AssetClass.CRYPTO},
        interval=60,
        cache_folder=Path("cache"),
        base_url=sys.argv[1],
        timeout=600,
    )
    await venue.open()
    page = await venue.candles("BTC-USD", 1767571200, 1767571500)
    print(len(page.candles))
    hung = asyncio.ensure_future(venue.candles("ETH-USD", 1767571200, 1767571260))
    await asyncio.sleep(0)
    hung.cancel()
    await venue.close()

asyncio.run(main())
"""


def test_a_program_ends_though_a_call_hangs_says_nothing_and_leaves_the_home_alone(
    yahoo, tmp_path, offline_environment
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    yahoo.misbehave("timeout", times=None, symbol="ETH-USD")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, yahoo.url],
        env={**offline_environment, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "5\n", "")
    assert list(home.rglob("*")) == []
    assert (tmp_path / "cache").is_dir()
    assert len(yahoo.asked("BTC-USD")) == 1
