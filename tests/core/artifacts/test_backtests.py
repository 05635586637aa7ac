"""Backtests are found by what a person types, and read as they were written."""

from __future__ import annotations

import csv
import json

import pytest

from logos.artifacts import schemas
from logos.artifacts.backtests import (
    backtest_names,
    find_backtest,
    read_benchmark,
    read_daily,
    read_equity,
    read_metrics,
    read_trades,
)
from logos.domain.errors import InputError, IntegrityError
from logos.domain.times import SECONDS_A_DAY, parse_time

NAMES = ["20240101-100000-demo", "20240102-100000-demo", "20240102-100000-other"]


@pytest.fixture
def runs(workspace, write_backtest):
    """Return a workspace with three backtests, and folders beside them that are none."""
    for name in NAMES:
        write_backtest(workspace / "runs" / name, days=2)
    for other in ("live", "ml", ".20240103-100000-demo.new", "20240103-100000-gone"):
        (workspace / "runs" / other).mkdir()
    return workspace


def test_only_finished_backtests_are_listed_in_order(runs):
    assert backtest_names(runs / "runs") == NAMES
    assert backtest_names(runs / "nothing") == []


@pytest.mark.parametrize(
    ("typed", "name"),
    [(NAMES[0], NAMES[0]), ("20240101", NAMES[0]), ("latest", NAMES[2]), (f"runs/{NAMES[1]}", NAMES[1])],
)
def test_a_backtest_is_found_by_id_start_latest_or_path(runs, typed, name):
    found = find_backtest(runs, typed)
    assert found.name == name
    assert found.is_dir()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("20240102", "2 backtests start with '20240102': 20240102-100000-demo, 20240102-100000-other"),
        ("20240101-100000-dmo", "there is no backtest '20240101-100000-dmo'. Nearest: 20240101-100000-demo"),
        ("runs/live", "runs/live is not the folder of a backtest"),
        ("", "there is no backtest ''"),
    ],
)
def test_what_means_none_or_several_is_refused_with_names(runs, typed, message):
    with pytest.raises(InputError) as refused:
        find_backtest(runs, typed)
    assert message in str(refused.value)


def test_a_workspace_without_backtests_says_how_to_make_one(workspace):
    with pytest.raises(InputError, match=r"no backtest in .*/runs yet\. Run one with: logos backtest"):
        find_backtest(workspace, "latest")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[]", "expected an object, found list"),
        ("{", "Expecting property name"),
        ("{}", "starting_cash is missing or not a text"),
    ],
)
def test_figures_that_are_none_are_refused(tmp_path, text, fault):
    (tmp_path / schemas.METRICS_FILE).write_text(text)
    with pytest.raises(IntegrityError) as refused:
        read_metrics(tmp_path)
    assert fault in str(refused.value)


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [("status", "running", "status is 'running'"), ("bars", True, "bars is missing"), ("fees", 1.5, "fees is missing")],
)
def test_a_figure_of_the_wrong_kind_is_named(tmp_path, write_backtest, key, value, fault):
    folder = write_backtest(tmp_path / "run", days=2, **{key: value})
    with pytest.raises(IntegrityError) as refused:
        read_metrics(folder)
    assert fault in str(refused.value)


def test_figures_and_trades_are_read_as_they_were_written(tmp_path, write_backtest):
    folder = write_backtest(tmp_path / "run", days=2, fills=6)
    assert read_metrics(folder) == json.loads((folder / "metrics.json").read_text())
    with (folder / "trades.csv").open(newline="") as file:
        assert list(read_trades(folder)) == list(csv.DictReader(file))
    assert [row["trade_id"] for row in read_trades(folder, most=2)] == ["1", "2"]


def test_the_curve_is_thinned_and_keeps_its_extremes(tmp_path, write_backtest):
    folder = write_backtest(tmp_path / "run", days=400)
    whole, thin = read_equity(folder, buckets=10_000), read_equity(folder, buckets=20)
    assert len(whole) == 2_400
    assert len(thin) <= 100
    assert (thin.equity.min(), thin.equity.max()) == (whole.equity.min(), whole.equity.max())
    assert thin.drawdown.max() == whole.drawdown.max()
    assert (thin.time[0], thin.time[-1]) == (whole.time[0], whole.time[-1])


def test_a_benchmark_may_be_missing_or_empty(tmp_path, write_backtest):
    folder = write_backtest(tmp_path / "run", days=3)
    assert len(read_benchmark(folder)) == 3
    (folder / schemas.BENCHMARK_FILE).write_text(schemas.header(schemas.EQUITY_COLUMNS))
    assert len(read_benchmark(folder)) == 0
    (folder / schemas.BENCHMARK_FILE).unlink()
    assert read_benchmark(folder) is None


def test_a_day_is_the_one_on_which_its_bars_opened(tmp_path):
    table = tmp_path / schemas.EQUITY_FILE
    rows = [("2024-01-01T23:59:00Z", 1), ("2024-01-02T00:00:00Z", 2), ("2024-01-02T00:01:00Z", 3)]
    table.write_text(
        schemas.header(schemas.EQUITY_COLUMNS)
        + "".join(f"{time},{equity}.00000000,0.00000000\n" for time, equity in rows)
    )
    daily = read_daily(table, interval=60)
    first = parse_time("2024-01-01T00:00:00Z") // SECONDS_A_DAY
    assert (daily.day.tolist(), daily.equity.tolist()) == ([first, first + 1], [2.0, 3.0])


def test_days_do_not_depend_on_how_the_table_is_read(tmp_path, write_backtest, monkeypatch):
    table = write_backtest(tmp_path / "run", days=200) / schemas.EQUITY_FILE
    whole = read_daily(table, interval=3_600)
    monkeypatch.setattr("logos.artifacts.curve._BLOCK_BYTES", 500)
    pieces = read_daily(table, interval=3_600)
    assert len(whole) == 200
    assert (pieces.day.tolist(), pieces.equity.tolist()) == (whole.day.tolist(), whole.equity.tolist())
