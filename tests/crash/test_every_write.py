"""A crash at every durable write, torn lines among them: the resumed session is the uninterrupted one to the byte."""

from __future__ import annotations

import shutil

import pytest

from logos.artifacts.readers import list_sessions
from logos.live.runner import Cadence

CHUNKS = 8
"""Into how many tests the crash points are dealt, so that processes can share them."""

SELDOM = Cadence(flush=1e9, snapshot=1e9)


@pytest.fixture(scope="session")
def filmed(make_lab, small_config, in_a_hurry, camera_disk):
    """Return a session of forty minutes whose every durable write was filmed, with the images."""
    lab = make_lab().lay(small_config(), 40)
    camera = camera_disk(lab.workspace)
    with pytest.MonkeyPatch.context() as patch:
        in_a_hurry(patch)
        outcome = lab.start(lab.setup(disk=camera, cadence=Cadence(flush=0, snapshot=9)))
    assert outcome.status == "completed"
    return lab, camera


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


def _of(image, name: str) -> bytes:
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
    make_lab, small_config, revived, difference, camera_disk
) -> None:
    lab = make_lab().lay(small_config(), 300)
    camera = camera_disk(lab.workspace, every=149)
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
def test_a_resume_killed_at_any_write_is_resumed_to_the_same_bytes(
    filmed, revived, difference, share, camera_disk
) -> None:
    lab, camera = filmed
    begun = [image for image in camera.images if _of(image, "state.json")]
    first = revived(lab, begun[int(len(begun) * share)])
    second = camera_disk(first.workspace)
    first.resume(first.setup(disk=second, cadence=Cadence(flush=3, snapshot=23)))
    assert difference(lab.files(), first.files()) == ""
    for image in second.images[::5]:
        other = revived(lab, image)
        other.resume(other.setup(cadence=SELDOM))
        assert difference(lab.files(), other.files()) == "", image.moment
        shutil.rmtree(other.workspace)


def test_a_halt_and_its_forgiveness_killed_at_any_write_end_in_the_same_bytes(
    make_lab, small_config, revived, difference, camera_disk
) -> None:
    guards = [{"plugin": "max_notional", "limit": "50000"}, {"plugin": "drawdown", "max": "0.0007"}]
    lab = make_lab().lay(small_config(guards=guards, session={"name": "crash", "flatten": True}), 40)
    camera = camera_disk(lab.workspace)
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

    camera = camera_disk(lab.workspace)
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
