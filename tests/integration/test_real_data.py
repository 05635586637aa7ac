"""Sessions over real minute bars: an equity, crypto pairs and a currency pair together, every guard on."""

from __future__ import annotations

import csv
import json
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
import yaml

from logos.config.session import load_session_config
from logos.live.launch import start
from logos.live.setup import Setup
from logos.plugins.registry import load_registry

SYMBOLS = ("AAPL", "AIG", "BTC-USD", "ETH-USD", "EUR-USD", "SPY", "TWX", "USD-JPY")


@pytest.fixture(scope="module")
def config(shared_data):
    """Return a config over real bars whose quote currencies are USD and JPY."""
    return f"""
session: {{name: real, seed: 7}}
instruments:
  SPY: {{asset_class: equity, tick: "0.01", lot: "1", min_notional: "1", currency: USD, calendar: XNYS}}
  AIG: {{asset_class: equity, tick: "0.01", lot: "1", min_notional: "1", currency: USD, calendar: XNYS}}
  TWX: {{asset_class: equity, tick: "0.01", lot: "1", min_notional: "1", currency: USD, calendar: XNYS}}
  ETH-USD: {{asset_class: crypto, tick: "0.01", lot: "0.00000001", currency: USD}}
  USD-JPY: {{asset_class: forex, tick: "0.001", lot: "1000", currency: JPY, calendar: FX}}
feed: {{plugin: replay, path: {json.dumps(str(shared_data / "real"))}, symbols: [{", ".join(SYMBOLS)}],
       on_bad_row: quarantine, off_tick: round}}
broker:
  plugin: paper
  cash: "1000000"
  currency: USD
  conversions: {{JPY: USD-JPY}}
  fees: {{maker_bps: "1", taker_bps: "4"}}
  slippage_bps: "1"
  max_volume_share: "0.1"
strategies:
  - {{plugin: sma_cross, name: trend, params: {{fast: 30, slow: 120}}}}
  - {{plugin: mean_reversion, name: reversion, symbols: [AAPL, EUR-USD, SPY, USD-JPY]}}
  - {{plugin: channel_breakout, name: breakout, symbols: [BTC-USD, ETH-USD, TWX]}}
guards:
  - {{plugin: max_notional, limit: "80000"}}
  - {{plugin: exposure, gross: "1.1", net: "1.1", per_symbol: "0.6"}}
  - {{plugin: drawdown, max: "0.50", daily: "0.25"}}
  - {{plugin: stale_data, after: 5m, halt: all}}
  - {{plugin: reject_rate, max: 5, per: 10m}}
  - {{plugin: order_rate, max: 60, per: 1m}}
  - {{plugin: kill_switch, file: runs/live/KILL}}
"""


@pytest.fixture(scope="module")
def home(config, tmp_path_factory):
    """Return a workspace in which the session has run."""
    folder = tmp_path_factory.mktemp("real")
    registry = load_registry()
    outcome = start(Setup(workspace=folder, registry=registry), load_session_config(config, registry))
    assert outcome.status == "completed"
    return folder


@pytest.fixture(scope="module")
def session(home):
    """Return the folder of the session."""
    (folder,) = (home / "runs" / "live" / "sessions").iterdir()
    return folder


def rows(folder, name):
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_symbol_trades_and_the_tables_count_the_same(session):
    counts = json.loads((session / "state.json").read_text())["counts"]
    trades = rows(session, "trades.csv")
    assert {trade["symbol"] for trade in trades} == set(SYMBOLS)
    assert len(trades) == counts["fills"]
    assert len(rows(session, "orders.csv")) == counts["orders"]
    assert len(rows(session, "account.csv")) == counts["slices"] < counts["bars"]
    decisions = rows(session, "decisions.csv")
    assert len(decisions) == counts["decisions"]
    assert all(bool(row["order_id"]) != bool(row["reason_code"]) for row in decisions)
    assert sum(bool(row["order_id"]) for row in decisions) == counts["orders"] - counts["blocked"]


@pytest.mark.parametrize("command", ["replay", "audit"])
def test_session_proves_itself(command, home, session, logos_cli):
    flags = ["--verify"] if command == "replay" else []
    proof = logos_cli(command, session.name, *flags, cwd=home)
    assert proof.returncode == 0, proof.stdout + proof.stderr


def test_fills_in_yen_are_booked_at_the_conversion_they_name(session):
    yen = [trade for trade in rows(session, "trades.csv") if trade["symbol"] == "USD-JPY"]
    assert yen
    for trade in yen:
        exact = Decimal(trade["price"]) * Decimal(trade["quantity"]) / Decimal(trade["conversion_price"])
        assert Decimal(trade["value"]) == exact.quantize(Decimal("1e-8"), rounding=ROUND_HALF_EVEN)


@pytest.mark.parametrize("finding", ["split?", "no volume", "gap of more than 30 days", "off the tick"])
def test_defects_that_are_real_in_the_files_are_reported(finding, session):
    assert finding in (session / "session.md").read_text()


def test_out_of_order_daily_file_of_a_vendor_is_refused_by_name(shared_data, workspace, logos_cli):
    cache = workspace / "cache" / "equity"
    cache.mkdir(parents=True)
    source = shared_data / "real" / "defects" / "SSW-JO-1d-100x-error.csv"
    (cache / "SSW-JO-1d.csv").write_bytes(source.read_bytes())
    config = {
        "instruments": {
            "SSW-JO": {"asset_class": "equity", "tick": "0.01", "lot": "1", "currency": "USD", "calendar": "XJSE"}
        },
        "feed": {"plugin": "replay", "path": "cache", "symbols": ["SSW-JO"], "interval": "1d"},
        "strategies": [{"plugin": "buy_and_hold"}],
    }
    (workspace / "bad.yaml").write_text(yaml.safe_dump(config))
    done = logos_cli("trade", "--config", "bad.yaml")
    assert done.returncode == 2
    assert "SSW-JO-1d.csv" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (workspace / "runs" / "live" / "sessions").exists() or not list(
        (workspace / "runs" / "live" / "sessions").iterdir()
    )
