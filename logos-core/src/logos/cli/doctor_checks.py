"""What ``logos doctor`` looks at besides a config. Every look ends in a verdict; none raises, and none writes."""

from __future__ import annotations

import platform
import shutil
import stat
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from logos import paths
from logos.artifacts.readers import list_sessions
from logos.assembly.surroundings import unwritable
from logos.context.clock import SystemClock
from logos.context.credentials import FILE as SECRETS_FILE
from logos.context.credentials import read_variables
from logos.context.environment import OFFLINE_VARIABLE, offline, variables
from logos.domain.errors import LogosError
from logos.domain.times import time_text
from logos.plugins.loading import installed_entry_points
from logos.plugins.offers import CONFLICT, PLUGIN, READY, STUB
from logos.plugins.registry import load_registry
from logos.session.outside import HealthCheck, Verdict

_LEAST_BYTES = 100_000_000
_FEW_BYTES = 1_000_000_000
_FINISHED = frozenset({"completed"})
_SHOWN = 5


def machine_checks(workspace: Path) -> Iterator[HealthCheck]:
    """Yield what was found about the machine, the installation and the workspace."""
    looks: tuple[tuple[str, Callable[[], Iterator[HealthCheck]]], ...] = (
        ("python", _python),
        ("namespace", lambda: _namespace(workspace)),
        ("distribution", _distributions),
        ("plugins", _plugins),
        ("workspace", lambda: _workspace(workspace)),
        ("clock", _clock),
        ("environment", _environment),
        ("secrets", lambda: _secrets(workspace)),
        ("kill file", lambda: _kill_file(workspace)),
        ("sessions", lambda: _sessions(workspace)),
    )
    for name, look in looks:
        try:
            yield from look()
        except LogosError as error:
            yield _found(name, Verdict.FAILED, error.message, error.hint)
        except OSError as error:
            yield _found(name, Verdict.FAILED, f"the system refused a look: {error}", "Check the rights of the file")


def _found(name: str, verdict: Verdict, text: str, hint: str = "") -> HealthCheck:
    return HealthCheck(name=name, verdict=verdict, text=text, hint=hint)


def _python() -> Iterator[HealthCheck]:
    text = f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield _found("python", Verdict.OK, f"{text}, {sys.executable}")


def _namespace(workspace: Path) -> Iterator[HealthCheck]:
    """Look for whatever hides the namespace, or would from another folder, and for rooms that are there twice."""
    spec = find_spec("logos")
    portions = sorted({str(Path(place)) for place in (spec.submodule_search_locations if spec else None) or ()})
    rooms: dict[str, list[str]] = defaultdict(list)
    for place in portions:
        for room in sorted(Path(place).iterdir()) if Path(place).is_dir() else ():
            if (room / "__init__.py").is_file():
                rooms[room.name].append(place)
    doubled = _doubled(rooms)
    if doubled:
        hint = "Uninstall one: pip list | grep logos"
        yield _found("namespace", Verdict.FAILED, f"found more than once: {doubled}", hint)
    for folder in dict.fromkeys((Path.cwd(), workspace)):
        for culprit in (folder / "logos.py", folder / "logos" / "__init__.py"):
            if culprit.is_file():
                text = f"{culprit} hides the program from every Python that is started in {folder}"
                yield _found("namespace", Verdict.WARNING, text, "Rename it")
    if not doubled:
        text = f"logos is whole: {_counted(len(rooms), 'room')} in {_counted(len(portions), 'place')}"
        yield _found("namespace", Verdict.OK, text)


def _doubled(rooms: Mapping[str, list[str]]) -> str:
    """Return the rooms that several places have, with the places; empty where there are none."""
    names: dict[str, list[str]] = defaultdict(list)
    for name, places in rooms.items():
        if len(places) > 1:
            names[" and ".join(places)].append(f"logos.{name}")
    return "; ".join(f"{', '.join(found)} in {places}" for places, found in names.items())


def _distributions() -> Iterator[HealthCheck]:
    by_owner: dict[str, list[EntryPoint]] = defaultdict(list)
    versions: dict[str, str] = {}
    for point in installed_entry_points():
        owner = point.dist.name if point.dist else "unknown"
        versions[owner] = point.dist.version if point.dist else ""
        by_owner[owner].append(point)
    for owner in sorted(by_owner):
        points = ", ".join(sorted(f"{point.name} = {point.value}" for point in by_owner[owner]))
        yield _found("distribution", Verdict.OK, f"{owner} {versions[owner]}: {points}")
    own = {version for owner, version in versions.items() if owner.startswith("logos-")}
    if len(own) > 1:
        text = f"the distributions of Logos have different versions: {', '.join(sorted(own))}"
        yield _found("versions", Verdict.WARNING, text, "Install the same version of each")


def _plugins() -> Iterator[HealthCheck]:
    offers = load_registry().offers()
    for offer in offers:
        if offer.status in {READY, STUB}:
            continue
        text = f"{offer.kind} {offer.qualified}: {offer.fault}"
        if offer.kind == PLUGIN:
            yield _found("plugin", Verdict.FAILED, text, offer.mend)
        elif offer.status == CONFLICT:
            yield _found("plugin", Verdict.WARNING, text, offer.mend)
        else:
            yield _found("extra", Verdict.OK, f"{text}; to use it: {offer.mend}")
    ready = sum(offer.status == READY for offer in offers)
    yield _found("plugins", Verdict.OK, f"{ready} parts are ready")


def _workspace(workspace: Path) -> Iterator[HealthCheck]:
    named = f"as {paths.HOME_VARIABLE} says" if paths.HOME_VARIABLE in variables() else "the current folder"
    faults = [
        fault for folder in (paths.sessions_dir(workspace), paths.logs_dir(workspace)) if (fault := unwritable(folder))
    ]
    if faults:
        hint = f"Make it writable, or set {paths.HOME_VARIABLE} to another folder"
        yield _found("workspace", Verdict.FAILED, f"{workspace} ({named}): {faults[0]}", hint)
        return
    there = "" if workspace.is_dir() else "; it will be made"
    yield _found("workspace", Verdict.OK, f"{workspace} ({named}) can be written{there}")
    free = shutil.disk_usage(_existing(workspace)).free
    text = f"{free / 1e9:,.1f} GB free"
    if free < _LEAST_BYTES:
        yield _found("disk", Verdict.FAILED, text, "Make room: a session stops where its journal cannot be written")
    elif free < _FEW_BYTES:
        yield _found("disk", Verdict.WARNING, text, "Make room before a long session")
    else:
        yield _found("disk", Verdict.OK, text)


def _existing(folder: Path) -> Path:
    return folder if folder.exists() or folder == folder.parent else _existing(folder.parent)


def _clock() -> Iterator[HealthCheck]:
    now = SystemClock().now()
    installed = int(Path(__file__).stat().st_mtime)
    if now < installed:
        text = f"it is {time_text(now)}, before this program was installed at {time_text(installed)}"
        yield _found("clock", Verdict.FAILED, text, "Set the machine's clock, best by NTP")
    else:
        yield _found("clock", Verdict.OK, f"{time_text(now)}; sessions run on UTC whatever the machine's zone is")
    try:
        ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        text = "the table of time zones is missing: trading hours cannot be known"
        yield _found("time zones", Verdict.FAILED, text, "Run: pip install tzdata")
    else:
        yield _found("time zones", Verdict.OK, "the table of time zones is there")


def _environment() -> Iterator[HealthCheck]:
    seed = f"{paths.SEED_VARIABLE} gives the seed {paths.env_seed()}" if paths.SEED_VARIABLE in variables() else ""
    network = f"{OFFLINE_VARIABLE} is set: only this machine is asked" if offline() else "venues may be asked"
    yield _found("environment", Verdict.OK, "; ".join(text for text in (network, seed) if text))


def _secrets(workspace: Path) -> Iterator[HealthCheck]:
    file = workspace / SECRETS_FILE
    if not file.exists():
        yield _found("secrets", Verdict.OK, f"{file} is not there; keys come from the environment alone")
        return
    count = len(read_variables(file))
    text = f"{file} has {_counted(count, 'variable')}"
    mode = stat.S_IMODE(file.stat().st_mode)
    if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        text = f"{text}, and others may read it (mode {mode:o})"
        yield _found("secrets", Verdict.WARNING, text, f"Run: chmod 600 {file}")
    else:
        yield _found("secrets", Verdict.OK, text)


def _kill_file(workspace: Path) -> Iterator[HealthCheck]:
    file = workspace / paths.KILL_FILE
    if file.exists():
        text = f"{paths.KILL_FILE} is there: a session would halt as soon as it starts"
        yield _found("kill file", Verdict.WARNING, text, f"Once its reason is dealt with, remove {file}")
    else:
        yield _found("kill file", Verdict.OK, f"{paths.KILL_FILE} is not there")


def _sessions(workspace: Path) -> Iterator[HealthCheck]:
    sessions = list_sessions(paths.sessions_dir(workspace))
    open_ones = [session for session in sessions if session.status not in _FINISHED]
    if not open_ones:
        many = "1 session, completed" if len(sessions) == 1 else f"{_counted(len(sessions), 'session')}, all completed"
        yield _found("sessions", Verdict.OK, many if sessions else "none yet")
        return
    shown = ", ".join(f"{session.session_id} ({session.status})" for session in open_ones[-_SHOWN:])
    more = f" and {len(open_ones) - _SHOWN} more" if len(open_ones) > _SHOWN else ""
    hint = "Look at each with: logos sessions show ID"
    yield _found("sessions", Verdict.WARNING, f"{len(open_ones)} not completed: {shown}{more}", hint)


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
