"""``logos lessons``: what it prints, and what it leaves where it cannot go on."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from importlib.metadata import EntryPoint

import attrs
import pytest

from logos.cli.app import run
from logos.domain.errors import PluginError, StorageError
from logos.live.disk import Disk
from logos.plugins.loading import installed_entry_points
from logos.plugins.registry import load_registry
from logos.ui.lessons import classroom, running
from logos.ui.lessons.catalogue import LESSONS, find_lesson
from logos.ui.lessons.running import run_lesson


def nothing_kept(root) -> bool:
    return [path for path in root.rglob("*") if not path.is_dir()] == [] and not list(root.glob("runs/lessons/*/*"))


def test_the_lessons_are_listed(workspace, capsys):
    assert run(["lessons", "list"]) == 0
    printed = capsys.readouterr().out
    assert all(lesson.name in printed and lesson.title in printed for lesson in LESSONS)
    assert run(["lessons", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["lessons"]
    assert [one["name"] for one in listed] == ["first_session", "guards", "honest_backtest"]
    assert nothing_kept(workspace)


def test_a_lesson_that_does_not_exist_is_answered_with_the_nearest(workspace, capsys):
    assert run(["lessons", "run", "gards"]) == 2
    assert "Did you mean 'guards'?" in capsys.readouterr().err
    assert nothing_kept(workspace)


def test_a_lesson_is_run_below_another_folder_and_printed_for_programs(workspace, tmp_path, capsys):
    elsewhere = tmp_path / "elsewhere"
    assert run(["lessons", "run", "guards", "--output", str(elsewhere), "--json"]) == 0
    captured = capsys.readouterr()
    printed = json.loads(captured.out)
    assert captured.err == ""
    assert (elsewhere / printed["transcript"]).is_file()
    assert (elsewhere / printed["glossary"]).is_file()
    assert all((elsewhere / name).is_file() for name in printed["plots"])
    assert list(workspace.iterdir()) == []


def test_the_end_says_where_the_transcript_lies_and_what_shows_it(workspace, capsys):
    assert run(["lessons", "run", "first-session"]) == 0
    captured = capsys.readouterr()
    (folder,) = (workspace / "runs/lessons/first_session").iterdir()
    assert f"runs/lessons/first_session/{folder.name}/transcript.md" in captured.out
    assert "logos dashboard" in captured.out


def test_listing_lessons_loads_nothing_heavy(offline_environment):
    code = (
        "import sys\n"
        "from logos.cli.app import run\n"
        "assert run(['lessons', 'list', '--json']) == 0\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'matplotlib', 'streamlit', 'plotly', 'yaml', 'rich.console'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=offline_environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "without", "asked"),
    [
        ("guards", {"logos-brokers", "logos-risk"}, ("pip install logos-brokers", "pip install logos-risk")),
        ("first_session", {"logos-risk"}, ("pip install logos-risk",)),
        ("honest_backtest", {"logos-brokers"}, ("pip install logos-brokers",)),
    ],
)
def test_what_is_missing_is_named_with_the_command_that_brings_it(tmp_path, lesson_setup, name, without, asked):
    def kept(point: EntryPoint) -> bool:
        return point.dist is None or point.dist.name not in without

    registry = load_registry([point for point in installed_entry_points() if kept(point)])
    with pytest.raises(PluginError) as raised:
        run_lesson(lesson_setup(tmp_path, registry=registry), find_lesson(name))
    assert all(text in raised.value.hint for text in asked)
    assert raised.value.exit_code == 2
    assert nothing_kept(tmp_path)


# -- no half lesson ------------------------------------------------------------------------------------------------


class FullDisk(Disk):
    """Has room for so many files."""

    def __init__(self, room: int) -> None:
        super().__init__(hint=running._HINT)
        self.room = room

    def _write_whole(self, path, data):
        self.room -= 1
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super()._write_whole(path, data)


@pytest.mark.parametrize("room", [0, 3, 20])
def test_a_full_disk_is_told_and_nothing_of_the_lesson_is_kept(tmp_path, lesson_setup, room):
    with pytest.raises(StorageError, match="No space left on device") as raised:
        run_lesson(lesson_setup(tmp_path, disk=FullDisk(room)), find_lesson("guards"))
    assert "Nothing of this lesson was kept" in raised.value.hint
    assert nothing_kept(tmp_path)


def test_a_picture_that_cannot_be_written_is_told_too(tmp_path, lesson_setup, monkeypatch):
    def full(*_words, **_more):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("logos.ui.lessons.guards.draw_curves", full)
    with pytest.raises(StorageError, match="No space left on device"):
        run_lesson(lesson_setup(tmp_path), find_lesson("guards"))
    assert nothing_kept(tmp_path)


def test_a_workspace_that_cannot_be_written_is_told(workspace, capsys):
    (workspace / "runs").touch()  # as good as read-only, also for the superuser
    assert run(["lessons", "run", "guards"]) == 1
    printed = capsys.readouterr().err
    assert "cannot make the folder" in printed
    assert "--output" in printed
    assert (workspace / "runs").is_file()


def impatient(*_progress: object) -> None:
    """Press Ctrl-C."""
    signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    ("lesson", "target", "attribute"),
    [("guards", classroom.launch, "start"), ("honest_backtest", classroom, "run_sweep")],
)
def test_an_interrupt_that_a_run_obeys_ends_the_lesson_too(workspace, capsys, monkeypatch, lesson, target, attribute):
    really = getattr(target, attribute)

    def interrupted(setup, *words, **more):
        return really(attrs.evolve(setup, progress=impatient), *words, **more)

    monkeypatch.setattr(target, attribute, interrupted)
    assert run(["lessons", "run", lesson]) == 130
    assert "Interrupted." in capsys.readouterr().err
    assert nothing_kept(workspace)


def test_a_backtest_that_was_interrupted_ends_the_lesson(workspace, capsys, monkeypatch):
    really = classroom.run_backtest
    monkeypatch.setattr(
        classroom, "run_backtest", lambda *words, **more: attrs.evolve(really(*words, **more), status="interrupted")
    )
    assert run(["lessons", "run", "honest_backtest", "--json"]) == 130
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "interrupted"
    assert nothing_kept(workspace)


def test_an_interrupt_between_runs_ends_it(workspace, monkeypatch):
    monkeypatch.setattr("logos.ui.lessons.guards.draw_curves", lambda *_words, **_more: impatient())
    assert run(["lessons", "run", "guards"]) == 130
    assert nothing_kept(workspace)


TERMINATED = """
import os, signal, sys, time
from logos.cli.app import run
from logos.ui.lessons import guards

def hold(*_words, **_more):
    print("half a lesson", flush=True)
    time.sleep(60)

guards.draw_curves = hold
sys.exit(run(["lessons", "run", "guards"]))
"""


def test_a_lesson_that_is_terminated_leaves_nothing_behind(workspace, offline_environment):
    environment = {**offline_environment, "LOGOS_HOME": str(workspace)}
    with subprocess.Popen(
        [sys.executable, "-c", TERMINATED], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "half a lesson\n", process.stderr.read()
            assert not nothing_kept(workspace)
            process.terminate()
            _, told = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Interrupted." in told
    assert nothing_kept(workspace)


def test_two_lessons_within_one_second_lie_side_by_side(tmp_path, lesson_setup, monkeypatch):
    monkeypatch.setattr(running, "_taught", lambda *_words: ((), 0))
    setup = lesson_setup(tmp_path)
    names = [run_lesson(setup, find_lesson("guards")).folder.name for _ in range(3)]
    assert names == ["20260302-143100", "20260302-143100-2", "20260302-143100-3"]
