"""The door to session configs: a file, a text or the default becomes a resolved ``SessionConfig``."""

from __future__ import annotations

from pathlib import Path

import attrs

from logos.config.default import SOURCE, default_config_text
from logos.config.part_reading import Offers
from logos.config.reading import located, parse, read_file
from logos.config.records import BacktestWindow, PartSection, SessionConfig, SessionSettings, StrategyEntry
from logos.config.resolving import resolve
from logos.domain.errors import PluginError

__all__ = [
    "BacktestWindow",
    "Offers",
    "PartSection",
    "SessionConfig",
    "SessionSettings",
    "StrategyEntry",
    "default_session_config",
    "load_session_config",
]


def load_session_config(
    origin: Path | str,
    registry: Offers,
    *,
    workspace: Path | None = None,
    default_seed: int = 0,
    source: str = "the config",
) -> SessionConfig:
    """Read a session config and resolve it.

    Parameters
    ----------
    origin:
        The path of a YAML file, or YAML text.
    registry:
        The installed plugins.
    workspace:
        Where a relative path is looked for if it does not lead to a file from the current folder.
    default_seed:
        The seed where the config names none.
    source:
        What messages call a config that is given as text.

    Raises
    ------
    ConfigError
        With every problem of the config.
    """
    if isinstance(origin, Path):
        source = str(origin)
        text = read_file(located(origin, workspace))
    else:
        text = origin
    config = resolve(parse(text, source), registry, source=source, default_seed=default_seed)
    return _read_back(config, registry)


def _read_back(config: SessionConfig, registry: Offers) -> SessionConfig:
    """Return the config as a resumed session will read it from its folder, so that both run on the same objects.

    A default ``Decimal("2.0")`` is written as ``"2"``, for example, and the two print differently.
    """
    source = "the resolved config"
    again = resolve(parse(config.to_yaml(), source), registry, source=source, default_seed=config.session.seed)
    for name, values in config.resolved.items():
        if again.resolved[name] != values:
            raise PluginError(
                f"the resolved section {name!r} does not read back as it was written",
                hint="The config class of its plugin changes values when it is built, or holds what YAML cannot",
            )
    entries = zip(again.strategies, config.strategies, strict=True)
    strategies = tuple(attrs.evolve(new, path=old.path) for new, old in entries)
    return attrs.evolve(again, strategies=strategies, written=config.written)


def default_session_config(registry: Offers, *, default_seed: int = 0) -> SessionConfig:
    """Return the config of ``logos trade`` without a file: the bundled bars, with every installed guard on.

    Raises
    ------
    ConfigError
        Where a part that it names is not installed, such as the paper broker.
    """
    return load_session_config(default_config_text(registry), registry, default_seed=default_seed, source=SOURCE)
