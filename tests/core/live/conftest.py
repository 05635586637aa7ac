"""Sessions whose broker works with something outside, with parts of their own: no sibling distribution is needed."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest
import yaml

from logos.config.session import load_session_config
from logos.domain.times import parse_time, time_text
from logos.live.disk import Disk
from logos.live.launch import start
from logos.live.resume import resume
from logos.live.runner import Cadence
from logos.live.setup import Outcome, Setup
from logos.plugins.loading import installed_entry_points
from logos.plugins.registry import Registry, load_registry
from logos.proofs.replaying import ReplayReport, verify

BEGIN = parse_time("2024-01-09T12:00:00Z")
PARTS = Path(__file__).with_name("parts")
SYMBOLS = ("AAA-USD", "BBB-USD")


class Standing:
    """A clock that stands, but for elapsed seconds: one with every look."""

    def __init__(self) -> None:
        self._elapsed = 0.0

    def now(self) -> int:
        return BEGIN

    def monotonic(self) -> float:
        self._elapsed += 1.0
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        self._elapsed += seconds


def bars(symbol: str, count: int) -> str:
    """Return a bar file whose prices wander."""
    state, close, lines = sum(map(ord, symbol)), 10_000, ["timestamp,open,high,low,close,volume"]
    for index in range(count):
        state = (state * 1_103_515_245 + 12_345) % 2**31
        opened, close = close, close + (state >> 8) % 31 - 15
        high, low = max(opened, close) + 3, min(opened, close) - 3
        prices = ",".join(f"{price // 100}.{price % 100:02d}" for price in (opened, high, low, close))
        lines.append(f"{time_text(BEGIN + 60 * index)},{prices},900")
    return "\n".join(lines) + "\n"


@attrs.define
class House:
    """A workspace with bars, in which sessions with a broker outside are run in this process."""

    workspace: Path
    registry: Registry
    work: ModuleType

    def lay(self, *, broker: str = "shown", count: int = 20, **sections: Any) -> House:
        """Write bars and config."""
        crypto = {"asset_class": "crypto", "tick": "0.01", "lot": "0.001", "currency": "USD"}
        config = {
            "session": {"name": "out", "seed": 7},
            "instruments": dict.fromkeys(SYMBOLS, crypto),
            "feed": {"plugin": "replay", "path": "data", "symbols": list(SYMBOLS)},
            "broker": {"plugin": broker},
            "strategies": [{"plugin": "coins"}],
            "allocator": {"plugin": "equal_weight", "invest": "0.4"},
            "guards": [],
            **sections,
        }
        (self.workspace / "session.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        for symbol in SYMBOLS:
            path = self.workspace / "data" / "crypto" / f"{symbol}-1m.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(bars(symbol, count))
        return self

    def setup(self, **changes: Any) -> Setup:
        values = {"cadence": Cadence(flush=0, snapshot=9), "clock": Standing(), "disk": Disk(), **changes}
        return Setup(workspace=self.workspace, registry=self.registry, **values)

    def start(self, **changes: Any) -> Outcome:
        setup = self.setup(**changes)
        config = load_session_config(self.workspace / "session.yaml", setup.registry, workspace=self.workspace)
        return start(setup, config, session_id="out")

    def resume(self, *, clear_halt: bool = False, **changes: Any) -> Outcome:
        return resume(self.setup(**changes), self.folder, clear_halt=clear_halt)

    def verify(self) -> ReplayReport:
        return verify(self.setup(), self.folder)

    @property
    def folder(self) -> Path:
        return self.workspace / "runs" / "live" / "sessions" / "out"


@pytest.fixture(scope="session")
def outside_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Install the parts as a distribution; return what is installed, and they."""
    folder = tmp_path_factory.mktemp("outside-site")
    info = folder / "outside_parts-1.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outside-parts\nVersion: 1.0.0\n")
    (info / "entry_points.txt").write_text("[logos.v1]\nmain = outside_parts\n")
    for module in ("outside_parts.py", "outside_work.py"):
        shutil.copy(PARTS / module, folder)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    own = [point for one in distributions(path=[str(folder)]) for point in one.entry_points]
    yield load_registry([*(point for point in installed_entry_points() if point.value != "outside_parts"), *own])
    sys.path.remove(str(folder))
    for module in ("outside_parts", "outside_work"):
        sys.modules.pop(module, None)


@pytest.fixture
def make_house(
    tmp_path: Path, outside_site: Registry, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], House]]:
    """Return a function that makes a workspace; no picture is drawn, and no disk is waited for."""
    monkeypatch.setattr("logos.artifacts.plots.draw_equity", lambda _csv, out, **_rest: out.write_bytes(b"picture"))
    monkeypatch.setattr("os.fsync", lambda _descriptor: None)
    work = importlib.import_module("outside_work")
    work.VENUE = work.Venue()
    count = 0

    def make() -> House:
        nonlocal count
        count += 1
        folder = tmp_path / f"house-{count}"
        folder.mkdir()
        return House(folder, outside_site, work)

    yield make
    work.VENUE = work.Venue()


@pytest.fixture
def house(make_house: Callable[[], House]) -> House:
    return make_house()
