"""``logos backtest`` reads its options, and says what came of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from logos.backtest.past_run import read_run
from logos.backtest.setup import BacktestOutcome, Progress
from logos.cli.app import run as logos
from logos.cli.backtest import windowed
from logos.cli.backtest_output import as_object, print_outcome, progress_text, summary_lines
from logos.config.records import BacktestWindow
from logos.config.session import load_session_config
from logos.domain.errors import InputError
from logos.domain.events import Cause
from logos.domain.times import parse_time

CONTRACT = ["start", "end", "bars", "starting_cash", "final_equity", "total_return", "cagr", "volatility", "sharpe"]
CONTRACT += [
    "sortino",
    "calmar",
    "max_drawdown",
    "win_rate",
    "profit_factor",
    "exposure",
    "turnover",
    "fills",
    "trades",
]
CONTRACT += ["fees"]


@pytest.fixture
def outcome(tmp_path, write_backtest):
    """Return a function that returns the outcome of a run; keywords change its figures."""

    def make(status="completed", *, causes=(), note="", **changes):
        folder = write_backtest(tmp_path / "20240101-100000-demo", days=2, status=status, **changes)
        return BacktestOutcome(
            backtest_id=folder.name,
            path=f"runs/{folder.name}",
            folder=folder,
            status=status,
            exit_code={"completed": 0, "halted": 3, "interrupted": 130}[status],
            causes=causes,
            engine="streaming" if note else "jumping",
            engine_note=note,
            metrics=dict(read_run(folder).metrics),
            seconds=1.25,
            bars_a_second=1_234_567,
            peak_memory=123_456_789,
        )

    return make


def test_the_summary_has_strategy_and_benchmark_side_by_side(outcome):
    text = "\n".join(summary_lines(outcome(), Path("configs/demo.yaml")))
    assert "strategy" in text.splitlines()[3]
    assert "buy and hold" in text.splitlines()[3]
    (line,) = [line for line in text.splitlines() if line.startswith("  Sharpe ratio")]
    assert line.split()[-2:] == ["0.31", "0.31"]
    (line,) = [line for line in text.splitlines() if line.startswith("  Starting cash")]
    assert line.split()[-4:] == ["100,000.00", "USD", "100,000.00", "USD"]


def test_the_summary_names_symbols_strategies_costs_time_memory_and_what_to_do_next(outcome):
    lines = list(summary_lines(outcome(), Path("configs/demo.yaml")))
    text = "\n".join(lines)
    for part in (
        "2024-01-02 00:00:00 UTC to 2024-01-03 06:00:00 UTC",
        "24 bars, run by the jumping engine",
        "BTC-USD",
        "momentum",
        "Slippage",
        "24.50 USD",
        "1.25 s: 1,234,567 bars/s",
        "123 MB",
        "Artifacts in runs/20240101-100000-demo",
        "logos backtest report 20240101-100000-demo",
        "logos backtest check --config configs/demo.yaml",
    ):
        assert part in text
    assert all(line == line.rstrip() for line in lines)


def test_an_undefined_figure_is_a_dash_and_the_documents_say_why(outcome):
    text = "\n".join(summary_lines(outcome(), None))
    (line,) = [line for line in text.splitlines() if line.startswith("  Calmar ratio")]
    assert line.split()[-2:] == ["-", "-"]
    assert "docs/METRICS.md" in text


def test_a_run_of_one_symbol_and_one_strategy_has_no_tables(outcome):
    one = outcome(by_symbol=[{"symbol": "SPY"}], by_strategy=[], benchmark=None)
    text = "\n".join(summary_lines(one, None))
    assert "net PnL" not in text
    assert "buy and hold" not in text


def test_a_slower_engine_says_why(outcome):
    text = "\n".join(summary_lines(outcome(note="strategy trend has no array form"), None))
    assert "run by the streaming engine; strategy trend has no array form" in text


def test_what_was_found_in_the_data_stands_in_the_summary(outcome):
    text = "\n".join(summary_lines(outcome(notes=["AAPL: a split?", "DEMO: gaps."]), None))
    assert "  Data: AAPL: a split?\n  Data: DEMO: gaps.\n" in text


@pytest.mark.parametrize("status", ["halted", "interrupted"])
def test_a_partial_run_says_so(outcome, capsys, status):
    cause = Cause(guard="drawdown", reason="fell too far", at=0)
    print_outcome(outcome(status, causes=(cause,) if status == "halted" else ()), config=None, as_json=False)
    text = capsys.readouterr().out
    assert f"Backtest 20240101-100000-demo: {status}" in text
    assert f"{status} before the end of its data" in text
    assert ("halted by drawdown: fell too far" in text) == (status == "halted")


def test_json_is_one_line_with_the_agreed_keys_first(outcome, capsys):
    made = outcome()
    print_outcome(made, config=None, as_json=True)
    (line,) = capsys.readouterr().out.splitlines()
    values = json.loads(line)
    assert list(values)[:3] == ["backtest_id", "path", "metrics"]
    assert list(values["metrics"])[: len(CONTRACT)] == CONTRACT
    assert values == as_object(made)
    assert (values["status"], values["engine"], values["peak_memory_bytes"]) == ("completed", "jumping", 123_456_789)


def test_progress_is_one_line():
    at = Progress(
        clock=0, bars=1_500, total_bars=3_000, orders=4, fills=3, equity=9_950, peak=10_000, decimals=2, currency="USD"
    )
    assert progress_text(at) == "1,500 bars  3 fills  equity 99.50 USD  drawdown 0.50 %"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--engine", "warp"], "there is no engine 'warp'"),
        (["--start", "soon"], "--start is 'soon', which is no time"),
        (["--report", "compare", "a", "b"], "options of a run stand before compare"),
        (["--config", "nowhere.yaml"], "nowhere.yaml does not exist"),
        (["compare", "a", "b"], "there is no backtest in"),
        (["report"], "there is no backtest in"),
    ],
)
def test_wrong_input_ends_with_2_and_says_what_is_wrong(workspace, capsys, monkeypatch, words, message):
    monkeypatch.setattr("logos.cli.backtest._load", _load_or_nothing)
    assert logos(["backtest", *words]) == 2
    assert message in capsys.readouterr().err


def _load_or_nothing(path, registry, workspace, tell):
    return load_session_config(path, registry, workspace=workspace) if path else None


def test_errors_of_a_run_are_json_on_request(workspace, capsys):
    assert logos(["backtest", "--config", "nowhere.yaml", "--json"]) == 2
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["error"]["kind"] == "config"


@attrs.frozen
class Config:
    """What ``windowed`` reads of a config."""

    backtest: BacktestWindow | None
    resolved: dict[str, Any]


@pytest.fixture
def window_config():
    """Return a function that returns a config with a window."""

    def make(start, end):
        if start is None and end is None:
            return Config(None, {"session": {}})
        window = BacktestWindow(**{name: at and parse_time(at) for name, at in (("start", start), ("end", end))})
        return Config(window, {"session": {}, "backtest": {"start": start, "end": end}})

    return make


def test_a_window_of_the_command_line_wins_over_the_configs(window_config):
    new = windowed(window_config("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"), "2024-01-15", "")
    assert (new.backtest.start, new.backtest.end) == tuple(
        map(parse_time, ("2024-01-15T00:00:00Z", "2024-02-01T00:00:00Z"))
    )
    assert new.resolved["backtest"] == {"start": "2024-01-15T00:00:00Z", "end": "2024-02-01T00:00:00Z"}
    assert list(new.resolved)[-1] == "backtest"


def test_no_window_leaves_the_config_alone(window_config):
    old = window_config(None, None)
    assert windowed(old, "", "") is old


def test_a_window_of_one_date_is_told_where_it_ends(window_config):
    with pytest.raises(InputError) as caught:
        windowed(window_config(None, None), "2024-02-01", "2024-02-01")
    assert "the day after the start" in caught.value.hint


@pytest.mark.parametrize("text", ["2024-03-10T12:00:00", "2024-03-10T12:00"])
def test_a_time_without_a_zone_is_told_so(window_config, text):
    with pytest.raises(InputError, match="has no time zone") as caught:
        windowed(window_config(None, None), text, "")
    assert f"{text}Z" in caught.value.hint


@pytest.mark.parametrize(("start", "end"), [("2024-02-01", "2024-02-01"), ("2024-02-02T00:00:00Z", "")])
def test_a_window_without_time_is_refused(window_config, start, end):
    with pytest.raises(InputError, match="is not before the end"):
        windowed(window_config(None, "2024-02-01T00:00:00Z"), start, end)
