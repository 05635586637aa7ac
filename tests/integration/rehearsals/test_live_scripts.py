"""The scripts that a reviewer runs do what they say, with the installed program."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest


@pytest.fixture
def script(workspace: Path, repository: Path, offline_environment: dict[str, str]):
    path = os.pathsep.join([sysconfig.get_path("scripts"), offline_environment.get("PATH", os.defpath)])
    environment = {**offline_environment, "PATH": path, "LOGOS_HOME": str(workspace)}

    def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["bash", str(repository / "scripts" / "live" / name), *arguments]
        return subprocess.run(
            command, cwd=workspace, env=environment, capture_output=True, text=True, check=False, timeout=600
        )

    return run


def test_one_guard_is_rehearsed_and_its_log_kept(script, workspace: Path) -> None:
    done = script("rehearse_guards.sh", "drawdown")
    assert done.returncode == 0, done.stdout + done.stderr
    log = (workspace / "runs" / "rehearsals" / "logs" / "guards-drawdown.log").read_text()
    assert log.count("PASS") >= 2
    assert log in done.stdout


def test_the_kill_switch_is_obeyed_in_silence(script) -> None:
    done = script("rehearse_kill_switch.sh")
    assert "kill file while the feed is silent" in done.stdout, done.stdout + done.stderr
    assert "halted, exit 3; by kill_switch" in done.stdout


def test_a_crash_of_the_latest_session_is_rehearsed(script, logos_cli, workspace: Path) -> None:
    (workspace / "mine.yaml").write_text(
        "feed: {plugin: replay, path: bundled, symbols: [DEMO]}\nstrategies: [{plugin: buy_and_hold}]\n"
    )
    assert logos_cli("trade", "--config", "mine.yaml").returncode == 0
    done = script("rehearse_crash.sh", "--sample", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All artifacts are the same bytes" in done.stdout


def test_the_exit_code_of_a_failed_rehearsal_is_the_scripts(script) -> None:
    done = script("rehearse_guards.sh", "no_such_guard")
    assert done.returncode == 2
    assert "no guard 'no_such_guard' is installed" in done.stdout


@pytest.mark.long
def test_everything_is_rehearsed(script) -> None:
    done = script("rehearse_all.sh")
    assert done.returncode == 0, done.stdout + done.stderr
