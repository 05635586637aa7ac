"""Account rows become the same text as the obvious code makes, however large the numbers are."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.artifacts.columns import account_columns
from logos.domain.errors import InputError
from logos.domain.times import time_text

LAST_SECOND_OF_9999 = 253_402_300_799


def reference(rows: list[tuple[int, ...]], decimals: int) -> str:
    """Print every number by ``Decimal``; slow and obvious."""
    lines = []
    for clock, *values in rows:
        places = [decimals] * 6 + [8] * 3
        texts = [
            format(Decimal(value).scaleb(-count).quantize(Decimal(1).scaleb(-count)), "f") if count else str(value)
            for value, count in zip(values, places, strict=True)
        ]
        lines.append(",".join([time_text(clock), *texts]) + "\n")
    return "".join(lines)


edges = st.sampled_from(
    [0, 1, -1, 9_999, 10_000, -10_000, 99_999_999, 10**8, -(10**8), 10**12 - 1, 10**12, 2**63 - 1, -(2**63) + 1]
)
fitting = edges | st.integers(-(10**6), 10**6) | st.integers(-(2**63) + 1, 2**63 - 1)
overflowing = st.sampled_from([2**63, -(2**63), 10**25, -(10**27)])
clocks = st.integers(0, LAST_SECOND_OF_9999) | st.integers(1_700_000_000, 1_700_200_000)


def rows_of(values: st.SearchStrategy[int], least: int) -> st.SearchStrategy[list[tuple[int, ...]]]:
    row = st.tuples(clocks, *[values] * (9))
    # Short lists take the direct way, so a drawn list is repeated until it is a block.
    return st.lists(row, min_size=1, max_size=4).map(lambda rows: rows * (least // len(rows) + 1))


@settings(max_examples=80)
@given(rows=rows_of(fitting, 30), decimals=st.integers(0, 12))
def test_a_block_of_rows_prints_as_the_reference_does(rows: list[tuple[int, ...]], decimals: int) -> None:
    assert account_columns(decimals).encode(rows).decode() == reference(rows, decimals)


@settings(max_examples=30)
@given(rows=rows_of(fitting | overflowing, 30), decimals=st.integers(0, 12))
def test_numbers_beyond_64_bits_print_as_the_reference_does(rows: list[tuple[int, ...]], decimals: int) -> None:
    assert account_columns(decimals).encode(rows).decode() == reference(rows, decimals)


def test_the_bytes_do_not_depend_on_how_rows_are_cut_into_blocks() -> None:
    start = 1_700_000_000
    rows = [
        (start + 60 * index, 10**13 - index, index, -index, 7 * index, 0, index**3, index, 10**8, -(10**8))
        for index in range(5_000)
    ]
    encoder = account_columns(8)
    whole = encoder.encode(rows)
    assert whole == b"".join(encoder.encode(rows[place : place + 7]) for place in range(0, len(rows), 7))
    assert whole.decode() == reference(rows, 8)


def test_one_row_reads_as_the_contract_says() -> None:
    row = (1_700_000_040, 9_950_000_000_000, 50_000_000_000, 10**13, -5, 0, 123, 1_234_567, 500_000, -500_000)
    assert account_columns(8).encode([row]) == (
        b"2023-11-14T22:14:00Z,99500.00000000,500.00000000,100000.00000000,-0.00000005,0.00000000,0.00000123,"
        b"0.01234567,0.00500000,-0.00500000\n"
    )


def test_no_rows_are_no_bytes() -> None:
    assert account_columns(8).encode([]) == b""


@pytest.mark.parametrize("decimals", [-1, 13])
def test_a_currency_with_unusable_decimals_is_refused(decimals: int) -> None:
    with pytest.raises(InputError, match=str(decimals)):
        account_columns(decimals)
