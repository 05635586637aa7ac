"""A session's folder is held by one program; one that only looks who holds it takes nothing away."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from logos.domain.errors import ResumeError
from logos.live.folder import LOCK_FILE, hold, is_run


def test_a_look_at_the_lock_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with hold(tmp_path):
        pass  # a session that ran before has left its lock behind
    looking = os.open(tmp_path / LOCK_FILE, os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    waits = []

    def wait(seconds: float) -> None:
        if not waits:
            os.close(looking)  # the look is over while the other waits
        waits.append(seconds)

    monkeypatch.setattr("filelock._api.time.sleep", wait)

    with hold(tmp_path):
        assert len(waits) == 1


def test_a_program_that_stays_is_told_of(tmp_path: Path):
    assert not is_run(tmp_path)
    with hold(tmp_path):
        assert is_run(tmp_path)
        with pytest.raises(ResumeError, match="is being run by another program"), hold(tmp_path, patience=0.02):
            pytest.fail("two hold it")
    assert not is_run(tmp_path)
