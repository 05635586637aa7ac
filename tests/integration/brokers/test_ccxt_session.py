"""Dry-run sessions at exchanges on loopback, through the installed program."""

from __future__ import annotations

import csv
import json
import re

import pytest

from logos.context.clock import SystemClock

CONFIG = """\
feed: {{plugin: replay, path: bundled, symbols: [BTC-USD]}}
broker:
  plugin: ccxt
  exchange: {exchange}
  base_url: "{address}"
  cash: "100000"
strategies:
  - {{plugin: sma_cross, name: trend, symbols: [BTC-USD], params: {{fast: 60, slow: 240}}}}
guards: [{{plugin: max_notional, limit: "200000"}}]
"""


@pytest.fixture
def opened(venues, workspace):
    """Return what starts an exchange whose clock is right, and writes a config that trades there."""
    pytest.importorskip("ccxt", reason="the extra ccxt is not installed")

    def make(exchange):
        venue = getattr(venues, exchange)(SystemClock().now)
        venue.serve("BTC/USD", venues.walk("BTC/USD", 5))
        config = workspace / f"{exchange}.yaml"
        config.write_text(CONFIG.format(exchange=exchange, address=venue.url), encoding="utf-8")
        secret = "plain-secret-of-nobody" if exchange == "coinbase" else venue.secret
        prefix = exchange.upper()
        (workspace / ".env").write_text(
            f"{prefix}_API_KEY={venue.right}\n{prefix}_API_SECRET={secret}\n", encoding="utf-8"
        )
        return venue, config, secret

    return make


def folder_of(workspace):
    (folder,) = (workspace / "runs" / "live" / "sessions").iterdir()
    return folder


def events(folder, kind):
    lines = (folder / "state.jsonl").read_text(encoding="utf-8").splitlines()
    return [line for line in map(json.loads, lines) if f'"{kind}"' in json.dumps(line)]


@pytest.mark.parametrize("exchange", ["binance", "kraken"])
def test_a_dry_run_shows_every_order_sends_none_and_is_made_again_without_the_exchange(
    logos_cli, workspace, opened, exchange
):
    venue, config, secret = opened(exchange)
    done = logos_cli("trade", "--config", config)
    assert done.returncode == 0, done.stdout + done.stderr

    folder = folder_of(workspace)
    orders = list(csv.DictReader((folder / "orders.csv").read_text(encoding="utf-8").splitlines()))
    assert orders
    assert any(order["status"] == "filled" for order in orders)
    assert {order["venue_outcome"].partition(":")[0] for order in orders} == {"would accept"}
    assert len(events(folder, "venue_request")) == len(orders)
    assert venue.taken == []
    assert not any(re.search(r"/order$|AddOrder|brokerage/orders$", request.path) for request in venue.requests)

    everything = done.stdout + done.stderr
    everything += "".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())
    assert venue.right not in everything
    assert secret not in everything

    (workspace / ".env").unlink()
    asked = len(venue.requests), venue.connections
    again = logos_cli("replay", folder.name, "--verify")
    assert again.returncode == 0, again.stdout + again.stderr
    assert (len(venue.requests), venue.connections) == asked


def test_a_refused_key_stops_the_start_with_what_was_found_and_is_not_repeated(logos_cli, workspace, opened):
    venue, config, secret = opened("binance")
    venue.revoke()
    done = logos_cli("trade", "--config", config)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "-2015" in done.stderr
    assert not (workspace / "runs" / "live" / "sessions").exists() or not list(
        (workspace / "runs" / "live" / "sessions").iterdir()
    )
    assert venue.right not in done.stdout + done.stderr
    assert secret not in done.stdout + done.stderr


def test_missing_credentials_are_named(logos_cli, workspace, opened):
    venue, config, _ = opened("kraken")
    (workspace / ".env").unlink()
    done = logos_cli("trade", "--config", config)
    assert done.returncode == 2
    assert "KRAKEN_API_KEY" in done.stderr
    assert venue.taken == []


def test_an_exchange_without_a_list_of_reads_is_refused(logos_cli, workspace, opened):
    venue, config, _ = opened("kraken")
    config.write_text(config.read_text(encoding="utf-8").replace("exchange: kraken", "exchange: okx"), encoding="utf-8")
    done = logos_cli("trade", "--config", config)
    assert done.returncode == 2
    assert "one of binance, coinbase, kraken" in done.stderr
    assert venue.connections == 0
