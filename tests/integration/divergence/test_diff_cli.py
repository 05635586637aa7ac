"""``logos diff`` as it is typed: which runs it finds, what it prints, and its exit codes."""

from __future__ import annotations

import json

import pytest

from logos.cli.app import run as logos

CONFIG = """
session: {{name: pair, seed: 7}}
feed: {{plugin: replay, path: data/cache, symbols: [DEMO]}}
broker: {{plugin: paper, cash: "10000", fees: {{taker_bps: "{fee}"}}}}
strategies: [{{plugin: sma_cross, name: cross, params: {{fast: 2, slow: 4}}}}]
allocator: {{plugin: fixed_quantity, quantity: "10"}}
"""
PRICES = (100, 101, 103, 102, 99, 97, 98, 102, 105, 104, 101, 96, 95, 99, 104)


def bars(prices):
    return {"DEMO": [(*[f"{price}.00"] * 4, "1000") for price in prices]}


@pytest.fixture
def two(workspace, start_session, monkeypatch):
    """Return a function that runs two sessions, the second with another fee or other bars."""
    monkeypatch.setattr("logos.artifacts.plots.draw_equity", lambda _csv, out, **_rest: out.write_bytes(b"picture"))

    def run(fee="10", prices=PRICES):
        start_session(workspace, CONFIG.format(fee="10"), bars(PRICES), session_id="one")
        start_session(workspace, CONFIG.format(fee=fee), bars(prices), session_id="two")

    return run


def test_equal_sessions_are_one_line(two, capsys) -> None:
    two()
    assert logos(["diff", "one", "two"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("No difference: 15 slices, ")
    assert out.count("\n") == 1


def test_a_difference_is_a_block_and_exit_code_4(two, capsys) -> None:
    two(fee="20")
    assert logos(["diff", "one", "latest"]) == 4
    out = capsys.readouterr().out
    for line in (
        "First difference: config\n",
        "  Event       fill, order 1, cross\n",
        "  Field       fee\n",
        "  Because     broker.fees.taker_bps is 10 in A and 20 in B\n",
        "  Next        Run both with one of the two values, and compare again\n",
    ):
        assert line in out
    listed = [line.split()[0] for line in out.splitlines() if line.startswith("  2024")]
    assert len(listed) == 3


def test_json_has_everything_on_one_line(two, capsys) -> None:
    two(fee="20")
    assert logos(["diff", "one", "two", "--json"]) == 4
    told = json.loads(capsys.readouterr().out)
    assert (told["agrees"], told["cause"], told["difference"]["field"]) == (False, "config", "fee")
    assert (told["a"]["id"], told["b"]["kind"]) == ("one", "session")
    assert [line["a"] == line["b"] for line in told["events"]] == [True, True, False]


def test_a_session_is_compared_with_a_backtest_made_now_and_with_one_in_runs(two, workspace, capsys) -> None:
    two()
    assert logos(["diff", "one", "--backtest"]) == 0
    assert not list((workspace / "runs").glob("2*"))
    (workspace / "session.yaml").write_text(CONFIG.format(fee="10"))
    assert logos(["backtest", "--config", "session.yaml"]) == 0
    (backtest,) = (workspace / "runs").glob("2*")
    capsys.readouterr()
    for name in (backtest.name, backtest.name[:8], f"runs/{backtest.name}", str(backtest)):
        assert logos(["diff", "two", name]) == 0
        assert capsys.readouterr().out.startswith("No difference: 15 slices, ")


def test_bars_that_were_overwritten_are_told_by_their_first_trace(two, workspace, capsys) -> None:
    two(prices=(*PRICES[:9], 103, *PRICES[10:]))
    assert logos(["diff", "one", "two", "--json"]) == 4
    told = json.loads(capsys.readouterr().out)
    assert told["cause"] == "data revised"
    assert not told["difference"]["exact"]
    assert any("no longer those that it ran on" in text for text in told["evidence"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["one"], "one other run is needed"),
        (["one", "two", "--backtest"], "one other run is needed"),
        (["one", "three"], "there is no session 'three'"),
        (["one", "runs/nowhere"], "there is no session 'runs/nowhere'"),
    ],
)
def test_wrong_input_is_exit_code_2(two, capsys, words, message) -> None:
    two()
    assert logos(["diff", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_damaged_journal_is_exit_code_4_and_named(two, workspace, capsys) -> None:
    two()
    path = workspace / "runs/live/sessions/two/state.jsonl"
    path.write_text(path.read_text().replace('"buy"', '"bye"', 1))
    assert logos(["diff", "one", "two"]) == 4
    assert "state.jsonl line" in capsys.readouterr().err
