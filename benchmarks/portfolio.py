"""Compares the portfolio methods of Logos with other libraries, side by side in one run on the same returns.

``python benchmarks/portfolio.py [--envs FOLDER [--install]] [--programs ...] [--rounds N] [--quick] [--json FILE]``

Each library has an environment of its own, ``FOLDER/v_<name>``, and in each round all of them take their turn, so that
they share the noise of the machine. A figure is the median of the rounds. Where a library has several ways of doing
the same, all are timed, and the quickest stands for it. Weights that should agree are compared.
"""

import argparse
import importlib.metadata
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from compare import pin, put
from portfolio_peers.job import LOOKBACK, STEP
from programs import HERE, Peer, install, present
from rich.console import Console
from rich.table import Table
from tables import markdown

LOGOS = "Logos"
PEERS = (
    Peer(key="skfolio", name="skfolio", requirements=("skfolio",)),
    Peer(key="pypfopt", name="PyPortfolioOpt", requirements=("PyPortfolioOpt", "packaging")),
    Peer(key="riskfolio", name="Riskfolio-Lib", requirements=("Riskfolio-Lib",)),
)
ROWS = 1_000
AHEAD = 5.0
"""How many times as fast as the best of them a walk-forward is to be."""
SAME = {"hrp": 1e-9, "risk_parity": 5e-4, "min_variance": 2e-3, "inverse_volatility": 1e-9}
"""How far apart the weights of a method may be: two closed forms by rounding, others by what their solvers leave."""
VARIANTS = frozenset({(LOGOS, "hrp", "distance: paper"), ("skfolio", "hrp", "")})
"""Ways that are not the same method: the paper's distance of distances, and leaves in optimal order."""
MARKS = ("<!-- portfolios -->", "<!-- /portfolios -->")
Row = dict[str, Any]


@attrs.frozen
class Sizes:
    """How much is done."""

    assets: tuple[int, ...]
    rebalances: int


FULL, QUICK = Sizes((20, 100, 500), 500), Sizes((20,), 10)


def options() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envs", type=Path, help="the folder of the peers' environments; without it, Logos alone")
    parser.add_argument("--install", action="store_true", help="make the environments that are missing")
    parser.add_argument("--programs", default="", help="only these, by the names of their environments, or logos")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=1_800, help="seconds after which a process is ended")
    parser.add_argument("--quick", action="store_true", help="few assets and rebalances, to see that all of it works")
    parser.add_argument("--cpu", type=int, help="the processor that every process is pinned to (the last one)")
    parser.add_argument("--no-pin", action="store_true", help="let the processes wander, and use all processors")
    parser.add_argument("--markdown", type=Path, help="a file for the tables, or a document with marks")
    parser.add_argument("--json", type=Path, help="a file for everything that was found")
    given = parser.parse_args()
    names = ("logos", *(peer.key for peer in PEERS))
    for name in filter(None, given.programs.split(",")):
        if name not in names:
            parser.error(f"no program is named {name}; there are {', '.join(names)}")
    return given


def make_returns(folder: Path, sizes: Sizes) -> None:
    """Write seeded returns of factor models, a file for each part."""
    generator = np.random.default_rng(6)  # noqa: TID251 - seeded
    shapes = {f"{count:03d}": (ROWS, count) for count in sizes.assets}
    shapes["walk"] = (LOOKBACK + STEP * sizes.rebalances, 20)
    for name, (rows, count) in shapes.items():
        exposures = generator.normal(1.0, 0.4, (3, count)) * [[1.0], [0.5], [0.3]]
        own = generator.standard_normal((rows, count)) * generator.uniform(0.5, 2.0, count)
        np.save(
            folder / f"returns-{name}.npy", 0.0003 + 0.01 * (generator.standard_normal((rows, 3)) @ exposures + own)
        )


def measured(python: str, key: str, name: str, folder: Path, limit: float) -> list[Row]:
    """Run a library's script once and return its rows, with the weights."""
    command = [python, str(HERE / "portfolio_peers" / f"run_{key}.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit)
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr[-2_000:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    return [
        row | {"program": name, "version": said["version"], "weights": np.load(folder / row["weights"])}
        for row in said["rows"]
    ]


def medians(rows: list[Row]) -> list[Row]:
    """Return one row for each way, with the median of its rounds and the range."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in ("part", "method", "program", "way")), []).append(row)
    found = []
    for group in groups.values():
        seconds = [row["seconds"] for row in group]
        found.append(
            group[0] | {"seconds": statistics.median(seconds), "least": min(seconds), "greatest": max(seconds)}
        )
    return sorted(found, key=lambda row: (row["part"], row["method"], row["seconds"]))


def compare(rows: list[Row]) -> list[str]:
    """Set ``apart``, the largest difference from Logos' weights of the same method; return where it is too large."""
    wrong = []
    for row in rows:
        ours = [
            one for one in rows if one["program"] == LOGOS and _part(one) == _part(row) and not _variant(one)
        ]  # of several ways, that of the first: they stand in order of time
        row["apart"] = float(np.abs(row["weights"] - ours[0]["weights"]).max()) if ours else None
        if ours and not _variant(row) and row["apart"] > SAME[row["method"]]:
            wrong.append(
                f"{_words(row)}: {row['program']}, {row['way']}, is {row['apart']:.1e} off the weights of Logos"
            )
    return wrong


def _part(row: Row) -> tuple[str, str]:
    return row["part"], row["method"]


def _variant(row: Row) -> bool:
    return bool(VARIANTS & {(row["program"], row["method"], row["way"]), (row["program"], row["method"], "")})


def _words(row: Row) -> str:
    part = "walk-forward" if row["part"] == "walk" else f"{int(row['part'])} assets"
    return f"{row['method']}, {part}"


def goals(rows: list[Row]) -> list[Row]:
    """Return for each part the best of the others' times over that of Logos, and whether it is what it should be.

    For HRP, Logos is judged by the paper's distance, its default, and for the rest by its default, too.
    """
    found = []
    for part in dict.fromkeys(_part(row) for row in rows):
        group = [row for row in rows if _part(row) == part]
        ours = next((row for row in group if row["program"] == LOGOS and row["way"] in DEFAULTS), None)
        best = next((row for row in group if row["program"] != LOGOS), None)  # in order of time
        if ours and best:
            ratio, wanted = best["seconds"] / ours["seconds"], AHEAD if part[0] == "walk" else 1.0
            found.append(
                {
                    "what": _words(ours),
                    "ours": ours["seconds"],
                    "best": best["seconds"],
                    "program": f"{best['program']}, {best['way']}",
                    "ratio": ratio,
                    "wanted": wanted,
                    "met": ratio >= wanted,
                }
            )
    return found


DEFAULTS = frozenset({"distance: paper", "newton", "clarabel", "closed form"})


def _milliseconds(seconds: float) -> str:
    return f"{1_000 * seconds:,.3f}" if seconds < 0.1 else f"{1_000 * seconds:,.1f}"


def tables_of(rows: list[Row], reached: list[Row]) -> dict[str, list[list[str]]]:
    """Return the tables by title, the first line of each the names of the columns."""
    times = [["method", "program", "version", "ms", "range", "weights apart"]]
    for row in rows:
        apart = "" if row["apart"] is None else "a variant" if _variant(row) else f"{row['apart']:.0e}"
        span = f"{_milliseconds(row['least'])} to {_milliseconds(row['greatest'])}"
        name = f"{row['program']}, {row['way']}"
        times.append([_words(row), name, row["version"], _milliseconds(row["seconds"]), span, apart])
    told = [["what", "Logos ms", "best of the others ms", "", "times as fast", "to reach", ""]]
    for goal in reached:
        spans = [_milliseconds(goal["ours"]), _milliseconds(goal["best"])]
        verdict = "met" if goal["met"] else "missed"
        told.append([goal["what"], *spans, goal["program"], f"{goal['ratio']:.1f}", f"{goal['wanted']:.0f}", verdict])
    return {"Portfolio methods": times, **({"Goals": told} if reached else {})}


def nothing_to_compare(given: argparse.Namespace) -> str:
    """Return why no other library was timed, and how to have one."""
    found = f"No environment of another library stands in {given.envs}" if given.envs else "No environments were given"
    return f"{found}, so nothing is compared. Give --envs FOLDER; with --install they are made there."


def show(tables: dict[str, list[list[str]]]) -> None:
    """Print the tables."""
    console = Console(width=150)
    for title, (names, *lines) in tables.items():
        table = Table(title=title, title_justify="left")
        for name in names:
            table.add_column(name, justify="right" if name.endswith("ms") or name.startswith("times") else "left")
        for line in lines:
            table.add_row(*line)
        console.print(table)


def main() -> int:
    """Run the comparison, show it, and return 1 where weights that should agree do not."""
    given = options()
    sizes, rounds = (QUICK, 1) if given.quick else (FULL, given.rounds)
    named = set(filter(None, given.programs.split(",")))
    wanted = tuple(peer for peer in PEERS if not named or peer.key in named)
    if given.envs and given.install:
        install(given.envs, wanted)
    peers, left_out = present(given.envs, wanted)
    programs = [(str(peer.python(given.envs)), peer.key, peer.name) for peer in peers]
    if not named or "logos" in named:
        programs.insert(0, (sys.executable, "logos", LOGOS))
    rows, pinned = [], pin(given)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_returns(folder, sizes)
        for turn in range(rounds):
            for python, key, program in programs:
                rows += measured(python, key, program, folder, given.limit)
                print(f"  round {turn + 1}, {pinned}: {program}", flush=True)
    found = medians(rows)
    wrong, reached = compare(found), goals(found)
    tables = tables_of(found, reached)
    show(tables)
    versions = {name: importlib.metadata.version(name) for name in ("logos-risk", "numpy", "scipy")}
    whole = {
        "rounds": rounds,
        "pinned": pinned,
        "versions": versions | {row["program"]: row["version"] for row in found},
        "left_out": left_out,
        "rows": [{key: value for key, value in row.items() if key != "weights"} for row in found],
        "goals": reached,
        "wrong": wrong,
    }
    if given.json:
        given.json.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    if given.markdown:
        parts = [f"### {title}\n\n{markdown(lines)}" for title, lines in tables.items() if len(lines) > 1]
        told = ", ".join(f"{name} {version}" for name, version in whole["versions"].items())
        put(given.markdown, f"{told}. Medians of {rounds} rounds, {pinned}.\n\n" + "\n\n".join(parts) + "\n", MARKS)
    if wanted and not peers:
        print(nothing_to_compare(given))
    for line in wrong:
        print(f"WEIGHTS DIFFER: {line}")
    print(json.dumps({"goals": reached, "left_out": left_out, "wrong": wrong}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
