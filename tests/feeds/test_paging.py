"""Where a page of history ends, and where the next one begins."""

from __future__ import annotations

import pytest

from logos.feeds.polling import next_page
from logos.feeds.retrying import Answer
from logos.feeds.venue import Page


@pytest.fixture
def answer(make_candle, start):
    """Return a function that makes the answer to ten minutes from ``start`` on."""

    def make(minutes, closed_by):
        candles = tuple(make_candle("AAA-USD", start + 60 * minute) for minute in minutes)
        page = Page(candles=candles, size=0, venue_time=None)
        return Answer(page=page, since=start, until=start + 600, received_at=0, closed_by=start + closed_by)

    return make


def test_a_full_page_is_followed_by_the_next(answer, start) -> None:
    assert next_page(answer(range(10), 3_600), 60) == start + 600


def test_what_lies_behind_the_newest_candle_is_asked_for_again(answer, start) -> None:
    assert next_page(answer(range(4), 3_600), 60) == start + 240


def test_an_empty_page_is_passed_over(answer, start) -> None:
    assert next_page(answer([], 3_600), 60) == start + 600


@pytest.mark.parametrize("closed_by", [239.9, 240, 299.9])
def test_no_page_begins_behind_a_candle_that_was_unfinished_or_the_newest_that_has_closed(answer, closed_by) -> None:
    assert next_page(answer(range(4), closed_by), 60) is None
    assert next_page(answer(range(5), closed_by), 60) is None
