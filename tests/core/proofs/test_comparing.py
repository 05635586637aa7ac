"""Two folders of one session compared: only two cells may differ, and what else does is named by its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from logos.artifacts import schemas
from logos.proofs.comparing import Difference, compare

SUMMARY = """\
# Session demo

| Session              |                      |
| -------------------- | -------------------- |
| Status               | completed            |
| Started (wall clock) | 2024-03-04T14:30:00Z |
| Ended (wall clock)   | 2024-03-04T14:31:00Z |

The wall clock is no part of the record.
"""
DECISIONS = """\
timestamp,strategy,symbol,outcome,detail
2024-03-04T14:31:00Z,trend,ABC,ordered,
2024-03-04T14:35:00Z,trend,ABC,refused,"one, two"
"""
ACCOUNT = """\
timestamp,cash,equity
2024-03-04T14:31:00Z,100.00,100.00
2024-03-04T14:32:00Z,100.00,101.00
2024-03-04T14:33:00Z,100.00,102.00
"""


def event(seq: int, minute: int, kind: str, **values: object) -> str:
    return json.dumps({"seq": seq, "ts": f"2024-03-04T14:{minute}:00Z", "type": kind, **values}) + "\n"


JOURNAL = event(1, 30, "session_started", seed=7) + event(2, 32, "fill", price="10.00") + event(3, 34, "tick")
FILES = {
    schemas.SUMMARY_FILE: SUMMARY,
    schemas.DECISIONS_FILE: DECISIONS,
    schemas.ACCOUNT_FILE: ACCOUNT,
    schemas.JOURNAL_FILE: JOURNAL,
}


@pytest.fixture
def differences(tmp_path):
    """Return a function that compares the session with one in which some files are others."""

    def told(recorded: dict[str, str | None], replayed: dict[str, str | None] | None = None) -> list[Difference]:
        folders = []
        for name, changed in (("recorded", recorded), ("replayed", replayed or {})):
            folder: Path = tmp_path / name
            folder.mkdir()
            for file, text in {**FILES, **changed}.items():
                if text is not None:
                    (folder / file).write_bytes(text.encode())
            folders.append(folder)
        return compare(*folders)

    return told


def test_a_session_agrees_with_itself(differences) -> None:
    assert differences({}) == []


# -- the two cells of session.md -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "label", ["Started (wall clock) | 2024-03-04T14:30", "Ended (wall clock)   | 2024-03-04T14:31"]
)
def test_the_wall_clock_times_of_the_summary_may_differ(differences, label) -> None:
    assert label in SUMMARY
    changed = SUMMARY.replace(label, label[:-5] + "19:59")
    assert differences({schemas.SUMMARY_FILE: changed}) == []


CHANGED = {
    "the name of the cell": ("| Started (wall clock) |", "| Begun   (wall clock) |"),
    "the words of the cell": ("| Ended (wall clock)   |", "| Ended (wall  clock)  |"),
    "something before it": ("| Started (wall clock) |", ">| Started (wall clock) |"),
    "something behind it": ("14:31:00Z |", "14:31:00Z | late |"),
    "a cell without a value": ("| 2024-03-04T14:31:00Z |", "|                      |"),
    "two words": ("| 2024-03-04T14:31:00Z |", "| 2024-03-04 14:31:00Z |"),
    "one cell for the other": ("| Ended (wall clock)   |", "| Started (wall clock) |"),
    "a sentence of it": ("The wall clock is no part", "The (wall clock) is part"),
    "the line left out": ("| Ended (wall clock)   | 2024-03-04T14:31:00Z |\n", ""),
    "the line twice": (
        "| Ended (wall clock)   | 2024-03-04T14:31:00Z |\n",
        "| Ended (wall clock)   | 2024-03-04T14:31:00Z |\n" * 2,
    ),
    "the status": ("completed", "paused   "),
}


@pytest.mark.parametrize(("old", "new"), CHANGED.values(), ids=CHANGED)
def test_anything_else_of_the_summary_may_not(differences, old, new) -> None:
    assert old in SUMMARY
    (found,) = differences({schemas.SUMMARY_FILE: SUMMARY.replace(old, new, 1)})
    assert found.file == schemas.SUMMARY_FILE
    assert found.line == SUMMARY[: SUMMARY.index(old)].count("\n") + 1 + (new == old * 2)


def test_the_summary_may_not_be_missing(differences) -> None:
    (found,) = differences({schemas.SUMMARY_FILE: None})
    assert (found.file, found.line, found.recorded, found.replayed) == ("session.md", 1, "", "# Session demo")


@pytest.mark.parametrize("name", [schemas.DECISIONS_FILE, schemas.JOURNAL_FILE, schemas.ACCOUNT_FILE])
@pytest.mark.parametrize("row", ["2024-03-04T14:36:00Z,a,(wall clock),,\n", "| Started (wall clock) | then |\n"])
def test_an_appended_row_that_speaks_of_the_wall_clock_is_a_difference(differences, name, row) -> None:
    (found,) = differences({name: FILES[name] + row})
    assert (found.file, found.line) == (name, FILES[name].count("\n") + 1)
    assert found.replayed == ""
    assert found.recorded == row.rstrip("\n")


# -- places --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [2, 3, 4])
def test_a_changed_row_is_named_by_its_line_field_and_values(differences, line) -> None:
    rows = ACCOUNT.splitlines(keepends=True)
    wanted = rows[line - 1].split(",")[1]
    rows[line - 1] = rows[line - 1].replace(f",{wanted},", ",555.00,")
    (found,) = differences({schemas.ACCOUNT_FILE: "".join(rows)})
    assert (found.line, found.field, found.recorded, found.replayed) == (line, "cash", "555.00", "100.00")
    assert found.timestamp == f"2024-03-04T14:{29 + line}:00Z"
    assert found.event == "row of account.csv"


def test_a_changed_head_is_named(differences) -> None:
    (found,) = differences({schemas.ACCOUNT_FILE: ACCOUNT.replace("cash", "money", 1)})
    assert found.line == 1


def test_a_lacking_row_is_named_at_its_place(differences) -> None:
    (found,) = differences({schemas.ACCOUNT_FILE: ACCOUNT.rpartition("2024")[0]})
    assert (found.line, found.field, found.recorded) == (4, "", "")
    assert found.replayed == "2024-03-04T14:33:00Z,100.00,102.00"
    assert found.timestamp == "2024-03-04T14:33:00Z"


def test_a_row_with_one_cell_more_is_a_difference(differences) -> None:
    (found,) = differences({schemas.ACCOUNT_FILE: ACCOUNT.replace(",101.00", ",101.00,7")})
    assert found.line == 3
    assert found.recorded != found.replayed


def test_a_row_that_differs_in_its_quotes_alone_is_a_difference(differences) -> None:
    (found,) = differences({schemas.DECISIONS_FILE: DECISIONS.replace("ordered", '"ordered"')})
    assert found.line == 2
    assert found.recorded != found.replayed


@pytest.mark.parametrize("end", ["\r\n", ""])
def test_other_line_ends_are_a_difference(differences, end) -> None:
    (found,) = differences({schemas.ACCOUNT_FILE: ACCOUNT[:-1] + end})
    assert (found.file, found.line) == ("account.csv", 4)


def test_the_time_told_is_that_of_the_replayed_row(differences) -> None:
    changed = ACCOUNT.replace("14:32:00Z", "23:59:00Z")
    (found,) = differences({schemas.ACCOUNT_FILE: changed})
    assert found.timestamp == "2024-03-04T14:32:00Z"
    assert (found.field, found.recorded) == ("timestamp", "2024-03-04T23:59:00Z")


def test_an_edited_event_is_named_by_line_kind_field_and_the_replayed_time(differences) -> None:
    edited = JOURNAL.replace('"ts": "2024-03-04T14:32:00Z"', '"ts": "1999-01-01T00:00:00Z"')
    (found,) = differences({schemas.JOURNAL_FILE: edited})
    assert (found.line, found.event, found.field) == (2, "fill", "ts")
    assert found.timestamp == "2024-03-04T14:32:00Z"


def test_an_event_that_is_no_json_is_shown_as_it_is(differences) -> None:
    (found,) = differences({schemas.JOURNAL_FILE: JOURNAL.replace('{"seq": 2', '{"seq" 2')})
    assert (found.line, found.event, found.field) == (2, "fill", "")
    assert found.recorded.startswith('{"seq" 2')


def test_the_earliest_by_the_replayed_time_is_told_first(differences) -> None:
    found = differences(
        {
            schemas.ACCOUNT_FILE: ACCOUNT.replace("2024-03-04T14:33:00Z,100.00", "1999-01-01T00:00:00Z,100.00"),
            schemas.DECISIONS_FILE: DECISIONS.replace("ordered", "blocked"),
            schemas.JOURNAL_FILE: JOURNAL.replace('"10.00"', '"10.01"'),
            schemas.SUMMARY_FILE: SUMMARY.replace("demo", "other"),
        }
    )
    assert [one.file for one in found] == ["decisions.csv", "state.jsonl", "account.csv", "session.md"]
