"""A laboratory for ``logos diff``: small sessions in workspaces of their own, and what a mutation must be told as."""

from __future__ import annotations

import csv
import importlib
import json
import logging
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

from logos.artifacts import schemas
from logos.config.session import load_session_config
from logos.context.seed import Seed
from logos.domain.times import parse_time, time_text
from logos.live import launch
from logos.live.runner import Cadence
from logos.live.setup import Setup
from logos.plugins.loading import installed_entry_points
from logos.plugins.registry import Registry, load_registry
from logos.proofs.divergence.report import Report, diff
from logos.proofs.divergence.sides import read_side
from logos.proofs.script import Script, ScriptedWatch, scripted

PARTS = Path(__file__).with_name("parts")
BEGIN = parse_time("2024-01-09T23:30:00Z")
SLICES = 150
SYMBOLS = ("AAA-USD", "BBB-USD")
MIDDLES = {"AAA-USD": 10_000, "BBB-USD": 4_000}
LABS = 3

Config = dict[str, Any]
Rows = dict[str, list[list[int]]]


class StandingClock:
    """Stands at one wall time; elapsed time grows with every look."""

    def __init__(self, at: int = BEGIN) -> None:
        self.at = at
        self._elapsed = 0.0

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        self._elapsed += 1.0
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        self._elapsed += seconds


# -- the laboratory ------------------------------------------------------------------------------------------------


def bars_of(lab: int) -> Rows:
    """Return bars that wander: opened, open, high, low, close and volume, in seconds, ticks and lots."""
    seed, found = Seed(lab), {}
    for symbol in SYMBOLS:
        close, rows = MIDDLES[symbol], []
        for index in range(-30, SLICES):
            throw = seed.number(symbol, index + 30)
            opened, close = close, max(100, close + throw % 41 - 20)
            high, low = max(opened, close) + throw // 41 % 7, min(opened, close) - throw // 287 % 7
            rows.append([BEGIN + 60 * index, opened, high, low, close, 500 + throw // 2009 % 90_000])
        found[symbol] = rows
    return found


def config_of(lab: int, **sections: Any) -> Config:
    """Return the config of a small session with many kinds of orders, and guards that never act."""
    crypto = {"asset_class": "crypto", "tick": "0.01", "lot": "0.001", "currency": "USD"}
    return {
        "session": {"name": "lab", "seed": 7 + lab},
        "instruments": {symbol: dict(crypto) for symbol in SYMBOLS},
        "feed": {"plugin": "replay", "path": "data/cache", "symbols": list(SYMBOLS)},
        "broker": {
            "plugin": "worn",
            "cash": "100000",
            "fees": {"maker_bps": "2", "taker_bps": "10"},
            "slippage_bps": "1",
            "slippage_jitter_bps": "2",
            "max_volume_share": "0.2",
        },
        "strategies": [
            {"plugin": "moody", "params": {"salt": lab}},
            {"plugin": "sma_cross", "name": "cross", "symbols": ["BBB-USD"], "params": {"fast": 4, "slow": 12}},
            {
                "plugin": "mean_reversion",
                "name": "back",
                "symbols": ["AAA-USD"],
                "params": {"window": 8, "entry": "1.0"},
            },
        ],
        "allocator": {"plugin": "equal_weight", "invest": "0.9"},
        "guards": [
            {"plugin": "max_notional", "limit": "90000"},
            {"plugin": "picky"},
            {"plugin": "order_rate", "max": 500, "per": "1m"},
            {"plugin": "kill_switch", "file": "runs/live/KILL"},
        ],
        **sections,
    }


def told_of(bars: Rows) -> dict[str, Any]:
    """Return what a polled feed delivers of bars: those before the session as history, the rest slice by slice."""

    def row(symbol: str, values: list[int]) -> dict[str, Any]:
        return {"symbol": symbol, "opened": values[0], "values": values[1:]}

    lanes = {symbol: [row(symbol, values) for values in rows] for symbol, rows in bars.items()}
    history = [one for rows in lanes.values() for one in rows if one["opened"] < BEGIN]
    clocks = sorted({one["opened"] for rows in lanes.values() for one in rows if one["opened"] >= BEGIN})
    slices = [
        {"clock": opened + 60, "bars": [one for rows in lanes.values() for one in rows if one["opened"] == opened]}
        for opened in clocks
    ]
    return {"history": history, "slices": slices}


def file_text(rows: list[list[int]]) -> str:
    lines = ["timestamp,open,high,low,close,volume"]
    for opened, *prices, volume in rows:
        texts = [f"{price // 100}.{price % 100:02}" for price in prices]
        lines.append(",".join([time_text(opened), *texts, f"{volume // 1000}.{volume % 1000:03}"]))
    return "\n".join(lines) + "\n"


@attrs.define(kw_only=True)
class Lab:
    """Makes sessions in workspaces of their own."""

    root: Path
    registries: dict[str, Registry]
    mood: dict[str, int]
    made: int = 0

    def workspace(self) -> Path:
        self.made += 1
        folder = self.root / f"workspace-{self.made}"
        folder.mkdir(parents=True)
        return folder

    def lay(self, folder: Path, bars: Rows) -> None:
        for symbol, rows in bars.items():
            path = folder / "data" / "cache" / "crypto" / f"{symbol}-1m.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file_text([one for one in rows if one[0] >= BEGIN]))

    def run(
        self,
        config: Config,
        bars: Rows,
        *,
        told: dict[str, Any] | None = None,
        workspace: Path | None = None,
        version: str = "1.0.0",
        mood: dict[str, int] | None = None,
        kills: dict[int, list[str]] | None = None,
        at: int = BEGIN,
        session_id: str = "",
    ) -> Path:
        """Run a session and return its folder."""
        folder = workspace or self.workspace()
        if told is None:
            self.lay(folder, bars)
        else:
            (folder / "told.json").write_text(json.dumps(told))
            config = {**config, "feed": {"plugin": "told", "symbols": list(SYMBOLS)}}
        registry = self.registries[version]
        surroundings: dict[str, Any] = {}
        if kills:
            watch = ScriptedWatch(Script(kills=kills, halts=0, pause_at=None))
            surroundings = {"watch": lambda _workspace, _files: watch, "wrap": scripted}
        setup = Setup(
            workspace=folder,
            registry=registry,
            clock=StandingClock(at),
            cadence=Cadence(flush=0, snapshot=40),
            pump=iter,  # the feed and the session take turns: no pump fetches in a thread
            **surroundings,
        )
        self.mood.update(mood or {})
        try:
            resolved = load_session_config(yaml.safe_dump(config, sort_keys=False), registry, workspace=folder)
            with pytest.MonkeyPatch.context() as patch:
                hurry(patch)
                outcome = launch.start(setup, resolved, session_id=session_id)
        finally:
            self.mood.clear()
        return folder / outcome.path

    def diff(self, a: Path, b: Path) -> Report:
        sides = [read_side(letter, folder, self.root) for letter, folder in (("A", a), ("B", b))]
        return diff(*sides, self.registries["1.0.0"])


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Registry]]:
    """Install the parts in two versions with the same modules, and return what is installed with each."""
    root = tmp_path_factory.mktemp("sites")
    registries = {}
    for version in ("1.0.0", "1.1.0"):
        info = root / version / f"diff_lab-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: diff-lab\nVersion: {version}\n")
        (info / "entry_points.txt").write_text("[logos.v1]\nmain = diff_parts\n")
    for module in ("diff_parts.py", "diff_work.py"):
        shutil.copy(PARTS / module, root / module)
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    for version in ("1.0.0", "1.1.0"):
        own = [point for one in distributions(path=[str(root / version)]) for point in one.entry_points]
        registries[version] = load_registry([*installed_entry_points(), *own])
    yield registries
    sys.path.remove(str(root))
    for module in ("diff_parts", "diff_work"):
        sys.modules.pop(module, None)


@pytest.fixture(scope="session")
def lab(site: dict[str, Registry], tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return the laboratory."""
    mood = importlib.import_module("diff_work").MOOD
    return Lab(root=tmp_path_factory.mktemp("diff"), registries=site, mood=mood)


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Draw no picture and wait for no disk; only while a session runs, as the laboratory outlives many tests."""
    patch.setattr("logos.artifacts.plots.draw_equity", lambda _csv, out, **_rest: out.write_bytes(b"picture"))
    patch.setattr("os.fsync", lambda _descriptor: None)


_OF_ONE_RUN = re.compile(r'"(seq|session_id|client_order_id|prev|hash)":("[^"]*"|\d+),?')
_NUMBERS = re.compile(r'"(order_id|trade_id)":\d+,?')
_CLOCK = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def first_output(a: Path, b: Path) -> str:
    """Return the clock of the first row or event that differs, by comparing whole files; empty where none does."""
    clocks = []
    for name in (schemas.ACCOUNT_FILE, schemas.DECISIONS_FILE, schemas.JOURNAL_FILE):
        sides = [(folder / name).read_text().splitlines()[1:] for folder in (a, b)]
        if name == schemas.JOURNAL_FILE:
            sides = [
                [_OF_ONE_RUN.sub("", line) for line in lines if '"bar_revised"' not in line and '"tick"' not in line]
                for lines in sides
            ]
        index = next((at for at, (one, two) in enumerate(zip(*sides, strict=False)) if one != two), None)
        if index is None and len(sides[0]) != len(sides[1]):
            index = min(map(len, sides))
        if index is not None:
            clocks += [_CLOCK.search(lines[index])[0] for lines in sides if index < len(lines)]
    return min(clocks, default="")


def first_event(a: Path, b: Path, since: str) -> str:
    """Return the clock of the first event since a clock that differs, whatever its orders' numbers are."""
    sides = []
    for folder in (a, b):
        lines = (folder / schemas.JOURNAL_FILE).read_text().splitlines()[1:]
        bare = [_NUMBERS.sub("", _OF_ONE_RUN.sub("", line)) for line in lines]
        sides.append([line for line in bare if _CLOCK.search(line)[0] >= since])
    pairs = zip(*sides, strict=False)
    return next((min(_CLOCK.search(line)[0] for line in pair) for pair in pairs if pair[0] != pair[1]), "")


@attrs.frozen(kw_only=True)
class Expected:
    """What a mutation must be told as: no cause for silence; ``opened`` of a bar, or the clock of what a run did."""

    cause: str
    clock: str = ""
    symbol: str = ""
    opened: str = ""
    exact: bool = True


@attrs.frozen(kw_only=True)
class Base:
    """The session that mutations are held against."""

    begin = BEGIN
    slices = SLICES
    symbols = SYMBOLS

    lab: Lab
    number: int
    config: Config
    bars: Rows
    told: dict[str, Any]
    replayed: Path
    polled: Path

    def throw(self, trial: int, what: str, below: int) -> int:
        return Seed(trial).number(what, self.number) % below

    def orders(self, folder: Path) -> list[dict[str, str]]:
        with (folder / schemas.ORDERS_FILE).open(newline="") as file:
            return list(csv.DictReader(file))

    def expect(self, cause: str, **place: Any) -> Expected:
        return Expected(cause=cause, **place)

    def of_output(self, cause: str, a: Path, b: Path) -> Expected:
        """Expect a cause at the first thing that the runs did otherwise; silence where there is none."""
        clock = first_output(a, b)
        return Expected(cause=cause if clock else "", clock=clock)

    def of_bar(self, cause: str, symbol: str, opened: int, *, clock: int | None = None) -> Expected:
        at = opened + 60 if clock is None else clock
        return Expected(cause=cause, symbol=symbol, opened=time_text(opened), clock=time_text(at))

    def of_event(self, cause: str, a: Path, b: Path, since: str) -> Expected:
        """Expect a cause at the first event since a clock that is not the same."""
        return Expected(cause=cause, clock=first_event(a, b, since))

    def somewhere(self, trial: int) -> tuple[str, int]:
        """Return a symbol and the place of a bar among its rows, neither the first of the session nor the last."""
        return SYMBOLS[self.throw(trial, "symbol", 2)], 30 + 2 + self.throw(trial, "bar", SLICES - 4)

    def moods(self, trial: int, part: int | None = None) -> tuple[str, dict[str, int]]:
        """Return the cause that a part's other code shows as, and where it acts: broker, strategy or guard."""
        orders = self.orders(self.replayed)
        fills = len((self.replayed / schemas.TRADES_FILE).read_text().splitlines()) - 1
        return [
            ("fill", {"fill": 1 + self.throw(trial, "fill", fills), "how": self.throw(trial, "how", 3)}),
            ("code", {"signal_at": BEGIN + 60 * (2 + self.throw(trial, "signal", SLICES - 4))}),
            ("guard", {"block": int(orders[self.throw(trial, "order", len(orders))]["order_id"])}),
        ][self.throw(trial, "part", 3) if part is None else part]


Mutation = Callable[[Base, int], tuple[Path, Path, Expected]]


@pytest.fixture(scope="session")
def bases(lab: Lab) -> list[Base]:
    found = []
    for number in range(LABS):
        config, bars = config_of(number), bars_of(number)
        told = told_of(bars)
        replayed, polled = lab.run(config, bars), lab.run(config, bars, told=told)
        base = Base(lab=lab, number=number, config=config, bars=bars, told=told, replayed=replayed, polled=polled)
        assert min(len(base.orders(folder)) for folder in (replayed, polled)) > 15
        found.append(base)
    return found


# -- the proof ---------------------------------------------------------------------------------------------------


def fault_of(report: Report, expected: Expected) -> tuple[str, str]:
    """Return what is wrong with the bar, and what with the cause."""
    cause = "" if report.cause == expected.cause else f"{report.cause or 'silence'} for {expected.cause or 'silence'}"
    told = report.difference
    if not expected.cause:
        return "", cause
    if told is None:
        return ("no place" if expected.clock else ""), cause
    wrong = [
        f"{name} {getattr(told, name)} for {getattr(expected, name)}"
        for name in ("clock", "symbol", "opened", "exact")
        if getattr(expected, name) not in {"", getattr(told, name)}
    ]
    return ", ".join(wrong), cause


def measure(bases: list[Base], mutations: tuple[Mutation, ...], trials: int) -> dict[str, Counter[str]]:
    """Run trials, one mutation after the other, and count what came of them by the cause that is right."""
    table: dict[str, Counter[str]] = {}
    for trial in range(trials):
        mutation = mutations[trial % len(mutations)]
        base = bases[Seed(trial).number("lab") % LABS]
        a, b, expected = mutation(base, trial)
        report = base.lab.diff(a, b)
        bar, cause = fault_of(report, expected)
        row = table.setdefault(expected.cause or "silence", Counter())
        row["mutations"] += 1
        row["right bar"] += not bar
        row["right cause"] += not cause
        if bar or cause:
            row[f"{mutation.__name__} {trial}: {'; '.join(part for part in (bar, cause) if part)}"] += 1
    return table


@pytest.fixture
def prove(bases: list[Base]) -> Callable[..., None]:
    """Return a function that runs so many trials of some mutations, and holds the counts against what is promised."""

    def judge(mutations: tuple[Mutation, ...], trials: int) -> None:
        table = measure(bases, mutations, trials)
        total = sum(table.values(), Counter())
        told = "\n".join(f"{cause}: {dict(row)}" for cause, row in sorted(table.items()))
        logging.getLogger(__name__).info("mutations told right:\n%s", told)  # pytest --log-cli-level=INFO shows it
        assert total["mutations"] == trials
        assert total["right bar"] == trials, told
        assert total["right cause"] >= 0.95 * trials, told
        assert table["silence"]["right cause"] == table["silence"]["mutations"], told

    return judge
