"""Reads what sessions have left behind, also while one of them is still writing."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import attrs

from logos.artifacts.locating import session_names
from logos.artifacts.schemas import STATE_FILE
from logos.domain.errors import InputError, IntegrityError, LogosError
from logos.domain.money import RATIO_DECIMALS, ratio, scaled_exactly, text_of

UNREADABLE = "unreadable"
STATUSES = ("running", "paused", "halted", "completed")

_QUOTE = b'"'
_KINDS: dict[str, type] = {"session_id": str, "status": str, "account": dict, "counts": dict}


@attrs.frozen(kw_only=True)
class SessionRow:
    """One session in a listing; every number as text or count, ``None`` where it cannot be known.

    Attributes
    ----------
    session_id:
        The folder's name.
    status:
        ``running``, ``paused``, ``halted``, ``completed``, or ``unreadable``. A session that crashed says ``running``.
    clock:
        Where the session's clock stands, ISO-8601 UTC.
    equity, total_return:
        Decimals; the return is a fraction of the starting cash.
    reason:
        Why the session is unreadable; else empty.
    """

    session_id: str
    name: str = ""
    status: str
    clock: str | None = None
    bars: int | None = None
    orders: int | None = None
    fills: int | None = None
    blocked: int | None = None
    currency: str = ""
    equity: str | None = None
    total_return: str | None = None
    reason: str = ""


def list_sessions(sessions_dir: Path) -> list[SessionRow]:
    """Return every session of a workspace in the order of their ids.

    A folder whose ``state.json`` cannot be read is listed as ``unreadable`` with the reason. Names that start with a
    dot are sessions still being set up, and are left out.
    """
    return [session_row(sessions_dir / name) for name in session_names(sessions_dir)]


def session_row(folder: Path) -> SessionRow:
    """Return one session of the listing."""
    try:
        state = read_state(folder)
    except LogosError as error:
        return SessionRow(session_id=folder.name, status=UNREADABLE, reason=error.message)
    account, counts = state["account"], state["counts"]
    return SessionRow(
        session_id=folder.name,
        name=str(state.get("name", "")),
        status=state["status"],
        clock=state.get("clock"),
        bars=counts.get("bars"),
        orders=counts.get("orders"),
        fills=counts.get("fills"),
        blocked=counts.get("blocked"),
        currency=str(account.get("currency", "")),
        equity=account["equity"],
        total_return=total_return(account),
    )


def total_return(account: dict[str, Any]) -> str:
    """Return the return of a state's account so far as a fraction of its starting cash."""
    decimals = account["decimals"]
    start, equity = (
        scaled_exactly(Decimal(account[name]), decimals, what=name) for name in ("starting_cash", "equity")
    )
    return text_of(ratio(equity - start, start), RATIO_DECIMALS)


def read_state(folder: Path) -> dict[str, Any]:
    """Return the content of a session's ``state.json``.

    Raises
    ------
    InputError
        Where there is none, so that the folder is no session.
    IntegrityError
        Where it is not the snapshot of a session; says what is wrong.
    """
    path = folder / STATE_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(
            f"{folder} holds no {STATE_FILE}, so it is no session", hint="logos sessions list names the sessions"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, str(error)) from error
    try:
        state = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _unusable(path, f"not JSON: {error}") from error
    fault = _fault_of(state)
    if fault:
        raise _unusable(path, fault)
    valid: dict[str, Any] = state
    return valid


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _unusable(path: Path, fault: str) -> IntegrityError:
    return IntegrityError(
        f"{path} is not a session's snapshot: {fault}",
        hint="Restore the file from a copy; logos replay --verify names what else differs",
    )


def _fault_of(state: Any) -> str:
    if not isinstance(state, dict):
        return f"expected an object, found {type(state).__name__}"
    for key, kind in _KINDS.items():
        if not isinstance(state.get(key), kind):
            return f"{key} is missing or of the wrong kind"
    if state["status"] not in STATUSES:
        return f"status is {state['status']!r}, expected one of {', '.join(STATUSES)}"
    for key, count in sorted(state["counts"].items()):
        if type(count) is not int:
            return f"counts.{key} is {count!r}, expected a whole number"
    return _fault_of_account(state["account"])


def _fault_of_account(account: dict[str, Any]) -> str:
    decimals = account.get("decimals")
    if not isinstance(decimals, int) or isinstance(decimals, bool):
        return "account.decimals is missing or not a whole number"
    for name in ("starting_cash", "equity"):
        value = account.get(name)
        if not isinstance(value, str):
            return f"account.{name} is missing or not a decimal in quotes"
        try:
            scaled_exactly(Decimal(value), decimals, what=name)
        except (InvalidOperation, InputError, OverflowError, ValueError):
            return f"account.{name} is {value!r}, expected a decimal with at most {decimals} decimals"
    return ""


def read_csv_rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield the rows of a table, one at a time, with the columns asked for.

    A table only ever grows by whole rows, so a last row without its newline is one being written, and is left out;
    so is a table whose header is not there yet.

    Raises
    ------
    InputError
        Where there is no such file, or it lacks a column.
    IntegrityError
        Where a whole row does not have as many fields as the header, or is not text.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist", hint="logos sessions list names the sessions") from error
    with file:
        records = _records(file, path)
        _, header = next(records, (1, None))
        if header is None:
            return
        missing = [column for column in columns if column not in header]
        if missing:
            raise InputError(f"{path} has no column {', '.join(missing)}; it has {', '.join(header)}")
        places = [(column, header.index(column)) for column in columns]
        for line, fields in records:
            if len(fields) != len(header):
                raise IntegrityError(f"{path}, line {line}: {len(fields)} fields, expected {len(header)}")
            yield {column: fields[place] for column, place in places}


def _records(file: BinaryIO, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which each whole record starts, and its fields; quoted fields may span lines."""
    start, number, record = 1, 0, b""
    for number, line in enumerate(file, start=1):
        record += line
        if not line.endswith(b"\n") or record.count(_QUOTE) % 2:
            continue
        yield start, _fields(record, path, start)
        start, record = number + 1, b""


def _fields(record: bytes, path: Path, line: int) -> list[str]:
    try:
        text = record.decode("utf-8").removesuffix("\n").removesuffix("\r")
        return next(csv.reader([text], strict=True)) if '"' in text else text.split(",")
    except (UnicodeDecodeError, csv.Error) as error:
        raise IntegrityError(f"{path}, line {line}: {error}") from error
