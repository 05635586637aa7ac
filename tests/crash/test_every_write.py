"""A crash at every durable write, torn lines among them: the resumed session is the uninterrupted one to the byte."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import attrs
import pytest

from logos.artifacts.readers import list_sessions
from logos.live.disk import Disk
from logos.live.runner import Cadence

CHUNKS = 8
"""Into how many tests the crash points are dealt, so that processes can share them."""

SELDOM = Cadence(flush=1e9, snapshot=1e9)


@attrs.frozen
class Image:
    """What a disk holds when the program is killed: every file by its path, and ``None`` for a folder."""

    moment: str
    content: dict[str, bytes | str | None]

    def put(self, root: Path) -> None:
        """Lay it out under a root."""
        for name, content in self.content.items():
            path = root / name
            if content is None:
                path.mkdir(parents=True, exist_ok=True)
            elif isinstance(content, str):
                path.symlink_to(content)
            else:
                path.write_bytes(content)


class CameraDisk(Disk):
    """Takes an image before and after every operation, and in the middle of every write; equal images once.

    ``every`` takes only one of so many.
    """

    def __init__(self, root: Path, every: int = 1) -> None:
        self._root = root
        self._every = every
        self._moments = 0
        self._seen: set[bytes] = set()
        self._kept: dict[bytes, bytes] = {}
        self.images: list[Image] = []
        self.operations = 0

    def _shoot(self, moment: str) -> None:
        self._moments += 1
        if self._moments % self._every:
            return
        content: dict[str, bytes | str | None] = {}
        digest = hashlib.sha256()
        for path in sorted((self._root / "runs").rglob("*")):
            if path.parent.name == "logs" or path.name == ".lock":
                continue
            name = path.relative_to(self._root).as_posix()
            content[name] = self._content(path)
            digest.update(repr((name, content[name])).encode())
        if digest.digest() not in self._seen:
            self._seen.add(digest.digest())
            self.images.append(Image(f"{len(self.images)}: {moment}", {"runs": None, **content}))

    def _content(self, path: Path) -> bytes | str | None:
        if path.is_symlink():
            return os.readlink(path)  # noqa: PTH115 -- the link's own text
        if path.is_dir():
            return None
        data = path.read_bytes()
        return self._kept.setdefault(hashlib.sha256(data).digest(), data)

    def _around(self, what: str, path: Path, action):
        self.operations += 1
        self._shoot(f"before {what} {path.name}")
        result = action()
        self._shoot(f"after {what} {path.name}")
        return result

    def make_folder(self, path):
        return self._around("make_folder", path, lambda: super(CameraDisk, self).make_folder(path))

    def claim_folder(self, path):
        return self._around("claim_folder", path, lambda: super(CameraDisk, self).claim_folder(path))

    def open_append(self, path):
        return self._around("open_append", path, lambda: super(CameraDisk, self).open_append(path))

    def append(self, descriptor, data, path):
        self.operations += 1
        middle = len(data) // 2
        for part, moment in (
            (data[:0], "0 bytes of"),
            (data[:middle], "half of"),
            (data[middle:-1], "all but 1 byte of"),
        ):
            super().append(descriptor, part, path)
            self._shoot(f"{moment} {len(data)} appended to {path.name}")
        super().append(descriptor, data[-1:], path)
        self._shoot(f"{len(data)} bytes appended to {path.name}")

    def sync(self, descriptor, path):
        return self._around("sync", path, lambda: super(CameraDisk, self).sync(descriptor, path))

    def cut(self, path, length):
        return self._around("cut", path, lambda: super(CameraDisk, self).cut(path, length))

    def replace(self, path, data):
        return self._around("replace", path, lambda: super(CameraDisk, self).replace(path, data))

    def rename_folder(self, old, new):
        return self._around("rename_folder", old, lambda: super(CameraDisk, self).rename_folder(old, new))

    def point(self, link, target):
        return self._around("point", link, lambda: super(CameraDisk, self).point(link, target))


@pytest.fixture(scope="session")
def filmed(make_lab, small_config, in_a_hurry):
    """Return a session of forty minutes whose every durable write was filmed, with the images."""
    lab = make_lab().lay(small_config(), 40)
    camera = CameraDisk(lab.workspace)
    with pytest.MonkeyPatch.context() as patch:
        in_a_hurry(patch)
        outcome = lab.start(lab.setup(disk=camera, cadence=Cadence(flush=0, snapshot=9)))
    assert outcome.status == "completed"
    return lab, camera


@pytest.fixture
def revived(tmp_path, hurried):
    """Return a function that lays out an image in a workspace of its own."""
    count = 0

    def revive(lab, image):
        nonlocal count
        count += 1
        other = lab.beside(f"{tmp_path.name}-{count}")
        image.put(other.workspace)
        return other

    return revive


def test_the_film_shows_every_kind_of_order_and_every_kind_of_write(filmed) -> None:
    lab, camera = filmed
    orders = lab.files()["orders.csv"].decode()
    for word in (
        "limit",
        "stop",
        "stop_limit",
        "market",
        "gtc",
        "day",
        "ioc",
        "filled",
        "cancelled",
        "expired",
        "blocked",
    ):
        assert f",{word}," in orders, word
    working = [image for image in camera.images if b"partially_filled" in _of(image, "state.json")]
    assert working, "no crash finds a partly filled order"
    assert any(b"accepted" in _of(image, "state.json") for image in camera.images), "no crash finds a resting order"
    moments = " ".join(image.moment for image in camera.images)
    assert camera.operations > 200
    for write in ("half of", "all but 1 byte of", ".orders.csv.new", ".state.json.new", "rename_folder", "point"):
        assert write in moments


def _of(image: Image, name: str) -> bytes:
    found = image.content.get(f"runs/live/sessions/crash/{name}")
    return found if isinstance(found, bytes) else b""


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_session_killed_at_any_write_is_resumed_to_the_same_bytes(filmed, revived, difference, chunk) -> None:
    lab, camera = filmed
    wanted = lab.files()
    for image in camera.images[chunk::CHUNKS]:
        if not _of(image, "state.json"):
            continue
        other = revived(lab, image)
        outcome = other.resume(other.setup(cadence=SELDOM))
        assert outcome.status == "completed", image.moment
        assert difference(wanted, other.files()) == "", image.moment
        shutil.rmtree(other.workspace)


def test_a_longer_session_killed_at_one_write_of_many_is_resumed_to_the_same_bytes(
    make_lab, small_config, revived, difference
) -> None:
    lab = make_lab().lay(small_config(), 300)
    camera = CameraDisk(lab.workspace, every=149)
    lab.start(lab.setup(disk=camera, cadence=Cadence(flush=0, snapshot=9)))
    begun = [image for image in camera.images if _of(image, "state.json")]
    assert len(begun) > 30
    for image in begun:
        other = revived(lab, image)
        other.resume(other.setup(cadence=SELDOM))
        assert difference(lab.files(), other.files()) == "", image.moment
        shutil.rmtree(other.workspace)


def test_a_session_killed_before_its_folder_has_its_name_leaves_nothing_in_the_way(filmed, revived, difference) -> None:
    lab, camera = filmed
    unborn = [image for image in camera.images if not _of(image, "state.json")]
    assert len(unborn) > 20
    for image in unborn:
        other = revived(lab, image)
        sessions = other.workspace / "runs" / "live" / "sessions"
        assert list_sessions(sessions) == [], image.moment
        shutil.rmtree(other.workspace)
    for image in unborn[::9]:
        other = revived(lab, image)
        outcome = other.start(other.setup(cadence=SELDOM))
        assert outcome.status == "completed", image.moment
        assert [row.status for row in list_sessions(other.folder.parent)] == ["completed"]
        made = other.workspace / outcome.path
        for name in ("orders.csv", "trades.csv", "account.csv", "positions.csv", "decisions.csv", "config.yaml"):
            assert (made / name).read_bytes() == lab.files()[name]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.97])
def test_a_resume_killed_at_any_write_is_resumed_to_the_same_bytes(filmed, revived, difference, share) -> None:
    lab, camera = filmed
    begun = [image for image in camera.images if _of(image, "state.json")]
    first = revived(lab, begun[int(len(begun) * share)])
    second = CameraDisk(first.workspace)
    first.resume(first.setup(disk=second, cadence=Cadence(flush=3, snapshot=23)))
    assert difference(lab.files(), first.files()) == ""
    for image in second.images[::5]:
        other = revived(lab, image)
        other.resume(other.setup(cadence=SELDOM))
        assert difference(lab.files(), other.files()) == "", image.moment
        shutil.rmtree(other.workspace)


def test_a_halt_and_its_forgiveness_killed_at_any_write_end_in_the_same_bytes(
    make_lab, small_config, revived, difference
) -> None:
    guards = [{"plugin": "max_notional", "limit": "50000"}, {"plugin": "drawdown", "max": "0.0007"}]
    lab = make_lab().lay(small_config(guards=guards, session={"name": "crash", "flatten": True}), 40)
    camera = CameraDisk(lab.workspace)
    assert lab.start(lab.setup(disk=camera, cadence=Cadence(flush=0, snapshot=9))).status == "halted"
    halted = lab.files()
    for image in camera.images[-40:]:
        other = revived(lab, image)
        if b'"status": "halted"' in _of(image, "state.json"):
            assert difference(halted, other.files()) == "", image.moment
        else:
            assert other.resume(other.setup(cadence=SELDOM)).status == "halted"
            assert difference(halted, other.files()) == "", image.moment
        shutil.rmtree(other.workspace)

    camera = CameraDisk(lab.workspace)
    first = lab.resume(lab.setup(disk=camera, cadence=Cadence(flush=0, snapshot=9)), clear_halt=True)
    wanted = lab.files()
    refused = 0
    for image in camera.images[:40]:
        other = revived(lab, image)
        still = b'"status": "halted"' in _of(image, "state.json")
        refused += still
        outcome = other.resume(other.setup(cadence=SELDOM), clear_halt=still)
        assert outcome.status == first.status, image.moment
        assert difference(wanted, other.files()) == "", image.moment
        shutil.rmtree(other.workspace)
    assert 0 < refused < 30


def test_a_finished_session_is_left_alone(filmed) -> None:
    lab, _camera = filmed
    before = lab.files()
    outcome = lab.resume()
    assert (outcome.status, outcome.exit_code) == ("completed", 0)
    assert lab.files() == before
