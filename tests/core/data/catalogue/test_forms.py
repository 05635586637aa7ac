"""Whatever lies in a bar file is read as it is: every form, faulty rows included, and never a traceback."""

from __future__ import annotations

import gzip
import hashlib
import io

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from logos.data.catalogue.checking import check_file
from logos.data.catalogue.expectations import Expectations
from logos.data.catalogue.kinds import KINDS
from logos.data.catalogue.places import place_of
from logos.data.catalogue.reading_csv import read_csv
from logos.data.catalogue.table import Faults
from logos.domain.times import parse_time, time_text

HEADER = "timestamp,open,high,low,close,volume"
START = parse_time("2024-03-07T12:00:00Z")


def rows(count=40, interval=60):
    return [f"{time_text(START + index * interval)},100,101,99,{100 + index % 2},{index + 1}" for index in range(count)]


def text(lines, header=HEADER, end="\n"):
    return end.join((header, *lines)) + end


def kinds(report):
    return [finding.kind for finding in report.findings]


def only(report):
    [finding] = report.findings
    return finding


@pytest.mark.parametrize("name", ["crypto/A-1m.csv", "crypto/A-1m.csv.gz"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_byte_order_marks_line_ends_and_gzip_do_no_harm(check_text, name, end, mark):
    report = check_text(mark + text(rows(), end=end), name)
    assert (kinds(report), report.rows, report.interval, report.symbol) == ([], 40, 60, "A")


def test_quotes_blank_lines_other_columns_and_another_order_do_no_harm(check_text):
    lines = [f'"{row}","a, b"'.replace(",", '","', 5) for row in rows(5)]
    report = check_text(text(["", *lines, "", ""], f"{HEADER},note"))
    assert (kinds(report), report.rows) == ([], 5)


def test_a_last_row_without_a_newline_is_a_row(check_text):
    assert kinds(check_text(text(rows()).removesuffix("\n"))) == []


def test_a_last_row_that_breaks_off_is_a_truncated_file(check_text):
    found = only(check_text(text(rows()) + "2024-03-07T12:40:00Z,100,10"))
    assert (found.kind, found.line, found.found) == (
        "truncated", 42, "3 of 6 columns: '2024-03-07T12:40:00Z,100,10'",
    )  # fmt: skip


def test_lines_are_counted_with_the_blank_and_the_torn_ones(check_text):
    lines = rows()
    lines[3:3] = ["", "2024-03-07T12:02:30Z,1", ""]
    lines[20] = lines[20].replace(",99,", ",0,")
    report = check_text(text(lines))
    assert [(one.kind, one.line) for one in report.findings if one.severity == "defect"] == [
        ("torn_row", 6), ("not_positive", 22),
    ]  # fmt: skip


def test_a_truncated_gzip_is_said_and_what_is_there_is_checked(check_text, tmp_path):
    lines = rows(30_000)
    lines[5] = lines[5].replace(",99,", ",-99,")
    data = gzip.compress(text(lines).encode(), mtime=0)
    path = tmp_path / "A-1m.csv.gz"
    path.write_bytes(data[: len(data) // 2])
    faults = Faults()
    raw = read_csv(place_of(path, "A"), faults, block_bytes=4096)
    assert [one.kind for one in faults.list()] == ["truncated"]
    assert 100 < len(raw.table) < 30_000
    assert kinds(check_file(place_of(path, "A"), Expectations()))[0] == "truncated"


@pytest.mark.parametrize(
    ("content", "name", "kind", "message"),
    [
        ("", "A-1m.csv", "empty", "no byte"),
        (HEADER, "A-1m.csv", "empty", "a header and no row"),
        (f"{HEADER}\n\n", "A-1m.csv", "empty", "a header and no row"),
        ("\n", "A-1m.csv", "no_header", "the first line is empty"),
        ("\n".join(rows(3)), "A-1m.csv", "no_header", "the first line is a row"),
        (HEADER.replace(",", ";"), "A-1m.csv", "no_header", "separated by semicolons"),
        (f"{HEADER},Open", "A-1m.csv", "no_header", "the column open more than once"),
        (gzip.compress(b"x", mtime=0), "A-1m.csv", "unreadable", "it is gzip: call it .csv.gz"),
        (HEADER.encode("utf-16"), "A-1m.csv", "unreadable", "UTF-16"),
        ("PAR1", "A-1m.parquet", "unreadable", "no whole Parquet file"),
        (b"k\x9d\xfe,a\nb\n", "A-1m.csv", "unreadable", "no UTF-8 text: it begins with the bytes 6b 9d fe"),
        (b"a,b\n\x00\x01\xff\n", "A-1m.csv", "unreadable", "no UTF-8 text"),
        (b"\n\x00\x01\xff\n", "A-1m.csv", "unreadable", "no UTF-8 text"),
        (b"PAR1....", "A-1m.csv", "unreadable", "Parquet: call it .parquet"),
    ],
)
def test_a_file_that_is_no_table_of_bars_is_a_defect(check_text, tmp_path, content, name, kind, message):
    found = only(check_text(content, name))
    assert (found.kind, found.severity) == (kind, "defect")
    assert message in found.found


def test_a_file_that_is_called_gzip_and_is_none_is_unreadable(tmp_path):
    path = tmp_path / "A-1m.csv.gz"
    path.write_text(text(rows()))
    found = only(check_file(place_of(path, "A"), Expectations()))
    assert (found.kind, found.found) == ("unreadable", "Not a gzipped file (b'ti')")


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32))
def test_random_bytes_are_unreadable_and_no_table_of_something_else(tmp_path_factory, seed):
    path = tmp_path_factory.mktemp("any") / "bin-1m.csv"
    path.write_bytes(b"".join(hashlib.sha256(f"{seed} {place}".encode()).digest() for place in range(160)))
    found = only(check_file(place_of(path, "A"), Expectations()))
    assert (found.kind, found.severity) == ("unreadable", "defect")
    assert found.found.isprintable()
    assert "\ufffd" not in found.found


def test_bytes_within_rows_that_are_no_text_are_shown_escaped(check_text):
    data = text(rows(3)).encode() + b"2024-03-07T12:03:00Z,1\xff\x07\n" + b"\xfe\x1b,1,1,1,1,1\n"
    report = check_text(data)
    assert {"torn_row", "bad_time"} <= set(kinds(report))
    assert all(finding.found.isprintable() and "\ufffd" not in finding.found for finding in report.findings)


@pytest.mark.parametrize(("factor", "unit"), [(1, "seconds"), (1_000, "milliseconds")])
def test_times_counted_since_1970_are_read_and_noted(check_text, factor, unit):
    lines = [row.split(",", 1) for row in rows()]
    counted = [f"{parse_time(stamp) * factor},{numbers}" for stamp, numbers in lines]
    report = check_text(text(counted))
    assert kinds(report) == ["epoch_time"]
    assert (only(report).severity, only(report).count, only(report).line) == ("note", 40, 2)
    assert unit in only(report).found
    assert (report.first, report.last) == (START, START + 39 * 60)
    spoiled = check_text(text([*counted, "soon,100,101,99,100,1"]))
    assert sorted(kinds(spoiled)) == ["bad_time", "epoch_time"]
    assert spoiled.first == START


def test_milliseconds_between_two_seconds_are_off_the_grid(check_text):
    counted = [f"{(START + index * 60) * 1_000 + (index == 5)},100,101,99,100,1" for index in range(20)]
    report = check_text(text(counted))
    assert [(one.kind, one.line) for one in report.findings if one.severity == "defect"] == [("off_grid", 7)]


def test_whole_numbers_in_parquet_are_times_since_1970(tmp_path):
    names = HEADER.split(",")
    columns = [[(START + minute * 60) * 1_000 for minute in range(3)], *([100.0] * 3 for _ in names[1:])]
    path = tmp_path / "A-1m.parquet"
    parquet.write_table(pa.table(dict(zip(names, columns, strict=True))), path)
    report = check_file(place_of(path, "A"), Expectations())
    assert (report.first, report.last) == (START, START + 120)
    assert "epoch_time" in kinds(report)


@pytest.mark.parametrize("header", ["symbol,tick,lot", "last_date_before,price_factor,split_factor"])
def test_a_table_of_something_else_is_left_alone(check_text, header):
    found = only(check_text(f"{header}\n1,2,3\n"))
    assert (found.kind, found.severity) == ("not_bars", "note")


def test_columns_of_texts_and_of_returns_beside_closes_are_no_prices(check_text):
    lines = [f"{time_text(START + 86_400 * day)},{50 + day},x,{(-1) ** day}" for day in range(10)]
    report = check_text(text(lines, "date,ABC,note,return"), "prices-1d.csv", calendar="24/7")
    assert [(one.kind, one.series) for one in report.findings] == [("not_bars", "return"), ("grid_offset", "")]


def test_other_names_of_the_columns_are_understood_and_said(check_text):
    lines = [row.rsplit(",", 1)[0] + ",100,5" for row in rows()]
    report = check_text(text(lines, "Date,Open,High,Low,Close,Adj Close,Volume"), "A-1m.csv", calendar="24/7")
    assert kinds(report) == ["other_names"]
    assert any(one.startswith("adj_close against dividends and splits") for one in report.not_checked)


def test_times_without_a_zone_are_a_defect_and_taken_for_utc(check_text):
    report = check_text(text([row.replace("Z,", ",") for row in rows()]))
    found = only(report)
    assert (found.kind, found.count, found.line, report.first) == ("naive_time", 40, 2, START)


def test_offsets_are_read_as_the_instants_they_name(check_text):
    lines = [row.replace("Z,", "+00:00,") for row in rows()]
    assert kinds(check_text(text(lines))) == []


def written(columns, name, tmp_path):
    path = tmp_path / name
    parquet.write_table(pa.table(columns), path)
    return check_file(place_of(path, name), Expectations(calendar="24/7"))


def bars(count=40, kind=None):
    stamps = [START + 60 * index for index in range(count)]
    floats = {name: [100.0] * count for name in ("open", "high", "low")}
    close = [100.0 + index % 2 / 1e3 for index in range(count)]
    floats["high"] = [101.0] * count
    stamped = pa.array(stamps, type=pa.int64()).cast(pa.timestamp("s")).cast(kind or pa.timestamp("ns", tz="UTC"))
    return {"timestamp": stamped, **floats, "close": close, "volume": list(range(1, count + 1))}


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parquet_of_every_unit_of_time_is_read(tmp_path, unit):
    report = written(bars(kind=pa.timestamp(unit, tz="UTC")), "A-1m.parquet", tmp_path)
    assert (kinds(report), report.rows, report.first, report.form) == ([], 40, START, "parquet")


def test_nulls_naive_times_and_texts_in_parquet_are_found(tmp_path):
    columns = bars(kind=pa.timestamp("ms"))
    columns["close"][7] = None
    columns["volume"] = [str(value) if value != 9 else "nine" for value in columns["volume"]]
    report = written(columns, "A-1m.parquet", tmp_path)
    assert [(one.kind, one.line, one.count) for one in report.findings] == [
        ("naive_time", 1, 40), ("not_a_number", 9, 1), ("missing", 8, 1),
    ]  # fmt: skip


def test_a_parquet_file_that_breaks_off_is_unreadable(tmp_path):
    sink = io.BytesIO()
    parquet.write_table(pa.table(bars()), sink)
    path = tmp_path / "A-1m.parquet"
    path.write_bytes(sink.getvalue()[:-20])
    assert kinds(check_file(place_of(path, "A"), Expectations())) == ["unreadable"]


@settings(max_examples=60)
@given(
    cells=st.lists(
        st.lists(
            st.sampled_from(
                [
                    "",
                    "1",
                    "x",
                    "-1",
                    "1e400",
                    '"',
                    "2024-03-07T12:00:00Z",
                    "é",
                    "\0",
                    "nan",
                    "1,",
                    "\r",
                    "1\r2",
                    '"1',
                    "2024-03-07",
                ]
            )
        ),
        max_size=8,
    ),
    header=st.sampled_from([HEADER, "date,A,B", "timestamp", "x", "timestamp,open,high,low,close"]),
)
def test_no_text_makes_the_check_fail(tmp_path_factory, cells, header):
    path = tmp_path_factory.mktemp("any") / "A-1m.csv"
    path.write_text(text([",".join(row) for row in cells], header), encoding="utf-8")
    report = check_file(place_of(path, "A"), Expectations(calendar="24/7"))
    assert {finding.kind for finding in report.findings} <= set(KINDS)


@settings(max_examples=30)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_check_fail(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("any")
    for form in ("csv", "csv.gz", "parquet"):
        path = folder / f"A-1m.{form}"
        path.write_bytes(data)
        assert check_file(place_of(path, "A"), Expectations()).findings


def test_a_file_in_many_blocks_is_the_same_as_in_one(tmp_path):
    path = tmp_path / "A-1m.csv"
    lines = rows(500)
    lines[100], lines[300] = "torn", lines[300].replace("101", "x")
    path.write_text(text(lines))
    found = []
    for size in (97, 1_000, 10**6):
        faults = Faults()
        raw = read_csv(place_of(path, "A"), faults, block_bytes=size)
        found.append((faults.list(), raw.rows, raw.table.lines.tolist(), raw.table.stamps.tolist()))
    assert found[0] == found[1] == found[2]


def test_a_field_beyond_all_measure_is_no_reason_to_fail(check_text):
    lines = rows()
    lines[5] = f'{lines[5]},"{"x" * 200_000}"'
    lines[7] += ",1"
    report = check_text(text(lines, f'{HEADER},"{"n" * 200_000}"'))
    assert kinds(report) == ["torn_row", "gaps"]


def test_days_without_a_time_are_naive_midnights(check_text):
    lines = [f"2024-03-{day:02},100,101,99,100.5,{day}" for day in (4, 5, 6, 7, 8)]
    report = check_text(text(lines), "A-1d.csv")
    found = only(report)
    assert (found.kind, found.count, found.found) == ("naive_time", 5, "2024-03-04T00:00:00 names no time zone")
