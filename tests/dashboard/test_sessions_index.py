"""Which sessions there are: in truth, without reading one twice, and whatever their folders hold."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from logos import paths
from logos.artifacts import readers
from logos.live.folder import hold
from logos.ui.streamlit.data import sessions_index
from logos.ui.streamlit.data.sessions_index import is_held, latest_session, list_sessions

Write = Callable[..., Path]


def statuses(root: Path) -> dict[str, str]:
    return {one.session_id: one.status for one in list_sessions(root).value or ()}


def test_a_workspace_without_sessions_says_how_to_run_one(workspace: Path):
    for reading in (list_sessions(workspace), latest_session(workspace)):
        assert reading.state == "missing"
        assert "logos trade --fixtures" in reading.hint
    assert list(workspace.iterdir()) == []


def test_sessions_are_listed_newest_first_with_their_figures(workspace: Path, write_session: Write):
    write_session(workspace, "20260302-143000-a", status="paused")
    write_session(workspace, "20260303-143000-b", status="completed", rows=100)

    newest, oldest = list_sessions(workspace).value or ()

    assert (newest.session_id, newest.status, newest.currency) == ("20260303-143000-b", "completed", "USD")
    assert newest.equity == readers.read_state(paths.sessions_dir(workspace) / newest.session_id)["account"]["equity"]
    assert (oldest.session_id, oldest.status) == ("20260302-143000-a", "paused")


def test_a_session_that_no_program_holds_was_interrupted(workspace: Path, write_session: Write):
    folder = write_session(workspace, status="running")
    assert statuses(workspace) == {folder.name: "interrupted"}

    with hold(folder):
        assert is_held(folder) is True
        assert statuses(workspace) == {folder.name: "running"}

    assert is_held(folder) is False
    assert statuses(workspace) == {folder.name: "interrupted"}


def test_looking_at_a_lock_leaves_no_trace_and_takes_nothing_away(workspace: Path, write_session: Write):
    folder = write_session(workspace)
    before = sorted(folder.iterdir())
    assert is_held(folder) is False
    assert sorted(folder.iterdir()) == before
    with hold(folder):
        pass
    (folder / ".lock").chmod(0o444)
    stamp = (folder / ".lock").stat().st_mtime_ns
    assert is_held(folder) is False
    assert (folder / ".lock").stat().st_mtime_ns == stamp
    with hold(folder):  # nothing is left locked
        pass


def test_a_lock_that_cannot_be_looked_at_says_nothing(workspace: Path, write_session: Write):
    folder = write_session(workspace)
    (folder / ".lock").touch()
    with mock.patch.object(os, "open", side_effect=PermissionError(13, "Permission denied")):
        assert is_held(folder) is None
        assert statuses(workspace) == {folder.name: "running"}


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"session_id": "a"}', "\x00", '{"a": NaN}', "[" * 9_000])
def test_a_damaged_snapshot_is_listed_with_the_reason(workspace: Path, write_session: Write, content: str):
    write_session(workspace, "20260302-143000-good", status="completed")
    folder = write_session(workspace, "20260303-143000-bad")
    (folder / "state.json").write_text(content)

    bad, good = list_sessions(workspace).value or ()

    assert bad.status == "unreadable"
    assert "state.json" in bad.reason
    assert good.status == "completed"


def test_a_folder_without_a_snapshot_is_listed_too(workspace: Path):
    (paths.sessions_dir(workspace) / "20260302-143000-odd").mkdir(parents=True)
    (paths.sessions_dir(workspace) / ".20260302-143001-new").mkdir()

    (only,) = list_sessions(workspace).value or ()

    assert (only.session_id, only.status) == ("20260302-143000-odd", "unreadable")


def test_a_snapshot_is_read_once_a_change(workspace: Path, write_session: Write):
    folders = [write_session(workspace, f"2026030{day}-143000-x", status="completed") for day in (1, 2, 3)]
    list_sessions(workspace)
    with mock.patch.object(sessions_index, "session_row", wraps=readers.session_row) as read:
        list_sessions(workspace)
        assert read.call_count == 0
        write_session(workspace, folders[1].name, status="halted")
        assert statuses(workspace)[folders[1].name] == "halted"
        assert read.call_count == 1


def test_the_latest_is_what_the_link_or_the_pointer_file_says(workspace: Path, write_session: Write):
    first = write_session(workspace, "20260302-143000-a")
    write_session(workspace, "20260303-143000-b")
    pointer = paths.latest_session(workspace)
    assert getattr(latest_session(workspace).value, "name", "") == "20260303-143000-b"

    pointer.unlink()
    pointer.write_text(f"sessions/{first.name}\n")

    assert latest_session(workspace).value == first


@pytest.mark.parametrize("content", [None, b"sessions/gone\n", b"", b"\xff\xfe", b"\x00"])
def test_without_a_pointer_that_leads_anywhere_the_last_id_is_the_latest(
    workspace: Path, write_session: Write, content: bytes | None
):
    write_session(workspace, "20260302-143000-a")
    folder = write_session(workspace, "20260303-143000-b")
    pointer = paths.latest_session(workspace)
    pointer.unlink()
    if content is not None:
        pointer.write_bytes(content)

    reading = latest_session(workspace)

    assert reading.value == folder
    assert reading.state == "partial"


def test_a_folder_that_must_not_be_listed_is_told(workspace: Path, write_session: Write):
    write_session(workspace)
    with mock.patch.object(Path, "iterdir", side_effect=PermissionError(13, "Permission denied")):
        assert list_sessions(workspace).state == "damaged"
        assert latest_session(workspace).state == "damaged"
