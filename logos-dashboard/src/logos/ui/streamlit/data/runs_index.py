"""Every backtest of a workspace in one table, kept in memory: only folders that have changed are read again."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts.backtests import read_metrics
from logos.artifacts.schemas import (
    BACKTEST_TABLES,
    CONFIG_FILE,
    EQUITY_FILE,
    JOURNAL_FILE,
    METRICS_FILE,
    REPORT_FILE,
    WEIGHTS_FILE,
)
from logos.context.redaction import redact_text
from logos.domain.errors import InputError, LogosError
from logos.domain.times import parse_time
from logos.paths import runs_dir
from logos.ui.streamlit.data.caching import Kept
from logos.ui.streamlit.data.faults import fault_of, folder_fault, told_of, unlisted
from logos.ui.streamlit.data.readings import Reading

UNREADABLE = "unreadable"

LEAST_DAYS = 30
"""Below this many daily returns a standard error says nothing, and neither does a figure a year."""

_NO_BACKTESTS = frozenset({"lessons", "live", "ml", "rehearsals", "sweeps"})
"""Folders below ``runs/`` that hold something else."""

_OF_A_BACKTEST = frozenset({*BACKTEST_TABLES, CONFIG_FILE, JOURNAL_FILE, METRICS_FILE})
_OF_A_PORTFOLIO = frozenset({WEIGHTS_FILE, "risk.json"})
_ID = re.compile(r"(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-(.+)")
_MOST_BYTES = 32 << 20
_MOST_WORKSPACES = 8
_MOST_COUNTED = 1 << 53


@attrs.frozen(kw_only=True)
class BacktestRow:
    """One backtest in a listing; what cannot be known is ``None`` or empty.

    Attributes
    ----------
    backtest_id, folder:
        The folder's name, and where it is.
    made:
        When it was run: wall-clock time, ISO-8601 UTC, as the id tells it; empty where it does not.
    name:
        The session's name in the config.
    start, end:
        Open of the first slice and close of the last, ISO-8601 UTC.
    strategies, symbols:
        Names in order.
    total_return, max_drawdown:
        Fractions; the drawdown is positive.
    sharpe:
        A year.
    days:
        Of how many days the figures a year are made.
    fees:
        Decimal text in ``currency``.
    status:
        ``completed``, ``halted``, ``interrupted``, or ``unreadable``.
    portfolio:
        Whether it rebalanced a portfolio, so that it has weights or a report of risk.
    has_report:
        Whether there is a ``report.html``.
    reason:
        Why it is unreadable; else empty.
    """

    backtest_id: str
    folder: Path
    made: str = ""
    name: str = ""
    start: str = ""
    end: str = ""
    bars: int | None = None
    strategies: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    allocator: str = ""
    total_return: float | None = None
    sharpe: float | None = None
    days: float | None = None
    max_drawdown: float | None = None
    fills: int | None = None
    fees: str | None = None
    currency: str = ""
    status: str
    data_digest: str = ""
    config_digest: str = ""
    portfolio: bool = False
    has_report: bool = False
    reason: str = ""

    @property
    def readable(self) -> bool:
        """Return whether the run can be shown."""
        return self.status != UNREADABLE


Rows = tuple[BacktestRow, ...]
_Stamp = tuple[int, int, int]
_Known = Mapping[str, tuple[_Stamp, BacktestRow | None]]

_KNOWN: Kept[_Known] = Kept(_MOST_WORKSPACES)


def list_backtests(root: Path) -> Reading[Rows]:
    """Return every backtest of a workspace, newest first.

    A folder is read again only where its list of files or its ``metrics.json`` has changed. Runs still being written
    have a hidden folder and are left out; one that cannot be read is listed with the reason.

    Parameters
    ----------
    root:
        The workspace root.
    """
    folder = runs_dir(root)
    known = _KNOWN.get(folder) or {}
    try:
        found = {name: (stamp, known.get(name)) for name, stamp in _folders(folder)}
    except FileNotFoundError:
        return _none_yet(folder)
    except (OSError, ValueError) as error:
        return unlisted(root, folder, folder_fault(folder) or fault_of(error))
    rows: dict[str, tuple[_Stamp, BacktestRow | None]] = {}
    for name, (stamp, before) in found.items():
        unchanged = before is not None and before[0] == stamp
        rows[name] = before if before is not None and unchanged else (stamp, _row(folder / name))
    _KNOWN.put(folder, rows)
    listed = sorted((row for _, row in rows.values() if row), key=lambda row: (row.made, row.backtest_id), reverse=True)
    return Reading.ok(tuple(listed)) if listed else _none_yet(folder)


def _none_yet(folder: Path) -> Reading[Rows]:
    return Reading.missing(f"There are no backtests in {folder} yet", "Make one with `logos backtest`")


def _folders(runs: Path) -> Iterator[tuple[str, _Stamp]]:
    """Yield the folders that may be backtests, each with what changes when it does."""
    with os.scandir(runs) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith(".") or name in _NO_BACKTESTS:
                continue
            try:
                if not entry.is_dir():
                    continue
                changed = entry.stat().st_mtime_ns
            except OSError:  # a link that leads nowhere, or a folder deleted while we look
                continue
            try:
                metrics = os.stat(os.path.join(entry.path, METRICS_FILE))  # noqa: PTH116, PTH118 - a thousand a look
                yield name, (changed, metrics.st_mtime_ns, metrics.st_size)
            except OSError:
                yield name, (changed, 0, -1)


def _row(folder: Path) -> BacktestRow | None:
    """Read one folder; nothing where it is no backtest."""
    try:
        names = set(os.listdir(folder))  # noqa: PTH208 - a thousand a look
    except FileNotFoundError:
        return None
    except OSError as error:
        return _unreadable(folder, f"its folder cannot be listed: {fault_of(error)}")
    if not names & _OF_A_BACKTEST:
        return None
    try:
        fault = _fault_of(folder, names)
        return _unreadable(folder, fault) if fault else _readable(folder, names, read_metrics(folder))
    except LogosError as error:
        return _unreadable(folder, told_of(error, folder))
    except OSError as error:
        return _unreadable(folder, f"{METRICS_FILE} cannot be read: {fault_of(error)}")


def _fault_of(folder: Path, names: set[str]) -> str:
    for name in (METRICS_FILE, EQUITY_FILE):
        if name not in names:
            return f"{name} is missing: the run did not end, or the file was taken away"
    found = (folder / METRICS_FILE).stat()
    if not stat.S_ISREG(found.st_mode):
        return f"{METRICS_FILE} is not a file"
    if found.st_size > _MOST_BYTES:
        return f"{METRICS_FILE} has {found.st_size:,} bytes: no backtest writes that much"
    return ""


def _unreadable(folder: Path, reason: str) -> BacktestRow:
    made, name = made_and_name(folder.name)
    return BacktestRow(
        backtest_id=_text(folder.name),
        folder=folder,
        made=made,
        name=_text(name),
        status=UNREADABLE,
        reason=_text(reason),
    )


def _readable(folder: Path, names: set[str], metrics: Mapping[str, Any]) -> BacktestRow:
    made, name = made_and_name(folder.name)
    return BacktestRow(
        backtest_id=_text(folder.name),
        folder=folder,
        made=made,
        name=_text(name),
        start=_text(metrics.get("start")),
        end=_text(metrics.get("end")),
        bars=_count(metrics["bars"]),
        strategies=_names(metrics.get("by_strategy"), "strategy"),
        symbols=_names(metrics.get("by_symbol"), "symbol"),
        allocator=_allocator(metrics.get("plugins")),
        total_return=number_of(metrics.get("total_return")),
        sharpe=number_of(metrics.get("sharpe")),
        days=number_of(metrics.get("days")),
        max_drawdown=number_of(metrics.get("max_drawdown")),
        fills=_count(metrics["fills"]),
        fees=_text(metrics["fees"]),
        currency=_text(metrics["currency"]),
        status=metrics["status"],
        data_digest=_text(metrics.get("data_digest")),
        config_digest=_text(metrics.get("config_digest")),
        portfolio=bool(names & _OF_A_PORTFOLIO),
        has_report=REPORT_FILE in names,
    )


def made_and_name(backtest_id: str) -> tuple[str, str]:
    """Return when a backtest was run, ISO-8601 UTC, and its name: what its id tells of both."""
    found = _ID.fullmatch(backtest_id)
    if found is None:
        return "", backtest_id
    year, month, day, hour, minute, second, name = found.groups()
    made = f"{year}-{month}-{day}T{hour}:{minute}:{second}Z"
    try:
        parse_time(made)
    except InputError:  # digits that are no time, such as a month 13
        return "", backtest_id
    return made, name


def few_days(days: float | None) -> str:
    """Return how many days a run has, where they are too few for its figures a year to be judged by; else nothing."""
    if days is None or days >= LEAST_DAYS:
        return ""
    return f"{days:.0f} {'day' if days == 1 else 'days'}"


def number_of(value: Any) -> float | None:
    """Return a figure of ``metrics.json`` as a finite number; ``None`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e300 else None  # NaN and infinity are not below it either


def shown_name(value: str) -> str:
    """Return a name that somebody else gave as it may be shown: masked, and with what cannot be seen written out.

    What is no character becomes a question mark, for no browser takes it; one that moves a cursor or turns the
    direction of letters is written as its escape, so that no name looks like another.
    """
    known = redact_text(value).encode("utf-8", "replace").decode()
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in known)


def _text(value: Any) -> str:
    """Return a text of a file or a folder's name as it may be shown."""
    return shown_name(value) if isinstance(value, str) else ""


def _count(value: int) -> int | None:
    return value if abs(value) < _MOST_COUNTED else None


def _names(entries: Any, key: str) -> tuple[str, ...]:
    if not isinstance(entries, list):
        return ()
    names = (entry.get(key) for entry in entries if isinstance(entry, dict))
    return tuple(dict.fromkeys(_text(name) for name in names if isinstance(name, str)))


def _allocator(plugins: Any) -> str:
    for part in plugins if isinstance(plugins, list) else ():
        if isinstance(part, dict) and part.get("kind") == "allocator":
            return _text(part.get("name"))
    return ""
