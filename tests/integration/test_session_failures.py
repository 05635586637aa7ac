"""Sessions that cannot start, and sessions that cannot go on: the exit code, the fault, and what is left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from logos.artifacts import schemas
from logos.cli.app import run
from logos.domain.errors import StorageError
from logos.live.disk import Disk
from logos.live.runner import Cadence


def closes(*prices: float) -> list[tuple[str, ...]]:
    """Return bars that stand still at these prices."""
    return [(*(f"{price:.2f}" for _ in range(4)), "1000") for price in prices]


# -- wrong input ---------------------------------------------------------------------------------------------------

HOLD = "{plugin: buy_and_hold, name: hold}"
GOOD = f"""
session: {{name: wrong, seed: 7}}
feed: {{plugin: replay, path: data/cache, symbols: [DEMO]}}
broker: {{plugin: paper, cash: "10000"}}
strategies: [{HOLD}]
allocator: {{plugin: fixed_quantity, quantity: "10"}}
guards: []
"""
WRONG: dict[str, tuple[str, str]] = {
    "unknown section": (GOOD + "sesion: {}\n", "sesion"),
    "unknown key": (GOOD.replace("cash:", "kash:"), "kash"),
    "float": (GOOD.replace('"10000"', "10000.5"), "broker.cash"),
    "unknown plugin": (GOOD.replace("buy_and_hold", "buy_and_fold"), "buy_and_hold"),
    "unknown symbol": (GOOD.replace("[DEMO]", "[DEMOO]"), "DEMO"),
    "no data": (GOOD.replace("[DEMO]", "[BTC-USD]"), "BTC-USD-1m"),
    "names twice": (GOOD.replace(HOLD, f"{HOLD}, {HOLD}"), "taken by"),
    "guard value": (GOOD.replace("guards: []", 'guards: [{plugin: max_notional, limit: "-1"}]'), "limit"),
    "not yaml": ("session: [", "line"),
}


@pytest.mark.parametrize(("text", "named"), WRONG.values(), ids=WRONG)
def test_a_wrong_config_ends_with_exit_code_2_names_the_fault_and_leaves_no_session(
    workspace, write_bars, capsys, text, named
) -> None:
    write_bars(workspace, GOOD, {"DEMO": closes(100, 100)})
    (workspace / "wrong.yaml").write_text(text, encoding="utf-8")
    assert run(["trade", "--config", "wrong.yaml"]) == 2
    assert named in capsys.readouterr().err
    assert not (workspace / "runs").exists() or list((workspace / "runs").rglob("*.csv")) == []


def test_a_bad_row_is_refused_with_file_and_line_and_exit_code_2(workspace, write_bars, capsys) -> None:
    bad = [*closes(100), ("100.00", "99.00", "98.00", "100.00", "1000")]
    write_bars(workspace, GOOD, {"DEMO": bad})
    (workspace / "good.yaml").write_text(GOOD, encoding="utf-8")
    assert run(["trade", "--config", "good.yaml"]) == 2
    assert "DEMO-1m.csv:3" in capsys.readouterr().err


def test_a_finished_and_a_halted_session_end_the_program_with_0_and_3(workspace, write_bars, capsys) -> None:
    write_bars(workspace, GOOD, {"DEMO": closes(100, 100)})
    (workspace / "good.yaml").write_text(GOOD, encoding="utf-8")
    assert run(["trade", "--config", "good.yaml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["status"] == "completed"
    (workspace / "runs/live/KILL").touch()
    assert run(["trade", "--config", "good.yaml", "--json"]) == 3
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (printed["status"], [cause["guard"] for cause in printed["halt_causes"]]) == ("halted", ["kill_switch"])


# -- a full disk ---------------------------------------------------------------------------------------------------


class FullDisk(Disk):
    """Has no room for one file once the session runs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_full = False

    def rename_folder(self, old: Path, new: Path) -> None:
        super().rename_folder(old, new)
        self.is_full = True

    def append(self, descriptor: int, data: bytes, path: Path) -> None:
        if self.is_full and self.name in path.name:
            raise StorageError(f"cannot write {path}: No space left on device")
        super().append(descriptor, data, path)


@pytest.mark.parametrize(
    "name", ["orders.csv", "trades.csv", "account.csv", "state.jsonl", "state.json.new", "session.md"]
)
def test_a_full_disk_ends_the_session_with_the_disks_own_error(workspace, start_session, name) -> None:
    text = GOOD.replace(HOLD, f"{HOLD}, {{plugin: mean_reversion, params: {{window: 2}}}}")
    bars = {"DEMO": closes(100, 100, 99, 99, 99)}
    with pytest.raises(StorageError, match="No space left on device"):
        start_session(workspace, text, bars, disk=FullDisk(name), cadence=Cadence(flush=0.0, snapshot=0.0))
    (folder,) = (workspace / "runs/live/sessions").iterdir()
    state = json.loads((folder / schemas.STATE_FILE).read_text(encoding="utf-8"))
    assert state["status"] == "running"
    assert (folder / schemas.JOURNAL_FILE).stat().st_size >= state["journal"]["length"]
