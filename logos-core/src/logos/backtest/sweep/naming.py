"""Which values of a config a sweep may vary, and how a person names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from logos.config.problems import nearest, shortened
from logos.config.records import SessionConfig
from logos.domain.errors import InputError

_CORE_KEYS = {"plugin", "name", "symbols", "path"}


def parameters_of(resolved: Mapping[str, Any]) -> dict[str, Any]:
    """Return every value that a sweep may vary, by its path in the resolved config, in the order of the config.

    Strategies are named by their entry, guards by their plugin; where two guards are of one plugin, neither can be
    named.
    """
    found: dict[str, Any] = {}
    for entry in resolved["strategies"]:
        found.update(_leaves(f"strategies.{entry['name']}.params", entry["params"]))
    for section in ("allocator", "position_manager", "broker"):
        found.update(_leaves(section, _own(resolved[section])))
    names = Counter(guard["plugin"] for guard in resolved["guards"])
    for guard in resolved["guards"]:
        if names[guard["plugin"]] == 1:
            found.update(_leaves(f"guards.{guard['plugin']}", _own(guard)))
    return found


def find_parameter(name: str, config: SessionConfig) -> str:
    """Return the path of a parameter that a person has named.

    Parameters
    ----------
    name:
        A strategy's parameter where exactly one entry has it (``fast``), one with its entry (``trend.fast``), or a
        full path (``allocator.invest``).

    Raises
    ------
    InputError
        Where nothing, or more than one thing, is called so; names the nearest.
    """
    known = parameters_of(config.resolved)
    if name in known:
        return name
    short = _short_names(known)
    meant = short.get(name, [])
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise InputError(
            f"{len(meant)} strategies have a parameter {shortened(name)!r}",
            hint=f"Name one: {' or '.join(_with_entry(path) for path in meant)}",
        )
    last = name.rpartition(".")[2]
    same = [path for path in known if path.rpartition(".")[2] == last]
    hint = f"Did you mean {' or '.join(same)}?" if same else nearest(name, [*known, *short])
    raise InputError(f"the config has no parameter {shortened(name)!r}", hint=hint)


def with_values(resolved: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resolved config with other values in it; what does not change is shared, not copied."""
    changed = dict(resolved)
    for path, value in values.items():
        head, *rest = path.split(".")
        if head in {"strategies", "guards"}:
            key = "name" if head == "strategies" else "plugin"
            changed[head] = [
                _changed(item, rest[1:], value) if item[key] == rest[0] else item for item in changed[head]
            ]
        else:
            changed[head] = _changed(changed[head], rest, value)
    return changed


def _changed(section: Mapping[str, Any], keys: list[str], value: Any) -> dict[str, Any]:
    first, *rest = keys
    return {**section, first: _changed(section[first], rest, value) if rest else value}


def _own(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if key not in _CORE_KEYS}


def _leaves(path: str, section: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _leaves(f"{path}.{key}", value)
        elif not isinstance(value, list):
            yield f"{path}.{key}", value


def _short_names(known: Mapping[str, Any]) -> dict[str, list[str]]:
    short: dict[str, list[str]] = {}
    for path in known:
        if path.startswith("strategies."):
            for name in (_with_entry(path), path.partition(".params.")[2]):
                short.setdefault(name, []).append(path)
    return short


def _with_entry(path: str) -> str:
    return path.removeprefix("strategies.").replace(".params.", ".", 1)
