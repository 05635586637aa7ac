"""Real processes killed with SIGKILL: however often, the session ends as if nobody had touched it."""

from __future__ import annotations

import json
import signal

import pytest

KILLS = 8
"""In one session; with the offsets, kills fall on some dozens of different moments."""


def same(wanted: dict[str, object], found: dict[str, object]) -> None:
    assert wanted.keys() == found.keys()
    assert [name for name in wanted if wanted[name] != found[name]] == []


def kill_at(programs, size: int, *arguments: str, quick: bool = True) -> bool:
    """Run, kill once account.csv is so long, and say whether the session was still running."""
    process = programs.begin(*arguments, quick=quick)
    programs.await_size(process, size)
    process.send_signal(signal.SIGKILL)
    return programs.end(process).returncode == -signal.SIGKILL


@pytest.mark.parametrize("offset", [0.1, 0.35, 0.6, 0.85])
def test_a_session_killed_many_times_is_the_uninterrupted_one(programs, long_session, offset) -> None:
    lay, wanted, length = long_session
    lay(programs)
    arguments = ("trade", "--config", "session.yaml")
    kills = 0
    for number in range(KILLS):
        kills += kill_at(programs, int(length * (number + offset) / (KILLS + 1)), *arguments)
        arguments = ("trade", "--resume", "latest")
    assert kills >= KILLS - 2
    done = programs.run("trade", "--resume", "latest", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["status"] == "completed"
    same(wanted, programs.normalised())


def test_a_session_killed_before_its_first_snapshot_is_the_uninterrupted_one(programs, long_session) -> None:
    lay, wanted, length = long_session
    lay(programs)
    assert kill_at(programs, length // 5, "trade", "--config", "session.yaml", quick=False)
    assert kill_at(programs, length // 3, "trade", "--resume", "latest", quick=False)
    assert programs.run("trade", "--resume", "latest").returncode == 0
    same(wanted, programs.normalised())
    verified = programs.run("replay", "latest", "--verify")
    assert verified.returncode == 0, verified.stdout


def test_a_killed_session_is_listed_as_it_was_left(programs, long_session) -> None:
    lay, _wanted, length = long_session
    lay(programs)
    assert kill_at(programs, length // 2, "trade", "--config", "session.yaml")
    listed = json.loads(programs.run("sessions", "list", "--json").stdout)["sessions"]
    assert [(one["status"], one["bars"] > 0) for one in listed] == [("running", True)]
    refused = programs.run("replay", "latest", "--verify")
    assert refused.returncode == 2
    assert "has no end yet" in refused.stderr
