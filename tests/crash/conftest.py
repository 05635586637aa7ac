"""A laboratory for crashes: small sessions with everything in them, made to stop at any byte, and compared."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from pathlib import Path

import attrs
import pytest
import yaml

from logos.artifacts import schemas
from logos.config.session import load_session_config
from logos.domain.times import parse_time, time_text
from logos.live import launch
from logos.live.disk import Disk
from logos.live.resume import resume
from logos.live.runner import Cadence
from logos.live.setup import Outcome, Setup
from logos.plugins.loading import installed_entry_points
from logos.plugins.registry import Registry, load_registry

BEGIN = parse_time("2024-01-09T23:30:00Z")
"""Half an hour before a new day: DAY orders expire at its beginning."""

MIDDLES = {"AAA-USD": 10_000, "BBB-EUR": 5_000, "EUR-USD": 110_000}
DECIMALS = {"AAA-USD": 2, "BBB-EUR": 2, "EUR-USD": 5}
FOLDERS = {"AAA-USD": "crypto", "BBB-EUR": "crypto", "EUR-USD": "forex"}

# What a third party would bring: a strategy that uses every kind of order, a guard of moods, and a feed that polls.
PARTS = '''\
"""Parts for the crash tests."""

from __future__ import annotations

import attrs

from logos.plugins import FeedPart, GuardPart, StrategyPart, hookimpl


@attrs.frozen(kw_only=True)
class WireConfig:
    script: str = "b*8"
    begin: int = 1704844800
    kill_file: str = "runs/live/KILL"


@hookimpl
def logos_feeds():
    yield FeedPart(name="wire", summary="Bars as they come", target="crash_work:Wire", config="crash_parts:WireConfig")


@hookimpl
def logos_guards():
    yield GuardPart(name="moods", summary="Blocks by the clock", target="crash_work:Moods")


@hookimpl
def logos_strategies():
    yield StrategyPart(name="dice", summary="Every kind of order", target="crash_work:Dice")
    yield StrategyPart(name="slow", summary="Thinks while the file HANG is there", target="crash_work:Slow")
'''

WORK = '''\
"""The parts themselves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from logos.domain.bars import Bar, Slice
from logos.domain.orders import OrderType, Signal, TimeInForce
from logos.session.seats import Guard, SymbolReport

VALUES = (0, 100_000_000, 50_000_000, 100_000_000, -100_000_000, 25_000_000)
TYPES = (OrderType.LIMIT, OrderType.MARKET, OrderType.STOP, OrderType.STOP_LIMIT, OrderType.LIMIT)
TIMES = (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.IOC)
HOLD = 4 * 60


class Dice:
    """Signals by the time of day alone, held for some bars; prices near the close."""

    lookback = 1

    def __init__(self, config, context):
        pass

    def on_bar(self, bar):
        name = bar.symbol + bar.instrument.currency
        throw = (bar.timestamp // HOLD * 7919 + len(name) * 31 + ord(name[0])) % 9973
        value = VALUES[throw % len(VALUES)]
        kind = TYPES[throw // 7 % len(TYPES)]
        away = 1 + throw // 11 % 9
        limit = bar.close - away if kind.has_limit else None
        stop = bar.close + away if kind.has_stop else None
        return Signal(value, kind, limit, stop, TIMES[throw // 5 % len(TIMES)])


class Slow:
    """Long; thinks about every bar for as long as the file HANG is there, and leaves a beat behind all the while."""

    lookback = 1

    def __init__(self, config, context):
        self._context = context

    def on_bar(self, bar):
        hang(self._context)
        return Signal(100_000_000)


def hang(context):
    beats = 0
    while (context.workspace / "HANG").exists():
        beats += 1
        (context.workspace / "beats").write_text("." * beats)
        context.clock.sleep(0.02)


class Moods(Guard):
    """Vetoes what is decided in the third minute of every ten; its memory must survive a restart."""

    def __init__(self, config, context):
        self.vetoes = 0

    def judge(self, intent, session):
        if session.clock // 60 % 10 != 3:
            return None
        self.vetoes += 1
        return f"veto {self.vetoes}: not in this minute; wait for the next"

    def snapshot(self):
        return {"vetoes": self.vetoes}

    def restore(self, state):
        self.vetoes = state["vetoes"]


class Wire:
    """Follows a script: b a slice of all bars, 1 a bar of the first symbol only, t a silent fifth of a second,
    k the kill file appears, . waits for ever, h hangs while the file HANG is there. A number behind a star repeats:
    ``b*8 t*10 k t*20``."""

    polled = True

    def __init__(self, config, context):
        self._config = config
        self._context = context
        self._interval = context.interval
        self._symbols = sorted(context.symbols)
        self._steps = []
        for word in config.script.split():
            step, _, times = word.partition("*")
            self._steps += [step] * int(times or 1)
        self.ticks = 0

    def prepare(self):
        return [SymbolReport(symbol=symbol, source="wire") for symbol in self._symbols]

    def quarantined(self):
        return iter(())

    def digest(self):
        return "00" * 32

    def _bar(self, symbol, index):
        instrument = self._context.instruments[symbol]
        close = 10_000 + index * index * 37 % 101 - 50
        opened_at = self._config.begin + index * self._interval
        return Bar(instrument, opened_at, close - 3, close + 9, close - 9, close, 10**9)

    def slices(self, after):
        index = 0
        clock = self._config.begin
        for step in self._steps:
            if step in "b1":
                symbols = self._symbols if step == "b" else self._symbols[:1]
                clock = max(clock, self._config.begin + (index + 1) * self._interval)
                if after is None or clock > after:
                    yield Slice(clock, tuple(self._bar(symbol, index) for symbol in symbols))
                index += 1
            elif step == "k":
                path = self._context.workspace / self._config.kill_file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
                (self._context.workspace / "killed_at").write_text(str(self._context.clock.monotonic()))
            elif step == "h":
                hang(self._context)
            else:
                while True:
                    self.ticks += 1
                    self._context.clock.sleep(0.2)
                    clock = max(clock, self._context.clock.now())
                    yield Slice(clock, ())
                    if step != ".":
                        break

    def history(self, symbol, count, until):
        bars = []
        index = 0
        for step in self._steps:
            if step in "b1":
                bar = self._bar(symbol, index)
                index += 1
                if bar.timestamp + self._interval <= until and (step == "b" or symbol == self._symbols[0]):
                    bars.append(bar)
        return bars[-count:]

    def snapshot(self):
        return {}

    def close(self):
        pass
'''


class StandingClock:
    """Stands at one wall time; elapsed time grows by one second with every look."""

    def __init__(self) -> None:
        self._elapsed = 0.0

    def now(self) -> int:
        return BEGIN

    def monotonic(self) -> float:
        self._elapsed += 1.0
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        self._elapsed += seconds


class Moving:
    """A clock that only sleeping moves: wall time and elapsed time together."""

    def __init__(self, at: int) -> None:
        self.at = float(at)

    def now(self) -> int:
        return int(self.at)

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


def install(folder: Path, version: str = "1.0.0") -> None:
    """Install the parts as a distribution: a real dist-info folder and real modules."""
    info = folder / f"crash_parts-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: crash-parts\nVersion: {version}\n")
    (info / "entry_points.txt").write_text("[logos.v1]\nmain = crash_parts\n")
    (folder / "crash_parts.py").write_text(PARTS)
    (folder / "crash_work.py").write_text(WORK)


PROGRAM = """\
import functools
import sys

from logos.live import runner, setup

if {quick}:
    setup.Setup = functools.partial(setup.Setup, cadence=runner.Cadence(flush=0.004, snapshot=0.04))
from _logos_boot import main

sys.exit(main())
"""


@attrs.define
class Programs:
    """Runs the command line in a workspace as a process of its own, with the parts installed.

    ``quick`` makes everything safe every few milliseconds, so that a session of two seconds has many snapshots.
    """

    workspace: Path
    environment: dict[str, str]
    limit: int | None = None

    def begin(self, *arguments: str, quick: bool = True) -> subprocess.Popen[str]:
        prefix = ["prlimit", f"--fsize={self.limit}"] if self.limit else []
        return subprocess.Popen(
            [*prefix, sys.executable, "-c", PROGRAM.format(quick=quick), *arguments],
            cwd=self.workspace,
            env={**self.environment, "LOGOS_HOME": str(self.workspace)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, quick: bool = True) -> subprocess.CompletedProcess[str]:
        return self.end(self.begin(*arguments, quick=quick))

    def end(self, process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
        """Wait for a process and return what it printed; a hanging one is killed and fails the test."""
        try:
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    @property
    def latest(self) -> Path:
        return self.workspace / "runs" / "live" / "latest_session"

    def size(self) -> int:
        """Return how long the latest session's account.csv is; 0 where there is none."""
        try:
            return (self.latest / "account.csv").stat().st_size
        except FileNotFoundError:
            return 0

    def await_size(self, process: subprocess.Popen[str], size: int) -> None:
        """Wait until account.csv is so long, or the process has ended."""
        self.await_that(process, lambda: self.size() >= size)

    def await_that(self, process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
        """Wait until a condition holds, or the process has ended; a process that does neither fails the test."""
        for _ in range(50_000):
            if process.poll() is not None or condition():
                return
            time.sleep(0.002)
        process.kill()
        pytest.fail(f"what was waited for has not come: {self.end(process)}")

    def normalised(self) -> dict[str, object]:
        """Return the latest session's files without the fields that differ between two sessions."""
        folder = self.latest.resolve()
        found: dict[str, object] = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.parent.name != "logs" and path.name != ".lock"
        }
        events = [json.loads(line) for line in (folder / "state.jsonl").read_text(encoding="utf-8").splitlines()]
        declared = {"prev", "hash", "session_id", "client_order_id"}
        found["state.jsonl"] = [{key: event[key] for key in event.keys() - declared} for event in events]
        state = json.loads((folder / "state.json").read_bytes())
        found["state.json"] = {
            key: state[key] for key in state.keys() - {"session_id", "started_at", "journal", "seal"}
        }
        summary = (folder / "session.md").read_text(encoding="utf-8").replace(folder.name, "ID")
        found["session.md"] = [line for line in summary.splitlines() if "(wall clock)" not in line]
        return found


def config_of(**sections: object) -> dict[str, object]:
    """Return the config of a small session that has everything in it."""
    crypto = {"asset_class": "crypto", "tick": "0.01", "lot": "0.001", "min_notional": "10"}
    return {
        "session": {"name": "crash", "seed": 7},
        "instruments": {"AAA-USD": {**crypto, "currency": "USD"}, "BBB-EUR": {**crypto, "currency": "EUR"}},
        "feed": {"plugin": "replay", "path": "data/cache", "symbols": sorted(MIDDLES)},
        "broker": {
            "plugin": "paper",
            "cash": "100000",
            "currency": "USD",
            "conversions": {"EUR": "EUR-USD"},
            "fees": {"maker_bps": "2", "taker_bps": "10"},
            "slippage_bps": "1",
            "max_volume_share": "0.1",
        },
        "strategies": [
            {"plugin": "dice"},
            {"plugin": "mean_reversion", "symbols": ["AAA-USD"], "params": {"window": 6, "entry": "1.0"}},
            {"plugin": "sma_cross", "symbols": ["BBB-EUR"], "params": {"fast": 2, "slow": 5}},
        ],
        "allocator": {"plugin": "equal_weight", "invest": "0.95"},
        "guards": [
            {"plugin": "max_notional", "limit": "18990"},
            {"plugin": "moods"},
            {"plugin": "exposure", "gross": "1.1", "net": "1.1", "per_symbol": "0.6"},
            {"plugin": "drawdown", "max": "0.30", "daily": "0.30"},
            {"plugin": "reject_rate", "max": 50, "per": "10m"},
            {"plugin": "order_rate", "max": 60, "per": "1m"},
            {"plugin": "kill_switch", "file": "runs/live/KILL"},
        ],
        **sections,
    }


def bars(symbol: str, count: int, *, shift: int = 0) -> str:
    """Return a bar file: prices that wander, volumes that are small, a few minutes left out."""
    middle, decimals = MIDDLES[symbol], DECIMALS[symbol]
    state, close, lines = sum(map(ord, symbol)) + shift, middle, ["timestamp,open,high,low,close,volume"]
    for index in range(count):
        state = (state * 1_103_515_245 + 12_345) % 2**31
        opened, close = close, max(middle // 2, close + (state >> 8) % 31 - 15)
        high, low = max(opened, close) + (state >> 13) % 7, min(opened, close) - (state >> 16) % 7
        volume = "0" if symbol == "EUR-USD" else f"{(state >> 10) % 900}.5"
        if index % 17 == len(symbol) + middle // 5_000 % 5:
            continue
        prices = ",".join(
            f"{price // 10**decimals}.{price % 10**decimals:0{decimals}d}" for price in (opened, high, low, close)
        )
        lines.append(f"{time_text(BEGIN + 60 * index)},{prices},{volume}")
    return "\n".join(lines) + "\n"


@attrs.define
class Lab:
    """A workspace with bars and a config, in which sessions are run in this process."""

    workspace: Path
    site: Path
    registry: Registry

    def lay(self, config: dict[str, object], count: int) -> Lab:
        """Write the config and the bars."""
        (self.workspace / "session.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        for symbol, asset_class in FOLDERS.items():
            path = self.workspace / "data" / "cache" / asset_class / f"{symbol}-1m.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(bars(symbol, count))
        return self

    def beside(self, name: str) -> Lab:
        """Return another workspace on the same bars."""
        folder = self.workspace.with_name(name)
        folder.mkdir()
        (folder / "data").symlink_to(self.workspace / "data")
        shutil.copy(self.workspace / "session.yaml", folder)
        return attrs.evolve(self, workspace=folder)

    def setup(self, *, disk: Disk | None = None, cadence: Cadence | None = None, clock: object = None) -> Setup:
        return Setup(
            workspace=self.workspace,
            registry=self.registry,
            disk=disk or Disk(),
            cadence=cadence or Cadence(flush=0, snapshot=9),
            clock=clock or StandingClock(),
        )

    def start(self, setup: Setup | None = None, *, session_id: str = "crash") -> Outcome:
        setup = setup or self.setup()
        config = load_session_config(self.workspace / "session.yaml", setup.registry, workspace=self.workspace)
        return launch.start(setup, config, session_id=session_id)

    def resume(self, setup: Setup | None = None, *, clear_halt: bool = False) -> Outcome:
        return resume(setup or self.setup(), self.folder, clear_halt=clear_halt)

    @property
    def folder(self) -> Path:
        return self.workspace / "runs" / "live" / "sessions" / "crash"

    @property
    def kill_file(self) -> Path:
        return self.workspace / "runs" / "live" / "KILL"

    def files(self) -> dict[str, bytes]:
        """Return everything in the session's folder but its logs."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.parent.name != "logs" and path.name != ".lock"
        }


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder like site-packages that holds the parts, importable in this process."""
    folder = tmp_path_factory.mktemp("site")
    install(folder)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for module in ("crash_parts", "crash_work"):
        sys.modules.pop(module, None)


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Draw no picture and wait for no disk: hundreds of sessions end here, and a killed process loses no page cache."""
    patch.setattr("logos.artifacts.plots.draw_equity", lambda _csv, out, **_rest: out.write_bytes(b"picture"))
    patch.setattr("os.fsync", lambda _descriptor: None)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture(scope="session")
def registry(site: Path) -> Registry:
    """Return what is installed, and the parts."""
    return registry_of(site)


def registry_of(site: Path) -> Registry:
    importlib.invalidate_caches()
    own = [point for one in distributions(path=[str(site)]) for point in one.entry_points]
    return load_registry([*(point for point in installed_entry_points() if point.value != "crash_parts"), *own])


@pytest.fixture
def lab(tmp_path: Path, site: Path, registry: Registry, hurried: None) -> Lab:
    """Return an empty laboratory."""
    folder = tmp_path / "lab"
    folder.mkdir()
    return Lab(folder, site, registry)


@pytest.fixture(scope="session")
def make_lab(site: Path, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Lab]:
    """Return a function that makes a laboratory that outlives one test."""

    def make() -> Lab:
        folder = tmp_path_factory.mktemp("labs") / "lab"
        folder.mkdir()
        return Lab(folder, site, registry)

    return make


@pytest.fixture(scope="session")
def small_config() -> Callable[..., dict[str, object]]:
    return config_of


@pytest.fixture(scope="session")
def moving_clock() -> type[Moving]:
    return Moving


@pytest.fixture(scope="session")
def install_parts() -> Callable[..., None]:
    return install


@pytest.fixture(scope="session")
def bar_file() -> Callable[..., str]:
    return bars


@pytest.fixture
def difference() -> Callable[[dict[str, bytes], dict[str, bytes]], str]:
    """Return a function that says where two folders differ; empty where they are the same, byte for byte."""

    def tell(wanted: dict[str, bytes], found: dict[str, bytes]) -> str:
        if wanted.keys() != found.keys():
            return f"files differ: {sorted(wanted.keys() ^ found.keys())}"
        for name in (*schemas.TABLES, *sorted(wanted)):
            if wanted[name] != found[name]:
                pairs = zip(wanted[name].split(b"\n"), found[name].split(b"\n"), strict=False)
                lines = next(((number, *pair) for number, pair in enumerate(pairs, 1) if pair[0] != pair[1]), None)
                return f"{name}: {lines or 'one is longer'}"
        return ""

    return tell


@pytest.fixture(scope="session")
def in_a_hurry() -> Callable[[pytest.MonkeyPatch], None]:
    """Return what ``hurried`` does, for fixtures that outlive one test."""
    return hurry


@pytest.fixture
def programs(tmp_path: Path, site: Path, offline_environment: dict[str, str]) -> Programs:
    """Return a workspace of its own in which processes are run."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    return programs_in(folder, site, offline_environment)


def programs_in(folder: Path, site: Path, environment: dict[str, str]) -> Programs:
    search = os.pathsep.join((environment["PYTHONPATH"], str(site)))
    return Programs(folder, {**environment, "PYTHONPATH": search})


LONG = 5_000
"""Minutes of the session that real processes run: one or two seconds of work."""


@pytest.fixture(scope="session")
def long_session(
    make_lab: Callable[[], Lab], site: Path, offline_environment: dict[str, str]
) -> tuple[Callable[[Programs], None], dict[str, object], int]:
    """Return a session for real processes: what lays it in a workspace, its files, and its account.csv's length."""
    broker = {"plugin": "paper", "cash": "100000", "conversions": {"EUR": "EUR-USD"}, "max_volume_share": "0.1"}
    guards = [{"plugin": "max_notional", "limit": "20000"}, {"plugin": "moods"}, {"plugin": "drawdown", "max": "0.9"}]
    lab = make_lab().lay(config_of(broker=broker, guards=guards), LONG)

    def lay(programs: Programs) -> None:
        (programs.workspace / "data").symlink_to(lab.workspace / "data")
        shutil.copy(lab.workspace / "session.yaml", programs.workspace)

    programs = programs_in(lab.workspace, site, offline_environment)
    done = programs.run("trade", "--config", "session.yaml")
    assert done.returncode == 0, done.stderr
    return lay, programs.normalised(), programs.size()


@pytest.fixture(scope="session")
def registry_at() -> Callable[[Path], Registry]:
    """Return a function that gives what is installed, with the parts as another folder has them."""
    return registry_of
