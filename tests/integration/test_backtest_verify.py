"""``logos backtest verify``: what it agrees with, and every kind of change that it finds."""

from __future__ import annotations

import json
import signal

import pytest

from logos.backtest.folder import RunFolder
from logos.cli.app import run as logos

CONFIG = """
session: {name: demo, seed: 7}
feed: {plugin: replay, path: bundled, symbols: [DEMO]}
backtest: {start: "2024-03-08T00:00:00Z", end: "2024-03-09T12:00:00Z"}
broker: {plugin: paper, cash: "100000", fees: {maker_bps: "2", taker_bps: "10"}, slippage_bps: "1"}
strategies:
  - {plugin: sma_cross, name: trend, params: {fast: 20, slow: 80}}
"""


@pytest.fixture
def run(workspace, capsys):
    """Return a function that runs the program in this process: its exit code, and what it printed as JSON."""
    (workspace / "demo.yaml").write_text(CONFIG)

    def call(*words):
        code = logos([*words, "--json"])
        return code, json.loads(capsys.readouterr().out.splitlines()[-1])

    return call


@pytest.fixture
def folder(run, workspace):
    """Return the folder of a run."""
    _, printed = run("backtest", "-c", "demo.yaml")
    return workspace / printed["path"]


def interrupt(monkeypatch):
    """Let a signal come just before the first bar."""
    lay_out = RunFolder.lay_out

    def interrupted(folder, first_open):
        signal.raise_signal(signal.SIGINT)
        return lay_out(folder, first_open)

    monkeypatch.setattr(RunFolder, "lay_out", interrupted)


def faults(printed):
    return {check["name"]: check["fault"] for check in printed["checks"] if not check["agrees"]}


def test_an_untouched_run_agrees_and_verifying_leaves_nothing_behind(run, workspace, folder):
    before = {path: path.read_bytes() for path in workspace.rglob("*") if path.is_file()}
    code, printed = run("backtest", "verify", folder.name)
    assert (code, printed["agrees"], printed["notes"]) == (0, True, [])
    assert printed["not_compared"] == ["equity.png", "logs/"]
    names = [check["name"] for check in printed["checks"]]
    assert names[:4] == ["journal's chain", "config", "bars", "metrics.json"]
    assert {"trades.csv", "orders.csv", "decisions.csv", "equity.csv", "benchmark.csv", "quarantine.csv"} < set(names)
    assert all(check["records"] for check in printed["checks"])
    assert {path: path.read_bytes() for path in workspace.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "name",
    ["metrics.json", "trades.csv", "orders.csv", "decisions.csv", "equity.csv", "benchmark.csv", "quarantine.csv"],
)
def test_an_edited_file_is_named_with_its_first_line(run, folder, name):
    lines = (folder / name).read_text().splitlines(keepends=True)
    place = len(lines) // 2
    lines[place] = lines[place].replace("0", "9").replace("e", "x")
    (folder / name).write_text("".join(lines))
    code, printed = run("backtest", "verify", folder.name)
    assert code == 4
    (fault,) = faults(printed).values()
    assert fault.startswith(f"{name} line {place + 1} is ")


@pytest.mark.parametrize("change", ["edited", "missing"])
def test_a_broken_chain_is_found(run, folder, change):
    journal = folder / "state.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    lines[3:4] = [lines[3].replace('"type"', '"tyqe"')] if change == "edited" else []
    journal.write_text("".join(lines))
    code, printed = run("backtest", "verify", folder.name)
    assert code == 4
    assert list(faults(printed)) == ["journal's chain"]
    assert "state.jsonl line 4" in faults(printed)["journal's chain"]
    assert "not run again" in printed["notes"][0]


def test_a_journal_cut_off_at_its_end_is_found_although_its_chain_is_whole(run, folder):
    journal = folder / "state.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:-1]))
    code, printed = run("backtest", "verify", folder.name)
    assert (code, faults(printed)) == (4, {"journal's events": f"state.jsonl line {len(lines)}: it is missing"})


def test_an_edited_config_is_found_and_not_run(run, folder):
    config = folder / "config.yaml"
    config.write_text(config.read_text() + "\n")
    code, printed = run("backtest", "verify", folder.name)
    assert (code, list(faults(printed))) == (4, ["config"])
    assert "not run again" in printed["notes"][0]


def test_of_an_interrupted_run_only_chain_and_config_are_checked(run, monkeypatch):
    interrupt(monkeypatch)
    _, stopped = run("backtest", "-c", "demo.yaml")
    assert stopped["status"] == "interrupted"
    code, printed = run("backtest", "verify", stopped["backtest_id"])
    assert (code, [check["name"] for check in printed["checks"]]) == (0, ["journal's chain", "config"])
    assert "interrupted" in printed["notes"][0]


def test_an_interrupted_verification_is_no_difference(run, folder, monkeypatch):
    interrupt(monkeypatch)
    code, printed = run("backtest", "verify", folder.name)
    assert (code, printed["error"]["kind"]) == (130, "interrupted")


def test_people_get_a_table_and_the_first_difference(folder, capsys):
    trades = folder / "trades.csv"
    trades.write_text(trades.read_text() + "more\n")
    capsys.readouterr()
    assert logos(["backtest", "verify"]) == 4
    text = capsys.readouterr().out
    assert "DISAGREES" in text
    assert "is 'more', and not there when run again" in text


@pytest.mark.parametrize("command", ["audit", "replay"])
def test_what_checks_sessions_says_what_checks_a_backtest(run, folder, command):
    for name in (folder.name, folder.name[:15]):
        code, printed = run(command, name)
        assert (code, printed["error"]["kind"]) == (2, "input")
        assert f"logos backtest verify {folder.name}" in printed["error"]["message"]
