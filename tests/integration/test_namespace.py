"""The namespace ``logos`` belongs to no distribution: breaking one of these rules breaks every other one."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest

NAMESPACES = ("logos", "logos/alpha", "logos/ui")


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_a_namespace_folder_holds_nothing_but_packages(distributions: tuple[Path, ...], namespace: str) -> None:
    places = [folder / "src" / namespace for folder in distributions]
    files = [str(entry) for place in places if place.is_dir() for entry in place.iterdir() if entry.is_file()]
    assert files == []


def test_the_core_has_a_source_folder_in_the_namespace(rooms: tuple[Path, ...]) -> None:
    assert {"cli", "domain", "session"} <= {room.name for room in rooms}


def test_every_room_is_a_typed_package(rooms: tuple[Path, ...]) -> None:
    packages = [room for room in rooms if room.name not in {"alpha", "ui"}]
    for room in packages:
        assert (room / "py.typed").is_file(), f"{room} has no py.typed"
        assert (room / "__init__.py").is_file(), f"{room} has no __init__.py"


def test_every_package_says_what_it_is(rooms: tuple[Path, ...]) -> None:
    for init in (found for room in rooms for found in room.rglob("__init__.py")):
        assert ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))), f"{init} has no docstring"


def test_no_two_distributions_own_one_room(rooms: tuple[Path, ...]) -> None:
    names = [room.name for room in rooms if room.name not in {"alpha", "ui"}]
    assert sorted(set(names)) == sorted(names)


def test_every_distribution_is_checked_by_ruff_and_mypy(
    distributions: tuple[Path, ...],
    settings_of_the_tools: dict[str, Any],
    repository: Path,
) -> None:
    sources = {f"{folder.name}/src" for folder in distributions}
    ruff, mypy = settings_of_the_tools["ruff"], settings_of_the_tools["mypy"]
    assert set(ruff["src"]) == sources
    shared = {f"{source}/{name}" for source in sources for name in NAMESPACES if (repository / source / name).is_dir()}
    assert set(ruff["namespace-packages"]) == shared
    assert set(mypy["files"]) == sources
    assert set(mypy["mypy_path"]) == {f"$MYPY_CONFIG_FILE_DIR/{source}" for source in sources}
    assert mypy["strict"] is True


def test_every_distribution_is_built_tested_and_declared_alike(
    distributions: tuple[Path, ...],
    repository: Path,
) -> None:
    sessions = (repository / "noxfile.py").read_text(encoding="utf-8")
    for folder in distributions:
        settings = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        assert settings["build-system"]["build-backend"] == "hatchling.build"
        assert settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["src/logos"]
        assert "dev-mode-exact" not in settings["tool"]["hatch"]["build"]
        assert settings["project"]["name"] == folder.name
        assert "logos.v1" in settings["project"]["entry-points"]
        assert f'"{folder.name}"' in sessions
        assert (repository / "tests" / folder.name.removeprefix("logos-")).is_dir()


def test_siblings_declare_the_core_and_no_other_sibling(distributions: tuple[Path, ...]) -> None:
    for folder in distributions:
        settings = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        needed = {line.split(">")[0] for line in settings["project"]["dependencies"] if line.startswith("logos-")}
        assert needed == (set() if folder.name == "logos-core" else {"logos-core"})


def test_ci_runs_the_very_command_that_the_readme_gives(repository: Path) -> None:
    command = (repository / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1]
    assert command.endswith("/nox")
    assert command in (repository / "README.md").read_text(encoding="utf-8").splitlines()
