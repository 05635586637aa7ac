"""A disk that is full or not writable: a clear error, no traceback, and the session goes on once there is space."""

from __future__ import annotations

import subprocess

import pytest


@pytest.fixture
def small_disk(programs):
    """Return a function that puts a disk of so many KiB under ``runs``, and changes its size or makes it read-only."""
    runs = programs.workspace / "runs"
    runs.mkdir()
    mounted = False

    def mount(options: str) -> None:
        nonlocal mounted
        again = ["-o", "remount"] if mounted else []
        command = ["mount", "-t", "tmpfs", *again, "-o", options, "tmpfs", str(runs)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip("there is no program 'mount' here")
        if done.returncode:
            pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
        mounted = True

    yield mount
    if mounted:
        subprocess.run(["umount", str(runs)], check=True)


def same(wanted, found) -> None:
    assert [name for name in wanted if wanted[name] != found[name]] == []


@pytest.mark.parametrize("kib", [300, 900, 1800])
def test_a_full_disk_ends_the_session_with_a_clear_error_and_the_session_goes_on_with_space(
    programs, long_session, small_disk, kib
) -> None:
    lay, wanted, _length = long_session
    lay(programs)
    small_disk(f"size={kib}k")
    done = programs.run("trade", "--config", "session.yaml")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "error: cannot " in done.stderr
    assert str(programs.workspace / "runs" / "live" / "sessions") in done.stderr
    assert "No space left on device" in done.stderr
    assert "mend the disk and resume" in done.stderr
    assert "Traceback" not in done.stderr
    assert programs.run("sessions", "list").returncode == 0
    again = programs.run("trade", "--resume", "latest")
    assert again.returncode == 1
    assert "Traceback" not in again.stderr
    small_disk("size=64m")
    assert programs.run("trade", "--resume", "latest").returncode == 0
    same(wanted, programs.normalised())


def test_a_disk_too_small_for_a_session_leaves_no_session(programs, long_session, small_disk) -> None:
    lay, _wanted, _length = long_session
    lay(programs)
    small_disk("size=16k")
    done = programs.run("trade", "--config", "session.yaml")
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    listed = programs.run("sessions", "list")
    assert (listed.returncode, "There is no session" in listed.stdout) == (0, True)
    small_disk("size=64m")
    assert programs.run("trade", "--config", "session.yaml").returncode == 0


@pytest.mark.parametrize("limit", [60_000, 400_000])
def test_a_file_that_may_not_grow_ends_the_session_with_a_clear_error(programs, long_session, limit) -> None:
    lay, wanted, _length = long_session
    lay(programs)
    programs.limit = limit
    done = programs.run("trade", "--config", "session.yaml")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "error: cannot write " in done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    programs.limit = None
    assert programs.run("trade", "--resume", "latest").returncode == 0
    same(wanted, programs.normalised())


@pytest.mark.parametrize("blocked", ["runs", "runs/live", "runs/live/sessions", "logos", "logos/logs"])
def test_a_file_in_the_place_of_a_folder_is_named(programs, long_session, blocked) -> None:
    lay, _wanted, _length = long_session
    lay(programs)
    path = programs.workspace / blocked
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"in the way")
    done = programs.run("trade", "--config", "session.yaml")
    assert done.returncode in {1, 2}
    assert "error: cannot make the folder " in done.stderr
    assert str(path) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_read_only_disk_is_named_at_a_start_and_at_a_resume(programs, long_session, small_disk) -> None:
    lay, wanted, length = long_session
    lay(programs)
    small_disk("size=64m,ro")
    done = programs.run("trade", "--config", "session.yaml")
    assert done.returncode in {1, 2}
    assert "Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr
    small_disk("size=64m,rw")
    process = programs.begin("trade", "--config", "session.yaml")
    programs.await_size(process, length // 2)
    process.kill()
    programs.end(process)
    small_disk("size=64m,ro")
    done = programs.run("trade", "--resume", "latest")
    assert done.returncode in {1, 2}
    assert "Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr
    small_disk("size=64m,rw")
    assert programs.run("trade", "--resume", "latest").returncode == 0
    same(wanted, programs.normalised())
