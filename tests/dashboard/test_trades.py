"""Fills as a columnar table: filtered, paged, downloaded as they stand, and hurt files as answers."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from logos.artifacts.schemas import TRADE_COLUMNS, header
from logos.ui.streamlit.data.trades import Trades, load_trades, read_trades_file

ROWS = (
    "1,1,2026-03-02T23:59:00Z,AAPL,buy,10,170.25,taker,1.70250000,0.00000000,1702.50000000,\n"
    "2,2,2026-03-03T00:00:00Z,BTC-USD,buy,0.5,69000.00,maker,6.90000000,0.00000000,34500.00000000,\n"
    "3,3,2026-03-03T23:59:59Z,AAPL,sell,10,171.25,taker,1.71250000,10.00000000,1712.50000000,\n"
    "4,4,2026-03-04T09:00:00Z,BTC-USD,sell,0.5,68000.00,taker,34.00000000,-500.00000000,34000.00000000,\n"
)


@pytest.fixture
def trades(tmp_path: Path) -> Trades:
    """Return four fills on three days."""
    (tmp_path / "trades.csv").write_text(header(TRADE_COLUMNS) + ROWS)
    reading = load_trades(tmp_path)
    assert reading.state == "ok"
    assert reading.value is not None
    return reading.value


def ids(trades: Trades) -> list[str]:
    """Return the numbers of the fills in their order."""
    column: list[str] = trades.table["trade_id"].to_pylist()
    return column


def test_what_traded_and_when_is_known(trades: Trades):
    assert len(trades) == 4
    assert trades.symbols == ("AAPL", "BTC-USD")
    assert trades.days == ("2026-03-02", "2026-03-04")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ["1", "2", "3", "4"]),
        ({"symbols": ["AAPL"]}, ["1", "3"]),
        ({"sides": ["sell"]}, ["3", "4"]),
        ({"symbols": ["BTC-USD"], "sides": ["buy"]}, ["2"]),
        ({"first": "2026-03-03"}, ["2", "3", "4"]),
        ({"last": "2026-03-03"}, ["1", "2", "3"]),
        ({"first": "2026-03-03", "last": "2026-03-03"}, ["2", "3"]),
        ({"symbols": ["NONE"]}, []),
    ],
)
def test_filters_keep_what_matches_and_days_are_included(trades: Trades, wanted: dict[str, str], expected: list[str]):
    assert ids(trades.filtered(**wanted)) == expected  # type: ignore[arg-type]


def test_pages_start_with_the_newest_fill_and_hold_every_row_once(trades: Trades):
    assert trades.pages(3) == 2
    assert [row["trade_id"] for row in trades.page(1, 3)] == ["4", "3", "2"]
    assert [row["trade_id"] for row in trades.page(2, 3)] == ["1"]
    assert trades.page(3, 3) == []
    assert trades.filtered(symbols=["NONE"]).pages(3) == 1


def test_all_rows_download_as_the_bytes_of_the_file(trades: Trades):
    assert trades.to_csv() == (header(TRADE_COLUMNS) + ROWS).encode()


def test_filtered_rows_download_with_the_text_of_the_file(trades: Trades):
    lines = ROWS.splitlines(keepends=True)

    assert trades.filtered(sides=["sell"]).to_csv().decode() == header(TRADE_COLUMNS) + lines[2] + lines[3]


def test_a_value_with_a_comma_is_quoted_in_the_download(tmp_path: Path):
    row = ROWS.splitlines()[0].replace("AAPL", '"A,B"')
    (tmp_path / "trades.csv").write_text(f"{header(TRADE_COLUMNS)}{row}\n")

    trades = load_trades(tmp_path).value
    assert trades is not None

    (read,) = csv.DictReader(io.StringIO(trades.to_csv().decode()))
    assert read["symbol"] == "A,B"


def test_a_run_without_a_fill_is_an_empty_table(tmp_path: Path):
    (tmp_path / "trades.csv").write_text(header(TRADE_COLUMNS))

    trades = load_trades(tmp_path).value

    assert trades is not None
    assert (len(trades), trades.symbols, trades.days, trades.page(1, 25)) == (0, (), ("", ""), [])


def test_a_row_that_is_cut_is_left_out_and_told(tmp_path: Path):
    (tmp_path / "trades.csv").write_text(header(TRADE_COLUMNS) + ROWS + "5,5,2026-03-0")

    reading = load_trades(tmp_path)

    assert reading.state == "partial"
    assert "1 row does" in reading.message
    assert reading.value is not None
    assert ids(reading.value) == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "has no column"),
        (b"\xff\xfe\x00\x01", "trades.csv"),
        (header(TRADE_COLUMNS).encode() + b"\xff" * 40 + b"," * 11 + b"\n", "cannot be read"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path: Path, content: bytes, told: str):
    (tmp_path / "trades.csv").write_bytes(content)

    reading = load_trades(tmp_path)

    assert (reading.state, reading.value) == ("damaged", None)
    assert told in reading.message


def test_what_is_no_file_is_an_answer(tmp_path: Path):
    assert load_trades(tmp_path).state == "missing"
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")

    assert read_trades_file(tmp_path / "folder.csv").state == "damaged"
    assert read_trades_file(tmp_path / "pipe.csv").state == "damaged"


def test_a_table_is_read_once_until_it_changes(workspace: Path, write_backtest: Callable[..., Path]):
    folder = write_backtest(workspace, trades=5)
    first = load_trades(folder).value
    assert load_trades(folder).value is first

    with (folder / "trades.csv").open("a") as file:
        file.write(ROWS)

    changed = load_trades(folder).value
    assert changed is not None
    assert len(changed) == 9
