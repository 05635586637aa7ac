"""The environment of processes that the program starts, and of this one while parts run in another workspace."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, nullcontext
from pathlib import Path

from logos import paths
from logos.domain.errors import InputError

OFFLINE_VARIABLE = "LOGOS_OFFLINE"
_ON = frozenset({"1", "true", "yes"})
_OFF = frozenset({"", "0", "false", "no"})


def offline() -> bool:
    """Return whether no address but those of this machine may be asked, as ``LOGOS_OFFLINE`` says.

    Raises
    ------
    InputError
        Where it is neither on nor off.
    """
    text = os.environ.get(OFFLINE_VARIABLE, "").strip()  # noqa: TID251 - handed to parts in their context
    if text.lower() in _ON:
        return True
    if text.lower() in _OFF:
        return False
    raise InputError(
        f"the environment variable {OFFLINE_VARIABLE} is {text!r}, expected 1 or 0",
        hint=f"Set {OFFLINE_VARIABLE}=1 to keep the program off the network, or unset it",
    )


def variables() -> dict[str, str]:
    """Return all variables of this process, for those who look for a secret among them."""
    return dict(os.environ)  # noqa: TID251 - context.credentials picks from them


def environment_with(changes: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a process to be started: this one's, but for the changes."""
    return {**os.environ, **changes}  # noqa: TID251 - handed on, and looked at by nobody here


@contextmanager
def workspace_moved(folder: Path, *, is_home: bool, is_here: bool) -> Iterator[None]:
    """Let a folder stand for the workspace for parts that ask the process for it rather than their context.

    Parameters
    ----------
    is_home:
        Whether ``LOGOS_HOME``, where it is set, is to name the folder.
    is_here:
        Whether the folder is to be the current one.
    """
    home = os.environ.get(paths.HOME_VARIABLE) if is_home else None  # noqa: TID251 - put back as it was
    with chdir(folder) if is_here else nullcontext():
        try:
            if home is not None:
                os.environ[paths.HOME_VARIABLE] = str(folder)  # noqa: TID251 - for as long as the context lasts
            yield
        finally:
            if home is not None:
                os.environ[paths.HOME_VARIABLE] = home  # noqa: TID251 - as it was
