"""What this guard alone promises."""

import pytest
from logos.domain.errors import InputError
from logos.domain.times import parse_time
from logos.testing.bars import instrument
from logos.testing.contexts import part_context
from logos.testing.guards import intent_of
from logos.testing.views import session_of

from quiet_hours.config import QuietHoursConfig
from quiet_hours.guard import open_quiet_hours


def verdict(config, time, *, reduces=False):
    demo = instrument()
    session = session_of(demo)
    session.tick(parse_time(f"2024-03-05T{time}Z"))
    return open_quiet_hours(config, part_context(demo)).judge(intent_of(demo, 1, 100, reduces=reduces), session)


@pytest.mark.parametrize(
    ("time", "passes"),
    [("21:59:59", True), ("22:00:00", False), ("00:00:00", False), ("05:59:59", False), ("06:00:00", True)],
)
def test_hours_that_include_midnight(time, passes):
    assert (verdict(QuietHoursConfig(), time) is None) is passes


@pytest.mark.parametrize(
    ("time", "passes"), [("11:59:00", True), ("12:00:00", False), ("12:59:00", False), ("13:00:00", True)]
)
def test_hours_within_a_day(time, passes):
    assert (verdict(QuietHoursConfig(start="12:00", end="13:00"), time) is None) is passes


def test_reducing_order_always_passes():
    assert verdict(QuietHoursConfig(), "23:00:00", reduces=True) is None


def test_reason_says_since_when_and_until_when():
    assert verdict(QuietHoursConfig(), "01:00:00") == (
        "quiet hours since 2024-03-04T22:00:00Z: wait until 2024-03-05T06:00:00Z"
    )


@pytest.mark.parametrize("time", ["24:00", "9:00", "22", "22:60", ""])
def test_what_is_no_time_of_day_is_refused(time):
    with pytest.raises(InputError, match="is not a time of day"):
        QuietHoursConfig(start=time)


def test_hours_without_a_length_are_refused():
    with pytest.raises(InputError, match="both 06:00"):
        QuietHoursConfig(start="06:00")
