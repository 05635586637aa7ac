"""A session whose feed and broker are one exchange on loopback: really killed, resumed, replayed without it.

Run as a program, this file is the session that is killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from logos.config.session import load_session_config
from logos.context.clock import SystemClock
from logos.live.launch import start
from logos.live.resume import resume
from logos.live.runner import Cadence
from logos.live.setup import Setup
from logos.plugins.registry import load_registry

FAST = 400.0
KILL_AT, PAUSE_AT = 12, 30
"""Slices in the account's table."""

CONFIG = """\
session: {{name: polled-dry, seed: 7}}
feed: {{plugin: ccxt, exchange: binance, base_url: "{address}", symbols: [BTC-USD], timeout: 30m, patience: 6h}}
broker: {{plugin: ccxt, exchange: binance, base_url: "{address}", cash: "100000"}}
strategies: [{{plugin: sma_cross, params: {{fast: 2, slow: 5}}}}]
"""


class SharedClock:
    """The time of one world in two processes: how it passes stands in a file."""

    def __init__(self, course: Path) -> None:
        self._course = course
        self._machine = SystemClock()

    def begin(self, now: float) -> None:
        """Stand at a time, and run at the machine's pace."""
        self._write(now, 1.0)

    def run_at(self, speed: float) -> None:
        """Run so many times as fast as the machine's clock from now on."""
        self._write(self(), speed)

    def _write(self, now: float, speed: float) -> None:
        partial = self._course.with_suffix(".new")
        partial.write_text(json.dumps([now, self._machine.monotonic(), speed]))
        partial.replace(self._course)

    def __call__(self) -> float:
        now, since, speed = json.loads(self._course.read_text())
        return now + (self._machine.monotonic() - since) * speed

    def now(self) -> int:
        return int(self())

    def monotonic(self) -> float:
        return self()

    def sleep(self, seconds: float) -> None:
        self._machine.sleep(seconds / json.loads(self._course.read_text())[2])


def trade(course: str, folder: str) -> int:
    """Run the session, or go on with it; once it has taken enough slices, it interrupts itself."""
    workspace, clock = Path.cwd(), SharedClock(Path(course))
    begun = interrupted = False

    def look(session) -> None:
        nonlocal begun, interrupted
        if not begun:
            begun = True
            clock.run_at(FAST)
        if session.counts.slices >= PAUSE_AT and not interrupted:
            interrupted = True
            os.kill(os.getpid(), signal.SIGINT)

    cadence = Cadence(flush=0, snapshot=1e9)
    setup = Setup(workspace=workspace, registry=load_registry(), clock=clock, cadence=cadence, progress=look)
    if folder:
        return resume(setup, setup.sessions / folder).exit_code
    return start(setup, load_session_config(workspace / "session.yaml", setup.registry, workspace=workspace)).exit_code


@pytest.fixture
def exchange(venues, tmp_path, workspace):
    """Return an exchange with a market that wanders, the clock of its world, and the clock's file."""
    pytest.importorskip("ccxt", reason="the extra ccxt is not installed")
    course = tmp_path / "course.json"
    clock = SharedClock(course)
    clock.begin(venues.start + 7_201)
    venue = venues.binance(clock)
    venue.serve("BTC/USD", venues.walk("BTC/USD", 400, price="6000.00"))
    (workspace / "session.yaml").write_text(CONFIG.format(address=venue.url), encoding="utf-8")
    return venue, clock, course


@pytest.fixture
def program(workspace, offline_environment, exchange):
    """Return a function that begins the session in a process of its own, or goes on with it."""
    venue, _, course = exchange
    keys = {"BINANCE_API_KEY": venue.right, "BINANCE_API_SECRET": venue.secret, "LOGOS_HOME": str(workspace)}
    begun = []

    def begin(folder=""):
        command = [sys.executable, __file__, str(course), folder]
        process = subprocess.Popen(command, cwd=workspace, env={**offline_environment, **keys}, stderr=subprocess.PIPE)
        begun.append(process)
        return process

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def lines_of(path):
    try:
        return path.read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


def test_a_session_fed_and_judged_by_one_exchange_is_killed_resumed_and_repeated_without_it(
    logos_cli, workspace, exchange, program
):
    venue, clock, _ = exchange
    sessions, machine = workspace / "runs" / "live" / "sessions", SystemClock()
    process = program()
    while not (account := next(sessions.glob("[!.]*/account.csv"), None)) or lines_of(account) <= KILL_AT:
        assert process.poll() is None, process.stderr.read()
        machine.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    folder = account.parent
    shown = Counter(event["order_id"] for event in events(folder) if event["type"] == "venue_request")
    assert shown, "it was to be killed with orders behind its snapshot"

    clock.run_at(1.0)
    process = program(folder.name)
    assert process.wait(timeout=60) == 3, process.stderr.read()
    venue.close()

    told = events(folder)
    intents = Counter(event["order_id"] for event in told if event["type"] == "intent")
    shown = Counter(event["order_id"] for event in told if event["type"] == "venue_request")
    assert shown == intents == Counter(range(1, len(intents) + 1))
    assert sum(event["type"] == "fill" for event in told) > 3
    kinds = [event["type"] for event in told if event["type"] in {"survey", "reconciled", "lost_intent"}]
    assert kinds == ["survey", "reconciled"] * 2
    *_, again = (event for event in told if event["type"] == "reconciled")
    assert again["counts"]["written ahead"] >= 1, "the exchange was asked for what had been written down"
    assert venue.taken == []
    for command in (("replay", "--verify"), ("audit",), ("rehearse", "crash", "--sample", "3")):
        done = logos_cli(*command, folder.name)
        assert done.returncode == 0, done.stdout + done.stderr


def events(folder):
    lines = (folder / "state.jsonl").read_bytes().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith(b"}\n")]


if __name__ == "__main__":
    sys.exit(trade(*sys.argv[1:]))
