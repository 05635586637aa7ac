"""What is compared of a folder that a second run has made, and what is listed as left out."""

from __future__ import annotations

import pytest

from logos.backtest.folder_checks import added_checks, uncompared

FILES = {
    "state.jsonl": "",
    "config.yaml": "",
    "metrics.json": "{}\n",
    "equity.png": "picture",
    "logs/run.log": "12:00\n",
    "risk.json": "{\n1\n}\n",
    "plots/risk.png": "picture",
    "parts/one/config.yaml": "a: 1\n",
    "parts/one/notes.png": "picture",
}


@pytest.fixture
def folders(tmp_path):
    """Return a recorded folder and the same made again."""
    for side in ("recorded", "again"):
        for name, text in FILES.items():
            path = tmp_path / side / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return tmp_path / "recorded", tmp_path / "again"


def test_files_that_only_some_runs_have_are_compared_but_pictures_and_logs(folders):
    recorded, again = folders
    for name in ("equity.png", "logs/run.log", "plots/risk.png"):
        (recorded / name).write_text("other")
    assert [(check.name, check.records, check.fault) for check in added_checks(recorded, again, ())] == [
        ("parts/one/config.yaml", 1, ""),
        ("risk.json", 3, ""),
    ]
    assert [check.name for check in added_checks(recorded, again, ["risk.json"])] == ["parts/one/config.yaml"]


def test_a_difference_is_told_with_its_line_and_a_missing_file_too(folders):
    recorded, again = folders
    (recorded / "risk.json").write_text("{\n2\n}\n")
    (recorded / "parts/one/config.yaml").unlink()
    assert [check.fault for check in added_checks(recorded, again, ())] == [
        "parts/one/config.yaml line 1 is not there, and 'a: 1' when run again",
        "risk.json line 2 is '2', and '1' when run again",
    ]


@pytest.mark.parametrize("content", ["", "no event\n", None])
def test_the_journal_of_a_run_inside_the_folder_must_have_a_whole_chain(folders, content):
    recorded, again = folders
    (again / "parts/one/state.jsonl").write_text("{}\n")
    if content is not None:
        (recorded / "parts/one/state.jsonl").write_text(content)
    (fault,) = [check.fault for check in added_checks(recorded, again, ()) if check.fault]
    assert "state.jsonl" in fault


def test_what_no_check_has_looked_at_is_listed_by_folder_where_nothing_of_one_was(folders):
    recorded, _ = folders
    looked_at = {"state.jsonl", "config.yaml", "metrics.json", "risk.json", "parts/one/config.yaml"}
    assert list(uncompared(recorded, looked_at)) == ["equity.png", "logs/", "parts/one/notes.png", "plots/"]
    assert list(uncompared(recorded, looked_at - {"parts/one/config.yaml"})) == [
        "equity.png",
        "logs/",
        "parts/",
        "plots/",
    ]
