"""Sessions are read as they lie on the disk: whole, being written, or damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from logos.artifacts.readers import list_sessions, read_csv_rows, read_state
from logos.domain.errors import InputError, IntegrityError


def sessions(workspace: Path) -> Path:
    return workspace / "runs" / "live" / "sessions"


def test_sessions_are_listed_in_the_order_of_their_ids(workspace: Path, write_session: Callable[..., Path]) -> None:
    write_session("20231115-b", status="paused")
    write_session("20231114-a")
    first, second = list_sessions(sessions(workspace))
    assert (first.session_id, first.status, first.name) == ("20231114-a", "completed", "rehearsal")
    assert (first.bars, first.orders, first.fills, first.blocked) == (123_456, 20, 21, 3)
    assert (first.equity, first.currency, first.total_return) == ("101234.50000000", "USD", "0.01234500")
    assert (second.session_id, second.status) == ("20231115-b", "paused")


def test_a_workspace_without_sessions_lists_none(workspace: Path) -> None:
    assert list_sessions(sessions(workspace)) == []


def test_a_session_still_being_set_up_and_a_stray_file_are_left_out(
    workspace: Path, write_session: Callable[..., Path]
) -> None:
    write_session("20231114-a")
    write_session(".20231115-b.partial")
    (sessions(workspace) / "notes.txt").write_text("mine", encoding="utf-8")
    assert [row.session_id for row in list_sessions(sessions(workspace))] == ["20231114-a"]


def without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda state: state.pop(key)


def account(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda state: state["account"].update(changes)


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (without("session_id"), "session_id"),
        (without("account"), "account"),
        (without("counts"), "counts"),
        (lambda state: state.update(status="sleeping"), "sleeping"),
        (lambda state: state["counts"].update(bars="9"), "counts.bars"),
        (account(decimals=True), "decimals"),
        (account(equity=100.5), "equity"),
        (account(equity="NaN"), "NaN"),
        (account(equity="Infinity"), "Infinity"),
        (account(equity="1.5", decimals=0), "1.5"),
        (account(starting_cash="much"), "much"),
    ],
)
def test_a_damaged_snapshot_is_refused_with_the_fault_and_listed_as_unreadable(
    workspace: Path, write_session: Callable[..., Path], damage: Callable[[dict[str, Any]], object], fault: str
) -> None:
    folder = write_session("20231114-a")
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    damage(state)
    (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(IntegrityError, match=fault):
        read_state(folder)
    (row,) = list_sessions(sessions(workspace))
    assert row.status == "unreadable"
    assert fault in row.reason


@pytest.mark.parametrize("content", [b"", b'{"schema": 1, "sta', b"[1]", b"\xff\xfe", b'{"seed": NaN}', b"[" * 100_000])
def test_a_snapshot_that_is_no_object_is_unreadable(
    workspace: Path, write_session: Callable[..., Path], content: bytes
) -> None:
    folder = write_session("20231114-a")
    (folder / "state.json").write_bytes(content)
    with pytest.raises(IntegrityError, match=r"state\.json"):
        read_state(folder)
    assert list_sessions(sessions(workspace))[0].status == "unreadable"


def test_a_folder_without_a_snapshot_is_no_session(workspace: Path, write_session: Callable[..., Path]) -> None:
    folder = write_session("20231114-a")
    (folder / "state.json").unlink()
    with pytest.raises(InputError, match="no session"):
        read_state(folder)
    assert list_sessions(sessions(workspace))[0].reason


@pytest.fixture
def table(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "orders.csv"
        path.write_bytes(content)
        return path

    return write


def test_rows_have_the_columns_asked_for(table: Callable[[bytes], Path]) -> None:
    path = table(b'a,b,c\n1,"x,\n""y""",3\n4,5,6\r\n')
    assert list(read_csv_rows(path, ("c", "b"))) == [{"c": "3", "b": 'x,\n"y"'}, {"c": "6", "b": "5"}]


def test_a_table_cut_anywhere_yields_exactly_its_whole_rows(table: Callable[[bytes], Path]) -> None:
    rows = [b"a,b\n", b'1,"x,\n""y"""\n', "2,é\n".encode(), b"3,\n"]
    whole = b"".join(rows)
    ends = [sum(map(len, rows[: count + 1])) for count in range(len(rows))]
    for length in range(len(whole) + 1):
        found = list(read_csv_rows(table(whole[:length]), ("a", "b")))
        assert len(found) == max(0, sum(end <= length for end in ends) - 1), whole[:length]


def test_a_whole_row_of_the_wrong_length_is_named_by_its_line(table: Callable[[bytes], Path]) -> None:
    path = table(b'a,b\n1,"x\ny"\n1,2,3\n')
    with pytest.raises(IntegrityError, match="line 4"):
        list(read_csv_rows(path, ("a",)))


def test_a_missing_column_or_file_is_named(table: Callable[[bytes], Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column z"):
        list(read_csv_rows(table(b"a,b\n1,2\n"), ("a", "z")))
    with pytest.raises(InputError, match=r"none\.csv"):
        list(read_csv_rows(tmp_path / "none.csv", ("a",)))


def test_rows_that_are_no_text_are_named(table: Callable[[bytes], Path]) -> None:
    with pytest.raises(IntegrityError, match="line 2"):
        list(read_csv_rows(table(b"a\n\xff\n"), ("a",)))
