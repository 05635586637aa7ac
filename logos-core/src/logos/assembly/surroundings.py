"""What a session needs around it before a part is built: credentials, a network, a workspace to write into."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from logos import paths
from logos.config.problems import item_path, key_path, shortened
from logos.config.records import PartSection, SessionConfig
from logos.context.credentials import FILE, SHORTEST_NAMED, secrets_of_environment
from logos.context.environment import OFFLINE_VARIABLE
from logos.context.parts import PartContext
from logos.context.secrets import Secrets
from logos.domain.addresses import is_loopback
from logos.domain.errors import ConfigError, LogosError, Problem
from logos.plugins.offers import Offer

NETWORK = "network"
"""The capability of a part that asks addresses outside this machine."""


@attrs.frozen(kw_only=True)
class Used:
    """A part that a config names soundly: where it stands, what offers it, and its own keys."""

    path: str
    offer: Offer
    config: Any

    @classmethod
    def of(cls, section: PartSection) -> Used:
        """Return a section as a used part."""
        return cls(path=section.path, offer=section.offer, config=section.config)


def used_parts(config: SessionConfig) -> tuple[Used, ...]:
    """Return every part of a config in the order of the sections."""
    before = (config.feed, config.broker)
    after = (config.allocator, config.position_manager, *config.guards)
    entries = (
        Used(path=key_path(entry.path, "params"), offer=entry.offer, config=entry.params) for entry in config.strategies
    )
    return (*map(Used.of, before), *entries, *map(Used.of, after))


def refuse_unfit(config: SessionConfig, context: PartContext, what: str = "start") -> None:
    """Refuse a session whose parts could not work where it is, or whose config holds a secret.

    A folder that cannot be written is not looked for: whatever writes there names it, and why.

    Parameters
    ----------
    what:
        What it cannot do then: start, or go on.

    Raises
    ------
    ConfigError
        With every problem at once.
    """
    parts = used_parts(config)
    problems = [
        *start_problems(parts, workspace=context.workspace, secrets=context.secrets, offline=context.offline),
        *leaked_secrets(config.resolved, parts, context.secrets),
    ]
    if problems:
        raise ConfigError(f"the session cannot {what}", problems=problems)


def refuse_kill_files(workspace: Path, kill_files: Iterable[str], guards: Iterable[PartSection] = ()) -> None:
    """Refuse to start a session that could not be stopped by its kill files.

    Raises
    ------
    ConfigError
        With every problem at once.
    """
    problems = list(kill_file_problems(workspace, kill_files, guards))
    if problems:
        raise ConfigError("a kill file of the session cannot be written", problems=problems)


def start_problems(parts: Iterable[Used], *, workspace: Path, secrets: Secrets, offline: bool) -> Iterator[Problem]:
    """Yield what would keep a session with these parts from starting, parts themselves, data and folders aside."""
    for part in parts:
        yield from _credential_problems(part, secrets, workspace)
        if offline:
            yield from _offline_problems(part)


def folder_problems(root: Path) -> Iterator[Problem]:
    """Yield a problem where the folders that sessions are written into cannot be written, or made."""
    for folder in (paths.sessions_dir(root), paths.logs_dir(root)):
        fault = unwritable(folder)
        if fault:
            yield Problem(
                path="",
                message=f"the session cannot be written: {fault}",
                hint="Make the workspace writable, or set LOGOS_HOME to another one",
            )
            return


def _credential_problems(part: Used, secrets: Secrets, workspace: Path) -> Iterator[Problem]:
    missing = [name for name in getattr(part.config, "credentials", ()) if name not in secrets]
    for name in missing:
        yield Problem(
            path=part.path,
            message=f"{part.offer.name} needs the variable {name}, and it is not set",
            hint=f"Set it in the environment, or give it a line in {workspace / FILE}",
        )
    reveal = getattr(part.config, "reveal_credentials", None)
    if reveal is not None and not missing:
        try:
            reveal(secrets)
        except LogosError as error:
            yield Problem(path=part.path, message=error.message, hint=error.hint)


def _offline_problems(part: Used) -> Iterator[Problem]:
    if part.offer.part is None or NETWORK not in part.offer.part.capabilities:
        return
    address = getattr(part.config, "base_url", "") or ""
    if not is_loopback(address):
        found = "its base_url is not on this machine" if address else "it asks its venue"
        yield Problem(
            path=key_path(part.path, "base_url") if address else part.path,
            message=f"{OFFLINE_VARIABLE} is set, and {part.offer.name} needs a network: {found}",
            hint=f"Unset {OFFLINE_VARIABLE}, or name a server on 127.0.0.1 as base_url",
        )


def leaked_secrets(resolved: Mapping[str, Any], parts: Iterable[Used], secrets: Secrets) -> list[Problem]:
    """Return a problem for each value of a config that holds a secret: of its parts, or of the environment."""
    names = {name for part in parts for name in getattr(part.config, "credentials", ())}
    names |= secrets_of_environment().keys()
    known = {secret.reveal(): name for name in sorted(names) if (secret := secrets.get(name)) is not None}
    return [
        Problem(
            path=path,
            message=f"it holds the value of {name}, and a config is copied into every session's folder",
            hint="Remove the value from the file and replace it where it was issued",
        )
        for path, text in _texts(resolved, "")
        for value, name in known.items()
        if len(value) >= SHORTEST_NAMED and value in text
    ]


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, key_path(path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _texts(item, item_path(path, index))
    elif isinstance(value, str):
        yield path, value


def kill_file_problems(
    workspace: Path, kill_files: Iterable[str], guards: Iterable[PartSection] = ()
) -> Iterator[Problem]:
    """Yield a problem for each kill file that nobody could make, so that nothing could stop the session.

    Nothing is said of one beside the sessions where those cannot be written either: that is told for itself.
    """
    beside = paths.sessions_dir(workspace).parents if unwritable(paths.sessions_dir(workspace)) else ()
    for name in dict.fromkeys((paths.KILL_FILE, *kill_files)):
        file = workspace / name
        fault = "" if file.parent in beside else _kill_file_fault(file, workspace)
        if fault:
            yield Problem(
                path=_guard_with(name, guards),
                message=f"the kill file {shortened(name)} cannot be written: {fault}",
                hint="Name a file in a folder that can be written, such as runs/live/KILL",
            )


def _kill_file_fault(path: Path, workspace: Path) -> str:
    made = (paths.sessions_dir(workspace), paths.latest_session(workspace), paths.logs_dir(workspace))
    plain = Path(os.path.normpath(path))
    if any(plain in {place, *place.parents} for place in made):
        return f"{path} is what a session itself makes, and would stop every session at once"
    try:
        if path.is_dir():
            return f"{path} is a folder, and would stop every session at once"
        path.exists()  # a name may be too long to be looked for
    except (OSError, ValueError) as error:
        return _refusal(path, error)
    return unwritable(path.parent)


def _refusal(path: Path, error: Exception) -> str:
    return f"{shortened(str(path))} cannot be looked at: {getattr(error, 'strerror', None) or error}"


def _guard_with(name: str, guards: Iterable[PartSection]) -> str:
    found = (guard.path for guard in guards if getattr(guard.config, "file", None) == name)
    return next((key_path(path, "file") for path in found), "")


def unwritable(folder: Path) -> str:
    """Return why no file can be made in a folder, which need not exist yet; empty where one can."""
    place = folder
    try:
        while not place.exists():
            if place.is_symlink():
                return f"{place} is a link to nothing"
            if place == place.parent:
                return f"{place} does not exist"
            place = place.parent
        if not place.is_dir():
            return f"{place} is a file, and a folder is needed"
    except (OSError, ValueError) as error:
        return _refusal(place, error)
    return _refused_file(place)


def _refused_file(folder: Path) -> str:
    """Return why no file can be made in a folder that exists, found by making one that has no name or loses it at once.

    What the system says of a folder's permissions is not asked: it lets the superuser write into ``/proc``.
    """
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return f"nothing can be written into {folder}: {error.strerror}"
