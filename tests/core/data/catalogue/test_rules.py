"""Each rule of the check: what it finds, where, and what it leaves alone."""

from __future__ import annotations

import math
import re
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logos.data.catalogue.kinds import DEFECT, KINDS, NOTE
from logos.domain.times import parse_time, time_text

HEADER = "timestamp,open,high,low,close,volume"
DAY = 86_400


def bars(closes, *, start="2024-03-07T12:00:00Z", interval=60, volume=5):
    """Return rows whose prices lie around the closes."""
    at = parse_time(start)
    return [
        [time_text(at + index * interval), *(f"{close * by:.4f}" for by in (1, 1.001, 0.999, 1)), str(volume + index)]
        for index, close in enumerate(closes)
    ]


def level(count=60, price=100.0):
    return [price + index % 3 / 100 for index in range(count)]


def days(closes, start="2023-01-02T00:00:00Z"):
    """Return daily rows of weekdays."""
    rows, at = [], parse_time(start)
    while len(rows) < len(closes):
        if (at // DAY + 3) % 7 < 5:
            rows += bars([closes[len(rows)]], start=time_text(at))
        at += DAY
    return rows


@pytest.fixture
def check(check_text):
    def run(rows, name="crypto/A-1m.csv", header=HEADER, **known):
        return check_text("\n".join((header, *(",".join(row) for row in rows))) + "\n", name, **known)

    return run


def of_kind(report, kind):
    [finding] = [one for one in report.findings if one.kind == kind]
    return finding


def kinds(report):
    return [finding.kind for finding in report.findings]


def test_every_kind_has_a_severity_an_expectation_and_a_remedy():
    for name, kind in KINDS.items():
        assert kind.severity in {NOTE, DEFECT}, name
        assert kind.expected, name
        assert kind.remedy, name


def test_rows_from_newest_to_oldest_are_one_note_and_no_disorder(check):
    report = check(bars(level())[::-1])
    assert kinds(report) == ["newest_first"]
    assert of_kind(report, "newest_first").severity == NOTE


def test_a_row_out_of_order_in_a_file_that_runs_backwards_is_disorder_too(check):
    rows = bars(level())[::-1]
    rows[10], rows[12] = rows[12], rows[10]
    report = check(rows)
    assert kinds(report) == ["disorder", "newest_first"]
    assert of_kind(report, "disorder").line in range(12, 15)


def test_one_row_of_another_century_is_one_place_of_disorder(check):
    rows = bars(level())
    rows[20][0] = "2099-03-07T12:00:00Z"
    assert of_kind(check(rows), "disorder").count == 1


def test_duplicates_say_whether_they_differ(check):
    rows = bars(level())
    same, other = list(rows[5]), list(rows[9])
    other[5] = "77"
    rows[10:10] = [other]
    rows[6:6] = [same]
    found = of_kind(check(rows), "duplicate")
    assert (found.count, found.line, found.found) == (
        2, 8, "2024-03-07T12:05:00Z stands in more than one row; 1 of 2 with other values",
    )  # fmt: skip


def test_local_midnights_in_summer_and_winter_are_on_the_grid_of_days(check):
    winter = bars(level(20), start="2024-03-10T23:00:00Z", interval=DAY)
    summer = bars(level(5), start="2024-03-30T22:00:00Z", interval=DAY)
    report = check(winter + summer, "A-1d.csv", calendar="24/7")
    assert kinds(report) == ["grid_offset"]


def test_an_hour_beside_the_grid_on_a_single_day_is_off_it(check):
    rows = bars(level(30), start="2024-03-10T23:00:00Z", interval=DAY)
    rows[12][0] = rows[12][0].replace("T23", "T22")
    assert of_kind(check(rows, "A-1d.csv", calendar="24/7"), "off_grid").line == 14


@pytest.mark.parametrize(("name", "interval"), [("A-1d.csv", 60), ("A-1m.csv", 300)])
def test_an_interval_that_the_rows_contradict_is_named(check, name, interval):
    report = check(bars(level(), interval=interval), name)
    assert "wrong_interval" in kinds(report)
    assert report.interval == interval


def test_an_interval_is_read_off_the_rows_where_no_name_tells(check):
    assert check(bars(level(), interval=900), "A.csv").interval == 900
    assert check(bars(level(), interval=900), "A.csv", interval=300).interval == 900


def test_rows_a_month_apart_have_no_interval_and_that_is_said(check):
    report = check(bars(level(), interval=30 * DAY), "A.csv")
    assert report.interval is None
    assert any(text.startswith("times against the interval") for text in report.not_checked)


def test_gaps_count_against_the_clock_the_calendar_or_nothing(check):
    rows = bars(level(60))
    del rows[10:13], rows[30]
    assert of_kind(check(rows), "gaps").found == (
        "4 bars missing in 2 places: 3 after 2024-03-07T12:09:00Z, 1 after 2024-03-07T12:32:00Z"
    )
    unknown = check(rows, "shares/A-1m.csv")
    assert "cannot be told" in of_kind(unknown, "gaps").found
    assert any(text.startswith("gaps against trading hours") for text in unknown.not_checked)
    closed = check(rows, "shares/A-1m.csv", calendar="XNYS")  # before its opening at 14:30
    assert kinds(closed) == ["outside_hours"]


def test_an_hourly_bar_that_holds_the_opening_is_within_the_hours(check):
    rows = bars(level(7), start="2024-03-07T14:00:00Z", interval=3600)
    rows += bars(level(7), start="2024-03-08T14:00:00Z", interval=3600)
    assert kinds(check(rows, "A-1h.csv", calendar="XNYS")) == []
    del rows[9]
    assert of_kind(check(rows, "A-1h.csv", calendar="XNYS"), "gaps").count == 1


def test_daily_bars_at_local_midnight_belong_to_the_sessions_that_follow(check):
    rows = days(level(30), start="2023-01-09T00:00:00Z")
    for row in rows:
        row[0] = time_text(parse_time(row[0]) - 2 * 3600)
    assert kinds(check(rows, "A-1d.csv", calendar="XJSE")) == ["grid_offset"]


def test_weekdays_are_expected_of_daily_bars_that_know_no_week_end(check):
    rows = days(level(40))
    del rows[7:9]
    found = of_kind(check(rows, "A-1d.csv"), "gaps")
    assert found.found.startswith(
        "2 weekdays missing in 1 place: 2 after 2023-01-10T00:00:00Z; holidays cannot be told"
    )
    every_day = bars(level(40), interval=DAY, start="2023-01-02T00:00:00Z")
    del every_day[7]
    assert (
        of_kind(check(every_day, "A-1d.csv"), "gaps").found == "1 bar missing in 1 place: 1 after 2023-01-08T00:00:00Z"
    )


def test_an_open_just_outside_of_a_day_is_an_auction_and_further_out_a_defect(check):
    for price, kind in (("100.5", "open_outside"), ("102.5", "ohlc")):
        rows = days(level())
        rows[20][1] = price
        assert kinds(check(rows, "A-1d.csv"))[0] == kind
    rows = bars(level())
    rows[20][1] = "100.5"
    assert of_kind(check(rows), "ohlc").severity == DEFECT


def test_a_stretch_in_another_unit_is_told_from_a_spike_and_from_a_split(check):
    unit = level()
    unit[20:40] = [price / 100 for price in unit[20:40]]
    found = of_kind(check(bars(unit)), "unit_error")
    assert (found.count, found.line) == (2, 22)
    assert "1/100 of what it was, for 20 rows" in found.found
    split = [price / (4 if index >= 30 else 1) for index, price in enumerate(level())]
    report = check(bars(split))
    assert kinds(report) == ["split"]
    assert of_kind(report, "split").found.startswith("as in a split of 4:1: from 100.02")
    spike = level()
    spike[30] *= 4
    assert kinds(check(bars(spike))) == ["spike"]


def test_ten_times_that_returns_is_an_outlier_and_that_stays_may_be_a_split(check):
    for last, kind in ((45, "outlier"), (60, "split")):
        prices = level()
        prices[30:last] = [price * 10 for price in prices[30:last]]
        assert kinds(check(bars(prices))) == [kind]


def test_a_reverse_split_is_told_as_one(check):
    prices = [price * (20 if index >= 30 else 1) for index, price in enumerate(level())]
    assert of_kind(check(bars(prices)), "split").found.startswith("as in a split of 1:20")


def test_a_step_that_is_no_usual_ratio_is_a_jump(check):
    prices = [price * (1.75 if index >= 30 else 1) for index, price in enumerate(level())]
    assert kinds(check(bars(prices))) == ["jump"]


def test_a_price_after_months_without_bars_is_no_jump(check):
    rows = bars(level(30)) + bars(level(30, 420.0), start="2024-09-07T12:00:00Z")
    assert kinds(check(rows)) == ["gaps"]


def test_a_step_over_a_night_is_a_note(check):
    rows = bars(level(30)) + bars(level(30, 95.0), start="2024-03-08T12:00:00Z")
    assert "step" in kinds(check(rows))
    rows = bars(level(30)) + bars(level(30, 99.0), start="2024-03-08T12:00:00Z")
    assert "step" not in kinds(check(rows))


def test_flat_bars_are_a_stale_stretch_from_thirty_minutes_or_ten_days_on(check):
    for count, name, maker, expected in ((29, "A-1m.csv", bars, 0), (30, "A-1m.csv", bars, 1), (9, "A-1d.csv", days, 0),
                                         (10, "A-1d.csv", days, 1)):  # fmt: skip
        rows = maker(level(80))
        for row in rows[20 : 20 + count]:
            row[1:5] = ["100.5"] * 4
        assert kinds(check(rows, name, calendar=None)).count("stale") == expected, (count, name)


def test_missing_volumes_are_told_apart(check):
    rows = bars(level())
    for row in rows[10:15]:
        row[5] = "0"
    found = of_kind(check(rows), "zero_volume")
    assert found.found == "volume 0 in 5 of 60 rows; the longest stretch is 5 rows from 2024-03-07T12:10:00Z"
    for row in rows:
        row[5] = "0"
    assert kinds(check(rows)) == ["no_volume"]


@pytest.mark.parametrize(("tick", "count"), [("0.0001", 0), ("0.01", 60), ("0.25", 60), ("0.0002", 0)])
def test_prices_are_compared_with_the_tick_exactly(check, tick, count):
    rows = bars([100.1236] * 60)
    for index, row in enumerate(rows):
        row[1:5] = ["100.1236", "100.2", "99.8", "100.0"]
        row[4] = f"100.{index % 2}"
    found = [one.count for one in check(rows, tick=Decimal(tick)).findings if one.kind == "off_tick"]
    assert found == ([count] if count else [])


EVENTS = f"{HEADER},adj_close,dividends,splits"


def with_events(dividends=None, splits=None, *, as_traded=True):
    """Return daily rows with the adj_close that their events give."""
    dividends, splits = dividends or {}, splits or {}
    prices = level(60)
    if as_traded:
        for at, ratio in splits.items():
            prices[:at] = [price * ratio for price in prices[:at]]
    rows, factor = days(prices), 1.0
    for index in range(59, -1, -1):
        close = float(rows[index][4])
        rows[index] += [f"{close * factor:.8f}", str(dividends.get(index, 0)), str(splits.get(index, 0))]
        if index in dividends:
            factor *= 1 - dividends[index] / float(rows[index - 1][4])
        if index in splits and as_traded:
            factor /= splits[index]
    return rows


@pytest.mark.parametrize("as_traded", [True, False])
def test_an_adj_close_that_follows_from_its_events_passes(check, as_traded):
    rows = with_events({20: 0.5, 40: 1.5}, {30: 2.0}, as_traded=as_traded)
    report = check(rows, "A-1d.csv", EVENTS)
    assert [one.kind for one in report.findings if one.severity == DEFECT] == []


def test_a_dividend_that_is_not_in_adj_close_and_one_that_is_not_among_the_events_are_found(check):
    rows = with_events({20: 0.5})
    rows[20][7] = "0"
    found = of_kind(check(rows, "A-1d.csv", EVENTS), "adj_close_mismatch")
    assert (found.line, found.count) == (22, 1)
    rows = with_events()
    rows[20][7] = "0.5"
    assert of_kind(check(rows, "A-1d.csv", EVENTS), "adj_close_mismatch").line == 22


def test_a_split_that_adj_close_does_not_know_is_found(check):
    rows = with_events({}, {30: 2.0})
    for row in rows[:30]:
        row[6] = f"{float(row[4]):.8f}"
    assert of_kind(check(rows, "A-1d.csv", EVENTS), "adj_close_mismatch").line == 32


def test_a_dividend_as_large_as_the_price_and_a_large_one_that_the_price_does_not_know_cannot_be(check):
    for dividend in (50, 100, 250, -1):
        rows = with_events()
        rows[20][7] = str(dividend)
        assert of_kind(check(rows, "A-1d.csv", EVENTS), "impossible_dividend").line == 22


def test_a_large_dividend_that_the_price_falls_by_can_be(check):
    rows = days([price - (45 if index >= 30 else 0) for index, price in enumerate(level())])
    factor = 1 - 45 / float(rows[29][4])
    for index, row in enumerate(rows):
        row += [f"{float(row[4]) * (factor if index < 30 else 1):.8f}", "45" if index == 30 else "0", "0"]
    assert [one.kind for one in check(rows, "A-1d.csv", EVENTS).findings if one.severity == DEFECT] == []


def test_a_split_in_some_rows_only_is_found_in_one_row_and_in_many(check):
    for last in (11, 20):
        rows = with_events({}, {40: 2.0}, as_traded=False)
        for row in rows[10:last]:
            row[1:5] = [f"{float(price) * 2:.4f}" for price in row[1:5]]
            row[6] = f"{float(row[6]) * 2:.8f}"
        found = of_kind(check(rows, "A-1d.csv", EVENTS), "partial_split")
        assert found.line == 12


def test_a_negative_split_is_a_defect(check):
    rows = with_events()
    rows[20][8] = "-2"
    assert of_kind(check(rows, "A-1d.csv", EVENTS), "bad_split").line == 22


def test_quotes_are_checked_side_by_side(check):
    header = "timestamp," + ",".join(
        f"{side}_{price}" for side in ("bid", "ask") for price in ("open", "high", "low", "close")
    )
    rows = [[row[0], *row[1:5], *(f"{float(price) + 0.02:.4f}" for price in row[1:5])] for row in bars(level())]
    rows[10][7] = "0"
    rows[20][4] = "100.0500"
    report = check(rows, "forex/A-1m.csv", header)
    assert [(one.kind, one.series, one.line) for one in report.findings if one.kind in {"not_positive", "crossed"}] == [
        ("not_positive", "ask", 12), ("crossed", "", 12),
    ]  # fmt: skip


def test_closes_side_by_side_may_begin_late_but_have_no_hole(check):
    rows = [[row[0], row[4], row[4], row[4]] for row in days(level())]
    for row in rows[:10]:
        row[2] = ""
    rows[30][3] = ""
    report = check(rows, "closes.csv", "timestamp,A,B,C")
    assert [(one.kind, one.series, one.count) for one in report.findings] == [
        ("missing", "C", 1),
        ("leading_blank", "B", 10),
    ]


def test_the_document_names_every_kind_with_its_severity(repository):
    text = (repository / "docs" / "DATA.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| (note|defect) \|", text, flags=re.MULTILINE))
    assert told == {name: kind.severity for name, kind in KINDS.items()}


def test_a_split_of_a_hundred_that_the_file_dates_is_no_other_unit(check):
    rows = with_events({}, {30: 0.01})
    report = check(rows, "A-1d.csv", EVENTS)
    assert [one.kind for one in report.findings] == ["split"]
    assert of_kind(report, "split").found.startswith("the split of 0.01 in the file is not in the prices")
    for row in rows:
        row[8] = "0"
    assert "unit_error" in kinds(check(rows, "A-1d.csv", EVENTS))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=st.lists(st.floats(-0.08, 0.08), min_size=12, max_size=80),
    price=st.floats(0.5, 50_000),
    daily=st.booleans(),
    backwards=st.booleans(),
)
def test_prices_that_move_as_markets_do_have_no_defect(check, moves, price, daily, backwards):
    closes = [price := price * math.exp(move) for move in moves]
    rows = days(closes) if daily else bars(closes)
    report = check(rows[::-1] if backwards else rows, "A-1d.csv" if daily else "A-1m.csv")
    assert [one for one in report.findings if one.severity == DEFECT] == []
