"""A config file with what it resolves to, and where each of its values comes from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from logos import paths
from logos.config.origins import Origin, Tree, origins, read_tree
from logos.config.records import SessionConfig
from logos.config.session import load_session_config
from logos.plugins.registry import load_registry


@attrs.frozen(kw_only=True)
class ReadConfig:
    """A config that can be used, and its origins by path."""

    tree: Tree
    config: SessionConfig
    origins: Mapping[str, Origin]


def read_config(path: Path) -> ReadConfig:
    """Read and resolve a config in the workspace of this process.

    Raises
    ------
    ConfigError
        With every problem of the file.
    """
    workspace = paths.workspace()
    tree = read_tree(path, workspace)
    seed = paths.env_seed()
    config = load_session_config(path, load_registry(), workspace=workspace, default_seed=seed)
    variable = paths.SEED_VARIABLE if seed else ""
    return ReadConfig(tree=tree, config=config, origins=origins(tree.root, config, seed_variable=variable))
