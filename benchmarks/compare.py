"""Compares Logos with other programs on the same job and the same bars, side by side in one run.

``python benchmarks/compare.py [--envs FOLDER [--install]] [--parts run,ten,...] [--rounds N] [--quick]``

Every measurement is a fresh process. In each round all programs of a part take their turn, so that they share the
noise of the machine, and each figure is the median of the rounds. Each program has an environment of its own,
``FOLDER/v_<name>``; ``--install`` makes those that are missing, and what cannot be installed is left out by name.
Every program's fills and final equity stand beside the exact answer, which integers give. The comparison fails when
Logos is off it by anything at all.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import goals
import ours
import tables
from measuring import Task, measure
from ours import Sizes, answer
from peers.job import PAIRS, SHORT_SYMBOLS
from programs import HERE, PEERS, Peer, install, present

FULL, QUICK = Sizes(base=500_000), Sizes(base=20_000)
MARKS = ("<!-- bench -->", "<!-- /bench -->")
"""Between these, a document keeps the tables of the last run."""


def options() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envs", type=Path, help="the folder of the peers' environments; without it, Logos alone")
    parser.add_argument("--install", action="store_true", help="make the environments that are missing")
    parser.add_argument("--programs", default="", help="only these, by the names of their environments, or logos")
    parser.add_argument("--parts", default=",".join(tables.PARTS), help="only these parts")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--patience", type=float, default=60, help="what takes longer, in seconds, is run once")
    parser.add_argument("--limit", type=float, default=900, help="seconds after which a process is ended")
    parser.add_argument("--quick", action="store_true", help="20,000 bars and one round, to see that all of it works")
    parser.add_argument("--cpu", type=int, help="the processor that every process is pinned to (the last one)")
    parser.add_argument("--no-pin", action="store_true", help="let the processes wander")
    parser.add_argument("--work", type=Path, help="where the bars and runs are kept (a temporary folder)")
    parser.add_argument("--markdown", type=Path, help="a file for the tables, or a document with marks")
    parser.add_argument("--jsonl", type=Path, help="a file for the raw rows")
    given = parser.parse_args()
    _known(parser, "part", given.parts, tables.PARTS)
    _known(parser, "program", given.programs, ("logos", *(peer.key for peer in PEERS)))
    return given


def _known(parser: argparse.ArgumentParser, kind: str, text: str, names: tuple[str, ...]) -> None:
    for name in filter(None, text.split(",")):
        if name not in names:
            parser.error(f"no {kind} is named {name}; there are {', '.join(names)}")


def pin(given: argparse.Namespace) -> str:
    """Bind this process, and so all that it starts, to one processor; return how the tables say it."""
    if given.no_pin or not hasattr(os, "sched_setaffinity"):
        return "not pinned"
    cpu = max(os.sched_getaffinity(0)) if given.cpu is None else given.cpu
    os.sched_setaffinity(0, {cpu})
    return f"each process pinned to processor {cpu}"


def theirs(part: str, peer: Peer, envs: Path, sizes: Sizes, home: Path) -> list[Task]:
    """Return what a peer does in a part; in the growth it repeats its run on the least bars."""
    python = str(peer.python(envs))
    if part == "start":
        command = [str(peer.python(envs).with_name(peer.start[0])), *peer.start[1:]]
        label = " ".join(peer.start).replace("python -c ", "")
        return [Task(part=part, program=peer.name, label=label, command=command, bars=0)]
    count = sizes.base if part == "run" else sizes.small
    bars = count * {"ten": SHORT_SYMBOLS, "sweep": len(PAIRS)}.get(part, 1)
    return [
        Task(
            part=part,
            program=peer.name,
            label=f"{peer.name}, {mode.how}",
            command=[python, str(peer.script), mode.argument, str(home / "cache"), str(count)],
            bars=bars,
        )
        for mode in peer.modes
        if mode.part == ("run" if part == "growth" else part)
    ]


def plan(part: str, given: argparse.Namespace, peers: list[Peer], sizes: Sizes, home: Path) -> list[Task]:
    """Return every program's tasks in a part, in the order in which they take turns."""
    tasks = []
    if not given.programs or "logos" in given.programs.split(","):
        tasks += ours.backtests(part, sizes, home)
        tasks += ours.kernels(sizes, home) if part == "kernel" else []
        tasks += [*ours.sweeps(sizes, home), *ours.sweep_floor(sizes)] if part == "sweep" else []
        tasks += [ours.start()] if part == "start" else []
    for peer in peers:
        tasks += theirs(part, peer, given.envs, sizes, home)
    return tasks


def run(task: Task, given: argparse.Namespace, mark: dict[str, Any]) -> dict[str, Any]:
    """Measure a task once, say so, and return the row with what was asked of it."""
    row = ours.understood(measure(task, given.limit), task) | {"given": task.bars} | mark
    if task.part == "sweep":
        row["bars"] = task.bars  # a script counts its bars once, whatever the number of pairs
    if task.home is not None:
        shutil.rmtree(task.home / "runs", ignore_errors=True)
    told = row.get("error") or f"{tables.seconds(row['shell'])} s"
    print(f"  {task.part} {mark.get('round', 'warm-up')}: {task.label} ({task.bars:,} bars): {told}", flush=True)
    return row


def measured(given: argparse.Namespace, peers: list[Peer], sizes: Sizes, home: Path) -> list[dict[str, Any]]:
    """Run everything and return the raw rows, each beside the exact answer."""
    parts = given.parts.split(",")
    if not given.quick:
        smaller = Sizes(base=sizes.small)
        for task in (*plan("run", given, peers, smaller, home), *plan("sweep", given, peers, smaller, home)):
            run(task, given, {})
    rows: list[dict[str, Any]] = []
    for part in parts:
        tasks = plan(part, given, peers, sizes, home)
        slow: set[tuple[str, int]] = set()
        for turn in range(given.rounds):
            for task in tasks:
                if (task.label, task.bars) not in slow:
                    rows.append(run(task, given, {"round": turn + 1}))
                    if rows[-1]["shell"] > given.patience or "error" in rows[-1]:
                        slow.add((task.label, task.bars))
    # A program that can only do some of the bars is held against the answer for those.
    names = [answer(row["part"], row["bars"]) if "fills" in row else "" for row in rows]
    answers = exact_answers(set(names))
    return [row | ({"answer": answers[name]} if name else {}) for row, name in zip(rows, names, strict=True)]


def exact_answers(wanted: set[str]) -> dict[str, Any]:
    """Return the exact answers, computed in a process of their own."""
    names = sorted(wanted - {""})
    if not names:
        return {}
    command = [sys.executable, str(HERE / "floors.py"), "answer", *names]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def make_bars(home: Path, sizes: Sizes) -> None:
    """Write the bars, in processes of their own: a child's peak memory begins with its parent's."""
    for bars in (sizes.base, sizes.small, sizes.small // 5, sizes.large):
        subprocess.run([sys.executable, str(HERE / "bars.py"), str(home / "cache"), str(bars)], check=True)


def surroundings(given: argparse.Namespace, pinned: str, sizes: Sizes, left_out: list[str]) -> str:
    """Return what the figures were measured on."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    here = {one.name: one.version for one in importlib.metadata.distributions()}
    versions = ", ".join(f"{name} {here[name]}" for name in ("logos-core", "numpy", "numba") if name in here)
    sentences = [
        f"Python {platform.python_version()}, {versions}",
        f"{model}, {os.cpu_count()} processors, {pinned}",
        f"{sizes.base:,} bars; medians of {given.rounds} rounds in which all programs take turns",
        f"What takes more than {given.patience:.0f} s is run once",
    ]
    if left_out:
        sentences.append(f"Left out, not installed: {', '.join(left_out)}")
    return ". ".join(sentences) + "."


def inexact(rows: list[dict[str, Any]]) -> list[str]:
    """Return where Logos failed or was off the exact answer, to the last decimal."""
    found = []
    for row in rows:
        if row["program"] != ours.NAME or row["part"] == "start":
            continue
        place = f"{row['label']}, {row['part']}, {row['given']:,} bars"
        if "error" in row:
            found.append(f"{place}: {row['error']}")
        elif [row.get("fills"), row.get("equity")] != row["answer"]:
            found.append(f"{place}: {row.get('fills')} fills, equity {row.get('equity')}; exact is {row['answer']}")
    return sorted(set(found))


def put(path: Path, text: str, marks: tuple[str, str] = MARKS) -> None:
    """Write the tables: between the two marks of a document that has them, else as a file of their own."""
    document = path.read_text(encoding="utf-8") if path.exists() else ""
    before, begin, rest = document.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    whole = f"{before}{begin}\n\n{text}\n{end}{after}" if begin and end else text
    path.write_text(whole, encoding="utf-8")


def main() -> int:
    """Run the comparison, show it, and return 1 where Logos is not exact."""
    given = options()
    sizes = QUICK if given.quick else FULL
    given.rounds = 1 if given.quick else given.rounds
    named = set(filter(None, given.programs.split(",")))
    wanted = tuple(peer for peer in PEERS if not named or peer.key in named)
    if given.envs and given.install:
        install(given.envs, wanted)
    peers, left_out = present(given.envs, wanted)
    pinned = pin(given)
    with tempfile.TemporaryDirectory() as folder:
        home = (given.work or Path(folder)).resolve()
        make_bars(home, sizes)
        rows = measured(given, peers, sizes, home)
    shown = [tables.table(part, rows) for part in given.parts.split(",")]
    shown += [] if given.quick else [goals.table(rows)]  # they are for the full size
    text = "\n\n".join([surroundings(given, pinned, sizes, left_out), *shown]) + "\n"
    print("\n" + text)
    if given.markdown:
        put(given.markdown, text)
    if given.jsonl:
        given.jsonl.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    wrong = inexact(rows)
    for line in wrong:
        print(f"NOT EXACT: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
