"""Finds a session's folder by what a person types: its id, the start of it, or ``latest``."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from logos.artifacts.schemas import METRICS_FILE
from logos.domain.errors import InputError
from logos.paths import latest_session, runs_dir, sessions_dir

LATEST = "latest"

_MOST_NAMES = 5
_LIST_THEM = "logos sessions list names them all"


def find_session(root: Path, wanted: str) -> Path:
    """Return the folder of a session.

    Parameters
    ----------
    root:
        The workspace root.
    wanted:
        A session id, the start of exactly one id, or ``latest``.

    Raises
    ------
    InputError
        Where no session, or more than one, is meant; names the nearest.
    """
    folder = sessions_dir(root)
    names = session_names(folder)
    if not any(name.startswith(wanted) for name in (*names, LATEST)):
        _refuse_backtest(root, wanted)
    if not names:
        raise InputError(f"there is no session in {folder} yet", hint="Run one with: logos trade --fixtures")
    if wanted == LATEST:
        return folder / _latest_name(root, names)
    if wanted in names:
        return folder / wanted
    matches = [name for name in names if wanted and name.startswith(wanted)]
    if len(matches) == 1:
        return folder / matches[0]
    if matches:
        raise InputError(
            f"{len(matches)} sessions start with {wanted!r}: {_listed(matches)}", hint="Type more of the one you mean"
        )
    near = get_close_matches(wanted, names, n=_MOST_NAMES, cutoff=0.5)
    raise InputError(
        f"there is no session {wanted!r}", hint=f"Nearest: {_listed(near)}; {_LIST_THEM}" if near else _LIST_THEM
    )


def _refuse_backtest(root: Path, wanted: str) -> None:
    """Refuse the id of a backtest, the start of one or its folder, and say what checks it."""
    start = Path(wanted).name
    for name in session_names(runs_dir(root)):
        if start and name.startswith(start) and (runs_dir(root) / name / METRICS_FILE).is_file():
            raise InputError(
                f"{name} is a backtest, not a session", hint=f"Check it with: logos backtest verify {name}"
            )


def session_names(folder: Path) -> list[str]:
    """Return the ids of all sessions in order; names that start with a dot are sessions still being set up."""
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def _latest_name(root: Path, names: list[str]) -> str:
    pointer = latest_session(root)
    if pointer.is_symlink():
        name = pointer.readlink().name
    elif pointer.is_file():
        name = Path(pointer.read_text(encoding="utf-8").strip()).name
    else:
        raise InputError(f"{pointer} does not say which session is the latest", hint=f"Name one; {_LIST_THEM}")
    if name not in names:
        raise InputError(f"{pointer} points to {name!r}, and there is no such session", hint=f"Name one; {_LIST_THEM}")
    return name


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
