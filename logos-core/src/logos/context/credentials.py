"""Where secrets come from: the environment of the process, and the file ``.env`` of the workspace."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from logos.context.environment import variables
from logos.context.redaction import remember
from logos.context.secret_names import is_bare, is_sensitive, may_name_a_secret
from logos.context.secrets import Secrets
from logos.domain.errors import InputError

if TYPE_CHECKING:
    from dotenv.parser import Binding

FILE = ".env"
"""The file of variables in a workspace."""

SHORTEST_NAMED = 8
"""A variable that is merely named like a secret is taken for one where its value is at least so long."""

_HINT = "Write one NAME=value on each line, in quotes where the value holds a blank, a quote or #"


def credentials_of(configs: Iterable[object]) -> tuple[str, ...]:
    """Return the names of the variables that parts' configs ask for, in name order.

    A config class of a part that needs secrets has a property ``credentials`` with the names of their variables. Where
    it can tell a value that cannot be meant, it has a method ``reveal_credentials`` too, which takes ``Secrets`` and
    raises a ``LogosError``: it is called before a session starts, and when a config is checked.
    """
    return tuple(sorted({name for config in configs for name in getattr(config, "credentials", ())}))


def remember_environment() -> None:
    """Mask what the environment names as a secret, asked for or not: a library may read it by itself."""
    for value in secrets_of_environment().values():
        remember(value)


def remember_file(workspace: Path) -> None:
    """Mask what ``.env`` of a workspace may name as a secret, asked for or not: a config may repeat it by mistake.

    What is wrong with the file is told where somebody needs it; what can be read of it is masked.
    """
    try:
        text = _text_of(workspace / FILE)
    except InputError:
        return
    for line in _entries(text):
        if line.key and line.value and may_name_a_secret(line.key) and len(line.value) >= SHORTEST_NAMED:
            remember(line.value)


def where_set(workspace: Path, names: Iterable[str]) -> dict[str, str]:
    """Return, for each variable, where its value is taken from, in words; never the value."""
    environment = variables()
    try:
        file, absent = read_variables(workspace / FILE), "not set"
    except InputError:
        file, absent = {}, f"not set, and {FILE} cannot be read"
    return {
        name: "from the environment" if environment.get(name) else f"from {FILE}" if file.get(name) else absent
        for name in names
    }


def secrets_of_environment() -> dict[str, str]:
    """Return the variables of the environment that are named like a secret, and are long enough to be one."""
    return {
        name: value
        for name, value in variables().items()
        if is_sensitive(name) and not is_bare(name) and len(value) >= SHORTEST_NAMED
    }


def workspace_secrets(workspace: Path, names: Iterable[str] = ()) -> Secrets:
    """Return the secrets of a workspace: those of the environment and, where it does not have one, those of ``.env``.

    Parameters
    ----------
    names:
        The variables that are going to be asked for; they are looked for now, so that a file that cannot be read is
        told of before anything starts. The file is not looked at where the environment has all of them.

    Raises
    ------
    InputError
        Where ``.env`` is there and cannot be read, or a line of it cannot be understood. No value is repeated.
    """
    remember_environment()
    secrets = Secrets(variables(), further=lambda: read_variables(workspace / FILE))
    for name in names:
        secrets.get(name)
    return secrets


def read_variables(path: Path) -> dict[str, str]:
    """Read a file of variables; an absent one has none. Nothing in it is expanded, and the environment stays as it is.

    Raises
    ------
    InputError
        Where the file cannot be read, or a line of it cannot be understood. No value is repeated.
    """
    values: dict[str, str] = {}
    for line in _entries(_text_of(path)):
        if line.key is None and not line.error:
            continue  # blank, or a comment
        number = line.original.line + _blank_lines(line.original.string)
        if line.error or line.key is None or line.value is None:
            raise InputError(f"line {number} of {path} is no NAME=value", hint=_HINT)
        if line.key in values:
            raise InputError(f"line {number} of {path} sets {line.key} again", hint="Leave one of the two")
        values[line.key] = line.value
    return values


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise InputError(f"{path} is not written in UTF-8", hint="Save it as UTF-8") from None
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", hint="Make it a file that you may read, or take it away"
        ) from error


def _entries(text: str) -> Iterator[Binding]:
    if text:
        from dotenv.parser import parse_stream  # noqa: PLC0415 - only where there is such a file

        yield from parse_stream(io.StringIO(text))


def _blank_lines(text: str) -> int:
    """Return how many lines of blanks the parser has taken for the beginning of an entry."""
    return text[: len(text) - len(text.lstrip())].count("\n")
