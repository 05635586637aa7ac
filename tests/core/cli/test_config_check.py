"""``logos config`` with what the core alone has: whatever is missing is named with what installs it."""

from __future__ import annotations

import json
import subprocess
import sys


def run(workspace, environment, *arguments):
    command = [sys.executable, "-m", "logos.live", *arguments]
    return subprocess.run(
        command, cwd=workspace, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_parts_of_other_distributions_are_named_with_what_installs_them(workspace, offline_environment):
    (workspace / "x.yaml").write_text(
        "feed: {plugin: replay, path: bundled, symbols: [DEMO]}\n"
        "broker: {plugin: nobody/paper}\n"
        "strategies: [{plugin: sma_cross}]\n"
        "guards: [{plugin: nobody/drawdown}]\n",
        encoding="utf-8",
    )
    done = run(workspace, offline_environment, "config", "check", "x.yaml", "--json")
    problems = {one["path"]: one for one in json.loads(done.stdout)["problems"]}

    assert done.returncode == 2
    assert set(problems) == {"broker.plugin", "guards[0].plugin"}
    assert "not installed" in problems["broker.plugin"]["message"]
    assert all(one["hint"] for one in problems.values())


def test_the_help_names_the_three_commands(workspace, offline_environment):
    shown = run(workspace, offline_environment, "config", "--help").stdout

    assert all(name in shown for name in ("check", "show", "explain"))


def test_the_doctor_runs_with_the_core_alone(workspace, offline_environment):
    done = run(workspace, offline_environment, "doctor", "--json")

    assert done.returncode in {0, 4}
    assert json.loads(done.stdout)["checks"]
