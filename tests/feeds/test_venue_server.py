"""The loopback venue itself: what it serves at a moment, and how each kind of misbehaviour looks on the wire."""

from __future__ import annotations

import http.client
import json
from decimal import Decimal
from urllib.parse import urlencode

import pytest

SYMBOL = "BTC/USDT"


def ask(venue, path: str, timeout: float = 5, **query: object) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", venue.port, timeout=timeout)
    try:
        connection.request("GET", f"{path}?{urlencode(query)}" if query else path)
        response = connection.getresponse()
        return response.status, dict(response.headers), response.read()
    finally:
        connection.close()


def klines(venue, symbol: str = "BTCUSDT", **query: object) -> list[list]:
    status, _, body = ask(venue, "/api/v3/klines", symbol=symbol, interval="1m", **query)
    assert status == 200, body
    return json.loads(body)


@pytest.fixture
def clock(venues):
    return venues.clock()


@pytest.fixture
def rows(venues):
    return venues.walk(SYMBOL)


@pytest.fixture
def venue(venues, clock, rows):
    venue = venues.binance(clock)
    venue.serve(SYMBOL, rows)
    return venue


def test_candles_are_those_that_have_opened_and_the_last_one_is_unfinished(venue, clock, rows) -> None:
    clock.advance(30)
    sent = klines(venue)
    assert [kline[0] // 1_000 for kline in sent] == [row.timestamp for row in rows[:61]]
    assert [tuple(kline[1:6]) for kline in sent[:60]] == [row.texts for row in rows[:60]]
    assert Decimal(sent[60][5]) < rows[60].volume


def test_an_unfinished_candle_changes_until_it_is_finished(venue, clock, rows) -> None:
    seen = []
    for _ in range(6):
        seen.append(klines(venue, startTime=rows[60].timestamp * 1_000, limit=1)[0])
        clock.advance(12)
    volumes = [Decimal(kline[5]) for kline in seen]
    assert volumes == sorted(volumes)
    assert volumes[0] == 0
    assert tuple(seen[5][1:6]) == rows[60].texts
    assert all(Decimal(low) <= Decimal(close) <= Decimal(high) for _, _, high, low, close, *_ in seen)


def test_every_request_is_written_down(venue, clock) -> None:
    klines(venue, limit=2)
    ask(venue, "/api/v3/time")
    ask(venue, "/nowhere")
    assert [request.path for request in venue.requests] == ["/api/v3/klines", "/api/v3/time", "/nowhere"]
    assert venue.requests[0].query == {"symbol": "BTCUSDT", "interval": "1m", "limit": "2"}
    assert venue.requests[0].at == clock()
    assert len(venue.asked(SYMBOL)) == 1
    assert len(venue.asked(path="/api/v3/time")) == 1


def test_the_date_header_is_the_venues_own_time(venue, clock) -> None:
    clock.time = 1_767_571_200
    venue.skew = 90
    assert ask(venue, "/api/v3/ping")[1]["Date"] == "Mon, 05 Jan 2026 00:01:30 GMT"


def test_an_unknown_symbol_is_refused_as_the_exchange_does(venue) -> None:
    status, _, body = ask(venue, "/api/v3/klines", symbol="DOGEEUR", interval="1m")
    assert (status, json.loads(body)["code"]) == (400, -1121)


@pytest.mark.parametrize(
    ("kind", "status"), [("rate_limited", 429), ("banned", 418), ("error_500", 500), ("unavailable_503", 503)]
)
def test_a_wrong_status_lasts_as_often_as_it_was_told(venue, kind, status) -> None:
    venue.misbehave(kind, times=2, retry_after=7)
    answers = [ask(venue, "/api/v3/klines", symbol="BTCUSDT", interval="1m") for _ in range(3)]
    assert [answer[0] for answer in answers] == [status, status, 200]
    if kind == "rate_limited":
        assert answers[0][1]["Retry-After"] == "7"
    assert [request.fault for request in venue.requests] == [kind, kind, None]


def test_a_fault_of_one_symbol_leaves_the_others_alone(venue, venues) -> None:
    venue.serve("ETH/USDT", venues.walk("ETH/USDT"))
    venue.misbehave("error_500", times=None, symbol="ETH/USDT")
    assert klines(venue)
    assert ask(venue, "/api/v3/klines", symbol="ETHUSDT", interval="1m")[0] == 500
    venue.behave()
    assert klines(venue, "ETHUSDT")


def test_a_request_that_times_out_gets_no_byte_until_it_is_released(venue) -> None:
    venue.misbehave("timeout")
    with pytest.raises(TimeoutError):
        ask(venue, "/api/v3/klines", timeout=0.05, symbol="BTCUSDT", interval="1m")
    assert venue.asked(SYMBOL)[0].fault == "timeout"
    venue.release()
    assert klines(venue)


def test_a_trickle_comes_byte_by_byte(venue) -> None:
    venue.misbehave("trickle", pause=0.0001)
    assert len(klines(venue, limit=1)) == 1


def test_a_reset_comes_within_the_body_and_a_drop_before_it(venue) -> None:
    venue.misbehave("reset")
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        klines(venue)
    venue.misbehave("drop")
    with pytest.raises(ConnectionResetError):
        klines(venue)
    assert klines(venue)


def test_connections_are_refused_while_the_venue_is_down(venue) -> None:
    venue.go_down()
    with pytest.raises(ConnectionRefusedError):
        klines(venue)
    venue.come_up()
    assert klines(venue)


def test_a_body_is_cut_off_or_a_page_or_empty(venue) -> None:
    for kind in ("truncated", "html", "empty"):
        venue.misbehave(kind)
    bodies = [ask(venue, "/api/v3/klines", symbol="BTCUSDT", interval="1m")[2] for _ in range(3)]
    assert bodies[0].startswith(b"[[")
    assert not bodies[0].endswith(b"]]")
    assert bodies[1].startswith(b"<!DOCTYPE html>")
    assert json.loads(bodies[2]) == []


def test_candles_come_double_shuffled_or_with_one_missing(venue) -> None:
    right = klines(venue, limit=20)
    for kind in ("duplicates", "disorder", "gap"):
        venue.misbehave(kind)
    double, shuffled, missing = (klines(venue, limit=20) for _ in range(3))
    assert double == [kline for kline in right for _ in range(2)]
    assert shuffled != right
    assert sorted(shuffled) == right
    assert len(missing) == 19
    assert all(kline in right for kline in missing)


def test_an_unsettled_candle_looks_finished_and_lacks_its_last_trades(venue, clock, rows) -> None:
    clock.advance(2)
    venue.misbehave("unsettled", seconds=10)
    early = klines(venue, limit=2)
    settled = klines(venue, limit=2)
    assert [kline[0] for kline in early] == [kline[0] for kline in settled]
    assert Decimal(early[0][5]) < Decimal(settled[0][5])
    assert tuple(settled[0][1:6]) == rows[59].texts


def test_a_correction_holds_from_its_moment_on(venue, clock, rows) -> None:
    past = rows[10].timestamp
    venue.revise(SYMBOL, past, at=clock() + 60, close="123.45", high="200.00")
    before = klines(venue, startTime=past * 1_000, limit=1)[0]
    clock.advance(60)
    after = klines(venue, startTime=past * 1_000, limit=1)[0]
    assert tuple(before[1:6]) == rows[10].texts
    assert (after[2], after[4]) == ("200.00", "123.45")


def test_a_lost_candle_turns_up_later(venue, clock, rows) -> None:
    venue.lose(SYMBOL, rows[30].timestamp, until=clock() + 60)
    assert rows[30].timestamp * 1_000 not in [kline[0] for kline in klines(venue)]
    clock.advance(60)
    assert rows[30].timestamp * 1_000 in [kline[0] for kline in klines(venue)]


def test_time_stands_still_in_a_stall_and_goes_on_after(venue, clock) -> None:
    clock.advance(30)
    before = klines(venue)
    venue.stall()
    clock.advance(300)
    assert klines(venue) == before
    venue.resume()
    assert len(klines(venue)) == len(before) + 5


def test_one_symbol_stalls_alone(venue, venues, clock) -> None:
    venue.serve("ETH/USDT", venues.walk("ETH/USDT"))
    venue.stall("ETH/USDT")
    clock.advance(120)
    assert len(klines(venue)) == len(klines(venue, "ETHUSDT")) + 2


def test_a_lagging_venue_shows_a_candle_late(venue, clock) -> None:
    venue.lag(20)
    clock.advance(19)
    assert len(klines(venue)) == 60
    clock.advance(1)
    assert len(klines(venue)) == 61


def test_time_goes_backwards_for_one_answer(venue) -> None:
    venue.misbehave("backwards", seconds=600)
    assert (len(klines(venue)), len(klines(venue))) == (51, 61)


def test_a_plan_does_the_same_wrong_things_with_the_same_seed(venues, clock, rows) -> None:
    def faults(seed: int) -> list[str | None]:
        venue = venues.binance(clock)
        venue.serve(SYMBOL, rows)
        venue.plan(share=0.3, seed=seed, kinds=("error_500", "html"))
        for _ in range(60):
            ask(venue, "/api/v3/klines", symbol="BTCUSDT", interval="1m", limit=1)
        ask(venue, "/api/v3/ping")
        return [request.fault for request in venue.requests]

    first = faults(seed=7)
    assert first == faults(seed=7)
    assert first != faults(seed=8)
    assert first[-1] is None
    assert 5 < sum(fault is not None for fault in first) < 32
    assert {fault for fault in first if fault} == {"error_500", "html"}


def test_longer_candles_are_made_of_shorter_ones(venue, rows) -> None:
    status, _, body = ask(venue, "/api/v3/klines", symbol="BTCUSDT", interval="5m", limit=1, startTime=0)
    assert status == 200
    first = json.loads(body)[0]
    assert first[1] == str(rows[0].open)
    assert first[4] == str(rows[4].close)
    assert Decimal(first[5]) == sum(row.volume for row in rows[:5])


def test_a_recorded_payload_is_answered_as_it_is(venues) -> None:
    venue = venues.binance()
    venue.answer("/api/v3/klines", venues.recorded("binance/klines"))
    assert klines(venue) == venues.recorded("binance/klines")


def test_a_kind_of_misbehaviour_that_does_not_exist_is_refused(venue) -> None:
    with pytest.raises(ValueError, match="no kind of misbehaviour"):
        venue.misbehave("sulk")
