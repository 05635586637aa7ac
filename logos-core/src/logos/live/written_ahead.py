"""Intents that were on the disk before a restart: their orders may be outside, and none is submitted again unasked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from logos.artifacts import schemas
from logos.context.parts import Log
from logos.domain.errors import IntegrityError
from logos.live.journal import Head, Line, check_line
from logos.live.outside_notes import LOST_INTENT
from logos.live.outside_recorder import OutsideRecorder
from logos.live.outside_session import Outside, ask_for
from logos.live.reconcile import Answer, NotSaid
from logos.live.setup import Setup
from logos.live.snapshot import encode, restored_intent
from logos.session.machine import Session
from logos.session.outside import OutsideBroker, OutsideOrder

_DAMAGED = (
    "Restore the journal from a copy. Orders that went out may stand there: without a copy, look for them at the "
    "venue, and start a new session"
)


def read_ahead(outside: Outside, folder: Path, head: Head) -> None:
    """Take note of the intents that stand in the journal behind the snapshot; nothing is written.

    Each of them was on the disk before its broker was called, so its order may be outside.

    Raises
    ------
    IntegrityError
        Where the journal is damaged there.
    """
    if not outside.connected:
        return
    known = outside.notes.written_ahead
    for values in _intents_behind(folder / schemas.JOURNAL_FILE, head):
        if values not in known:
            known.append(values)


def keep_ahead(setup: Setup, folder: Path, state: dict[str, Any], outside: Outside) -> None:
    """Make safe in the snapshot which intents stand behind it, before the journal is cut back to it."""
    notes = outside.notes
    if not outside.connected or len(notes.written_ahead) == len(state["outside"]["written_ahead"]):
        return
    state["outside"] = notes.snapshot(notes.names)
    content = {key: value for key, value in state.items() if key != "seal"}
    setup.disk.replace(folder / schemas.STATE_FILE, encode(content))


def _intents_behind(path: Path, head: Head) -> Iterator[dict[str, Any]]:
    """Yield the intents behind the snapshot, up to the line that a crash has torn, if any.

    Raises
    ------
    IntegrityError
        Where a line is damaged otherwise: an intent may stand in it or behind it, and its order may be outside.
    """
    with path.open("rb") as file:
        file.seek(head.length)
        for line in file:
            try:
                event = check_line(line, head, path)
            except (IntegrityError, ValueError) as error:
                if _is_torn(line, head, path):
                    return
                message = f"{path.name} is damaged behind the last snapshot: {_told(error)}"
                raise IntegrityError(message, hint=_DAMAGED) from error
            head = Head(head.sequence + 1, head.length + len(line), line[-67:-3].decode())
            if event["type"] == "intent":
                told_before = {key: event[key] for key in event if key not in {"seq", "ts", "type", "prev", "hash"}}
                yield told_before | {"created_at": event["ts"], "reduces": False, "note": ""}


def _told(error: Exception) -> str:
    return error.message if isinstance(error, IntegrityError) else str(error)


def _is_torn(line: bytes, head: Head, path: Path) -> bool:
    """Return whether writing a line was cut off: then it has no end. A whole line may have lost its end to damage."""
    if line.endswith(b"\n"):
        return False
    try:
        check_line(line[:-1] + b"\n", head, path)
    except (IntegrityError, ValueError):
        return True
    return False


def tell_lost(outside: Outside, session: Session, recorder: OutsideRecorder, log: Log, *, ended: bool) -> None:
    """Ask the venue for every written intent that the session went past without deciding it again, and tell of it."""
    notes, broker = outside.notes, session.parts.broker
    if not outside.connected or not isinstance(broker, OutsideBroker):
        return
    waiting, notes.written_ahead = notes.written_ahead, []
    for values in waiting:
        name = values["client_order_id"]
        if name not in session.desk.written_ahead:
            continue
        if not ended and values["order_id"] > session.desk.last_order_id:
            notes.written_ahead.append(values)
        elif name not in {lost["client_order_id"] for lost in notes.lost}:
            answer = ask_for(broker, restored_intent(values, session.instrument(values["symbol"])))
            lost = values | {"found": _answer_text(answer, broker.venue)}
            recorder.tell(Line(session.clock, LOST_INTENT, lost))
            log.warning("lost_intent", client_order_id=name, order_id=values["order_id"], found=lost["found"])


def _answer_text(answer: Answer, venue: str) -> str:
    if isinstance(answer, NotSaid):
        return f"{venue} does not say what became of it: {answer.reason}"
    if isinstance(answer, OutsideOrder):
        return f"it is at {answer.place}, {answer.status}, {answer.filled} of {answer.quantity} filled"
    return f"{venue} has never seen it"
