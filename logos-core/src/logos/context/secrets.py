"""Secrets: a type that does not print itself, and the masking of everything that looks like one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

MASK = "***"

_SENSITIVE = re.compile(r"key|secret|token|passw|passphrase|credential", re.IGNORECASE)
_ASSIGNED = re.compile(
    r"""(?P<name>[\w.-]*(?:key|secret|token|password|passwd|passphrase|credential)s?["']?\s*[:=]\s*)"""
    r"""(?P<value>"[^"]*"|'[^']*'|(?:(?:bearer|basic)\s+)?[^\s,;&"'(){}\[\]]+)""",
    re.IGNORECASE,
)
_LOGIN_IN_ADDRESS = re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)")
_BEARER = re.compile(r"\b(bearer|basic)(\s+)[\w.~+/=-]{8,}", re.IGNORECASE)
_SHORTEST_VALUE = 4


class Secret:
    """A value that masks itself wherever it is printed, formatted or logged.

    Parameters
    ----------
    value:
        What to hide.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not to be pickled or copied into a file")


class Secrets:
    """Secrets by the name of their variable.

    Parameters
    ----------
    values:
        What is known; a variable that is empty counts as not set.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = {name: value for name, value in (values or {}).items() if value}

    def get(self, name: str) -> Secret | None:
        """Return a secret; ``None`` where its variable is not set."""
        value = self._values.get(name)
        return None if value is None else Secret(value)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self._values))})"


def is_sensitive(name: str) -> bool:
    """Return whether values under a name are masked in logs."""
    return _SENSITIVE.search(name) is not None


def redact_text(text: str, secrets: Collection[str] = ()) -> str:
    """Return a text with known secrets, ``key=value`` pairs and logins in addresses masked."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_VALUE:
            text = text.replace(secret, MASK)
    text = _LOGIN_IN_ADDRESS.sub(MASK, text)
    text = _ASSIGNED.sub(lambda found: found["name"] + MASK, text)
    return _BEARER.sub(rf"\1\2{MASK}", text)


def redact(value: Any, secrets: Collection[str] = ()) -> Any:
    """Return a value as plain JSON values with everything secret masked.

    Parameters
    ----------
    value:
        Anything; what JSON does not know is printed first.
    secrets:
        Values to mask wherever they occur.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact_text(value, secrets)
    if isinstance(value, Mapping):
        return {redact_text(str(key), secrets): _entry(str(key), entry, secrets) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item, secrets) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(redact_text(str(item), secrets) for item in value)
    return redact_text(str(value), secrets)


def _entry(name: str, value: Any, secrets: Collection[str]) -> Any:
    if is_sensitive(name) and value not in (None, ""):
        return MASK
    return redact(value, secrets)
