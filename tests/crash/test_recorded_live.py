"""Polled sessions with the real pump: real processes that are killed, feeds that run ahead, feeds that fall silent."""

from __future__ import annotations

import csv
import json
import signal
from collections import Counter

import pytest
import yaml

from logos.live.runner import Cadence
from logos.proofs.auditor import audit
from logos.proofs.replaying import verify

BEGIN = 1_704_843_000
"""Where the clock of the laboratory stands, and the feed's first bar opens."""
FUTURE = 2_000_000_040
"""For real processes: bars that close later than now, by whatever clock."""
SYMBOLS = ["AAA-USD", "ZZZ-USD"]
TABLES = ("bars.csv", "account.csv", "orders.csv", "trades.csv", "positions.csv", "decisions.csv")


def config_text(small_config, script: str, begin: int = BEGIN, **sections) -> str:
    sections = {
        "strategies": [{"plugin": "dice"}, {"plugin": "sma_cross", "params": {"fast": 2, "slow": 5}}],
        "guards": [{"plugin": "moods"}],
        "broker": {"plugin": "paper", "cash": "100000", "currency": "USD", "max_volume_share": "0.1"},
        "feed": {"plugin": "poll", "symbols": SYMBOLS, "script": script, "begin": begin},
        **sections,
    }
    config = small_config(**sections)
    config["instruments"]["ZZZ-USD"] = config["instruments"]["AAA-USD"]
    return yaml.safe_dump(config, sort_keys=False)


def rows(folder) -> list[dict[str, str]]:
    with (folder / "bars.csv").open(newline="") as file:
        return list(csv.DictReader(file))


# -- a feed that runs ahead of its session -------------------------------------------------------------------------


def test_what_was_fetched_and_never_acted_upon_is_not_recorded_and_comes_again_after_a_resume(
    lab, small_config
) -> None:
    (lab.workspace / "session.yaml").write_text(config_text(small_config, "b*4 k b*30"))
    assert lab.start(lab.setup(cadence=Cadence(flush=0, snapshot=9))).status == "halted"
    state = json.loads((lab.folder / "state.json").read_bytes())
    kinds = Counter(row["kind"] for row in rows(lab.folder))
    assert kinds["bar"] == state["counts"]["bars"] < 2 * 34
    assert (kinds["kill"], kinds["end"]) == (1, 1)
    lab.kill_file.unlink()
    for _ in range(10):  # the feed meets its word k again where the session had not come so far
        if lab.resume(clear_halt=True).status == "completed":
            break
        lab.kill_file.unlink()
    bars = Counter((row["symbol"], row["timestamp"]) for row in rows(lab.folder) if row["kind"] == "bar")
    assert (len(bars), set(bars.values())) == (2 * 34, {1})
    assert verify(lab.setup(), lab.folder).differences == ()
    assert [check.fault for check in audit(lab.folder).checks if check.fault] == []


def test_a_feed_that_falls_silent_is_halted_within_a_second_of_its_limit_with_the_record_in_between(
    lab, small_config, moving_clock
) -> None:
    feed = {"plugin": "wire", "symbols": SYMBOLS, "script": "b*3 .", "begin": BEGIN}
    guards = [{"plugin": "stale_data", "after": "2m", "halt": "all"}]
    (lab.workspace / "session.yaml").write_text(config_text(small_config, "", feed=feed, guards=guards))
    outcome = lab.start(lab.setup(clock=moving_clock(BEGIN + 60), cadence=Cadence(flush=0.05, snapshot=2.0)))
    assert (outcome.status, [cause.guard for cause in outcome.causes]) == ("halted", ["stale_data"])
    last_close = BEGIN + 3 * 60
    assert 0 < outcome.causes[0].at - (last_close + 120) <= 1
    found = rows(lab.folder)
    assert [row["kind"] for row in found[-2:]] == ["tick", "end"]
    assert verify(lab.setup(), lab.folder).differences == ()


# -- real processes ------------------------------------------------------------------------------------------------

LIVELY = "b*60 r b f*2 b*60 1*3 r b*60"


@pytest.fixture
def process(programs, small_config, tmp_path, site, offline_environment):
    (programs.workspace / "session.yaml").write_text(config_text(small_config, LIVELY, FUTURE))
    return programs


def recorded(programs) -> int:
    try:
        return (programs.latest / "bars.csv").stat().st_size
    except FileNotFoundError:
        return 0


def test_a_polled_session_killed_many_times_is_the_uninterrupted_one(process, tmp_path) -> None:
    done = process.run("trade", "--config", "session.yaml")
    assert done.returncode == 0, done.stderr
    wanted = {name: (process.latest / name).read_bytes() for name in TABLES}
    length = recorded(process)
    arguments, kills = ("trade", "--config", "session.yaml"), 0
    process.latest.unlink()
    for number in range(3):
        running = process.begin(*arguments, quick=number % 2 == 0)
        process.await_that(running, lambda size=length * (2 * number + 1) // 7: recorded(process) >= size)
        running.send_signal(signal.SIGKILL)
        kills += process.end(running).returncode == -signal.SIGKILL
        arguments = ("trade", "--resume", "latest")
    assert kills >= 2
    done = process.run(*arguments)
    assert done.returncode == 0, done.stderr
    for name in TABLES:
        assert (process.latest / name).read_bytes() == wanted[name], name
    (process.workspace / "OFFLINE").touch()
    for command in (("replay", "latest", "--verify"), ("audit", "latest")):
        checked = process.run(*command)
        assert checked.returncode == 0, checked.stdout + checked.stderr
