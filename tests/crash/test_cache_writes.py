"""``logos data import`` on a disk that is full, or a file that may not grow: a clear error, and the cache as it was."""

from __future__ import annotations

import subprocess

import pytest

HEADER = "timestamp,open,high,low,close,volume\n"
ARGUMENTS = ("--symbol", "BTC-USD", "--interval", "1m", "--asset-class", "crypto")


def rows(first: int, count: int) -> str:
    """Return bars of minutes in a row whose prices do not compress away."""
    lines = []
    for minute in range(first, first + count):
        price = 10_000 + minute * 7_919 % 6_007
        stamp = f"2026-01-{1 + minute // 1440:02}T{minute // 60 % 24:02}:{minute % 60:02}:00Z"
        lines.append(f"{stamp},{price},{price + 1}.{minute % 97},{price - 1}.5,{price},{minute * 31 % 1009}.25\n")
    return "".join(lines)


@pytest.fixture
def cache(programs):
    """Return the cache folder of the workspace, on a disk of its own, and what changes that disk."""
    folder = programs.workspace / "data" / "cache"
    folder.mkdir(parents=True)
    mounted = False

    def mount(options: str) -> None:
        nonlocal mounted
        again = ["-o", "remount"] if mounted else []
        command = ["mount", "-t", "tmpfs", *again, "-o", options, "tmpfs", str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip("there is no program 'mount' here")
        if done.returncode:
            pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
        mounted = True

    yield folder, mount
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


def imported(programs, name: str, text: str):
    (programs.workspace / name).write_text(HEADER + text)
    return programs.run("data", "import", name, *ARGUMENTS)


def test_a_full_disk_leaves_the_old_file(programs, cache) -> None:
    folder, mount = cache
    mount("size=200k")
    assert imported(programs, "first.csv", rows(0, 2_000)).returncode == 0
    file = folder / "crypto" / "BTC-USD-1m.parquet"
    before = file.read_bytes()
    done = imported(programs, "second.csv", rows(2_000, 12_000))
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"error: cannot write {file}: No space left on device" in done.stderr
    assert "as it was" in done.stderr
    assert "Traceback" not in done.stderr
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.iterdir()) == [".BTC-USD-1m.lock", file.name]
    mount("size=64m")
    assert imported(programs, "second.csv", rows(2_000, 12_000)).returncode == 0


def test_a_read_only_disk_is_named(programs, cache) -> None:
    _, mount = cache
    mount("size=1m,ro")
    done = imported(programs, "first.csv", rows(0, 10))
    assert done.returncode == 1
    assert "Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_may_not_grow_leaves_the_old_one(programs) -> None:
    assert imported(programs, "first.csv", rows(0, 1_000)).returncode == 0
    file = programs.workspace / "data" / "cache" / "crypto" / "BTC-USD-1m.parquet"
    before = file.read_bytes()
    (programs.workspace / "second.csv").write_text(HEADER + rows(1_000, 20_000))
    programs.limit = 100_000
    done = programs.run("data", "import", "second.csv", *ARGUMENTS)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "error: cannot write " in done.stderr
    assert "File too large" in done.stderr
    assert file.read_bytes() == before


def test_a_file_in_the_place_of_a_folder_is_named(programs) -> None:
    (programs.workspace / "data").write_text("in the way")
    done = imported(programs, "first.csv", rows(0, 10))
    assert done.returncode == 1
    assert "error: cannot make the folder " in done.stderr
    assert "Traceback" not in done.stderr
