"""The disk: what is replaced is the old file whole or the new one whole, and a failure says what to do."""

from __future__ import annotations

import errno
import os

import pytest

from logos.domain.errors import StorageError
from logos.live.appending import Appender
from logos.live.disk import Disk

OLD, NEW = b"old content\n", b"new content that is longer\n"


class FullDisk(Disk):
    """Takes so many more bytes, then none."""

    def __init__(self, free: int) -> None:
        self.free = free

    def append(self, descriptor, data, path) -> None:
        fits = data[: self.free]
        self.free -= len(fits)
        super().append(descriptor, fits, path)
        if len(fits) < len(data):
            raise StorageError(f"cannot write {path}: {os.strerror(errno.ENOSPC)}")


@pytest.mark.parametrize("free", [0, 1, len(NEW) - 1])
def test_a_replacement_that_finds_the_disk_full_leaves_the_old_file_whole(tmp_path, free) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(OLD)
    with pytest.raises(StorageError, match="No space left"):
        FullDisk(free).replace(path, NEW)
    assert path.read_bytes() == OLD


def test_a_replacement_is_tried_again_over_what_a_failed_one_has_left(tmp_path) -> None:
    path = tmp_path / "state.json"
    with pytest.raises(StorageError):
        FullDisk(len(NEW) - 1).replace(path, NEW)
    Disk().replace(path, OLD)
    assert path.read_bytes() == OLD
    assert [found.name for found in tmp_path.iterdir()] == ["state.json"]


def test_a_replacement_that_fails_leaves_nothing_beside_the_old_file(tmp_path) -> None:
    with pytest.raises(StorageError):
        FullDisk(len(NEW) - 1).replace(tmp_path / "report.html", NEW)
    assert list(tmp_path.iterdir()) == []


def test_the_hint_of_an_error_is_that_of_whoever_writes(tmp_path) -> None:
    with pytest.raises(StorageError) as caught:
        Disk(hint="Buy a larger one").open_append(tmp_path / "no folder" / "file")
    assert caught.value.hint == "Buy a larger one"


def test_the_errors_of_the_operating_system_say_what_failed_and_what_to_do(tmp_path, monkeypatch) -> None:
    def no_space(_descriptor, _data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "trades.csv"
    file = Appender(Disk(), path, 0)
    file.add(b"1,2\n")
    monkeypatch.setattr(os, "write", no_space)
    with pytest.raises(StorageError, match=r"cannot write .*trades\.csv: No space left on device\. .*resume"):
        file.flush()
    monkeypatch.undo()
    file.close()


@pytest.mark.parametrize(
    ("what", "action"),
    [
        ("make the folder", lambda disk, path: disk.make_folder(path / "inner")),
        ("make the folder", lambda disk, path: disk.claim_folder(path / "inner")),
        ("open", lambda disk, path: disk.open_append(path / "inner")),
        ("cut back", lambda disk, path: disk.cut(path / "inner", 0)),
        ("write", lambda disk, path: disk.replace(path / "inner", b"")),
        ("rename", lambda disk, path: disk.rename_folder(path / "inner", path / "other")),
    ],
)
def test_no_action_leaks_an_error_of_the_operating_system(tmp_path, what, action) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"not a folder")
    with pytest.raises(StorageError, match=f"cannot {what} "):
        action(Disk(), file)


def test_a_write_that_takes_only_some_bytes_is_continued(tmp_path, monkeypatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data[:3])))
    file = Appender(Disk(), tmp_path / "trades.csv", 0)
    file.add(NEW)
    file.flush()
    file.close()
    assert (tmp_path / "trades.csv").read_bytes() == NEW


def test_a_folder_is_claimed_once(tmp_path) -> None:
    assert Disk().claim_folder(tmp_path / "a" / "b")
    assert not Disk().claim_folder(tmp_path / "a" / "b")


def test_a_pointer_is_replaced_whole_and_is_a_file_where_there_are_no_links(tmp_path, monkeypatch) -> None:
    link = tmp_path / "latest"
    for target in ("one", "two"):
        Disk().point(link, target)
        assert os.readlink(link) == target  # noqa: PTH115 -- the link's own text
    monkeypatch.setattr("pathlib.Path.symlink_to", lambda *_: (_ for _ in ()).throw(NotImplementedError))
    Disk().point(link, "three")
    assert link.read_text(encoding="utf-8") == "three\n"
    assert [found.name for found in tmp_path.iterdir()] == ["latest"]


def test_an_appender_counts_what_it_has_handed_over_and_what_it_has_collected(tmp_path) -> None:
    path = tmp_path / "trades.csv"
    path.write_bytes(b"head\n")
    file = Appender(Disk(), path, 5)
    file.add(b"one\n")
    file.add(b"three\n")
    assert (file.length, file.pending, path.read_bytes()) == (5, 10, b"head\n")
    file.flush()
    assert (file.length, file.pending, path.read_bytes()) == (15, 0, b"head\none\nthree\n")
    file.add(b"two\n")
    assert file.collected() == b"two\n"
    file.sync()
    file.close()
    assert (file.length, file.pending, path.read_bytes()) == (15, 0, b"head\none\nthree\n")
