"""The comparison with other programs: Logos gives the exact answer, and the comparison sees when anybody does not."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Load = Callable[[str], ModuleType]


@pytest.fixture
def benchmarks(repository: Path) -> Path:
    """Return the folder of the benchmarks."""
    return repository / "benchmarks"


@pytest.fixture
def load(benchmarks: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Return what imports a script of the benchmarks; nothing of it stays behind."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(benchmarks))
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if name == "peers" or Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(benchmarks):
            del sys.modules[name]


def row(**changes: Any) -> dict[str, Any]:
    """Return a row of a run of Logos that is exact."""
    exact = {
        "part": "run",
        "program": "Logos",
        "label": "Logos, bar by bar",
        "given": 500_000,
        "bars": 500_000,
        "seconds": 2.0,
        "shell": 3.0,
        "memory": 200,
        "fills": 13_728,
        "equity": "85833.22961400",
        "answer": [13_728, "85833.22961400"],
    }
    return exact | changes


def test_plain_integers_give_the_documented_answer(load: Load) -> None:
    floors = load("floors")
    assert floors.answer("one", 500_000) == (13_728, "85833.22961400")


def test_ten_symbols_share_one_account_in_the_answer(load: Load) -> None:
    floors = load("floors")
    one, ten = floors.answer("one", 2_000), floors.answer("ten", 2_000)
    assert ten[0] > 5 * one[0]
    assert 90_000 < float(ten[1]) < 110_000


def test_logos_is_exact_from_the_shell_in_every_engine(load: Load, benchmarks: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    command = [sys.executable, str(benchmarks / "compare.py"), "--quick", "--programs", "logos", "--parts", "run,ten"]
    done = subprocess.run(
        [*command, "--no-pin", "--work", str(tmp_path), "--jsonl", str(rows)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = [json.loads(line) for line in rows.read_text().splitlines()]
    assert [(one["part"], one["label"]) for one in found] == [
        (part, label) for part in ("run", "ten") for label in load("ours").ENGINES.values()
    ]
    assert all([one["fills"], one["equity"]] == one["answer"] for one in found)
    assert [one["engine"] for one in found] == list(load("ours").ENGINES) * 2


@pytest.mark.parametrize(
    "change",
    [{"fills": 13_727}, {"equity": "85833.22961401"}, {"error": "no bars"}],
    ids=["a fill is missing", "the last decimal differs", "it did not run"],
)
def test_the_comparison_fails_where_logos_is_not_exact(load: Load, change: dict[str, Any]) -> None:
    compare = load("compare")
    assert compare.inexact([row()]) == []
    assert len(compare.inexact([row(), row(**change)])) == 1


def test_a_peer_that_differs_is_shown_and_fails_nothing(load: Load) -> None:
    compare, tables = load("compare"), load("tables")
    peer = row(program="backtrader", label="backtrader, bar by bar", fills=13_730, equity=85_831.36315)
    assert compare.inexact([peer]) == []
    assert "+2 fills, -1.8665" in tables.table("run", [peer])


def test_goals_name_what_was_missed_and_what_was_not_measured(load: Load) -> None:
    goals = load("goals")
    verdicts = {goal.what: goal.verdict for goal in goals.goals([row(seconds=2.0), row(label="Logos, array form")])}
    assert verdicts["Logos, bar by bar: bars/s"] == "met"
    assert verdicts["Logos, array form: bars/s"] == "missed"
    assert verdicts["Logos, bar by bar: against backtrader"] == "not measured"


def test_tables_go_between_the_marks_of_a_document(load: Load, tmp_path: Path) -> None:
    compare = load("compare")
    document = tmp_path / "page.md"
    document.write_text("before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n")
    compare.put(document, "new\n")
    assert document.read_text() == "before\n<!-- bench -->\n\nnew\n\n<!-- /bench -->\nafter\n"
