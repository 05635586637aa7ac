"""Stale: the market is open, no bar in this slice, and too old since the last bar or the latest opening."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.domain.errors import InputError
from logos.domain.instruments import AssetClass
from logos.risk.config import StaleDataConfig
from logos.risk.stale_data import open_stale_data
from logos.testing.bars import START, bars_of, instrument
from logos.testing.contexts import part_context
from logos.testing.views import AlwaysOpen, DailyHours, session_of

HOUR = 3_600


def guard(halt="all", after="5m"):
    return open_stale_data(StaleDataConfig(after=after, halt=halt), part_context())


@pytest.fixture
def pair():
    """Two symbols that both had a bar just now."""
    one, two = instrument("AAA"), instrument("BBB")
    session = session_of(one, two)
    session.see(bars_of(one, [100])[0], bars_of(two, [100])[0])
    return one, two, session


@pytest.mark.parametrize("halt", ["all", "any"])
def test_age_must_exceed_the_limit(session, halt):
    start = session.clock
    session.tick(start + 300)
    assert guard(halt).inspect(session) is None
    session.tick(start + 301)
    assert guard(halt).inspect(session) == (
        "no bar for longer than 5m: DEMO 301s since 2024-01-01T23:01:00Z; check the feed, then resume with --clear-halt"
    )


@pytest.mark.parametrize("halt", ["all", "any"])
def test_before_the_first_bar_the_age_counts_from_the_first_slice(demo, halt):
    session = session_of(demo)
    session.tick(session.started_at + 300)
    assert guard(halt).inspect(session) is None
    session.tick(session.started_at + 301)
    assert "DEMO 301s" in guard(halt).inspect(session)


def test_all_never_halts_at_a_slice_with_bars(pair):
    one, _, session = pair
    session.see(bars_of(one, [100], start=START + 10 * HOUR)[0])
    assert guard("all").inspect(session) is None
    assert "BBB 36000s" in guard("any").inspect(session)
    assert "AAA" not in guard("any").inspect(session)


def test_any_halts_for_one_silent_symbol_and_all_waits_for_the_last(pair):
    one, _, session = pair
    session.see(bars_of(one, [100], start=START + 200)[0])
    session.tick(START + 60 + 301)
    assert guard("all").inspect(session) is None
    assert "BBB 301s" in guard("any").inspect(session)
    session.tick(START + 260 + 301)
    assert "AAA 301s" in guard("all").inspect(session)
    assert "BBB 501s" in guard("all").inspect(session)


@pytest.mark.parametrize("halt", ["all", "any"])
def test_closed_market_is_never_stale(session, halt):
    session.calendars["DEMO"] = DailyHours(9 * HOUR, 17 * HOUR)
    session.tick(START + 9 * HOUR)
    assert not session.calendar("DEMO").is_open(session.clock)
    assert guard(halt).inspect(session) is None
    assert guard(halt).headroom(session) == "every market is closed"


def test_closed_market_does_not_hold_back_the_others(pair):
    _, _, session = pair
    session.calendars["AAA"] = DailyHours(9 * HOUR, 17 * HOUR)
    session.tick(session.clock + 301)
    assert "BBB 301s" in guard("all").inspect(session)
    assert "AAA" not in guard("all").inspect(session)


def test_age_counts_from_the_latest_opening(session):
    session.calendars["DEMO"] = DailyHours(9 * HOUR, 17 * HOUR)
    opening = 86_400 * (START // 86_400 + 1) + 9 * HOUR
    session.tick(opening)
    assert guard("any").inspect(session) is None
    session.tick(opening + 300)
    assert guard("any").inspect(session) is None
    session.tick(opening + 301)
    assert "DEMO 301s since 2024-01-02T09:00:00Z" in guard("any").inspect(session)


def test_calendar_is_not_asked_while_data_is_fresh(session):
    class Untouched(AlwaysOpen):
        def is_open(self, at):
            raise AssertionError("asked")

    session.calendars["DEMO"] = Untouched()
    assert guard("any").inspect(session) is None
    assert guard("all").inspect(session) is None
    session.tick(session.clock + 300)
    assert guard("any").inspect(session) is None


@pytest.mark.parametrize("asset_class", [AssetClass.EQUITY, AssetClass.FOREX])
def test_symbol_whose_hours_nobody_knows_is_refused(asset_class):
    unknown = instrument("XYZ", asset_class=asset_class)
    with pytest.raises(InputError, match="stale_data cannot judge XYZ"):
        open_stale_data(StaleDataConfig(), part_context(unknown, instrument()))
    known = instrument("XYZ", asset_class=asset_class, calendar="XNYS")
    open_stale_data(StaleDataConfig(), part_context(known, instrument()))


def test_limit_shorter_than_a_bar_is_warned_of(demo):
    context = part_context(demo)
    open_stale_data(StaleDataConfig(after="30s"), context)
    assert context.log.lines == [("warning", "stale_data_shorter_than_bar", {"after": "30s", "interval_seconds": 60})]


def test_headroom_names_the_oldest_bar(pair):
    one, _, session = pair
    session.see(bars_of(one, [100], start=START + 120)[0])
    assert guard().headroom(session) == "180s left of 5m: the last bar of BBB is 120s old"


def _is_stale(symbol, session, limit):
    """Say what SEMANTICS says, word by word."""
    calendar, clock = session.calendar(symbol), session.clock
    if not calendar.is_open(clock) or any(bar.symbol == symbol for bar in session.bars):
        return False
    last = session.last_close(symbol)
    since = session.started_at if last is None else last
    opening = calendar.latest_opening(clock)
    return clock - (since if opening is None else max(since, opening)) > limit


CALENDARS = st.sampled_from([AlwaysOpen(), DailyHours(0, HOUR), DailyHours(HOUR, 2 * HOUR), DailyHours(0, 23 * HOUR)])
AGES = st.one_of(st.none(), st.integers(0, 900))


@settings(max_examples=200)
@given(
    st.lists(st.tuples(CALENDARS, AGES, st.booleans()), min_size=1, max_size=3),
    st.integers(0, 1_200), st.integers(0, 2 * HOUR), st.integers(1, 10),
)  # fmt: skip
def test_halts_exactly_when_the_rule_says(symbols, elapsed, after_opening, minutes):
    instruments = [instrument(f"S{number}") for number in range(len(symbols))]
    session = session_of(*instruments)
    clock = 86_400 * 20_000 + after_opening
    session.started_at = clock - elapsed
    session.clock = clock
    for one, (calendar, age, in_slice) in zip(instruments, symbols, strict=True):
        session.calendars[one.symbol] = calendar
        if in_slice:
            session.bars += (bars_of(one, [100], start=clock - 60)[0],)
            session.closes[one.symbol] = clock
        elif age is not None:
            session.closes[one.symbol] = clock - age
    stale = [one for one in session.symbols if _is_stale(one, session, minutes * 60)]
    open_now = [one for one in session.symbols if session.calendar(one).is_open(clock)]
    expected_all = not session.bars and bool(open_now) and stale == open_now
    assert (guard("all", f"{minutes}m").inspect(session) is not None) is expected_all
    assert (guard("any", f"{minutes}m").inspect(session) is not None) is bool(stale)
