"""The job that every program does, the bars it does it on, and the line that its script prints.

A script runs in its program's own environment as ``python SCRIPT MODE FOLDER BARS``, where FOLDER is what ``bars.py``
wrote. Every script reads the same files through pandas, which all of these programs bring along. What it times is the
run alone: the start of the interpreter, imports and reading are in the wall time of the process.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

CASH = 100_000
FEE = 0.001
"""Ten basis points of the traded value, on each side."""
QUANTITY = 10
FAST, SLOW = 10, 50
SHORT_SYMBOLS = 10
TICKS = 10_000
"""Ticks in one unit of currency: prices have four decimals."""
PAIRS = [(fast, slow) for fast in range(5, 55, 5) for slow in range(60, 260, 20)]
"""The hundred pairs of windows that a sweep tries."""
clock: Callable[[], float] = time.perf_counter  # noqa: TID251 -- a benchmark reads the clock


def arguments() -> tuple[str, Path, int]:
    """Return what the script was called with: the mode, the folder of the bars, the number of bars."""
    mode, folder, bars = sys.argv[1:4]
    return mode, Path(folder), int(bars)


def symbols(mode: str, bars: int) -> list[str]:
    """Return the names of the bar files of a mode: ten for ``ten``, else the one of so many bars."""
    return [f"TEN{n:02d}" for n in range(SHORT_SYMBOLS)] if mode == "ten" else [f"ONE{bars}"]


def frame(folder: Path, symbol: str) -> "pd.DataFrame":
    """Return one symbol's bars, indexed by their open times in UTC without a zone, which all programs take."""
    import pandas as pd  # noqa: PLC0415 -- whoever only wants the constants need not have it

    table = pd.read_csv(folder / "crypto" / f"{symbol}-1m.csv", parse_dates=["timestamp"])
    table["timestamp"] = table["timestamp"].dt.tz_localize(None).astype("datetime64[ns]")
    return table.set_index("timestamp")


def crossed(close: "np.ndarray", fast: int = FAST, slow: int = SLOW) -> "tuple[np.ndarray, np.ndarray]":
    """Return where the fast average is strictly above the slow one, and from which bar on both are known.

    In ticks, and by products in place of quotients: no tie is decided by the rounding of a binary float.
    """
    import numpy as np  # noqa: PLC0415

    sums = np.concatenate(([0], np.cumsum(np.rint(close * TICKS).astype(np.int64))))
    last = np.arange(len(close)) + 1
    known = last >= slow
    above = np.zeros(len(close), dtype=bool)
    ends = last[known]
    above[known] = (sums[ends] - sums[ends - fast]) * slow > (sums[ends] - sums[ends - slow]) * fast
    return above, known


def report(**figures: Any) -> None:
    """Print one line of JSON: the program's version, seconds of the run and of loading, fills, equity, peak memory."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**figures, "peak": round(peak)}), flush=True)
