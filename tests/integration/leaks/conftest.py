"""Small configs over generated bars, and a registry with parts that are wrong on purpose."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import dedent

import pytest

from logos.backtest.leaks.checking import check_config
from logos.backtest.leaks.report import LeakReport
from logos.config.session import load_session_config
from logos.context.seed import Seed
from logos.domain.times import parse_time, time_text
from logos.plugins.loading import installed_entry_points
from logos.plugins.registry import Registry, load_registry

START = parse_time("2024-03-04T21:40:00Z")
BARS = 200
HERE = str(Path(__file__).parent)
INSTRUMENTS = """\
{AAA: {asset_class: equity, tick: "0.01", lot: "1", currency: USD},
 BBB: {asset_class: crypto, tick: "0.05", lot: "0.001", currency: USD},
 CCC-USD: {asset_class: forex, tick: "0.0001", lot: "1", currency: USD},
 DDD: {asset_class: equity, tick: "0.01", lot: "1", currency: CCC}}"""
FOLDERS = {"AAA": "equity", "BBB": "crypto", "CCC-USD": "forex", "DDD": "equity"}


@pytest.fixture(scope="session")
def entry_points() -> Iterator[list[EntryPoint]]:
    """Return the installed plugins, and the one of this folder."""
    sys.path.insert(0, HERE)
    yield [*installed_entry_points(), EntryPoint("planted", "planted_leaks", "logos.v1")]
    sys.path.remove(HERE)


@pytest.fixture(scope="session")
def leaky_registry(entry_points: list[EntryPoint]) -> Registry:
    """Return everything that they offer."""
    return load_registry(entry_points)


def rows_of(symbol: str, count: int, interval: int) -> list[str]:
    """Return lines of a bar file: a walk with trends, drawn by hashing, on the tick of 0.05 or a finer one."""
    seed, close = Seed(11), 2_000
    lines = []
    for index in range(count):
        opened = close
        drift = 3 if index // 17 % 2 else -3
        close = max(1_000, opened + seed.number(symbol, index) % 21 - 10 + drift)
        low, high = min(opened, close) - 4, max(opened, close) + seed.number(symbol, "high", index) % 9
        volume = 0 if symbol.endswith("-USD") else 400 + seed.number(symbol, "volume", index) % 700
        at = time_text(START - START % interval + index * interval)
        prices = ",".join(f"{price // 20}.{price % 20 * 5:02d}" for price in (opened, high, low, close))
        lines.append(f"{at},{prices},{volume}")
    return lines


@pytest.fixture
def lay_out(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes a workspace with bar files of some symbols, of one interval or more."""

    def make(symbols: str = "AAA BBB", *, count: int = BARS, intervals: str = "1m", extra: str = "") -> Path:
        folder = tmp_path / "workspace"
        for symbol in symbols.split():
            for text in intervals.split():
                seconds = {"1m": 60, "5m": 300, "1h": 3_600, "1d": 86_400}[text]
                rows = rows_of(symbol, count if text != "1d" or intervals == "1d" else 3, seconds)
                path = folder / "data" / "cache" / FOLDERS[symbol] / f"{symbol}-{text}.csv"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("timestamp,open,high,low,close,volume\n" + "\n".join(rows) + "\n" + extra)
        return folder

    return make


def config_text(
    *,
    session: str = "name: checked, seed: 3",
    strategies: str = "[{plugin: sma_cross, name: trend, params: {fast: 2, slow: 5}}]",
    symbols: str = "AAA, BBB",
    feed: str = "plugin: replay, path: data/cache",
    interval: str = "1m",
    broker: str = "plugin: paper",
    allocator: str = "{plugin: equal_weight}",
    position_manager: str = "{plugin: targets}",
    guards: str = "[]",
    more: str = "",
) -> str:
    """Return a config; whatever is not named is plain."""
    return dedent(f"""\
        session: {{{session}}}
        instruments: {" ".join(INSTRUMENTS.split())}
        feed: {{{feed}, symbols: [{symbols}], interval: {interval}}}
        broker: {{{broker}}}
        strategies: {strategies}
        allocator: {allocator}
        position_manager: {position_manager}
        guards: {guards}
        {more}
        """)


@pytest.fixture
def check(leaky_registry: Registry, entry_points: list[EntryPoint]) -> Callable[..., LeakReport]:
    """Return a function that checks a config in a workspace: ``check(workspace, processes=0, strategies=…, …)``."""

    def run(workspace: Path, *, processes: int = 0, most_bars: int = 20_000, **sections: str) -> LeakReport:
        config = load_session_config(config_text(**sections), leaky_registry, workspace=workspace)
        return check_config(
            config,
            workspace=workspace,
            registry=leaky_registry,
            entry_points=entry_points,
            processes=processes,
            most_bars=most_bars,
        )

    return run
