"""A workspace to look at, made by the program itself: sessions, backtests, a portfolio and a lesson, all really run.

The pictures of ``docs/DASHBOARD.md``, the tests in the real browser and the benchmark stand on it. Everything is small:
bundled bars, a few thousand of them, seconds for each run.
"""
# ruff: noqa: INP001 -- scripts that stand beside one another, not a package

from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path

PROGRAM = Path(sysconfig.get_path("scripts")) / "logos"

STEADY = """\
session: {name: steady, seed: 7}
feed: {plugin: replay, path: bundled, symbols: [BTC-USD, EUR-USD], interval: 1m}
broker: {plugin: paper, cash: "100000", fees: {maker_bps: "1", taker_bps: "2"}, slippage_bps: "1"}
strategies: [{plugin: sma_cross, name: trend, params: {fast: 240, slow: 960}}]
allocator: {plugin: equal_weight, invest: "0.9"}
"""
HALTING = """\
session: {name: halting, seed: 7}
feed: {plugin: replay, path: bundled, symbols: [BTC-USD, DEMO, EUR-USD], interval: 1m}
broker: {plugin: paper, cash: "100000", fees: {maker_bps: "2", taker_bps: "10"}, slippage_bps: "1"}
strategies: [{plugin: sma_cross, name: trend, params: {fast: 60, slow: 240}}]
allocator: {plugin: equal_weight, invest: "0.95"}
guards:
  - {plugin: max_notional, limit: "60000"}
  - {plugin: exposure, gross: "1.1", net: "1.1", per_symbol: "0.6"}
  - {plugin: drawdown, max: "0.01", daily: "0.01"}
  - {plugin: kill_switch, file: runs/live/KILL}
"""
PORTFOLIO = """\
session: {name: three, seed: 7}
feed: {plugin: replay, path: bundled, symbols: [BTC-USD, DEMO, EUR-USD], interval: 1m}
broker: {plugin: paper, cash: "100000", fees: {maker_bps: "1", taker_bps: "1"}, slippage_bps: "1"}
portfolio:
  interval: 1h
  lookback: 24
  rebalance: day_end
  allocator: {plugin: hrp}
  constraints: {max_weight: "0.6", band: "0.005", min_trade: "100"}
  benchmarks: [equal_weight, inverse_volatility]
"""
CONFIGS = {"steady": STEADY, "halting": HALTING, "three": PORTFOLIO}

HALTED = 3
"""The exit code of a session that a guard halted."""

COMMANDS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (HALTED, ("trade", "--config", "configs/halting.yaml")),
    (0, ("backtest",)),
    (0, ("backtest", "--config", "configs/steady.yaml")),
    (0, ("portfolio", "backtest", "--config", "configs/three.yaml")),
    (0, ("lessons", "run", "first_session")),
    (0, ("trade", "--fixtures")),
)
"""What is run, in this order, each with the exit code that it ends with. The last session is the latest one."""


def make(workspace: Path, environment: Mapping[str, str]) -> None:
    """Fill a workspace.

    Parameters
    ----------
    environment:
        Of the commands; LOGOS_HOME is set to the workspace.
    """
    configs = workspace / "configs"
    configs.mkdir(parents=True, exist_ok=True)
    for name, text in CONFIGS.items():
        (configs / f"{name}.yaml").write_text(text, encoding="utf-8")
    for code, arguments in COMMANDS:
        logos(workspace, environment, *arguments, expected=code)


def logos(workspace: Path, environment: Mapping[str, str], *arguments: str, expected: int = 0) -> str:
    """Run one command of the program to its end, and return what it printed.

    Raises
    ------
    RuntimeError
        Where it ends with another exit code than the expected one.
    """
    done = subprocess.run(  # noqa: S603 - the program itself
        [str(PROGRAM), *arguments],
        cwd=workspace,
        env={**environment, "LOGOS_HOME": str(workspace)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode != expected:
        said = f"{done.stdout}\n{done.stderr}".strip()
        raise RuntimeError(f"logos {' '.join(arguments)} ended with {done.returncode}, not {expected}:\n{said}")
    return done.stdout
