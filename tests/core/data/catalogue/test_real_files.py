"""What is wrong with real files is found, file by file and finding by finding, and nothing else is called a defect."""

from __future__ import annotations

import csv
from decimal import Decimal

import pytest

from logos.data.catalogue.places import files_named
from logos.domain.times import parse_time

# What is found where only the path tells anything. The outliers of the daily files are prints that are really in them:
# AAPL at 10.59 when it stood at 184, AIG at 20.98 when it stood at 1.67, BTC-USD at 0.06 when it stood at 1,178.
FINDINGS = {
    "crypto/BTC-PERP-1m.csv.gz": {"close_stamps": 1, "volume_unit": 1},
    "crypto/BTC-USD-1m.csv": {"gaps": 95},
    "crypto/ETH-USD-1m.csv": {},
    "crypto/XRP-ETH-1m.csv": {"gaps": 676},
    "daily/AAPL-1d.csv": {"outlier": 3, "gaps": 210, "jump": 1, "split": 4},
    "daily/AIG-1d.csv": {"outlier": 1, "gaps": 210, "spike": 4, "jump": 3, "split": 3},
    "daily/BTC-USD-1d.csv": {"outlier": 1, "gaps": 8, "spike": 1},
    "daily/QQQ-1d.csv": {"gaps": 144, "split": 1},
    "daily/SPY-1d.csv": {"gaps": 210},
    "daily/factor-etfs-3-close.csv": {"gaps": 81},
    "daily/factors/AAPL-factors.csv": {"not_bars": 1},
    "daily/factors/SPY-factors.csv": {"not_bars": 1},
    "daily/sp500-10-stocks-close.csv": {"gaps": 289, "jump": 4, "split": 2, "stale": 17},
    "daily/sp500-index-close.csv": {"gaps": 289},
    "defects/AET-L-1d-100x-error-fixed.csv": {
        "newest_first": 1, "grid_offset": 23, "gaps": 1, "stale": 1, "zero_volume": 22,
    },
    "defects/AET-L-1d-100x-error.csv": {
        "unit_error": 2, "newest_first": 1, "grid_offset": 23, "gaps": 1, "stale": 1, "zero_volume": 22,
    },
    "defects/CNE-L-1d-bad-stock-split-fixed.csv": {"newest_first": 1, "grid_offset": 10, "gaps": 1, "jump": 1},
    "defects/CNE-L-1d-bad-stock-split.csv": {
        "partial_split": 1, "newest_first": 1, "grid_offset": 10, "gaps": 1, "jump": 1,
    },
    "defects/SSW-JO-1d-100x-error-fixed.csv": {"newest_first": 1, "grid_offset": 29, "open_outside": 4},
    "defects/SSW-JO-1d-100x-error.csv": {"unit_error": 1, "newest_first": 1, "grid_offset": 29, "open_outside": 4},
    "equity/AAPL-1m.csv": {"gaps": 203, "spike": 1, "split": 1},
    "equity/AIG-1m.csv": {"gaps": 157},
    "equity/SPY-1m.csv": {"gaps": 446},
    "equity/TWX-1m.csv": {"gaps": 29, "step": 1},
    "forex/EUR-USD-1m.csv": {"gaps": 387, "no_volume": 15366, "off_tick": 13882},
    "forex/USD-JPY-1m.csv.gz": {"gaps": 38, "no_volume": 28761, "off_tick": 25098},
    "forex_quotes/EUR-USD-1m-quotes.csv.gz": {"gaps": 387},
    "forex_quotes/USD-JPY-1m-quotes.csv.gz": {"gaps": 38, "crossed": 2144},
    "instruments.csv": {"not_bars": 1},
}  # fmt: skip
DEFECTIVE = {
    "daily/AAPL-1d.csv": "outlier",
    "daily/AIG-1d.csv": "outlier",
    "daily/BTC-USD-1d.csv": "outlier",
    "defects/AET-L-1d-100x-error.csv": "unit_error",
    "defects/CNE-L-1d-bad-stock-split.csv": "partial_split",
    "defects/SSW-JO-1d-100x-error.csv": "unit_error",
}
# Where the first of a kind stands, and what is said about it: the events that the sources of the files tell of.
PLACES = [
    ("equity/AAPL-1m.csv", "split", "2014-06-09T08:01:00Z", "as in a split of 7:1: from 645.7 at 2014-06-06T23:59:00Z"),
    ("equity/TWX-1m.csv", "step", "2014-06-09T13:01:00Z", "-3.6% over a closure of 62 h: from 71"),
    ("equity/SPY-1m.csv", "gaps", None, "6,195 bars missing in 446 places: 3,360 after 2013-10-04T23:59:00Z, 480"),
    ("equity/AIG-1m.csv", "gaps", None, "8,270 bars missing in 157 places: 3,465 after 2013-10-04T22:14:00Z, 819"),
    ("equity/AAPL-1m.csv", "gaps", None, "4,402 bars missing in 203 places: 3,360 after 2014-06-06T23:59:00Z, 480"),
    ("equity/TWX-1m.csv", "gaps", None, "5,155 bars missing in 29 places: 3,740 after 2014-06-06T22:40:00Z, 928 after"),
    ("equity/SPY-1m.csv", "gaps", None, "nights, week-ends and holidays cannot be told from missing bars"),
    ("crypto/BTC-USD-1m.csv", "gaps", None, "472,424 bars missing in 95 places: 472,320 after 2016-10-09T23:59:00Z"),
    ("crypto/XRP-ETH-1m.csv", "gaps", None, "1,091 bars missing in 676 places: 8 after 2019-10-11T19:20:00Z"),
    ("crypto/BTC-PERP-1m.csv.gz", "close_stamps", "2021-12-31T23:01:00Z", "one interval past the hour"),
    ("crypto/BTC-PERP-1m.csv.gz", "volume_unit", None, "money?"),
    ("forex/EUR-USD-1m.csv", "no_volume", None, "volume is 0 in every row"),
    ("forex/EUR-USD-1m.csv", "off_tick", "2014-05-01T00:00:00Z", "high 1.386915 is off the tick 0.00001"),
    ("forex/USD-JPY-1m.csv.gz", "off_tick", "2013-02-01T00:01:00Z", "low 91.6535 is off the tick 0.001"),
    ("daily/QQQ-1d.csv", "gaps", None, "1,645 after 2004-11-30T00:00:00Z"),
    ("daily/QQQ-1d.csv", "split", "2000-03-20T00:00:00Z", "as in a split of 2:1"),
    ("daily/AAPL-1d.csv", "split", "2000-06-21T00:00:00Z", "as in a split of 2:1: from 101"),
    ("daily/AIG-1d.csv", "outlier", "2009-05-05T00:00:00Z", "high 20.98 is 12.5 times the 1.6744 around it"),
    ("daily/SPY-1d.csv", "gaps", None, "4 after 2001-09-10T00:00:00Z"),
    ("daily/BTC-USD-1d.csv", "gaps", None, "34 bars missing in 8 places: 20 after 2014-12-18T00:00:00Z"),
    ("defects/AET-L-1d-100x-error.csv", "unit_error", "2022-05-19T23:00:00Z", "1/100 of what it was, for 10 rows"),
    ("defects/AET-L-1d-100x-error.csv", "zero_volume", None, "volume 0 in 22 of 23 rows"),
    ("defects/SSW-JO-1d-100x-error.csv", "unit_error", "2023-05-31T22:00:00Z", "from 3501 at 2023-05-30T22:00:00Z"),
    ("defects/CNE-L-1d-bad-stock-split.csv", "partial_split", "2023-05-08T23:00:00Z", "as large as a split in the"),
    ("defects/CNE-L-1d-bad-stock-split.csv", "newest_first", None, "the rows run from 2023-05-17T23:00:00Z back to"),
]  # fmt: skip


def of_kind(report, kind):
    [finding] = [one for one in report.findings if one.kind == kind]
    return finding


def test_the_table_names_every_file(shared_data):
    folder = shared_data / "real"
    there = {place.path.relative_to(folder).as_posix() for place in files_named([str(folder)], folder)}
    assert there == set(FINDINGS)


@pytest.mark.parametrize("name", FINDINGS)
def test_everything_that_is_wrong_with_a_file_is_found_and_nothing_else(check_real, found, name):
    report = check_real(name)
    assert found(report) == FINDINGS[name]
    assert set(found(report, severity="defect")) == {kind for file, kind in DEFECTIVE.items() if file == name}


@pytest.mark.parametrize(("name", "kind", "at", "text"), PLACES)
def test_the_first_place_of_a_finding_is_named(check_real, name, kind, at, text):
    finding = of_kind(check_real(name), kind)
    assert text in finding.found
    if at is not None:
        assert finding.time == at


@pytest.mark.parametrize("name", ["SPY", "AIG", "AAPL"])
def test_days_without_trading_are_no_gap_by_the_calendar(check_real, found, name):
    assert "gaps" not in found(check_real(f"daily/{name}-1d.csv", calendar="XNYS"))


def test_years_without_a_ticker_are_one_gap_by_the_calendar(check_real):
    gap = of_kind(check_real("daily/QQQ-1d.csv", calendar="XNYS"), "gaps")
    assert (gap.count, gap.time) == (1, "2004-11-30T00:00:00Z")
    assert gap.found == "1,588 sessions missing in 1 place: 1,588 after 2004-11-30T00:00:00Z"


def test_minutes_before_and_behind_the_session_are_told_from_those_missing_in_it(check_real, found):
    expected = {"SPY": (0, 2499), "AIG": (1, 219), "AAPL": (0, 1133), "TWX": (3, 33)}
    for name, (gaps, outside) in expected.items():
        counts = found(check_real(f"equity/{name}-1m.csv", calendar="XNYS"))
        assert (counts.get("gaps", 0), counts["outside_hours"]) == (gaps, outside), name


def test_every_price_of_the_minute_files_of_shares_is_on_its_tick(check_real, found):
    for name in ("SPY", "AIG", "AAPL", "TWX"):
        report = check_real(f"equity/{name}-1m.csv", tick=Decimal("0.01"))
        assert "off_tick" not in found(report)
        assert not any("tick" in text for text in report.not_checked)


def test_the_ticks_of_the_venues_find_the_same_mids_as_no_tick_at_all(check_real, found, shared_data):
    with (shared_data / "real" / "instruments.csv").open(encoding="utf-8") as file:
        ticks = {row["symbol"]: Decimal(row["tick"]) for row in csv.DictReader(file)}
    for symbol, form in (("EUR-USD", "csv"), ("USD-JPY", "csv.gz")):
        name = f"forex/{symbol}-1m.{form}"
        assert found(check_real(name, tick=ticks[symbol]))["off_tick"] == FINDINGS[name]["off_tick"]


def test_a_currency_file_has_no_gap_over_the_week_end(check_real):
    gap = of_kind(check_real("forex/USD-JPY-1m.csv.gz"), "gaps")
    assert gap.found.startswith("40 bars missing in 38 places: 2 after 2013-02-15T21:57:00Z")
    longest = of_kind(check_real("forex/USD-JPY-1m.csv.gz", calendar="24/7"), "gaps")
    assert longest.found.startswith("11,560 bars missing in 38 places: 2,882 after 2013-02-15T21:57:00Z")


def test_first_and_last_of_a_file_that_runs_backwards_are_the_earliest_and_the_latest(check_real):
    report = check_real("defects/SSW-JO-1d-100x-error.csv")
    assert (report.first, report.last) == (parse_time("2023-05-01T22:00:00Z"), parse_time("2023-06-08T22:00:00Z"))
