"""What the dashboard runs in: workspace, environment, configs, distributions. No secret leaves this module."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import attrs

from logos import paths
from logos.artifacts.locating import LATEST, find_session
from logos.artifacts.schemas import CONFIG_FILE
from logos.cli.config_output import annotated
from logos.cli.config_reading import read_config
from logos.context.credentials import FILE, read_variables
from logos.context.environment import variables
from logos.context.redaction import MASK, redact, redact_text
from logos.context.secret_names import has_secret_word, is_bare, is_sensitive
from logos.domain.errors import LogosError
from logos.plugins.registry import Registry
from logos.ui.streamlit.data.caching import ByStamp
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.stamps import Stamp

HIDDEN = "set, hidden"
_PREFIX = "LOGOS_"
_LIBRARIES = ("streamlit", "plotly", "numpy", "pyarrow", "tsdownsample")
_MOST_CONFIGS = 200
_LARGEST_CONFIG = 256 * 1024


@attrs.frozen(kw_only=True)
class Variable:
    """A variable of the environment, or of the workspace's ``.env``, as it may be shown."""

    name: str
    shown: str
    source: str


@attrs.frozen(kw_only=True)
class Place:
    """A path of the workspace, and what is there."""

    what: str
    path: str
    found: str


@attrs.frozen(kw_only=True)
class Installed:
    """A distribution, its version, and how many parts it offers; a library offers none."""

    name: str
    version: str
    parts: int | None = None


def shown_variables(workspace: Path) -> Reading[tuple[Variable, ...]]:
    """Return what may be shown of the environment and of ``.env``: what Logos reads, and that credentials are set.

    Of a variable that starts with ``LOGOS_`` the value is shown, unless it is named like a secret or holds one. Of any
    other only those named like a credential are listed, without their value.
    """
    found = list(_shown(variables(), "environment"))
    try:
        found += _shown(read_variables(workspace / FILE), FILE)
    except LogosError as error:
        return Reading.partial(tuple(found), redact_text(error.message), redact_text(error.hint))
    return Reading.ok(tuple(found))


def _shown(values: Mapping[str, str], source: str) -> Iterator[Variable]:
    for name, value in sorted(values.items()):
        secret = is_sensitive(name) or (has_secret_word(name) and not is_bare(name))
        if secret and not value:
            continue
        if secret:
            shown = HIDDEN
        elif name.startswith(_PREFIX):
            masked = redact({name: value})[name]
            shown = HIDDEN if masked == MASK else str(masked) or "set, empty"
        else:
            continue
        yield Variable(name=redact_text(name), shown=shown, source=source)


def places(workspace: Path) -> tuple[Place, ...]:
    """Return the paths of the workspace that Logos reads and writes, each with what is there."""
    named = (
        ("Workspace", workspace),
        ("Runs", paths.runs_dir(workspace)),
        ("Live sessions", paths.sessions_dir(workspace)),
        ("Latest session", paths.latest_session(workspace)),
        ("Lessons", paths.runs_dir(workspace) / "lessons"),
        ("Cached bars", paths.cache_dir(workspace)),
        ("Shared logs", paths.logs_dir(workspace)),
        ("Configs", workspace / "configs"),
        ("Kill file", workspace / paths.KILL_FILE),
        ("Credentials", workspace / FILE),
    )
    return tuple(Place(what=what, path=redact_text(str(path)), found=_found(path)) for what, path in named)


def _found(path: Path) -> str:
    try:
        if path.is_symlink():
            return f"link to {redact_text(path.readlink().name)}" if path.exists() else "link to nowhere"
        if path.is_dir():
            return "folder" if os.access(path, os.R_OK | os.X_OK) else "folder, not readable"
        if path.exists():
            return "file" if os.access(path, os.R_OK) else "file, not readable"
    except OSError as error:
        return f"cannot be looked at: {error.strerror}"
    return "not there"


def config_files(workspace: Path) -> tuple[Path, ...]:
    """Return the config of the latest session, and those under ``configs/`` in name order, the first 200."""
    found: list[Path] = []
    try:
        latest = find_session(workspace, LATEST) / CONFIG_FILE
        if latest.is_file():
            found.append(latest)
    except (LogosError, OSError, UnicodeDecodeError):  # no session, or a pointer that cannot be read: nothing to list
        found.clear()
    folder = workspace / "configs"
    try:
        listed = sorted(one for one in folder.rglob("*") if one.suffix in {".yaml", ".yml"} and one.is_file())
    except OSError:  # a folder that may not be listed has none
        listed = []
    return (*found, *listed[:_MOST_CONFIGS])


def resolved_config(path: Path) -> Reading[str]:
    """Return a config as it resolves, behind each value where it comes from, with everything secret masked.

    What cannot be resolved is not shown, for nobody knows then which of its values are meant as secrets: the reading
    says what is wrong with it.
    """
    return _CONFIGS.of(path, missing=f"{path.name} is not there any more")


def _resolved(path: Path, stamp: Stamp) -> Reading[str]:
    name = redact_text(path.name)
    if stamp.size > _LARGEST_CONFIG:
        return Reading.damaged(f"{name} has {stamp.size:,} bytes, which is no config that a person wrote")
    try:
        read = read_config(path)
        _told_by_the_page, _, text = annotated(read.config.to_yaml(), read).partition("\n")
        return Reading.ok(redact_text(text))
    except LogosError as error:
        findings = tuple(redact_text(str(problem)) for problem in error.problems)
        hint = f"Check it with: `logos config check {redact_text(str(path))}`"
        return Reading.damaged(redact_text(error.message), hint, findings=findings)
    except (OSError, UnicodeError, ValueError, RecursionError) as error:
        return Reading.damaged(redact_text(f"{name} cannot be read: {error}"))


_CONFIGS: ByStamp[str] = ByStamp(_resolved)


def installed(registry: Registry) -> tuple[Installed, ...]:
    """Return every distribution that offers parts, and the libraries that the dashboard stands on."""
    parts: dict[str, list[str]] = {}
    for offer in registry.offers():
        parts.setdefault(offer.distribution, []).append(offer.version)
    rows = [Installed(name=name, version=found[0], parts=len(found)) for name, found in sorted(parts.items())]
    rows.append(Installed(name="python", version=platform.python_version()))
    rows += [Installed(name=name, version=_version(name)) for name in _LIBRARIES]
    return tuple(rows)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
