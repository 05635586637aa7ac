"""Which rows become bars, in which order, and how the others are told."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logos.data.importing import accepting, delimited
from logos.domain.errors import DataError

HEADER = "timestamp,open,high,low,close,volume"
GOOD = "2026-01-05T00:{:02}:00Z,100,101,99,100,1"

DEFECTS = {
    "no number": ("2026-01-05T00:01:00Z,100,101,99,null,1", "close 'null' is not a number"),
    "not finite": ("2026-01-05T00:01:00Z,100,inf,99,100,1", "high is inf"),
    "nothing": ("2026-01-05T00:01:00Z,100,101,99,,1", "close is empty"),
    "high below low": ("2026-01-05T00:01:00Z,100,98,99,100,1", "high 98 is below low 99"),
    "close above high": ("2026-01-05T00:01:00Z,100,101,99,102,1", "close 102 is above high 101"),
    "a price of nothing": ("2026-01-05T00:01:00Z,0,101,0,100,1", "open 0 is not above 0"),
    "negative volume": ("2026-01-05T00:01:00Z,100,101,99,100,-1", "volume -1 is negative"),
    "off the grid": ("2026-01-05T00:01:30Z,100,101,99,100,1", "off the interval grid"),
    "a fraction of a second": ("2026-01-05T00:01:00.5Z,100,101,99,100,1", "fraction of a second"),
    "no time": ("yesterday,100,101,99,100,1", "'yesterday' is not a time"),
    "naive among others": ("2026-01-05T00:01:00,100,101,99,100,1", "naive"),
    "too long ago": ("1815-01-05T00:01:00Z,100,101,99,100,1", "outside the years"),
    "a column too many": ("2026-01-05T00:01:00Z,100,101,99,100,1,1", "7 columns where 6 are expected"),
    "cut off": ("2026-01-05T00:01:00Z,100,1", "3 columns"),
    "null bytes": ("2026-01-05T00:01:00Z,100,101,99,100,1\0", "null bytes"),
}


@pytest.mark.parametrize("with_instrument", [False, True])
@pytest.mark.parametrize(("row", "reason"), DEFECTS.values(), ids=DEFECTS)
def test_a_row_that_is_no_bar_is_refused_or_left_out_with_file_and_line(
    importer, instrument, row, reason, with_instrument
) -> None:
    known = instrument() if with_instrument else None
    path = importer.source("any.csv", "\n".join([HEADER, GOOD.format(0), row, GOOD.format(2)]) + "\n")
    with pytest.raises(DataError, match="1 row is no bar") as caught:
        importer.run(path, instrument=known)
    assert [(problem.path, problem.line) for problem in caught.value.problems] == [(str(path), 3)]
    assert reason in caught.value.problems[0].message
    assert "--on-bad-row quarantine" in caught.value.hint
    assert not importer.cache.folder.exists()
    report = importer.run(path, instrument=known, on_bad_row="quarantine")
    assert (report.rows, report.bars, report.rejected) == (3, 2, 1)
    assert [(problem.path, problem.line) for problem in report.problems] == [(str(path), 3)]
    assert len(importer.rows()) == 2


def test_of_many_bad_rows_ten_are_told_and_the_others_counted(importer) -> None:
    rows = [GOOD.format(0), *(f"2026-01-05T01:{minute:02}:00Z,1,1,1,x,1" for minute in range(60))]
    path = importer.source("any.csv", "\n".join([HEADER, *rows]))
    with pytest.raises(DataError) as caught:
        importer.run(path)
    assert caught.value.message == "60 rows are no bar"
    assert [problem.line for problem in caught.value.problems] == [*range(3, 13), None]
    assert str(caught.value.problems[-1]) == "and 50 more"


def test_a_bad_row_among_many_good_ones_is_told_with_its_line(importer, monkeypatch) -> None:
    rows = [f"2026-01-{5 + n // 1440:02}T{n // 60 % 24:02}:{n % 60:02}:00Z,100,101,99,100,1" for n in range(9_000)]
    rows[7_654] = rows[7_654].replace(",99,", ",102,")
    path = importer.source("any.csv", "\n".join([HEADER, *rows]))
    report = importer.run(path, on_bad_row="quarantine")
    assert [problem.line for problem in report.problems] == [7_656]
    assert report.bars == 8_999


def test_rows_newest_first_are_sorted_and_that_is_told(importer) -> None:
    rows = [GOOD.format(minute) for minute in (3, 2, 1, 0)]
    report = importer.run(importer.source("any.csv", "\n".join([HEADER, *rows])))
    assert report.bars == 4
    assert "3 steps back" in report.notes[0]
    assert [row[0] % 3_600 // 60 for row in importer.rows()] == [0, 1, 2, 3]


def test_a_row_twice_is_counted_and_two_that_differ_are_not_both_taken(importer) -> None:
    other = GOOD.format(1).replace(",101,", ",105,")
    first = importer.source("a.csv", "\n".join([HEADER, GOOD.format(0), GOOD.format(1)]))
    second = importer.source("b.csv", "\n".join([HEADER, GOOD.format(0), GOOD.format(0), other, GOOD.format(2)]))
    with pytest.raises(DataError) as caught:
        importer.run(first, second)
    [told] = caught.value.problems
    assert re.search(r"another bar opens at 2026-01-05T00:01:00Z too.*a\.csv:3", told.message)
    report = importer.run(first, second, on_bad_row="quarantine")
    assert (report.rows, report.bars, report.duplicates, report.rejected) == (6, 3, 2, 1)
    assert [(problem.path, problem.line) for problem in report.problems] == [(str(second), 4)]
    assert importer.rows()[1][2] == 10_100


def test_the_line_of_a_price_between_ticks_is_right_in_any_order(importer, instrument) -> None:
    rows = [GOOD.format(minute) for minute in (5, 3, 4, 1, 2)]
    rows[2] = rows[2].replace(",101,", ",101.001,")
    report = importer.run(importer.source("any.csv", "\n".join([HEADER, *rows])), instrument=instrument())
    assert report.off_tick == 1
    assert any("any.csv:4: high 101.001 is off the tick" in note for note in report.notes)


def test_prices_between_ticks_are_kept_and_counted(importer, instrument) -> None:
    text = f"{HEADER}\n2026-01-05T00:00:00Z,100.005,100.015,100.005,100.01,1\n"
    report = importer.run(importer.source("any.csv", text), instrument=instrument())
    assert report.off_tick == 1
    assert any("any.csv:2: open 100.005 is off the tick 0.01" in note for note in report.notes)
    assert importer.rows(instrument(tick="0.001"))[0][1] == 100_005


def test_a_number_that_no_double_holds_goes_to_its_tick_or_is_refused(importer, instrument) -> None:
    # The double nearest to it is exactly the midpoint of two ticks, and would be rounded down, to even.
    text = f"{HEADER}\n2026-01-05T00:00:00Z,1.0050000000000000001,2,1,2,1\n"
    path = importer.source("any.csv", text)
    with pytest.raises(DataError) as caught:
        importer.run(path)
    assert "more digits than a double holds" in caught.value.problems[0].message
    report = importer.run(path, instrument=instrument())
    assert any("1 number has more digits" in note for note in report.notes)
    assert importer.rows(instrument())[0][1] == 101


PRICES = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(10**9), allow_nan=False, allow_infinity=False)


@st.composite
def texts(draw) -> str:
    digits = draw(st.integers(1, 20))
    return str(Decimal(draw(st.integers(1, 10**digits))).scaleb(-draw(st.integers(0, 8))))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(st.lists(texts(), min_size=4, max_size=4), texts()), min_size=1, max_size=8))
def test_what_is_imported_replays_to_the_same_ticks_as_its_source(cache, importer, instrument, rows) -> None:
    lines = [HEADER]
    for minute, (prices, volume) in enumerate(rows):
        low, first, close, high = sorted(prices, key=Decimal)
        lines.append(f"2026-01-05T00:{minute:02}:00Z,{first},{high},{low},{close},{volume}")
    text = "\n".join(lines) + "\n"
    for file in cache.workspace.rglob("*1m.*"):
        file.unlink()
    one = instrument(tick="0.05")
    try:
        expected = _through_a_file(cache, text, one)
    except DataError:
        expected = []
    for file in cache.folder.rglob("*1m.*"):
        file.unlink()
    for form in (".parquet", ".csv"):
        try:
            importer.run(importer.source("any.csv", text), instrument=one, on_bad_row="quarantine", form=form)
        except DataError:
            found = []
        else:
            found = importer.rows(one)
        # A bar that no double can hold is left out; every other one is the same.
        assert set(found) <= set(expected)
        holdable = {row[0] for row in expected if _fits(row, one)}
        assert {row[0] for row in found} >= holdable
        for file in cache.folder.rglob("*1m.*"):
            file.unlink()


def _through_a_file(cache, text, one):
    cache.write(text)
    feed = cache.feed(one, on_bad_row="quarantine", off_tick="round")
    feed.prepare()
    return [tuple(bar)[1:] for piece in feed.slices(None) for bar in piece.bars]


def _fits(row, one) -> bool:
    """Whether doubles hold the bar in ticks and lots."""
    return all(count < 10**13 for count in row[1:])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_quick_and_slow_ways_agree(importer, instrument, monkeypatch, data) -> None:
    """Blocks of any size, and rows one by one, give the same bars, defects and counts."""
    count = data.draw(st.integers(1, 40))
    rows = [GOOD.format(minute).split(",") for minute in range(count)]
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, count - 1))
        column = data.draw(st.integers(0, 5))
        rows[place][column] = data.draw(
            st.sampled_from(["", "x", "-1", "100.123456789012345678", "1e2", " 100", "+100", "100.0000000000000000"])
        )
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([HEADER.split(","), *rows])
    path = importer.source("any.csv", stream.getvalue())
    found = []
    for rows_at_once, block in ((2_048, 1 << 24), (1, 100), (1_000_000, 1 << 24)):
        monkeypatch.setattr(accepting, "_BY_ROWS", rows_at_once)
        monkeypatch.setattr(delimited.text_batches, "__kwdefaults__", {"line": 1, "block_bytes": block})
        if rows_at_once == 1_000_000:
            monkeypatch.setattr(delimited.TextBatch, "columns", lambda _batch: None)
        try:
            report = importer.run(path, instrument=instrument(), on_bad_row="quarantine", replacing=True)
        except DataError as error:
            found.append([error.message])
            continue
        finally:
            monkeypatch.undo()
        found.append([report.rows, report.rejected, report.off_tick, report.problems, importer.rows(), report.notes])
        report.written.path.unlink()
    assert found[0] == found[1] == found[2]


def test_a_bar_that_has_not_closed_yet_is_left_out_and_told(importer) -> None:
    begin = 1_700_000_040
    rows = "".join(f"[{(begin + 60 * minute) * 1000},1,2,1,2,5]," for minute in range(5))
    source = importer.source("BTC_USD-1m.json", f"[{rows[:-1]}]")
    report = importer.run(source, closed_by=begin + 200)
    assert (report.rows, report.bars, report.last) == (5, 3, begin + 120)
    assert any(note.startswith("2 bars have not closed yet") for note in report.notes)
    assert importer.run(source, closed_by=begin + 300).bars == 5
