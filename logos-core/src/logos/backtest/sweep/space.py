"""The values that a sweep goes through: ``fast=5:50:5``, ``invest=0.5,0.95``, ``short=true,false``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import attrs

from logos.backtest.sweep.naming import find_parameter, parameters_of
from logos.config.problems import shortened
from logos.config.records import SessionConfig
from logos.config.writing import decimal_text
from logos.domain.errors import InputError

INTEGER = "integer"
DECIMAL = "decimal"
BOOLEAN = "boolean"
TEXT = "text"
MOST_VALUES = 100_000

_NUMBER = re.compile(r"[-+]?[0-9]{1,20}(?:\.[0-9]{1,18})?", re.ASCII)
_WHOLE = re.compile(r"[-+]?[0-9]+", re.ASCII)
_FORMS = "Write NAME=from:to:step, NAME=one,two,three or NAME=true,false"

Value = int | str | bool


@attrs.frozen(kw_only=True)
class Axis:
    """One parameter and the values that it takes, as a resolved config holds them: decimals are text.

    Attributes
    ----------
    name:
        As it was given; the name of the column in the results.
    path:
        In the resolved config.
    kind:
        ``integer``, ``decimal``, ``boolean`` or ``text``.
    """

    name: str
    path: str
    kind: str
    values: tuple[Value, ...]

    @property
    def is_ordered(self) -> bool:
        """Whether neighbouring values are near each other."""
        return self.kind in {INTEGER, DECIMAL}

    def as_object(self) -> dict[str, Any]:
        """Return it as ``sweep.json`` keeps it."""
        return {"name": self.name, "path": self.path, "kind": self.kind, "values": list(self.values)}

    @classmethod
    def from_object(cls, value: dict[str, Any]) -> Axis:
        """Take it back."""
        return cls(name=value["name"], path=value["path"], kind=value["kind"], values=tuple(value["values"]))


def read_axes(texts: Sequence[str], config: SessionConfig) -> tuple[Axis, ...]:
    """Read the ``--param`` options, in their order.

    Raises
    ------
    InputError
        Where one cannot be read, names nothing in the config, or two name the same.
    """
    if not texts:
        raise InputError("a sweep needs a parameter to vary", hint="Add --param fast=5:50:5")
    axes = [_read_axis(text, config) for text in texts]
    for place, axis in enumerate(axes):
        if any(axis.path == other.path for other in axes[:place]):
            raise InputError(f"the parameter {axis.name!r} is given twice", hint="Put all its values into one --param")
    return tuple(axes)


def _read_axis(text: str, config: SessionConfig) -> Axis:
    name, equals, values = text.partition("=")
    name, values = name.strip(), values.strip()
    if not equals or not name or not values:
        raise InputError(f"--param {shortened(text)!r} cannot be read", hint=_FORMS)
    path = find_parameter(name, config)
    now = parameters_of(config.resolved)[path]
    words = _range(name, values) if ":" in values else [word.strip() for word in values.split(",")]
    kind = _kind(now, words)
    read = tuple(_value(name, word, kind, now) for word in words)
    if len(set(read)) < len(read):
        raise InputError(f"--param {name}: a value stands there twice", hint="Give each value once")
    return Axis(name=name, path=path, kind=kind, values=read)


def _range(name: str, text: str) -> list[str]:
    parts = [part.strip() for part in text.split(":")]
    if len(parts) not in {2, 3} or not all(_NUMBER.fullmatch(part) for part in parts):
        raise InputError(f"--param {name}: {shortened(text)!r} is not from:to:step", hint=_FORMS)
    first, last, step = (Decimal(part) for part in (*parts, "1")[:3])
    if step <= 0 or last < first:
        raise InputError(
            f"--param {name}: {shortened(text)!r} goes nowhere",
            hint="Let 'to' be at least 'from', and the step above 0",
        )
    count = int((last - first) / step) + 1
    if count > MOST_VALUES:
        raise InputError(f"--param {name} has {count:,} values, more than {MOST_VALUES:,}", hint="Take a larger step")
    return [decimal_text(first + step * place) for place in range(count)]


def _kind(now: Any, words: Sequence[str]) -> str:
    """Return what kind of values a parameter takes, by the value that it has in the config."""
    if isinstance(now, bool):
        return BOOLEAN
    if isinstance(now, int):
        return INTEGER
    if isinstance(now, str):
        return DECIMAL if _NUMBER.fullmatch(now) else TEXT
    if all(word in {"true", "false"} for word in words):
        return BOOLEAN
    if all(_WHOLE.fullmatch(word) for word in words):
        return INTEGER
    return DECIMAL if all(_NUMBER.fullmatch(word) for word in words) else TEXT


def _value(name: str, word: str, kind: str, now: Any) -> Value:
    if kind == BOOLEAN and word in {"true", "false"}:
        return word == "true"
    if kind == INTEGER and _WHOLE.fullmatch(word):
        return int(word)
    if kind == DECIMAL and _NUMBER.fullmatch(word):
        return decimal_text(Decimal(word))
    if kind == TEXT and word:
        return word
    expected = {BOOLEAN: "true or false", INTEGER: "whole numbers", DECIMAL: "decimals", TEXT: "texts"}[kind]
    raise InputError(
        f"--param {name}: {shortened(word)!r} does not fit, it takes {expected}", hint=f"In the config it is {now}"
    )
