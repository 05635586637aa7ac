"""A session that rebalances, crashed at any durable write: resumed to the same bytes, weights.csv among them."""

from __future__ import annotations

import shutil

import pytest

from logos.artifacts import schemas
from logos.live.runner import Cadence

SELDOM = Cadence(flush=1e9, snapshot=1e9)


@pytest.fixture(scope="module")
def filmed(make_lab, small_config, in_a_hurry, camera_disk):
    """Return a session of thirty minutes that rebalances at every bar, filmed at every durable write."""
    config = {**small_config(), "allocator": {"plugin": "equal_weight", "invest": "0.9", "rebalance": "every_bar"}}
    lab = make_lab().lay(config, 30)
    camera = camera_disk(lab.workspace)
    with pytest.MonkeyPatch.context() as patch:
        in_a_hurry(patch)
        outcome = lab.start(lab.setup(disk=camera, cadence=Cadence(flush=0, snapshot=9)))
    assert outcome.status == "completed"
    return lab, camera


def test_the_session_rebalances(filmed) -> None:
    lab, _ = filmed
    assert len(lab.files()[schemas.WEIGHTS_FILE].splitlines()) > 30


@pytest.mark.parametrize("chunk", range(4))
def test_a_rebalancing_session_killed_at_any_write_is_resumed_to_the_same_bytes(
    filmed, revived, difference, chunk
) -> None:
    lab, camera = filmed
    wanted = lab.files()
    resumed = 0
    for image in camera.images[chunk::12]:
        if isinstance(image.content.get("runs/live/sessions/crash/state.json"), bytes):
            other = revived(lab, image)
            outcome = other.resume(other.setup(cadence=SELDOM))
            assert outcome.status == "completed", image.moment
            assert difference(wanted, other.files()) == "", image.moment
            shutil.rmtree(other.workspace)
            resumed += 1
    assert resumed
