"""The index of backtests: newest first, only what changed is read again, and whatever a folder holds is an answer."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from logos.ui.streamlit.data import runs_index
from logos.ui.streamlit.data.runs_index import UNREADABLE, list_backtests, made_and_name

ORIGIN = {
    "by_strategy": [{"strategy": "slow"}, {"strategy": "trend"}],
    "by_symbol": [{"symbol": "AAPL"}, {"symbol": "BTC-USD"}],
    "plugins": [{"kind": "broker", "name": "paper"}, {"kind": "allocator", "name": "equal_weight"}],
    "config_digest": "c" * 64,
    "data_digest": "d" * 64,
}
Write = Callable[..., Path]


def test_a_backtest_is_listed_with_what_its_figures_say(workspace: Path, write_backtest: Write):
    folder = write_backtest(workspace, "20260302-143000-demo", trades=20, rows=200, metrics=ORIGIN)

    reading = list_backtests(workspace)

    assert reading.state == "ok"
    (row,) = reading.value or ()
    assert (row.backtest_id, row.folder) == ("20260302-143000-demo", folder)
    assert (row.made, row.name) == ("2026-03-02T14:30:00Z", "demo")
    assert (row.start, row.end) == ("2026-03-02T14:30:00Z", "2026-03-02T17:50:00Z")
    assert (row.bars, row.fills, row.fees, row.currency) == (400, 20, "20.70250000", "USD")
    assert (row.strategies, row.symbols) == (("slow", "trend"), ("AAPL", "BTC-USD"))
    assert row.allocator == "equal_weight"
    assert (row.sharpe, row.max_drawdown) == (1.25, 0.0009)
    assert (row.config_digest, row.data_digest) == ("c" * 64, "d" * 64)
    assert row.readable
    assert not row.portfolio


def test_the_newest_backtest_stands_first_whatever_its_name(workspace: Path, write_backtest: Write):
    for run_id in ("20260302-143000-zebra", "20260304-090000-ant", "20260303-000000-mole"):
        write_backtest(workspace, run_id)

    assert [row.name for row in list_backtests(workspace).value or ()] == ["ant", "mole", "zebra"]


@pytest.mark.parametrize("name", ["weights.csv", "risk.json"])
def test_a_run_with_weights_or_a_report_of_risk_is_a_portfolio(workspace: Path, write_backtest: Write, name: str):
    folder = write_backtest(workspace)
    assert [row.portfolio for row in list_backtests(workspace).value or ()] == [False]

    (folder / name).write_text("{}")

    assert [row.portfolio for row in list_backtests(workspace).value or ()] == [True]


@pytest.mark.parametrize("make", [lambda _runs: None, lambda runs: runs.mkdir()])
def test_no_runs_is_an_empty_state_with_the_command_that_makes_one(workspace: Path, make: Callable[[Path], None]):
    make(workspace / "runs")

    reading = list_backtests(workspace)

    assert reading.state == "missing"
    assert "logos backtest" in reading.hint


@pytest.mark.parametrize("name", ["sweeps", "rehearsals", "lessons", "live", "ml", ".20260302-143000-demo.new"])
def test_what_else_lies_below_runs_is_no_backtest(workspace: Path, write_backtest: Write, name: str):
    write_backtest(workspace, name)

    assert list_backtests(workspace).state == "missing"


def test_files_and_folders_of_somebody_else_are_no_backtests(workspace: Path, write_backtest: Write):
    write_backtest(workspace, "20260302-143000-demo")
    (workspace / "runs" / "notes").mkdir()
    (workspace / "runs" / "notes" / "todo.txt").write_text("nothing of ours")
    (workspace / "runs" / "trials.jsonl").write_text("{}\n")
    (workspace / "runs" / "gone").symlink_to("nowhere")

    assert [row.name for row in list_backtests(workspace).value or ()] == ["demo"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "does not hold"),
        (b'{"start": "20', "does not hold"),
        (b"[1, 2]", "expected an object"),
        (b"{}", "is missing"),
        (b"\xff\xfe\x00", "does not hold"),
        (b"[" * 100_000, "does not hold"),
    ],
)
def test_figures_that_cannot_be_read_are_listed_with_the_reason(
    workspace: Path, write_backtest: Write, content: bytes, reason: str
):
    (write_backtest(workspace) / "metrics.json").write_bytes(content)
    write_backtest(workspace, "20260303-143000-whole")

    whole, damaged = list_backtests(workspace).value or ()

    assert whole.readable
    assert (damaged.status, damaged.readable) == (UNREADABLE, False)
    assert reason in damaged.reason


@pytest.mark.parametrize("name", ["metrics.json", "equity.csv"])
def test_a_run_that_did_not_end_is_listed_with_the_file_that_is_missing(
    workspace: Path, write_backtest: Write, name: str
):
    (write_backtest(workspace) / name).unlink()

    (row,) = list_backtests(workspace).value or ()

    assert row.status == UNREADABLE
    assert row.reason.startswith(f"{name} is missing")


def test_a_pipe_in_place_of_the_figures_holds_nothing_up(workspace: Path, write_backtest: Write):
    folder = write_backtest(workspace)
    (folder / "metrics.json").unlink()
    os.mkfifo(folder / "metrics.json")

    (row,) = list_backtests(workspace).value or ()

    assert row.reason == "metrics.json is not a file"


def test_figures_of_odd_kinds_are_left_out_and_the_rest_stands(workspace: Path, write_backtest: Write):
    odd = {
        "sharpe": "high",
        "total_return": None,
        "max_drawdown": True,
        "by_strategy": 5,
        "by_symbol": [1, {"symbol": 2}, {"symbol": "AAPL"}],
        "plugins": {"allocator": "x"},
        "start": 7,
        "fills": 10**30,
    }
    write_backtest(workspace, metrics=odd)

    (row,) = list_backtests(workspace).value or ()

    assert row.readable
    assert (row.sharpe, row.total_return, row.max_drawdown) == (None, None, None)
    assert (row.strategies, row.symbols, row.allocator, row.start, row.fills) == ((), ("AAPL",), "", "", None)


def test_names_that_no_browser_takes_are_made_plain(workspace: Path, write_backtest: Write):
    write_backtest(workspace, "20260302-143000-\udcff", metrics={"by_symbol": [{"symbol": "A\ud800"}]})

    (row,) = list_backtests(workspace).value or ()

    assert row.readable
    assert (row.backtest_id, row.name, row.symbols) == ("20260302-143000-?", "?", ("A?",))


def test_only_folders_that_changed_are_read_again(
    workspace: Path, write_backtest: Write, monkeypatch: pytest.MonkeyPatch
):
    first = write_backtest(workspace, "20260302-143000-one")
    write_backtest(workspace, "20260303-143000-two")
    read: list[str] = []
    real = runs_index.read_metrics
    monkeypatch.setattr(runs_index, "read_metrics", lambda folder: (read.append(folder.name), real(folder))[1])

    list_backtests(workspace)
    list_backtests(workspace)
    assert sorted(read) == ["20260302-143000-one", "20260303-143000-two"]

    figures = json.loads((first / "metrics.json").read_text()) | {"sharpe": 3.5}
    (first / "metrics.json").write_text(json.dumps(figures))
    rows = list_backtests(workspace).value or ()

    assert read[2:] == ["20260302-143000-one"]
    assert [row.sharpe for row in rows] == [1.25, 3.5]


def test_a_folder_taken_away_is_not_listed_any_more(workspace: Path, write_backtest: Write):
    gone = write_backtest(workspace, "20260302-143000-one")
    write_backtest(workspace, "20260303-143000-two")
    assert len(list_backtests(workspace).value or ()) == 2

    shutil.rmtree(gone)

    assert [row.name for row in list_backtests(workspace).value or ()] == ["two"]


def test_a_folder_that_may_not_be_looked_into_is_an_answer(workspace: Path):
    (workspace / "runs").write_text("a file where a folder is expected")

    assert list_backtests(workspace).state == "damaged"


def test_no_secret_of_a_config_stands_in_a_row(workspace: Path, write_backtest: Write):
    write_backtest(workspace, metrics={"by_strategy": [{"strategy": "api_key=5f3a9b71c2d84e06a1b2c3d4"}]})

    (row,) = list_backtests(workspace).value or ()

    assert "5f3a9b71" not in str(row)


@pytest.mark.parametrize(
    ("run_id", "expected"),
    [
        ("20260302-143000-demo", ("2026-03-02T14:30:00Z", "demo")),
        ("20260302-143000-demo-2", ("2026-03-02T14:30:00Z", "demo-2")),
        ("20261345-999999-demo", ("", "20261345-999999-demo")),
        ("mine", ("", "mine")),
    ],
)
def test_an_id_tells_when_it_was_run_and_its_name(run_id: str, expected: tuple[str, str]):
    assert made_and_name(run_id) == expected


def test_what_cannot_be_seen_of_a_name_is_written_out(workspace: Path, write_backtest: Write):
    name = "20260302-143000-a\u202eb\u200b\x1b[31m"
    write_backtest(workspace, name, metrics={"by_symbol": [{"symbol": "A\u2066B\nC"}]})

    (row,) = list_backtests(workspace).value or ()

    assert row.backtest_id == "20260302-143000-a\\u202eb\\u200b\\x1b[31m"
    assert row.symbols == ("A\\u2066B\\nC",)
    assert row.folder.name == name
