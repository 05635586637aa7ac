"""What Logos is measured by: its own commands, as a user types them, on the configuration of the job."""

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
from measuring import Task
from peers.job import PAIRS, SHORT_SYMBOLS
from sessions import config

HERE = Path(__file__).resolve().parent
PROGRAM = str(Path(sys.executable).with_name("logos"))
NAME = "Logos"
ENGINES = {
    "streaming-kernel": "Logos, bar by bar",
    "kernel": "Logos, array form",
    "streaming": "Logos, bar by bar, nothing compiled",
    "jumping": "Logos, array form, nothing compiled",
}
BARE = {"given": "a bare numba loop on given signals", "whole": "a bare numba loop"}
RULED = "a bare numba loop over the same rules, on given signals"
KERNEL = {"given": "Logos, kernel on given signals", "whole": "Logos, kernel and its signals"}
GRID = ("--param", "fast=5:50:5", "--param", "slow=60:240:20")
"""The same hundred pairs as ``peers.job.PAIRS``."""


@attrs.frozen(kw_only=True)
class Sizes:
    """How many bars each part runs on."""

    base: int

    @property
    def small(self) -> int:
        """Bars of a sweep, of each of ten symbols, and of the short run in the growth."""
        return self.base // 5

    @property
    def large(self) -> int:
        """Bars of the long run in the growth."""
        return 4 * self.base


def answer(part: str, bars: int) -> str:
    """Return the name of the exact answer to a part on so many bars in all, as ``floors.py`` takes it."""
    if part == "ten":
        return f"ten:{bars // SHORT_SYMBOLS}"
    return f"sweep:{bars // len(PAIRS)}" if part == "sweep" else f"one:{bars}"


def _backtest(part: str, engine: str, symbols: list[str], bars: int, home: Path) -> Task:
    path = home / f"{part}-{bars}.yaml"
    path.write_text(config(symbols), encoding="utf-8")
    return Task(
        part=part,
        program=NAME,
        label=ENGINES[engine],
        command=[PROGRAM, "backtest", "--config", str(path), "--engine", engine, "--json"],
        bars=bars,
        home=home,
    )


def backtests(part: str, sizes: Sizes, home: Path) -> list[Task]:
    """Return the backtests of a part, in every engine."""
    ten = [f"TEN{n:02d}" for n in range(SHORT_SYMBOLS)]
    wanted = {
        "run": [([f"ONE{sizes.base}"], sizes.base)],
        "ten": [(ten, SHORT_SYMBOLS * sizes.small)],
        "growth": [([f"ONE{bars}"], bars) for bars in (sizes.small, sizes.large)],
    }
    return [
        _backtest(part, engine, symbols, bars, home) for symbols, bars in wanted.get(part, []) for engine in ENGINES
    ]


def sweeps(sizes: Sizes, home: Path) -> list[Task]:
    """Return the sweep of all pairs."""
    path = home / "sweep.yaml"
    path.write_text(config([f"ONE{sizes.small}"]), encoding="utf-8")
    command = [PROGRAM, "sweep", "--config", str(path), *GRID, "--json", "--no-plots"]
    bars = sizes.small * len(PAIRS)
    return [Task(part="sweep", program=NAME, label="Logos", command=command, bars=bars, home=home)]


def sweep_floor(sizes: Sizes) -> list[Task]:
    """Return the hundred pairs in the bare compiled loop."""
    command = [sys.executable, str(HERE / "floors.py"), "sweep", str(sizes.small)]
    return [Task(part="sweep", program="floor", label=BARE["whole"], command=command, bars=sizes.small * len(PAIRS))]


def kernels(sizes: Sizes, home: Path) -> list[Task]:
    """Return the kernel and bare compiled loops: on signals that are given, and with the signals in it."""
    path = home / "kernel.yaml"
    path.write_text(config([f"ONE{sizes.base}"]), encoding="utf-8")
    tasks = []
    for mode, name in BARE.items():
        bare = [sys.executable, str(HERE / "floors.py"), "given" if mode == "given" else "run", str(sizes.base)]
        ours = [sys.executable, str(HERE / "kernel.py"), mode, str(path), str(sizes.base)]
        tasks += [
            Task(part="kernel", program="floor", label=name, command=bare, bars=sizes.base),
            Task(part="kernel", program=NAME, label=KERNEL[mode], command=ours, bars=sizes.base, home=home),
        ]
    ruled = [sys.executable, str(HERE / "floors.py"), "ruled", str(sizes.base)]
    return [*tasks, Task(part="kernel", program="floor", label=RULED, command=ruled, bars=sizes.base)]


def start() -> Task:
    """Return the start of the program."""
    return Task(part="start", program=NAME, label="logos --help", command=[PROGRAM, "--help"], bars=0)


def understood(row: dict[str, Any], task: Task) -> dict[str, Any]:
    """Return a raw row with Logos' own words put into the ones of the other programs."""
    if task.home is None or "error" in row:
        return row
    row |= {"version": importlib.metadata.version("logos-core")}
    if task.part == "sweep":
        table = task.home / row["path"] / "results.parquet"
        command = [sys.executable, str(HERE / "sweep_totals.py"), str(table)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        totals: dict[str, Any] = json.loads(done.stdout)
        return row | totals
    if task.part == "kernel":
        return row
    metrics = row.pop("metrics")
    return row | {"fills": metrics["fills"], "equity": metrics["final_equity"]}
