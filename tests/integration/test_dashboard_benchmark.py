"""The benchmark of the dashboard runs through, on little of everything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_the_benchmark_measures_every_page(
    repository: Path, tmp_path: Path, offline_environment: dict[str, str]
) -> None:
    found = tmp_path / "found.json"
    script = repository / "benchmarks" / "dashboard.py"
    done = subprocess.run(
        [sys.executable, str(script), "--quick", "--no-browser", "--json", str(found)],
        env=offline_environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(found.read_text(encoding="utf-8"))["rows"]
    assert [row["part"] for row in rows] == ["index"] * 2 + ["script"] * 7 + ["refresh"] * 4
    assert all(row["median"] > 0 for row in rows)
    goals = json.loads(done.stdout.splitlines()[-1])["goals"]
    assert {goal["verdict"] for goal in goals} <= {"met", "missed"}
    assert "Goals" in done.stdout
