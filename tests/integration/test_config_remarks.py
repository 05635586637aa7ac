"""What a check finds odd about sessions that could start, and what it finds out from venues."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from logos.assembly.checking import Checked, Surroundings, check_config, live_problems
from logos.context.clock import SystemClock
from logos.context.credentials import workspace_secrets
from logos.live.late_log import LateLog

CLEAN = """\
session: {name: clean}
instruments: {QQQ: {asset_class: equity, tick: "0.01", lot: "1", currency: USD, calendar: XNYS}}
feed: {plugin: replay, path: data/cache, symbols: [DEMO]}
broker: {plugin: paper, fees: {maker_bps: "2", taker_bps: "10"}}
strategies: [{plugin: sma_cross, name: trend, params: {fast: 2, slow: 4}}]
guards:
  - {plugin: max_notional, limit: "96000"}
  - {plugin: exposure, gross: "1.1", net: "1.1", per_symbol: "1"}
  - {plugin: drawdown, max: "0.20", daily: "0.10"}
  - {plugin: order_rate, max: 3, per: 1m}
  - {plugin: kill_switch, file: stop/KILL}
"""


Change = Callable[[dict[str, Any]], object]


def guard(index: int, **values: Any) -> Change:
    return lambda config: config["guards"][index].update(values)


def added(**values: Any) -> Change:
    return lambda config: config["guards"].append(values)


def uncapped(config: dict[str, Any]) -> None:
    config["instruments"]["DEMO"] = {"notional_cap": None}
    config["guards"][0]["limit"] = "200000"


def nyse(config: dict[str, Any]) -> None:
    config["feed"]["symbols"] = ["QQQ"]
    config["guards"].append({"plugin": "stale_data", "after": "30d", "halt": "any"})


@pytest.fixture
def check(workspace: Path, registry: Any) -> Callable[..., Checked]:
    """Return a function that checks a config, plain values or text, in a workspace with twelve bars of two symbols."""
    for name in ("crypto/DEMO", "equity/QQQ", "crypto/BTC-USD"):
        path = workspace / f"data/cache/{name}-1m.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [f"2024-03-04T15:{minute:02}:00Z,10,10,10,10,1000" for minute in range(12)]
        path.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows, ""]), encoding="utf-8")

    def run(config: Any, **options: Any) -> Checked:
        path = workspace / "config.yaml"
        path.write_text(config if isinstance(config, str) else yaml.safe_dump(config), encoding="utf-8")
        around = Surroundings(
            registry=registry,
            workspace=workspace,
            clock=SystemClock(),
            log=LateLog(),
            secrets=workspace_secrets(workspace),
            offline=False,
        )
        return check_config(Path("config.yaml"), around, **options)

    return run


def test_a_config_without_anything_odd_has_no_warning(check: Callable[..., Checked]) -> None:
    checked = check(CLEAN)

    assert checked.sound
    assert checked.warnings == ()
    assert [report.bars for report in checked.reports] == [12]


@pytest.mark.parametrize(
    ("change", "path", "text"),
    [
        (
            guard(0, limit="90000"),
            "guards[0]",
            "it blocks the first order of every pair: at a full signal one is worth",
        ),
        (guard(0, limit="100000"), "guards[0]", "every instrument has a notional_cap at or below it"),
        (uncapped, "guards[0]", "no order can reach 200000 before the account has grown"),
        (added(plugin="max_notional", limit="97000"), "guards[5]", "guards[0] (max_notional) is at least as strict"),
        (added(plugin="max_notional", limit="96000"), "guards[5]", "guards[0] (max_notional) is at least as strict"),
        (added(plugin="drawdown", max="0.30"), "guards[5]", "guards[2] (drawdown) is at least as strict"),
        (added(plugin="order_rate", max=4, per="30s"), "guards[5]", "guards[3] (order_rate) is at least as strict"),
        (guard(1, per_symbol="1.2"), "guards[1]", "per symbol 1.2 can never be reached"),
        (guard(1, net="1.2"), "guards[1]", "net 1.2 can never be reached"),
        (guard(1, per_symbol="0.5"), "guards[1]", "per symbol 0.5 blocks the first order of every pair"),
        (guard(2, daily="0.20"), "guards[2]", "the daily limit 0.2 can never be the first that is reached"),
        (guard(3, max=8), "guards[3]", "8 orders in 60 seconds can never be reached"),
        (added(plugin="reject_rate"), "guards[5]", "the broker paper asks no venue"),
        (added(plugin="stale_data"), "guards[5]", "recorded bars never fail to come"),
        (added(plugin="stale_data", after="30s"), "guards[5].after", "30s is shorter than a bar"),
        (nyse, "guards[5].after", "30d is as long as any trading day of QQQ"),
        (lambda config: config.update(guards=[]), "guards", "no guard is named"),
        (lambda config: config["broker"].pop("fees"), "broker", "orders cost no fee"),
        (lambda config: config["feed"]["symbols"].append("BTC-USD"), "feed.symbols", ""),
        (
            lambda config: config["strategies"][0]["params"].update(short=True),
            "strategies[0].params.short",
            "a cash account cannot hold short positions",
        ),
        (lambda config: config["strategies"][0]["params"].update(slow=50), "strategies[0]", "looks back 50 bars"),
        (
            lambda config: config["instruments"].update(DEMO={"notional_cap": "1000"}),
            "instruments.DEMO.notional_cap",
            "one order may have 1000",
        ),
    ],
)
def test_what_is_odd_is_a_warning_with_its_place(
    check: Callable[..., Checked], change: Change, path: str, text: str
) -> None:
    config = yaml.safe_load(CLEAN)
    change(config)
    if path == "feed.symbols":
        config["strategies"][0]["symbols"] = ["DEMO"]
        text = "BTC-USD is never traded"
    checked = check(config)

    assert checked.problems == ()
    assert any(one.path == path and text in one.message and one.line for one in checked.warnings), checked.warnings
    assert all(one.hint for one in checked.warnings)


def test_a_kill_file_that_is_there_already_is_a_warning(check: Callable[..., Checked], workspace: Path) -> None:
    (workspace / "stop").mkdir()
    (workspace / "stop" / "KILL").touch()

    (found,) = check(CLEAN).warnings

    assert "stop/KILL is there" in found.message


def test_what_is_wrong_behind_sound_sections_is_told_with_the_mistakes_of_others(
    check: Callable[..., Checked], workspace: Path
) -> None:
    (workspace / "data/cache/crypto/DEMO-1m.csv").write_text("timestamp,open,high,low,close,volume\nx,1,1,1,1,1\n")
    config = yaml.safe_load(CLEAN)
    config["guards"][0] = {"plugin": "max_notionl"}
    checked = check(config)

    told = "\n".join(map(str, checked.problems))
    assert "guard 'max_notionl' is not installed. Did you mean max_notional?" in told
    assert "1 bad row" in told


def test_live_needs_an_acknowledgement_and_every_guard_and_is_refused_all_the_same(
    check: Callable[..., Checked],
) -> None:
    checked = check(CLEAN)
    told = "\n".join(map(str, live_problems(checked, acknowledged=False)))

    assert "this release sends no order to a venue" in told
    assert "it would need --i-acknowledge-risk" in told
    assert "lacks reject_rate, stale_data" in told
    assert "acknowledge" not in str(live_problems(checked, acknowledged=True)[0])


DRY = """\
feed: {{plugin: replay, path: bundled, symbols: [BTC-USD]}}
broker: {{plugin: ccxt, exchange: binance, base_url: "{address}", cash: "100000"}}
strategies: [{{plugin: sma_cross}}]
guards: [{{plugin: max_notional, limit: "96000"}}]
"""


def test_a_broker_without_its_credentials_is_a_problem_that_names_the_variables(check: Callable[..., Checked]) -> None:
    pytest.importorskip("ccxt", reason="the extra ccxt is not installed")
    checked = check(DRY.format(address="http://127.0.0.1:9"))

    told = "\n".join(map(str, checked.problems))
    assert "BINANCE_API_KEY" in told
    assert "BINANCE_API_SECRET" in told
    assert [one.line for one in checked.problems] == [2, 2]


def test_a_probe_asks_the_venue_of_the_broker_and_takes_over_its_terms(
    check: Callable[..., Checked], workspace: Path, venues: Any
) -> None:
    pytest.importorskip("ccxt", reason="the extra ccxt is not installed")
    venue = venues.binance(SystemClock().now)
    venue.serve("BTC/USD", venues.walk("BTC/USD", 5))
    (workspace / ".env").write_text(f"BINANCE_API_KEY={venue.right}\nBINANCE_API_SECRET={venue.secret}\n")
    config = DRY.format(address=venue.url)

    assert check(config).sound
    assert venue.requests == []  # nothing is asked without --probe
    checked = check(config, probe=True)
    assert checked.sound, checked.health
    assert {"key", "permissions", "clock", "markets"} <= {one.name for one in checked.health}
    assert checked.venue
    assert set(checked.venue.values()) == {"ccxt:binance"}
    assert venue.taken == []

    venue.revoke()
    refused = check(config, probe=True)
    assert not refused.sound
    assert refused.problems == ()
    assert venue.right not in str(refused)


def test_a_probe_asks_the_venue_of_the_feed(check: Callable[..., Checked], venues: Any) -> None:
    pytest.importorskip("ccxt", reason="the extra ccxt is not installed")
    venue = venues.binance(SystemClock().now)
    venue.serve("BTC/USDT", venues.walk("BTC/USDT", 5))
    feed = f'feed: {{plugin: ccxt, exchange: binance, symbols: [BTC-USD], base_url: "{venue.url}", retries: 0'
    rest = "strategies: [{plugin: sma_cross}]\n"
    sound = check(f"{feed}, venue_symbols: {{BTC-USD: BTC/USDT}}}}\n{rest}", probe=True)
    wrong = check(f"{feed}, venue_symbols: {{BTC-USD: NO/SUCH}}}}\n{rest}", probe=True)

    assert sound.sound, sound.health
    assert sound.health[-1].text == "ccxt:binance answers, and knows BTC-USD"
    assert not wrong.sound
    assert "NO/SUCH" in wrong.health[-1].text
