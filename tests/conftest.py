"""What every test stands on: no network, a clean environment, a workspace of its own, and the shared data."""

from __future__ import annotations

import copy
import os
import runpy
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import logos.testing.plugin  # noqa: F401 - registers the kit's contracts for assertion rewriting, before any is imported
from logos.context import redaction

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"
"""Material that is not part of the repository: real minute bars, and records of venues. Named here and nowhere else."""

# No connection that is not loopback, from here on and in every process that a test starts.
OFFLINE = Path(__file__).with_name("offline")
runpy.run_path(str(OFFLINE / "sitecustomize.py"))

# The fixture ``venues``: exchanges and Yahoo on loopback. Its modules import one another, so they are a package here.
sys.path.append(str(Path(__file__).parent))
pytest_plugins = ("venue.plugin",)

# The same examples on every machine, no verdict by the stop-watch, and no database of failures in the tree.
settings.register_profile("logos", derandomize=True, deadline=None, database=None)
settings.load_profile("logos")


def pytest_configure() -> None:
    """Take from the environment what would change a result, before the first module is imported."""
    for name in ("LOGOS_HOME", "LOGOS_SEED", "FORCE_COLOR", "COLUMNS"):
        os.environ.pop(name, None)
    os.environ["MPLBACKEND"] = "agg"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the proofs that take long, unless they are asked for; each has a sample in the suite."""
    if os.environ.get("LOGOS_LONG") == "1":
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def _known_secrets_apart() -> Iterator[None]:
    before = redaction.KNOWN
    redaction.KNOWN = copy.copy(before)  # what it holds is replaced, never changed
    yield
    redaction.KNOWN = before


# What a test makes known as a secret is masked in no other test, and what a module's fixture does, in no other module.
_known_to_a_module = pytest.fixture(_known_secrets_apart, scope="module", autouse=True)
_known_to_a_test = pytest.fixture(_known_secrets_apart, autouse=True)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real data, or skip the test where the checkout stands alone."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip(f"the shared data is not here: {folder} is not a folder")
    return folder


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a new, empty workspace that is both LOGOS_HOME and the current folder."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.setenv("LOGOS_HOME", str(folder))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def offline_environment() -> dict[str, str]:
    """Return the environment for a process of its own: offline, plain text, and nothing of Logos set."""
    search = os.pathsep.join(part for part in (str(OFFLINE), os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, "PYTHONPATH": search, "PYTHONUTF8": "1", "NO_COLOR": "1"}


@pytest.fixture
def logos_cli(
    workspace: Path,
    offline_environment: dict[str, str],
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs the installed ``logos`` in the workspace.

    ``logos_cli("trade", "--fixtures", env={…}, cwd=…, timeout=…)`` waits for it and returns what it printed and its
    exit code, which the test has to look at.
    """
    program = Path(sysconfig.get_path("scripts")) / "logos"

    def run(
        *arguments: str | Path,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(program), *map(str, arguments)],
            cwd=cwd or workspace,
            env={**offline_environment, "LOGOS_HOME": str(cwd or workspace), **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )

    return run
