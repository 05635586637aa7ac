"""Rehearsals cross the limits of a config: sound guards pass, one that does not act fails, nothing is passed over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from logos.context.clock import SystemClock
from logos.domain.errors import InputError
from logos.proofs.rehearsing import report as reporting
from logos.proofs.rehearsing.planning import plan
from logos.proofs.rehearsing.records import FAIL, NOT_CONFIGURED, NOT_REHEARSED, PASS, Drill, Result
from logos.proofs.rehearsing.rehearsal import rehearse
from logos.proofs.rehearsing.running import run_drill

LIMITS = {
    "small": (
        """{plugin: max_notional, limit: "0.01"}
        {plugin: exposure, gross: "0.333333", per_symbol: "0.000001"}
        {plugin: drawdown, max: "1", daily: "0.0001"}
        {plugin: order_rate, max: 1, per: 1s}
        {plugin: reject_rate, max: 1, per: 2s}
        {plugin: stale_data, after: 1s, halt: any}
        {plugin: kill_switch, file: /etc/KILL}""",
        {},
    ),
    "whole money, another order": (
        """{plugin: kill_switch, file: stop/it}
        {plugin: stale_data, after: 2h, halt: any}
        {plugin: reject_rate, max: 3, per: 3m}
        {plugin: drawdown, daily: "0.5"}
        {plugin: order_rate, max: 7, per: 1h}
        {plugin: exposure, net: "2.5"}
        {plugin: max_notional, limit: "123456789"}""",
        {"currency": "JPY", "decimals": 0},
    ),
    "large": (
        """{plugin: max_notional, limit: "98765432109.87"}
        {plugin: drawdown, max: "0.0000001"}
        {plugin: stale_data, after: 7s}
        {plugin: stale_data, after: 90s, halt: any}
        {plugin: reject_rate, max: 3, per: 61s}
        {plugin: exposure}""",
        {"decimals": 2},
    ),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", LIMITS)
def test_sound_guards_trip_at_their_own_limits_whatever_those_are(name, config_with, registry, tmp_path) -> None:
    guards, money = LIMITS[name]
    steps = plan(config_with(guards, **money), registry, only="all", modes=False)
    drills = [step for step in steps if isinstance(step, Drill)]
    assert len(drills) > 8
    for drill in drills:
        result = run_drill(drill, tmp_path / drill.slug, registry, SystemClock())
        assert (drill.name, result.verdict, dict(result.happened)) == (
            drill.name,
            PASS,
            {**result.happened, **drill.expected},
        )


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("guard", "method", "line"),
    [
        ("max_notional:MaxNotional", "judge", '{plugin: max_notional, limit: "500"}'),
        ("drawdown:Drawdown", "inspect", '{plugin: drawdown, max: "0.1"}'),
        ("reject_rate:RejectRate", "answered", "{plugin: reject_rate, max: 2, per: 10m}"),
    ],
)
def test_a_guard_that_does_not_act_fails(guard, method, line, config_with, registry, workspace, monkeypatch) -> None:
    module, _, name = guard.partition(":")
    monkeypatch.setattr(f"logos.risk.{module}.{name}.{method}", lambda *_arguments: None)
    report = rehearse(
        config_with(line), registry=registry, workspace=workspace, clock=SystemClock(), source="c", only=module
    )
    assert report.results[0].verdict == FAIL
    assert not report.passed
    text = reporting.render(report)
    assert "NOT as expected: " in text
    assert "| NO " in text


def test_the_command_reports_a_guard_with_the_limit_of_the_config(logos_cli, workspace: Path) -> None:
    (workspace / "mine.yaml").write_text(
        "feed: {plugin: replay, path: bundled, symbols: [DEMO]}\nstrategies: [{plugin: buy_and_hold}]\n"
        'guards: [{plugin: max_notional, limit: "777.5"}, {plugin: order_rate, max: 2, per: 1m}]\n'
    )
    done = logos_cli("rehearse", "max_notional", "--config", "mine.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "limit 777.5" in done.stdout
    assert "orders: 1 filled, 2 blocked by max_notional" in done.stdout
    (folder,) = (workspace / "runs" / "rehearsals").iterdir()
    text = (folder / "rehearsal.md").read_text()
    for evidence in (
        "Config digest",
        "logos-risk",
        "notional 777.50000001 > limit 777.50 USD",
        "same bytes",
        "run.log",
    ):
        assert evidence in text, evidence
    told = json.loads((folder / "rehearsal.json").read_text())
    assert told["counts"] == {"PASS": 3, "FAIL": 0, "NOT REHEARSED": 0}
    session = folder / told["rehearsals"][0]["session"]
    assert (session / "session.md").is_file()
    home = {"LOGOS_HOME": str(folder / "max-notional")}
    assert logos_cli("replay", session.name, "--verify", env=home).returncode == 0


def test_a_third_partys_guard_brings_its_own_rehearsal(logos_cli, workspace, offline_environment, install_limp) -> None:
    lines = "feed: {plugin: replay, path: bundled, symbols: [DEMO]}\nstrategies: [{plugin: buy_and_hold}]\n"
    (workspace / "mine.yaml").write_text(lines + "guards: [{plugin: limp}]\n")
    search = offline_environment["PYTHONPATH"]
    done = logos_cli("rehearse", "limp", "-c", "mine.yaml", env=install_limp(acts=True, hook=True, search=search))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "orders: 1 filled, 2 blocked by limp" in done.stdout


@pytest.mark.parametrize(("hook", "says"), [(True, "FAIL"), (False, "NOT REHEARSED")])
def test_a_broken_guard_or_one_without_a_rehearsal_ends_in_4(
    hook, says, logos_cli, workspace, offline_environment, install_limp
) -> None:
    lines = "feed: {plugin: replay, path: bundled, symbols: [DEMO]}\nstrategies: [{plugin: buy_and_hold}]\n"
    (workspace / "mine.yaml").write_text(lines + "guards: [{plugin: limp}]\n")
    env = install_limp(acts=False, hook=hook, search=offline_environment["PYTHONPATH"])
    done = logos_cli("rehearse", "limp", "-c", "mine.yaml", "--json", env=env)
    assert done.returncode == 4, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["counts"][says] == 1
    assert told["passed"] is False


def test_what_cannot_be_rehearsed_is_said_with_the_reason(config_with, registry) -> None:
    guards = "{plugin: reject_rate, max: 2000, per: 1m}\n{plugin: order_rate, max: 5000, per: 1m}"
    steps = plan(config_with(guards), registry, only="all", modes=False)
    said = {step.name: (step.verdict, step.note) for step in steps if isinstance(step, Result)}
    assert said["reject_rate"] == (NOT_REHEARSED, "max is 2,000, and a rehearsal sends at most 1,000 orders")
    assert said["order_rate"][0] == NOT_REHEARSED
    assert said["drawdown"][0] == NOT_CONFIGURED


@pytest.mark.parametrize(
    ("only", "says"), [("drawdown", "the config names no guard"), ("no_such", "no guard 'no_such' is installed")]
)
def test_a_guard_that_is_not_there_is_named(only, says, config_with, registry) -> None:
    with pytest.raises(InputError, match=says):
        plan(config_with("{plugin: max_notional}"), registry, only=only, modes=False)


def test_a_kill_file_outside_the_workspace_is_never_touched(config_with, registry) -> None:
    for path in ("/etc/KILL", "../KILL", "C:/KILL", "..\\\\KILL"):
        steps = plan(config_with(f'{{plugin: kill_switch, file: "{path}"}}'), registry, only="all", modes=False)
        files = {step.kill_file for step in steps if isinstance(step, Drill) and step.kill_file}
        assert files == {"runs/live/KILL"}, path
