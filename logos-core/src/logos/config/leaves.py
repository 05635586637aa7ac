"""The one strict converter: what a single YAML value may become.

cattrs by itself turns the text ``false`` into ``True`` and 5 into ``"5"``. Every type that a config may use has a
hook of its own here, and no hook converts in silence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from cattrs import Converter

from logos.config.problems import nearest, shortened
from logos.config.reading import Listing, Node, Scalar
from logos.config.writing import decimal_text
from logos.domain.errors import InputError

_DECIMAL = re.compile(r"[-+]?[0-9]{1,20}(?:\.[0-9]{1,18})?", re.ASCII)


def described(node: Node) -> str:
    """Return what a node is, for an error message."""
    if isinstance(node, Listing):
        return "a list"
    if not isinstance(node, Scalar):
        return "a section"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, bool):
        return node.text.lower()
    if isinstance(node.value, str):
        return f"the text {shortened(node.value)!r}"
    return f"the number {node.text}"


def _quoted(node: Scalar) -> str:
    return f'Write "{shortened(node.text)}", in quotes'


def _bool(node: Scalar, _kind: Any) -> bool:
    if isinstance(node.value, bool):
        return node.value
    raise InputError(f"expected true or false, found {described(node)}", hint="Write true or false, without quotes")


def _int(node: Scalar, _kind: Any) -> int:
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        return node.value
    hint = "Write it without quotes" if isinstance(node.value, str) and node.value.strip().isdigit() else ""
    raise InputError(f"expected a whole number, found {described(node)}", hint=hint)


def _float(node: Scalar, _kind: Any) -> float:
    if isinstance(node.value, int | float) and not isinstance(node.value, bool) and math.isfinite(node.value):
        return float(node.value)
    raise InputError(f"expected a number, found {described(node)}")


def _str(node: Scalar, _kind: Any) -> str:
    if isinstance(node.value, str):
        return node.value
    hint = "" if node.value is None else _quoted(node)
    raise InputError(f"expected a text, found {described(node)}", hint=hint)


def _decimal(node: Scalar, _kind: Any) -> Decimal:
    if isinstance(node.value, float):
        hint = f'Write "{decimal_text(Decimal(node.text))}", in quotes' if _is_writable(node.value) else ""
        raise InputError(f"expected a decimal in quotes, found {described(node)}, a binary fraction", hint=hint)
    if isinstance(node.value, bool) or node.value is None or not _DECIMAL.fullmatch(node.text):
        raise InputError(
            f"expected a decimal, found {described(node)}",
            hint='Write plain digits in quotes, such as "0.95", with at most 20 digits and 18 decimals',
        )
    # Canonical, so that "0.10" and "0.1" are the same config and print the same in a message.
    return Decimal(decimal_text(Decimal(node.text)))


def _is_writable(value: float) -> bool:
    return value == 0 or 1e-12 < abs(value) < 1e12


def _path(node: Scalar, kind: Any) -> Path:
    text = _str(node, kind)
    if not text or "\0" in text:
        raise InputError("expected the path of a file or a folder, found an empty text or a zero character")
    return Path(text)


def is_enum(kind: Any) -> bool:
    """Return whether a type is an enumeration."""
    return isinstance(kind, type) and issubclass(kind, Enum)


def _enum(node: Scalar, kind: Any) -> Any:
    for member in kind:
        if type(member.value) is type(node.value) and member.value == node.value:
            return member
    names = [str(member.value) for member in kind]
    raise InputError(f"found {described(node)}", hint=nearest(node.text, names))


def _no_enum(hook: Callable[[Scalar, Any], Any]) -> Callable[[Scalar, Any], Any]:
    # cattrs gives a StrEnum to the hook of str, because it is a subclass of it.
    return lambda node, kind: _enum(node, kind) if is_enum(kind) else hook(node, kind)


def _built() -> Converter:
    converter = Converter(detailed_validation=False)
    for kind, hook in ((bool, _bool), (int, _int), (float, _float), (str, _str), (Decimal, _decimal), (Path, _path)):
        converter.register_structure_hook(kind, _no_enum(hook))
    converter.register_structure_hook_func(is_enum, _enum)
    return converter


CONVERTER = _built()
"""Structures a ``Scalar``, never a bare value."""

_KNOWN = frozenset({bool, int, float, str, Decimal, Path})


def is_leaf(kind: Any) -> bool:
    """Return whether the converter has a strict hook for a type."""
    return kind in _KNOWN or is_enum(kind)
