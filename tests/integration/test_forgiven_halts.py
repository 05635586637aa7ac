"""A session whose halts were forgiven tells every one of them in its summary, although it completed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from logos.artifacts import schemas
from logos.domain.errors import ResumeError
from logos.domain.times import time_text
from logos.live.resume import resume
from logos.live.runner import Cadence
from logos.live.setup import Outcome, Setup
from logos.live.watch import Watch
from logos.proofs.auditor import audit
from logos.proofs.replaying import verify

CONFIG = """
session: {{name: forgiven, seed: 7}}
feed: {{plugin: replay, path: data/cache, symbols: [DEMO]}}
broker: {{plugin: paper, cash: "10000"}}
strategies: [{{plugin: buy_and_hold, name: hold}}]
allocator: {{plugin: fixed_quantity, quantity: "90"}}
guards: [{guards}]
"""
DRAWDOWN = '{plugin: drawdown, max: "0.1"}'
PRICES = (100, 100, 101, 85, 84, 83, 70, 71, 72, 73)
BARS = {"DEMO": [(*[f"{price}.00"] * 4, "1000") for price in PRICES]}
FIRST = 1_709_562_600


@pytest.fixture(autouse=True)
def no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logos.artifacts.plots.draw_equity", lambda _csv, out, **_rest: out.write_bytes(b"picture"))


@pytest.fixture
def forgive(workspace, registry):
    """Return a function that forgives a session's halts until it completes, and returns them."""

    def act(outcome: Outcome, **surroundings) -> list[tuple[str, str, str]]:
        halts = []
        while outcome.status == "halted":
            halts += [(time_text(cause.at), cause.guard, cause.reason) for cause in outcome.causes]
            (workspace / "runs/live/KILL").unlink(missing_ok=True)
            setup = Setup(workspace=workspace, registry=registry, **surroundings)
            outcome = resume(setup, workspace / outcome.path, clear_halt=True)
        assert (outcome.status, outcome.exit_code, outcome.causes) == ("completed", 0, ())
        return halts

    return act


def summary(folder: Path) -> str:
    return (folder / schemas.SUMMARY_FILE).read_text(encoding="utf-8")


def plain(text: str) -> str:
    """Return Markdown without the backslashes that keep its signs from being read as marks."""
    return text.replace("\\", "")


def check_told(folder: Path, halts: list[tuple[str, str, str]]) -> None:
    """Check that the summary names every halt on a line of its own, in order."""
    text = plain(summary(folder))
    lines = [line for line in text.splitlines() if "halted by" in line]
    assert lines == [f"- {at}: halted by {guard}: {reason}. Cleared" for at, guard, reason in halts]
    assert "### Halts cleared by the operator" in text
    state = json.loads((folder / schemas.STATE_FILE).read_text(encoding="utf-8"))
    assert state["halt_causes"] == []


def test_halts_of_a_guard_are_told(workspace, start_session, forgive, registry) -> None:
    outcome = start_session(workspace, CONFIG.format(guards=DRAWDOWN), BARS)
    halts = forgive(outcome)
    assert [(at[11:16], guard) for at, guard, _ in halts] == [("14:34", "drawdown"), ("14:37", "drawdown")]
    folder = workspace / outcome.path
    check_told(folder, halts)
    assert audit(folder).agrees
    assert verify(Setup(workspace=workspace, registry=registry), folder).differences == ()


def test_a_halt_before_the_first_bar_is_told(workspace, start_session, forgive, registry) -> None:
    (workspace / "runs/live").mkdir(parents=True)
    (workspace / "runs/live/KILL").touch()
    outcome = start_session(workspace, CONFIG.format(guards=""), BARS)
    halts = forgive(outcome)
    assert [(at, guard) for at, guard, _ in halts] == [(time_text(FIRST), "kill_switch")]
    assert "runs/live/KILL" in halts[0][2]
    check_told(workspace / outcome.path, halts)
    assert audit(workspace / outcome.path).agrees
    assert verify(Setup(workspace=workspace, registry=registry), workspace / outcome.path).differences == ()


class KilledAt(Watch):
    """Finds the kill file there once the session has come so far."""

    at = FIRST + 2 * 60

    def look(self, clock: int) -> None:
        if clock == self.at:
            self._files[0][1].touch()
        super().look(clock)


def test_halts_by_the_kill_file_and_by_guards_are_told_in_their_order(
    workspace, start_session, forgive, registry
) -> None:
    (workspace / "runs/live").mkdir(parents=True)
    outcome = start_session(
        workspace, CONFIG.format(guards=DRAWDOWN), BARS, watch=KilledAt, cadence=Cadence(flush=0, snapshot=0)
    )
    halts = forgive(outcome)
    assert [guard for _, guard, _ in halts] == ["kill_switch", "drawdown", "drawdown"]
    assert [at for at, _, _ in halts] == sorted(at for at, _, _ in halts)
    folder = workspace / outcome.path
    check_told(folder, halts)
    assert audit(folder).agrees
    assert verify(Setup(workspace=workspace, registry=registry), folder).differences == ()


def test_two_causes_of_one_halt_are_both_told(workspace, start_session, forgive) -> None:
    class KilledAtTheFall(KilledAt):
        at = FIRST + 3 * 60

    (workspace / "runs/live").mkdir(parents=True)
    outcome = start_session(
        workspace, CONFIG.format(guards=DRAWDOWN), BARS, watch=KilledAtTheFall, cadence=Cadence(flush=0, snapshot=0)
    )
    assert [cause.guard for cause in outcome.causes] == ["drawdown", "kill_switch"]
    check_told(workspace / outcome.path, forgive(outcome))


def test_a_halt_is_not_forgiven_while_the_kill_file_is_there(workspace, start_session, registry) -> None:
    (workspace / "runs/live").mkdir(parents=True)
    (workspace / "runs/live/KILL").touch()
    outcome = start_session(workspace, CONFIG.format(guards=""), BARS)
    folder = workspace / outcome.path
    before = (folder / schemas.STATE_FILE).read_bytes()
    with pytest.raises(ResumeError, match="KILL"):
        resume(Setup(workspace=workspace, registry=registry), folder, clear_halt=True)
    assert (folder / schemas.STATE_FILE).read_bytes() == before


def test_a_session_that_was_never_halted_tells_of_none(workspace, run_session) -> None:
    text = summary(run_session(workspace, CONFIG.format(guards=""), BARS))
    assert "halted by" not in text
    assert "cleared" not in text
