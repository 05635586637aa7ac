"""The comparison with other portfolio libraries: it runs, and it sees weights that differ and goals that are missed."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def portfolio(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Return the script of the comparison; nothing of it stays behind."""
    before, folder = set(sys.modules), repository / "benchmarks"
    monkeypatch.syspath_prepend(str(folder))
    yield importlib.import_module("portfolio")
    for name in set(sys.modules) - before:
        where = getattr(sys.modules[name], "__file__", None)
        if name in {"peers", "portfolio_peers"} or Path(where or "/").is_relative_to(folder):
            del sys.modules[name]


def row(program: str, seconds: float, **changes: Any) -> dict[str, Any]:
    """Return a row of HRP on 20 assets."""
    made = {"part": "020", "method": "hrp", "program": program, "way": "one call", "version": "1", "seconds": seconds}
    return {**made, "least": seconds, "greatest": seconds, "weights": np.array([0.25, 0.75]), **changes}


def test_the_comparison_runs_our_own_part(repository: Path, tmp_path: Path) -> None:
    found, page = tmp_path / "found.json", tmp_path / "page.md"
    command = [sys.executable, str(repository / "benchmarks" / "portfolio.py"), "--quick", "--no-pin"]
    done = subprocess.run(
        [*command, "--json", str(found), "--markdown", str(page)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(found.read_text())
    assert {(one["part"], one["method"]) for one in told["rows"]} == {
        ("020", "hrp"),
        ("020", "risk_parity"),
        *(("walk", name) for name in ("hrp", "risk_parity", "min_variance", "inverse_volatility")),
    }
    assert told["left_out"] == ["skfolio", "PyPortfolioOpt", "Riskfolio-Lib"]
    assert told["wrong"] == []
    assert "### Portfolio methods" in page.read_text()
    assert "\nGoals" not in done.stdout
    assert "No environments were given, so nothing is compared. Give --envs FOLDER" in done.stdout
    assert json.loads(done.stdout.splitlines()[-1])["goals"] == []


def test_weights_that_should_agree_and_do_not_are_told(portfolio: ModuleType) -> None:
    ours, variant = row("Logos", 0.001, way="distance: correlation"), row("Logos", 0.002, way="distance: paper")
    near = row("PyPortfolioOpt", 0.01, weights=np.array([0.25 + 1e-12, 0.75 - 1e-12]))
    far = row("Riskfolio-Lib", 0.02, weights=np.array([0.26, 0.74]))
    assert portfolio.compare([ours, variant, near]) == []
    wrong = portfolio.compare([ours, variant, near, far])
    assert wrong == ["hrp, 20 assets: Riskfolio-Lib, one call, is 1.0e-02 off the weights of Logos"]
    variant["weights"] = np.array([0.5, 0.5])
    assert portfolio.compare([ours, variant, near]) == []


def test_goals_hold_our_default_against_the_fastest_of_the_others(portfolio: ModuleType) -> None:
    rows = portfolio.medians(
        [
            *(row("Logos", seconds, way="distance: paper") for seconds in (0.003, 0.001, 0.002)),
            row("Logos", 0.0005, way="distance: correlation"),
            row("skfolio", 0.004),
            row("Riskfolio-Lib", 0.008),
        ]
    )
    (goal,) = portfolio.goals(rows)
    assert (goal["ours"], goal["best"], goal["program"]) == (0.002, 0.004, "skfolio, one call")
    assert (goal["ratio"], goal["met"]) == (2.0, True)
    (goal,) = portfolio.goals([one | {"part": "walk"} for one in rows])
    assert (goal["wanted"], goal["met"]) == (5.0, False)
