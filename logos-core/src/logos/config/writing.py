"""A resolved config as plain values, as YAML and as a digest: the same bytes for the same config, always."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from enum import Enum
from functools import singledispatch
from pathlib import PurePath
from types import NoneType
from typing import Any

import attrs

_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*", re.ASCII)
_NOT_BARE = frozenset(
    {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
)  # the last six for YAML 1.1 readers
_INDENT = "  "


def decimal_text(value: Decimal) -> str:
    """Return a decimal without exponent and without trailing zeros."""
    return format(value.normalize(), "f") if value else "0"


@singledispatch
def plain_values(value: Any) -> Any:
    """Return a config value as what JSON and YAML know; decimals become text, paths stay as they were written."""
    return section_values(value) if attrs.has(type(value)) else str(value)


@plain_values.register(bool)
@plain_values.register(int)
@plain_values.register(float)
@plain_values.register(str)
@plain_values.register(NoneType)
def _unchanged(value: float | str | None) -> Any:
    return value


@plain_values.register
def _of_enum(value: Enum) -> Any:
    return plain_values(value.value)


@plain_values.register
def _of_decimal(value: Decimal) -> Any:
    return decimal_text(value)


@plain_values.register
def _of_path(value: PurePath) -> Any:
    return value.as_posix()


@plain_values.register(Mapping)
def _of_mapping(value: Mapping[Any, Any]) -> Any:
    return {str(key): plain_values(value[key]) for key in sorted(value)}


@plain_values.register(list)
@plain_values.register(tuple)
def _of_list(value: Iterable[Any]) -> Any:
    return [plain_values(item) for item in value]


@plain_values.register(AbstractSet)
def _of_set(value: Iterable[Any]) -> Any:
    return sorted((plain_values(item) for item in value), key=canonical_json)


def section_values(config: Any) -> dict[str, Any]:
    """Return the keys of an attrs instance with their values, in the order of the class."""
    return {
        str(field.alias): plain_values(getattr(config, field.name))
        for field in attrs.fields(type(config))
        if field.init
    }


def canonical_json(value: Any) -> str:
    """Return a value as JSON with sorted keys and no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest_of(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON, hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode("ascii")).hexdigest()


def yaml_text(values: Mapping[str, Any]) -> str:
    """Return plain values as YAML in block style; ``reading.parse`` gives the same values back."""
    return "".join(f"{line}\n" for line in _mapping_lines(values))


def _mapping_lines(values: Mapping[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield f"{_scalar(key)}:"
            yield from (_INDENT + line for line in _mapping_lines(value))
        elif isinstance(value, list) and value:
            yield f"{_scalar(key)}:"
            yield from (_INDENT + line for line in _list_lines(value))
        else:
            yield f"{_scalar(key)}: {_scalar(value)}"


def _list_lines(values: list[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, Mapping) and value:
            lines = _mapping_lines(value)
        elif isinstance(value, list) and value:
            lines = _list_lines(value)
        else:
            lines = iter([_scalar(value)])
        yield f"- {next(lines)}"
        yield from (_INDENT + line for line in lines)


def _scalar(value: Any) -> str:
    if not isinstance(value, str):
        # What is left is null, a boolean, a number, {} or []: YAML reads them as JSON does.
        return json.dumps(value, allow_nan=False)
    text = value
    if _BARE.fullmatch(text) and text.lower() not in _NOT_BARE:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if " " <= character <= "~":
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
