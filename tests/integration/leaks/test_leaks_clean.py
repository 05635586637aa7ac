"""Honest configs of every kind pass, and every probe that applies has compared something."""

from __future__ import annotations

import gzip
import shutil

import pytest

TREND = "{plugin: sma_cross, name: trend, params: {fast: 2, slow: 5}}"
SHORT = "{plugin: sma_cross, name: both, params: {fast: 3, slow: 9, short: true}}"
MEAN = '{plugin: mean_reversion, name: mean, params: {window: 6, entry: "1.2", hold: 5}}'
BREAK = "{plugin: channel_breakout, name: break, params: {window: 5, exit_window: 4, hold: 7}}"
MOMENTUM = "{plugin: momentum, name: momentum, params: {window: 6}}"
HOLD = "{plugin: buy_and_hold, name: hold}"
COSTS = 'fees: {maker_bps: "2", taker_bps: "10"}, slippage_bps: "3"'
GUARDS = """[{plugin: max_notional, limit: "60000"}, {plugin: exposure, gross: "1.1", net: "1.1", per_symbol: "0.6"},
 {plugin: drawdown, max: "0.5", daily: "0.4"}, {plugin: stale_data, after: 5m, halt: all},
 {plugin: reject_rate, max: 5, per: 10m}, {plugin: order_rate, max: 3, per: 20m}, {plugin: kill_switch, file: KILL}]"""
ONE = {"symbols": "AAA"}

# Sections of the config, and what the bar files are.
CLEAN = {
    "sma_cross on two symbols": ({"strategies": f"[{TREND}]"}, {}),
    "mean_reversion with limit orders": ({"strategies": f"[{MEAN}]"} | ONE, {"symbols": "AAA"}),
    "channel_breakout with stop orders": ({"strategies": f"[{BREAK}]"} | ONE, {"symbols": "AAA"}),
    "momentum": ({"strategies": f"[{MOMENTUM}]"}, {}),
    "buy_and_hold": ({"strategies": f"[{HOLD}]"}, {}),
    "several strategies on the same symbols": ({"strategies": f"[{TREND}, {MEAN}, {HOLD}]"}, {}),
    "fixed quantities": ({"allocator": '{plugin: fixed_quantity, quantity: "7"}'}, {}),
    "every guard on, and some of them act": (
        {"guards": " ".join(GUARDS.split()), "symbols": "BBB", "allocator": '{plugin: equal_weight, invest: "0.5"}'},
        {"symbols": "BBB"},
    ),
    "a drawdown that halts": (
        {"guards": '[{plugin: drawdown, max: "0.002", daily: "0.5"}]', "broker": f"plugin: paper, {COSTS}"},
        {},
    ),
    "short sales on margin": ({"strategies": f"[{SHORT}]", "broker": f"plugin: paper, margin: true, {COSTS}"}, {}),
    "fees, slippage and its jitter": (
        {"broker": f'plugin: paper, {COSTS}, slippage_jitter_bps: "4"'},
        {},
    ),
    "partial fills": ({"broker": 'plugin: paper, max_volume_share: "0.1"'}, {}),
    "limit orders that fill at a touch": (
        {"strategies": f"[{MEAN}]", "broker": f"plugin: paper, limit_fill: touch, {COSTS}"} | ONE,
        {"symbols": "AAA"},
    ),
    "daily bars": ({"interval": "1d"}, {"intervals": "1d"}),
    "bars of an hour, with daily ones beside them": ({"interval": "1h"}, {"intervals": "1h 1d"}),
    "forex without volume": ({"symbols": "CCC-USD"}, {"symbols": "CCC-USD"}),
    "a conversion": (
        {"symbols": "CCC-USD, DDD", "broker": "plugin: paper, conversions: {CCC: CCC-USD}"},
        {"symbols": "CCC-USD DDD"},
    ),
    "quarantined rows": (
        {"feed": "plugin: replay, path: data/cache, on_bad_row: quarantine, off_tick: round"},
        {"extra": "2024-03-05T09:00:00Z,oops,1,1,1,1\n2024-03-05T09:01:00Z,100.013,101,99,100.007,5\n"},
    ),
    "a backtest window": (
        {"more": "backtest: {start: 2024-03-04T22:30:00Z, end: 2024-03-05T01:00:00Z}"},
        {},
    ),
    "a flattened halt": (
        {"guards": '[{plugin: drawdown, max: "0.001", daily: "0.5"}]', "session": "name: flat, flatten: true"},
        {},
    ),
    "an allocator that looks at the account": ({"allocator": "{plugin: by_equity}"}, {}),
    "a strategy with an honest array form": ({"strategies": "[{plugin: rising, name: up}]"}, {}),
    "a feed that resamples with the label where it belongs": (
        {"feed": "plugin: rightly_labelled, path: data/cache", "interval": "5m"},
        {},
    ),
    "a feed without files": ({"feed": "plugin: in_memory"}, {}),
}


@pytest.mark.parametrize("name", CLEAN)
def test_an_honest_config_passes(name, lay_out, check) -> None:
    sections, files = CLEAN[name]
    workspace = lay_out(**files)
    before = sorted(workspace.rglob("*"))
    report = check(workspace, **sections)
    told = "\n".join(report.lines())
    assert report.passed, told
    assert report.fills, told
    assert all(each.compared for each in report.coverage if each.probe != "disturbance"), told
    assert {each.probe for each in report.coverage} == {
        "repetition",
        "look_ahead",
        "start_moved",
        "registration_order",
        "disturbance",
        "array_form",
    }
    assert sorted(workspace.rglob("*")) == before


@pytest.mark.parametrize("form", ["csv.gz", "parquet"])
def test_other_forms_of_bar_files_are_altered_too(form, lay_out, check) -> None:
    workspace = lay_out(count=120)
    for path in sorted(workspace.rglob("*.csv")):
        target = path.with_name(path.name.removesuffix("csv") + form)
        if form == "csv.gz":
            target.write_bytes(gzip.compress(path.read_bytes()))
        else:
            _write_parquet(path, target)
        path.unlink()
    report = check(workspace)
    assert report.passed, "\n".join(report.lines())
    shifted = check(workspace, feed="plugin: shifted, path: data/cache")
    assert {finding.part for finding in shifted.findings} == {"feed shifted"}


def _write_parquet(path, target) -> None:
    import pyarrow as pa  # noqa: PLC0415 -- few tests write Parquet
    from pyarrow import csv, parquet  # noqa: PLC0415 -- the same

    options = csv.ConvertOptions(timestamp_parsers=["%Y-%m-%dT%H:%M:%SZ"])
    table = csv.read_csv(path, convert_options=options)
    stamps = table.column("timestamp").cast(pa.timestamp("s", tz="UTC"))
    parquet.write_table(table.set_column(0, "timestamp", stamps), target)


def test_a_run_in_fresh_processes_is_the_same(lay_out, check) -> None:
    report = check(lay_out("BBB", count=60), processes=4, guards=" ".join(GUARDS.split()), symbols="BBB")
    assert report.passed, "\n".join(report.lines())
    assert [each.runs for each in report.coverage if each.probe == "repetition"] == [5]
    assert "and in 4 fresh processes" in " ".join(report.lines())


def test_a_cache_outside_the_workspace_is_altered_too(lay_out, check, tmp_path) -> None:
    workspace = lay_out(count=120)
    shutil.move(workspace / "data" / "cache", tmp_path / "elsewhere")
    assert check(workspace, feed=f"plugin: replay, path: {tmp_path}/elsewhere").passed
    shifted = check(workspace, feed=f"plugin: shifted, path: {tmp_path}/elsewhere")
    assert {finding.part for finding in shifted.findings} == {"feed shifted"}


def test_bundled_bars_are_checked_over_a_stretch_and_the_report_says_so(check, workspace) -> None:
    report = check(
        workspace,
        feed="plugin: replay, path: bundled, on_bad_row: quarantine, off_tick: round",
        symbols="DEMO, EUR-USD",
        most_bars=400,
        strategies="[{plugin: sma_cross, name: trend, params: {fast: 2, slow: 5}}]",
    )
    assert report.passed, "\n".join(report.lines())
    assert report.bars <= 400
    assert any("were not looked at" in note for note in report.notes)


def test_a_report_is_json_and_says_what_was_compared(lay_out, check) -> None:
    found = check(lay_out(count=80), strategies="[{plugin: next_bar, name: peek}]").as_object()
    assert found["passed"] is False
    first = found["findings"][0]
    assert (first["probe"], first["part"][:16]) == ("look_ahead", "strategy peek on")
    assert first["at"].startswith("2024-03-04T2")
    assert "bars that had not happened" in first["meaning"]
    assert {each["probe"]: each["compared"] > 0 for each in found["probes"]}["look_ahead"]
