"""A session whose allocator estimates risk, crashed at durable writes: resumed to the same bytes."""

from __future__ import annotations

import shutil

import pytest

from logos.artifacts import schemas
from logos.live.runner import Cadence

SELDOM = Cadence(flush=1e9, snapshot=1e9)


@pytest.fixture(scope="module")
def filmed(make_lab, small_config, in_a_hurry, camera_disk):
    """Return a session of thirty minutes that weighs by the last eight returns at every bar, filmed at every write."""
    allocator = {"plugin": "hrp", "interval": "1m", "lookback": 8, "min_history": 4, "rebalance": "every_bar"}
    lab = make_lab().lay({**small_config(), "allocator": allocator}, 30)
    camera = camera_disk(lab.workspace)
    with pytest.MonkeyPatch.context() as patch:
        in_a_hurry(patch)
        outcome = lab.start(lab.setup(disk=camera, cadence=Cadence(flush=0, snapshot=9)))
    assert outcome.status == "completed"
    return lab, camera


def test_the_weights_change_with_the_prices(filmed) -> None:
    lab, _ = filmed
    rows = lab.files()[schemas.WEIGHTS_FILE].decode().splitlines()[1:]
    assert len({row.split(",")[2] for row in rows}) > 10


@pytest.mark.parametrize("chunk", range(2))
def test_a_session_killed_at_any_write_is_resumed_to_the_same_weights(filmed, revived, difference, chunk) -> None:
    lab, camera = filmed
    wanted = lab.files()
    resumed = 0
    for image in camera.images[chunk::16]:
        if isinstance(image.content.get("runs/live/sessions/crash/state.json"), bytes):
            other = revived(lab, image)
            outcome = other.resume(other.setup(cadence=SELDOM))
            assert outcome.status == "completed", image.moment
            assert difference(wanted, other.files()) == "", image.moment
            shutil.rmtree(other.workspace)
            resumed += 1
    assert resumed
