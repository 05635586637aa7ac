"""Halts and their forgiveness: crashed at any write, replayed, refused, and recorded."""

from __future__ import annotations

import json
import shutil

import pytest
from logos.domain.errors import ResumeError
from logos.live.runner import Cadence
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
    with pytest.raises(ResumeError, match="was halted: drawdown: .*--clear-halt"):
        lab.resume()
    assert lab.files() == before
    halts = 1
    while outcome.status == "halted":
        outcome = lab.resume(clear_halt=True)
        halts += outcome.status == "halted"
        agrees(lab)
    assert halts > 1
    assert len(events(lab, "halt_cleared")) == halts - (outcome.status == "halted")
    assert events(lab, "halt_cleared")[0]["changes"][0]["guard"] == "drawdown"
