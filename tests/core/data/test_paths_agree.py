"""Judging whole columns and judging row by row give the same bars, the same defects and the same counts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logos.data import bar_csv
from logos.data.bar_blocks import COLUMNS, Place
from logos.data.bar_files import BarFile
from logos.domain.times import time_text

START = 1_709_812_800
HEADER = ",".join(COLUMNS) + "\n"
LAYOUT = bar_csv.Layout(6, tuple(range(6)))
STEPS = [("0.01", "1"), ("0.01", "0.00000001"), ("0.0005", "1000"), ("0.25", "0.1"), ("0.000001", "0.5"), ("5", "3")]


def seen(block, place):
    """Everything about a block that a caller can see."""
    rows = list(zip(*(column.tolist() for column in block.columns), strict=True))
    off_tick = block.off_tick, [row.line for row in block.off_tick_rows]
    return rows, block.defects, off_tick, block.ascents - block.descents, place.last, place.previous


def both(text, instrument):
    """Judge a block both ways; the first is ``None`` where the columns left it to the rows."""
    by_columns, by_rows = (Place(instrument=instrument, interval=60) for _ in range(2))
    raw = bar_csv._parse(text, 2, LAYOUT)
    block = bar_csv.judge_columns(raw, by_columns) if raw else None
    exact = bar_csv._by_rows(text, 2, LAYOUT, by_rows)
    return block and seen(block, by_columns), seen(exact, by_rows)


def line(minute, prices, volume):
    first, second, third, fourth = sorted(prices, key=Decimal)
    return f"{time_text(START + 60 * minute)},{second},{fourth},{first},{third},{volume}\n"


plain = st.builds(
    lambda digits, places: format(Decimal(digits).scaleb(-places), "f"),
    st.integers(1, 10**9),
    st.integers(0, 8),
)
rarely_odd = st.one_of(
    plain,
    plain,
    st.floats(min_value=1e-4, max_value=1e6).map(repr),
    st.integers(1, 10**22).map(lambda digits: format(Decimal(digits).scaleb(-18), "f")),
    st.sampled_from(["1e3", "+2.5", " 7.25", "7.250000000000000001", "611.78", "1.386915", "0.1", "1000000000000000"]),
)
volumes = st.one_of(rarely_odd, st.sampled_from(["0", "0.99999999999999999", "2300413.7295", "1e-30", "-0", "-1"]))


@settings(max_examples=150)
@given(
    rows=st.lists(st.tuples(st.lists(rarely_odd, min_size=4, max_size=4), volumes), min_size=1, max_size=6),
    steps=st.sampled_from(STEPS),
)
@example(rows=[(["611.78", "611.91", "611.78", "611.9"], "1.13872")], steps=("0.01", "0.00000001"))
@example(rows=[(["1.386915"] * 4, "0")], steps=("0.00001", "1"))
@example(rows=[(["1.386925"] * 4, "0")], steps=("0.00001", "1"))
@example(rows=[(["611.78000000000000001"] * 4, "1")], steps=("0.01", "1"))
@example(rows=[(["0.005"] * 4, "1")], steps=("0.01", "1"))
def test_columns_and_rows_agree_on_any_numbers(instrument, rows, steps):
    text = "".join(line(minute, *row) for minute, row in enumerate(rows)).encode()
    fast, exact = both(text, instrument(tick=steps[0], lot=steps[1]))
    if fast is not None:
        assert fast == exact


@settings(max_examples=150)
@given(
    rows=st.lists(
        st.tuples(st.integers(1, 10**7), st.integers(0, 300), st.integers(0, 300), st.integers(0, 10**12)),
        min_size=1,
        max_size=8,
    )
)
def test_good_rows_never_need_the_slow_way(instrument, rows):
    text = "".join(
        line(minute, [f"{price / 100:.2f}", f"{(price + up) / 100:.2f}", f"{(price + up + more) / 100:.2f}",
                      f"{price / 100:.2f}"], f"{volume / 10_000:.4f}")
        for minute, (price, up, more, volume) in enumerate(rows)
    ).encode()  # fmt: skip
    fast, exact = both(text, instrument())
    assert fast == exact
    assert len(fast[0]) == len(rows)


STAMPS = [
    "2024-03-07T12:00:00Z",
    "2024-03-07 12:01:00Z",
    "2024-03-07T14:02:00+02:00",
    "2024-03-07T12:01Z",
    "2024-03-07T12:04:30Z",
    "2024-03-07T12:05:00",
    "2024-03-07T12:05:00.000Z",
    "20240307T120600Z",
    "0000-01-01T00:00Z",
    "9999-01-01T00:00:00Z",
    "1709812800",
    "2024-03-07T12:07:00-0000",
    "2024-03-07T12Z",
    " 2024-03-07T12:08:00Z",
]
REST = ["2,3,1,2,5", "2,3,1,2.005,5", "2,1,3,2,5", "2,3,1", "", "x,3,1,2,5"]


@settings(max_examples=150)
@given(stamps=st.lists(st.sampled_from(STAMPS), min_size=1, max_size=4))
def test_columns_and_rows_agree_on_any_time(instrument, stamps):
    text = "".join(f"{stamp},2,3,1,2,5\n" for stamp in stamps).encode()
    fast, exact = both(text, instrument())
    if fast is not None:
        assert fast == exact


@settings(max_examples=150)
@given(text=st.text(alphabet='0123456789.,-:TZ+e"\r\n\0 naif\u00e9', max_size=120))
def test_columns_and_rows_agree_on_any_text(instrument, text):
    good = b"2024-03-07T12:00:00Z,2,3,1,2,5\n"
    fast, exact = both(good + text.encode() + b"\n", instrument())
    if fast is not None:
        assert fast == exact


@settings(max_examples=150)
@given(volume=rarely_odd, lot=st.sampled_from(["1", "0.00000001", "0.001", "1000", "0.25"]))
def test_volume_is_the_decimal_quotient_rounded_down(cache_free, volume, lot):
    instrument, read = cache_free
    [block] = read(line(0, ["2", "2", "2", "2"], volume), instrument(lot=lot))
    lots = (Fraction(Decimal(volume.strip())) / Fraction(lot)).__floor__()
    if lots > 2**62:
        assert "too large" in block.defects[0].reason
    else:
        assert block.volume.tolist() == [lots]


@pytest.fixture(scope="module")
def cache_free(instrument, tmp_path_factory):
    """Read text as a file would be read."""
    path = tmp_path_factory.mktemp("volumes") / "x.csv"

    def read(text, one, block_bytes=bar_csv.BLOCK_BYTES):
        path.write_bytes((HEADER + text).encode())
        place = Place(instrument=one, interval=60)
        return list(bar_csv.read_csv(BarFile(path=path, name="x.csv"), place, block_bytes))

    return instrument, read


@settings(max_examples=60)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from(REST)),
        min_size=1,
        max_size=25,
    ),
    block_bytes=st.integers(1, 400),
    newline=st.sampled_from(["\n", "\r\n"]),
)  # fmt: skip
def test_the_size_of_blocks_changes_nothing(cache_free, rows, block_bytes, newline):
    instrument, read = cache_free
    text = newline.join(f"{time_text(START + 60 * minute)},{rest}" if rest else "" for minute, rest in rows)
    whole, parts = (read(text, instrument(), size) for size in (1_000_000, block_bytes))

    def joined(blocks):
        columns = [np.concatenate([block.columns[index] for block in blocks]).tolist() for index in range(6)]
        defects = [defect for block in blocks for defect in block.defects]
        counts = [sum(getattr(block, name) for block in blocks) for name in ("off_tick", "ascents", "descents")]
        return columns, defects, counts

    if whole or parts:
        assert joined(parts) == joined(whole)


@pytest.mark.parametrize(("tick", "places"), [("0.01", 3), ("0.00001", 6), ("0.0001", 5), ("0.25", 3)])
def test_every_half_tick_goes_to_the_even_tick(instrument, tick, places):
    for first in (1_005, 138_691_505):
        halves = [format(Decimal(first + 10 * at).scaleb(-places), "f") for at in range(2_000)]
        text = "".join(line(minute, [half] * 4, "0") for minute, half in enumerate(halves)).encode()
        fast, exact = both(text, instrument(tick=tick))
        assert fast == (None if tick == "0.25" else exact)
        expected = [round(Fraction(half) / Fraction(tick)) for half in halves]
        assert [row[1] for row in exact[0]] == expected
