"""History through a feed into a cache: what is there is not asked for again, and no interrupt makes a difference."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import attrs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logos.data import fetching, holes
from logos.data.cache.store import CachedSymbol
from logos.data.fetching import Fetch
from logos.data.holes import grouped, missing_times
from logos.domain.bars import Bar
from logos.domain.errors import BrokenInvariantError, StorageError
from logos.domain.times import parse_time, time_text

BEGIN = 1_767_571_200
MINUTES = 1_000


@attrs.define
class Venue:
    """A feed whose venue has a bar in every minute but some, and that breaks off when told to."""

    instrument: object
    page: int = 50
    breaks: list = attrs.field(factory=list)
    asked: list = attrs.field(factory=list)
    error: type = KeyboardInterrupt
    lacks: frozenset = frozenset(range(300, 420))

    def bars_between(self, symbol, start, end):
        self.asked.append(((start - BEGIN) // 60, (end - BEGIN) // 60))
        first = max(0, (start - BEGIN) // 60)
        for begin in range(first, min(MINUTES, (end - BEGIN) // 60), self.page):
            here = [minute for minute in self.breaks if begin <= minute < begin + self.page]
            if here:
                self.breaks.remove(here[0])
                raise self.error("the line is cut")
            until = min(begin + self.page, MINUTES, (end - BEGIN) // 60)
            found = [self.bar(minute) for minute in range(begin, until) if minute not in self.lacks]
            if found:
                yield found

    def bar(self, minute):
        price = 10_000 + minute * 7 % 400
        return Bar(self.instrument, BEGIN + 60 * minute, price, price + 5, price - 5, price, minute)

    def close(self):
        pass


@pytest.fixture
def venue(instrument):
    return Venue(instrument())


@pytest.fixture
def fetch(cache, venue):
    """Return a function that fetches some minutes."""

    def run(first, last, **options):
        target = CachedSymbol(cache=cache.folder, shown_as="cache", asset_class="crypto", symbol="BTC-USD", interval=60)
        return Fetch(feed=venue, target=target, **options).run(BEGIN + 60 * first, BEGIN + 60 * last)

    return run


@pytest.fixture
def whole(fetch, cache) -> bytes:
    """Return the file of a fetch that nothing disturbs, and take it away."""
    return taken(fetch(0, MINUTES))


def taken(fetched) -> bytes:
    path = Path(fetched.file)
    data = path.read_bytes()
    path.unlink()
    return data


def test_history_comes_page_by_page_into_the_cache(fetch, cache, venue, instrument) -> None:
    fetched = fetch(0, MINUTES)
    assert (fetched.added, fetched.kept, fetched.total, fetched.pages) == (880, 0, 880, 18)
    assert (fetched.first, fetched.last) == (BEGIN, BEGIN + 60 * (MINUTES - 1))
    feed = cache.feed(venue.instrument)
    feed.prepare()
    found = [bar for one in feed.slices(None) for bar in one.bars]
    assert found == [venue.bar(minute) for minute in range(MINUTES) if minute not in venue.lacks]


def test_what_is_there_is_not_asked_for_again(fetch, venue) -> None:
    fetch(0, 500)
    venue.asked.clear()
    fetched = fetch(0, MINUTES)
    assert venue.asked == [(500, MINUTES)]
    assert (fetched.kept, fetched.added) == (380, 500)
    venue.asked.clear()
    assert fetch(100, 900).added == 0
    assert venue.asked == []


def test_a_stretch_that_would_leave_a_hole_is_fetched_with_what_lies_between(fetch, venue, whole) -> None:
    venue.asked.clear()
    fetch(100, 200)
    fetch(700, MINUTES)
    assert venue.asked == [(100, 200), (200, MINUTES)]
    assert taken(fetch(0, 50)) == whole


def test_what_lies_before_is_fetched_in_pieces_that_join_what_is_there(fetch, venue, whole, monkeypatch) -> None:
    monkeypatch.setattr(fetching, "PIECE", 200)
    fetch(700, MINUTES)
    venue.asked.clear()
    venue.breaks = [250]
    with pytest.raises(KeyboardInterrupt):
        fetch(0, MINUTES)
    assert venue.asked == [(500, 700), (300, 500), (100, 300)]
    venue.asked.clear()
    assert taken(fetch(0, MINUTES)) == whole
    assert venue.asked == [(220, 420), (20, 220), (0, 20)]  # from 420 on, the venue had bars


@pytest.mark.parametrize("error", [KeyboardInterrupt, StorageError])
def test_what_came_before_an_interrupt_is_kept_and_the_same_command_goes_on(fetch, venue, whole, error) -> None:
    venue.breaks, venue.error = [250], error
    with pytest.raises(error):
        fetch(0, MINUTES, pages=20)
    venue.asked.clear()
    fetched = fetch(0, MINUTES)
    assert venue.asked == [(250, MINUTES)]
    assert taken(fetched) == whole


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    breaks=st.lists(st.integers(0, MINUTES), max_size=6),
    pages=st.integers(1, 30),
    form=st.sampled_from([".parquet", ".csv.gz"]),
)
def test_the_file_is_the_same_whether_or_not_it_was_interrupted(fetch, venue, breaks, pages, form) -> None:
    venue.breaks = []
    at_once = taken(fetch(0, MINUTES, form=form))
    venue.breaks = sorted(breaks)
    while True:
        try:
            fetched = fetch(0, MINUTES, pages=pages, form=form)
            break
        except KeyboardInterrupt:
            continue
    assert taken(fetched) == at_once


def test_what_is_there_stands_after_so_many_pages(fetch, venue) -> None:
    class CutOffError(BaseException):
        """What nobody is prepared for, such as the end of the process."""

    venue.breaks, venue.error = [260], CutOffError
    with pytest.raises(CutOffError):
        fetch(0, MINUTES, pages=2)
    venue.asked.clear()
    fetch(0, MINUTES)
    assert venue.asked == [(200, MINUTES)]


def test_again_takes_the_values_of_the_venue(fetch, venue) -> None:
    fetch(0, 200)
    kind = type(venue)
    venue.lacks = frozenset()
    original = kind.bar
    kind.bar = lambda self, minute: original(self, minute)._replace(volume=7) if minute == 3 else original(self, minute)
    try:
        fetched = fetch(0, 200, again=True)
    finally:
        kind.bar = original
    assert (fetched.added, fetched.replaced, fetched.total) == (0, 1, 200)


@pytest.mark.parametrize(
    "spoil",
    [lambda bars: bars[::-1], lambda bars: [*bars, bars[-1]], lambda bars: [bars[0]._replace(timestamp=BEGIN + 30)]],
    ids=["backwards", "twice", "off the grid"],
)
def test_what_a_feed_must_not_do_never_reaches_the_cache(fetch, venue, spoil, monkeypatch) -> None:
    fetch(0, 100)
    right = venue.bars_between
    monkeypatch.setattr(Venue, "bars_between", lambda self, *asked: (spoil(page) for page in right(*asked)))
    with pytest.raises(BrokenInvariantError, match="twice, out of order"):
        fetch(0, 200)
    monkeypatch.undo()
    assert fetch(0, 100).total == 100


def test_progress_reaches_its_end(fetch) -> None:
    seen = []
    fetch(0, MINUTES, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (MINUTES * 60, MINUTES * 60)


def test_a_hole_that_the_venue_left_is_told_and_asked_for_again_only_where_that_is_wanted(fetch, venue, whole) -> None:
    lacks, venue.lacks = venue.lacks, venue.lacks | {40, 41, 700}
    fetched = fetch(0, MINUTES)
    assert (fetched.missing, fetched.first_missing) == (123, BEGIN + 60 * 40)
    venue.lacks = lacks
    venue.asked.clear()
    assert (fetch(0, MINUTES).added, venue.asked) == (0, [])
    assert fetch(50, MINUTES, holes=True).added == 1
    assert venue.asked == [(300, 701)]
    filled = fetch(0, MINUTES, holes=True)
    assert (filled.added, filled.replaced, filled.missing, filled.end_reached) == (2, 0, 120, True)
    assert taken(filled) == whole


def test_a_bar_that_is_there_stays_as_it_is_where_holes_are_asked_for(fetch, venue, monkeypatch) -> None:
    lacks, venue.lacks = venue.lacks, venue.lacks | {40, 50}
    fetch(0, 200)
    venue.lacks = lacks
    right = Venue.bar
    monkeypatch.setattr(Venue, "bar", lambda self, minute: right(self, minute)._replace(volume=7))
    fetched = fetch(0, 200, holes=True)
    assert (fetched.added, fetched.replaced, fetched.total) == (2, 0, 200)


def test_what_came_of_holes_before_an_interrupt_is_kept(fetch, venue, whole, monkeypatch) -> None:
    monkeypatch.setattr(holes, "GROUP", 10)
    lacks, venue.lacks = venue.lacks, venue.lacks | {40, 80, 700}
    fetch(0, MINUTES)
    venue.lacks, venue.breaks = lacks, [700]
    with pytest.raises(KeyboardInterrupt):
        fetch(0, MINUTES, holes=True)
    assert taken(fetch(0, MINUTES, holes=True)) == whole


def test_an_end_that_was_not_reached_is_told(fetch, venue) -> None:
    venue.lacks = frozenset(range(600, MINUTES))
    fetched = fetch(0, MINUTES)
    assert (fetched.until, fetched.end_reached) == (BEGIN + 60 * 600, False)
    venue.lacks = frozenset()
    venue.asked.clear()
    assert fetch(0, MINUTES).end_reached
    assert venue.asked == [(600, MINUTES)]


def test_nothing_is_missing_while_the_market_is_closed() -> None:
    friday, monday = parse_time("2026-01-09T20:58:00Z"), parse_time("2026-01-12T14:32:00Z")  # closes 21:00, opens 14:30
    stamps = np.array([friday, monday], np.int64)
    found = missing_times(stamps, 60, friday, monday, "XNYS")
    assert [time_text(int(one)) for one in found] == [
        "2026-01-09T20:59:00Z", "2026-01-12T14:30:00Z", "2026-01-12T14:31:00Z",
    ]  # fmt: skip
    days = np.array([parse_time(f"2026-01-{day}T00:00:00Z") for day in ("08", "14")], np.int64)
    found = missing_times(days, 86_400, 0, 2**40, "XNYS")
    assert [time_text(int(one))[8:10] for one in found] == ["09", "12", "13"]


@given(there=st.sets(st.integers(0, 60), min_size=1), window=st.tuples(st.integers(0, 60), st.integers(0, 60)))
def test_holes_are_what_is_missing_between_the_first_bar_and_the_last(there, window) -> None:
    stamps = np.array(sorted(there), np.int64) * 60
    first, end = window
    wanted = [minute for minute in range(min(there), max(there)) if minute not in there and first <= minute < end]
    found = missing_times(stamps, 60, first * 60, end * 60)
    assert (found // 60).tolist() == wanted
    stretches = list(grouped(found, 60))
    assert all(any(begin <= time < until for begin, until in stretches) for time in found.tolist())
    assert all(before[1] <= after[0] for before, after in pairwise(stretches))
