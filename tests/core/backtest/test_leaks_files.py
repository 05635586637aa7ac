"""Bar files written anew: what must stay is byte for byte as it was, and what is altered is still made of bars."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.backtest.leaks.altering import DOWN, MISSING, UP, Alteration, altered_slices, altered_text
from logos.backtest.leaks.sheets import BarFile, Sheet, Stretch, read_sheet
from logos.domain.times import parse_time, time_text
from logos.testing.bars import bars_of, instrument, slices_of, wave

START = parse_time("2024-03-04T14:30:00Z")
HEADER = "timestamp,open,high,low,close,volume,vwap,note\n"
TICK = Decimal("0.05")


def row(index: int, close: str = "100.05") -> str:
    return f'{time_text(START + 60 * index)},100,101.5,99.95,{close},12.5,100.1234,"a, b"\n'


def sheet_of(folder: Path, *lines: str, stretch: Stretch | None = None, interval: int = 60) -> Sheet:
    path = folder / "SPY-1m.csv"
    path.write_text(HEADER + "".join(lines))
    file = BarFile(path=path, name="equity/SPY-1m.csv", symbol="SPY", interval=interval)
    sheet = read_sheet(file, tick=TICK, stretch=stretch or Stretch(most=1_000))
    assert sheet is not None
    return sheet


def written(sheet: Sheet, folder: Path, alteration: Alteration) -> list[str]:
    path = folder / "written.csv"
    sheet.write(path, alteration)
    return path.read_text().splitlines(keepends=True)


def test_rows_up_to_the_cut_stay_as_they_are_and_later_ones_do_not(tmp_path) -> None:
    lines = [row(index) for index in range(10)]
    sheet = sheet_of(tmp_path, *lines)
    for how in (UP, DOWN):
        found = written(sheet, tmp_path, Alteration(after=START + 240, how=how))
        assert found[:5] == [HEADER, *lines[:4]], "the bar that closes at the cut is the last one to stay"
        assert all(new != old for new, old in zip(found[5:], lines[4:], strict=True))
    assert written(sheet, tmp_path, Alteration(after=START + 240, how=MISSING)) == [HEADER, *lines[:4]]
    assert written(sheet, tmp_path, Alteration()) == [HEADER, *lines]


def test_altered_rows_are_bars_on_the_tick_with_every_number_changed(tmp_path) -> None:
    sheet = sheet_of(tmp_path, *(row(index) for index in range(30)))
    for how in (UP, DOWN):
        lines = written(sheet, tmp_path, Alteration(after=0, how=how))
        for index, cells in enumerate(csv.DictReader(lines)):
            prices = [Decimal(cells[name]) for name in ("low", "open", "close", "high")]
            assert parse_time(cells["timestamp"]) == START + 60 * index
            assert all(price > 0 and price % TICK == 0 for price in prices)
            assert prices[0] <= min(prices[1:3])
            assert max(prices[1:3]) <= prices[3]
            assert cells["note"] == "a, b"
            assert cells["vwap"] != "100.1234"
            assert (prices[2] > 100) == (how == UP)


def test_a_bar_of_a_day_is_altered_where_it_closes_after_the_cut(tmp_path) -> None:
    lines = [f"{time_text(START // 86_400 * 86_400 + 86_400 * day)},10,10,10,10,5,1,x\n" for day in range(3)]
    sheet = sheet_of(tmp_path, *lines, interval=86_400)
    found = written(sheet, tmp_path, Alteration(after=START + 86_400, how=UP))
    assert found[1] == lines[0]
    assert found[2] != lines[1], "the day of the cut has not closed yet"


def test_other_symbols_and_rows_without_a_time_are_left_alone(tmp_path) -> None:
    lines = [row(0), "oops,1,1,1,1,1,1,1\n", row(2), "short\n"]
    sheet = sheet_of(tmp_path, *lines)
    assert written(sheet, tmp_path, Alteration(after=0, symbols=frozenset({"BTC-USD"}))) == [HEADER, *lines]
    found = written(sheet, tmp_path, Alteration(after=0, how=UP))
    assert (found[2], found[4]) == (lines[1], lines[3])
    assert found[1] != lines[0]


def test_earlier_rows_are_dropped_and_one_row_is_always_left(tmp_path) -> None:
    lines = [row(index) for index in range(5)]
    sheet = sheet_of(tmp_path, *lines)
    assert written(sheet, tmp_path, Alteration(drop_before=START + 120)) == [HEADER, *lines[2:]]
    assert written(sheet, tmp_path, Alteration(after=0, how=MISSING)) == [HEADER, lines[4]]


def test_a_stretch_keeps_what_is_asked_for_and_says_that_the_file_goes_on(tmp_path) -> None:
    lines = [row(index) for index in range(20)]
    stretch = Stretch(start=START + 60 * 8, before=3, most=5)
    sheet = sheet_of(tmp_path, *lines, stretch=stretch)
    assert written(sheet, tmp_path, Alteration()) == [HEADER, *lines[5:13]]
    assert sheet.goes_on
    sheet.end_at(START + 60 * 10)
    assert written(sheet, tmp_path, Alteration()) == [HEADER, *lines[5:10]]
    whole = sheet_of(tmp_path, *lines, stretch=Stretch(end=START + 60 * 4, most=100))
    assert not whole.goes_on
    assert len(whole.rows) == 4


def test_a_file_without_a_timestamp_is_no_sheet(tmp_path) -> None:
    path = tmp_path / "SPY-1m.csv"
    path.write_text("time,open\n1,2\n")
    file = BarFile(path=path, name="x", symbol="SPY", interval=60)
    assert read_sheet(file, tick=TICK, stretch=Stretch(most=5)) is None


@given(st.decimals("0.01", "100000", places=2), st.integers(0, 100), st.sampled_from([UP, DOWN]))
def test_a_price_keeps_its_tick_and_its_order(price: Decimal, index: int, how: str) -> None:
    tick = Decimal("0.01")
    lower, higher = (Decimal(altered_text(str(each), how, index, tick)) for each in (price, price + tick))
    assert 0 < lower <= higher
    assert lower % tick == 0
    assert (lower >= 2 * price) if how == UP else (lower <= max(tick, price / 2))


@pytest.mark.parametrize("text", ["", "abc", "nan", "Infinity"])
def test_what_is_no_number_stays(text: str) -> None:
    assert altered_text(text, UP, 3, None) == altered_text(text, DOWN, 3, TICK) == text


def test_slices_in_memory_are_altered_by_the_same_rules() -> None:
    slices = slices_of([*bars_of(instrument("AAA"), wave(20)), *bars_of(instrument("BBB"), wave(20))])
    cut = slices[9].clock
    up = list(altered_slices(iter(slices), Alteration(after=cut, symbols=frozenset({"AAA"})), 60))
    assert up[:10] == slices[:10]
    for new, old in zip(up[10:], slices[10:], strict=True):
        assert new.bars[0] != old.bars[0]
        assert new.bars[1] == old.bars[1]
        assert new.bars[0].low <= min(new.bars[0].open, new.bars[0].close)
    assert list(altered_slices(iter(slices), Alteration(after=cut, how=MISSING), 60)) == slices[:10]
    later = list(altered_slices(iter(slices), Alteration(drop_before=slices[5].bars[0].timestamp), 60))
    assert later == slices[5:]
