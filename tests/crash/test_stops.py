"""Real processes stopped from outside: paused, ended at once, killed by the file; and two at once."""

from __future__ import annotations

import csv
import json
import signal

import pytest
import yaml

from logos.live.journal import read_chain


def state(programs):
    return json.loads((programs.latest / "state.json").read_bytes())


def lay_wire(programs, small_config, script: str, strategy: str = "buy_and_hold") -> None:
    """Write the config of a session whose feed follows a script."""
    feed = {"plugin": "wire", "symbols": ["AAA-USD"], "script": script}
    config = small_config(
        feed=feed, strategies=[{"plugin": strategy}], guards=[], broker={"plugin": "paper", "cash": "100000"}
    )
    (programs.workspace / "session.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


def await_ticks(programs, process) -> None:
    """Wait until the feed has fallen silent."""
    journal = programs.latest / "state.jsonl"
    programs.await_that(process, lambda: journal.exists() and b'"tick"' in journal.read_bytes())
    assert process.poll() is None, programs.end(process).stderr


def await_beats(programs, process) -> None:
    """Wait until the feed, which hangs, has gone round a few times more."""
    beats = programs.workspace / "beats"
    before = len(beats.read_bytes()) if beats.exists() else 0
    programs.await_that(process, lambda: beats.exists() and len(beats.read_bytes()) > before + 3)
    assert process.poll() is None, programs.end(process).stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_pauses_a_running_session_and_the_resumed_one_is_the_uninterrupted_one(
    programs, long_session, number
) -> None:
    lay, wanted, length = long_session
    lay(programs)
    process = programs.begin("trade", "--config", "session.yaml", "--json", quick=False)
    programs.await_size(process, length // 4)
    process.send_signal(number)
    done = programs.end(process)
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["status"] == "paused"
    rows = list(csv.DictReader((programs.latest / "orders.csv").read_text(encoding="utf-8").splitlines()))
    working = [int(row["order_id"]) for row in rows if row["status"] in {"accepted", "partially_filled"}]
    assert working == [order["order_id"] for order in state(programs)["orders"]]
    assert programs.run("replay", "latest", "--verify").returncode == 0
    assert programs.run("trade", "--resume", "latest", quick=False).returncode == 0
    found = programs.normalised()
    assert [name for name in wanted if wanted[name] != found[name]] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_pauses_a_session_whose_feed_is_silent(programs, small_config, number) -> None:
    lay_wire(programs, small_config, "b*3 .")
    process = programs.begin("trade", "--config", "session.yaml", quick=False)
    await_ticks(programs, process)
    process.send_signal(number)
    done = programs.end(process)
    assert done.returncode == 3, done.stderr
    assert state(programs)["status"] == "paused"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_pauses_a_session_whose_feed_hangs_in_a_poll(programs, small_config, number) -> None:
    (programs.workspace / "HANG").touch()
    lay_wire(programs, small_config, "b*3 h b*2 .")
    process = programs.begin("trade", "--config", "session.yaml")
    await_bars(programs, process, 3)
    await_beats(programs, process)
    process.send_signal(number)
    done = programs.end(process)
    assert done.returncode == 3, done.stderr
    assert state(programs)["status"] == "paused"
    (programs.workspace / "HANG").unlink()
    resume_to(programs, 5)


def test_the_kill_file_halts_a_session_whose_feed_hangs_in_a_poll(programs, small_config) -> None:
    (programs.workspace / "HANG").touch()
    lay_wire(programs, small_config, "b*3 h b*2 .")
    process = programs.begin("trade", "--config", "session.yaml", "--json")
    await_bars(programs, process, 3)
    await_beats(programs, process)
    (programs.workspace / "runs" / "live" / "KILL").touch()
    check_killed(programs, process)


def test_a_second_sigint_ends_at_once_and_the_session_is_resumed_like_after_a_crash(programs, small_config) -> None:
    (programs.workspace / "HANG").touch()
    lay_wire(programs, small_config, "b*5 .", "slow")
    process = programs.begin("trade", "--config", "session.yaml")
    await_beats(programs, process)
    process.send_signal(signal.SIGINT)
    await_beats(programs, process)  # the slice is not finished yet, and the program has heard the first signal
    process.send_signal(signal.SIGINT)
    done = programs.end(process)
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    assert state(programs)["status"] == "running"
    (programs.workspace / "HANG").unlink()
    resume_to(programs, 5)


def await_bars(programs, process, bars: int) -> None:
    """Wait until account.csv has so many rows."""
    table = programs.latest / "account.csv"
    programs.await_that(process, lambda: table.exists() and table.read_bytes().count(b"\n") > bars)


def resume_to(programs, bars: int) -> None:
    """Go on until so many bars were seen, and pause there."""
    process = programs.begin("trade", "--resume", "latest")
    await_bars(programs, process, bars)
    process.send_signal(signal.SIGTERM)
    assert programs.end(process).returncode == 3
    assert (state(programs)["status"], state(programs)["counts"]["bars"]) == ("paused", bars)


def test_the_kill_file_halts_a_running_session_and_the_replay_agrees(programs, long_session) -> None:
    lay, _wanted, length = long_session
    lay(programs)
    process = programs.begin("trade", "--config", "session.yaml", "--json", quick=False)
    programs.await_size(process, length // 5)
    (programs.workspace / "runs" / "live" / "KILL").touch()
    check_killed(programs, process)
    (programs.workspace / "runs" / "live" / "KILL").unlink()
    assert programs.run("replay", "latest", "--verify").returncode == 0
    refused = programs.run("trade", "--resume", "latest")
    assert refused.returncode == 2
    assert "--clear-halt" in refused.stderr
    done = programs.run("trade", "--resume", "latest", "--clear-halt")
    assert done.returncode == 0, done.stderr
    verified = programs.run("replay", "latest", "--verify")
    assert verified.returncode == 0, verified.stdout


def test_the_kill_file_halts_a_session_whose_feed_is_silent(programs, small_config) -> None:
    lay_wire(programs, small_config, "b*3 .")
    process = programs.begin("trade", "--config", "session.yaml", "--json", quick=False)
    await_ticks(programs, process)
    (programs.workspace / "runs" / "live" / "KILL").touch()
    check_killed(programs, process)


def check_killed(programs, process) -> None:
    done = programs.end(process)
    assert done.returncode == 3, done.stderr
    printed = json.loads(done.stdout.splitlines()[-1])
    assert (printed["status"], [cause["guard"] for cause in printed["halt_causes"]]) == ("halted", ["kill_switch"])
    events = [event for _head, event in read_chain(programs.latest / "state.jsonl")]
    assert [event["causes"][0]["guard"] for event in events if event["type"] == "halted"] == ["kill_switch"]
    assert (state(programs)["status"], state(programs)["orders"]) == ("halted", [])
    assert b",accepted," not in (programs.latest / "orders.csv").read_bytes()
    for name in ("session.md", "plots/equity.png", "account.csv", "positions.csv", "trades.csv", "decisions.csv"):
        assert (programs.latest / name).stat().st_size > 0, name


def test_a_session_that_runs_is_not_resumed_by_another_program(programs, small_config) -> None:
    lay_wire(programs, small_config, "b*3 .")
    process = programs.begin("trade", "--config", "session.yaml")
    await_ticks(programs, process)
    before = (programs.latest / "config.yaml").read_bytes()
    refused = programs.run("trade", "--resume", "latest")
    assert refused.returncode == 2
    assert "is being run by another program" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert (programs.latest / "config.yaml").read_bytes() == before
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert programs.end(process).returncode == 3
    resumed = programs.begin("trade", "--resume", "latest")
    programs.await_that(resumed, lambda: state(programs)["status"] == "running")
    resumed.send_signal(signal.SIGTERM)
    assert programs.end(resumed).returncode == 3


def test_two_sessions_begun_at_the_same_time_have_folders_of_their_own(programs, long_session) -> None:
    lay, _wanted, _length = long_session
    lay(programs)
    both = [programs.begin("trade", "--config", "session.yaml", "--json", quick=False) for _ in range(2)]
    done = [programs.end(process) for process in both]
    assert [one.returncode for one in done] == [0, 0]
    folders = {json.loads(one.stdout.splitlines()[-1])["path"] for one in done}
    assert len(folders) == 2
    tables = [(programs.workspace / folder / "trades.csv").read_bytes() for folder in sorted(folders)]
    assert tables[0] == tables[1]
