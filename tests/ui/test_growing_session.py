"""A session that writes as fast as it can while a browser watches it: no error, and at the end what the files say."""

from __future__ import annotations

import csv
import io
import os
import re
import runpy
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from browsing import Window
from playwright.sync_api import expect
from stage import PROGRAM

CONFIG = """\
session: {name: fast, seed: 7}
instruments:
  ONE: {asset_class: crypto, tick: "0.0001", lot: "1", currency: USD}
feed: {plugin: replay, path: cache, symbols: [ONE]}
broker: {plugin: paper, cash: "100000", fees: {maker_bps: "10", taker_bps: "10"}}
strategies: [{plugin: sma_cross, params: {fast: 10, slow: 50}}]
allocator: {plugin: fixed_quantity, quantity: "2"}
guards:
  - {plugin: exposure, gross: "1.1", net: "1.1", per_symbol: "0.6"}
  - {plugin: drawdown, max: "0.90", daily: "0.25"}
"""
QUICK, LONG = 60_000, 4_500_000
"""Bars: some seconds of writing, and more than a minute of it."""


@pytest.fixture
def fast_workspace(tmp_path: Path, repository: Path) -> Callable[[int], Path]:
    """Return a function that makes a workspace with so many bars of one symbol, and a config for them."""

    def make(bars: int) -> Path:
        workspace = tmp_path / "workspace"
        (workspace / "cache" / "crypto").mkdir(parents=True)
        (workspace / "fast.yaml").write_text(CONFIG, encoding="utf-8")
        write = runpy.run_path(str(repository / "benchmarks" / "bars.py"))["write"]
        write(workspace / "cache" / "crypto" / "ONE-1m.csv", 7, bars)
        return workspace

    return make


@contextmanager
def trading(workspace: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run the session in a process of its own, from the moment on at which its folder is there."""
    process = subprocess.Popen(
        [str(PROGRAM), "trade", "--config", "fast.yaml"],
        cwd=workspace,
        env={**environment, "LOGOS_HOME": str(workspace)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while process.poll() is None and not (workspace / "runs" / "live" / "latest_session").exists():
            os.sched_yield()
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait()


def last_row(path: Path) -> dict[str, str]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))[-1]


def watch(window: Window, workspace: Path, environment: dict[str, str], without_problems: Callable[..., None]) -> int:
    """Watch a session to its end, go over other pages meanwhile, and compare; return how often the numbers moved."""
    with trading(workspace, environment) as process:
        window.open("live-monitor", refresh="2")
        tiles = window.page.locator(".logos-metrics").first
        seen, moved = "", 0
        while process.poll() is None:
            now = tiles.text_content()
            moved += now != seen
            seen = now or ""
            if moved == 3:
                window.go("overview")
                window.go("live-monitor")
            without_problems(window)
        assert process.returncode == 0
    session = (workspace / "runs" / "live" / "latest_session").resolve()
    account = last_row(session / "account.csv")
    fills = len((session / "trades.csv").read_text(encoding="utf-8").splitlines()) - 1
    expect(window.page.locator(".stMainBlockContainer")).to_contain_text("Completed")
    for text in (f"{Decimal(account[name]):,.2f}" for name in ("equity", "cash", "fees")):
        expect(tiles).to_contain_text(text)
    expect(tiles).to_contain_text(f"{fills:,} fills")
    without_problems(window)
    return moved


def test_the_numbers_at_the_end_are_those_of_the_files(
    fast_workspace: Callable[[int], Path],
    serve: Callable[..., Any],
    open_window: Callable[..., Window],
    offline_environment: dict[str, str],
    without_problems: Callable[..., None],
) -> None:
    workspace = fast_workspace(QUICK)
    with serve(workspace) as served:
        watch(open_window(served), workspace, offline_environment, without_problems)


@pytest.mark.long
def test_a_minute_of_a_session_at_full_speed_is_watched_without_an_error(
    fast_workspace: Callable[[int], Path],
    serve: Callable[..., Any],
    open_window: Callable[..., Window],
    offline_environment: dict[str, str],
    without_problems: Callable[..., None],
) -> None:
    workspace = fast_workspace(LONG)
    with serve(workspace) as served:
        assert watch(open_window(served), workspace, offline_environment, without_problems) > 5


def test_the_chosen_interval_is_how_often_a_running_session_is_asked_for(
    fast_workspace: Callable[[int], Path],
    serve: Callable[..., Any],
    open_window: Callable[..., Window],
    offline_environment: dict[str, str],
) -> None:
    workspace = fast_workspace(QUICK)
    with trading(workspace, offline_environment) as process, serve(workspace) as served:
        process.send_signal(signal.SIGSTOP)  # it goes on to hold its lock, and says that it runs
        window = open_window(served)
        window.open("live-monitor", refresh="2")
        expect(window.page.locator(".stMainBlockContainer")).to_contain_text("Running")
        refreshed(window)
        assert refreshed(window) >= 1
        window.page.locator(".st-key-live-refresh").get_by_role("radio", name="5 s").click()
        expect(window.page).to_have_url(re.compile("refresh=5"))
        window.settle()
        refreshed(window)
        assert refreshed(window) >= 4  # whole seconds are shown, so that one may be lost
        window.page.locator(".st-key-live-refresh").get_by_role("radio", name="Off").click()
        expect(window.page).to_have_url(re.compile("refresh=off"))


def refreshed(window: Window) -> int:
    """Wait until the panel says another time of its last refresh, and return how many seconds lie between them."""
    read = "() => [...document.querySelectorAll('.stMainBlockContainer')].map(one => one.innerText.match("
    read += (
        r"/Last refresh\s+[\d-]+ (\d+):(\d+):(\d+)/)).filter(Boolean).map(([, h, m, s]) => h * 3600 + m * 60 + +s)[0]"
    )
    before = window.page.evaluate(read)
    window.page.wait_for_function(f"before => ({read})() !== before", arg=before)
    return int((window.page.evaluate(read) - before) % 86_400)
