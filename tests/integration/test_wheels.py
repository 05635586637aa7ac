"""What is inside the wheels, and that each of them does without the others."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def contents(wheels: dict[str, Path]) -> dict[str, list[str]]:
    """Return the paths inside each wheel, the metadata aside."""
    names = {}
    for distribution, wheel in wheels.items():
        with zipfile.ZipFile(wheel) as archive:
            names[distribution] = [name for name in archive.namelist() if ".dist-info/" not in name]
    return names


@pytest.fixture(scope="module")
def unpacked(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Unpack each wheel into a folder of its own, as an installer would."""
    folders = {}
    for distribution, wheel in wheels.items():
        folders[distribution] = tmp_path_factory.mktemp(distribution)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folders[distribution])
    return folders


@pytest.fixture(scope="module")
def run_with(offline_environment: dict[str, str]) -> Callable[[list[Path], str], subprocess.CompletedProcess[str]]:
    """Return a function that runs a script with some unpacked wheels and the installed dependencies.

    The editable sources are out of its sight: without the site module Python reads no .pth file.
    """

    def run(folders: list[Path], script: str) -> subprocess.CompletedProcess[str]:
        search = [*folders, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
        return subprocess.run(
            [sys.executable, "-S", "-P", "-c", script],
            env={**offline_environment, "PYTHONPATH": os.pathsep.join(map(str, search))},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def test_no_two_wheels_own_one_file(contents: dict[str, list[str]]) -> None:
    owners = Counter(name for names in contents.values() for name in set(names))
    assert [name for name, count in owners.items() if count > 1] == []


def test_wheels_hold_no_code_at_a_namespace_level(contents: dict[str, list[str]]) -> None:
    for names in contents.values():
        at_the_namespace = [name for name in names if name.count("/") < 2 and name != "_logos_boot.py"]
        assert at_the_namespace == []
        assert not {"logos/alpha/__init__.py", "logos/ui/__init__.py"} & set(names)


def test_wheels_hold_every_source_file_and_every_marker(
    contents: dict[str, list[str]],
    distributions: tuple[Path, ...],
) -> None:
    for folder in distributions:
        source = folder / "src"
        files = {
            found for found in (source / "logos").rglob("*") if found.is_file() and "__pycache__" not in found.parts
        }
        expected = {found.relative_to(source).as_posix() for found in files}
        assert expected
        assert set(contents[folder.name]) - {"_logos_boot.py"} == expected
        assert [name for name in expected if name.endswith("py.typed")]


def test_the_core_brings_the_console_script_and_its_first_step(
    contents: dict[str, list[str]],
    unpacked: dict[str, Path],
) -> None:
    assert "_logos_boot.py" in contents["logos-core"]
    (entry_points,) = unpacked["logos-core"].glob("*.dist-info/entry_points.txt")
    assert "logos = _logos_boot:main" in entry_points.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("alone", ["logos-core", "logos-brokers", "logos-dashboard", "logos-feeds", "logos-risk"])
def test_every_module_of_a_wheel_imports_with_the_core_alone(
    alone: str,
    contents: dict[str, list[str]],
    unpacked: dict[str, Path],
    run_with: Callable[[list[Path], str], subprocess.CompletedProcess[str]],
) -> None:
    # A door such as logos/live/__main__.py runs the program when it is imported under its own name only.
    names = [name for name in contents[alone] if name.endswith(".py") and not name.endswith("__main__.py")]
    modules = sorted(name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in names)
    folders = list(dict.fromkeys([unpacked["logos-core"], unpacked[alone]]))
    done = run_with(folders, f"import importlib\nfor name in {modules!r}: importlib.import_module(name)")
    assert done.returncode == 0, done.stderr


def test_the_namespace_spreads_over_all_installed_wheels(
    unpacked: dict[str, Path],
    run_with: Callable[[list[Path], str], subprocess.CompletedProcess[str]],
) -> None:
    folders = list(unpacked.values())
    done = run_with(folders, "import logos; print(*logos.__path__, sep='\\n')")
    assert done.stdout.splitlines() == [str(folder / "logos") for folder in folders]
