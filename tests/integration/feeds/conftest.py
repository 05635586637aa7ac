"""Whole sessions on polled bars: the real client library, a venue on loopback, and a clock that runs fast for both."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

from logos.config.session import load_session_config
from logos.context.clock import SystemClock
from logos.live.launch import start
from logos.live.resume import resume
from logos.live.runner import Cadence
from logos.live.setup import Outcome, Setup
from logos.plugins.registry import Registry


class FastClock:
    """A clock that runs so many times as fast as the machine's; calling it tells the time with its fraction.

    It begins at the machine's own pace: a session is to begin with the same bar however long it takes to be built.
    """

    def __init__(self, now: float, speed: float) -> None:
        self._machine = SystemClock()
        self._course = (0.0, self._machine.monotonic(), 1.0)
        self._start = now
        self._fast = speed

    @property
    def speed(self) -> float:
        """How fast it runs now."""
        return self._course[2]

    def machine(self) -> float:
        """Return the machine's own elapsed time."""
        return self._machine.monotonic()

    def hurry(self) -> None:
        """Run fast from now on."""
        self._run_at(self._fast)

    def slow(self) -> None:
        """Run at the machine's pace from now on."""
        self._run_at(1.0)

    def skip(self, seconds: float) -> None:
        """Let time pass at once."""
        elapsed, since, speed = self._course
        self._course = (elapsed + seconds, since, speed)

    def _run_at(self, speed: float) -> None:
        machine = self._machine.monotonic()
        elapsed, since, before = self._course
        # One assignment, so that no other thread sees half of it.
        self._course = (elapsed + (machine - since) * before, machine, speed)

    def __call__(self) -> float:
        return self._start + self.monotonic()

    def now(self) -> int:
        return int(self())

    def monotonic(self) -> float:
        elapsed, since, speed = self._course
        return elapsed + (self._machine.monotonic() - since) * speed

    def sleep(self, seconds: float) -> None:
        self._machine.sleep(seconds / self.speed)


CRYPTO = {"asset_class": "crypto", "tick": "0.01", "lot": "0.001", "min_notional": "10", "currency": "USD"}


@attrs.define
class Stage:
    """A workspace in which polled sessions run in this process."""

    workspace: Path
    registry: Registry
    begun: Callable[[], None] = lambda: None
    look: Callable[[Any], None] = lambda _session: None
    told: list[str] = attrs.field(factory=list)

    def run(
        self, sections: Mapping[str, Any], clock: FastClock, *, bars: int | None = None, session_id: str = "polled"
    ) -> Outcome:
        """Run a session; once it has taken so many slices it is interrupted, which pauses it."""
        text = yaml.safe_dump(config_of(**sections), sort_keys=False)
        config = load_session_config(text, self.registry, workspace=self.workspace)
        return start(self._setup(clock, bars), config, session_id=session_id)

    def resume(
        self, clock: FastClock, *, bars: int | None = None, session_id: str = "polled", clear_halt: bool = False
    ) -> Outcome:
        """Go on with a session that was paused, or halted."""
        return resume(self._setup(clock, bars), self.folder(session_id), clear_halt=clear_halt)

    def _setup(self, clock: FastClock, bars: int | None) -> Setup:
        interrupted = False

        def look(session: Any) -> None:
            nonlocal interrupted
            if clock.speed == 1.0:
                self.begun()
                clock.hurry()
            self.look(session)
            if bars is not None and session.counts.slices >= bars and not interrupted:
                interrupted = True
                os.kill(os.getpid(), signal.SIGINT)

        return Setup(
            workspace=self.workspace,
            registry=self.registry,
            clock=clock,
            cadence=Cadence(flush=0, snapshot=600),
            progress=look,
            tell=self.told.append,
        )

    def folder(self, session_id: str = "polled") -> Path:
        return self.workspace / "runs" / "live" / "sessions" / session_id

    def tables(self, session_id: str = "polled") -> dict[str, bytes]:
        """Return the artifacts that config, seed and bars decide."""
        names = ("trades", "orders", "decisions", "account", "positions")
        return {name: (self.folder(session_id) / f"{name}.csv").read_bytes() for name in names}


def config_of(**sections: Any) -> dict[str, Any]:
    """Return the config of a session that polls two coins."""
    return {
        "session": {"name": "polled", "seed": 7},
        "instruments": {"AAA-USD": CRYPTO, "BBB-USD": CRYPTO, "CCC-USD": CRYPTO},
        "broker": {"plugin": "paper", "cash": "100000", "currency": "USD", "fees": {"taker_bps": "10"}},
        "strategies": [{"plugin": "sma_cross", "params": {"fast": 2, "slow": 5}}],
        "allocator": {"plugin": "equal_weight"},
        "guards": [{"plugin": "kill_switch", "file": "runs/live/KILL"}],
        **sections,
    }


@pytest.fixture
def fast_clock() -> type[FastClock]:
    return FastClock


@pytest.fixture
def delay() -> Iterator[Callable[[], float]]:
    """Return a function that says by how many seconds the machine, busy with other work, may have been late.

    That is three times the latest that a thread which does nothing else has woken, for what waits in a row.
    """
    machine, ended, worst = SystemClock(), threading.Event(), 0.0

    def watch() -> None:
        nonlocal worst
        while not ended.is_set():
            before = machine.monotonic()
            machine.sleep(0.01)
            worst = max(worst, machine.monotonic() - before - 0.01)

    thread = threading.Thread(target=watch)
    thread.start()
    yield lambda: 3 * worst
    ended.set()
    thread.join()


@pytest.fixture
def stage(tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Stage]:
    """Return a function that makes a stage in a folder of its own."""
    monkeypatch.setattr("os.fsync", lambda _descriptor: None)

    def make(name: str = "work") -> Stage:
        folder = tmp_path / name
        folder.mkdir()
        return Stage(folder, registry)

    return make
