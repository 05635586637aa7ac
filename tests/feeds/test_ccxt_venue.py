"""The real CCXT against exchanges on loopback: what it parses, what it asks for, and what each failure becomes."""

from __future__ import annotations

import asyncio

import pytest

from logos.domain.errors import InputError
from logos.feeds import errors
from logos.feeds.ccxt_venue import CcxtVenue, redirected

HOUR = 3_600
MINUTE = 60
NAMES = {"BTC-USD": "BTC/USDT", "ETH-USD": "ETH/USDT"}


def use(server, work, *, symbols=NAMES, interval=MINUTE, exchange=None, timeout=10.0):
    """Open a venue, let ``work`` use it, and close it; return what work returns."""

    async def main():
        venue = CcxtVenue(
            exchange=exchange or server.name,
            symbols=symbols,
            interval=interval,
            base_url=server.url,
            timeout=timeout,
        )
        try:
            await venue.open()
            return await work(venue)
        finally:
            await venue.close()

    return asyncio.run(main())


def error_of(server, since, count=5, **options) -> errors.FeedError:
    async def work(venue):
        with pytest.raises(errors.FeedError) as caught:
            await venue.candles("BTC-USD", since, since + count * MINUTE)
        return caught.value

    return use(server, work, **options)


@pytest.fixture
def clock(venues):
    clock = venues.clock()
    clock.advance(30)
    return clock


@pytest.fixture
def binance(venues, clock):
    server = venues.binance(clock)
    for name in NAMES.values():
        server.serve(name, venues.walk(name))
    return server


@pytest.mark.parametrize("exchange", ["binance", "kraken", "coinbase"])
def test_candles_arrive_as_the_texts_that_the_exchange_sent(venues, clock, exchange) -> None:
    server = getattr(venues, exchange)(clock)
    rows = venues.walk("BTC/USDT", price="60123.45", volume="1.00000001")
    server.serve("BTC/USDT", rows)
    since, until = venues.start + 50 * MINUTE, venues.start + 61 * MINUTE

    page = use(server, lambda venue: venue.candles("BTC-USD", since, until), symbols={"BTC-USD": "BTC/USDT"})

    sent = [(candle.open, candle.high, candle.low, candle.close, candle.volume) for candle in page.candles]
    assert [candle.timestamp for candle in page.candles] == [row.timestamp for row in rows[50:61]]
    assert sent[:10] == [row.texts for row in rows[50:60]]
    assert sent[10] != rows[60].texts
    assert page.size > 400
    assert page.venue_time == clock()
    assert len(server.asked("BTC/USDT")) == 1


def test_the_exchange_is_asked_for_the_window_with_room_for_candles_that_come_double(binance, venues) -> None:
    binance.misbehave("duplicates")
    since = venues.start + 10 * MINUTE
    page = use(binance, lambda venue: venue.candles("ETH-USD", since, since + 5 * MINUTE))
    assert [(candle.timestamp - since) // MINUTE for candle in page.candles] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert [request.query for request in binance.asked("ETH/USDT")] == [
        {"symbol": "ETHUSDT", "interval": "1m", "startTime": str(since * 1_000), "limit": "10"}
    ]


@pytest.mark.parametrize(
    ("exchange", "paths"),
    [
        ("binance", ["/api/v3/exchangeInfo"]),
        ("kraken", ["/0/public/AssetPairs"]),
        ("coinbase", ["/api/v3/brokerage/market/products"] * 2),
    ],
)
def test_opening_asks_for_nothing_but_the_markets(venues, clock, exchange, paths) -> None:
    server = getattr(venues, exchange)(clock)
    server.serve("BTC/USD", venues.walk("BTC/USD"))

    async def work(venue):
        return venue.page_candles

    assert use(server, work, symbols={"BTC-USD": "BTC/USD"}) in (300, 720, 1_000)
    assert [request.path for request in server.requests] == paths


def test_a_bar_is_the_same_whatever_window_it_was_asked_for_in(binance, venues) -> None:
    async def work(venue):
        seen: dict[int, set] = {}
        for first, last in ((0, 60), (10, 20), (19, 21), (20, 21), (0, 21), (20, 59)):
            page = await venue.candles("BTC-USD", venues.start + first * MINUTE, venues.start + last * MINUTE)
            assert len(page.candles) == last - first
            for candle in page.candles:
                seen.setdefault(candle.timestamp, set()).add(candle)
        return seen

    assert all(len(candles) == 1 for candles in use(binance, work).values())


def test_candles_beyond_the_window_are_left_out_where_the_exchange_sends_them(binance, venues) -> None:
    # Minutes without a trade: the exchange fills the number that was asked for with later ones.
    for minute in range(12, 16):
        binance.lose("BTC/USDT", venues.start + minute * MINUTE)
    since = venues.start + 10 * MINUTE
    page = use(binance, lambda venue: venue.candles("BTC-USD", since, since + 5 * MINUTE))
    assert [(candle.timestamp - since) // MINUTE for candle in page.candles] == [0, 1]


def test_recorded_payloads_of_binance_parse_to_their_own_figures(venues) -> None:
    server = venues.binance()
    klines = venues.recorded("binance/klines")
    server.answer("/api/v3/exchangeInfo", venues.recorded("binance/exchange_info"))
    server.answer("/api/v3/klines", klines)
    since = klines[0][0] // 1_000
    page = use(server, lambda venue: venue.candles("BTC-USD", since, since + HOUR))
    assert [candle.timestamp * 1_000 for candle in page.candles] == [kline[0] for kline in klines]
    assert [(one.open, one.high, one.low, one.close, one.volume) for one in page.candles] == [
        tuple(kline[1:6]) for kline in klines
    ]
    assert len(server.asked(path="/api/v3/klines")) == 1


def test_recorded_payloads_of_coinbase_parse_to_their_own_figures(venues) -> None:
    server = venues.coinbase()
    candles = venues.recorded("coinbase/candles")
    server.answer(server.root, venues.recorded("coinbase/products"))
    server.answer(f"{server.root}/BTC-USD/candles", candles)
    oldest = candles["candles"][-1]
    since = int(oldest["start"])
    page = use(
        server,
        lambda venue: venue.candles("BTC-USD", since, since + 2 * HOUR),
        symbols={"BTC-USD": "BTC/USD"},
        interval=HOUR,
    )
    assert [candle.timestamp for candle in page.candles] == [since, since + HOUR]
    first = page.candles[0]
    assert (first.open, first.high, first.low, first.close, first.volume) == tuple(
        oldest[name] for name in ("open", "high", "low", "close", "volume")
    )


def test_numbers_in_the_json_keep_all_their_digits(binance, venues) -> None:
    binance.answer("/api/v3/klines", f"[[{venues.start * 1_000}, 0.12345678901234567891, 1, 1e-7, 0.10, 3]]")
    page = use(binance, lambda venue: venue.candles("BTC-USD", venues.start, venues.start + MINUTE))
    candle = page.candles[0]
    texts = (candle.open, candle.high, candle.low, candle.close, candle.volume)
    assert texts == ("0.12345678901234567891", "1", "1e-7", "0.10", "3")


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
def test_each_failure_has_its_class_and_the_next_poll_is_fine(binance, venues, kind, expected) -> None:
    binance.misbehave(kind)

    async def work(venue):
        with pytest.raises(errors.FeedError) as caught:
            await venue.candles("BTC-USD", venues.start, venues.start + 5 * MINUTE)
        page = await venue.candles("BTC-USD", venues.start, venues.start + 5 * MINUTE)
        return caught.value, page

    error, page = use(binance, work)
    assert type(error) is expected
    assert isinstance(error, errors.TransientError)
    assert error.venue == "ccxt:binance"
    assert "127.0.0.1" not in str(error)
    assert len(page.candles) == 5
    assert [request.fault for request in binance.asked()] == [kind, None]


@pytest.mark.parametrize("kind", ["timeout", "trickle"])
def test_an_answer_that_does_not_come_is_given_up(binance, venues, kind) -> None:
    binance.misbehave(kind, pause=0.2)
    assert type(error_of(binance, venues.start, timeout=1.0)) is errors.TimedOutError
    assert len(binance.asked()) == 1


def test_a_connection_that_is_dropped_before_its_answer_is_a_disconnection(binance, venues) -> None:
    # The first drop hits a connection that was in use before, and aiohttp itself tries that once more.
    binance.misbehave("drop", times=2)
    assert type(error_of(binance, venues.start)) is errors.DisconnectedError


def test_a_refused_connection_is_a_disconnection_and_ends_with_the_venues_return(binance, venues) -> None:
    async def work(venue):
        binance.go_down()
        with pytest.raises(errors.DisconnectedError):
            await venue.candles("BTC-USD", venues.start, venues.start + MINUTE)
        binance.come_up()
        return await venue.candles("BTC-USD", venues.start, venues.start + MINUTE)

    assert len(use(binance, work).candles) == 1


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7.0), ("Mon, 05 Jan 2026 01:02:30 GMT", 120.0), ("soon", None), ("-3", None)]
)
def test_the_venue_says_how_long_it_wants_to_be_left_alone(binance, venues, text, seconds) -> None:
    binance.misbehave("rate_limited", retry_after=text)
    error = error_of(binance, venues.start)
    assert isinstance(error, errors.RateLimitedError)
    assert error.retry_after == seconds


SAID = [
    (400, {"code": -1121, "msg": "Invalid symbol."}, errors.UnknownSymbolError),
    (400, {"code": -1001, "msg": "Internal error; unable to process your request."}, errors.VenueDownError),
    (400, {"code": -1003, "msg": "Too many requests queued."}, errors.RateLimitedError),
    (400, "Bad Request", errors.PermanentError),
    (403, "<html><head><title>403 Forbidden</title></head></html>", errors.RefusedError),
    (404, "not here", errors.PermanentError),
    (408, "too slow", errors.TimedOutError),
    (451, {"code": 0, "msg": "Service unavailable from a restricted location"}, errors.RefusedError),
    (502, "<html><head><title>502 Bad Gateway</title></head></html>", errors.VenueDownError),
    (504, "", errors.VenueDownError),
    (520, "", errors.VenueDownError),
    (200, "", errors.UnreadableAnswerError),
    (200, "[[1767571200000, ", errors.UnreadableAnswerError),
]


def test_what_the_exchange_says_decides_the_class(binance, venues) -> None:
    async def work(venue):
        got = []
        for status, body, _ in SAID:
            binance.answer("/api/v3/klines", body, status)
            with pytest.raises(errors.FeedError) as caught:
                await venue.candles("BTC-USD", venues.start, venues.start + MINUTE)
            got.append((status, body, type(caught.value)))
        return got

    assert use(binance, work) == SAID


def test_a_wrong_key_is_refused(binance, venues) -> None:
    binance.answer("/api/v3/klines", venues.recorded("binance/error_401_invalid_key"), 401)
    assert type(error_of(binance, venues.start)) is errors.RefusedError


def test_a_revoked_key_stays_one_after_a_key_has_worked(binance, venues) -> None:
    # CCXT then takes it for a ban that passes, and would have it asked again for ever.
    async def work(venue):
        venue._exchange.options["hasAlreadyAuthenticatedSuccessfully"] = True
        binance.answer("/api/v3/klines", {"code": -2015, "msg": "Invalid API-key, IP, or permissions."}, 401)
        with pytest.raises(errors.RefusedError):
            await venue.candles("BTC-USD", venues.start, venues.start + MINUTE)

    use(binance, work)


def test_errors_that_come_with_status_200_are_told_apart_too(venues, clock) -> None:
    server = venues.kraken(clock)
    server.serve("BTC/USD", venues.walk("BTC/USD"))

    async def work(venue):
        got = []
        for told in ("EGeneral:Too many requests", "EGeneral:Something that CCXT has never heard of"):
            server.answer("/0/public/OHLC", {"error": [told]})
            with pytest.raises(errors.FeedError) as caught:
                await venue.candles("BTC-USD", venues.start, venues.start + MINUTE)
            got.append(type(caught.value))
        return got

    assert use(server, work, symbols={"BTC-USD": "BTC/USD"}) == [errors.RateLimitedError, errors.VenueDownError]


def test_an_unknown_exchange_is_a_mistake_in_the_config(binance) -> None:
    with pytest.raises(InputError, match="'binanze'") as caught:
        use(binance, None, exchange="binanze")
    assert "exchange: binance" in caught.value.hint
    assert binance.requests == []


def test_an_interval_that_the_exchange_lacks_names_those_it_has(binance) -> None:
    with pytest.raises(errors.UnsupportedError, match="no candles of 5400 s") as caught:
        use(binance, None, interval=5_400)
    # What Logos cannot have (1s, 3d, 1w and 1M) is not offered.
    assert caught.value.hint == "It has 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d"
    assert binance.requests == []


def test_an_unknown_symbol_names_the_nearest_and_the_line_to_write(binance) -> None:
    with pytest.raises(errors.UnknownSymbolError, match=r"BTC/USD \(for BTC-USD\) is not listed") as caught:
        use(binance, None, symbols={"BTC-USD": "BTC/USD"})
    assert "venue_symbols: {BTC-USD: BTC/USDT}" in caught.value.hint


def test_a_symbol_that_does_not_trade_is_refused_at_the_start(binance, venues) -> None:
    listing = venues.recorded("binance/exchange_info")
    listing["symbols"][0]["status"] = "BREAK"
    binance.answer("/api/v3/exchangeInfo", listing)
    with pytest.raises(errors.UnknownSymbolError, match="does not trade"):
        use(binance, None)


def test_one_symbol_that_hangs_holds_no_other_up(binance, venues) -> None:
    binance.misbehave("timeout", times=None, symbol="BTC/USDT")

    async def work(venue):
        hung = asyncio.ensure_future(venue.candles("BTC-USD", venues.start, venues.start + MINUTE))
        for _ in range(3):
            assert (await venue.candles("ETH-USD", venues.start, venues.start + MINUTE)).candles
        assert not hung.done()
        hung.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hung
        binance.behave()
        return await venue.candles("BTC-USD", venues.start, venues.start + MINUTE)

    assert len(use(binance, work, timeout=60).candles) == 1


def test_what_is_heard_of_polls_at_the_same_time_is_not_mixed_up(binance, venues) -> None:
    async def work(venue):
        small, large = await asyncio.gather(
            venue.candles("BTC-USD", venues.start, venues.start + MINUTE),
            venue.candles("ETH-USD", venues.start, venues.start + HOUR),
        )
        return small.size, large.size, (await venue.candles("BTC-USD", venues.start, venues.start + MINUTE)).size

    small, large, again = use(binance, work)
    assert small == again
    assert large > 30 * small


def test_opening_can_be_tried_again(binance, venues) -> None:
    async def main():
        venue = CcxtVenue(exchange="binance", symbols=NAMES, interval=MINUTE, base_url=binance.url)
        binance.misbehave("error_500", path="/api/v3/exchangeInfo")
        with pytest.raises(errors.VenueDownError):
            await venue.open()
        await venue.open()
        page = await venue.candles("BTC-USD", venues.start, venues.start + MINUTE)
        await venue.close()
        await venue.close()
        return page

    assert len(asyncio.run(main()).candles) == 1


def test_ccxts_own_rate_limiter_is_on(binance, venues) -> None:
    async def work(venue):
        began = asyncio.get_running_loop().time()
        for _ in range(26):
            await venue.candles("BTC-USD", venues.start, venues.start + MINUTE)
        return asyncio.get_running_loop().time() - began

    # Each costs 20 ms of Binance's allowance.
    assert use(binance, work) > 0.4


def test_a_venues_clock_that_is_wrong_shows(binance, venues, clock) -> None:
    binance.skew = -17
    page = use(binance, lambda venue: venue.candles("BTC-USD", venues.start, venues.start + MINUTE))
    assert page.venue_time == clock() - 17


def test_addresses_are_rewritten_however_deep_and_keep_their_paths() -> None:
    addresses = {"public": "https://api.{hostname}/v1", "more": {"a": "http://x.org/b/c", "key": "no address"}}
    assert redirected(addresses, "http://127.0.0.1:1") == {
        "public": "http://127.0.0.1:1/v1",
        "more": {"a": "http://127.0.0.1:1/b/c", "key": "no address"},
    }
