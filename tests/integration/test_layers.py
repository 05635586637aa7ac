"""The floors of the house hold, and the contracts that say so would notice a breach."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

FLOORS = "A room imports only from floors below its own"
SEATS = "The seats rest on the vocabulary alone"
PORTFOLIO = "Of the portfolio, only its command reaches above the session"
SIBLINGS = "The core imports no sibling, and no sibling another"

BREACHES = {
    "the domain looks up to the session": ("domain/orders.py", "import logos.session.seats", FLOORS),
    "the context looks up to the seats": ("context/clock.py", "import logos.session.seats", FLOORS),
    "a breach hides in a function": ("domain/money.py", "def f(): import logos.cli", FLOORS),
    "the session reaches the live loop": ("session/seats.py", "import logos.live", FLOORS),
    "a sibling imports a sibling": ("risk/plugin.py", "import logos.brokers", SIBLINGS),
    "the core imports a sibling": ("assembly/__init__.py", "import logos.brokers", SIBLINGS),
    "the seats know a config": ("session/seats.py", "import logos.config", SEATS),
    "an allocator runs backtests": ("portfolio/allocator.py", "import logos.backtest.running", PORTFOLIO),
    "an allocator knows the guards": ("portfolio/allocator.py", "import logos.risk.config", SIBLINGS),
}


@pytest.fixture(scope="module")
def contracts(repository: Path, offline_environment: dict[str, str]) -> Callable[..., str]:
    """Return a function that reports the import contracts over the namespace that some folders span."""
    program = "from importlinter.cli import lint_imports_command as run; run()"
    settings = str(repository / "pyproject.toml")

    def report(*folders: Path) -> str:
        # Without the site module no .pth file is read: an editable installation would hide a copy of its sources.
        search = [*folders, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
        done = subprocess.run(
            [sys.executable, "-S", "-P", "-c", program, "--no-cache", "--config", settings],
            env={**offline_environment, "PYTHONPATH": os.pathsep.join(map(str, search))},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.stdout + done.stderr

    return report


@pytest.fixture
def copy(distributions: tuple[Path, ...], tmp_path: Path) -> Path:
    """Copy the namespace of all distributions into one folder, to be broken."""
    for folder in distributions:
        shutil.copytree(folder / "src" / "logos", tmp_path / "logos", dirs_exist_ok=True)
    return tmp_path


def test_every_contract_is_kept(contracts: Callable[..., str], distributions: tuple[Path, ...]) -> None:
    report = contracts(*(folder / "src" for folder in distributions))
    for contract in (FLOORS, SEATS, PORTFOLIO, SIBLINGS):
        assert f"{contract} KEPT" in report, report
    assert "0 broken" in report


@pytest.mark.parametrize(("module", "line", "contract"), BREACHES.values(), ids=BREACHES)
def test_a_breach_is_noticed(contracts: Callable[..., str], copy: Path, module: str, line: str, contract: str) -> None:
    with (copy / "logos" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    assert f"{contract} BROKEN" in contracts(copy)


def test_a_room_without_a_floor_is_noticed(contracts: Callable[..., str], copy: Path) -> None:
    (copy / "logos" / "attic").mkdir()
    (copy / "logos" / "attic" / "__init__.py").touch()
    report = contracts(copy)
    assert f"{FLOORS} BROKEN" in report
    assert f"{SIBLINGS} BROKEN" in report
