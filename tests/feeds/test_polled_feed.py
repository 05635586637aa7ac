"""The feed over a scripted venue, in compressed time: what is handed over, when, and what no failure may change."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

from logos.domain.errors import LogosError, PartFailedError
from logos.feeds.errors import (
    RateLimitedError,
    RefusedError,
    TimedOutError,
    UnknownSymbolError,
    UnsupportedError,
    VenueDownError,
)
from logos.session.polled import HistoryFeed, PolledFeed

A, B = "AAA-USD", "BBB-USD"


def down() -> VenueDownError:
    return VenueDownError("test", "it failed")


def clocks(slices, start):
    return [(one.clock - start) // 60 for one in slices]


def symbols(slices):
    return ["".join(bar.symbol[0] for bar in one.bars) for one in slices]


def test_it_fills_the_seats_and_connects_to_nothing_before_it_is_asked(scripted) -> None:
    on = scripted(A)
    assert isinstance(on.feed, PolledFeed)
    assert isinstance(on.feed, HistoryFeed)
    assert (on.feed.polled, on.venue.opened) == (True, 0)
    assert on.feed.snapshot()["symbols"][A]["last_bar"] is None
    assert on.feed.status() == "test:scripted no bar yet"


def test_several_symbols_come_in_slices_of_equal_time_from_the_first_bar_that_closes_later_than_now(
    scripted, start
) -> None:
    on = scripted(A, B)
    reports = on.feed.prepare()
    assert [(one.symbol, one.source) for one in reports] == [(A, "test:scripted"), (B, "test:scripted")]
    slices, revisions = on.take(5)
    assert clocks(slices, start) == [1, 2, 3, 4, 5]
    assert symbols(slices) == ["AB"] * 5
    assert not revisions


@pytest.mark.parametrize("interval", [300, 3_600, 86_400])
def test_other_intervals_are_polled_likewise(scripted, start, interval) -> None:
    on = scripted(A, interval=interval, speed=5 * interval, timeout="30m")
    slices, _ = on.take(2)
    assert [one.clock for one in slices] == [start + interval, start + 2 * interval]


def test_each_bar_says_where_it_comes_from(scripted, start) -> None:
    on = scripted(A)
    delivery = next(one for one in on.feed.deliveries(None) if one.slice.bars)
    (origin,) = delivery.origins
    assert (origin.source, origin.final) == ("test:scripted", True)
    assert start + 60 <= origin.fetched_at < start + 120


def test_ticks_come_while_nothing_else_does_and_never_two_of_one_second(scripted) -> None:
    on = scripted(A, speed=4)
    ticks = list(itertools.islice(on.feed.deliveries(None), 8))
    clocks_of = [one.slice.clock for one in ticks]
    assert not any(one.slice.bars for one in ticks)
    assert sorted(set(clocks_of)) == clocks_of


def test_no_tick_comes_before_what_closed_meanwhile_however_many_tries_that_takes(scripted, start) -> None:
    on = scripted(A, B, at=start + 1_830, patience="5m")
    on.venue.page_candles = 7
    on.venue.troubles[A] = [down(), down()]
    on.venue.troubles[B] = [None, down()]
    before = list(itertools.takewhile(lambda one: one.slice.bars, on.feed.deliveries(start)))
    # A busy machine lets more than those thirty close before the first tick.
    assert len(before) >= 30
    assert [(one.slice.clock - start) // 60 for one in before] == list(range(1, len(before) + 1))


def test_what_the_venue_has_no_more_is_a_gap_and_the_session_goes_on_behind_it(scripted, start) -> None:
    on = scripted(A, at=start + 6_030)
    on.feed.prepare()
    candles = on.venue.candles

    async def forgetful(symbol, since, until):
        if since < start + 3_000:
            raise UnsupportedError("test", "too far back")
        return await candles(symbol, since, until)

    on.venue.candles = forgetful
    slices, _ = on.take(52, after=start)
    assert clocks(slices, start) == list(range(51, 103))
    assert on.log.events("gap")[0]["intervals"] == 50
    assert not on.log.events("symbol_stopped")


@pytest.mark.parametrize("kind", ["hangs", "fails"])
def test_a_dead_venue_holds_up_the_first_tick_for_its_time_out_only(scripted, start, hang, kind) -> None:
    on = scripted(A, B, at=start + 1_830, speed=30, timeout="20s", retries=1)
    on.venue.always = {symbol: hang if kind == "hangs" else down() for symbol in (A, B)}
    on.feed.prepare()
    began = on.clock.time()
    tick = next(iter(on.feed.deliveries(start)))
    assert not tick.slice.bars
    assert tick.slice.clock <= began + 20 + 30  # the grace, and a second of the machine's for its slowness


def test_what_is_there_of_one_symbol_goes_before_the_first_tick_though_another_hangs(scripted, start, hang) -> None:
    on = scripted(A, B, at=start + 630, timeout="10s", patience="1m", speed=60)
    on.venue.always[B] = hang
    first = next(iter(on.feed.deliveries(start)))
    assert [bar.symbol for bar in first.slice.bars] == [A]


def test_what_closed_since_the_last_bars_comes_first(scripted, start) -> None:
    on = scripted(A, B, at=start + 3_630)
    on.venue.page_candles = 7
    slices, _ = on.take(62, after=start)
    assert clocks(slices, start) == list(range(1, 63))
    assert symbols(slices) == ["AB"] * 62
    assert on.feed.snapshot()["symbols"][A]["filled"] >= 58


def test_failures_of_every_kind_lose_no_bar_and_bring_none_twice(scripted, start, hang) -> None:
    on = scripted(A, B, timeout="20s", patience="1h")
    on.venue.troubles[A] = [None, down(), None, TimedOutError("t", "late"), down(), down(), None, hang, None]
    on.venue.troubles[B] = [down(), hang, None, None, down()]
    slices, _ = on.take(8)
    assert clocks(slices, start) == list(range(1, 9))
    assert symbols(slices) == ["AB"] * 8
    figures = on.feed.snapshot()["symbols"]
    assert figures[A]["failures"] == figures[A]["retries"] == 5
    assert on.log.events("poll_retried")


def test_a_hanging_symbol_is_cut_off_and_holds_up_the_others_for_patience_only(scripted, start, hang) -> None:
    on = scripted(A, B, timeout="10s", patience="30s", retries=0, circuit_failures=2)
    on.venue.always[B] = hang
    slices, _ = on.take(4)
    assert clocks(slices, start) == [1, 2, 3, 4]
    assert symbols(slices) == ["A"] * 4
    assert [one["missing"] for one in on.log.events("slice_incomplete")] == [[B]] * 4
    assert on.feed.snapshot()["symbols"][B]["circuit"] in {"open", "half_open"}
    assert "1 failing (BBB-USD: timed out, circuit" in on.feed.status()


def test_a_bar_that_comes_after_its_slice_is_late_and_told(scripted, start) -> None:
    on = scripted(A, B, patience="20s", retries=0, circuit_pause="2s")
    on.venue.always[B] = down()
    slices = []
    for delivery in on.feed.deliveries(None):
        if delivery.slice.bars:
            slices.append(delivery.slice)
        if len(slices) == 3:
            on.venue.always.clear()
        if len(slices) == 7:
            break
    assert clocks(slices, start) == [1, 2, 3, 4, 5, 6, 7]
    assert symbols(slices)[:3] == ["A"] * 3
    assert symbols(slices)[-2:] == ["AB"] * 2
    figures = on.feed.snapshot()["symbols"][B]
    assert figures["dropped"]["late"] == len(on.log.events("late_bar")) >= 3
    assert figures["bars"] + figures["dropped"]["late"] == 7
    assert figures["filled"] <= figures["bars"]


def test_an_outage_of_all_hands_over_ticks_only_and_then_everything_missed_in_order(scripted, start) -> None:
    on = scripted(A, B, retries=1, circuit_failures=2, circuit_pause="40s", patience="2m")
    seen = []
    for delivery in on.feed.deliveries(None):
        if delivery.slice.bars:
            seen.append(delivery.slice)
        now = on.clock.time() - start
        if len(seen) == 2 and now < 400:
            on.venue.always = {A: down(), B: down()}
        elif now >= 600:
            on.venue.always = {}
        if len(seen) == 15:
            break
    assert clocks(seen, start) == list(range(1, 16))
    assert symbols(seen) == ["AB"] * 15
    states = [one["state"] for one in on.log.events("circuit")]
    assert {"open", "closed"} <= set(states)
    assert on.feed.snapshot()["symbols"][A]["circuit"] == "closed"


def test_the_venue_is_left_alone_for_as_long_as_it_asks(scripted) -> None:
    on = scripted(A, B, patience="10m", speed=240)
    on.venue.troubles[A] = [None, RateLimitedError("t", "too often", retry_after=200)]
    on.take(5)
    times = [at for symbol, _, _, at in on.venue.asked]
    longest = max(later - earlier for earlier, later in itertools.pairwise(times))
    assert longest >= 195


def test_jitter_follows_from_the_seed(scripted) -> None:
    waits = []
    for _ in range(2):
        on = scripted(A, retries=3)
        on.venue.troubles[A] = [down(), down(), down()]
        on.take(1)
        waits.append([one["after_seconds"] for one in on.log.events("poll_retried")])
        on.log.lines.clear()
    assert waits[0] == waits[1]
    assert all(low <= wait <= high for wait, (low, high) in zip(waits[0], [(0.25, 0.5), (0.5, 1), (1, 2)], strict=True))


def test_corrections_come_once_and_change_no_delivered_bar(scripted, make_candle, start) -> None:
    on = scripted(A)
    slices, revisions = [], []
    for delivery in on.feed.deliveries(None):
        revisions += delivery.revisions
        if delivery.slice.bars:
            slices.append(delivery.slice)
            on.venue.changed[A, start + 60] = make_candle(A, start + 60, low="1.00")
        if len(slices) == 6:
            break
    told = [one for one in revisions if one.delivered.timestamp == start + 60]
    if slices[1].bars[0].low == 100:  # it was corrected before it was first asked for
        assert not told
    else:
        assert [(one.delivered.low, one.revised.low) for one in told] == [(slices[1].bars[0].low, 100)]
    assert on.feed.snapshot()["symbols"][A]["revisions"] == len(revisions)


def test_minutes_without_a_trade_are_filled_forward_and_marked(scripted, start) -> None:
    on = scripted(A, gaps="forward_fill")
    on.venue.absent = {(A, start + 60), (A, start + 120)}
    slices, _ = on.take(5)
    assert clocks(slices, start) == [1, 2, 3, 4, 5]
    assert [one.bars[0].forward_filled for one in slices] == [False, True, True, False, False]
    assert {one.bars[0].close for one in slices[:3]} == {slices[0].bars[0].close}
    assert on.feed.snapshot()["symbols"][A]["forward_filled"] == 2


@pytest.mark.parametrize("skew", [-45.0, 45.0])
def test_a_skewed_venue_is_asked_when_its_own_clock_has_closed_the_bar(scripted, start, skew) -> None:
    on = scripted(A)
    on.venue.skew = skew
    on.feed.prepare()
    slices, revisions = on.take(6)
    assert clocks(slices, start) == [1, 2, 3, 4, 5, 6]
    assert not revisions
    assert abs(on.feed.snapshot()["clock_skew"] - skew) < 20
    assert on.log.events("clock_skew")


def test_a_symbol_that_fails_for_good_is_polled_no_more_and_the_others_go_on(scripted, start) -> None:
    on = scripted(A, B, patience="10m")
    on.venue.troubles[B] = [None, None, *[UnknownSymbolError("test", "BBB is delisted")] * 3]
    slices, _ = on.take(6)
    assert clocks(slices, start) == [1, 2, 3, 4, 5, 6]
    assert symbols(slices)[-2:] == ["A", "A"]
    assert "BBB-USD: stopped" in on.feed.status()
    assert [level for level, event, _ in on.log.lines if event == "symbol_stopped"] == ["error"]
    asked = [one for one in on.venue.asked if one[0] == B]
    assert len(asked) == 5


def test_what_a_lagging_venue_had_not_published_for_the_history_comes_first(scripted, start) -> None:
    on = scripted(A)
    until = start
    on.feed.prepare()
    on.feed._handed_out[A] = on.feed.history(A, 5, until)[:-2]  # as a venue would that lags by two bars
    slices = []
    for delivery in on.feed.deliveries(until):
        slices += [delivery.slice] if delivery.slice.bars else []
        if len(slices) == 4:
            break
    assert clocks(slices, start) == [-1, 0, 1, 2]


def test_a_refusal_that_passes_does_not_end_a_symbol(scripted, start) -> None:
    on = scripted(A, B, patience="10m")
    on.venue.troubles[B] = [None, UnknownSymbolError("test", "nothing found"), RefusedError("test", "forbidden")]
    slices, _ = on.take(5)
    assert symbols(slices) == ["AB"] * 5


def test_a_feed_whose_every_symbol_was_refused_ends_with_the_reason(scripted) -> None:
    on = scripted(A)
    on.venue.troubles[A] = [None, *[UnknownSymbolError("test", "AAA is delisted")] * 3]
    with pytest.raises(UnknownSymbolError, match="delisted"):
        on.take(10)


def test_an_off_tick_price_is_rounded_and_counted_or_stops_the_symbol(scripted, make_candle, start) -> None:
    on = scripted(A)
    on.venue.changed[A, start] = make_candle(A, start, low="1.004")
    slices, _ = on.take(2)
    assert slices[0].bars[0].low == 100
    assert on.feed.snapshot()["symbols"][A]["off_tick"] == 1
    strict = scripted(A, off_tick="refuse")
    strict.venue.changed[A, start] = make_candle(A, start, low="1.004")
    with pytest.raises(UnsupportedError, match="off its tick"):
        strict.take(1)


def test_what_cannot_be_opened_refuses_the_start_and_what_may_pass_is_tried_again(scripted) -> None:
    on = scripted(A)
    on.venue.open_troubles = [down(), down()]
    on.feed.prepare()
    assert on.venue.opened == 3
    bad = scripted(A)
    bad.venue.open_troubles = [UnknownSymbolError("test", "unknown")]
    with pytest.raises(UnknownSymbolError) as refusal:
        bad.feed.prepare()
    assert (refusal.value.exit_code, bad.venue.opened, bad.venue.closed) == (2, 1, 1)


def test_a_start_waits_for_a_minute_at_most_and_says_what_the_venue_wants(scripted, start) -> None:
    on = scripted(A)
    on.venue.open_troubles = [RateLimitedError("test", "too often", retry_after=3_600)]
    with pytest.raises(RateLimitedError, match="left alone for 3600 s"):
        on.feed.prepare()
    assert on.venue.opened == 1
    on.feed.prepare()
    on.venue.troubles[A] = [RateLimitedError("test", "too often", retry_after=61)]
    with pytest.raises(RateLimitedError, match="left alone for 61 s"):
        on.feed.history(A, 5, start)


def test_what_nobody_foresaw_reaches_the_session_with_the_name_of_the_part(scripted) -> None:
    on = scripted(A, B)
    on.venue.troubles[B] = [None, ZeroDivisionError("oops")]
    with pytest.raises(PartFailedError, match=r"the polling of BBB-USD.*oops"):
        on.take(10)


@pytest.mark.parametrize("held", ["poll", "loop"])
def test_closing_waits_for_nothing_that_hangs(scripted, hang, held) -> None:
    on = scripted(A, timeout="1h", speed=1)
    on.feed.prepare()
    release = threading.Event()
    if held == "poll":
        on.venue.always[A] = hang
    else:
        on.venue.spoil = lambda _symbol, _candles: release.wait(20) or []
    deliveries = on.feed.deliveries(None)
    next(deliveries)
    began = time.monotonic()  # noqa: TID251 -- a generous bound
    on.feed.close()
    assert time.monotonic() - began < 5  # noqa: TID251 -- the same
    release.set()
    assert list(deliveries) == []


def test_a_feed_that_was_closed_stays_closed(scripted, start) -> None:
    on = scripted(A)
    on.feed.prepare()
    on.feed.close()
    on.feed.close()
    assert list(on.feed.deliveries(None)) == []
    with pytest.raises(LogosError, match="closed"):
        on.feed.history(A, 5, start)
    assert (on.venue.opened, on.venue.closed) == (1, 1)


# -- history -----------------------------------------------------------------------------------------------------------


def stamps(bars, start):
    return [(bar.timestamp - start) // 60 for bar in bars]


def test_history_ends_at_a_close_and_goes_back_page_by_page(scripted, start) -> None:
    on = scripted(A, at=start + 7_200)
    on.venue.page_candles = 10
    assert stamps(on.feed.history(A, 25, start + 3_630), start) == list(range(35, 60))
    assert on.feed.history(A, 0, start + 3_600) == []


def test_history_is_what_polling_brings(scripted, start) -> None:
    on = scripted(A, at=start + 30)
    slices, _ = on.take(4)
    assert [one.bars[0] for one in slices] == list(on.feed.history(A, 4, slices[-1].clock))


def test_history_leaves_gaps_or_fills_them_whatever_window_they_are_asked_in(scripted, start) -> None:
    absent = {(A, start + 60 * minute) for minute in (10, 11, 12, 20)}
    plain = scripted(A, at=start + 3_600)
    plain.venue.absent = absent
    assert stamps(plain.feed.history(A, 6, start + 900), start) == [6, 7, 8, 9, 13, 14]
    filled = scripted(A, at=start + 3_600, gaps="forward_fill")
    filled.venue.absent = absent
    whole = filled.feed.history(A, 15, start + 900)
    assert stamps(whole, start) == list(range(15))
    for count in (1, 2, 3, 4, 5):
        assert filled.feed.history(A, count, start + 780) == whole[13 - count : 13]
    assert [bar.forward_filled for bar in whole[9:14]] == [False, True, True, True, False]


def test_history_waits_once_for_a_bar_that_has_only_just_closed(scripted, start) -> None:
    on = scripted(A, at=start + 600)
    missing = [True]

    def late(_symbol, candles):
        return candles[:-1] if missing and missing.pop() else candles

    on.venue.spoil = late
    assert stamps(on.feed.history(A, 3, start + 600), start) == [7, 8, 9]


def test_history_passes_over_a_closed_market(scripted, make_instrument, start) -> None:
    from logos.domain.instruments import AssetClass  # noqa: PLC0415 -- one test needs it

    share = make_instrument("SPY", asset_class=AssetClass.EQUITY, calendar="XNYS")
    opening = start + 14 * 3_600 + 30 * 60  # Monday, half past nine in New York
    on = scripted(at=opening + 600, instruments={"SPY": share})
    friday = opening - (65 * 60 + 30) * 60

    def trading(_symbol, candles):
        return [one for one in candles if not friday <= one.timestamp < opening]

    on.venue.spoil = trading
    bars = on.feed.history("SPY", 30, opening + 600)
    assert [bar.timestamp for bar in bars] == [
        *range(friday - 20 * 60, friday, 60),
        *range(opening, opening + 600, 60),
    ]
    assert len(on.venue.asked) <= 4


def test_history_that_fails_is_retried_and_then_raised(scripted, start) -> None:
    on = scripted(A, at=start + 3_600, retries=2)
    on.feed.prepare()
    on.venue.troubles[A] = [down(), down()]
    assert len(on.feed.history(A, 5, start + 3_600)) == 5
    on.venue.troubles[A] = [down()] * 3
    with pytest.raises(VenueDownError):
        on.feed.history(A, 5, start + 3_600)
    on.venue.troubles[A] = [UnsupportedError("test", "too far back")]
    with pytest.raises(LogosError, match="too far back"):
        on.feed.history(A, 5, start + 3_600)


def test_bars_between_two_times_come_page_by_page_each_once_and_finished(scripted, start) -> None:
    on = scripted(A, at=start + 3_630, speed=1)
    on.venue.page_candles = 13
    on.venue.absent = {(A, start + 60 * minute) for minute in range(12, 20)}
    pages = list(on.feed.bars_between(A, start + 1, start + 7_200))
    bars = [bar for page in pages for bar in page]
    assert stamps(bars, start) == [*range(1, 12), *range(20, 60)]
    assert len(pages) > 3


def test_a_venue_that_sends_less_than_it_promises_loses_nothing(scripted, start) -> None:
    on = scripted(A, at=start + 3_630)
    on.venue.page_candles = 50
    on.venue.spoil = lambda _symbol, candles: candles[:7]
    pages = list(on.feed.bars_between(A, start, start + 3_600))
    assert stamps([bar for page in pages for bar in page], start) == list(range(60))
    slices, _ = on.take(60, after=start)
    assert clocks(slices, start) == list(range(1, 61))
