"""How problems of a config name their place, their nearest valid name, and stop the program together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NoReturn

from logos.context.secrets import redact_text
from logos.domain.errors import ConfigError, LogosError, Problem

_MANY = 12
_LONGEST = 60


def key_path(path: str, key: str) -> str:
    """Return the path of a key in a section: ``feed`` and ``path`` give ``feed.path``."""
    shown = shortened(key)
    return f"{path}.{shown}" if path else shown


def item_path(path: str, index: int) -> str:
    """Return the path of an item of a list: ``guards`` and 2 give ``guards[2]``."""
    return f"{path}[{index}]"


def shortened(text: str) -> str:
    """Return a text fit for an error message: not too long, on one line, without anything that looks like a secret."""
    safe = redact_text(text).encode("unicode_escape").decode("ascii")
    return safe if len(safe) <= _LONGEST else safe[: _LONGEST - 3] + "..."


def nearest(word: str, names: Iterable[str]) -> str:
    """Return a hint that names the valid name nearest to a wrong one, or all of them where none is near."""
    known = sorted(set(names))
    by_lower = {name.lower(): name for name in reversed(known)}
    near = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {by_lower[near[0]]!r}?"
    if not known:
        return "Nothing is valid here"
    shown = ", ".join(known[:_MANY])
    return f"Valid: {shown}." if len(known) <= _MANY else f"Valid: {shown} and {len(known) - _MANY} more."


def problem_of(error: LogosError, path: str, line: int | None) -> Problem:
    """Return an error as a problem at a place."""
    return Problem(path=path, message=error.message, hint=error.hint, line=line)


def refuse(source: str, problems: Sequence[Problem]) -> NoReturn:
    """Raise all problems of a config as one error, in the order of the file.

    Raises
    ------
    ConfigError
        Always.
    """
    ordered = sorted(problems, key=lambda problem: (problem.line or 0, problem.path, problem.message))
    count = "1 problem" if len(ordered) == 1 else f"{len(ordered)} problems"
    raise ConfigError(f"{source} has {count} and cannot be used", problems=ordered)
