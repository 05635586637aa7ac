"""Demo sessions give the very bytes that they gave when these digests were written, on every machine.

A change that is meant moves a digest: look at what changed in the tables first, then run ``python -m pytest
tests/golden`` and copy the new digests from the failure into ``digests.json``.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

LIMITS = """
session: {name: limits, seed: 3}
feed: {plugin: replay, path: bundled, symbols: [AAPL, BTC-USD, DEMO, EUR-USD]}
broker:
  plugin: paper
  cash: "50000"
  fees: {maker_bps: "1", taker_bps: "8"}
  slippage_bps: "2"
  slippage_jitter_bps: "3"
  max_volume_share: "0.02"
strategies:
  - {plugin: mean_reversion, params: {window: 40, entry: "1.5", hold: 60}}
  - {plugin: channel_breakout, symbols: [AAPL, DEMO], params: {window: 30, exit_window: 15, hold: 60}}
  - {plugin: buy_and_hold, symbols: [EUR-USD]}
allocator: {plugin: equal_weight, invest: "0.9"}
guards:
  - {plugin: max_notional, limit: "9000"}
  - {plugin: order_rate, max: 2, per: 30m}
  - {plugin: drawdown, max: "0.05"}
"""

SHORTS = """
session: {name: shorts, flatten: true}
feed: {plugin: replay, path: bundled, symbols: [BTC-USD, DEMO]}
broker: {plugin: paper, cash: "20000", margin: true, fees: {taker_bps: "5"}, max_volume_share: "0.5"}
strategies:
  - {plugin: sma_cross, params: {fast: 15, slow: 90, short: true}}
  - {plugin: momentum, params: {window: 200, short: true}}
allocator: {plugin: equal_weight, invest: "0.95"}
guards:
  - {plugin: exposure, gross: "0.9"}
  - {plugin: drawdown, max: "0.03"}
"""

TEXTS = {"default": None, "limits": LIMITS, "shorts": SHORTS}
ENDINGS = {"default": ("completed", 0), "limits": ("completed", 0), "shorts": ("halted", 3)}


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_demo_session_gives_the_recorded_bytes(name, run):
    outcome, digests = run(TEXTS[name])
    assert (outcome.status, outcome.exit_code) == ENDINGS[name]
    assert digests == json.loads(Path(__file__).with_name("digests.json").read_text())[name]


def test_demo_sessions_make_guards_speak_and_trade_both_ways(run, workspace):
    limits, _ = run(LIMITS)
    shorts, _ = run(SHORTS)
    assert limits.blocked > 10
    assert min(limits.fills, shorts.fills) > 50
    with (workspace / shorts.path / "positions.csv").open(newline="") as file:
        assert any(row["quantity"].startswith("-") for row in csv.DictReader(file))
