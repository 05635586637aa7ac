"""One portfolio, backtested or traded in a session: its risk, how it compares, what was given up, and its limits."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import yaml

from logos.artifacts.locating import session_names
from logos.artifacts.readers import read_state
from logos.artifacts.schemas import CONFIG_FILE, JOURNAL_FILE, STATE_FILE, WEIGHTS_FILE
from logos.context.redaction import redact, redact_text
from logos.domain.errors import InputError, LogosError
from logos.domain.times import parse_time
from logos.paths import sessions_dir
from logos.ui.streamlit.data.caching import ByStamp
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.runs_index import list_backtests, made_and_name, number_of
from logos.ui.streamlit.data.stamps import Stamp
from logos.ui.streamlit.data.weights import RUN_AGAIN

RISK_FILE = "risk.json"
COMPARISON_FILE = "comparison.csv"
PORTFOLIO_FILE = "portfolio.yaml"
BENCHMARKS = "benchmarks"
"""The names that ``logos portfolio backtest`` writes under; docs/ARTIFACTS.md has them."""

TAIL_BYTES = 4 << 20
"""So much of the end of a session's journal is looked through for what its allocator remarked."""

Kind = Literal["backtest", "session"]
_MOST_BYTES = 64 << 20
_SECTIONS = ("allocator", "position_manager")
_EVENT = b'"type":"rebalanced"'
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@attrs.frozen(kw_only=True)
class PortfolioRow:
    """One portfolio in a listing.

    Attributes
    ----------
    made:
        When it was started: wall-clock time, ISO-8601 UTC, as the id tells it.
    allocator, status:
        Empty for a session, which is not opened to list it.
    """

    kind: Kind
    run_id: str
    folder: Path
    made: str
    name: str
    allocator: str = ""
    status: str = ""


@attrs.frozen(kw_only=True)
class Rebalance:
    """What is told of one rebalance beside its weights.

    Attributes
    ----------
    at:
        The clock of the decision, ISO-8601 UTC.
    volatility:
        Expected, a year, of the target weights; ``None`` without a model of risk.
    effective_assets:
        How many symbols held equally would be as concentrated as what was held; ``None`` where it is not told.
    """

    at: str
    method: str
    volatility: float | None
    effective_assets: float | None = None
    notes: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Risk:
    """The content of ``risk.json``.

    Attributes
    ----------
    figures:
        By name, as it stands there; what is not defined is missing.
    definitions:
        What each figure is, by name.
    """

    figures: Mapping[str, float]
    definitions: Mapping[str, str]
    rebalances: tuple[Rebalance, ...]


def list_portfolios(root: Path) -> Reading[tuple[PortfolioRow, ...]]:
    """Return the backtests and sessions with weights, newest first.

    Parameters
    ----------
    root:
        The workspace root.
    """
    listing = list_backtests(root)
    rows = [
        PortfolioRow(
            kind="backtest",
            run_id=row.backtest_id,
            folder=row.folder,
            made=row.made,
            name=row.name,
            allocator=row.allocator,
            status=row.status,
        )
        for row in listing.value or ()
        if row.portfolio
    ]
    try:
        rows += _sessions(sessions_dir(root))
    except OSError as error:
        told = f"The sessions cannot be listed: {error.strerror}"
        hint = "Check the permissions of runs/live/sessions"
        return Reading.partial(_sorted(rows), told, hint) if rows else Reading.damaged(told, hint)
    if listing.state == "damaged":
        return (
            Reading.partial(_sorted(rows), listing.message, listing.hint)
            if rows
            else Reading.damaged(listing.message, listing.hint)
        )
    if not rows:
        return Reading.missing(
            "No backtest and no session in this workspace has rebalanced a portfolio",
            "Make one with `logos portfolio backtest --config FILE`, or give the allocator of a session a schedule",
        )
    return Reading.ok(_sorted(rows))


def _sorted(rows: Sequence[PortfolioRow]) -> tuple[PortfolioRow, ...]:
    return tuple(sorted(rows, key=lambda row: (row.made, row.run_id), reverse=True))


def _sessions(folder: Path) -> Iterator[PortfolioRow]:
    for session_id in session_names(folder):
        if (folder / session_id / WEIGHTS_FILE).is_file():
            made, name = made_and_name(session_id)
            yield PortfolioRow(
                kind="session", run_id=session_id, folder=folder / session_id, made=made, name=redact_text(name)
            )


def load_risk(folder: Path) -> Reading[Risk]:
    """Return the risk report of a portfolio backtest."""
    return _RISKS.of(
        folder / RISK_FILE,
        missing=f"There is no {RISK_FILE}: only `logos portfolio backtest` writes one",
        hint="Volatility, turnover and costs a year stand there",
    )


def load_comparison(folder: Path) -> Reading[tuple[Mapping[str, str], ...]]:
    """Return the rows of ``comparison.csv``, the portfolio's own first; values are the text of the file."""
    return _COMPARISONS.of(folder / COMPARISON_FILE, missing="The portfolio was compared with nothing")


def load_settings(folder: Path) -> Reading[Mapping[str, Any]]:
    """Return the sections ``allocator`` and ``position_manager`` of a run's config, secrets masked."""
    return _SETTINGS.of(folder / CONFIG_FILE, hint=RUN_AGAIN)


def load_written(folder: Path) -> Reading[str]:
    """Return ``portfolio.yaml``: what the backtest was asked for, with every default; secrets masked."""
    return _WRITTEN.of(folder / PORTFOLIO_FILE)


def load_remarks(folder: Path) -> Reading[tuple[Rebalance, ...]]:
    """Return what a session's journal tells of its rebalances, oldest first: those in its last 4 MB."""
    return _REMARKS.of(folder / JOURNAL_FILE, hint="`logos audit` says what else is amiss")


def benchmark_folders(folder: Path) -> tuple[Path, ...]:
    """Return the folders of the runs that a portfolio was compared with, in name order."""
    try:
        return tuple(sorted(one for one in (folder / BENCHMARKS).iterdir() if one.is_dir()))
    except OSError:  # none was kept, or it may not be listed: the table stands without the curves
        return ()


def clock_of(folder: Path) -> int | None:
    """Return where a session's clock stands, in seconds since the epoch, UTC; ``None`` where nobody knows."""
    state = _STATES.of(folder / STATE_FILE).value
    try:
        return None if state is None else parse_time(str(state.get("clock")))
    except InputError:
        return None


def status_of(folder: Path) -> str:
    """Return the status in a session's snapshot; empty where it cannot be read."""
    state = _STATES.of(folder / STATE_FILE).value
    return "" if state is None else redact_text(str(state["status"]))


def _content(path: Path, stamp: Stamp) -> Reading[bytes]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would hold up the page for ever
            return Reading.damaged(f"{path.name} is not a file", RUN_AGAIN)
        if stamp.size > _MOST_BYTES:
            return Reading.damaged(f"{path.name} has {stamp.size:,} bytes: too many to show", RUN_AGAIN)
        return Reading.ok(path.read_bytes())
    except OSError as error:
        return Reading.damaged(f"{path.name} cannot be read: {error.strerror}", RUN_AGAIN)


def _read_risk(path: Path, stamp: Stamp) -> Reading[Risk]:
    content = _content(path, stamp)
    if content.value is None:
        return Reading.damaged(content.message, content.hint)
    try:
        found = json.loads(content.value)
    except (ValueError, RecursionError) as error:
        return Reading.damaged(redact_text(f"{path.name} is not JSON: {error}"), RUN_AGAIN)
    if not isinstance(found, dict):
        return Reading.damaged(f"{path.name} holds a {type(found).__name__}, expected an object", RUN_AGAIN)
    figures = {name: number for name in found if (number := number_of(found[name])) is not None}
    told = found.get("definitions")
    listed = found.get("rebalances")
    entries = listed if isinstance(listed, list) else []
    risk = Risk(
        figures=figures,
        definitions={str(k): redact_text(str(v)) for k, v in told.items()} if isinstance(told, dict) else {},
        rebalances=tuple(_rebalance(entry, "timestamp") for entry in entries if isinstance(entry, dict)),
    )
    if not isinstance(listed, list):
        return Reading.partial(risk, f"{path.name} lists no rebalances", RUN_AGAIN)
    return Reading.ok(risk)


def _rebalance(entry: Mapping[str, Any], clock: str) -> Rebalance:
    notes = entry.get("notes")
    volatility = entry.get("volatility")
    return Rebalance(
        at=str(entry.get(clock, "")),
        method=redact_text(str(entry.get("method", ""))),
        volatility=_number(volatility),
        effective_assets=_number(entry.get("effective_assets")),
        notes=tuple(redact_text(str(note)) for note in notes) if isinstance(notes, list) else (),
    )


def _number(value: Any) -> float | None:
    """Return a number that stands as one, or as the text of a decimal."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    return number_of(value)


def _read_comparison(path: Path, stamp: Stamp) -> Reading[tuple[Mapping[str, str], ...]]:
    content = _content(path, stamp)
    if content.value is None:
        return Reading.damaged(content.message, content.hint)
    try:
        whole = content.value[: content.value.rfind(b"\n") + 1].decode("utf-8")
        rows = list(csv.DictReader(io.StringIO(whole), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        return Reading.damaged(redact_text(f"{path.name} cannot be read: {error}"), RUN_AGAIN)
    if not rows or "allocator" not in rows[0]:
        return Reading.damaged(f"{path.name} is no table of allocators", RUN_AGAIN)
    good = [row for row in rows if None not in row and None not in row.values()]
    shown = tuple({name: redact_text(value) for name, value in row.items()} for row in good)
    if len(good) < len(rows):
        return Reading.partial(shown, f"{path.name}: {len(rows) - len(good)} rows are cut, and left out", RUN_AGAIN)
    return Reading.ok(shown)


def _read_settings(path: Path, stamp: Stamp) -> Reading[Mapping[str, Any]]:
    content = _content(path, stamp)
    if content.value is None:
        return Reading.damaged(content.message, content.hint)
    try:
        text = content.value.decode("utf-8")
        # Only these sections: the instruments of five hundred symbols would take a second.
        found = yaml.load("".join(map(_section(text), _SECTIONS)), Loader=_LOADER)  # noqa: S506 - the safe loader, in C where there is one
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        return Reading.damaged(redact_text(f"{path.name} cannot be read: {error}"), RUN_AGAIN)
    if not isinstance(found, dict) or not isinstance(found.get("allocator"), dict):
        return Reading.damaged(f"{path.name} names no allocator", RUN_AGAIN)
    return Reading.ok(redact(found))


def _section(text: str) -> Any:
    def of(name: str) -> str:
        found = re.search(rf"^{name}:.*\n(?:(?:[ \t#-].*)?\n)*", text if text.endswith("\n") else text + "\n", re.M)
        return found.group() if found else ""

    return of


def _read_written(path: Path, stamp: Stamp) -> Reading[str]:
    content = _content(path, stamp)
    if content.value is None:
        return Reading.damaged(content.message, content.hint)
    try:
        return Reading.ok(redact_text(content.value.decode("utf-8")))
    except UnicodeDecodeError as error:
        return Reading.damaged(f"{path.name} is not text: {error}", RUN_AGAIN)


def _read_state(path: Path, _stamp: Stamp) -> Reading[Mapping[str, Any]]:
    try:
        return Reading.ok(read_state(path.parent))
    except LogosError as error:
        return Reading.damaged(redact_text(error.message), error.hint)


def _read_remarks(path: Path, stamp: Stamp) -> Reading[tuple[Rebalance, ...]]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return Reading.damaged(f"{path.name} is not a file", RUN_AGAIN)
        with path.open("rb") as file:
            start = max(stamp.size - TAIL_BYTES, 0)
            file.seek(start)
            tail = file.read(TAIL_BYTES)
    except OSError as error:
        return Reading.damaged(f"{path.name} cannot be read: {error.strerror}", RUN_AGAIN)
    lines = tail[: tail.rfind(b"\n") + 1].splitlines()[1 if start else 0 :]
    found, bad = [], 0
    for line in lines:
        if _EVENT not in line:
            continue
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            bad += 1
            continue
        if isinstance(event, dict) and event.get("type") == "rebalanced":
            found.append(_rebalance(event, "ts"))
    if bad:
        return Reading.partial(tuple(found), f"{path.name}: {bad:,} damaged lines are left out", "`logos audit` names them")
    return Reading.ok(tuple(found))


_RISKS: ByStamp[Risk] = ByStamp(_read_risk)
_COMPARISONS: ByStamp[tuple[Mapping[str, str], ...]] = ByStamp(_read_comparison)
_SETTINGS: ByStamp[Mapping[str, Any]] = ByStamp(_read_settings)
_WRITTEN: ByStamp[str] = ByStamp(_read_written)
_STATES: ByStamp[Mapping[str, Any]] = ByStamp(_read_state)
_REMARKS: ByStamp[tuple[Rebalance, ...]] = ByStamp(_read_remarks)
