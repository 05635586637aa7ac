"""Two sessions in dry-run, compared: silent where they are alike, and venue.json named where a rule has changed."""

from __future__ import annotations

import json

import pytest

from logos.context.clock import SystemClock

CONFIG = """\
session: {{name: {name}}}
feed: {{plugin: replay, path: bundled, symbols: [BTC-USD]}}
broker: {{plugin: ccxt, exchange: {exchange}, base_url: "{address}", cash: "100000"}}
strategies:
  - {{plugin: sma_cross, name: trend, symbols: [BTC-USD], params: {{fast: 60, slow: 240}}}}
"""


@pytest.fixture
def trade(venues, workspace, logos_cli):
    """Return a function that runs a session at an exchange on loopback; it returns that and the session's id."""
    pytest.importorskip("ccxt", reason="the extra ccxt is not installed")
    opened = {}

    def run(exchange, name="dry"):
        if exchange not in opened:
            venue = opened[exchange] = getattr(venues, exchange)(SystemClock().now)
            venue.serve("BTC/USD", venues.walk("BTC/USD", 5))
            prefix = exchange.upper()
            (workspace / ".env").write_text(
                f"{prefix}_API_KEY={venue.right}\n{prefix}_API_SECRET={venue.secret}\n", encoding="utf-8"
            )
        venue = opened[exchange]
        config = workspace / f"{exchange}.yaml"
        config.write_text(CONFIG.format(name=name, exchange=exchange, address=venue.url), encoding="utf-8")
        done = logos_cli("trade", "--config", config, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return venue, json.loads(done.stdout.splitlines()[-1])["session_id"]

    return run


@pytest.mark.parametrize("exchange", ["binance", "kraken"])
def test_two_sessions_of_one_config_are_alike_though_their_orders_have_other_names(logos_cli, trade, exchange):
    _, first = trade(exchange)
    _, second = trade(exchange)
    done = logos_cli("diff", first, second, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["agrees"] is True


def test_a_rule_that_the_exchange_has_changed_in_between_is_named_with_its_place_in_venue_json(
    logos_cli, trade, monkeypatch
):
    venue, first = trade("binance")
    listing = venue._listing

    def tighter(symbol):
        listed = listing(symbol)
        (lots,) = (one for one in listed["filters"] if one["filterType"] == "MARKET_LOT_SIZE")
        lots["maxQty"] = "1.0"
        return listed

    monkeypatch.setattr(venue, "_listing", tighter)
    _, second = trade("binance")
    done = logos_cli("diff", first, second, "--json")
    assert done.returncode == 4, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["cause"], told["difference"]["event"]) == ("config", "venue_request")
    assert told["difference"]["field"] == "outcome"
    assert any(text.startswith("in venue.json, markets.BTC-USD.") for text in told["evidence"]), told["evidence"]
    assert "100.0 in A and 1.0 in B" in " ".join(told["evidence"])
    assert "run the earlier again" in told["next"]
