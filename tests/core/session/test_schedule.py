"""The times at which targets are set anew: the closes that end a period, by a calendar."""

from __future__ import annotations

from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.data.calendars import AlwaysOpen, calendar_named
from logos.domain.times import parse_time, time_text
from logos.session.schedule import Rebalancing, Schedule, schedule_for
from logos.testing.bars import instrument
from logos.testing.contexts import part_context

DAYS = AlwaysOpen()


def times(rule: Rebalancing, calendar, after: str, count: int) -> list[str]:
    schedule, clock, found = Schedule(rule, calendar), parse_time(after), []
    for _ in range(count):
        clock = schedule.next_after(clock)
        found.append(time_text(clock))
    return found


def test_a_month_ends_with_the_close_of_its_last_session() -> None:
    new_york = calendar_named("XNYS")
    assert times(Rebalancing.MONTH_END, new_york, "2024-02-10T00:00:00Z", 3) == [
        "2024-02-29T21:00:00Z",
        "2024-03-28T20:00:00Z",  # Good Friday is the 29th
        "2024-04-30T20:00:00Z",
    ]


def test_an_early_close_is_a_close() -> None:
    assert times(Rebalancing.DAY_END, calendar_named("XNYS"), "2024-11-28T00:00:00Z", 2) == [
        "2024-11-29T18:00:00Z",
        "2024-12-02T21:00:00Z",
    ]


def test_a_week_ends_with_its_last_session() -> None:
    assert times(Rebalancing.WEEK_END, calendar_named("XNYS"), "2024-03-25T00:00:00Z", 2) == [
        "2024-03-28T20:00:00Z",  # Good Friday is the 29th
        "2024-04-05T20:00:00Z",
    ]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rebalancing.DAY_END, ["2024-12-31T00:00:00Z", "2025-01-01T00:00:00Z"]),
        (Rebalancing.WEEK_END, ["2025-01-06T00:00:00Z", "2025-01-13T00:00:00Z"]),
        (Rebalancing.MONTH_END, ["2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"]),
        (Rebalancing.QUARTER_END, ["2025-01-01T00:00:00Z", "2025-04-01T00:00:00Z"]),
        (Rebalancing.YEAR_END, ["2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]),
    ],
)
def test_days_of_utc_end_their_periods_at_midnight(rule, expected) -> None:
    assert times(rule, DAYS, "2024-12-30T12:00:00Z", 2) == expected


class Yearly:
    """A calendar whose only sessions are a year apart, in the same week of it."""

    CLOSES = tuple(parse_time(f"{day}T12:00:00Z") for day in ("2023-03-07", "2024-03-06", "2025-03-05", "2026-03-04"))

    def next_close(self, after):
        return next(close for close in self.CLOSES if close > after)


def test_a_week_of_another_year_is_another_week() -> None:
    schedule = Schedule(Rebalancing.WEEK_END, Yearly())
    assert schedule.next_after(parse_time("2023-01-01T00:00:00Z")) == Yearly.CLOSES[0]


@pytest.mark.parametrize(
    ("names", "close"),
    [
        (("XNYS", None), "2024-01-02T21:00:00Z"),
        (("XNYS", "XNYS"), "2024-01-02T21:00:00Z"),
        (("XNYS", "XLON"), "2024-01-03T00:00:00Z"),
        ((None, None), "2024-01-03T00:00:00Z"),
    ],
)
def test_the_calendar_is_the_one_that_the_symbols_agree_on_else_days_of_utc(names, close) -> None:
    traded = [
        attrs.evolve(instrument(symbol), calendar=name) for symbol, name in zip(("AAA", "BBB"), names, strict=True)
    ]
    context = part_context(*traded, calendar=lambda each: calendar_named(each.calendar))
    schedule = schedule_for(Rebalancing.DAY_END, None, context)
    assert time_text(schedule.next_after(parse_time("2024-01-02T12:00:00Z"))) == close


def test_a_calendar_that_is_named_wins_and_never_has_no_schedule() -> None:
    context = part_context(instrument("AAA"))
    assert schedule_for(Rebalancing.NEVER, "XNYS", context) is None
    schedule = schedule_for(Rebalancing.DAY_END, "XNYS", context)
    assert time_text(schedule.next_after(parse_time("2024-01-02T12:00:00Z"))) == "2024-01-02T21:00:00Z"


def test_every_bar_is_due_at_the_next_slice_whenever_it_comes() -> None:
    assert Schedule(Rebalancing.EVERY_BAR, DAYS).next_after(1_000) == 1_001


@given(
    rule=st.sampled_from([rule for rule in Rebalancing if rule not in (Rebalancing.NEVER, Rebalancing.EVERY_BAR)]),
    clock=st.integers(0, 4_000_000_000),
)
def test_times_only_go_forward_and_one_step_never_skips_a_period(rule, clock) -> None:
    schedule = Schedule(rule, DAYS)
    found = [clock, *times_from(schedule, clock, 4)]
    assert all(later > earlier for earlier, later in pairwise(found))
    # Asked from anywhere in between, the answer is the same.
    assert schedule.next_after((found[1] + found[2]) // 2) == found[2]


def times_from(schedule: Schedule, clock: int, count: int) -> list[int]:
    found = []
    for _ in range(count):
        clock = schedule.next_after(clock)
        found.append(clock)
    return found
