"""A dry-run session that is really killed, resumed and played again: the real ccxt at an exchange on loopback."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from logos.context.clock import SystemClock

TABLES = ("orders.csv", "trades.csv", "positions.csv", "account.csv", "decisions.csv")

CONFIG = """\
session: {{name: dry, seed: 7}}
feed: {{plugin: replay, path: bundled, symbols: [BTC-USD]}}
broker:
  plugin: ccxt
  exchange: binance
  base_url: "{address}"
  cash: "100000"
strategies:
  - {{plugin: sma_cross, name: trend, symbols: [BTC-USD], params: {{fast: 10, slow: 60}}}}
guards: [{{plugin: max_notional, limit: "200000"}}]
"""

PROGRAM = """\
import functools
import os
import signal
import sys

from logos.live import outside_recorder, runner, setup

setup.Setup = functools.partial(setup.Setup, cadence=runner.Cadence(flush=0.004, snapshot=0.05))
intended, left = outside_recorder.OutsideRecorder.intended, [{number}]

def dying(recorder, order):
    intended(recorder, order)
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)

outside_recorder.OutsideRecorder.intended = dying
from _logos_boot import main

sys.exit(main())
"""
"""Runs the command line, killed for good where the intent of an order has just become safe."""

ASKING = """\
import sys

from logos.brokers import dry_run

dry_run.FIRST_WAIT = dry_run.LONGEST_WAIT = 0.0
from _logos_boot import main

sys.exit(main())
"""
"""Runs the command line; an order of unknown outcome is asked for at every bar."""


@pytest.fixture
def exchange(venues, workspace):
    """Start an exchange, and write the config and the key of a session that trades there."""
    pytest.importorskip("ccxt", reason="the extra ccxt is not installed")
    venue = venues.binance(SystemClock().now)
    venue.serve("BTC/USD", venues.walk("BTC/USD", 5))
    (workspace / "session.yaml").write_text(CONFIG.format(address=venue.url), encoding="utf-8")
    (workspace / ".env").write_text(
        f"BINANCE_API_KEY={venue.right}\nBINANCE_API_SECRET={venue.secret}\n", encoding="utf-8"
    )
    return venue


@pytest.fixture
def program(workspace, offline_environment):
    """Return what runs a program in a process of its own."""

    def run(text, *arguments):
        return subprocess.run(
            [sys.executable, "-c", text, *arguments],
            cwd=workspace,
            env={**offline_environment, "LOGOS_HOME": str(workspace)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


@pytest.fixture
def killed_at(program):
    """Return what runs the program until the intent of an order is safe, and kills it there."""

    def run(number, *arguments):
        done = program(PROGRAM.format(number=number), *arguments)
        assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr

    return run


def events(folder, *kinds):
    lines = (folder / "state.jsonl").read_text(encoding="utf-8").splitlines()
    return [one for one in map(json.loads, lines) if one["type"] in kinds]


def latest(workspace):
    return (workspace / "runs" / "live" / "latest_session").resolve()


def test_a_killed_dry_run_ends_as_if_nobody_had_touched_it(logos_cli, workspace, exchange, killed_at) -> None:
    done = logos_cli("trade", "--config", "session.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    whole = latest(workspace)
    orders = len(events(whole, "intent"))
    assert orders > 15

    killed_at(4, "trade", "--config", "session.yaml")
    killed_at(6, "trade", "--resume", "latest")
    resumed = logos_cli("trade", "--resume", "latest")
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr

    folder = latest(workspace)
    assert folder != whole
    for name in TABLES:
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name
    assert [one["order_id"] for one in events(folder, "venue_request")] == list(range(1, orders + 1))
    names = [one["client_order_id"] for one in events(folder, "intent")]
    assert len(set(names)) == orders
    assert len(events(folder, "survey")) == 3
    assert exchange.taken == []
    looked_for = [one for one in exchange.requests if any(name in f"{one.path} {one.query}" for name in names)]
    assert looked_for, "no order was ever looked for by its client order id"

    (workspace / ".env").unlink()
    before = exchange.connections
    verified = logos_cli("replay", folder.name, "--verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert exchange.connections == before
    audited = logos_cli("audit", folder.name)
    assert audited.returncode == 0, audited.stdout + audited.stderr


def test_an_exchange_that_does_not_answer_keeps_a_session_from_going_on(
    logos_cli, workspace, exchange, killed_at
) -> None:
    killed_at(4, "trade", "--config", "session.yaml")
    folder = latest(workspace)
    state = (folder / "state.json").read_bytes()
    exchange.revoke()
    refused = logos_cli("trade", "--resume", "latest")
    assert refused.returncode == 2, refused.stdout + refused.stderr
    assert "-2015" in refused.stderr
    assert (folder / "state.json").read_bytes() == state
    assert not list(folder.glob("*.new"))


def test_a_backtest_of_the_same_config_connects_to_nothing(logos_cli, workspace, exchange) -> None:
    done = logos_cli("backtest", "--config", "session.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert exchange.connections == 0
    (journal,) = (workspace / "runs").glob("*/state.jsonl")
    assert "venue_request" not in journal.read_text(encoding="utf-8")
    header = (journal.parent / "orders.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.endswith(",reason")


def test_an_order_that_the_exchange_says_nothing_of_stays_unknown_and_is_so_again_in_a_replay(
    logos_cli, workspace, exchange, killed_at
) -> None:
    killed_at(4, "trade", "--config", "session.yaml")
    exchange.answer("/api/v3/order", {"code": -9999, "msg": "who knows"}, 400)
    resumed = logos_cli("trade", "--resume", "latest")
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    folder = latest(workspace)
    doubts = events(folder, "unknown")
    assert doubts
    assert ",unknown," in (folder / "orders.csv").read_text(encoding="utf-8")
    assert "is of unknown outcome" in (folder / "session.md").read_text(encoding="utf-8")
    assert json.loads((folder / "state.json").read_bytes())["broker"]["unsettled"]
    (workspace / ".env").unlink()
    verified = logos_cli("replay", folder.name, "--verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_an_order_that_was_no_longer_wanted_when_the_exchange_could_say_of_it_is_neither_shown_nor_filled(
    logos_cli, workspace, exchange, killed_at, program
) -> None:
    killed_at(4, "trade", "--config", "session.yaml")
    exchange.misbehave("banned", 400, path="/api/v3/order", retry_after="3600")
    resumed = program(ASKING, "trade", "--resume", "latest")
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    folder = latest(workspace)
    doubts = {one["order_id"]: one["ts"] for one in events(folder, "unknown")}
    assert doubts
    ended = {one["order_id"]: one for one in events(folder, "cancelled")}
    assert set(doubts) <= set(ended)
    assert {ended[number]["reason"] for number in doubts} == {"target changed"}
    assert all(ended[number]["ts"] > at for number, at in doubts.items())
    later = events(folder, "venue_request", "accepted", "fill")
    assert not [one for one in later if one["order_id"] in doubts]
    assert max(one["order_id"] for one in later) > max(doubts), "the session did not go on"
    (workspace / ".env").unlink()
    verified = logos_cli("replay", folder.name, "--verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    audited = logos_cli("audit", folder.name)
    assert audited.returncode == 0, audited.stdout + audited.stderr
