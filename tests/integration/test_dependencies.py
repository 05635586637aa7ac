"""A distribution imports only what it declares: a library that comes along with another one may leave with it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

DISTRIBUTIONS = ("logos-core", "logos-brokers", "logos-dashboard", "logos-feeds", "logos-risk")

BY_NAME = ("import_module", "library")
"""Functions that import a library by its name."""


def imported_by(module: Path) -> Iterator[str]:
    """Yield the top-level names that a module imports, in functions and for annotations too."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BY_NAME:
            names = (argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant))
            yield from (name.partition(".")[0] for name in names)


def declared_by(folder: Path) -> set[str]:
    """Return the names of what a distribution depends on, with and without its extras."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [
        *project["dependencies"],
        *(line for extra in project.get("optional-dependencies", {}).values() for line in extra),
    ]
    return {re.split(r"[^\w.-]", line)[0].lower() for line in lines}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_what_a_distribution_imports_it_declares(distribution: str, repository: Path) -> None:
    owners = packages_distributions()
    declared = declared_by(repository / distribution)
    undeclared = {}
    for module in sorted((repository / distribution / "src").rglob("*.py")):
        for name in set(imported_by(module)) - sys.stdlib_module_names - {"logos", "_logos_boot"}:
            if not declared & {owner.lower().replace("_", "-") for owner in owners.get(name, [name])}:
                undeclared.setdefault(name, str(module.relative_to(repository)))
    assert undeclared == {}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_what_a_distribution_declares_it_imports(distribution: str, repository: Path) -> None:
    owners = packages_distributions()
    names = {name for module in (repository / distribution / "src").rglob("*.py") for name in imported_by(module)}
    used = {owner.lower().replace("_", "-") for name in names for owner in owners.get(name, [])}
    assert declared_by(repository / distribution) - {"logos-core"} - used == set()
