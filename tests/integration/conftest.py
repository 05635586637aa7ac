"""What the tests of the repository as a whole share."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def distributions(repository: Path) -> tuple[Path, ...]:
    """Return the folder of every distribution, in name order."""
    return tuple(sorted(found.parent for found in repository.glob("logos-*/pyproject.toml")))


@pytest.fixture(scope="session")
def rooms(distributions: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return every folder right below the namespace, over all distributions."""
    found = (place for folder in distributions for place in (folder / "src" / "logos").iterdir())
    return tuple(sorted(place for place in found if place.is_dir() and place.name != "__pycache__"))


@pytest.fixture(scope="session")
def settings_of_the_tools(repository: Path) -> dict[str, Any]:
    """Return the ``tool`` table of the root's pyproject.toml."""
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["tool"]


@pytest.fixture(scope="session")
def wheels(distributions: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build the wheel of every distribution and return them by distribution name."""
    shelf = tmp_path_factory.mktemp("wheels")
    built = {}
    for folder in distributions:
        target = shelf / folder.name
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        (built[folder.name],) = target.glob("*.whl")
    return built
