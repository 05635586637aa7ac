"""A guard from a distribution outside the namespace, installed as a wheel, acts in a session.

Collected by the nox session ``example`` alone, which installs that wheel.
"""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

CONFIG = """
session: {name: quiet, seed: 7}
feed: {plugin: replay, path: data/cache, symbols: [BTC-USD], interval: 1m}
broker: {plugin: paper, cash: "100000", currency: USD}
strategies:
  - {plugin: sma_cross, name: trend, symbols: [BTC-USD], params: {fast: 2, slow: 4}}
allocator: {plugin: equal_weight}
position_manager: {plugin: targets}
guards:
@GUARDS@
"""


@pytest.fixture
def day_of_bars(workspace: Path) -> None:
    """Write four hours of bars of a price that rises and falls every twenty minutes."""
    lines = ["timestamp,open,high,low,close,volume"]
    for minute in range(240):
        step = minute % 40
        price = 40_000 + 10 * (step if step < 20 else 40 - step)
        time = f"2024-01-01T{minute // 60:02}:{minute % 60:02}:00Z"
        lines.append(f"{time},{price}.00,{price + 5}.00,{price - 5}.00,{price}.00,1000")
    cache = workspace / "data" / "cache" / "crypto"
    cache.mkdir(parents=True)
    (cache / "BTC-USD-1m.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def trade(
    workspace: Path,
    day_of_bars: None,
    logos_cli: Callable[..., subprocess.CompletedProcess[str]],
) -> Callable[[str], tuple[dict, list[dict[str, str]]]]:
    """Return a function that runs a session with some guards, and returns its outcome and its orders."""

    def run(guards: str) -> tuple[dict, list[dict[str, str]]]:
        (workspace / "quiet.yaml").write_text(CONFIG.replace("@GUARDS@", guards), encoding="utf-8")
        done = logos_cli("trade", "--config", "quiet.yaml", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        outcome = json.loads(done.stdout.splitlines()[-1])
        with (workspace / outcome["path"] / "orders.csv").open(encoding="utf-8", newline="") as file:
            return outcome, list(csv.DictReader(file))

    return run


def test_the_guard_is_listed_with_its_distribution(logos_cli: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = logos_cli("plugins", "list", "--kind", "guard", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)["plugins"]}
    assert rows["quiet_hours"]["distribution"] == "logos-example-guard"
    assert rows["quiet_hours"]["state"] == "ready"


def test_the_guard_blocks_orders_in_its_hours_and_says_so(
    trade: Callable[[str], tuple[dict, list[dict[str, str]]]],
) -> None:
    outcome, orders = trade('  - {plugin: quiet_hours, start: "01:00", end: "03:00"}')
    blocked = [order for order in orders if order["status"] == "blocked"]
    assert outcome["blocked"] == len(blocked) > 0
    assert all("quiet_hours" in order["reason"] for order in blocked)
    assert all("01:00" <= order["created_at"][11:16] < "03:00" for order in blocked)
    assert {order["side"] for order in blocked} == {"buy"}
    assert {"00", "03"} <= {order["created_at"][11:13] for order in orders if order["status"] == "filled"}


def test_the_guard_does_not_act_where_no_config_names_it(
    trade: Callable[[str], tuple[dict, list[dict[str, str]]]],
) -> None:
    outcome, orders = trade('  - {plugin: max_notional, limit: "1000000"}')
    assert outcome["blocked"] == 0
    assert {order["status"] for order in orders} == {"filled"}


def test_wrong_keys_of_the_guard_are_refused_with_their_place(
    workspace: Path,
    day_of_bars: None,
    logos_cli: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    guards = '  - {plugin: quiet_hours, start: "25:00", end: "03:00", stop: "04:00"}'
    (workspace / "quiet.yaml").write_text(CONFIG.replace("@GUARDS@", guards), encoding="utf-8")
    done = logos_cli("trade", "--config", "quiet.yaml", "--json")
    assert done.returncode == 2
    problems = json.loads(done.stdout.splitlines()[-1])["error"]["problems"]
    assert {problem["path"].rpartition("].")[0] for problem in problems} == {"guards[0"}
    assert {problem["line"] for problem in problems} == {10}
