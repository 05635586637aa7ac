"""A rehearsal fails where its session's books do not agree, or where a second run gives other bytes."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from logos.artifacts import schemas
from logos.context.clock import SystemClock
from logos.live.launch import start
from logos.proofs.rehearsing import records
from logos.proofs.rehearsing.planning import plan
from logos.proofs.rehearsing.records import FAIL, Drill
from logos.proofs.rehearsing.running import run_drill
from logos.risk.max_notional import MaxNotional


@pytest.fixture
def drill(config_with, registry) -> Drill:
    """Return a drill in which an order is filled, and one blocked."""
    steps = plan(config_with('{plugin: max_notional, limit: "500"}'), registry, only="max_notional", modes=False)
    return next(step for step in steps if isinstance(step, Drill))


@pytest.mark.usefixtures("quick")
def test_books_that_do_not_agree_fail_a_rehearsal(drill, registry, tmp_path, monkeypatch) -> None:
    def start_and_change(setup, config):
        outcome = start(setup, config)
        path: Path = setup.sessions / outcome.session_id / schemas.TRADES_FILE
        text = path.read_text(encoding="utf-8")
        assert "500.00000000,taker" in text
        path.write_text(text.replace("500.00000000,taker", "501.00000000,taker"), encoding="utf-8")
        return outcome

    monkeypatch.setattr("logos.proofs.rehearsing.running.start", start_and_change)
    result = run_drill(drill, tmp_path / "drill", registry, SystemClock())
    assert result.verdict == FAIL
    assert result.happened[records.OUTCOME] == records.COMPLETED
    assert result.happened[records.AUDIT].startswith("trades: ")


@pytest.mark.usefixtures("quick")
def test_a_second_run_that_differs_fails_a_rehearsal(drill, registry, tmp_path, monkeypatch) -> None:
    judge, numbers = MaxNotional.judge, count()

    def never_the_same(self, intent, session):
        reason = judge(self, intent, session)
        return reason and f"{reason} ({next(numbers)})"

    monkeypatch.setattr(MaxNotional, "judge", never_the_same)
    result = run_drill(drill, tmp_path / "drill", registry, SystemClock())
    different = {name: text for name, text in result.happened.items() if text != drill.expected.get(name, text)}
    assert result.verdict == FAIL
    assert list(different) == [records.REPLAY]
    assert "became" in different[records.REPLAY]
