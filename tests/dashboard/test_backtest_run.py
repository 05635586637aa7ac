"""One backtest: its figures, curves and config, each an answer of its own whatever the other files are."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from logos.domain.times import parse_time
from logos.ui.streamlit.data.backtest_run import load_backtest, sharpe_error
from logos.ui.streamlit.data.downsampling import MOST_POINTS

Write = Callable[..., Path]
HEADER = "timestamp,equity,drawdown\n"


def test_a_whole_run_has_everything(workspace: Path, write_backtest: Write):
    reading = load_backtest(write_backtest(workspace, rows=200))

    run = reading.value
    assert run is not None
    assert (reading.state, run.equity.state, run.benchmark.state, run.config.state) == ("ok", "ok", "ok", "ok")
    assert (run.backtest_id, run.currency) == ("20260302-143000-demo", "USD")
    assert run.figure("sharpe") == 1.25
    assert run.benchmark_figure("total_return") == 0.01
    assert run.benchmark_figure("cagr") is None
    assert run.config.value is not None
    assert run.config.value.startswith("session:")
    assert run.equity.value is not None
    assert len(run.equity.value) == 200


def test_a_long_run_is_thinned_and_keeps_its_extremes(workspace: Path, write_backtest: Write):
    folder = write_backtest(workspace, rows=20_000)
    with (folder / "equity.csv").open("a") as file:
        file.write("2026-12-02T00:00:00Z,1.00000000,0.99990000\n2026-12-02T00:01:00Z,101000.00000000,0.50000000\n")

    run = load_backtest(folder).value

    assert run is not None
    curve = run.equity.value
    assert curve is not None
    assert len(curve) <= MOST_POINTS
    assert (curve.equity.min(), curve.drawdown.max(), curve.equity[-1]) == (1.0, 0.9999, 101_000.0)


def test_buying_and_holding_begins_with_the_starting_cash_at_the_first_moment(workspace: Path, write_backtest: Write):
    run = load_backtest(write_backtest(workspace, rows=200)).value

    assert run is not None
    curve = run.benchmark.value
    assert curve is not None
    assert (curve.time[0], curve.equity[0], curve.drawdown[0]) == (parse_time("2026-03-02T14:30:00Z"), 100_000.0, 0.0)
    assert (np.diff(curve.time) > 0).all()


def test_a_benchmark_that_was_run_and_is_gone_is_told_apart(workspace: Path, write_backtest: Write):
    folder = write_backtest(workspace)
    (folder / "benchmark.csv").unlink()

    run = load_backtest(folder).value

    assert run is not None
    assert run.benchmark.message == "Buying and holding is not drawn: benchmark.csv is missing"


def test_a_run_without_a_benchmark_says_so(workspace: Path, write_backtest: Write):
    folder = write_backtest(workspace, metrics={"benchmark": None})
    (folder / "benchmark.csv").unlink()

    run = load_backtest(folder).value

    assert run is not None
    assert (run.benchmark.state, run.benchmark.message[-14:]) == ("missing", "it was not run")
    assert run.benchmark_figure("sharpe") is None


@pytest.mark.parametrize(
    ("content", "state"),
    [
        ("", "damaged"),
        (HEADER, "damaged"),
        ("a,b\n1,2\n", "damaged"),
        (f"{HEADER}yesterday,1,0\n", "damaged"),
        (f"{HEADER}2026-03-02T14:31:00Z,100.0,0.0\n2026-03-02T14:3", "partial"),
        (f"{HEADER}2026-03-02T14:31:00Z,100.0,0.0\n2026-03-02T14:32:00Z,100.0,", "partial"),
        (f"{HEADER}2026-03-02T14:31:00Z,nan,0.0\n2026-03-02T14:32:00Z,5.0,0.0\n", "partial"),
        (f"{HEADER},1.0,0.0\n2026-03-02T14:32:00Z,5.0,0.0\n", "partial"),
        (f"{HEADER}2026-03-02T14:33:00Z,1.0,0.0\n2026-03-02T14:32:00Z,5.0,0.0\n", "partial"),
    ],
)
def test_a_curve_that_is_hurt_leaves_the_figures_standing(
    workspace: Path, write_backtest: Write, content: str, state: str
):
    folder = write_backtest(workspace)
    (folder / "equity.csv").write_text(content)

    run = load_backtest(folder).value

    assert run is not None
    assert run.equity.state == state
    assert run.equity.usable == (state != "damaged")
    if run.equity.value is not None:
        assert np.all(np.isfinite(run.equity.value.equity))
        assert np.all(np.diff(run.equity.value.time) >= 0)


def test_a_curve_hurt_after_it_was_read_shows_the_last_good_one(workspace: Path, write_backtest: Write):
    folder = write_backtest(workspace, rows=200)
    load_backtest(folder)

    (folder / "equity.csv").write_text("")
    run = load_backtest(folder).value

    assert run is not None
    assert run.equity.state == "partial"
    assert run.equity.value is not None
    assert len(run.equity.value) == 200


@pytest.mark.parametrize("name", ["metrics.json", "equity.csv", "config.yaml"])
def test_a_folder_or_a_pipe_in_place_of_a_file_is_an_answer(workspace: Path, write_backtest: Write, name: str):
    for run_id, make in (("20260302-143000-folder", Path.mkdir), ("20260302-143000-pipe", os.mkfifo)):
        folder = write_backtest(workspace, run_id)
        (folder / name).unlink()
        make(folder / name)

        reading = load_backtest(folder)

        parts = [reading] if reading.value is None else [reading.value.equity, reading.value.config]
        assert "damaged" in {part.state for part in parts}


def test_a_folder_without_figures_is_no_backtest(workspace: Path):
    assert load_backtest(workspace / "runs" / "none").state == "missing"


def test_no_secret_of_a_config_or_of_figures_is_handed_out(workspace: Path, write_backtest: Write):
    secret = "5f3a9b71c2d84e06a1b2c3d4"
    folder = write_backtest(workspace, metrics={"notes": [f"api_key={secret}"]})
    with (folder / "config.yaml").open("a") as file:
        file.write(f"feed_options:\n  api_secret: {secret}\n")

    run = load_backtest(folder).value

    assert run is not None
    assert secret not in str(run.metrics)
    assert run.config.value is not None
    assert secret not in run.config.value


@pytest.mark.parametrize(
    "text",
    [
        "passphrase: >-\n  hunter\n",
        "api_key: |\n  hunter\n",
        'secret: "open\n  hunter"\n',
        "secret: open\n  hunter\n",
        "tokens:\n  - hunter\n",
        "keys:\n  - hunter\n  - deeper: [hunter]\n",
        "password_of_venue:\n  value: hunter\n",
        "# token hunter\nname: a\n",
    ],
)
def test_no_secret_of_a_config_is_handed_out_on_whatever_line_it_stands(
    workspace: Path, write_backtest: Write, text: str
):
    folder = write_backtest(workspace)
    (folder / "config.yaml").write_text(f"session:\n  name: shown\n{text}")

    run = load_backtest(folder).value

    assert run is not None
    assert run.config.value is not None
    assert "name: shown" in run.config.value
    assert "hunter" not in run.config.value


@pytest.mark.parametrize("text", ["secret: [hunter\n", "secret: !!python/object hunter\n", "hunter\n", "a: 'hunter"])
def test_a_config_that_cannot_be_parsed_is_not_shown(workspace: Path, write_backtest: Write, text: str):
    folder = write_backtest(workspace)
    (folder / "config.yaml").write_text(text)

    run = load_backtest(folder).value

    assert run is not None
    assert run.config.state == "damaged"
    assert "hunter" not in str(run.config)


def test_what_is_no_secret_of_a_config_is_shown(workspace: Path, write_backtest: Write):
    folder = write_backtest(workspace)
    text = "api_key: null\ncredentials:\n  - BINANCE_API_KEY\nmonkey: 3\nparams:\n  fast: 0.5\n"
    (folder / "config.yaml").write_text(text)

    run = load_backtest(folder).value

    assert run is not None
    assert run.config.value == text


def test_the_standard_error_of_a_sharpe_ratio_is_that_of_lo():
    error = sharpe_error({"sharpe": 1.0, "days": 504, "periods_per_year": 252})

    assert error == pytest.approx(math.sqrt((1 + 1 / 252 / 2) / 2))


@pytest.mark.parametrize(
    "change", [{"days": 29}, {"sharpe": None}, {"sharpe": "1"}, {"days": None}, {"periods_per_year": 0}]
)
def test_too_few_days_or_no_ratio_have_no_standard_error(change: dict[str, object]):
    assert sharpe_error({"sharpe": 1.0, "days": 504, "periods_per_year": 252} | change) is None
