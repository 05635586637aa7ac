"""A dry-run session at a loopback Alpaca through the installed program, and the stub that is none yet."""

from __future__ import annotations

import csv
import json

import pytest

CONFIG = """\
feed: {{plugin: replay, path: bundled, symbols: [AAPL, BTC-USD]}}
broker: {{plugin: alpaca, cash: "100000", base_url: "{address}"}}
strategies:
  - {{plugin: sma_cross, name: trend, symbols: [AAPL, BTC-USD], params: {{fast: 60, slow: 240}}}}
guards: [{{plugin: max_notional, limit: "200000"}}]
"""


@pytest.fixture
def alpaca(venues):
    pytest.importorskip("alpaca", reason="the extra alpaca is not installed")
    return venues.alpaca()


@pytest.fixture
def keys(alpaca):
    return {"APCA_API_KEY_ID": alpaca.key, "APCA_API_SECRET_KEY": alpaca.secret}


@pytest.fixture
def config(workspace, alpaca):
    path = workspace / "alpaca.yaml"
    path.write_text(CONFIG.format(address=alpaca.url))
    return path


def session_of(workspace):
    (folder,) = (workspace / "runs" / "live" / "sessions").iterdir()
    return folder


def test_a_dry_run_shows_every_order_and_sends_none(logos_cli, workspace, alpaca, keys, config):
    done = logos_cli("trade", "--config", config, env=keys)

    assert done.returncode == 0, done.stderr
    folder = session_of(workspace)
    orders = list(csv.DictReader((folder / "orders.csv").read_text().splitlines()))
    assert orders
    assert {order["venue_outcome"] for order in orders} == {"would accept"}
    assert any(order["status"] == "filled" for order in orders)

    requests = [
        json.loads(line) for line in (folder / "state.jsonl").read_text().splitlines() if '"venue_request"' in line
    ]
    assert len(requests) == len(orders)
    for line, order in zip(requests, orders, strict=True):
        text = json.dumps(line)
        assert f"{alpaca.url}/v2/orders" in text
        assert order["side"] in text
    assert {request.method for request in alpaca.requests} == {"GET"}

    terms = (folder / "config.yaml").read_text()
    assert "0.000000001" in terms, "the venue's own lot of the coins"
    everything = done.stdout + done.stderr
    everything += "".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())
    for hidden in (alpaca.key, alpaca.secret, alpaca.account["account_number"]):
        assert hidden not in everything

    # It is made again without a venue and without a key, the same requests among it.
    asked = len(alpaca.requests)
    alpaca.go_down()
    again = logos_cli("replay", folder.name, "--verify")
    assert again.returncode == 0, again.stdout + again.stderr
    assert len(alpaca.requests) == asked


def test_a_session_does_not_start_where_the_survey_failed(logos_cli, workspace, alpaca, keys, config):
    alpaca.account["trading_blocked"] = True
    del alpaca.assets["AAPL"]
    alpaca.assets["AAPB"] = {**alpaca.assets["MSFT"], "symbol": "AAPB"}

    done = logos_cli("trade", "--config", config, env=keys)

    assert done.returncode == 2
    assert "trading_blocked" in done.stderr
    assert "Alpaca knows no share AAPL" in done.stderr
    assert "AAPB" in done.stderr
    assert not (workspace / "runs" / "live" / "sessions").exists() or not any(
        (workspace / "runs" / "live" / "sessions").iterdir()
    )


def test_missing_keys_are_named_before_anything_is_asked(logos_cli, alpaca, config):
    done = logos_cli("trade", "--config", config, env={"APCA_API_KEY_ID": "", "APCA_API_SECRET_KEY": ""})

    assert done.returncode == 2
    assert "APCA_API_KEY_ID" in done.stderr
    assert "APCA_API_SECRET_KEY" in done.stderr
    assert alpaca.connections == 0


def test_a_refused_key_stops_the_start_and_is_not_repeated(logos_cli, alpaca, keys, config):
    keys["APCA_API_SECRET_KEY"] = "aSecretThatIsNotTheOneOfThisKey000000001"

    done = logos_cli("trade", "--config", config, env=keys)

    assert done.returncode == 2
    assert "request is not authorized" in done.stderr
    assert keys["APCA_API_SECRET_KEY"] not in done.stdout + done.stderr


def test_the_stub_is_listed_and_a_config_that_names_it_gets_the_road_map(logos_cli, workspace, repository):
    listed = logos_cli("plugins", "list", "--kind", "broker", "--json")
    (stub,) = [row for row in json.loads(listed.stdout)["plugins"] if row["name"] == "ib"]
    assert stub["state"] == "stub"

    path = workspace / "ib.yaml"
    path.write_text(CONFIG.format(address="").replace("plugin: alpaca", "plugin: ib"))
    done = logos_cli("trade", "--config", path)

    assert done.returncode == 2
    assert "not built in this release" in done.stderr
    assert "docs/brokers/ib.md" in done.stderr
    assert (repository / "docs" / "brokers" / "ib.md").is_file()
