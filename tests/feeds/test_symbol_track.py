"""What is known of one symbol: which bars are new, which intervals are settled, when the venue is asked again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.domain.instruments import AssetClass
from logos.feeds.config import PollingConfig
from logos.feeds.retrying import Answer
from logos.feeds.rules import Rules
from logos.feeds.symbol_track import SymbolTrack
from logos.feeds.venue import Page

SYMBOL = "AAA-USD"


@pytest.fixture
def track_of(make_instrument, always_open, start):
    """Return a function that makes a track that wants bars from ``start`` on."""

    def make(calendar=None, interval=60, instrument=None, first=start, **config):
        rules = Rules.of(PollingConfig(**config), interval)
        return SymbolTrack(instrument or make_instrument(SYMBOL), rules, calendar or always_open, first)

    return make


@pytest.fixture
def answer(make_candle, start):
    """Return a function that makes an answer with the candles of some minutes, counted from ``start``."""

    def make(minutes, at, *, since=-5, until=None, changed=None, received_at=None):
        changed = changed or {}
        candles = tuple(make_candle(SYMBOL, start + 60 * minute, **changed.get(minute, {})) for minute in minutes)
        page = Page(candles=candles, size=1, venue_time=float(at))
        until = (at // 60 + 1) * 60 if until is None else start + 60 * until
        return Answer(
            page=page, since=start + 60 * since, until=until, received_at=received_at or at, closed_by=float(at)
        )

    return make


def take(track, answer):
    return track.take(answer, answer.since)


def minutes(bars, start):
    return [(bar.timestamp - start) // 60 for bar in bars]


def test_the_unfinished_candle_is_no_bar_until_its_minute_has_passed(track_of, answer, start) -> None:
    track = track_of()
    taken = take(track, answer([0, 1], start + 119))
    assert minutes(taken.bars, start) == [0]
    assert [one.reason for one in taken.dropped] == ["unfinished"]
    taken = take(track, answer([0, 1, 2], start + 120))
    assert minutes(taken.bars, start) == [1]


def test_what_is_asked_for_again_is_no_new_bar(track_of, answer, start) -> None:
    track = track_of()
    take(track, answer([0, 1, 2], start + 182))
    taken = take(track, answer([0, 1, 2, 3], start + 242))
    assert minutes(taken.bars, start) == [3]
    assert not taken.revisions


def test_of_two_candles_of_one_time_the_last_counts_and_the_other_is_told(track_of, answer, start) -> None:
    taken = take(track_of(), answer([0, 0, 1], start + 62))
    assert minutes(taken.bars, start) == [0]
    assert [one.reason for one in taken.dropped] == ["duplicate", "unfinished"]


def test_disorder_in_an_answer_changes_nothing(track_of, answer, start) -> None:
    taken = take(track_of(), answer([3, 1, 4, 0, 2], start + 250))
    assert minutes(taken.bars, start) == [0, 1, 2, 3]


@given(cuts=st.lists(st.integers(1, 40), max_size=8, unique=True), overlap=st.integers(0, 6))
@settings(max_examples=40)
def test_the_windows_that_bars_come_in_change_nothing(make_instrument, always_open, make_candle, cuts, overlap) -> None:
    begin, instrument = 1_767_571_200, make_instrument(SYMBOL)

    def bars_of(windows):
        track = SymbolTrack(instrument, Rules.of(PollingConfig(), 60), always_open, begin)
        bars, revisions = [], []
        for last in windows:
            since = begin if not bars else bars[-1].timestamp - overlap * 60
            page = Page(
                candles=tuple(make_candle(SYMBOL, stamp) for stamp in range(since, begin + 60 * last, 60)),
                size=0,
                venue_time=None,
            )
            at = begin + 60 * last + 2
            answer = Answer(page=page, since=since, until=at // 60 * 60, received_at=at, closed_by=at)
            taken = track.take(answer, since)
            bars += taken.bars
            revisions += taken.revisions
        return bars, revisions

    assert bars_of([*sorted(cuts), 41]) == bars_of([41])


# -- absence -----------------------------------------------------------------------------------------------------------


def test_a_later_candle_proves_that_a_minute_has_no_bar(track_of, answer, start) -> None:
    track = track_of()
    assert minutes(take(track, answer([0, 2], start + 122)).bars, start) == [0]
    assert not track.has_settled(start + 60)
    taken = take(track, answer([0, 2], start + 127))
    assert track.has_settled(start + 60)
    assert taken.gaps == [start + 60]


def test_a_venue_that_lags_does_not_lose_its_bar(track_of, answer, start) -> None:
    track = track_of(poll_every="5s")
    take(track, answer([0], start + 62))
    assert not take(track, answer([0], start + 122)).bars
    assert not track.has_settled(start + 60)
    taken = take(track, answer([0, 1], start + 126))
    assert minutes(taken.bars, start) == [1]
    assert track.has_settled(start + 60)
    assert not taken.gaps


def test_a_minute_that_stays_missing_for_as_long_as_poll_every_has_no_bar(track_of, answer, start) -> None:
    track = track_of(poll_every="5s")
    take(track, answer([0], start + 62))
    take(track, answer([0], start + 122))
    taken = take(track, answer([0], start + 127))
    assert track.has_settled(start + 60)
    assert taken.gaps == [start + 60]


def test_a_venue_that_has_lagged_lately_is_waited_for_as_long_again(track_of, answer, start) -> None:
    track = track_of(poll_every="5s")
    take(track, answer([0], start + 62))
    take(track, answer([0], start + 122))
    take(track, answer([0, 1], start + 140))  # 18 seconds after it was first missed
    take(track, answer([0, 1], start + 182))
    take(track, answer([0, 1], start + 192))
    assert not track.has_settled(start + 120)
    taken = take(track, answer([0, 1, 2], start + 199))
    assert minutes(taken.bars, start) == [2]


def test_an_answer_that_lacks_what_is_known_proves_no_absence(track_of, answer, start) -> None:
    track = track_of(poll_every="5s")
    take(track, answer([0, 1], start + 122))
    for at in (182, 190, 200):
        take(track, answer([], start + at))  # empty
        take(track, answer([0], start + at))  # an answer of a while ago
    assert not track.has_settled(start + 120)
    assert minutes(take(track, answer([0, 1, 2], start + 205)).bars, start) == [2]


def test_time_going_backwards_at_the_venue_brings_nothing_twice(track_of, answer, start) -> None:
    track = track_of()
    taken = [take(track, answer(range(4), start + at)).bars for at in (242, 62, 122, 242)]
    assert [len(bars) for bars in taken] == [4, 0, 0, 0]
    assert minutes(take(track, answer(range(6), start + 362)).bars, start) == [4, 5]


def test_one_answer_with_a_hole_in_it_settles_nothing(track_of, answer, start) -> None:
    track = track_of()
    assert minutes(take(track, answer([0, 3], start + 182)).bars, start) == [0]
    assert not track.has_settled(start + 60)
    taken = take(track, answer([0, 1, 2, 3], start + 187))
    assert minutes(taken.bars, start) == [1, 2]
    assert track.has_settled(start + 120)


def test_the_pages_of_one_round_are_one_witness(track_of, answer, start) -> None:
    track = track_of()
    rounds = 2 * [(([2], 0, 3), ([3, 4], 3, 6))]
    settled = []
    for number, pages in enumerate(rounds):
        for candles, since, until in pages:
            track.take(answer(candles, start + 302 + 5 * number, since=since, until=until), start)
        settled.append(track.has_settled(start + 60))
    assert settled == [False, True]


def test_a_bar_that_comes_long_after_its_slice_is_left_out_and_breaks_nothing(track_of, answer, start) -> None:
    track = track_of()
    bars = take(track, answer(range(40), start + 40 * 60 + 2)).bars
    assert len(bars) == 40
    for bar in bars:
        track.came_late(bar)


def test_a_quiet_spell_is_filled_forward_without_delay(track_of, answer, start) -> None:
    track = track_of(gaps="forward_fill")
    take(track, answer([-1, 0], start + 62))
    filled = []
    for minute in range(1, 6):
        for at in (2, 7, 12):
            filled += take(track, answer([0], start + 60 * (minute + 1) + at)).bars
        assert minutes(filled, start) == list(range(1, minute + 1))


def test_a_clock_that_was_put_back_and_a_venue_that_told_a_wrong_time_are_asked_again(track_of, answer, start) -> None:
    track = track_of()
    take(track, answer([0], start + 62))
    track.asked_at = start + 62
    assert track.due(start + 62, 86_400.0) <= start + 62 + 180
    assert track.due(start - 3_600, 0.0) <= start + 180


def test_a_bar_that_turns_up_after_all_is_a_gap_that_was_filled(track_of, answer, start) -> None:
    track = track_of()
    take(track, answer([0, 2], start + 122))
    take(track, answer([0, 2], start + 127))
    taken = take(track, answer([0, 1, 2], start + 182))
    assert minutes(taken.bars, start) == [1, 2]
    assert len(taken.filled) == 1


def test_an_outage_is_a_gap_that_the_venue_fills(track_of, answer, start) -> None:
    track = track_of()
    take(track, answer([0], start + 62))
    taken = take(track, answer(range(10), start + 604))
    assert minutes(taken.bars, start) == list(range(1, 10))
    assert (len(taken.gaps), len(taken.filled)) == (8, 8)


def test_bars_of_a_closed_market_are_taken_and_are_no_gaps(track_of, answer, start) -> None:
    class Closed:
        def is_open(self, _clock):
            return False

        def latest_opening(self, _clock):
            return None

        def next_opening(self, _clock):
            return None

    track = track_of(calendar=Closed())
    taken = take(track, answer(range(10), start + 604))
    assert minutes(taken.bars, start) == list(range(10))
    assert (taken.gaps, taken.filled) == ([], set())


def test_a_candle_that_is_no_bar_is_told_once_and_leaves_a_gap(track_of, answer, start) -> None:
    track = track_of()
    broken = {1: {"close": "nan"}}
    told = []
    for at, until in ((122, 2), (182, 3), (242, 4)):
        taken = take(track, answer(range(until + 1), start + at, changed=broken))
        told += [one for one in taken.dropped if one.reason != "unfinished"]
    assert [(one.at, one.reason) for one in told] == [(start + 60, "not_a_number")]
    assert track.has_settled(start + 180)


# -- corrections -------------------------------------------------------------------------------------------------------


def test_a_correction_is_told_once_and_another_one_again(track_of, answer, start) -> None:
    track = track_of()
    (first,) = take(track, answer([0], start + 62)).bars
    low = {0: {"low": "1.00"}}
    revised = take(track, answer([0, 1], start + 122, changed=low)).revisions
    assert [(one.low, other.low) for one, other in revised] == [(first.low, 100)]
    assert not take(track, answer([0, 1, 2], start + 182, changed=low)).revisions
    lower = {0: {"low": "0.50"}}
    revised = take(track, answer([0, 1, 2], start + 190, changed=lower)).revisions
    assert [(one.low, other.low) for one, other in revised] == [(first.low, 50)]


def test_what_was_never_delivered_is_not_corrected(track_of, answer, start) -> None:
    track = track_of()
    take(track, answer([-2, -1], start + 2))
    taken = take(track, answer([-2, -1, 0], start + 62, changed={-1: {"low": "1.00"}}))
    assert not taken.revisions
    late = track_of()
    (bar,) = take(late, answer([0], start + 62)).bars
    late.came_late(bar)
    assert not take(late, answer([0, 1], start + 122, changed={0: {"low": "1.00"}})).revisions


def test_corrections_of_history_that_was_handed_out_are_told(track_of, answer, make_instrument, start) -> None:
    instrument = make_instrument(SYMBOL)
    track, other = track_of(instrument=instrument), track_of(instrument=instrument, first=start - 300)
    history = take(other, answer([-2, -1], start + 2)).bars
    track.remember(history)
    taken = take(track, answer([-2, -1, 0], start + 62, changed={-1: {"low": "1.00"}}))
    assert [(one.timestamp - start) // 60 for one, _ in taken.revisions] == [-1]


# -- forward fill ------------------------------------------------------------------------------------------------------


def test_a_minute_without_a_trade_is_filled_with_the_close_before_and_marked(track_of, answer, start) -> None:
    track = track_of(gaps="forward_fill")
    take(track, answer([-1], start + 2))
    (real,) = take(track, answer([1, 2], start + 122)).bars
    (filled,) = take(track, answer([1, 2], start + 127)).bars
    assert minutes([filled, real], start) == [0, 1]
    assert filled.forward_filled
    assert not real.forward_filled
    before = take(track_of(first=start - 300), answer([-1], start + 2)).bars[0].close
    assert {filled.open, filled.high, filled.low, filled.close} == {before}
    assert filled.volume == 0


def test_a_trade_that_turns_up_later_corrects_the_filled_bar(track_of, answer, start) -> None:
    track = track_of(gaps="forward_fill")
    take(track, answer([-1], start + 2))
    take(track, answer([1, 2], start + 122))
    take(track, answer([1, 2], start + 127))
    taken = take(track, answer([0, 1, 2], start + 150))
    ((filled, real),) = taken.revisions
    assert filled.forward_filled
    assert not real.forward_filled
    assert not taken.bars


# -- closed markets ----------------------------------------------------------------------------------------------------


@pytest.fixture
def share(make_instrument):
    return make_instrument("SPY", asset_class=AssetClass.EQUITY, calendar="XNYS")


FRIDAY_CLOSE = 1_767_992_400
"""2026-01-09T21:00:00Z, sixteen o'clock in New York."""


def test_a_closed_market_is_settled_by_its_calendar_and_is_no_gap(track_of, share, make_context, fast_clock) -> None:
    calendar = make_context({"SPY": share}, fast_clock(0, 1)).calendar(share)
    track = track_of(calendar, instrument=share, first=FRIDAY_CLOSE)
    opening = FRIDAY_CLOSE + 65 * 3_600 + 30 * 60
    track.pass_closed(opening + 59)
    assert track.settled == opening - 60
    track.pass_closed(opening + 3_600)
    assert track.settled == opening - 60


def test_a_closed_market_is_asked_gently_and_in_time_for_its_opening(track_of, share, make_context, fast_clock) -> None:
    calendar = make_context({"SPY": share}, fast_clock(0, 1)).calendar(share)
    track = track_of(calendar, instrument=share, first=FRIDAY_CLOSE)
    track.asked_at = FRIDAY_CLOSE + 2
    track.pass_closed(FRIDAY_CLOSE + 60)
    assert track.due(FRIDAY_CLOSE + 60, 0) == FRIDAY_CLOSE + 302
    opening = FRIDAY_CLOSE + 65 * 3_600 + 30 * 60
    track.pass_closed(opening - 100)
    track.asked_at = opening - 100
    assert track.due(opening - 100, 0) == opening + 62


def test_the_venue_is_asked_shortly_after_a_close_by_the_later_of_both_clocks(track_of, start) -> None:
    track = track_of(poll_delay="2s", poll_every="5s")
    assert track.due(start + 10, 0) == start + 10  # at once, the first time
    track.asked_at = start + 10
    assert track.due(start + 10, 0) == start + 62
    assert track.due(start + 10, 7.2) == start + 70
    track.asked_at = start + 62
    assert track.due(start + 62, 0) == start + 67  # still missing
