"""Times ``logos data import`` beside what no import can do without: ``python benchmarks/importing.py [--rows N]``.

The floor is PyArrow alone: ``pyarrow.csv.read_csv`` and a Parquet write, with all defaults. Both sides take turns in
one run, as calls within this process and as whole processes from the command line, and each file is new. The import
also judges every row, proves that no digit is lost, and waits for the disk. Prints a Markdown table; ends with exit
code 1 where the import takes more than three times the floor.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import bars

LIMIT = 3.0
FLOOR = """
import sys
import pyarrow.csv, pyarrow.parquet
pyarrow.parquet.write_table(pyarrow.csv.read_csv(sys.argv[1]), sys.argv[2])
"""
IMPORT = "from logos.cli.app import main; main()"
CONFIG = """
instruments:
  ONE: {asset_class: crypto, tick: "0.0001", lot: "1", currency: USD}
"""


def clock() -> float:
    """Return seconds that only ever grow."""
    return time.perf_counter()  # noqa: TID251 -- a benchmark reads the clock


def timed(job: Callable[[], object]) -> float:
    """Return the seconds that a job takes."""
    begin = clock()
    job()
    return clock() - begin


def floor_call(source: Path, target: Path) -> None:
    """Read a CSV and write Parquet, and nothing else."""
    import pyarrow.csv  # noqa: PLC0415 -- a process of its own loads it itself
    import pyarrow.parquet  # noqa: PLC0415

    pyarrow.parquet.write_table(pyarrow.csv.read_csv(source), target)


def import_call(source: Path, cache: Path, config: Path | None) -> None:
    """Import a CSV into a new cache."""
    from logos.config.feed_only import load_instruments  # noqa: PLC0415
    from logos.data.importing.run import ImportRequest, import_bars  # noqa: PLC0415

    known = {} if config is None else load_instruments(config)
    request = ImportRequest(
        paths=[source], symbol="ONE", interval="1m", asset_class="crypto", cache=cache, shown_as="cache"
    )
    import_bars(request, known.get, lambda _done, _total: None)


def process(code: str, *words: str | Path) -> None:
    """Run Python code in a process of its own."""
    command = [sys.executable, "-c", code, *map(str, words)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ})  # noqa: TID251


def measure(folder: Path, source: Path, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of every job, round by round."""
    config = folder / "instruments.yaml"
    config.write_text(CONFIG)
    words = ("data", "import", source, "--symbol", "ONE", "--interval", "1m", "--asset-class", "crypto", "--cache")
    found: dict[str, list[float]] = {}
    for number in range(-1, rounds):  # the first round warms up, and is not counted
        new = folder / str(number)
        new.mkdir()
        jobs: dict[str, Callable[[], object]] = {
            "call: PyArrow": lambda new=new: floor_call(source, new / "a.parquet"),
            "call: import": lambda new=new: import_call(source, new / "b", None),
            "call: import, tick known": lambda new=new: import_call(source, new / "c", config),
            "process: PyArrow": lambda new=new: process(FLOOR, source, new / "d.parquet"),
            "process: import": lambda new=new: process(IMPORT, *words, new / "e"),
            "process: import, tick known": lambda new=new: process(IMPORT, *words, new / "f", "--config", config),
        }
        for name, job in jobs.items():
            seconds = timed(job)
            if number >= 0:
                found.setdefault(name, []).append(seconds)
        subprocess.run(["rm", "-r", str(new)], check=True)
    return found


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "ONE-1m.csv"
        bars.write(source, bars.LONG_SEED, given.rows)
        size = source.stat().st_size / 1e6
        found = measure(folder, source, given.rounds)
    print(f"{given.rows:,} rows, {size:.0f} MB, {given.rounds} rounds, {os.cpu_count()} processors\n")
    print("| what                        | best s | median s | best / floor | median / floor |")
    print("|-----------------------------|-------:|---------:|-------------:|---------------:|")
    worst = 0.0
    for what, seconds in found.items():
        floor = found[f"{what.partition(':')[0]}: PyArrow"]
        best, median = min(seconds), statistics.median(seconds)
        ratios = best / min(floor), median / statistics.median(floor)
        worst = max(worst, ratios[1])
        print(f"| {what:<27} | {best:6.3f} | {median:8.3f} | {ratios[0]:12.2f} | {ratios[1]:14.2f} |")
    print(f"\nThe import takes {worst:.2f} times the floor at most (medians); {LIMIT:g} are allowed.")
    sys.exit(worst > LIMIT)


if __name__ == "__main__":
    main()
