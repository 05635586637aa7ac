"""Secrets: a type that does not print itself, and where a part gets one from. Whatever is handed out is masked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn

from logos.context.redaction import MASK, is_sensitive, redact, redact_text, remember

__all__ = ["MASK", "Secret", "Secrets", "is_sensitive", "redact", "redact_text"]


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


def _nothing() -> Mapping[str, str]:
    return {}


class Secrets:
    """Secrets by the name of their variable.

    What is handed out is masked from then on in everything that this process prints, logs or writes.

    Parameters
    ----------
    values:
        What is known; a variable that is empty counts as not set.
    further:
        Gives what else is known; asked once, and not before a variable is wanted that ``values`` does not have.
    """

    def __init__(
        self, values: Mapping[str, str] | None = None, *, further: Callable[[], Mapping[str, str]] = _nothing
    ) -> None:
        self._values = {name: value for name, value in (values or {}).items() if value}
        self._further = further
        self._asked = False

    def get(self, name: str) -> Secret | None:
        """Return a secret; ``None`` where its variable is not set.

        Raises
        ------
        InputError
            Where the file that it may stand in cannot be read.
        """
        value = self._find(name)
        if value is None:
            return None
        remember(value)
        return Secret(value)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def __repr__(self) -> str:
        return f"Secrets({MASK})"

    def _find(self, name: str) -> str | None:
        if name not in self._values and not self._asked:
            self._values = {**{other: value for other, value in self._further().items() if value}, **self._values}
            self._asked = True
        return self._values.get(name)
