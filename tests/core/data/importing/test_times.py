"""Times by a clock on a wall become UTC, row by row and by columns alike, also where the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.data.importing.times import LOCAL, BadTimeError, Times, kind_of, zone_named
from logos.domain.errors import InputError

NEW_YORK = ZoneInfo("America/New_York")
ZONES = ("UTC", "America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns")


def walls(first: str, count: int, zone: str, step: int = 60) -> list[datetime]:
    """Return moments in a row, in UTC."""
    begin = datetime.fromisoformat(first).replace(tzinfo=ZoneInfo(zone))
    return [begin.astimezone(UTC) + timedelta(seconds=step * number) for number in range(count)]


@settings(max_examples=60)
@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2015, 1, 1), date(2030, 1, 1)),
    step=st.sampled_from([60, 300, 3_600]),
)
def test_a_run_of_local_times_becomes_the_moments_it_was_made_from(zone, day, step) -> None:
    moments = walls(f"{day}T00:00:00", 100, zone, step)
    local = [moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in moments]
    times = Times(step, ZoneInfo(zone), kind=LOCAL)
    assert [times.text(f"{wall:%Y-%m-%d %H:%M:%S}") for wall in local] == [int(one.timestamp()) for one in moments]
    column = Times(step, ZoneInfo(zone), kind=LOCAL).column(
        np.array([int(wall.replace(tzinfo=UTC).timestamp()) for wall in local])
    )
    if column is not None:
        assert column.tolist() == [int(one.timestamp()) for one in moments]


def test_the_hour_that_comes_twice_is_told_apart_by_the_order_of_its_rows() -> None:
    times = Times(1_800, NEW_YORK, kind=LOCAL)
    found = [times.text(f"2024-11-03 {clock}") for clock in ("00:30", "01:00", "01:30", "01:00", "01:30", "02:00")]
    assert np.diff(found).tolist() == [1_800] * 5


def test_a_time_that_the_clocks_jump_over_does_not_exist() -> None:
    times = Times(1_800, NEW_YORK, kind=LOCAL)
    with pytest.raises(BadTimeError, match="2024-03-10 02:30:00 does not exist in America/New_York"):
        times.text("2024-03-10 02:30:00")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2024-01-02T00:00:00Z", "zoned"),
        ("2024-01-02 00:00:00-05:00", "zoned"),
        ("2024-01-02 00:00:00+0530", "zoned"),
        ("2024-01-02 00:00:00", "local"),
        ("2024-01-02", "local"),
        ("20240102 09:30", "local"),
        ("1704153600", "seconds"),
        ("1704153600000", "milliseconds"),
        ("yesterday", "zoned"),
    ],
)
def test_how_a_time_is_written_is_seen_from_its_text(text, kind) -> None:
    assert kind_of(text) == kind


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="there is no time zone 'Mars/Olympus'"):
        zone_named("Mars/Olympus")
