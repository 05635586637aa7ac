"""What must not have changed before a session is continued. Nothing is touched here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from logos.artifacts import schemas
from logos.config.records import SessionConfig
from logos.domain.errors import IntegrityError, ResumeError
from logos.domain.times import parse_time
from logos.live.journal import Head, read_chain
from logos.live.runner import Status
from logos.live.setup import plugins_of

_HALT_CLEARED = "halt_cleared"


@attrs.frozen(kw_only=True)
class Record:
    """What the journal says up to the snapshot.

    Attributes
    ----------
    head:
        Where it ends there.
    first:
        Its first event.
    unheard:
        The clock of the last halt: the strategies have not heard that slice, nor those in which positions were closed.
    """

    head: Head
    first: dict[str, Any]
    unheard: int | None


def lengths(state: dict[str, Any]) -> dict[str, int]:
    """Return how long each growing file was at the snapshot, by name."""
    return dict(sorted({**state["files"], schemas.JOURNAL_FILE: state["journal"]["length"]}.items()))


def check_files(folder: Path, state: dict[str, Any]) -> None:
    """Refuse a session one of whose files is shorter than at the snapshot.

    Raises
    ------
    IntegrityError
        Naming the file.
    """
    for name, length in lengths(state).items():
        path = folder / name
        size = path.stat().st_size if path.exists() else 0
        if size < length:
            raise IntegrityError(
                f"{name} has {size} bytes, and had {length} when {schemas.STATE_FILE} was written",
                hint="Restore the session's folder from a copy",
            )


def check(folder: Path, state: dict[str, Any], own: SessionConfig, given: SessionConfig | None) -> Record:
    """Compare a session with its snapshot; return what its journal says.

    Parameters
    ----------
    own:
        The config in the session's folder.
    given:
        A config given beside it, if any.

    Raises
    ------
    ResumeError
        Where the config or the plugins have changed.
    IntegrityError
        Where the journal has.
    """
    if own.digest != state["config_digest"]:
        raise ResumeError(
            f"{schemas.CONFIG_FILE} of session {folder.name} has changed since the session began",
            hint="Restore it, or start a new session with the changed config",
        )
    if given is not None and given.digest != own.digest:
        raise ResumeError(
            f"the config given does not resolve to that of session {folder.name}",
            hint="Leave --config out, or start a new session",
        )
    plugins = plugins_of(own)
    if plugins != state["plugins"]:
        raise ResumeError(
            f"plugins have changed since session {folder.name} began: {_drift(state['plugins'], plugins)}",
            hint="Install the versions that the session began with, or start a new session",
        )
    return _check_journal(folder, state)


def _drift(before: list[dict[str, str]], now: list[dict[str, str]]) -> str:
    def lines(plugins: list[dict[str, str]]) -> dict[tuple[str, str], str]:
        return {(one["kind"], one["name"]): f"{one['distribution']} {one['version']}" for one in plugins}

    old, new = lines(before), lines(now)
    return ", ".join(
        f"{kind} {name} was {old.get((kind, name), 'absent')} and is {new.get((kind, name), 'absent')}"
        for kind, name in sorted({*old, *new})
        if old.get((kind, name)) != new.get((kind, name))
    )


def _check_journal(folder: Path, state: dict[str, Any]) -> Record:
    """Verify the journal up to the snapshot: only what lies behind it may be torn."""
    path = folder / schemas.JOURNAL_FILE
    wanted = Head(state["sequence"], state["journal"]["length"], state["journal"]["head"])
    head = Head()
    first: dict[str, Any] = {}
    cleared = None
    for now, event in read_chain(path, until=wanted.length):
        head = now
        first = first or event
        if event["type"] == _HALT_CLEARED:
            cleared = parse_time(event["ts"])
    if head != wanted:
        raise IntegrityError(
            f"{path.name} ends at line {head.sequence}, and {schemas.STATE_FILE} was written at line {wanted.sequence}",
            hint="One of both was replaced: restore the session's folder from a copy",
        )
    unheard = parse_time(state["clock"]) if state["status"] == Status.HALTED else cleared
    return Record(head=head, first=first, unheard=unheard)
