"""A config file with what it resolves to, and where each of its values comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from logos import paths
from logos.assembly.outside import is_outside, venue_paths
from logos.assembly.surroundings import used_parts
from logos.config.origins import Origin, Tree, origins, read_tree
from logos.config.records import SessionConfig
from logos.config.session import load_session_config
from logos.context.credentials import credentials_of, remember_file, where_set
from logos.domain.errors import ConfigError, Problem
from logos.plugins.registry import load_registry
from logos.session.outside import Verdict

if TYPE_CHECKING:
    from logos.assembly.checking import Checked


@attrs.frozen(kw_only=True)
class Variable:
    """A variable that a part takes a secret from.

    Attributes
    ----------
    path:
        Where the part stands in the config.
    where:
        Where its value is taken from, in words.
    """

    path: str
    name: str
    where: str

    def __str__(self) -> str:
        return f"{self.name}, {self.where}"


@attrs.frozen(kw_only=True)
class ReadConfig:
    """A config that can be used, its origins by path, and the variables that its parts take secrets from."""

    tree: Tree
    config: SessionConfig
    origins: Mapping[str, Origin]
    variables: tuple[Variable, ...] = ()


def read_config(path: Path) -> ReadConfig:
    """Read and resolve a config in the workspace of this process.

    Raises
    ------
    ConfigError
        With every problem of the file.
    """
    workspace = paths.workspace()
    remember_file(workspace)
    tree = read_tree(path, workspace)
    seed = paths.env_seed()
    config = load_session_config(path, load_registry(), workspace=workspace, default_seed=seed)
    found = origins(tree.root, config, seed_variable=_seed_variable(), until_asked=_of_the_venue(config))
    return ReadConfig(tree=tree, config=config, origins=found, variables=tuple(_variables(config, workspace)))


def under_its_venue(read: ReadConfig, checked: Checked) -> ReadConfig:
    """Return a config with the terms that its venue gave when it was checked."""
    if checked.config is None:
        return read
    found = origins(read.tree.root, checked.config, seed_variable=_seed_variable(), venue=checked.venue)
    return attrs.evolve(read, config=checked.config, origins=found)


def require_sound(checked: Checked) -> None:
    """Refuse a config that a session could not start with.

    Raises
    ------
    ConfigError
        With everything that was found.
    """
    problems = (*checked.problems, *failed_checks(checked))
    if problems:
        raise ConfigError(f"{checked.name} cannot be used as its venue stands", problems=list(problems))


def failed_checks(checked: Checked) -> tuple[Problem, ...]:
    """Return what a venue was asked and failed."""
    failed = (check for check in checked.health[1:] if check.verdict is Verdict.FAILED)
    return tuple(Problem(path=check.name, message=check.text, hint=check.hint) for check in failed)


def _seed_variable() -> str:
    return paths.SEED_VARIABLE if paths.env_seed() else ""


def _of_the_venue(config: SessionConfig) -> frozenset[str]:
    """Return what the venue gives at the start of a session; a currency only where there is another to give."""
    if not is_outside(config):
        return frozenset()
    found = venue_paths(config)
    return found if config.account.conversions else frozenset(one for one in found if not one.endswith(".currency"))


def _variables(config: SessionConfig, workspace: Path) -> Iterator[Variable]:
    for part in used_parts(config):
        for name, where in where_set(workspace, credentials_of([part.config])).items():
            yield Variable(path=part.path, name=name, where=where)
