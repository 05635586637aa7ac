"""A laboratory for crashes: small sessions with everything in them, made to stop at any byte, and compared."""

from __future__ import annotations

import hashlib
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
from logos.live.pump import Pump, Pumping
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

PARTS = Path(__file__).with_name("parts")
"""What a third party would bring: strategies with every kind of order, a guard of moods, and feeds that poll."""


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
    for module in ("crash_parts.py", "crash_work.py"):
        shutil.copy(PARTS / module, folder)


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
    pump: Pumping = Pump

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
            pump=self.pump,
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


@attrs.frozen
class Image:
    """What a disk holds when the program is killed: every file by its path, and ``None`` for a folder."""

    moment: str
    content: dict[str, bytes | str | None]

    def put(self, root: Path) -> None:
        """Lay it out under a root."""
        for name, content in self.content.items():
            path = root / name
            if content is None:
                path.mkdir(parents=True, exist_ok=True)
            elif isinstance(content, str):
                path.symlink_to(content)
            else:
                path.write_bytes(content)


class CameraDisk(Disk):
    """Takes an image before and after every operation, and in the middle of every write; equal images once.

    ``every`` takes only one of so many.
    """

    def __init__(self, root: Path, every: int = 1) -> None:
        self._root = root
        self._every = every
        self._moments = 0
        self._seen: set[bytes] = set()
        self._kept: dict[bytes, bytes] = {}
        self.images: list[Image] = []
        self.operations = 0

    def _shoot(self, moment: str) -> None:
        self._moments += 1
        if self._moments % self._every:
            return
        content: dict[str, bytes | str | None] = {}
        digest = hashlib.sha256()
        for path in sorted((self._root / "runs").rglob("*")):
            if path.parent.name == "logs" or path.name == ".lock":
                continue
            name = path.relative_to(self._root).as_posix()
            content[name] = self._content(path)
            digest.update(repr((name, content[name])).encode())
        if digest.digest() not in self._seen:
            self._seen.add(digest.digest())
            self.images.append(Image(f"{len(self.images)}: {moment}", {"runs": None, **content}))

    def _content(self, path: Path) -> bytes | str | None:
        if path.is_symlink():
            return os.readlink(path)  # noqa: PTH115 -- the link's own text
        if path.is_dir():
            return None
        data = path.read_bytes()
        return self._kept.setdefault(hashlib.sha256(data).digest(), data)

    def _around(self, what: str, path: Path, action):
        self.operations += 1
        self._shoot(f"before {what} {path.name}")
        result = action()
        self._shoot(f"after {what} {path.name}")
        return result

    def make_folder(self, path):
        return self._around("make_folder", path, lambda: super(CameraDisk, self).make_folder(path))

    def claim_folder(self, path):
        return self._around("claim_folder", path, lambda: super(CameraDisk, self).claim_folder(path))

    def open_append(self, path):
        return self._around("open_append", path, lambda: super(CameraDisk, self).open_append(path))

    def append(self, descriptor, data, path):
        self.operations += 1
        middle = len(data) // 2
        for part, moment in (
            (data[:0], "0 bytes of"),
            (data[:middle], "half of"),
            (data[middle:-1], "all but 1 byte of"),
        ):
            super().append(descriptor, part, path)
            self._shoot(f"{moment} {len(data)} appended to {path.name}")
        super().append(descriptor, data[-1:], path)
        self._shoot(f"{len(data)} bytes appended to {path.name}")

    def sync(self, descriptor, path):
        return self._around("sync", path, lambda: super(CameraDisk, self).sync(descriptor, path))

    def cut(self, path, length):
        return self._around("cut", path, lambda: super(CameraDisk, self).cut(path, length))

    def replace(self, path, data):
        return self._around("replace", path, lambda: super(CameraDisk, self).replace(path, data))

    def rename_folder(self, old, new):
        return self._around("rename_folder", old, lambda: super(CameraDisk, self).rename_folder(old, new))

    def point(self, link, target):
        return self._around("point", link, lambda: super(CameraDisk, self).point(link, target))


@pytest.fixture(scope="session")
def camera_disk() -> type[CameraDisk]:
    return CameraDisk


@pytest.fixture
def revived(tmp_path, hurried):
    """Return a function that lays out an image in a workspace of its own."""
    count = 0

    def revive(lab, image):
        nonlocal count
        count += 1
        other = lab.beside(f"{tmp_path.name}-{count}")
        image.put(other.workspace)
        return other

    return revive


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
