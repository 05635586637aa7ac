"""What every library does: weights of 20, 100 and 500 assets, and a walk-forward of 20 assets.

A script runs in its library's own environment as ``python SCRIPT FOLDER``, where FOLDER is what ``portfolio.py`` wrote.
It begins with returns, so that the covariance is part of what is timed, and leaves the weights beside them.
"""

import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

LOOKBACK, STEP = 252, 5
"""Rows of each estimate of the walk-forward, and rows from one rebalance to the next."""
CALLS, LONG = 7, 2.0
"""How often an allocation is timed, unless its first call took longer than so many seconds."""
clock: Callable[[], float] = time.perf_counter  # noqa: TID251 -- a benchmark reads the clock
Way = Callable[[Any], Any]
"""From returns, shape (T, N), to weights: shape (N,), or (R, N) for a walk-forward."""


def rebalances(rows: int) -> range:
    """Return the rows before which the walk-forward estimates."""
    return range(LOOKBACK, rows - STEP + 1, STEP)


def loop(allocate: Way) -> Way:
    """Return a walk-forward that asks for the weights of one window after the other."""

    def walk(returns: Any) -> Any:
        return np.array([allocate(returns[row - LOOKBACK : row]) for row in rebalances(len(returns))])

    return walk


def run(version: str, allocations: dict[str, dict[str, Way]], walks: dict[str, dict[str, Way]], frame: Way) -> None:
    """Time each way of each method, keep its weights, and print one line of JSON.

    Parameters
    ----------
    allocations, walks:
        By method, and by what the way is called.
    frame:
        Makes of returns what the library takes; it is not timed.
    """
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    rows = []
    for path in sorted(folder.glob("returns-*.npy")):
        part, given = path.stem.removeprefix("returns-"), frame(np.load(path))
        for method, ways in (walks if part == "walk" else allocations).items():
            for name, way in ways.items():
                first, weights = _timed(way, given[: LOOKBACK + STEP] if part == "walk" else given)
                again = 1 if part == "walk" else 0 if first > LONG else CALLS
                calls = [_timed(way, given) for _ in range(again)] or [(first, weights)]
                kept = folder / f"weights-{len(rows)}-{Path(sys.argv[0]).stem}.npy"
                np.save(kept, np.asarray(calls[-1][1], dtype=float))
                seconds = statistics.median(took for took, _ in calls)
                rows.append({"part": part, "method": method, "way": name, "seconds": seconds, "weights": kept.name})
    print(json.dumps({"version": version, "python": sys.version.split()[0], "rows": rows}), flush=True)


def _timed(way: Way, given: Any) -> tuple[float, Any]:
    begin = clock()
    weights = way(given)
    return clock() - begin, weights
