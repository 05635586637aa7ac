"""What allocators know as a window begins: all bars before it and none of it; in sweeps and checks as in runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from logos.artifacts import schemas
from logos.assembly.build import assemble
from logos.backtest.leaks.recording import Tape, seated
from logos.backtest.running import run_backtest
from logos.backtest.setup import BacktestSetup
from logos.backtest.trial import Window
from logos.backtest.trials_engine import open_trials
from logos.config.records import SessionConfig
from logos.config.session import load_session_config
from logos.context.clock import SystemClock
from logos.domain.times import parse_time
from logos.live.late_log import LateLog
from logos.session.rebalancing import BookPositionManager, PriceWatcher, RebalancingAllocator

START = "2021-06-01T00:00:00Z"
CONFIG = """
session: {name: warm}
feed: {plugin: replay, path: data/cache, symbols: [AAA, BBB, CCC], interval: 1d}
broker: {plugin: paper, cash: "100000", fees: {taker_bps: "5"}}
instruments:
  AAA: {asset_class: equity, currency: USD, tick: "0.0001", lot: "0.01"}
  BBB: {asset_class: equity, currency: USD, tick: "0.0001", lot: "0.01"}
  CCC: {asset_class: equity, currency: USD, tick: "0.0001", lot: "0.01"}
strategies: [{plugin: buy_and_hold, symbols: [AAA, BBB, CCC]}]
allocator: {plugin: hrp, rebalance: month_end, lookback: 40, min_history: 40}
position_manager: {plugin: cost_aware, lookback: 20}
guards: []
backtest: {start: 2021-06-01T00:00:00Z}
"""


@pytest.fixture
def config(bench, registry) -> SessionConfig:
    return load_session_config(CONFIG, registry, workspace=bench.home)


def first_weights(home: Path, config: SessionConfig, registry, name: str) -> list[str]:
    setup = BacktestSetup(workspace=home, registry=registry, output=home / name)
    rows = (run_backtest(setup, config).folder / schemas.WEIGHTS_FILE).read_text().splitlines()[1:4]
    return [row.split(",")[2] for row in rows]


def test_the_first_weights_rest_on_the_bars_before_the_window_and_on_its_first(
    bench, config, registry, closes_of
) -> None:
    before = first_weights(bench.home, config, registry, "before")
    assert len(set(before)) == 3
    for symbol in ("AAA", "BBB", "CCC"):
        later = [(day, close * (1.5 if day > START else 1)) for day, close in closes_of(symbol, 260)]
        bench.closes(symbol, later)
    assert first_weights(bench.home, config, registry, "later") == before
    closes = [(day, close * (1.2 if day == "2021-05-28T00:00:00Z" else 1)) for day, close in closes_of("AAA", 260)]
    bench.closes("AAA", closes)
    assert first_weights(bench.home, config, registry, "changed") != before


def test_a_watcher_is_shown_no_bar_of_a_window_twice_or_too_early(bench, config, registry, monkeypatch) -> None:
    seen: list[tuple[str, int]] = []
    from logos.portfolio.prices.panel import PricePanel  # noqa: PLC0415 - the part of another distribution

    watch = PricePanel.watch

    def noted(self, bars) -> None:
        if len(self._histories) > 1:
            seen.extend((bar.symbol, bar.timestamp) for bar in bars)
        watch(self, bars)

    monkeypatch.setattr(PricePanel, "watch", noted)
    first_weights(bench.home, config, registry, "noted")
    assert len(seen) == len(set(seen))
    start = parse_time(START)
    assert all(at < start for _, at in seen[: seen.index(("AAA", start))])


def test_a_trial_of_a_sweep_is_the_backtest_of_its_values(bench, config, registry) -> None:
    setup = BacktestSetup(workspace=bench.home, registry=registry)
    backtest = run_backtest(setup, config)
    trials = open_trials(config, workspace=bench.home, registry=registry)
    outcome = trials.run({}, Window(start=parse_time(START), end=None))
    assert outcome.totals is not None
    assert outcome.totals.fills == backtest.metrics["fills"]
    decimals = outcome.totals.decimals
    assert f"{outcome.totals.final_equity / 10**decimals:.2f}" == f"{float(backtest.metrics['final_equity']):.2f}"


def test_the_leak_check_asks_the_parts_as_a_session_does(bench, config) -> None:
    assembly = assemble(config, workspace=bench.home, clock=SystemClock(), log=LateLog())
    parts = seated(assembly, Tape(config))
    assert isinstance(parts.position_manager, BookPositionManager)
    assert isinstance(parts.position_manager, PriceWatcher)
    assert isinstance(parts.allocator, RebalancingAllocator)
    assert isinstance(parts.allocator, PriceWatcher)
    assert parts.allocator.schedule is not None
