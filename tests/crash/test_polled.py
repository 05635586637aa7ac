"""A feed that polls and falls silent: halts, pauses and flattening by a clock that only the feed's waiting moves."""

from __future__ import annotations

import json
import os
import signal

import attrs
import pytest
import yaml

from logos.domain.times import parse_time
from logos.live.runner import Cadence

BEGIN = 1_704_844_800
"""2024-01-10T00:00:00Z, where the feed's first bar opens."""


@pytest.fixture
def wire(lab, small_config, moving_clock):
    """Return a function that writes the config of a polled session and gives its surroundings.

    The feed and the session take turns in them: no pump fetches in a thread.
    """

    def write(script: str, **sections):
        sections = {
            "strategies": [{"plugin": "buy_and_hold"}],
            "guards": [{"plugin": "kill_switch", "file": "runs/live/KILL"}],
            "broker": {"plugin": "paper", "cash": "100000", "currency": "USD"},
            "feed": {"plugin": "wire", "symbols": ["AAA-USD", "ZZZ-USD"], "script": script, "begin": BEGIN},
            **sections,
        }
        config = small_config(**sections)
        config["instruments"]["ZZZ-USD"] = config["instruments"]["AAA-USD"]
        (lab.workspace / "session.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        setup = lab.setup(clock=moving_clock(BEGIN + 60), cadence=Cadence(flush=0.05, snapshot=2.0))
        return attrs.evolve(setup, pump=iter)

    return write


def state(lab):
    return json.loads((lab.folder / "state.json").read_bytes())


def test_a_silent_feed_is_halted_by_the_kill_file_within_a_second(lab, wire) -> None:
    setup = wire("b*3 t*7 k .")
    outcome = lab.start(setup)
    assert (outcome.status, outcome.exit_code) == ("halted", 3)
    assert [cause.guard for cause in outcome.causes] == ["kill_switch"]
    killed_at = float((lab.workspace / "killed_at").read_text())
    assert setup.clock.monotonic() - killed_at <= 0.5
    assert {"session.md", "plots/equity.png", "orders.csv"} <= lab.files().keys()
    assert state(lab)["orders"] == []


def test_a_silent_feed_is_halted_once_its_data_are_stale(lab, wire) -> None:
    outcome = lab.start(wire("b*3 .", guards=[{"plugin": "stale_data", "after": "2m", "halt": "all"}]))
    assert (outcome.status, [cause.guard for cause in outcome.causes]) == ("halted", ["stale_data"])
    last_close = BEGIN + 3 * 60
    assert outcome.causes[0].at == last_close + 121


def test_ticks_are_journalled_and_write_no_account_row(lab, wire) -> None:
    lab.start(wire("b*3 t*10 k ."))
    events = [json.loads(line) for line in (lab.folder / "state.jsonl").read_text(encoding="utf-8").splitlines()]
    ticks = [event for event in events if event["type"] == "tick"]
    assert len(ticks) >= 10
    assert lab.files()["account.csv"].count(b"\n") == 1 + 3


def test_a_silent_feed_is_paused_by_a_signal_and_goes_on(lab, wire) -> None:
    setup = wire("b*3 t*10 b*3 k .")

    def interrupt(session) -> None:
        if not session.bars and not session.causes:
            os.kill(os.getpid(), signal.SIGINT)

    outcome = lab.start(attrs.evolve(setup, progress=interrupt))
    assert (outcome.status, outcome.exit_code) == ("paused", 3)
    assert parse_time(state(lab)["clock"]) >= BEGIN + 180
    outcome = lab.resume(setup)
    assert outcome.status == "halted"
    assert lab.files()["account.csv"].count(b"\n") == 1 + 6


@pytest.mark.parametrize(
    ("after", "closed", "rows"),
    [
        ("b*5", {"AAA-USD", "ZZZ-USD"}, 4),
        ("t*3 b*5", {"AAA-USD", "ZZZ-USD"}, 4),
        ("1*5", {"AAA-USD"}, 5),
        (".", set(), 3),
    ],
    ids=["bars come", "after a silence", "one symbol only", "none come"],
)
def test_a_polled_session_flattens_on_the_next_bars_for_at_most_two_intervals(lab, wire, after, closed, rows) -> None:
    setup = wire(f"b*3 k t {after} .", session={"name": "crash", "flatten": True})
    outcome = lab.start(setup)
    assert (outcome.status, outcome.exit_code) == ("halted", 3)
    held = {one["symbol"]: one["quantity"] for one in state(lab)["positions"]}
    assert {symbol for symbol, quantity in held.items() if quantity == "0.000"} >= closed
    assert {symbol for symbol in ("AAA-USD", "ZZZ-USD") if held.get(symbol) != "0.000"} == {
        "AAA-USD",
        "ZZZ-USD",
    } - closed
    assert lab.files()["account.csv"].count(b"\n") == 1 + rows
    halted_at = outcome.causes[0].at
    assert parse_time(state(lab)["clock"]) <= halted_at + 2 * 60 + 60
    summary = (lab.folder / "session.md").read_text(encoding="utf-8")
    for symbol in {"AAA-USD", "ZZZ-USD"} - closed:
        assert symbol in summary
    assert state(lab)["orders"] == []


def test_a_signal_ends_the_wait_for_bars_that_would_flatten(lab, wire) -> None:
    setup = wire("b*3 k t .", session={"name": "crash", "flatten": True})
    ticks = 0
    real = type(setup.clock).sleep

    def sleep(clock, seconds: float) -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 10:
            os.kill(os.getpid(), signal.SIGTERM)
        real(clock, seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(setup.clock), "sleep", sleep)
        outcome = lab.start(setup)
    assert (outcome.status, ticks) == ("halted", 10)


def test_a_crashed_polled_session_resumes_to_the_same_orders(lab, wire) -> None:
    setup = wire("b*3 t*30 b*3 k .", strategies=[{"plugin": "dice"}])
    lab.start(setup)
    wanted = lab.files()
    twin = lab.beside("twin")
    (twin.workspace / "session.yaml").write_bytes((lab.workspace / "session.yaml").read_bytes())

    looks = iter(range(25))

    def crash(_session) -> None:
        if next(looks) == 20:
            raise KeyboardInterrupt

    clock = type(setup.clock)(BEGIN + 60)
    with pytest.raises(KeyboardInterrupt):
        twin.start(attrs.evolve(setup, workspace=twin.workspace, clock=clock, progress=crash))
    outcome = twin.resume(attrs.evolve(setup, workspace=twin.workspace, clock=clock))
    assert outcome.status == "halted"
    found = twin.files()
    for name in ("trades.csv", "account.csv", "decisions.csv"):
        assert found[name] == wanted[name]
