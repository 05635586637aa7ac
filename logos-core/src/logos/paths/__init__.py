"""Where things lie in a workspace. With ``logos.context.environment``, the only reader of the environment."""

from __future__ import annotations

import os
import re
from pathlib import Path

from logos.domain.errors import InputError

HOME_VARIABLE = "LOGOS_HOME"
SEED_VARIABLE = "LOGOS_SEED"
KILL_FILE = "runs/live/KILL"
"""The kill file that every session watches, relative to the workspace."""


def workspace() -> Path:
    """Return the workspace root as an absolute path: ``LOGOS_HOME`` where it is set, else the current folder."""
    home = os.environ.get(HOME_VARIABLE, "")  # noqa: TID251 - one of the two doors to the environment
    return Path(home).expanduser().absolute() if home else Path.cwd()


def env_seed() -> int:
    """Return ``LOGOS_SEED``, or 0 where it is not set.

    Raises
    ------
    InputError
        Where it is not a whole number.
    """
    text = os.environ.get(SEED_VARIABLE, "").strip()  # noqa: TID251 - one of the two doors to the environment
    if not text:
        return 0
    if not re.fullmatch(r"-?[0-9]+", text):
        raise InputError(
            f"the environment variable {SEED_VARIABLE} is {text!r}, expected a whole number",
            hint=f"Set it to one, such as {SEED_VARIABLE}=7, or unset it",
        )
    return int(text)


def runs_dir(root: Path) -> Path:
    """Return the folder of everything that a run leaves behind."""
    return root / "runs"


def sessions_dir(root: Path) -> Path:
    """Return the folder that holds one folder a session."""
    return root / "runs" / "live" / "sessions"


def latest_session(root: Path) -> Path:
    """Return the link (or pointer file) to the latest session's folder."""
    return root / "runs" / "live" / "latest_session"


def cache_dir(root: Path) -> Path:
    """Return the folder of cached bars."""
    return root / "data" / "cache"


def logs_dir(root: Path) -> Path:
    """Return the folder of the logs that all sessions share."""
    return root / "logos" / "logs"


def ensure_dirs(root: Path) -> None:
    """Make the folders that a session writes into, where they are missing."""
    for folder in (sessions_dir(root), logs_dir(root)):
        folder.mkdir(parents=True, exist_ok=True)
