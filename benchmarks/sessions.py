"""Times whole paper sessions and the start of the program: ``python benchmarks/sessions.py [--peer PROGRAM]``.

Every figure is a whole process from the command line: start, look at the data, trade, write every artifact. Commands
are run in turn, several rounds, and the median is printed with the least and the greatest. ``--peer`` names another
program whose ``--help`` is timed beside ours, such as a freqtrade in an environment of its own.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARS = Path(__file__).with_name("bars.py")
PROGRAM = [sys.executable, "-m", "logos.live"]
GUARDS = """
guards:
  - {plugin: max_notional, limit: "60000"}
  - {plugin: exposure, gross: "1.1", net: "1.1", per_symbol: "0.6"}
  - {plugin: drawdown, max: "0.90", daily: "0.25"}
  - {plugin: stale_data, after: 5m, halt: all}
  - {plugin: reject_rate, max: 5, per: 10m}
  - {plugin: order_rate, max: 60, per: 1m}
  - {plugin: kill_switch, file: runs/live/KILL}
"""
EXACT = {"fills": 13_728, "equity": "85833.22961400"}
"""What the job has to give on 500,000 bars, by integer arithmetic."""


def config(symbols: list[str]) -> str:
    """Return a session of SMA(10)/SMA(50), 10 units a trade, fee 10 bps, every guard and every artifact on."""
    instruments = "\n".join(
        f'  {one}: {{asset_class: crypto, tick: "0.0001", lot: "1", currency: USD}}' for one in symbols
    )
    return f"""
session: {{name: bench}}
instruments:
{instruments}
feed: {{plugin: replay, path: cache, symbols: [{", ".join(symbols)}]}}
broker: {{plugin: paper, cash: "100000", fees: {{maker_bps: "10", taker_bps: "10"}}}}
strategies: [{{plugin: sma_cross, params: {{fast: 10, slow: 50}}}}]
allocator: {{plugin: fixed_quantity, quantity: "10"}}
{GUARDS}"""


def timed(command: list[str], home: Path) -> tuple[float, float, int, str]:
    """Run a command and return wall seconds, processor seconds, peak memory in MiB, and what it printed."""
    begin = time.perf_counter()  # noqa: TID251 -- a benchmark reads the clock
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "LOGOS_HOME": str(home)},  # noqa: TID251
    ) as process:
        printed = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begin  # noqa: TID251
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, printed


def show(name: str, values: list[float], unit: str) -> None:
    """Print a figure's median with its least and greatest."""
    print(f"{name:<58}{statistics.median(values):>12,.2f} {unit}   ({min(values):,.2f} to {max(values):,.2f})")


def sessions(home: Path, rounds: int, count: int) -> None:
    """Time one long symbol, ten shorter ones, and a fifth of the long one for the growth of time and memory."""
    # In processes of their own: a child's peak memory begins with its parent's.
    for bars in (count, count // 5):
        subprocess.run([sys.executable, str(BARS), str(home / "cache"), str(bars)], check=True)
    ten = [f"TEN{n:02d}" for n in range(10)]
    jobs = {
        f"one symbol, {count:,} bars": ([f"ONE{count}"], count),
        f"one symbol, {count // 5:,} bars": ([f"ONE{count // 5}"], count // 5),
        f"ten symbols, {count // 5:,} bars each": (ten, count * 2),
    }
    figures: dict[str, list[tuple[float, float, int, dict[str, object]]]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, (symbols, _bars) in jobs.items():
            path = home / "bench.yaml"
            path.write_text(config(symbols))
            wall, cpu, memory, printed = timed([*PROGRAM, "trade", "--config", str(path), "--json"], home)
            figures[name].append((wall, cpu, memory, json.loads(printed)))
    for name, (_symbols, bars) in jobs.items():
        rows = figures[name]
        outcome = rows[0][3]
        print(f"\n{name}: {outcome['fills']} fills, equity {outcome['equity']}")
        show("  whole process", [row[0] for row in rows], "s")
        show("  processor time", [row[1] for row in rows], "s")
        show("  bars a second, whole process", [bars / row[0] for row in rows], "bars/s")
        show("  peak memory", [float(row[2]) for row in rows], "MiB")
        if count == 500_000 and bars == count:
            agrees = all(outcome[key] == value for key, value in EXACT.items())
            print(f"  exact answer (13,728 fills, equity 85,833.22961400): {'met' if agrees else 'MISSED'}")


def starts(home: Path, peer: str, rounds: int) -> None:
    """Time ``--help``, ours and the peer's, in turn."""
    script = str(Path(sys.executable).with_name("logos"))
    commands = {"logos --help": [script, "--help"]}
    if peer:
        commands[f"{Path(peer).name} --help"] = [peer, "--help"]
    figures: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 2):
        for name, command in commands.items():
            wall, *_ = timed(command, home)
            if turn >= 2:  # the first two warm the disk cache
                figures[name].append(wall * 1000)
    print("\nStart")
    for name, values in figures.items():
        show(f"  {name}", values, "ms")


def main() -> None:
    """Run every benchmark."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--peer", default="", help="a program whose --help is timed beside ours")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--bars", type=int, default=500_000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.2f}")
        starts(home, given.peer, given.rounds * 4)
        sessions(home, given.rounds, given.bars)


if __name__ == "__main__":
    main()
