"""Halts and their forgiveness: crashed at any write, replayed, refused, and recorded."""

from __future__ import annotations

import csv
import json
import os
import signal

import attrs
import pytest

from logos.domain.errors import ResumeError
from logos.proofs.replaying import verify

GUARDS = [
    {"plugin": "max_notional", "limit": "50000"},
    {"plugin": "drawdown", "max": "0.0004"},
    {"plugin": "kill_switch", "file": "runs/live/STOP"},
]


def events(lab, kind: str) -> list[dict[str, object]]:
    lines = (lab.folder / "state.jsonl").read_text(encoding="utf-8").splitlines()
    return [event for event in map(json.loads, lines) if event["type"] == kind]


def agrees(lab) -> None:
    report = verify(lab.setup(), lab.folder)
    assert report.differences == ()
    assert report.outcome.status == json.loads((lab.folder / "state.json").read_bytes())["status"]


@pytest.mark.parametrize("flatten", [False, True])
def test_a_halted_session_is_refused_then_forgiven_and_every_step_is_recorded(lab, small_config, flatten) -> None:
    lab.lay(small_config(guards=GUARDS, session={"name": "crash", "flatten": flatten}), 60)
    outcome = lab.start()
    assert (outcome.status, outcome.exit_code) == ("halted", 3)
    agrees(lab)
    before = lab.files()
    with pytest.raises(ResumeError, match=r"was halted: drawdown: .*--clear-halt"):
        lab.resume()
    assert lab.files() == before
    halts = 1
    while outcome.status == "halted":
        outcome = lab.resume(clear_halt=True)
        halts += outcome.status == "halted"
        if halts == 2:
            agrees(lab)
    agrees(lab)
    assert halts > 1
    assert len(events(lab, "halt_cleared")) == halts - (outcome.status == "halted")
    assert events(lab, "halt_cleared")[0]["changes"][0]["guard"] == "drawdown"


class Interrupts:
    """Does something at one look of the runner, counted from 1; the runner looks after every slice."""

    def __init__(self, look: int, action) -> None:
        self._look = look
        self._action = action
        self.looks = 0

    def __call__(self, _session) -> None:
        self.looks += 1
        if self.looks == self._look:
            self._action()


def interrupted(lab, look: int, action):
    return attrs.evolve(lab.setup(), progress=Interrupts(look, action))


def touched(lab):
    lab.kill_file.parent.mkdir(parents=True, exist_ok=True)
    return lab.kill_file.touch


def paused():
    os.kill(os.getpid(), signal.SIGINT)


def test_the_kill_file_halts_a_session_and_the_replay_agrees(lab, small_config) -> None:
    lab.lay(small_config(), 60)
    outcome = lab.start(interrupted(lab, 20, touched(lab)))
    assert (outcome.status, outcome.exit_code) == ("halted", 3)
    assert [cause.guard for cause in outcome.causes] == ["kill_switch"]
    files = lab.files()
    assert files["orders.csv"].count(b",halted") > 0
    assert json.loads(files["state.json"])["orders"] == []
    assert b"kill file runs/live/KILL" in files["session.md"]
    assert events(lab, "halted")[0]["causes"] == [
        {"guard": "kill_switch", "reason": "the kill file runs/live/KILL is there; remove it before the next session"}
    ]
    agrees(lab)


def test_a_halt_is_not_forgiven_while_the_kill_file_is_there(lab, small_config) -> None:
    lab.lay(small_config(), 60)
    lab.start(interrupted(lab, 20, touched(lab)))
    before = lab.files()
    with pytest.raises(ResumeError, match=r"cannot go on: the kill file runs/live/KILL is there.*Remove it"):
        lab.resume(clear_halt=True)
    assert lab.files() == before
    lab.kill_file.unlink()
    assert lab.resume(clear_halt=True).status == "completed"
    agrees(lab)


def test_a_kill_file_at_the_start_halts_before_the_first_bar(lab, small_config) -> None:
    lab.lay(small_config(), 60)
    touched(lab)()
    outcome = lab.start()
    assert (outcome.status, outcome.exit_code, outcome.bars) == ("halted", 3, 0)
    assert {"session.md", "state.json", "plots/equity.png"} <= lab.files().keys()
    agrees(lab)


@pytest.mark.parametrize("look", [14, 21])
def test_a_kill_file_at_a_resume_halts_and_the_replay_agrees(lab, small_config, look) -> None:
    lab.lay(small_config(), 60)
    assert lab.start(interrupted(lab, look, paused)).status == "paused"
    touched(lab)()
    outcome = lab.resume()
    assert (outcome.status, outcome.exit_code) == ("halted", 3)
    agrees(lab)


@pytest.mark.parametrize("look", [1, 15, 30])
def test_a_paused_session_shows_its_working_orders_and_goes_on_to_the_same_bytes(
    lab, small_config, difference, look
) -> None:
    lab.lay(small_config(), 60)
    twin = lab.beside("twin")
    twin.start()
    outcome = lab.start(interrupted(lab, look, paused))
    assert (outcome.status, outcome.exit_code) == ("paused", 3)
    state = json.loads((lab.folder / "state.json").read_bytes())
    rows = list(csv.DictReader((lab.folder / "orders.csv").read_text(encoding="utf-8").splitlines()))
    working = [int(row["order_id"]) for row in rows if row["status"] in {"accepted", "partially_filled"}]
    assert working == [order["order_id"] for order in state["orders"]]
    assert working or look == 1
    agrees(lab)
    assert lab.resume().status == "completed"
    assert difference(twin.files(), lab.files()) == ""


def test_a_session_paused_over_and_over_goes_on_to_the_same_bytes(lab, small_config, difference) -> None:
    lab.lay(small_config(), 60)
    twin = lab.beside("twin")
    twin.start()
    outcome = lab.start(interrupted(lab, 2, paused))
    pauses = 0
    while outcome.status == "paused":
        pauses += 1
        outcome = lab.resume(interrupted(lab, 2, paused))
    assert pauses > 15
    assert difference(twin.files(), lab.files()) == ""


def test_a_paused_session_that_loses_its_process_while_resumed_goes_on_to_the_same_bytes(
    lab, small_config, difference
) -> None:
    lab.lay(small_config(), 60)
    twin = lab.beside("twin")
    twin.start()
    lab.start(interrupted(lab, 10, paused))

    def crash() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lab.resume(interrupted(lab, 10, crash))
    assert lab.resume().status == "completed"
    assert difference(twin.files(), lab.files()) == ""
