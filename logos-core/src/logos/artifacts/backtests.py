"""Reads what backtests have left behind, and finds one by what a person types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from logos.artifacts.curve import EquityCurve, Floats, Times, read_blocks, read_curve
from logos.artifacts.readers import read_csv_rows
from logos.artifacts.schemas import BENCHMARK_FILE, EQUITY_FILE, METRICS_FILE, TRADE_COLUMNS, TRADES_FILE
from logos.domain.errors import InputError, IntegrityError
from logos.domain.times import SECONDS_A_DAY
from logos.paths import runs_dir

LATEST = "latest"
STATUSES = ("completed", "halted", "interrupted")

_MOST_NAMES = 5
_RUN_ONE = "Run one with: logos backtest"
_TEXTS = ("starting_cash", "final_equity", "fees", "status", "currency")
_COUNTS = ("bars", "fills", "trades")


@attrs.frozen(eq=False)
class DailyEquity:
    """Equity after the last slice of each trading day: for statistics and pictures, never for money.

    Attributes
    ----------
    day:
        Whole days since 1970-01-01, UTC, ascending: the dates on which the bars opened.
    equity:
        In units of the account's currency.
    """

    day: Times
    equity: Floats

    def __len__(self) -> int:
        return len(self.day)


def backtest_names(folder: Path) -> list[str]:
    """Return the ids of all backtests in a folder, in order; an id starts with the time of its run."""
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith(".") and is_backtest(entry))


def is_backtest(folder: Path) -> bool:
    """Return whether a folder holds a finished backtest."""
    return (folder / METRICS_FILE).is_file() and (folder / EQUITY_FILE).is_file()


def find_backtest(root: Path, wanted: str) -> Path:
    """Return the folder of a backtest.

    Parameters
    ----------
    root:
        The workspace root.
    wanted:
        A backtest id, the start of exactly one id, ``latest``, or the path of a backtest's folder.

    Raises
    ------
    InputError
        Where no backtest, or more than one, is meant; names the nearest.
    """
    folder = runs_dir(root)
    names = backtest_names(folder)
    if wanted in names:
        return folder / wanted
    if "/" in wanted:
        return _at_path(root, wanted)
    if not names:
        raise InputError(f"there is no backtest in {folder} yet", hint=_RUN_ONE)
    if wanted == LATEST:
        return folder / names[-1]
    matches = [name for name in names if wanted and name.startswith(wanted)]
    if len(matches) == 1:
        return folder / matches[0]
    if matches:
        raise InputError(
            f"{len(matches)} backtests start with {wanted!r}: {_listed(matches)}",
            hint="Type more of the one you mean",
        )
    near = get_close_matches(wanted, names, n=_MOST_NAMES, cutoff=0.5)
    raise InputError(f"there is no backtest {wanted!r}", hint=f"Nearest: {_listed(near or names[::-1])}")


def _at_path(root: Path, wanted: str) -> Path:
    given = Path(wanted)
    places = [given] if given.is_absolute() else [given, root / given]
    for place in places:
        if is_backtest(place):
            return place
    raise InputError(f"{wanted} is not the folder of a backtest: it holds no {METRICS_FILE} and {EQUITY_FILE}")


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def read_metrics(folder: Path) -> dict[str, Any]:
    """Return the content of a backtest's ``metrics.json``.

    Raises
    ------
    InputError
        Where there is none, so that the folder is no backtest.
    IntegrityError
        Where it does not hold the figures of a backtest; says what is wrong.
    """
    path = folder / METRICS_FILE
    try:
        metrics = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{folder} holds no {METRICS_FILE}, so it is no backtest", hint=_RUN_ONE) from error
    except (OSError, ValueError, RecursionError) as error:
        raise _unusable(path, str(error)) from error
    fault = _fault_of(metrics)
    if fault:
        raise _unusable(path, fault)
    valid: dict[str, Any] = metrics
    return valid


def _unusable(path: Path, fault: str) -> IntegrityError:
    return IntegrityError(f"{path} does not hold a backtest's figures: {fault}", hint="Run the backtest again")


def _fault_of(metrics: Any) -> str:
    if not isinstance(metrics, dict):
        return f"expected an object, found {type(metrics).__name__}"
    for key in _TEXTS:
        if not isinstance(metrics.get(key), str):
            return f"{key} is missing or not a text"
    for key in _COUNTS:
        if type(metrics.get(key)) is not int:
            return f"{key} is missing or not a whole number"
    if metrics["status"] not in STATUSES:
        return f"status is {metrics['status']!r}, expected one of {', '.join(STATUSES)}"
    return ""


def read_equity(folder: Path, *, buckets: int = 400) -> EquityCurve:
    """Return a backtest's equity curve with at most five points for each of so many stretches of time."""
    return read_curve(folder / EQUITY_FILE, buckets=buckets)


def read_benchmark(folder: Path, *, buckets: int = 400) -> EquityCurve | None:
    """Return the equity curve of buying and holding, thinned alike; ``None`` where there is no benchmark."""
    path = folder / BENCHMARK_FILE
    return read_curve(path, buckets=buckets) if path.is_file() else None


def read_daily(equity_csv: Path, *, interval: int) -> DailyEquity:
    """Return the equity after the last slice of each trading day.

    Parameters
    ----------
    equity_csv:
        ``equity.csv`` or ``benchmark.csv`` of a backtest.
    interval:
        Length of a bar in seconds: rows carry the close of a bar, and its day is the one on which it opened.
    """
    day, equity = np.empty(0, np.int64), np.empty(0)
    for block in read_blocks(equity_csv):
        days = np.concatenate([day, (block.time - interval) // SECONDS_A_DAY])
        last = np.flatnonzero(np.diff(days, append=days[-1:] + 1))
        day, equity = days[last], np.concatenate([equity, block.equity])[last]
    return DailyEquity(day, equity)


def read_trades(folder: Path, *, most: int | None = None) -> Iterator[dict[str, str]]:
    """Yield the fills of a backtest, the first ``most`` of them where that is given."""
    return islice(read_csv_rows(folder / TRADES_FILE, TRADE_COLUMNS), most)
