"""What is found in a session's folder: read from the artifacts alone, in the words in which it was expected."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from logos.artifacts import schemas
from logos.artifacts.readers import read_state
from logos.domain.errors import LogosError, ResumeError
from logos.live.resume import resume
from logos.live.runner import Status
from logos.live.setup import Setup
from logos.proofs.auditor import audit
from logos.proofs.rehearsing import records
from logos.proofs.replaying import verify

_WHOLE = (
    *schemas.TABLES,
    schemas.CONFIG_FILE,
    schemas.STATE_FILE,
    schemas.JOURNAL_FILE,
    schemas.SUMMARY_FILE,
    schemas.EQUITY_PLOT_FILE,
    schemas.LOG_FILE,
)
_LOG_LINES = 4
_REASONS = 6
_STARTS = '"event": "session_started"'


def observe(setup: Setup, folder: Path, exit_code: int) -> dict[str, str]:
    """Return the facts of a session.

    Parameters
    ----------
    setup:
        With what the session was run; its folder is replayed, and resumed, with the same.
    exit_code:
        What the program ended with, or would have.
    """
    state = read_state(folder)
    return {
        records.OUTCOME: f"{state['status']}, exit {exit_code}",
        records.CAUSES: ", ".join(cause["guard"] for cause in state["halt_causes"]) or records.NONE,
        records.HALTED_AT: next((cause["at"] for cause in state["halt_causes"]), ""),
        records.ORDERS: _orders(folder),
        records.POSITIONS: _positions(state),
        **proofs(setup, folder),
        records.AFTERWARDS: _afterwards(setup, folder, state),
    }


def proofs(setup: Setup, folder: Path) -> dict[str, str]:
    """Return whether a session is complete, audited without a fault, and replayed to the same bytes."""
    missing = [name for name in _WHOLE if not (folder / name).is_file()]
    return {
        records.ARTIFACTS: f"missing: {', '.join(missing)}" if missing else records.COMPLETE,
        records.AUDIT: _audit(folder),
        records.REPLAY: _replay(setup, folder),
    }


def log_excerpt(folder: Path) -> list[str]:
    """Return the last lines of a session's log, without the long one that names every plugin."""
    path = folder / schemas.LOG_FILE
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [line for line in lines if _STARTS not in line][-_LOG_LINES:]


def reasons(folder: Path) -> list[str]:
    """Return what the guards have said, each thing once."""
    said = (
        f"{cause['guard']}: {cause['reason']}"
        for event in events(folder)
        if event["type"] in {"blocked", "halted"}
        for cause in event["causes"]
    )
    return list(dict.fromkeys(said))[:_REASONS]


def events(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the events of a session's journal."""
    with (folder / schemas.JOURNAL_FILE).open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _orders(folder: Path) -> str:
    """Return what has become of each order: ``1-5 filled, 6 blocked by max_notional``."""
    fates: dict[int, str] = {}
    for event in events(folder):
        kind, number = event["type"], int(event.get("order_id", 0))
        if kind == "blocked":
            fates[number] = f"blocked by {'+'.join(dict.fromkeys(cause['guard'] for cause in event['causes']))}"
        elif kind in {"rejected", "cancelled", "expired", "accepted"}:
            fates[number] = kind
        elif kind == "fill":
            fates[number] = "filled"
    groups = [(fate, list(some)) for fate, some in groupby(sorted(fates), key=lambda number: fates[number])]
    texts = [f"{some[0]}{f'-{some[-1]}' if len(some) > 1 else ''} {fate}" for fate, some in groups]
    return ", ".join(texts) or records.NONE


def _positions(state: Mapping[str, Any]) -> str:
    held = [f"{one['symbol']} {one['quantity']}" for one in state["positions"] if one["quantity"] != "0"]
    return ", ".join(held) or records.NONE


def _audit(folder: Path) -> str:
    report = audit(folder)
    fault = next((check for check in report.checks if not check.agrees), None)
    return records.AGREES if fault is None else f"{fault.name}: {fault.fault}"


def _replay(setup: Setup, folder: Path) -> str:
    try:
        report = verify(setup, folder)
    except LogosError as error:
        return f"{type(error).__name__}: {error.message}"
    if not report.differences:
        return records.SAME
    first = report.differences[0]
    return f"{first.file} line {first.line}: {first.recorded} became {first.replayed}"


def _afterwards(setup: Setup, folder: Path, state: Mapping[str, Any]) -> str:
    """Try to resume, and return what was said; a paused session is not tried."""
    if state["status"] == Status.PAUSED:
        return "can be resumed"
    before = (folder / schemas.STATE_FILE).read_bytes()
    try:
        resume(setup, folder)
    except ResumeError as error:
        return records.REFUSED if "was halted" in error.message else error.message
    same = before == (folder / schemas.STATE_FILE).read_bytes()
    return records.LEFT_ALONE if same else "it was changed by a resume"
