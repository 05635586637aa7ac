"""Where secrets come from: the environment of the process, and the file ``.env`` of the workspace."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

from logos.context.environment import variables
from logos.context.redaction import remember
from logos.context.secret_names import is_bare, is_sensitive
from logos.context.secrets import Secrets
from logos.domain.errors import InputError

FILE = ".env"
"""The file of variables in a workspace."""

_SHORTEST_NAMED = 8
"""A variable that is merely named like a secret is masked where its value is at least so long."""

_HINT = "Write one NAME=value on each line, in quotes where the value holds a blank, a quote or #"


def credentials_of(configs: Iterable[object]) -> tuple[str, ...]:
    """Return the names of the variables that parts' configs ask for, in name order.

    A config class of a part that needs secrets has a property ``credentials`` with the names of their variables.
    """
    return tuple(sorted({name for config in configs for name in getattr(config, "credentials", ())}))


def remember_environment() -> None:
    """Mask what the environment names as a secret, asked for or not: a library may read it by itself."""
    for name, value in variables().items():
        if is_sensitive(name) and not is_bare(name) and len(value) >= _SHORTEST_NAMED:
            remember(value)


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
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise InputError(f"{path} is not written in UTF-8", hint="Save it as UTF-8") from None
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", hint="Make it a file that you may read, or take it away"
        ) from error
    from dotenv.parser import parse_stream  # noqa: PLC0415 - only where there is such a file

    values: dict[str, str] = {}
    for line in parse_stream(io.StringIO(text)):
        if line.key is None and not line.error:
            continue  # blank, or a comment
        number = line.original.line + _blank_lines(line.original.string)
        if line.error or line.key is None or line.value is None:
            raise InputError(f"line {number} of {path} is no NAME=value", hint=_HINT)
        if line.key in values:
            raise InputError(f"line {number} of {path} sets {line.key} again", hint="Leave one of the two")
        values[line.key] = line.value
    return values


def _blank_lines(text: str) -> int:
    """Return how many lines of blanks the parser has taken for the beginning of an entry."""
    return text[: len(text) - len(text.lstrip())].count("\n")
