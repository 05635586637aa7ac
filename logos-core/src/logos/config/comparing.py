"""Where two resolved configs differ, place by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs


@attrs.frozen(kw_only=True)
class Change:
    """A place at which two resolved configs differ; ``None`` where one of them has no such place."""

    path: str
    a: Any
    b: Any


def value_of(value: Any) -> str:
    """Return a value of a config as a line shows it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(value_of, value)) + "]"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {value_of(part)}" for key, part in value.items())
    return str(value)


def config_changes(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Change]:
    """Yield where two resolved configs differ, in the order of the paths in the first.

    Entries of a list stand by their ``name``, or by their ``plugin``, where each has one of its own; else by position.
    """
    yield from changes_below("", a, b)


def changes_below(path: str, a: Any, b: Any) -> Iterator[Change]:
    """Yield where two values differ that stand at one path of their configs."""
    if a == b:
        return
    one, two = _entries(a), _entries(b)
    if one is None or two is None:
        yield Change(path=path, a=a, b=b)
        return
    found = False
    for key in dict.fromkeys([*one, *two]):
        for change in changes_below(f"{path}.{key}" if path else key, one.get(key), two.get(key)):
            found = True
            yield change
    if not found:  # the same entries in another order
        yield Change(path=path, a=list(one), b=list(two))


def _entries(value: Any) -> dict[str, Any] | None:
    """Return what stands below a place of a config, by name; ``None`` for a single value."""
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, list) or not value or not all(isinstance(item, Mapping) for item in value):
        return None
    for key in ("name", "plugin"):
        names = [str(item.get(key)) for item in value]
        if len(set(names)) == len(names) and "None" not in names:
            return dict(zip(names, value, strict=True))
    return {str(place): item for place, item in enumerate(value)}
