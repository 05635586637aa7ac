"""Every defect a bar file can have is named with file and line, and refused or left out as the config says."""

from __future__ import annotations

import gzip

import pytest

from logos.domain.errors import DataError

GOOD = [
    "2024-03-07T12:00:00Z,100.00,100.50,99.50,100.10,1.5",
    "2024-03-07T12:01:00Z,100.10,100.60,99.60,100.20,2.5",
    "2024-03-07T12:03:00Z,100.20,100.70,99.70,100.30,3.5",
]
NEXT = "2024-03-07T12:04:00Z"
DEFECTS = {
    "too few columns": (f"{NEXT},100,101,99,100", "5 columns where the header has 6"),
    "too many columns": (f"{NEXT},100,101,99,100,1,1", "7 columns where the header has 6"),
    "unparsable price": (f"{NEXT},100,1o1,99,100,1", "high '1o1' is not a number"),
    "underscore": (f"{NEXT},1_00,101,99,100,1", "open '1_00' is not a number"),
    "hexadecimal": (f"{NEXT},0x64,101,99,100,1", "open '0x64' is not a number"),
    "missing price": (f"{NEXT},100,101,,100,1", "low is empty"),
    "missing volume": (f"{NEXT},100,101,99,100,", "volume is empty"),
    "NaN": (f"{NEXT},100,101,99,NaN,1", "close is NaN"),
    "NaN volume": (f"{NEXT},100,101,99,100,nan", "volume is nan"),
    "infinite": (f"{NEXT},100,inf,99,100,1", "high is inf"),
    "negative infinite": (f"{NEXT},100,101,-inf,100,1", "low is -inf"),
    "negative price": (f"{NEXT},100,101,-99,100,1", "low -99 is not above 0"),
    "zero price": (f"{NEXT},0,101,0,100,1", "open 0 is not above 0"),
    "under half a tick": (f"{NEXT},0.004,0.004,0.004,0.004,1", "less than half a tick"),
    "high below low": (f"{NEXT},100,99,101,100,1", "high 99 is below low 101"),
    "open above high": (f"{NEXT},102,101,99,100,1", "open 102 is above high 101"),
    "close below low": (f"{NEXT},100,101,99,98,1", "close 98 is below low 99"),
    "negative volume": (f"{NEXT},100,101,99,100,-1", "volume -1 is negative"),
    "naive time": ("2024-03-07T12:04:00,100,101,99,100,1", "is naive"),
    "no time": ("yesterday,100,101,99,100,1", "'yesterday' is not an ISO-8601 time"),
    "empty time": (",100,101,99,100,1", "timestamp is empty"),
    "impossible time": ("2024-02-30T12:04:00Z,100,101,99,100,1", "is not an ISO-8601 time"),
    "fraction of a second": ("2024-03-07T12:04:00.5Z,100,101,99,100,1", "fraction of a second"),
    "nanosecond": ("2024-03-07T12:04:00.000000001Z,100,101,99,100,1", "fraction of a second"),
    "duplicate": ("2024-03-07T12:03:00Z,100,101,99,100,1", "duplicate timestamp 2024-03-07T12:03:00Z"),
    "duplicate by offset": ("2024-03-07T14:03:00+02:00,100,101,99,100,1", "duplicate timestamp 2024-03-07T12:03:00Z"),
    "out of order": ("2024-03-07T12:02:00Z,100,101,99,100,1", "2024-03-07T12:02:00Z is out of order"),
    "off the grid": ("2024-03-07T12:04:30Z,100,101,99,100,1", "off the interval grid"),
    "far future": ("9999-03-07T12:04:00Z,100,101,99,100,1", "outside the years"),
    "null bytes": (f"{NEXT},100,101,99,100,\0\0\0", "null bytes"),
    "broken quotes": (f'{NEXT},100,101,99,100,"1', "no CSV"),
    "huge price": (f"{NEXT},1e99,1e99,1e99,1e99,1", "too large"),
    "huge volume": (f"{NEXT},100,101,99,100,1e99", "too large"),
}
GOOD_AFTER = "2024-03-07T12:05:00Z,100.30,100.80,99.80,100.40,4.5"


@pytest.mark.parametrize(("row", "reason"), DEFECTS.values(), ids=DEFECTS)
def test_a_bad_row_is_refused_with_file_line_and_reason(cache, row, reason):
    cache.rows(*GOOD, row, GOOD_AFTER)
    with pytest.raises(DataError) as caught:
        cache.feed(off_tick="round").prepare()
    assert "cache/crypto/BTC-USD-1m.csv:5" in str(caught.value)
    assert "1 bad row" in str(caught.value)
    [problem] = caught.value.problems
    assert (problem.path, problem.line) == ("cache/crypto/BTC-USD-1m.csv", 5)
    assert reason in problem.message


@pytest.mark.parametrize(("row", "reason"), DEFECTS.values(), ids=DEFECTS)
def test_a_bad_row_is_quarantined_alone(cache, row, reason):
    cache.rows(*GOOD, row, GOOD_AFTER)
    feed = cache.feed(on_bad_row="quarantine", off_tick="round")
    [report] = feed.prepare()
    assert (report.bars, report.quarantined) == (4, 1)
    [left_out] = feed.quarantined()
    assert (left_out.symbol, left_out.file, left_out.line) == ("BTC-USD", "cache/crypto/BTC-USD-1m.csv", 5)
    assert reason in left_out.reason
    assert left_out.row == row
    assert [bars.clock % 86_400 // 60 - 720 for bars in feed.slices(None)] == [1, 2, 4, 6]
    feed.close()


@pytest.mark.parametrize("cut", [3, 20, 25, 40, 44])
def test_a_last_row_that_was_cut_off_is_called_truncated(cache, cut):
    whole = "\n".join(["timestamp,open,high,low,close,volume", *GOOD])
    cache.write(whole + "\n" + GOOD_AFTER[:cut])
    feed = cache.feed(on_bad_row="quarantine")
    feed.prepare()
    [row] = feed.quarantined()
    assert row.reason.startswith("truncated last row: ")
    assert row.line == 5
    with pytest.raises(DataError, match="truncated last row"):
        cache.feed().prepare()


def test_a_whole_last_row_without_newline_is_a_bar(cache):
    cache.write("\n".join(["timestamp,open,high,low,close,volume", *GOOD]))
    assert cache.feed().prepare()[0].bars == 3


def test_ten_problems_of_all_files_are_shown_and_all_are_counted(cache, instrument):
    bad = [f"2024-03-07T12:{minute:02}:00Z,100,101,99,100,-1" for minute in range(4, 11)]
    for symbol in ("A", "B"):
        cache.rows(*GOOD, *bad, name=f"crypto/{symbol}-1m.csv")
    with pytest.raises(DataError, match="14 bad rows") as caught:
        cache.feed(instrument("B"), instrument("A")).prepare()
    places = [(problem.path, problem.line) for problem in caught.value.problems]
    assert places == [("cache/crypto/A-1m.csv", line) for line in range(5, 12)] + [
        ("cache/crypto/B-1m.csv", line) for line in range(5, 8)
    ]


@pytest.mark.parametrize("policy", ["refuse", "quarantine"])
def test_rows_from_newest_to_oldest_are_refused_by_name(cache, policy):
    cache.rows(*reversed(GOOD))
    with pytest.raises(DataError, match="rows run from newest to oldest: sort ascending"):
        cache.feed(on_bad_row=policy).prepare()


def test_an_off_tick_price_is_refused_with_file_line_and_price(cache):
    cache.rows(*GOOD, f"{NEXT},100,101.005,99,100,1")
    with pytest.raises(DataError) as caught:
        cache.feed(on_bad_row="quarantine").prepare()
    assert "cache/crypto/BTC-USD-1m.csv:5: high 101.005 is off the tick 0.01" in str(caught.value)


def test_an_off_tick_price_is_rounded_half_to_even_and_counted(cache):
    cache.rows(
        f"{NEXT},100.005,100.015,99.995,100.0051,1",
        "2024-03-07T12:05:00Z,100,101,99,100,1",
    )
    feed = cache.feed(off_tick="round")
    [report] = feed.prepare()
    assert report.off_tick == 1
    assert any("1 bar with a price off the tick" in note for note in report.notes)
    bar = next(feed.slices(None)).bars[0]
    assert bar[2:6] == (10_000, 10_002, 10_000, 10_001)
    feed.close()


@pytest.mark.parametrize("policy", ["refuse", "quarantine"])
def test_a_truncated_gzip_is_refused(cache, policy):
    data = gzip.compress("\n".join(["timestamp,open,high,low,close,volume", *GOOD * 50]).encode())
    cache.path("crypto/BTC-USD-1m.csv.gz").write_bytes(data[:-12])
    with pytest.raises(DataError, match="gzip stream: it is truncated"):
        cache.feed(on_bad_row=policy).prepare()


def test_a_file_that_is_no_gzip_is_refused(cache):
    cache.path("crypto/BTC-USD-1m.csv.gz").write_bytes(b"timestamp,open\n")
    with pytest.raises(DataError, match="cannot be read"):
        cache.feed().prepare()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("timestamp,open,high,low,close,volume\n", "no usable row"),
        ("timestamp,open,high,low,close,volume", "no usable row"),
        ("\n".join(GOOD), "has no header"),
        ("timestamp,open,high,low,close,vol\n", "has no column volume: found timestamp,open,high,low,close,vol"),
        ("time,open,high,low,close,volume\n", "has no column timestamp"),
        ("timestamp;open;high;low;close;volume\n", "has no header"),
        ("timestamp,open,high,low,close,volume,open\n", "open more than once"),
        (gzip.compress(b"timestamp", mtime=0), "is gzip"),
        ("timestamp,open".encode("utf-16"), "is UTF-16"),
    ],
)
def test_a_file_without_the_right_header_is_refused(cache, text, message):
    cache.write(text)
    with pytest.raises(DataError, match=message):
        cache.feed().prepare()


def test_a_file_of_bad_rows_only_has_no_usable_row(cache):
    cache.rows(f"{NEXT},100,101,99,100,-1")
    with pytest.raises(DataError, match="no usable row") as caught:
        cache.feed(on_bad_row="quarantine").prepare()
    assert "negative" in caught.value.problems[0].message


def test_what_spreadsheets_and_windows_do_to_a_file_does_no_harm(cache):
    fields = [row.split(",") for row in GOOD]
    text = "\ufefftimestamp,close,open,note,high,low,volume\r\n\r\n" + "\r\n".join(
        f'{at},{close},{first},"a, b",{high},{low},1.5' for at, first, high, low, close, _ in fields
    )
    cache.write(text + "\r\n\r\n")
    feed = cache.feed()
    [report] = feed.prepare()
    assert report.bars == 3
    assert next(feed.slices(None)).bars[0][2:] == (10_000, 10_050, 9_950, 10_010, 15_000)
    feed.close()


def test_an_offset_that_names_the_instant_is_accepted(cache):
    cache.rows("2024-03-07T13:00:00+01:00,100,101,99,100,1", "2024-03-07T12:01:00Z,100,101,99,100,1")
    [report] = cache.feed().prepare()
    assert (report.bars, report.gaps) == (2, 0)
