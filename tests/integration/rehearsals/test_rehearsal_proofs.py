"""A rehearsal fails where its session's books do not agree, or where a second run gives other bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from logos.artifacts import schemas
from logos.context.clock import SystemClock
from logos.live.launch import start
from logos.proofs.rehearsing import records
from logos.proofs.rehearsing.planning import plan
from logos.proofs.rehearsing.records import FAIL, Drill, Result
from logos.proofs.rehearsing.running import run_drill


@pytest.fixture
def tampered(config_with, registry, tmp_path, monkeypatch, quick) -> Callable[[str, str, str], Result]:  # noqa: ARG001
    """Return a function that runs a drill whose session's file is changed before it is looked at."""

    def run(name: str, old: str, new: str) -> Result:
        def start_and_change(setup, config):
            outcome = start(setup, config)
            path: Path = setup.sessions / outcome.session_id / name
            text = path.read_text(encoding="utf-8")
            assert old in text
            path.write_text(text.replace(old, new, 1), encoding="utf-8")
            return outcome

        monkeypatch.setattr("logos.proofs.rehearsing.running.start", start_and_change)
        steps = plan(config_with('{plugin: max_notional, limit: "500"}'), registry, only="max_notional", modes=False)
        drill = next(step for step in steps if isinstance(step, Drill))
        return run_drill(drill, tmp_path / "drill", registry, SystemClock())

    return run


def test_books_that_do_not_agree_fail_a_rehearsal(tampered) -> None:
    result = tampered(schemas.TRADES_FILE, "500.00000000,taker", "501.00000000,taker")
    assert result.verdict == FAIL
    assert result.happened[records.OUTCOME] == records.COMPLETED
    assert result.happened[records.AUDIT] != records.AGREES


def test_a_second_run_that_differs_fails_a_rehearsal(tampered) -> None:
    result = tampered(schemas.ORDERS_FILE, "not even one lot fits now", "nothing fits now")
    assert result.verdict == FAIL
    assert result.happened[records.AUDIT] == records.AGREES
    assert result.happened[records.REPLAY].startswith(f"{schemas.ORDERS_FILE} line ")
