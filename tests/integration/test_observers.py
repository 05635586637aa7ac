"""Observers hear of a session in the order of the record, and nothing that they do comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from logos.artifacts import schemas
from logos.cli.app import run
from logos.domain.events import Accepted, Cancelled, Fill
from logos.live.resume import resume
from logos.live.runner import Cadence
from logos.live.setup import Setup
from logos.live.watch import Watch
from logos.plugins.observers import Implementation, Observers
from logos.plugins.registry import load_registry
from logos.proofs.replaying import verify

HOOKS = {
    "logos_session_started": ("session",),
    "logos_order_event": ("session", "event"),
    "logos_session_halted": ("session", "causes"),
    "logos_session_finished": ("session", "outcome"),
}
ANSWERS = {"accepted", "rejected", "cancelled", "expired", "unknown", "fill"}
CONFIG = """
session: {{name: heard, seed: 7}}
feed: {{plugin: replay, path: data/cache, symbols: [DEMO]}}
broker: {{plugin: paper, cash: "10000", max_volume_share: "0.01"}}
strategies: [{{plugin: sma_cross, name: up, params: {{fast: 1, slow: 2}}}}]
allocator: {{plugin: fixed_quantity, quantity: "15"}}
guards: [{guards}]
"""
DRAWDOWN = '{plugin: drawdown, max: "0.005"}'
PRICES = (100, 101, 102, 99, 98, 103, 104, 90, 91, 80, 81, 82)
BARS = {"DEMO": [(*[f"{price}.00"] * 4, "1000") for price in PRICES]}


class StandingClock:
    """Stands at one wall time, so that two sessions have the same bytes."""

    elapsed = 0.0

    def now(self) -> int:
        return 1_704_844_800

    def monotonic(self) -> float:
        self.elapsed += 1.0
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        self.elapsed += seconds


class Ear:
    """Hears every event; what it heard is kept in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []

    def observers(self) -> Observers:
        return Observers({hook: [self.listener(hook, names)] for hook, names in HOOKS.items()})

    def listener(self, hook: str, names: tuple[str, ...]) -> Implementation:
        def hear(*values: Any) -> None:
            self.hear(hook.removeprefix("logos_"), *values)

        return Implementation("acme-ear/main", "acme-ear", hear, names)

    def hear(self, hook: str, session: Any, value: Any = None) -> None:
        self.heard.append((hook, value))

    def of(self, hook: str) -> list[Any]:
        return [value for name, value in self.heard if name == hook]


class Shouting(Ear):
    """Raises at everything that it hears."""

    def hear(self, hook: str, session: Any, value: Any = None) -> None:
        super().hear(hook, session, value)
        raise ZeroDivisionError(f"cannot hear {hook}")


class PausesLater(Watch):
    """Asks for a pause once the session has come so far."""

    def look(self, clock: int) -> None:
        super().look(clock)
        self.pause = clock >= 1_709_562_600 + 4 * 60


@pytest.fixture(autouse=True)
def no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logos.artifacts.plots.draw_equity", lambda _csv, out, **_rest: out.write_bytes(b"picture"))


def told(folder: Path) -> list[tuple[str, int]]:
    """Return kind and order of every broker's event in the journal."""
    lines = (folder / schemas.JOURNAL_FILE).read_text(encoding="utf-8").splitlines()
    return [(one["type"], one["order_id"]) for one in map(json.loads, lines) if one["type"] in ANSWERS]


def test_a_session_is_heard_from_its_start_over_every_order_event_to_its_end(workspace, start_session) -> None:
    ear = Ear()
    outcome = start_session(workspace, CONFIG.format(guards=""), BARS, observers=ear.observers())
    assert outcome.status == "completed"
    hooks = [hook for hook, _ in ear.heard]
    assert (hooks[0], hooks[-1]) == ("session_started", "session_finished")
    assert set(hooks[1:-1]) == {"order_event"}
    heard = [(type(event).__name__.lower(), event.order_id) for event in ear.of("order_event")]
    assert heard == told(workspace / outcome.path)
    assert {Accepted, Cancelled, Fill} <= {type(event) for event in ear.of("order_event")}


def test_a_session_is_heard_to_start_again_at_a_resume(workspace, start_session, registry) -> None:
    ear = Ear()
    keywords = {"observers": ear.observers(), "cadence": Cadence(flush=0, snapshot=0), "watch": PausesLater}
    outcome = start_session(workspace, CONFIG.format(guards=""), BARS, **keywords)
    assert outcome.status == "paused"
    assert [hook for hook, _ in ear.heard if hook != "order_event"] == ["session_started", "session_finished"]
    assert ear.of("session_finished") == [outcome.as_object()]
    folder = workspace / outcome.path
    again = resume(Setup(workspace=workspace, registry=registry, observers=ear.observers()), folder)
    assert again.status == "completed"
    assert [hook for hook, _ in ear.heard if hook != "order_event"] == ["session_started", "session_finished"] * 2
    heard = [(type(event).__name__.lower(), event.order_id) for event in ear.of("order_event")]
    assert heard == told(folder)
    assert ear.of("session_finished")[-1] == again.as_object()
    assert ear.of("session_finished")[-1]["status"] == "completed"


def test_an_ended_session_that_is_looked_at_again_is_not_heard(workspace, start_session, registry) -> None:
    outcome = start_session(workspace, CONFIG.format(guards=""), BARS)
    ear = Ear()
    resume(Setup(workspace=workspace, registry=registry, observers=ear.observers()), workspace / outcome.path)
    assert ear.heard == []


def test_a_halt_is_heard_with_guard_reason_and_time_before_the_end(workspace, start_session) -> None:
    ear = Ear()
    outcome = start_session(workspace, CONFIG.format(guards=DRAWDOWN), BARS, observers=ear.observers())
    assert outcome.status == "halted"
    assert [hook for hook, _ in ear.heard][-2:] == ["session_halted", "session_finished"]
    ((cause,),) = ear.of("session_halted")
    assert set(cause) == {"guard", "reason", "at"}
    assert (cause["guard"], cause["reason"]) == ("drawdown", outcome.causes[0].reason)
    assert [cause] == ear.of("session_finished")[0]["halt_causes"] == outcome.as_object()["halt_causes"]
    state = json.loads((workspace / outcome.path / schemas.STATE_FILE).read_text(encoding="utf-8"))
    assert (cause["at"], [cause]) == (state["clock"], state["halt_causes"])


def test_a_halt_by_the_kill_file_is_heard(workspace, start_session) -> None:
    (workspace / "runs/live").mkdir(parents=True)
    (workspace / "runs/live/KILL").touch()
    ear = Ear()
    start_session(workspace, CONFIG.format(guards=""), BARS, observers=ear.observers())
    assert [hook for hook, _ in ear.heard] == ["session_started", "session_halted", "session_finished"]
    ((cause,),) = ear.of("session_halted")
    assert cause["guard"] == "kill_switch"
    assert "runs/live/KILL" in cause["reason"]


def test_an_answer_is_heard_after_it_was_booked(workspace, start_session) -> None:
    working = []

    class Looks(Ear):
        def hear(self, hook: str, session: Any, value: Any = None) -> None:
            if isinstance(value, Cancelled):
                working.append(session.working("DEMO"))

    start_session(workspace, CONFIG.format(guards=""), BARS, observers=Looks().observers())
    assert working
    assert set(working) == {(0, 0)}


def test_the_artifacts_are_complete_when_the_end_is_heard(workspace, start_session) -> None:
    found = []

    class Looks(Ear):
        def hear(self, hook: str, session: Any, value: Any = None) -> None:
            if hook == "session_finished":
                folder = workspace / value["path"]
                found.extend(name for name in schemas.BUNDLE if (folder / name).is_file())
                found.append(json.loads((folder / schemas.STATE_FILE).read_text(encoding="utf-8"))["status"])

    start_session(workspace, CONFIG.format(guards=""), BARS, observers=Looks().observers())
    assert found == [*schemas.BUNDLE, "completed"]


@pytest.mark.parametrize(("guards", "code"), [("", 0), (DRAWDOWN, 3)], ids=["completed", "halted"])
def test_the_end_is_heard_with_the_very_object_that_the_command_line_prints(
    workspace, write_bars, capsys, monkeypatch, guards, code
) -> None:
    ear = Ear()
    registry = load_registry()
    registry.observers = ear.observers()
    monkeypatch.setattr("logos.plugins.registry.load_registry", lambda: registry)
    write_bars(workspace, CONFIG.format(guards=guards), BARS)
    (workspace / "session.yaml").write_text(CONFIG.format(guards=guards), encoding="utf-8")
    assert run(["trade", "--config", "session.yaml", "--json"]) == code
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert json.loads(printed) == ear.of("session_finished")[0]


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found if path.parent.name != "logs"}


@pytest.mark.parametrize("guards", ["", DRAWDOWN], ids=["completed", "halted"])
def test_an_observer_that_raises_is_counted_told_and_logged_and_changes_no_byte(
    workspace, start_session, guards
) -> None:
    folders, loud, said = [], Shouting(), []
    for name, observers in (("quiet", Observers(dict.fromkeys(HOOKS, ()))), ("loud", loud.observers())):
        home = workspace / name
        home.mkdir()
        outcome = start_session(
            home,
            CONFIG.format(guards=guards),
            BARS,
            session_id="same",
            observers=observers,
            clock=StandingClock(),
            tell=said.append,
        )
        folders.append(home / outcome.path)
    quiet, noisy = map(files, folders)
    assert quiet.keys() == noisy.keys()
    assert [name for name, content in quiet.items() if noisy[name] != content] == []
    count = len(loud.heard)
    assert count == 2 + len(told(folders[1])) + bool(guards)
    assert [text for text in said if "Observer" in text] == [
        f"Observer acme-ear/main failed {count} times: logs/run.log says how"
    ]
    log = (folders[1] / schemas.LOG_FILE).read_text(encoding="utf-8")
    assert log.count("observer_failed") == count
    assert "ZeroDivisionError: cannot hear session_started" in log
    assert "observer_failed" not in (folders[0] / schemas.LOG_FILE).read_text(encoding="utf-8")


def test_another_observer_hears_all_though_one_raises(workspace, start_session) -> None:
    ear, loud = Ear(), Shouting()
    both = {hook: [loud.listener(hook, names), ear.listener(hook, names)] for hook, names in HOOKS.items()}
    start_session(workspace, CONFIG.format(guards=""), BARS, observers=Observers(both))
    assert [hook for hook, _ in ear.heard] == [hook for hook, _ in loud.heard]
    assert len(ear.heard) > 3


@pytest.mark.parametrize("guards", ["", DRAWDOWN], ids=["completed", "halted"])
def test_a_verification_calls_no_observer(workspace, start_session, guards) -> None:
    ear, registry = Ear(), load_registry()
    registry.observers = ear.observers()
    outcome = start_session(workspace, CONFIG.format(guards=guards), BARS)
    setup = Setup(workspace=workspace, registry=registry)
    report = verify(setup, workspace / outcome.path)
    assert report.differences == ()
    report = verify(attrs.evolve(setup, observers=ear.observers()), workspace / outcome.path)
    assert report.differences == ()
    assert ear.heard == []
