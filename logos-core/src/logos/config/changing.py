"""The same config with a few other values: what a sweep, or a proposal, tries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from logos.config.part_reading import Offers
from logos.config.problems import nearest
from logos.config.reading import Listing, Node, Scalar, Section
from logos.config.records import SessionConfig, StrategyEntry
from logos.config.session import load_session_config
from logos.config.structuring import structure
from logos.config.writing import section_values, yaml_text
from logos.domain.errors import ConfigError, Problem

_STRATEGIES = "strategies"
_LISTS = {_STRATEGIES: "name", "guards": "plugin"}
"""Top-level lists, and the key by which a path names an entry of each."""


def changed(config: SessionConfig, values: Mapping[str, Any], registry: Offers) -> SessionConfig:
    """Return a config with other values, checked like any config.

    Parameters
    ----------
    values:
        By path: ``strategies.trend.params.fast`` names an entry by its name, ``guards.drawdown.max`` by its plugin,
        ``allocator.invest`` a key of a section. Decimals are texts, as in the resolved config.

    Raises
    ------
    ConfigError
        Where a path leads nowhere, or a value is refused.
    """
    paths = {path: tuple(path.split(".")) for path in values}
    if all(parts[0] == _STRATEGIES and len(parts) == 4 and parts[2] == "params" for parts in paths.values()):
        return _with_parameters(config, {parts[1:4:2]: values[path] for path, parts in paths.items()})
    return with_values(config, {parts: values[path] for path, parts in paths.items()}, registry)


def with_values(config: SessionConfig, values: Mapping[tuple[str, ...], Any], registry: Offers) -> SessionConfig:
    """Return a config with other values, each named by the keys that lead to it, read anew as a whole.

    Raises
    ------
    ConfigError
        Where a path leads nowhere, or a value is refused.
    """
    resolved = {key: _copied(value) for key, value in config.resolved.items()}
    for parts, value in values.items():
        _set(resolved, parts, value, ".".join(parts))
    again = load_session_config(
        yaml_text(resolved), registry, default_seed=config.session.seed, source="the changed config"
    )
    return attrs.evolve(again, written=config.written)


def _with_parameters(config: SessionConfig, values: Mapping[tuple[str, ...], Any]) -> SessionConfig:
    """Change parameters of strategies alone: nothing else has to be read again."""
    names = [entry.name for entry in config.strategies]
    for name, _ in values:
        if name not in names:
            raise _nowhere(f"{_STRATEGIES}.{name}", name, names)
    entries = tuple(
        _entry(entry, {key: value for (name, key), value in values.items() if name == entry.name})
        for entry in config.strategies
    )
    resolved = [
        {**old, "params": {} if entry.params is None else section_values(entry.params)}
        for old, entry in zip(config.resolved[_STRATEGIES], entries, strict=True)
    ]
    return attrs.evolve(config, strategies=entries, resolved={**config.resolved, _STRATEGIES: resolved})


def _entry(entry: StrategyEntry, values: Mapping[str, Any]) -> StrategyEntry:
    if not values:
        return entry
    path = f"{_STRATEGIES}.{entry.name}.params"
    known = {} if entry.params is None else section_values(entry.params)
    for key in values:
        if key not in known:
            raise _nowhere(f"{path}.{key}", key, list(known))
    params, problems = structure(_node({**known, **values}), type(entry.params), path)
    if problems:
        raise ConfigError("the changed config is refused", problems=problems)
    return attrs.evolve(entry, params=params)


def _set(resolved: dict[str, Any], parts: tuple[str, ...], value: Any, path: str) -> None:
    place: Any = resolved
    for depth, key in enumerate(parts):
        if isinstance(place, list):
            by = _LISTS.get(parts[depth - 1], "name")
            found = [item for item in place if isinstance(item, dict) and item.get(by) == key]
            if len(found) != 1:
                raise _nowhere(path, key, [str(item.get(by)) for item in place if isinstance(item, dict)])
            place = found[0]
            continue
        if not isinstance(place, dict) or key not in place:
            raise _nowhere(path, key, list(place) if isinstance(place, dict) else [])
        if depth == len(parts) - 1:
            place[key] = value
            return
        place = place[key]
    raise _nowhere(path, parts[-1], list(place) if isinstance(place, dict) else [])


def _nowhere(path: str, key: str, known: list[str]) -> ConfigError:
    problem = Problem(path=path, message=f"the config has no {key!r} there", hint=nearest(key, known))
    return ConfigError(f"{path} leads nowhere in the config", problems=[problem])


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list | tuple) else value


def _node(value: Any) -> Node:
    """Return plain values as they would have been read."""
    if isinstance(value, Mapping):
        return Section({key: _node(item) for key, item in value.items()}, dict.fromkeys(value, 0), 0)
    if isinstance(value, list | tuple):
        return Listing(tuple(_node(item) for item in value), 0)
    return Scalar(value, str(value), 0)
