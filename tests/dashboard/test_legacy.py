"""Pictures of the earlier layout are found, shown with a warning, and never trusted to be whole."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from logos.ui.streamlit.data.legacy import LegacyRun, legacy_metrics, legacy_trades, list_legacy, read_picture

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def runs(workspace: Path) -> Path:
    """Return ``runs/`` with a picture of the earlier layout in it."""
    folder = workspace / "runs"
    folder.mkdir()
    (folder / "equity_BTC-USD_mean_reversion.png").write_bytes(PNG)
    return folder


def only(workspace: Path) -> LegacyRun:
    """Return the one run of the earlier layout."""
    (run,) = list_legacy(workspace).value or ()
    return run


def test_the_name_of_a_picture_tells_symbol_and_strategy(workspace: Path, runs: Path):
    run = only(workspace)

    assert (run.symbol, run.strategy) == ("BTC-USD", "mean_reversion")
    assert (run.metrics_file, run.trades_file) == (None, None)
    assert read_picture(run.picture).value == PNG


def test_they_come_with_a_warning_and_what_to_do(workspace: Path, runs: Path):
    reading = list_legacy(workspace)

    assert reading.state == "partial"
    assert "earlier layout" in reading.message
    assert "logos backtest" in reading.hint


def test_figures_and_fills_beside_the_picture_are_found(workspace: Path, runs: Path):
    (runs / "metrics_BTC-USD_mean_reversion.json").write_text(json.dumps({"sharpe": 1.5, "api_secret": "5f3a9b71c2"}))
    (runs / "trades_BTC-USD_mean_reversion.csv").write_text(
        "timestamp,symbol,side,quantity,price\n2026-03-02T14:30:00Z,BTC-USD,buy,0.5,69000.00\n"
    )

    run = only(workspace)
    figures, trades = legacy_metrics(run), legacy_trades(run)

    assert figures.value == {"sharpe": 1.5, "api_secret": "***"}
    assert trades.value is not None
    assert len(trades.value) == 1


@pytest.mark.parametrize("content", [b"", PNG[:-8], b"GIF89a", b"\x89PNG\r\n\x1a\n"])
def test_a_picture_that_is_not_whole_is_not_shown(workspace: Path, runs: Path, content: bytes):
    (runs / "equity_BTC-USD_mean_reversion.png").write_bytes(content)

    assert read_picture(only(workspace).picture).state == "damaged"


@pytest.mark.parametrize("content", ["", "[1]", "{", "NaN"])
def test_figures_that_cannot_be_read_say_so(workspace: Path, runs: Path, content: str):
    (runs / "metrics_BTC-USD_mean_reversion.json").write_text(content)

    assert legacy_metrics(only(workspace)).state == "damaged"


def test_a_workspace_without_them_has_nothing_to_warn_of(workspace: Path):
    assert list_legacy(workspace).state == "missing"
    (workspace / "runs" / "equity_AAPL_trend.png").mkdir(parents=True)
    (workspace / "runs" / "equity.png").write_bytes(PNG)

    assert list_legacy(workspace).state == "missing"


def test_a_picture_taken_away_meanwhile_is_missing(workspace: Path, runs: Path):
    run = only(workspace)
    run.picture.unlink()

    assert read_picture(run.picture).state == "missing"
