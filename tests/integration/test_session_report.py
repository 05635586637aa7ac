"""``session.md`` of real sessions says what the tables beside it say, however the session stopped."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from logos import paths
from logos.config.session import load_session_config
from logos.live.launch import start
from logos.live.resume import resume
from logos.live.runner import Cadence
from logos.live.setup import Setup
from logos.live.watch import Watch

CONFIG = """
session: {name: report, flatten: true}
feed: {plugin: replay, path: bundled, symbols: [BTC-USD, DEMO]}
broker: {fees: {taker_bps: "10"}, max_volume_share: "0.02"}
strategies: [{plugin: sma_cross}, {plugin: buy_and_hold}]
guards:
  - {plugin: max_notional, limit: "LIMIT"}
  - {plugin: drawdown, max: "FALL", daily: "FALL"}
  - {plugin: order_rate, max: 2, per: 1h}
  - {plugin: drawdown, max: "0.5"}
"""
HALTING = CONFIG.replace("LIMIT", "23760").replace("FALL", "0.005")
QUIET = CONFIG.replace("LIMIT", "99999").replace("FALL", "0.5")
BLOCKING = CONFIG.replace("LIMIT", "10").replace("FALL", "0.5")


@pytest.fixture(autouse=True)
def no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logos.artifacts.plots.draw_equity", lambda _csv, out, **_rest: out.write_bytes(b"picture"))


@pytest.fixture
def run(registry, workspace):
    """Return a function that runs a session and returns its folder."""

    def run(text: str, **surroundings) -> Path:
        config = load_session_config(text, registry, workspace=workspace, default_seed=paths.env_seed())
        return workspace / start(Setup(workspace=workspace, registry=registry, **surroundings), config).path

    return run


@pytest.fixture
def clear(registry, workspace):
    """Return a function that clears a session's halt and goes on."""

    def clear(folder: Path) -> None:
        resume(Setup(workspace=workspace, registry=registry), folder, clear_halt=True)

    return clear


def summary_of(folder: Path) -> str:
    return (folder / "session.md").read_text(encoding="utf-8")


def table_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def steps_of(text: str) -> list[tuple[int, str, int]]:
    """Return the steps of the printed funnel: depth, name, number."""
    block = text.partition("```text\n")[2].partition("```")[0]
    found = [re.fullmatch(r"( *)(.+?) +([\d,]+)", line) for line in block.splitlines() if line]
    return [(len(one[1]) // 2, one[2], int(one[3].replace(",", ""))) for one in found if one]


def check_funnel(folder: Path) -> dict[str, int]:
    """Hold the printed funnel against the tables; return its steps, the last of each name."""
    text = summary_of(folder)
    steps = steps_of(text)
    for place, (depth, name, count) in enumerate(steps):
        rest = steps[place + 1 :]
        end = next((at for at, (other, *_) in enumerate(rest) if other <= depth), len(rest))
        below = [part for other, _, part in rest[:end] if other == depth + 1]
        assert not below or sum(below) == count, name
    found = {name: count for _, name, count in steps}
    decisions = Counter(row["outcome"] for row in table_of(folder, "decisions.csv"))
    orders = table_of(folder, "orders.csv")
    statuses = Counter(row["status"] for row in orders)
    cut = [row for row in orders if row["status"] == "cancelled" and float(row["filled_quantity"])]
    assert found["signals answered"] == decisions.total()
    assert found["refused by the session"] == decisions["refused"]
    assert found.get("nothing to trade", 0) == decisions["unchanged"]
    assert found["became intents"] == decisions["ordered"] + decisions["blocked"]
    assert found["intents"] == len(orders)
    assert found["blocked by guards"] == statuses["blocked"] == decisions["blocked"]
    assert found.get("to close positions after a halt", 0) == len(orders) - decisions["ordered"] - decisions["blocked"]
    assert found["filled"] == statuses["filled"]
    assert found.get("cancelled after a partial fill", 0) == len(cut)
    assert f"{len(table_of(folder, 'trades.csv')):,} fills in `trades.csv`" in text
    return found


def test_a_quiet_session_says_so(run) -> None:
    folder = run(QUIET.replace("max: 2, per: 1h", "max: 200, per: 1h"))
    found = check_funnel(folder)
    text = summary_of(folder)
    assert found["filled"] > 50
    assert "No guard blocked an order, and none halted the session." in text
    assert "there is nothing to resume" in text


def test_a_halted_session_tells_every_halt_and_every_block(run, clear) -> None:
    folder = run(HALTING)
    clear(folder)
    found = check_funnel(folder)
    text = summary_of(folder)
    halts = [line for line in text.splitlines() if re.match(r"\| drawdown +\| halted ", line)]
    assert len(halts) == 2
    assert found["to close positions after a halt"] > 0
    (row,) = [line for line in text.splitlines() if line.startswith("| drawdown ") and "max 0.005" in line]
    assert [cell.strip() for cell in row.split("|")[4:7]] == ["0", "2", "1"]
    (other,) = [line for line in text.splitlines() if line.startswith("| drawdown ") and "max 0.5" in line]
    assert [cell.strip() for cell in other.split("|")[4:7]] == ["above"] * 3
    for line in halts:
        reason = line.split("|")[5].strip().rstrip()
        assert reason in (folder / "state.jsonl").read_text(encoding="utf-8")
    assert f"--resume {folder.name} --clear-halt" in text


def test_a_guard_that_blocks_everything_is_told_by_its_first_and_last_causes(run) -> None:
    folder = run(BLOCKING)
    check_funnel(folder)
    blocked = [row for row in table_of(folder, "orders.csv") if "max_notional" in row["reason"]]
    lines = [line for line in summary_of(folder).splitlines() if re.match(r"\| max_notional +\| blocked ", line)]
    numbers = [line.split("|")[4].strip() for line in lines]
    assert numbers == [*[row["order_id"] for row in blocked[:10]], "...", blocked[-1]["order_id"]]
    assert f"max_notional blocked {len(blocked)} times: all causes stand in `orders.csv`" in summary_of(folder)
    said = json.loads((folder / "state.json").read_bytes())["tally"]["blocks"]["max_notional"]
    assert (said["count"], len(said["first"])) == (len(blocked), 10)


def test_a_paused_session_counts_its_working_orders(run) -> None:
    watches: list[Watch] = []

    def watch(*arguments) -> Watch:
        watches.append(Watch(*arguments))
        return watches[0]

    def pause(session) -> None:
        watches[0].pause = bool(session.orders.by_id) and session.counts.fills > 20

    folder = run(QUIET, watch=watch, progress=pause, cadence=Cadence(flush=0.0))
    text = summary_of(folder)
    assert "| paused, exit code 3" in text
    assert check_funnel(folder)["still working"] > 0
    assert f"logos trade --resume {folder.name}\n" in text


def test_a_session_that_the_kill_file_stopped_at_once_has_an_empty_funnel(run, workspace) -> None:
    (workspace / "runs/live").mkdir(parents=True)
    (workspace / "runs/live/KILL").touch()
    folder = run(QUIET)
    text = summary_of(folder)
    assert set(check_funnel(folder).values()) == {0}
    assert re.search(r"\| kill_switch +\| not in the config +\| +\| +0 \| +1 \| +0 \|", text)
    assert "No signal was answered." in text


@pytest.mark.parametrize("text", [QUIET, HALTING, BLOCKING], ids=["quiet", "halting", "blocking"])
def test_the_summary_is_valid_markdown_with_aligned_tables(run, text) -> None:
    summary = summary_of(run(text))
    blocks = [block for block in summary.split("\n\n") if block.startswith("|")]
    assert all(len({len(line) for line in block.splitlines()}) == 1 for block in blocks)
    html = MarkdownIt("commonmark").enable("table").render(summary)
    assert html.count("<table>") == len(blocks)
